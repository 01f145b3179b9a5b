"""Recorded SPAN cases as snapshots: arrays of P/L, outright rates with a spread, or a scan risk as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
Expected = dict[str, Decimal | str]

SCENARIOS = [str(n) for n in range(1, 17)]
WHOLE = Decimal("0.5")
"""A source that prints whole currency units has rounded away at most this."""


def snapshot(case: Json) -> Json | None:
    """The case as a snapshot; None where its source states results without inputs."""
    read = _form(case["inputs"])
    return {"as_of": "2026-01-01", **read(case["inputs"])} if read else None


def expected(case: Json) -> Expected:
    """The figures of the case by the output of `cme_span.yaml` that has to give them.

    What another party charged (`broker`) is no result of the inputs.
    """
    figures: Expected = {}
    for name, value in case["expected"].items():
        if name == "array":
            figures |= {f"array_{n}": _number(pl) for n, pl in zip(SCENARIOS, value, strict=True)}
        elif name == "worst_scenario":
            figures["worst"] = str(value)
        elif not isinstance(value, Mapping):
            figures[name] = _number(value)
    return figures


def within(case: Json, _: str) -> Decimal:
    """How far a result may lie from its figure: not at all, unless the source prints rounded amounts."""
    return WHOLE if "scan_risk" in case["inputs"] else Decimal(0)


def _form(inputs: Json) -> Callable[[Json], Json] | None:
    if "pl_arrays" in inputs:
        return _arrays
    if "credit_rate" in inputs:
        return _inter_spread
    if "intra_charge" in inputs:
        return _intra_spread
    return _totals if "scan_risk" in inputs else None


def _arrays(inputs: Json) -> Json:
    """P/L of one long contract by scenario: a loss is positive in a risk array, and negative here."""
    contracts = {
        name: {"tier": "all", "kind": _kind(name), "risk_array": _array(array)}
        for name, array in inputs["pl_arrays"].items()
    }
    commodity = {
        field: str(inputs[given])
        for field, given in (
            ("scan_range", "psr_usd"),
            ("extreme_move", "extreme_multiple"),
            ("extreme_cover", "extreme_cover"),
        )
        if given in inputs
    }
    return {
        "commodities": {"underlying": commodity},
        "tiers": {"all": {"commodity": "underlying"}},
        "contracts": contracts,
        "accounts": [_account({p["instrument"]: p["qty"] for p in inputs["positions"]})],
    }


def _inter_spread(inputs: Json) -> Json:
    """Futures of several products at their outright rates, and the one spread that pairs them."""
    legs = inputs["legs"]
    return {
        "commodities": {leg["product"]: {} for leg in legs},
        "tiers": {leg["product"]: {"commodity": leg["product"]} for leg in legs},
        "contracts": {leg["product"]: _future(leg["product"], leg["outright"]) for leg in legs},
        "inter_spreads": {"spread": {"credit": str(inputs["credit_rate"])}},
        "inter_legs": {
            leg["product"]: {
                "spread": "spread",
                "commodity": leg["product"],
                "side": leg["side"].lower(),
                "ratio": str(ratio),
            }
            for leg, ratio in zip(legs, inputs["ratio"], strict=True)
        },
        "accounts": [_account({leg["product"]: leg["qty"] for leg in legs})],
    }


def _intra_spread(inputs: Json) -> Json:
    """Futures of several months at their outright rates, and the one spread that pairs them, one for one."""
    legs = {str(leg["month"]): leg for leg in inputs["legs"]}
    sides = {month: leg.get("side", "A" if leg["qty"] > 0 else "B").lower() for month, leg in legs.items()}
    ratios = inputs.get("ratio", [1] * len(legs))
    return {
        "commodities": {"underlying": {}},
        "tiers": {month: {"commodity": "underlying"} for month in legs},
        "contracts": {month: _future(month, leg["outright"]) for month, leg in legs.items()},
        "intra_spreads": {"spread": {"commodity": "underlying", "charge": str(inputs["intra_charge"])}},
        "intra_legs": {
            month: {"spread": "spread", "tier": month, "side": sides[month], "ratio": str(ratio)}
            for month, ratio in zip(legs, ratios, strict=True)
        },
        "accounts": [_account({month: leg["qty"] for month, leg in legs.items()})],
    }


def _totals(inputs: Json) -> Json:
    """The whole position as one contract that loses its scan risk in every scenario."""
    units, value = inputs["units"], _number(inputs["net_option_value"])
    sign = 1 if units > 0 else -1
    notional = abs(units) * _number(inputs["spot"])
    contract = {
        "tier": "all",
        "kind": "call" if value else "future",
        "value": str(value * sign),
        "price": str(notional),
        "risk_array": dict.fromkeys(SCENARIOS, str(_number(inputs["scan_risk"]) * sign)),
    }
    commodity = {
        "spot": str(notional),
        "exposure_share": str(inputs["elm_rate"]),
        "short_option_charge": str(inputs["som"]),
    }
    return {
        "commodities": {"underlying": commodity},
        "tiers": {"all": {"commodity": "underlying"}},
        "contracts": {"position": contract},
        "accounts": [_account({"position": sign})],
    }


def _future(tier: str, outright: object) -> Json:
    return {"tier": tier, "kind": "future", "scan_range": str(outright)}


def _array(profits: list[object]) -> dict[str, str]:
    return {n: str(-_number(profit)) for n, profit in zip(SCENARIOS, profits, strict=True)}


def _kind(name: str) -> str:
    return next((kind for kind in ("call", "put") if kind in name.lower()), "future")


def _account(quantities: dict[str, int]) -> Json:
    positions = [{"contract": contract, "quantity": str(n)} for contract, n in quantities.items()]
    return {"account": "case", "positions": positions}


def _number(value: object) -> Decimal:
    return Decimal(str(value))
