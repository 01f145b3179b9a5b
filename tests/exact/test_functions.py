"""Rounding against fractions, and roots and exponentials against published constants."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginc.program.number import Ratio
from marginc.runtime.exact.functions import DomainError, exponential, logarithm, round_to, square_root

steps = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=1000)
amounts = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**4)


@given(amounts, steps, st.sampled_from(["floor", "ceil", "down", "up", "half_even", "half_up"]))
def test_rounding_gives_the_multiple_that_the_mode_names(x: Fraction, step: Fraction, mode: str) -> None:
    quotient = x / step
    expected = {
        "floor": math.floor(quotient),
        "ceil": math.ceil(quotient),
        "down": math.trunc(quotient),
        "up": math.ceil(quotient) if quotient > 0 else math.floor(quotient),
        "half_even": round(quotient),  # Python rounds fractions half-even
        "half_up": math.floor(quotient + Fraction(1, 2)) if quotient >= 0 else math.ceil(quotient - Fraction(1, 2)),
    }[mode]
    rounded = Ratio.of(round_to(Ratio(x.numerator, x.denominator), Ratio(step.numerator, step.denominator), mode))
    assert Fraction(rounded.numerator, rounded.denominator) == expected * step


@pytest.mark.parametrize(
    ("x", "mode", "expected"), [("2.5", "half_even", 2), ("2.5", "half_up", 3), ("-2.5", "half_up", -3)]
)
def test_ties_go_where_the_mode_says(x: str, mode: str, expected: int) -> None:
    assert round_to(Decimal(x), Decimal(1), mode) == expected


def test_constants_are_right_to_fifty_digits() -> None:
    # OEIS A001113 (e), A002162 (ln 2), A002193 (square root of 2)
    assert str(exponential(Decimal(1))) == "2.7182818284590452353602874713526624977572470937000"
    assert str(logarithm(Decimal(2))) == "0.69314718055994530941723212145817656807550013436026"
    assert str(square_root(Decimal(2))) == "1.4142135623730950488016887242096980785696718753769"


def test_the_root_of_a_square_is_exact() -> None:
    assert square_root(Decimal("152.2756")) == Decimal("12.34")  # 12.34^2
    assert square_root(Decimal(0)) == 0


def test_a_vanishing_value_is_zero() -> None:
    assert exponential(Decimal(-230)) > 0
    assert exponential(Decimal("-229.9")) > exponential(Decimal(-230))


@pytest.mark.parametrize(
    ("function", "x"), [(square_root, "-1"), (logarithm, "0"), (logarithm, "-3"), (exponential, "231")]
)
def test_arguments_outside_the_domain_are_refused(function: object, x: str) -> None:
    with pytest.raises(DomainError):
        function(Decimal(x))  # type: ignore[operator]
