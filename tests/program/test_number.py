"""Exact numbers against Python's own fractions, which share no code with them."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginc.program.number import (
    EXACT,
    NumberError,
    Ratio,
    Value,
    add,
    canonical,
    divide,
    multiply,
    power,
    read_canonical,
    read_number,
    result_text,
    subtract,
    total,
)

decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=12)
fractions = st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**9)
values: st.SearchStrategy[Value] = st.one_of(decimals, fractions.map(lambda f: Ratio(f.numerator, f.denominator)))


def exactly(value: Value) -> Fraction:
    return Fraction(value) if isinstance(value, Decimal) else Fraction(value.numerator, value.denominator)


@given(values, values)
def test_arithmetic_and_order_are_those_of_fractions(left: Value, right: Value) -> None:
    one, other = exactly(left), exactly(right)
    with decimal.localcontext(EXACT):
        assert exactly(add(left, right)) == one + other
        assert exactly(subtract(left, right)) == one - other
        assert exactly(multiply(left, right)) == one * other
        if other:
            assert exactly(divide(left, right)) == one / other
        assert (left < right, left <= right, left == right) == (one < other, one <= other, one == other)


@given(st.lists(values, max_size=30))
def test_a_sum_is_exact_whatever_it_adds(numbers: list[Value]) -> None:
    with decimal.localcontext(EXACT):
        assert exactly(total(numbers)) == sum((exactly(number) for number in numbers), Fraction(0))


@given(values, st.integers(-8, 8))
def test_a_power_is_repeated_multiplication(base: Value, exponent: int) -> None:
    with decimal.localcontext(EXACT):
        if exponent < 0 and not base:
            with pytest.raises(ZeroDivisionError):
                power(base, exponent)
        else:
            assert exactly(power(base, exponent)) == exactly(base) ** exponent


@given(values)
def test_canonical_text_reads_back_as_the_same_number(value: Value) -> None:
    assert exactly(read_canonical(canonical(value))) == exactly(value)


def test_products_too_long_for_a_decimal_go_on_exactly() -> None:
    long = Decimal("1" * 60)
    with decimal.localcontext(EXACT):
        product: Value = long
        for _ in range(9):  # 60 digits ten times over are 600, more than the 400 of a decimal
            product = multiply(product, long)
        assert exactly(product) == Fraction(int("1" * 60)) ** 10


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1.50"), "1.5"),
        (Decimal("-0.000"), "0"),
        (Decimal("1E+3"), "1000"),
        (Ratio(1, 3), "0.3333333333333333333333333333333333"),  # 34 digits
        (Ratio(2, 3), "0.6666666666666666666666666666666667"),  # half-even at the 34th
        (Ratio(3, 8), "0.375"),
        (Ratio(-7, 2), "-3.5"),
    ],
)
def test_results_are_decimal_text(value: Value, text: str) -> None:
    assert result_text(value) == text


@pytest.mark.parametrize(
    "text", ["1e999999999", "1" * 61, "1e41", "1e-41", "NaN", "Infinity", "", "1_000", "0x10", "١"]
)
def test_text_outside_the_limits_is_refused(text: str) -> None:
    with pytest.raises(NumberError):
        read_number(text)


@pytest.mark.parametrize(
    ("text", "value"), [("1e3", 1000), ("-0.10", Decimal("-0.1")), ("1" + "0" * 40, 10**40), ("0e9", 0)]
)
def test_text_within_the_limits_is_read_exactly(text: str, value: Decimal) -> None:
    assert read_number(text) == value
