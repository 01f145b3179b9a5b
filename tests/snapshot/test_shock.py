"""Price shocks: which fields are prices, that they move exactly, and what a badly written shock is told."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from marginc.program.dimension import RATIO, TIME, Dimension, Path, Unit, currency, unit
from marginc.program.program import Field, Kind, Program
from marginc.program.types import Number, Truth, Type
from marginc.runtime.shock import Shock, ShockError, apply_shock, is_price, parse_shock, parse_shocks
from marginc.runtime.snapshot import Snapshot

TEXT = """{"as_of": "2026-09-08",
 "assets": {"HYPE": {"price": "84.114", "utilization": "0.3"}, "USDC": {"price": 1}},
 "markets": {"HYPE": {"mark": "84.092"}, "ZEC": {"mark": "1123.5"}, "XMR": {}},
 "accounts": [{"account": "a"}]}"""


@pytest.mark.parametrize(
    ("text", "shocks"),
    [
        ("HYPE -30%", [("HYPE", "0.7")]),
        ("  HYPE   +10% ", [("HYPE", "1.1")]),
        ("ZEC -70%, HYPE +10%", [("ZEC", "0.3"), ("HYPE", "1.1")]),
        ("io:GOLD -0.05%", [("io:GOLD", "0.9995")]),
        ("A B -100%", [("A B", "0")]),
        ("X +300%", [("X", "4")]),
        ("X +0.000000000000000000000000000000000001%", [("X", "1.00000000000000000000000000000000000001")]),
    ],
)
def test_shocks_are_read_exactly(text: str, shocks: list[tuple[str, str]]) -> None:
    assert parse_shocks(text) == tuple(Shock(key, Decimal(factor)) for key, factor in shocks)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a shock is missing"),
        ("HYPE -30%,", "a shock is missing"),
        ("HYPE", "write a row's key, a space and a move, as `HYPE -30%`"),
        ("HYPE-30%", "write a row's key, a space and a move"),
        ("HYPE -0.3", "not a move in per cent; write `HYPE -30%`"),
        ("HYPE 30%", "does not say up or down; write `HYPE +30%` or `-30%`"),
        ("HYPE -x%", "is not a decimal number"),
        ("HYPE --30%", "is not a decimal number"),
        ("HYPE -1e999999999%", "is not a decimal number"),
        ("HYPE -101%", "negative"),
        ("HYPE -1%, HYPE -2%", "`HYPE` is shocked twice"),
        (" " * 20_000, "20000 characters"),
    ],
)
def test_a_badly_written_shock_is_taught(text: str, words: str) -> None:
    with pytest.raises(ShockError) as caught:
        parse_shocks(text)
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


def test_one_shock_is_one() -> None:
    assert parse_shock("HYPE -30%") == Shock("HYPE", Decimal("0.7"))
    with pytest.raises(ShockError, match="several"):
        parse_shock("A -1%, B -1%")


def test_every_price_of_the_key_moves_and_nothing_else(read: Callable[..., Snapshot], program: Program) -> None:
    before = read(TEXT)
    after, found = apply_shock(before, program, parse_shocks("HYPE -30%, ZEC +10%, XMR -5%, DOGE -5%"))
    assert found == {"HYPE", "ZEC"}  # XMR has no price here, DOGE no row
    assert after.reference == {
        "asset": {
            "HYPE": {"price": Decimal("58.8798"), "utilization": Decimal("0.3")},  # 84.114 x 0.7
            "USDC": {"price": Decimal(1)},
        },
        "market": {
            "HYPE": {"mark": Decimal("58.8644")},  # 84.092 x 0.7
            "ZEC": {"mark": Decimal("1235.85")},  # 1123.5 x 1.1
            "XMR": {},
        },
        "margin_table": {},
    }
    assert before == read(TEXT).__class__(before.file, before.as_of, before.reference, before.accounts)
    assert before.reference["asset"]["HYPE"]["price"] == Decimal("84.114")
    assert [a.account for a in after.accounts] == ["a"]


def test_no_digit_is_lost(read: Callable[..., Snapshot], program: Program) -> None:
    price, move = "1." + "0" * 57 + "7", "1." + "0" * 35 + "3"
    snapshot = read({"as_of": "2026-09-08", "assets": {"X": {"price": price}}})
    after, _ = apply_shock(snapshot, program, parse_shocks(f"X +{move}%"))
    whole = int(price.replace(".", "")) * (10**38 + int(move.replace(".", "")))  # 58 and 38 digits behind the point
    moved = after.reference["asset"]["X"]["price"]
    assert isinstance(moved, Decimal)
    assert moved.as_integer_ratio() == Decimal(f"{whole}E-96").as_integer_ratio()


OWN, OTHER = unit(Path("asset")), unit(Path("asset", ("settle",)))
USDC = currency("USDC")


@pytest.mark.parametrize(
    ("type_", "price"),
    [
        (Number(USDC / OWN), True),
        (Number(OTHER / OWN), True),
        (Number(USDC), False),
        (Number(USDC / OTHER), False),
        (Number(USDC / OWN / OWN), False),
        (Number(USDC / OWN / Dimension(((TIME, 1),))), False),
        (Number(Dimension(((TIME, 1),)) / OWN), False),
        (Number(RATIO / OWN), False),
        (Number(OWN), False),
        (Number(Dimension(((Unit(Path("market")), -1), ("USDC", 1)))), False),
        (Truth(), False),
    ],
)
def test_what_a_price_is(type_: Type, price: bool) -> None:
    kind = Kind("asset", "assets", "reference")
    assert is_price(kind, Field("x", type_, "observed")) is price
    assert not is_price(kind, Field("x", type_, "parameter"))
    assert not is_price(Kind("asset", "assets", "rows"), Field("x", type_, "observed"))
