"""The bounds of exp, ln and normal_cdf, proved over the very instructions that are written.

Every value is carried as: an interval that holds the computed double, and how far it can be from what the same
instruction gives in real numbers. Each operation adds half an ulp of the largest value of its interval. What the
instructions cannot tell (where a reduction is exact, how much a series leaves out) is argued in
docs/native-functions.md and enters as the values of the leaves and as the last terms.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from math import factorial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from llvmlite import ir

from marginc.runtime.exact.functions import SMALLEST
from marginc.runtime.exact.normal import normal_distribution, pi
from marginc.runtime.native import exponential, logarithm, normal, transcendental
from marginc.runtime.native.polynomial import HIGH_BITS, LN_2, LN_2_HIGH, LN_2_LOW

PAGE = Path(__file__).resolve().parents[2] / "docs" / "native-functions.md"
UNIT = Fraction(1, 2**53)
UNDERFLOW = Fraction(1, 2**1075)
EXACT_EXECUTOR = Fraction(1, 10**49)
"""Arguments to 60 digits and results to 50, where an argument's relative error grows at most 470-fold (Phi(-21.5))."""
TABLE_ERROR = Fraction(1, 10**35)
LN_2_EXACT = Fraction(LN_2)
LN_2_ERROR = Fraction(1, 10**49)


@dataclass(frozen=True)
class Bounded:
    """A double in [low, high], at most `error` from what real arithmetic gives."""

    low: Fraction
    high: Fraction
    error: Fraction = Fraction(0)

    @property
    def size(self) -> Fraction:
        return max(abs(self.low), abs(self.high))


def upward(value: Fraction, bits: int = 80) -> Fraction:
    """At least `value`, with few digits: fractions would grow without end."""
    grid = Fraction(2) ** (value.numerator.bit_length() - value.denominator.bit_length() - bits)
    return math.ceil(value / grid) * grid


def half_ulp(size: Fraction) -> Fraction:
    """The largest rounding error of a double not above `size`: powers of two are kept, from binade to binade."""
    if size == 0:
        return Fraction(0)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if Fraction(2) ** exponent > size:
        exponent -= 1
    assert Fraction(2) ** exponent <= size < Fraction(2) ** (exponent + 1)
    return Fraction(2) ** exponent * UNIT


def rounded(low: Fraction, high: Fraction, error: Fraction, tiny: Fraction = Fraction(0)) -> Bounded:
    """A result in [low, high] before it is rounded. `tiny`: what a product or quotient near 0 loses besides."""
    step = half_ulp(max(abs(low), abs(high))) + tiny
    return Bounded(-upward(step - low), upward(high + step), upward(error + step))


def add(x: Bounded, y: Bounded) -> Bounded:
    return rounded(x.low + y.low, x.high + y.high, x.error + y.error)


def subtract(x: Bounded, y: Bounded) -> Bounded:
    return rounded(x.low - y.high, x.high - y.low, x.error + y.error)


def multiply(x: Bounded, y: Bounded) -> Bounded:
    corners = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
    error = x.size * y.error + y.size * x.error + x.error * y.error
    return rounded(min(corners), max(corners), error, UNDERFLOW)


def divide(x: Bounded, y: Bounded) -> Bounded:
    assert y.low - y.error > 0
    corners = [a / b for a in (x.low, x.high) for b in (y.low, y.high)]
    quotient = (x.size + x.error) / (y.low - y.error)
    return rounded(min(corners), max(corners), (x.error + quotient * y.error) / y.low, UNDERFLOW)


OPERATIONS: Mapping[str, Callable[[Bounded, Bounded], Bounded]] = {
    "fadd": add,
    "fsub": subtract,
    "fmul": multiply,
    "fdiv": divide,
}


