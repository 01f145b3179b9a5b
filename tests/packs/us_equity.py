"""Recorded Regulation T and FINRA 4210 cases as snapshots: the legs of a case are one pair on one underlying."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

AS_OF = "2026-01-01"
FIRST_EXPIRY = datetime.date(2026, 6, 19)
CLASSES = {Decimal("0.2"): "equity", Decimal("0.15"): "broad_index", Decimal("0.04"): "currency"}
FIGURES = {
    "requirement": "requirement",
    "requirement_ex_premium": "requirement",
    "net_requirement": "deposit",
    "net_margin": "deposit",
    "call": "deposit",
    "covered": "covered_deposit",
    "naked": "naked_deposit",
    "proceeds": "proceeds",
    "net_premium": "premium",
    "premium": "premium_paid",
    "maintenance": "maintenance",
    "formula_20pct": "by_rate",
    "alternative_10pct": "by_least",
}
"""What the cases call a figure, and what it is called here; `maintenance` is what finra-4210 requires."""

NOT_OF_THE_RULES = {"note", "per_contract_50", "net_of_1pt_credit"}
"""A remark; a broker's own minimum of 50 dollars a contract; a credit of legs that the case does not list."""

ROUNDED = Decimal("0.5")
CUT = Decimal("0.9")
"""A source that counts in whole dollars rounds margins and cuts premiums, which come in tenths of a dollar."""


def snapshot(case: Json) -> Json:
    """The case as a snapshot.

    Where a case states no price of the underlying, no figure of it depends on one: its highest strike stands in.
    """
    inputs = case["inputs"]
    legs = inputs["legs"]
    prices = [leg["price"] for leg in legs if leg["type"] == "stock" and "price" in leg]
    strikes = [leg["strike"] for leg in legs if leg["type"] == "option"]
    price = _number(inputs.get("underlying_price", prices[0] if prices else max(strikes, default=0)))
    underlying = {
        "price": _text(price),
        "option_class": CLASSES[_number(inputs.get("otm_rate", "0.2")).normalize()],
        "leverage": _text(_number(inputs.get("leverage", 1))),
    }
    multiplier = _number(inputs.get("multiplier", 1))
    read = [_option(leg, multiplier) if leg["type"] == "option" else _stock(leg, price) for leg in legs]
    return {
        "as_of": AS_OF,
        "underlyings": {"underlying": underlying},
        "accounts": [{"account": "case", "legs": [{"underlying": "underlying", **leg} for leg in read]}],
    }


def settings(case: Json) -> dict[str, str]:
    """The initial rate of shares where the case states its own: a broker that lends out `underlying_leverage` to 1."""
    leverage = case["inputs"].get("underlying_leverage")
    return dict.fromkeys(("long_margin", "short_margin"), f"1/{_text(_number(leverage))}") if leverage else {}


def expected(case: Json) -> dict[str, Decimal]:
    """The figures of the case by the value that has to give them."""
    figures = case["expected"]
    if "kind" not in figures:
        return {FIGURES[name]: _number(value) for name, value in figures.items() if name in FIGURES}
    if figures["kind"] == "maintenance":
        return {"maintenance": _number(figures["value"])}
    premium = {"premium_paid": _number(figures["premium"])} if "premium" in figures else {}
    return {"requirement": _number(figures["value"]), **premium}


def within(case: Json, name: str) -> Decimal:
    """How far a value may lie from its figure: not at all, unless the source rounds or says how near it means to be."""
    if case["expected"].get("kind") == "initial_unit_exact":
        return CUT if name == "premium_paid" else ROUNDED
    return abs(expected(case)[name]) * _number(case["expected"].get("source_tolerance_rel", 0))


def _option(leg: Json, multiplier: Decimal) -> Json:
    return {
        "right": leg["right"],
        "quantity": _text(_number(leg["qty"]) * multiplier),
        "price": _text(_number(leg["price"])),
        "strike": _text(_number(leg["strike"])),
        "expiry": _expiry(str(leg["expiry"])),
    }


def _stock(leg: Json, underlying: Decimal) -> Json:
    """Shares in units of the underlying: ten of a fund that is quoted at a tenth of its index are one of the index."""
    price = _number(leg.get("price", underlying))
    units = Decimal(10) ** round(math.log10(underlying / price)) if price and underlying else Decimal(1)
    return {"quantity": _text(_number(leg["qty"]) / units), "price": _text(price * units)}


def _expiry(text: str) -> str:
    """A date as it is or as YYMMDD; expiries that only have a letter follow each other as the letters do."""
    if text.isdigit():
        return f"20{text[:2]}-{text[2:4]}-{text[4:]}"
    if text.isalpha():
        return (FIRST_EXPIRY + datetime.timedelta(weeks=4 * (ord(text[0].upper()) - ord("A")))).isoformat()
    return text


def _number(value: object) -> Decimal:
    return Decimal(str(value))


def _text(number: Decimal) -> str:
    return f"{number:f}"
