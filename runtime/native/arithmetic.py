"""Numbers as doubles with a proven bound: |v - exact| <= k * 2^-53 * m, k known while code is written.

Sums, products, extremes, choices and decisions; `floating` adds rounding and functions. The rules and their proofs
stand in docs/certified-floats.md, one section for each method here. In plain code (without certificates) the same
methods write the arithmetic alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from llvmlite import ir

from .values import IR, Nothing, Num, Truth
from .widths import DOUBLE, FALSE, TRUE

UNIT = 2.0**-53
SECOND_ORDER = 1 + 2.0**-10
"""Covers products of errors: no k may grow beyond MOST_UNITS."""
MOST_UNITS = 1 << 30
LOWEST, HIGHEST = -290, 99
"""Decimal exponents: below the first a product may have lost digits, from the second on the exact executor refuses."""
SMALLEST_CONSTANT, LARGEST_CONSTANT = Fraction(10) ** LOWEST, Fraction(10) ** (HIGHEST + 1)
NAN = ir.Constant(DOUBLE, float("nan"))


class TooManyUnits(Exception):
    """An error bound that grows beyond what the second-order term covers."""


class Arithmetic:
    """Arithmetic on `Num`, written through `builder`. `functions`: exp, ln and normal_cdf by name."""

    residues = False
    """Whether numbers carry what `residues.Residues` decides by."""

    def __init__(self, builder: ir.IRBuilder, certify: bool, functions: Callable[[str], IR]):
        self.b = builder
        self.certify = certify
        self.functions = functions

    # ---- pieces

    def number(self, value: Fraction) -> Num:
        """A constant, rounded to the nearest double; unknown where that would lose digits."""
        if value and not SMALLEST_CONSTANT <= abs(value) <= LARGEST_CONSTANT:
            return Num(NAN, None, 0)
        double = float(value)
        exact = Fraction(double) == value
        faithful = Fraction(Decimal(repr(double))) == value
        high = 0 if not value else math.ceil(math.log10(abs(value)))
        return Num(
            self.constant(double), None, 0 if exact else 1, high - 1 if value else 0, high,
            positive=value >= 0, faithful=faithful, constant=double, known=True,
        )  # fmt: skip

    @staticmethod
    def constant(value: float) -> IR:
        return ir.Constant(DOUBLE, value)

    def absolute_of(self, value: IR) -> IR:
        return self.b.call(self._intrinsic("llvm.fabs"), [value])

    def magnitude(self, number: Num) -> IR:
        if number.m is not None:
            return number.m
        return number.v if number.positive else self.absolute_of(number.v)

    def error(self, number: Num) -> IR:
        """An upper bound of |v - exact|, second-order terms included."""
        return self.b.fmul(self.constant(number.k * UNIT * SECOND_ORDER), self.magnitude(number))

    def units(self, k: int) -> int:
        if k > MOST_UNITS:
            raise TooManyUnits
        return k

    def unknown(self, number: Num, bad: IR) -> Num:
        """The number, unknown where `bad` holds."""
        return replace(number, v=self.b.select(bad, NAN, number.v), constant=None, known=False)

    def is_unknown(self, value: IR) -> IR:
        return self.b.fcmp_unordered("uno", value, value)

    def settled(self, number: Num) -> Num:
        """A number used where `none` cannot be: where it is, its v is unknown already."""
        return number.without_none()

    def undivided(self, number: Num) -> Num:
        """The number as a variable can hold it."""
        return number

    # ---- sums and products

    def add(self, left: Num, right: Num) -> Num:
        return self._sum(left, right, self.b.fadd(left.v, right.v), left.positive and right.positive)

    def subtract(self, left: Num, right: Num) -> Num:
        return self._sum(left, right, self.b.fsub(left.v, right.v), False)

    def _sum(self, left: Num, right: Num, v: IR, positive: bool) -> Num:
        if left.constant == 0.0 and not left.none:
            k, m = right.k, right.m  # v is right's, or its negation
        elif right.constant == 0.0 and not right.none:
            k, m = left.k, left.m
        else:
            k = self.units(max(left.k, right.k) + 1)
            m = None
            if self.certify and not (positive and left.m is None and right.m is None):
                m = self.b.fadd(self.magnitude(left), self.magnitude(right))
        low = min(left.low, right.low) - 17
        return Num(v, m, k, low, max(left.high, right.high) + 1, positive, hulled=left.hulled or right.hulled)

    def multiply(self, left: Num, right: Num) -> Num:
        v = self.b.fmul(left.v, right.v)
        m = None
        if self.certify and (left.m is not None or right.m is not None):
            m = self.b.fmul(self.magnitude(left), self.magnitude(right))
        positive = (left.positive and right.positive) or (left.v is right.v)
        exact = _is_power_of_two(left.constant) or _is_power_of_two(right.constant)
        k = self.units(left.k + right.k + (0 if exact else 1))
        low, high = left.low + right.low, left.high + right.high
        product = Num(v, m, k, low, high, positive, hulled=left.hulled or right.hulled)
        if low >= LOWEST:
            return product
        zero = self.b.or_(self._is_zero(left.v), self._is_zero(right.v))
        nought = self.b.or_(self._is_zero(self.magnitude(left)), self._is_zero(self.magnitude(right)))
        return self._above_lowest(product, zero, nought)

    def _above_lowest(self, one: Num, zero: IR, nought: IR) -> Num:
        """Digits may be lost below the smallest doubles: then nothing is known, but where a factor is 0. It is so for
        certain where it is `nought`; where its double is, the magnitude must have all its digits."""
        large = self.b.fcmp_ordered(">=", self.absolute_of(one.v), self.constant(10.0**LOWEST))
        if one.m is None:
            fine = self.b.or_(zero, large)
        else:
            wide = self.b.fcmp_ordered(">=", one.m, self.constant(10.0**LOWEST))
            fine = self.b.or_(self.b.or_(nought, large), self.b.and_(zero, wide))
        return replace(self.unknown(one, self.b.not_(fine)), low=LOWEST)

    def divide(self, left: Num, right: Num) -> Num:
        v = self.b.fdiv(left.v, right.v)
        hulled = left.hulled or right.hulled
        low, high = left.low - right.high, left.high - min(right.low, 0)
        positive = left.positive and right.positive
        if not self.certify:
            return Num(v, None, 0, low, high, positive)
        size = self.magnitude(replace(right, m=None))
        if right.m is None:
            k = self.units(left.k + right.k + 2)
            m = None if left.m is None else self.b.fdiv(left.m, size)
            certain = None if right.constant else self.b.fcmp_ordered("!=", right.v, self.constant(0.0))
        else:
            k = self.units(2 * (left.k + right.k + 1))
            m = self.b.fmul(self.b.fdiv(self.magnitude(left), size), self.b.fdiv(right.m, size))
            least = self.b.fmul(self.constant(4 * right.k * UNIT), right.m)
            certain = self.b.fcmp_ordered(">", size, least)
        quotient = Num(v, m, k, low, high, positive, hulled=hulled)
        if certain is not None:
            quotient = self.unknown(quotient, self.b.not_(certain))
        if low < LOWEST:
            quotient = self._above_lowest(quotient, self._is_zero(left.v), self._is_zero(self.magnitude(left)))
        return quotient

    def negate(self, one: Num) -> Num:
        v = self.b.fneg(one.v)
        m = one.v if one.positive and one.m is None else one.m
        constant = -one.constant if one.constant is not None else None
        return replace(one, v=v, m=m if self.certify else None, positive=False, constant=constant, none=None)

    def absolute(self, one: Num) -> Num:
        if one.positive:
            return one
        return replace(one, v=self.absolute_of(one.v), positive=True, constant=None, none=None)

    def power(self, base: Num, exponent: int) -> Num:
        if exponent == 0:
            return self.unknown(self.number(Fraction(1)), self.is_unknown(base.v))
        result = base
        for _ in range(abs(exponent) - 1):
            result = self.multiply(result, base)
        if exponent % 2 == 0:
            result = replace(result, positive=True)
        return self.divide(self.number(Fraction(1)), result) if exponent < 0 else replace(result, none=None)

    # ---- extremes and choice

    def extreme(self, numbers: Sequence[Num], least: bool) -> Num:
        """The least or largest, `none` passed over."""
        result = numbers[0]
        for other in numbers[1:]:
            result = self._extreme(result, other, least)
        return result

    def _extreme(self, left: Num, right: Num, least: bool) -> Num:
        both = self._extreme_known(left.without_none(), right.without_none(), least)
        if left.none is None and right.none is None:
            return both
        result = both
        none = None
        if left.none is not None:
            result = self.pick(left.none, right.without_none(), result)
        if right.none is not None:
            result = self.pick(right.none, left.without_none(), result)
        if left.none is not None and right.none is not None:
            none = self.b.and_(left.none, right.none)
        return replace(result, none=none)

    def _extreme_known(self, left: Num, right: Num, least: bool) -> Num:
        if apart_constants(left, right):
            assert left.constant is not None
            assert right.constant is not None
            return left if (left.constant <= right.constant) == least else right
        if left.constant is not None:
            left, right = right, left
        if right.constant is not None:  # an ordered comparison keeps an unknown left operand
            beyond = self.b.fcmp_ordered(">" if least else "<", left.v, right.v)
            v = self.b.select(beyond, right.v, left.v)
        else:
            if right.known:  # what may be unknown stands on the right, and is kept without an operation more
                left, right = right, left
            v = nearer(self.b, left.v, right.v, least, self.certify and not left.known)
        positive = (left.positive and right.positive) if least else (left.positive or right.positive)
        m = None
        if self.certify and (left.m is not None or right.m is not None):
            m = self.extreme_magnitude(left, right, v)
        k = max(left.k, right.k)
        low, high = min(left.low, right.low), max(left.high, right.high)
        faithful = left.faithful and right.faithful
        known = left.known and right.known
        hulled = left.hulled or right.hulled
        return Num(v, m, k, low, high, positive, faithful=faithful, hulled=hulled, known=known)

    def extreme_magnitude(self, left: Num, right: Num, v: IR) -> IR:
        """That of the number which is chosen for certain, or the larger one where the bounds of both meet."""
        apart = self._sum(left, right, self.b.fsub(left.v, right.v), False)
        certain = self.b.fcmp_ordered(">", self.absolute_of(apart.v), self.error(apart))
        left_is = self.b.fcmp_ordered("==", v, left.v)
        own = self.b.select(left_is, self.magnitude(left), self.magnitude(right))
        return self.b.select(certain, own, self._larger(self.magnitude(left), self.magnitude(right)))

    def clamp(self, value: Num, low: Num, high: Num) -> Num:
        low = replace(low, v=low.v)
        raised = self._extreme(value, low, False)
        return self._extreme(raised, high, True)

    def pick(self, condition: IR, yes: Num, no: Num) -> Num:
        """yes where a certain condition holds, else no."""
        v = self.b.select(condition, yes.v, no.v)
        m = None
        if self.certify and (yes.m is not None or no.m is not None):
            m = self.b.select(condition, self.magnitude(yes), self.magnitude(no))
        return Num(
            v, m, max(yes.k, no.k), min(yes.low, no.low), max(yes.high, no.high),
            yes.positive and no.positive, self._none_of(condition, yes, no),
            yes.faithful and no.faithful, yes.hulled or no.hulled,
        )  # fmt: skip

    def select(self, condition: Truth, yes: Num, no: Num) -> Num:
        """yes or no. Where the condition is open, the bound covers both."""
        chosen = self.pick(condition.v, yes, no)
        if self.certify and condition.unsure is not None:
            k = max(1, chosen.k)
            apart = self.absolute_of(self.b.fsub(yes.v, no.v))
            hull = self.b.fadd(
                self._larger(self.magnitude(yes), self.magnitude(no)),
                self.b.fmul(apart, self.constant(1 / (k * UNIT))),
            )
            m = self.b.select(condition.unsure, hull, self.magnitude(chosen))
            chosen = self.unknown(chosen, self.is_unknown(m))  # where one side is, and may be the one that counts
            chosen = replace(chosen, m=m, k=k, hulled=True, faithful=False, high=max(chosen.high + 17, chosen.high))
            if yes.none is not None or no.none is not None:
                differ = self.b.xor(yes.none or _FALSE, no.none or _FALSE)
                open_ = self.b.and_(condition.unsure, differ)
                chosen = replace(self.unknown(chosen, open_), none=self.b.and_(chosen.none, self.b.not_(open_)))
        if self.certify and condition.bad is not None:
            chosen = self.unknown(chosen, condition.bad)
            if chosen.none is not None:
                chosen = replace(chosen, none=self.b.and_(chosen.none, self.b.not_(condition.bad)))
        return chosen

    def _none_of(self, condition: IR, yes: Num, no: Num) -> IR:
        if yes.none is None and no.none is None:
            return None
        return self.b.select(condition, yes.none or _FALSE, no.none or _FALSE)

    # ---- decisions

    def compare(self, operator: str, left: Num, right: Num) -> Truth:
        """left operator right, as `<`, `<=`, `>`, `>=`, `==`, `!=`; open where the bounds meet."""
        same = left.v is right.v and left.faithful
        if not self.certify or (left.faithful and right.faithful) or same:
            v = (
                self.b.fcmp_ordered(operator, left.v, right.v)
                if operator != "!="
                else (self.b.fcmp_unordered("!=", left.v, right.v))
            )
            return Truth(v, None, self._either_unknown(left, right) if self.certify else None)
        apart = self._sum(left, right, self.b.fsub(left.v, right.v), False)
        magnitude = self.magnitude(apart)
        margin = self.b.fmul(self.constant(apart.k * UNIT * SECOND_ORDER), magnitude)
        certain = self.b.fcmp_ordered(">", self.absolute_of(apart.v), margin)
        something = self.b.fcmp_unordered("!=", magnitude, self.constant(0.0))
        unsure = self.b.and_(self.b.not_(certain), something)
        v = (
            self.b.fcmp_ordered(operator, left.v, right.v)
            if operator != "!="
            else (self.b.fcmp_unordered("!=", left.v, right.v))
        )
        return Truth(v, unsure, self.is_unknown(apart.v))

    def _either_unknown(self, left: Num, right: Num) -> IR:
        return self.b.fcmp_unordered("uno", left.v, right.v)

    # ---- small things

    def _larger(self, left: IR, right: IR) -> IR:
        """The larger of two magnitudes; unknown where one is."""
        return nearer(self.b, left, right, False)

    def _is_zero(self, value: IR) -> IR:
        return self.b.fcmp_ordered("==", value, self.constant(0.0))

    def _intrinsic(self, name: str) -> IR:
        return intrinsic(self.b.module, name)


_FALSE = FALSE


def intrinsic(module: ir.Module, name: str) -> IR:
    """An operation of LLVM's on one double."""
    return module.declare_intrinsic(name, [DOUBLE])


def nearer(builder: ir.IRBuilder, left: IR, right: IR, least: bool, certify: bool = True) -> IR:
    """The lesser or larger of two doubles; where either is unknown, so is it (in plain code where the right one is)."""
    chosen = builder.select(builder.fcmp_ordered("<" if least else ">", left, right), left, right)
    if not certify:
        return chosen
    return builder.fadd(chosen, builder.fsub(left, left))  # 0, but for what is unknown: a choice would be a branch


def as_number(value: object) -> Num:
    """`none` where a number is expected."""
    if isinstance(value, Nothing):
        return Num(NAN, None, 0, 0, 0, True, none=TRUE)
    assert isinstance(value, Num)
    return value


def apart_constants(left: Num, right: Num) -> bool:
    """Whether doubles of constants tell which of these is less: two constants may have the same double."""
    return left.constant is not None and right.constant is not None and left.constant != right.constant


def _is_power_of_two(value: float | None) -> bool:
    return value is not None and value != 0 and abs(math.frexp(value)[0]) == 0.5