@dataclass(frozen=True)
class Proof:
    """Bounds of the instructions of a function, from those of its leaves by name, and of table entries by column."""

    constants: Mapping[float, Fraction]
    leaves: Mapping[str, Bounded]
    table: tuple[Bounded, ...] = ()

    def bound(self, value: Any, known: dict[int, Bounded]) -> Bounded:
        if id(value) not in known:
            known[id(value)] = self._bound(value, known)
        return known[id(value)]

    def _bound(self, value: Any, known: dict[int, Bounded]) -> Bounded:
        if isinstance(value, ir.Constant):
            exact = self.constants[value.constant]  # KeyError: a constant that nobody vouches for
            computed = Fraction(value.constant)
            return Bounded(computed, computed, abs(computed - exact))
        if value.name in self.leaves:
            return self.leaves[value.name]
        if value.opname == "load":
            return self.table[value.operands[0].operands[-1].constant]
        left, right = (self.bound(one, known) for one in value.operands)
        return OPERATIONS[value.opname](left, right)


def named(function: Any, name: str) -> Any:
    return next(one for one in function.blocks[0].instructions if one.name == name)


def doubles(exact: Iterable[Fraction]) -> dict[float, Fraction]:
    """Constants by the double they become. Halves, one and two are exactly themselves."""
    return {float(one): one for one in (*exact, *(Fraction(n, 2) for n in (-1, 1, 2, 4)))}


def pieces(low: Fraction, high: Fraction, count: int) -> list[tuple[Fraction, Fraction]]:
    step = (high - low) / count
    return [(low + n * step, low + (n + 1) * step) for n in range(count)]


def real(x: Fraction, function: Callable[[Decimal], Decimal]) -> Fraction:
    """A function of Decimal at an exact argument; the digits that are cut off are far beyond what matters here."""
    with localcontext(prec=60):
        return Fraction(function(Decimal(x.numerator) / Decimal(x.denominator)))


# ---- e^x


REDUCED = Fraction("0.34658")
"""|high - n ln 2| is at most ln(2) / 2 and what rounding can do to n: at most 1e-12."""
MOST_HALVINGS = Fraction(350)


def exponential_error(function: Any, low: Bounded) -> Fraction:
    """The relative error of `fraction`, against e^(high - n ln 2 + low); scaling by 2^n is exact."""
    degree = exponential.EXP_DEGREE
    constants = doubles(Fraction(1, factorial(n)) for n in range(2, degree + 1))
    constants[LN_2_LOW] = LN_2_EXACT - Fraction(LN_2_HIGH)
    worst = Fraction(0)
    for start, end in pieces(-REDUCED, REDUCED, 32):
        leaves = {"near": Bounded(start, end), "count": Bounded(-MOST_HALVINGS, MOST_HALVINGS), "low": low}
        known: dict[int, Bounded] = {}
        proof = Proof(constants, leaves)
        r = proof.bound(named(function, "r"), known)
        # from here on against e^r of the double r: its own error is one of the exponent
        series = Proof(constants, {"r": Bounded(r.low, r.high)}).bound(named(function, "fraction"), {})
        left_out = r.size ** (degree + 1) / factorial(degree + 1) * Fraction(3, 2)  # e^|r| < 3/2
        below = real(r.low, Decimal.exp)
        exponent = r.error + MOST_HALVINGS * LN_2_ERROR
        in_exponent = exponent + exponent**2  # e^d - 1 < d + d^2
        worst = max(worst, (series.error + left_out) / below * (1 + in_exponent) + in_exponent)
    return worst + EXACT_EXECUTOR


def proven_exp() -> Fraction:
    function = exponential.exponential(ir.Module())
    return exponential_error(function, Bounded(Fraction(0), Fraction(0)))


# ---- ln x


