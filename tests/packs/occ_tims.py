"""Recorded portfolio margin cases as snapshots: legs on one underlying, and what the options make at ten prices."""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal
from statistics import NormalDist
from typing import Any

Json = dict[str, Any]

ARRAY = "derived_pl_array_NOT_third_party"
RANGES = {
    "high_cap_index": (Decimal("0.08"), Decimal("0.06")),
    "index": (Decimal("0.10"), Decimal("0.10")),
    "equity": (Decimal("0.15"), Decimal("0.15")),
}
FIFTHS = 5
CDF = NormalDist().cdf
AS_OF = datetime.date(2026, 1, 1)
INFERRED = Decimal("0.02")
"""The arrays stand on volatilities inferred from the legs' prices: margins agree within this share."""


def snapshot(case: Json) -> Json | None:
    """The case as a snapshot; None where it has options and no array of what they make.

    The array is that of the whole position: what shares make, price times move, is taken off, and the option legs are
    one contract that makes the rest and stands for the units of all of them.
    """
    inputs = case["inputs"]
    options = [leg for leg in inputs["legs"] if leg["type"] == "option"]
    others = [leg for leg in inputs["legs"] if leg["type"] != "option"]
    if options and ARRAY not in case:
        return None
    named, leverage = _range(inputs["move_range"])
    multiplier = inputs.get("multiplier", 1)
    contracts: Json = {}
    positions: list[Json] = []
    for number, leg in enumerate(others):
        units = 1 if leg["type"] == "stock" else multiplier
        contracts[f"{leg['type']} {number}"] = {
            "underlying": "underlying",
            "kind": leg["type"],
            "multiplier": str(units),
            "value": str(_number(leg["price"]) * units),
        }
        positions.append({"contract": f"{leg['type']} {number}", "size": str(leg["qty"])})
    if options:
        contracts["options"] = {
            "underlying": "underlying",
            "kind": "option",
            "multiplier": str(sum(abs(leg["qty"]) for leg in options) * multiplier),
            "profit": _profit(case, others, multiplier),
        }
        positions.append({"contract": "options", "size": "1"})
    return {
        "as_of": AS_OF.isoformat(),
        "portfolios": {"own": {}},
        "products": {"own": {"portfolio": "own"}},
        "underlyings": {"underlying": {"product": "own", "range": named, "leverage": str(leverage)}},
        "contracts": contracts,
        "accounts": [{"account": "case", "positions": positions}],
    }


def priced(case: Json) -> Json | None:
    """The case for `occ-tims/priced`: each option at the volatility that its price implies.

    Days to expiry and the rate are those that the case infers. None where it has no options, or where the price of the
    underlying is not stated: the price of an index is inferred, and its dividends are unknown.
    """
    inputs = case["inputs"]
    life = re.search(r"T=(\d+)/365", inputs.get("implied_valuation", ""))
    rate = re.search(r"r=([\d.]+)%", inputs.get("implied_valuation", ""))
    document = snapshot({ARRAY: {"moves": [], "pl": []}, **case})
    if life is None or rate is None or document is None or inputs["underlying_price_note"] != "stated":
        return None
    spot, years, yearly = float(inputs["underlying_price"]), int(life[1]) / 365, float(rate[1]) / 100
    document["underlyings"]["underlying"] |= {"price": str(inputs["underlying_price"]), "rate": str(yearly)}
    document["contracts"].pop("options", None)
    positions = document["accounts"][0]["positions"]
    positions[:] = [position for position in positions if position["contract"] != "options"]
    for number, leg in enumerate(leg for leg in inputs["legs"] if leg["type"] == "option"):
        volatility = _implied(leg["right"], float(leg["price"]), spot, float(leg["strike"]), years, yearly)
        document["contracts"][f"option {number}"] = {
            "underlying": "underlying",
            "kind": "option",
            "right": leg["right"],
            "exercise": "american",
            "multiplier": str(inputs["multiplier"]),
            "strike": str(leg["strike"]),
            "volatility": f"{volatility:.6f}",
            "expiry": (AS_OF + datetime.timedelta(days=int(life[1]))).isoformat(),
        }
        positions.append({"contract": f"option {number}", "size": str(leg["qty"])})
    return document


def _implied(right: str, price: float, spot: float, strike: float, years: float, rate: float) -> float:
    """The volatility at which an option is worth its price, by halving."""
    low, high = 1e-4, 5.0
    for _ in range(60):
        middle = (low + high) / 2
        deviation = middle * math.sqrt(years)
        d1 = (math.log(spot / strike) + rate * years) / deviation + deviation / 2
        present = strike * math.exp(-rate * years)
        call = spot * CDF(d1) - present * CDF(d1 - deviation)
        worth = call if right == "call" else call - spot + present
        low, high = (middle, high) if worth < price else (low, middle)
    return (low + high) / 2


def expected(case: Json) -> dict[str, Decimal]:
    """The margin of the case, by the name the rulebook gives it."""
    return {"margin": _number(case["expected"]["portfolio_margin"])}


def within(case: Json, name: str) -> Decimal:
    """How far a margin may lie from its figure: not at all where no option is held."""
    has_options = any(leg["type"] == "option" for leg in case["inputs"]["legs"])
    return INFERRED * expected(case)[name] if has_options else Decimal(0)


def _range(ends: list[object]) -> tuple[str, Decimal]:
    """The range of the rules that ends there, and how many times wider a leveraged fund is moved."""
    low, high = map(_number, ends)
    fitting = [(name, high / up) for name, (down, up) in RANGES.items() if low * up == -high * down]
    if not fitting:
        raise ValueError(f"no range of the rules ends at {low} and {high}")
    return min(fitting, key=lambda one: len(str(one[1])))


def _number(value: object) -> Decimal:
    return Decimal(str(value))


def _profit(case: Json, others: list[Json], multiplier: int) -> dict[str, str]:
    low, high = map(_number, case["inputs"]["move_range"])
    made = {}
    for move, total in zip(case[ARRAY]["moves"], case[ARRAY]["pl"], strict=True):
        linear = sum(
            leg["qty"] * _number(leg["price"]) * (1 if leg["type"] == "stock" else multiplier) * _number(move)
            for leg in others
        )
        end, side = (high, "up") if move > 0 else (-low, "down")
        made[f"{side}_{round(abs(_number(move)) * FIFTHS / end)}"] = str(_number(total) - linear)
    return made
