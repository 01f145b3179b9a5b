"""Values as people write them in rules."""

from __future__ import annotations

from decimal import Decimal

import pytest

from marginc.program.dimension import RATIO, TIME, Dimension, currency
from marginc.program.literal import LiteralError, infer_literal, instant, instant_text, read_literal
from marginc.program.number import Ratio
from marginc.program.program import Moment, RowKey
from marginc.program.types import Date, Label, Number, Row, Truth, Type

USDC = currency("USDC")
PER_TIME = Dimension(((TIME, -1),))


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("95%", Number(RATIO), Decimal("0.95")),
        ("5bp", Number(RATIO), Decimal("0.0005")),
        ("1_000_000", Number(USDC), Decimal(1_000_000)),
        ("20 USDC", Number(USDC), Decimal(20)),
        ("-0.5", Number(RATIO), Decimal("-0.5")),
        ("2/3", Number(RATIO), Ratio(2, 3)),
        ("8h", Number(Dimension(((TIME, 1),))), Decimal(28_800)),  # 8 x 3,600 s
        ("73% per year", Number(PER_TIME), Ratio(73, 100 * 31_536_000)),  # a year is 365 x 86,400 s
        ("7", Number(RATIO, integer=True), Decimal(7)),
        ("true", Truth(), True),
        ("none", Number(USDC, optional=True), None),
        ("cross", Label(("cross", "isolated")), "cross"),
        ("NO", Label(), "NO"),
        ("USDC", Row("asset"), RowKey("asset", "USDC")),
        ("2026-08-17", Date(), Moment(Decimal(1_786_924_800))),  # 20,682 days x 86,400 s
    ],
)
def test_a_value_is_read_under_its_type(text: str, type_: Type, value: object) -> None:
    assert read_literal(text, type_, {"USDC"}) == value


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("65 USDC", Number(RATIO)),
        ("95%", Number(USDC)),
        ("1e6", Number(USDC)),
        ("1,000", Number(USDC)),
        ("1.5", Number(RATIO, integer=True)),
        ("yes", Truth()),
        ("none", Number(USDC)),
        ("crossed", Label(("cross", "isolated"))),
        ("2026-02-30", Date()),
        ("1/0", Number(RATIO)),
        ("5 EUR", Number(USDC)),
        ("", Number(USDC)),
        ("9" * 61, Number(USDC)),
    ],
)
def test_a_value_of_another_type_is_refused_with_a_way_out(text: str, type_: Type) -> None:
    with pytest.raises(LiteralError) as caught:
        read_literal(text, type_, {"USDC"})
    assert str(caught.value)
    assert caught.value.help


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("95%", Number(RATIO)),
        ("20 USDC", Number(USDC)),
        ("true", Truth()),
        ("2026-08-17", Date()),
        ("3", Number(RATIO)),
    ],
)
def test_an_undeclared_parameter_is_what_its_literal_says(text: str, type_: Type) -> None:
    assert infer_literal(text, {"USDC"})[0] == type_


def test_instants_are_utc_and_print_back() -> None:
    assert instant("1970-01-02") == 86_400
    assert instant("1970-01-01T01:30Z") == 5_400
    assert instant_text(86_400) == "1970-01-02"
    assert instant_text(5_400) == "1970-01-01T01:30:00Z"
    assert instant_text(Decimal("5400.75")) == "1970-01-01T01:30:00Z"
