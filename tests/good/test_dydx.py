"""Subaccounts of perpetuals and their updates, against the numbers of the venue's own tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.number import Ratio
from marginc.runtime.results import Result

RULEBOOK = Path(__file__).with_name("dydx-v4.yaml")
CASES = RULEBOOK.parent / "cases" / RULEBOOK.name
VECTORS = "dydx-v4.json"
Json = Any
RunCli = Callable[..., Any]

QUOTE = -6
"""The exponent of a quote quantum, in USDC."""
PPM = -6


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        path = metafunc.config.getoption("--vectors") / "vectors" / VECTORS
        cases = json.loads(path.read_text("utf-8"))["cases"] if path.is_file() else []
        metafunc.parametrize("case", cases, ids=[f"{case['group']}-{case['id']}" for case in cases])


# --- the venue's integers, as numbers with their point -----------------------------------------------------------


def scaled(integer: int, exponent: int) -> str:
    return f"{integer}e{exponent}"


def value(integer: int, exponent: int) -> Fraction:
    return Fraction(scaled(integer, exponent))


def tier(of: Json) -> Json:
    given = {
        "initial_fraction": scaled(of.get("InitialMarginPpm", 1_000_000), PPM),
        "maintenance_share": scaled(of.get("MaintenanceFractionPpm", 1_000_000), PPM),
    }
    for name, field in (("lower_cap", "OpenInterestLowerCap"), ("upper_cap", "OpenInterestUpperCap")):
        if of.get(field):
            given[name] = scaled(of[field], QUOTE)
    return given


def market(of: Json) -> Json:
    resolution = of["atomic_resolution"]
    return {
        **tier(of.get("liquidity_tier", {})),
        "price": scaled(of["price"], of["price_exponent"]),
        "open_interest": scaled(of.get("open_interest_base_quantums", 0), resolution),
        "funding_index": funding_index(of.get("funding_index", 0), resolution),
        "isolated": of.get("market_type", "").endswith("_ISOLATED"),
    }


def funding_index(index: int, resolution: int) -> str:
    """Parts in a million of a quote quantum for a base quantum, as USDC for a unit."""
    return scaled(index, PPM + QUOTE - resolution)


# --- accounts ----------------------------------------------------------------------------------------------------


def asset(of: Json) -> str:
    return "USDC" if of["AssetId"] == 0 else f"asset{of['AssetId']}"


def subaccount(name: str, positions: Json, balances: Json, trades: Json, transfers: Json, resolutions: Json) -> Json:
    return {
        "account": name,
        "balances": [{"asset": asset(b), "amount": scaled(b["Quantums"], QUOTE)} for b in balances],
        "transfers": [{"asset": asset(t), "amount": scaled(t["BigQuantumsDelta"], QUOTE)} for t in transfers],
        "positions": [
            {
                "market": str(p["PerpetualId"]),
                "size": scaled(p["Quantums"], resolutions.get(p["PerpetualId"], 0)),
                "quote": scaled(p["QuoteBalance"], QUOTE),
                "funding_index": funding_index(p["FundingIndex"], resolutions.get(p["PerpetualId"], 0)),
            }
            for p in positions
        ],
        "trades": [
            {
                "market": str(t["PerpetualId"]),
                "size": scaled(t["BigQuantumsDelta"], resolutions.get(t["PerpetualId"], 0)),
                "quote": scaled(t.get("BigQuoteBalanceDelta", 0), QUOTE),
            }
            for t in trades
        ],
    }


def whole_account(case: Json) -> Json:
    inputs = case["inputs"]
    resolutions = {p["id"]: p["atomic_resolution"] for p in inputs["perpetuals"]}
    trades = inputs.get("perpetual_updates", [])
    if "delta_base_quantums" in inputs:
        trades = [{"PerpetualId": inputs["liquidated_perpetual_id"], "BigQuantumsDelta": inputs["delta_base_quantums"]}]
    transfers = inputs.get("asset_updates", [])
    account = subaccount(
        case["id"], inputs["perpetual_positions"], inputs["asset_positions"], trades, transfers, resolutions
    )
    return document({str(p["id"]): market(p) for p in inputs["perpetuals"]}, account)


def updates(case: Json) -> Json:
    """An account for each update: the venue considers each by itself."""
    inputs = case["inputs"]
    resolutions = {p["id"]: p["atomic_resolution"] for p in inputs["perpetuals"]}
    accounts = []
    for place, update in enumerate(inputs["updates"]):
        held = inputs["accounts"][update["account"]]
        trades, transfers = update["PerpetualUpdates"], update["AssetUpdates"]
        account = subaccount(
            f"{place}", held["PerpetualPositions"], held["AssetPositions"], trades, transfers, resolutions
        )
        if inputs["update_type"] == "Match":
            other = inputs["accounts"][next(u["account"] for n, u in enumerate(inputs["updates"]) if n != place)]
            sizes = {p["PerpetualId"]: p["Quantums"] for p in other["PerpetualPositions"]}
            for row, trade in zip(account["trades"], trades, strict=True):
                perpetual = trade["PerpetualId"]
                row |= {"matched": True, "other_size": scaled(sizes.get(perpetual, 0), resolutions[perpetual])}
        accounts.append(account)
    return document({str(p["id"]): market(p) for p in inputs["perpetuals"]}, *accounts)


def document(markets: Json, *accounts: Json) -> Json:
    assets = {row["asset"] for account in accounts for row in (*account["balances"], *account["transfers"])}
    return {
        "as_of": "2025-01-01",
        "assets": {name: {} for name in sorted(assets)},
        "markets": markets,
        "accounts": list(accounts),
    }


def one_position(case: Json, row: Json, size: str, index: str = "0") -> Json:
    account = {"account": case["id"], "positions": [{"market": "0", "size": size, "funding_index": index}]}
    return document({"0": row}, {"balances": [], "transfers": [], **account})


def by_notional(case: Json) -> Json:
    """A tier alone: one unit is one dollar."""
    inputs = case["inputs"]
    row = {**tier(inputs.get("liquidity_tier", {})), "price": "1"}
    row["open_interest"] = scaled(inputs["open_interest_quote_quantums"], QUOTE)
    return one_position(case, row, scaled(inputs.get("position_quote_quantums", 0), QUOTE))


def tier_fractions(case: Json) -> Json:
    inputs = case["inputs"]
    row = {"price": "1"}
    row["initial_fraction"] = scaled(inputs["initialMarginPpm"], PPM)
    row["maintenance_share"] = scaled(inputs["maintenanceFractionPpm"], PPM)
    if "clampFactorPpm" in inputs:
        row["funding_clamp_factor"] = scaled(inputs["clampFactorPpm"], PPM)
    return one_position(case, row, "0")


def by_position(case: Json) -> Json:
    inputs = case["inputs"]
    return one_position(case, market(inputs), scaled(inputs["position_base_quantums"], inputs["atomic_resolution"]))


def by_funding(case: Json) -> Json:
    """Funding needs no price; the resolution cancels."""
    inputs = case["inputs"]
    row = market(
        {"atomic_resolution": 0, "price": 0, "price_exponent": 0, "funding_index": inputs["perp_funding_index"]}
    )
    index = funding_index(inputs["position_funding_index"], 0)
    return one_position(case, row, str(inputs["position_base_quantums"]), index)


def by_risk(case: Json) -> Json:
    """Collateral and requirements given, no positions: an account that has them.

    A dollar of `both` needs a dollar of initial and of maintenance margin, one of `initial` of the first alone.
    """
    inputs = case["inputs"]
    before = inputs.get("current") or inputs.get("b") or inputs
    after = inputs.get("new") or inputs.get("a") or inputs
    held, left = parts(before), parts(after)
    account = {
        "account": case["id"],
        "balances": [{"asset": "USDC", "amount": scaled(held["cash"], QUOTE)}],
        "positions": [{"market": name, "size": scaled(held[name], QUOTE)} for name in ("both", "initial")],
        "transfers": [{"asset": "USDC", "amount": scaled(left["cash"] - held["cash"], QUOTE)}],
        "trades": [{"market": name, "size": scaled(left[name] - held[name], QUOTE)} for name in ("both", "initial")],
    }
    full = {"price": "1", "initial_fraction": "1"}
    return document(
        {"both": {**full, "maintenance_share": "1"}, "initial": {**full, "maintenance_share": "0"}}, account
    )


def parts(risk: Json) -> dict[str, int]:
    both = risk.get("MMR", risk.get("IMR"))
    initial = risk.get("IMR", both) - both
    return {"both": both, "initial": initial, "cash": risk["NC"] - both - initial}


SNAPSHOTS: dict[str, Callable[[Json], Json]] = {
    "initial_margin_from_notional": by_notional,
    "oi_scaled_imf_ppm": by_notional,
    "maintenance_margin_ppm": tier_fractions,
    "funding_clamp_ppm": tier_fractions,
    "position_margin": by_position,
    "net_notional": by_position,
    "funding_settlement_ppm": by_funding,
    "is_initial_collateralized": by_risk,
    "is_maintenance_collateralized": by_risk,
    "is_liquidatable": by_risk,
    "risk_compare": by_risk,
    "undercollateralized_transition": by_risk,
    "account_risk": whole_account,
    "account_is_liquidatable": whole_account,
    "bankruptcy_price": whole_account,
    "can_update": updates,
}

NAMES = {
    "initial_margin_quote_quantums": ("initial_margin", QUOTE),
    "imf_ppm": ("exposures.initial_fraction", PPM),
    "maintenance_margin_ppm": ("exposures.maintenance_fraction", PPM),
    "funding_clamp_ppm": ("exposures.funding_clamp", PPM),
    "imr": ("initial_margin", QUOTE),
    "mmr": ("maintenance_margin", QUOTE),
    "net_notional": ("exposures.net_notional", QUOTE),
    "net_settlement_ppm": ("positions.settlement", PPM + QUOTE),
    "is_initial_collateralized": ("initial_collateralized", 0),
    "is_maintenance_collateralized": ("maintenance_collateralized", 0),
    "is_liquidatable": ("liquidatable", 0),
    "cmp": ("riskier", 0),
    "result": ("transition", 0),
    "NC": ("net_collateral", QUOTE),
    "IMR": ("initial_margin", QUOTE),
    "MMR": ("maintenance_margin", QUOTE),
    "bankruptcy_price_quote_quantums": ("bankruptcy_quote", QUOTE),
}
"""What the format calls an answer: its output, and the exponent of the venue's integer."""


