"""Recorded Aave v3 cases as snapshots: reserves of an account, a cap, or the debt against an isolated asset."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

Json = dict[str, Any]

BASIS_POINTS = 10_000
NO_DEBT = "-1"
"""What the protocol's library gives as the health factor of an account without debt; none in the rules."""
NAMES = {
    "total_collateral": ("collateral", 1),
    "total_debt": ("debt", 1),
    "ltv_bps": ("average_ltv", BASIS_POINTS),
    "lt_bps": ("average_threshold", BASIS_POINTS),
    "health_factor": ("health_factor", 1),
    "available_borrows": ("available_borrows", 1),
    "allowed": ("within_cap", 1),
}
"""What a case calls a figure, and the rules; how many of the case's units are one of theirs."""


def snapshot(case: Json) -> Json:
    """The case as a snapshot. Base units of its market's currency are dollars; nothing else of a case is left out."""
    inputs = case["inputs"]
    if "reserves" in inputs:
        return _reserves(inputs)
    if "cap_whole_tokens" in inputs:
        return _cap(inputs)
    if "isolation_total_debt_before" in inputs:
        return _isolation(inputs)
    return _balances(inputs)


def expected(case: Json) -> dict[str, Decimal | bool | None]:
    """The figures that the case states, under the names of the rules and in their units."""
    figures: dict[str, Decimal | bool | None] = {}
    for name, stated in case["expected"].items():
        if name == "isolation_total_debt":
            figures["isolated_debt_after"] = _units(stated, case["inputs"]["decimals"])
        elif isinstance(stated, bool):
            figures[NAMES[name][0]] = stated
        elif name == "health_factor" and str(stated).split(" ")[0] == NO_DEBT:
            figures[name] = None
        else:
            figures[NAMES[name][0]] = Decimal(stated) / NAMES[name][1]
    return figures


def within(case: Json, _: str) -> Decimal:
    """How far a value may lie from its figure: what the case says, else not at all."""
    return Decimal(case.get("tolerance_abs", 0))


def _reserves(inputs: Json) -> Json:
    assets: Json = {}
    members: Json = {}
    categories: Json = {}
    balances: list[Json] = []
    for number, reserve in enumerate(inputs["reserves"]):
        asset = f"reserve {number}"
        assets[asset] = {
            "price": str(reserve["price_in_base"]),
            "ltv": _share(reserve["ltv"]),
            "threshold": _share(reserve["lt"]),
            "debt_ceiling": str(reserve.get("debt_ceiling", 0)),
            "isolated_debt": str(reserve.get("isolation_mode_total_debt", 0)),
        }
        for category, terms in reserve.get("emodes", {}).items():
            own = {"ltv": _share(terms["ltv"]), "threshold": _share(terms["lt"])}
            assert categories.setdefault(category, own) == own, f"category {category} has two terms"
            members[f"{category} of {asset}"] = {"emode": category, "asset": asset}
        balances.append(
            {
                "asset": asset,
                "supplied": str(reserve.get("supplied", 0)),
                "borrowed": str(reserve.get("borrowed", 0)),
                "enabled": reserve.get("collateral", True),
            }
        )
    chosen = str(inputs.get("user_emode", 0))
    if chosen != "0":  # what no reserve is in changes nothing, and is a category all the same
        categories.setdefault(chosen, {"ltv": "0", "threshold": "0"})
    account = {"emode": None if chosen == "0" else chosen, "balances": balances}
    return _document(assets, account, emodes=categories, emode_members=members)


def _balances(inputs: Json) -> Json:
    """Totals in base units: one asset that is collateral, and one that is owed."""
    collateral = {
        "price": "1",
        "ltv": _share(inputs.get("ltv_bps", 0)),
        "threshold": _share(inputs.get("liquidation_threshold_bps", BASIS_POINTS)),
    }
    balances = [
        {"asset": "collateral", "supplied": str(inputs["collateral_base"])},
        {"asset": "debt", "borrowed": str(inputs["debt_base"])},
    ]
    return _document({"collateral": collateral, "debt": {"price": "1"}}, {"balances": balances})


def _cap(inputs: Json) -> Json:
    side = inputs["kind"]
    total = {"supply": "supplied_total", "borrow": "borrowed_total"}[side]
    asset = {f"{side}_cap": str(inputs["cap_whole_tokens"]), total: str(inputs["total_before"])}
    request = {"side": side, "asset": "asset", "amount": str(inputs["amount"])}
    return _document({"asset": asset}, {"requests": [request]})


def _isolation(inputs: Json) -> Json:
    before = _units(inputs["isolation_total_debt_before"], inputs["decimals"])
    isolated = {"debt_ceiling": str(before + Decimal(inputs["borrow_amount"])), "isolated_debt": str(before)}
    balances = [{"asset": "isolated", "supplied": "1"}]
    request = {"side": "borrow", "asset": "borrowed", "amount": str(inputs["borrow_amount"])}
    return _document({"isolated": isolated, "borrowed": {}}, {"balances": balances, "requests": [request]})


def _document(assets: Json, account: Json, **others: Json) -> Json:
    return {"as_of": "2026-01-01", "assets": assets, **others, "accounts": [{"account": "case", **account}]}


def _share(basis_points: str | int | Decimal) -> str:
    return str(Decimal(basis_points) / BASIS_POINTS)


def _units(number: str | int, decimals: int) -> Decimal:
    return Decimal(number).scaleb(-decimals)