def proven_ln() -> Fraction:
    function = logarithm.logarithm(ir.Module())
    constants = doubles(Fraction(2, 2 * n + 1) for n in range(1, logarithm.LN_TERMS + 1))
    constants[LN_2_HIGH] = Fraction(LN_2_HIGH)
    constants[LN_2_LOW] = LN_2_EXACT - Fraction(LN_2_HIGH)
    lowest, highest = Fraction(math.sqrt(0.5)) - 1, 2 * Fraction(math.sqrt(0.5)) - 1

    def error(f: tuple[Fraction, Fraction], k: tuple[int, int]) -> Fraction:
        leaves = {"f": Bounded(*f), "k": Bounded(Fraction(k[0]), Fraction(k[1]))}
        result = Proof(constants, leaves).bound(named(function, "result"), {})
        s = max(abs(one / (2 + one)) for one in f)
        terms = logarithm.LN_TERMS
        left_out = 2 * s ** (2 * terms + 3) / ((2 * terms + 3) * (1 - s * s))
        ends = [real(1 + f[0], Decimal.ln), real(1 + f[1], Decimal.ln)]
        values = [k_end * LN_2_EXACT + end for k_end in k for end in ends]
        assert min(values) > 0 or max(values) < 0
        smallest = min(map(abs, values))
        return (result.error + left_out + max(map(abs, k)) * LN_2_ERROR) / smallest

    worst = Fraction(0)
    for sign, edge in ((1, highest), (-1, lowest)):
        for exponent in range(-53, -1):  # 1 + f is a double: f is 0, where ln is 0 exactly, or at least 2^-53
            for start, end in pieces(Fraction(2) ** exponent, Fraction(2) ** (exponent + 1), 8 if exponent > -6 else 2):
                if start < abs(edge):
                    end = min(end, abs(edge))
                    worst = max(worst, error((start, end) if sign > 0 else (-end, -start), (0, 0)))
    groups = [(1, 1), (2, 2), (3, 3), *((2**n, 2 ** (n + 1) - 1) for n in range(2, 10)), (1024, 1024)]
    for start, end in groups:
        for f in pieces(lowest, highest, 8):
            worst = max(worst, error(f, (start, end)), error(f, (-end, -start)))
    return worst + EXACT_EXECUTOR


# ---- Phi(x)


def proven_cdf() -> Fraction:
    """The relative error of Phi(-a), and from it that of 1 - Phi(-a), a >= 0."""
    function = normal.normal_cdf(ir.Module())
    widest = Fraction(normal.CDF_LIMIT) ** 2 / 2**25
    low = Bounded(-widest, Fraction(0), Fraction(21, 10) * UNIT * widest + Fraction(1, 2**1000))
    assert widest <= Fraction(1, 2**15)
    density = exponential_error(function, low)
    ratio = max(ratio_error(function, row) for row in range(len(normal.mills_series())))
    tail = (1 + density) * (1 + ratio) * (1 + UNIT) - 1
    complement = tail + UNIT  # (tail error * Phi(-a) + 2^-54) / (1 - Phi(-a)), the largest at Phi(-a) = 1/2
    return max(tail, complement) + EXACT_EXECUTOR


def ratio_error(function: Any, row: int) -> Fraction:
    """The relative error of M(a) around a grid point; M falls, is convex, and so on: signs of derivatives alternate."""
    half_step = Fraction(1, 2 * normal.CDF_STEPS)
    exact = [Fraction(one) for one in normal.mills_series()[row]]
    table = tuple(
        Bounded(Fraction(float(one)), Fraction(float(one)), abs(Fraction(float(one)) - one) + TABLE_ERROR)
        for one in exact
    )
    order = normal.CDF_DEGREE + 1
    greatest = Fraction(math.prod(range(1, order, 2)), 2)  # |M(14)(0)| = 13!! / 2, the largest there is for a >= 0
    left_out = greatest / factorial(order) * half_step**order
    worst = Fraction(0)
    for start, end in pieces(-half_step if row else Fraction(0), half_step, 4):
        value = Proof({}, {"t": Bounded(start, end)}, table).bound(named(function, "ratio"), {})
        smallest = value.low - value.error
        worst = max(worst, (value.error + left_out) / smallest)
    return worst