def snapshot(case: Json) -> Json:
    return SNAPSHOTS[case["group"]](case)


def label(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def expected(case: Json) -> list[Json]:
    """For each account of the snapshot its outputs by name, or the code of its `error`."""
    wanted = case["expected"]
    if "per_update" in wanted:
        return [{"update": label(result)} for result in wanted["per_update"]]
    if "error" in wanted:
        return [{"error": "MC503" if wanted["error"].endswith("DoesNotExist") else "MC502"}]
    told: Json = {}
    for name, answer in wanted.items():
        output, exponent = NAMES[name]
        if isinstance(answer, str):
            told[output] = label(answer)
        else:
            told[output] = answer if isinstance(answer, bool) else value(answer, exponent)
    return [told]


def read(result: Result, name: str) -> object:
    collection, _, output = name.rpartition(".")
    found = result.rows[collection][0].outputs[output] if collection else result.outputs[name]
    if isinstance(found, Decimal):
        return Fraction(found)
    return Fraction(found.numerator, found.denominator) if isinstance(found, Ratio) else found


@pytest.fixture(scope="module")
def rulebook() -> marginc.Rulebook:
    return marginc.compile(RULEBOOK)


def test_cases_with_their_arithmetic(run_cli: RunCli) -> None:
    done = run_cli("test", CASES)
    assert done.returncode == 0, done.stderr


def test_the_venues_own_answer(rulebook: marginc.Rulebook, case: Json) -> None:
    results = list(rulebook.evaluate(snapshot(case)))
    for result, wanted in zip(results, expected(case), strict=True):
        if "error" in wanted:
            assert {error.code for error in result.errors} == {wanted["error"]}
            assert result.status is None
            continue
        assert result.errors == ()
        assert {name: read(result, name) for name in wanted} == wanted
    if "success" in case["expected"]:
        assert all(result.outputs["update"] == "success" for result in results) == case["expected"]["success"]
