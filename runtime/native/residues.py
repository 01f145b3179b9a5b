"""Numbers decided exactly: beside the double stands the exact value times a known integer, as a residue mod 2^128.

Sums and products of residues are right however far they overflow. A comparison that doubles leave open is between
numbers so near that their difference, times that integer, fits into 128 bits: its residue is the difference itself.
docs/residues.md has the argument, operation by operation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from llvmlite import ir

from .arithmetic import NAN, apart_constants
from .floating import Floats
from .places import LARGEST
from .values import IR, Num, Truth
from .widths import BIT, DOUBLE, FALSE, I64, I128

WIDTH = 128
ROOM = 2.0**126
"""Differences below this are what their residue says: half of what is signed, as doubles tell them nearly."""
LARGEST_DENOMINATOR = 1 << 120
ZERO, ONE = ir.Constant(I128, 0), ir.Constant(I128, 1)
NO_RESIDUE = ZERO
"""Stands where a number has none, or none yet."""


def wrapped(value: int) -> IR:
    """An integer mod 2^128, as a constant."""
    value &= (1 << WIDTH) - 1
    return ir.Constant(I128, value - (1 << WIDTH) if value >> (WIDTH - 1) else value)


def load_residue(b: ir.IRBuilder, pointer: IR, index: IR) -> IR:
    """The residue at an index of an array of them, which may stand at any multiple of 8 bytes."""
    return b.load(b.gep(pointer, [index], source_etype=I128), typ=I128, align=8)


def of_double(numbers: Floats, number: Num, places: int) -> Num:
    """A double as it was read, with the residue of its shortest decimal; unknown where that has more places."""
    b = numbers.b
    scale = numbers.constant(10.0**places)
    rint = b.module.declare_intrinsic("llvm.rint", [DOUBLE], ir.FunctionType(DOUBLE, [DOUBLE]))
    n = b.call(rint, [b.fmul(number.v, scale)])
    few = b.fcmp_ordered("<", numbers.absolute_of(n), numbers.constant(LARGEST))
    same = b.fcmp_ordered("==", b.fdiv(n, scale), number.v)
    fine = b.and_(few, same)
    r = whole(b, n, fine)
    return replace(numbers.unknown(number, b.not_(fine)), r=r, d=10**places)


def whole(b: ir.IRBuilder, v: IR, fine: IR = None) -> IR:
    """A whole double as an integer; 0 where it is not `fine`, that is, within 64 bits (by itself: not unknown)."""
    fine = b.fcmp_ordered("ord", v, v) if fine is None else fine
    return b.sext(b.fptosi(b.select(fine, v, ir.Constant(DOUBLE, 0.0)), I64), I128)


def _with_residue(number: Num) -> Num:
    """The literal `none` has any."""
    return replace(number, r=ZERO, d=1) if number.v is NAN else number


class Residues(Floats):
    """Arithmetic on numbers with residues; on those without, that of certified doubles."""

    residues = True

    # ---- residues

    def _times(self, r: IR, factor: int) -> IR:
        if factor == 1:
            return r
        if isinstance(r, ir.Constant):
            return wrapped(r.constant * factor)
        return self.b.mul(r, wrapped(factor))

    def _common(self, left: Num, right: Num) -> tuple[IR, IR, int] | None:
        """Both residues over one denominator, whatever they are divided by."""
        left, right = _with_residue(left), _with_residue(right)
        if left.r is None or right.r is None:
            return None
        d = math.lcm(left.d, right.d)
        if d > LARGEST_DENOMINATOR:
            return None
        return self._times(left.r, d // left.d), self._times(right.r, d // right.d), d

    def _scaled(self, number: Num, left: Num, right: Num) -> Num:
        """`number` with the residue of a product."""
        if left.r is None or right.r is None:
            return replace(number, r=None, d=1, below=None)
        one, other, above, under = left.r, right.r, left.d, right.d
        if isinstance(one, ir.Constant):
            shared = math.gcd(one.constant, under)
            one, under = wrapped(one.constant // shared), under // shared
        if isinstance(other, ir.Constant):
            shared = math.gcd(other.constant, above)
            other, above = wrapped(other.constant // shared), above // shared
        if above * under > LARGEST_DENOMINATOR:
            return replace(number, r=None, d=1, below=None)
        if isinstance(one, ir.Constant):
            r = self._times(other, one.constant)
        elif isinstance(other, ir.Constant):
            r = self._times(one, other.constant)
        else:
            r = self.b.mul(one, other)
        return replace(number, r=r, d=above * under, below=None)

    def _plain(self, number: Num) -> Num:
        """What stands above `below`: a number of which only the residue may be used."""
        return replace(number, below=None)

    def _product_below(self, left: Num, right: Num) -> Num | None:
        """The product of what both are divided by; None where neither is. Without a residue where there is none."""
        if left.below is None or right.below is None:
            return left.below or right.below
        both = self.multiply(left.below, right.below)
        return replace(both, often_one=left.below.often_one and right.below.often_one)

    def _crossed(self, left: Num, right: Num) -> tuple[Num, Num, Num | None] | None:
        """Both times what the other is divided by, and by what both are divided then."""
        left, right = _with_residue(left), _with_residue(right)
        if left.r is None or right.r is None:
            return None
        if left.below is None and right.below is None:
            return left, right, None
        if left.below is not None and right.below is not None and left.below.v is right.below.v:
            return self._plain(left), self._plain(right), left.below
        below = self._product_below(left, right)
        one, other = self._plain(left), self._plain(right)
        if right.below is not None:
            one = self._scaled(one, one, right.below)
        if left.below is not None:
            other = self._scaled(other, other, left.below)
        if one.r is None or other.r is None or below is None or below.r is None:
            return None
        return one, other, below

    def undivided(self, number: Num) -> Num:
        """What is often no quotient, unknown where it is one; other quotients lose their residue where held."""
        below = number.below
        if below is None or not below.often_one or number.r is None:
            return number
        b = self.b
        near = b.fcmp_ordered("<", self.absolute_of(b.fsub(below.v, self.constant(1.0))), self.constant(0.5))
        is_one = b.and_(near, b.icmp_signed("==", below.r, wrapped(below.d)))
        return replace(self.unknown(number, b.not_(is_one)), below=None)

    # ---- sums and products

    def number(self, value: Fraction) -> Num:
        one = super().number(value)
        if value.denominator > LARGEST_DENOMINATOR or abs(value.numerator) >> (WIDTH - 1):
            return one
        known = replace(one, r=wrapped(value.numerator), d=value.denominator)
        if not value or abs(value.numerator) > LARGEST_DENOMINATOR:
            return known
        inverse = 1 / value
        return replace(known, inverse=lambda: (wrapped(inverse.numerator), inverse.denominator))

    def add(self, left: Num, right: Num) -> Num:
        return self._added(super().add(left, right), left, right, self.b.add)

    def subtract(self, left: Num, right: Num) -> Num:
        return self._added(super().subtract(left, right), left, right, self.b.sub)

    def _added(self, number: Num, left: Num, right: Num, operation: Callable[[IR, IR], IR]) -> Num:
        crossed = self._crossed(left, right)
        if crossed is None:
            return number
        one, other, below = crossed
        common = self._common(one, other)
        if common is None:
            return number
        return replace(number, r=operation(common[0], common[1]), d=common[2], below=below)

    def multiply(self, left: Num, right: Num) -> Num:
        number = self._scaled(super().multiply(left, right), left, right)
        if left.inverse is not None and right.inverse is not None:
            number = replace(number, inverse=lambda: self._both_inverse(left, right))
        below = self._product_below(left, right)
        if number.r is None or below is None:
            return number
        return replace(number, below=below) if below.r is not None else replace(number, r=None, d=1)

    def divide(self, left: Num, right: Num) -> Num:
        number = super().divide(left, right)
        if left.r is None or right.r is None or right.below is not None:
            return number
        inverse = None if right.inverse is None else right.inverse()
        if inverse is not None:
            scaled = self._scaled(number, left, replace(right, r=inverse[0], d=inverse[1]))
            return scaled if scaled.r is None else replace(scaled, below=left.below)
        below = right if left.below is None else self.multiply(left.below, right)
        return replace(number, r=left.r, d=left.d, below=below) if below.r is not None else number

    def _both_inverse(self, left: Num, right: Num) -> tuple[IR, int] | None:
        one, other = (None if n.inverse is None else n.inverse() for n in (left, right))
        if one is None or other is None:
            return None
        both = self._scaled(left, replace(left, r=one[0], d=one[1]), replace(right, r=other[0], d=other[1]))
        return None if both.r is None else (both.r, both.d)

    def _picked_inverse(self, condition: IR, yes: Num, no: Num) -> tuple[IR, int] | None:
        one, other = (None if n.inverse is None else n.inverse() for n in (yes, no))
        if one is None or other is None:
            return None
        common = self._common(replace(yes, r=one[0], d=one[1]), replace(no, r=other[0], d=other[1]))
        return None if common is None else (self.b.select(condition, common[0], common[1]), common[2])

    def negate(self, one: Num) -> Num:
        result = replace(super().negate(one), inverse=None)
        return result if one.r is None else replace(result, r=self._negative(one.r))

    def _negative(self, r: IR) -> IR:
        return wrapped(-r.constant) if isinstance(r, ir.Constant) else self.b.sub(ZERO, r)

    def absolute(self, one: Num) -> Num:
        result = super().absolute(one)
        if one.r is None or one.positive:
            return result if one.positive else replace(result, inverse=None)
        below = self.compare("<", one.without_none(), self.number(Fraction(0)))
        result = replace(result, r=self.b.select(below.v, self._negative(one.r), one.r), inverse=None)
        return result if below.unsure is None else self.unknown(result, below.unsure)

    # ---- extremes and choice

    def _extreme_known(self, left: Num, right: Num, least: bool) -> Num:
        if apart_constants(left, right) or self._crossed_residues(left, right) is None:
            return super()._extreme_known(left, right, least)
        chosen = self.select(self.compare("<" if least else ">", left, right), left, right)
        positive = (left.positive and right.positive) if least else (left.positive or right.positive)
        return replace(chosen, positive=positive)

    def _crossed_residues(self, left: Num, right: Num) -> tuple[IR, IR, int, Num | None] | None:
        crossed = self._crossed(left, right)
        common = None if crossed is None else self._common(crossed[0], crossed[1])
        return None if crossed is None or common is None else (*common, crossed[2])

    def pick(self, condition: IR, yes: Num, no: Num) -> Num:
        chosen = super().pick(condition, yes, no)
        if yes.inverse is not None and no.inverse is not None:
            chosen = replace(chosen, inverse=lambda: self._picked_inverse(condition, yes, no))
        common = self._common(yes, no)
        if common is None:
            return chosen
        below: Num | None = None
        if yes.below is not None or no.below is not None:
            if yes.below is not None and no.below is not None and yes.below.v is no.below.v:
                below = yes.below
            else:
                one = self.number(Fraction(1))
                below = self.pick(condition, yes.below or one, no.below or one)
                often = [side.below is None or side.below.often_one for side in (yes, no)]
                below = replace(below, often_one=any(often))
                if below.r is None:
                    return chosen
        return replace(chosen, r=self.b.select(condition, common[0], common[1]), d=common[2], below=below)

    def select(self, condition: Truth, yes: Num, no: Num) -> Num:
        """yes or no; unknown where the condition is open, if only one of them can be told exactly."""
        if condition.unsure is None or self._common(yes, no) is None:
            return super().select(condition, yes, no)
        bad = condition.unsure if condition.bad is None else self.b.or_(condition.unsure, condition.bad)
        return super().select(replace(condition, unsure=None, bad=bad), yes, no)

    # ---- decisions

    def compare(self, operator: str, left: Num, right: Num) -> Truth:
        """As of certified doubles; what these leave open is decided by the residue of the difference."""
        test = super().compare(operator, left, right)
        if test.unsure is None:
            return test
        residues = self._crossed_residues(left, right)
        if residues is None:
            return test
        one, other, d, below = residues
        b = self.b
        difference = b.sub(one, other)
        apart = self._sum(left, right, b.fsub(left.v, right.v), False)
        reach = b.fmul(b.fadd(self.absolute_of(apart.v), self.error(apart)), self.constant(float(d)))
        unsettled: IR = None
        if below is not None:
            reach = b.fmul(reach, b.fadd(self.magnitude(below), self.error(below)))
            if not below.positive:
                falling = self.compare("<", below, self.number(Fraction(0)))
                difference = b.select(falling.v, self._negative(difference), difference)
                unsettled = falling.unsure
        fits = b.fcmp_ordered("<", reach, self.constant(ROOM))
        settled = fits if unsettled is None else b.and_(fits, b.not_(unsettled))
        exact = b.icmp_signed(operator, difference, ZERO)
        return replace(test, v=b.select(test.unsure, exact, test.v), unsure=b.and_(test.unsure, b.not_(settled)))

    def rounded(self, value: Num, step: Num, mode: str, inverse: Num | None = None) -> Num:
        """The multiple of step next to value: how much is left after a whole number of steps is known exactly."""
        b = self.b
        below = value.below
        scaled = step if below is None else self._scaled(step, step, below)
        common = self._common(value, scaled)
        if common is None or step.below is not None:
            return super().rounded(value, step, mode, inverse)
        x, one, d = common
        size = self.magnitude(step)
        quotient = super().divide(value, step)
        if below is not None:  # n / b to steps is n to steps times b, and both are negated where b is below 0
            size = b.fmul(size, b.fadd(self.magnitude(below), self.error(below)))
            falling = self.compare("<", below, self.number(Fraction(0)))
            x, one = (b.select(falling.v, self._negative(r), r) for r in (x, one))
            quotient = quotient if falling.unsure is None else self.unknown(quotient, falling.unsure)
        near = b.fcmp_ordered("<", self.error(quotient), self.constant(0.25))
        within = b.and_(near, b.fcmp_ordered("<", self.absolute_of(quotient.v), self.constant(2.0**50)))
        room = b.fcmp_ordered("<", b.fmul(size, self.constant(8.0 * d)), self.constant(ROOM))
        fine = b.and_(b.and_(within, room), b.icmp_signed(">", one, ZERO))
        guess = whole(b, self._floor(quotient.v), within)
        rest = b.sub(x, b.mul(guess, one))  # within two steps of 0
        below, above = b.icmp_signed("<", rest, ZERO), b.icmp_signed(">=", rest, one)
        count = b.sub(b.add(guess, b.zext(above, I128)), b.zext(below, I128))
        rest = b.select(below, b.add(rest, one), b.select(above, b.sub(rest, one), rest))
        count = b.add(count, b.zext(self._goes_up(mode, count, rest, one), I128))
        v = b.sitofp(b.trunc(count, I64), DOUBLE)
        steps = Num(v, None, 0, 0, max(0, quotient.high) + 1, quotient.positive, r=count)
        return self.unknown(self.multiply(steps, step), b.not_(fine))

    def _goes_up(self, mode: str, count: IR, rest: IR, one: IR) -> IR:
        """Whether what is left above `count` steps, less than one, makes it the next number."""
        b = self.b
        some, negative = b.icmp_signed(">", rest, ZERO), b.icmp_signed("<", count, ZERO)
        match mode:
            case "floor":
                return FALSE
            case "ceil":
                return some
            case "down":
                return b.and_(some, negative)
            case "up":
                return b.and_(some, b.not_(negative))
        twice = b.add(rest, rest)
        half = b.icmp_signed("==", twice, one)
        odd = b.trunc(count, BIT) if mode == "half_even" else b.not_(negative)
        return b.or_(b.icmp_signed(">", twice, one), b.and_(half, odd))
