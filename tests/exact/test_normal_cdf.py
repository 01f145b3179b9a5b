"""The normal distribution against published tables, and against a continued fraction in integers."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marginc.program.number import Ratio, divide
from marginc.runtime.exact.functions import normal_cdf
from marginc.runtime.exact.normal import normal_distribution

arguments = st.decimals(min_value=-21, max_value=21, places=6)


@pytest.mark.parametrize(
    ("x", "table"),
    [
        # Abramowitz & Stegun, Handbook of Mathematical Functions (1964), table 26.1, P(x) to 15 decimals
        ("0.02", "0.507978313716902"),
        ("0.5", "0.691462461274013"),
        ("1", "0.841344746068543"),
        ("1.5", "0.933192798731142"),
        ("2", "0.977249868051821"),
        ("2.5", "0.993790334674224"),
        ("3", "0.998650101968370"),
    ],
)
def test_the_table_of_abramowitz_and_stegun(x: str, table: str) -> None:
    assert round(normal_cdf(Decimal(x)), 15) == Decimal(table)


@pytest.mark.parametrize(
    ("x", "table"),
    [
        # the same handbook, table 26.2: -log10 Q(x) to 5 decimals
        (5, "6.54265"),
        (10, "23.11805"),
        (15, "50.43522"),
        (20, "88.56010"),
    ],
)
def test_the_far_tail_of_abramowitz_and_stegun(x: int, table: str) -> None:
    assert round(-normal_cdf(Decimal(-x)).log10(), 5) == Decimal(table)


def tail(x: Fraction, digits: int) -> Decimal:
    """Q(x) = phi(x) / (x + 1/(x + 2/(x + 3/(x + ...)))), A&S 26.2.14, in integers scaled by 10^digits.

    Independent of the code under test: another formula, exp by its own series, pi by arctan(1/2) + arctan(1/3).
    """
    scale = 10**digits
    fraction = Fraction(x)
    denominator = fraction.denominator
    above = fraction.numerator * scale // denominator
    terms = int(40_000 / float(x) ** 2) + 400
    value = above
    for k in range(terms, 0, -1):
        value = above + k * scale * scale // value

    def arctangent(of: int) -> int:
        power, total, k = scale // of, 0, 0
        while power:
            total += (-1) ** k * (power // (2 * k + 1))
            power, k = power // (of * of), k + 1
        return total

    pi = 4 * (arctangent(2) + arctangent(3))
    half = fraction * fraction / 2
    grown = term = scale
    k = 1
    while term:
        term = term * half.numerator // (half.denominator * k)
        grown, k = grown + term, k + 1
    density = scale * scale * scale // (grown * math.isqrt(2 * pi * scale))
    with localcontext() as context:
        context.prec = digits
        return Decimal(density * scale // value).scaleb(-digits)


@pytest.mark.parametrize("x", ["1.25", "2", "3.14159", "5", "8.5", "12.000001", "15", "21.2"])
def test_fifty_digits_of_a_continued_fraction(x: str) -> None:
    expected = tail(Fraction(x), 280)
    with localcontext() as context:
        context.prec = 50
        assert normal_cdf(-Decimal(x)) == +expected
        assert normal_cdf(Decimal(x)) == 1 - expected


def test_the_middle_and_the_ends() -> None:
    assert normal_cdf(Decimal(0)) == Decimal("0.5")
    assert str(normal_cdf(Decimal(-22))) == "0"
    assert normal_cdf(Decimal("-21.2")) > 0
    assert normal_cdf(Decimal("-21.5")) == 0  # 7.6e-103 is below 1e-100
    assert normal_cdf(Decimal(16)) == 1  # 1 - 6.4e-58 has 50 nines and more
    assert normal_cdf(Decimal(14)) < 1  # 1 - 7.8e-45
    assert normal_cdf(Decimal("1e90")) == 1
    assert normal_cdf(Decimal("-1e90")) == 0
    assert normal_cdf(Decimal("1e-90")) == Decimal("0.5")  # 0.5 + 4e-91


def test_a_fraction_counts_to_sixty_digits() -> None:
    third = divide(Decimal(1), Decimal(3))
    assert isinstance(third, Ratio)
    assert normal_cdf(third) == normal_cdf(Decimal("0." + "3" * 60))


@settings(max_examples=60, deadline=None)
@given(arguments)
def test_fifty_digits_are_the_first_of_ninety(x: Decimal) -> None:
    with localcontext() as context:
        context.prec = 50
        assert normal_distribution(x, 50) == +normal_distribution(x, 90)


@settings(max_examples=60, deadline=None)
@given(arguments)
def test_both_sides_add_up_to_one(x: Decimal) -> None:
    with localcontext() as context:
        context.prec = 300
        assert abs(normal_cdf(x) + normal_cdf(-x) - 1) <= Decimal("1e-50")


@settings(max_examples=60, deadline=None)
@given(arguments, arguments)
def test_it_never_falls(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert normal_cdf(low) <= normal_cdf(high)