PROVEN = {
    "EXP_ULPS": (proven_exp, transcendental.EXP_ULPS),
    "LN_ULPS": (proven_ln, transcendental.LN_ULPS),
    "CDF_ULPS": (proven_cdf, transcendental.CDF_ULPS),
}


@pytest.mark.parametrize("name", PROVEN)
def test_the_stated_bound_is_proved(name: str) -> None:
    prove, stated = PROVEN[name]
    proven = float(prove() / UNIT)
    assert proven <= stated <= 2 * proven
    row = re.search(rf"^\| `{name}` \| ([0-9]+) \| ([0-9.]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert row, f"the page has no row for {name}"
    assert row.groups() == (str(stated), f"{proven:.2f}")


@pytest.mark.parametrize(
    ("module", "constant", "fewer", "name"),
    [
        (exponential, "EXP_DEGREE", 12, "EXP_ULPS"),
        (logarithm, "LN_TERMS", 8, "LN_ULPS"),
        (normal, "CDF_DEGREE", 10, "CDF_ULPS"),
    ],
)
def test_a_shorter_series_is_not_proved(
    module: ModuleType, constant: str, fewer: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prove, stated = PROVEN[name]
    monkeypatch.setattr(module, constant, fewer)
    normal.mills_series.cache_clear()
    try:
        assert prove() / UNIT > stated
    finally:
        normal.mills_series.cache_clear()


def test_a_wrong_coefficient_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exponential, "factorial", lambda n: factorial(n) + (n == 13))
    with pytest.raises(KeyError):
        proven_exp()


def test_rounding_half_an_ulp() -> None:
    assert half_ulp(Fraction(1)) == UNIT  # doubles are 2^-52 apart from 1 to 2
    assert half_ulp(Fraction(3, 4)) == UNIT / 2
    assert half_ulp(Fraction(5)) == 4 * UNIT


# ---- what the page argues by hand


def test_the_parts_of_ln_2() -> None:
    assert (Fraction(LN_2_HIGH) * 2**HIGH_BITS).denominator == 1
    assert Fraction(LN_2_HIGH) < 1
    assert 2**HIGH_BITS * 2**11 <= 2**53  # n times it needs 53 bits at most: exact
    assert abs(Fraction(LN_2_LOW) - (LN_2_EXACT - Fraction(LN_2_HIGH))) < UNIT / 2**43


def test_the_reduced_argument_is_small() -> None:
    # n is the whole number next to the computed high / ln 2; the two roundings move that by at most 3 u of itself
    moved = MOST_HALVINGS * 3 * UNIT
    assert (Fraction(1, 2) + moved) * LN_2_EXACT < REDUCED
    assert max(Fraction(230), Fraction(normal.CDF_LIMIT) ** 2 / 2) / LN_2_EXACT + 1 < MOST_HALVINGS


def test_the_table_is_the_exact_executors_function() -> None:
    with localcontext(prec=150, Emin=-9999, Emax=9999):
        for row, series in enumerate(normal.mills_series()):
            a = Decimal(row) / normal.CDF_STEPS
            value = normal_distribution(-a, 80) * (a * a / 2).exp()
            derivatives = [value, a * value - 1 / (2 * pi(140)).sqrt()]
            for n in range(1, normal.CDF_DEGREE):
                derivatives.append(a * derivatives[n] + n * derivatives[n - 1])
            for n, (coefficient, derivative) in enumerate(zip(series, derivatives, strict=True)):
                assert abs(coefficient * factorial(n) / derivative - 1) < Decimal("1e-35")


def test_the_exact_function_is_nothing_beyond_the_table() -> None:
    assert normal_distribution(Decimal(-normal.CDF_LIMIT), 20) < SMALLEST
    assert Fraction(normal.CDF_SMALLEST) > Fraction(SMALLEST) * (1 + normal.CDF_ULPS * UNIT)
    assert len(normal.mills_series()) == normal.CDF_LIMIT * normal.CDF_STEPS + 1
