"""The example portfolios: their prices are those they say, and the own money they need is enough, to the dollar."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest

import marginc
from marginc.tests.packs.portfolios import PORTFOLIOS, compiled, own_money

Json = dict[str, Any]

EXAMPLES = Path(marginc.__file__).parent / "examples" / "portfolios"
BY_EQUITY = ("call-money-1929", "regulation-t", "finra-4210", "occ-tims", "cme-span")
"""Regimes that ask whether an account is worth enough; the others ask what of it backs what."""
HELD = sorted(path for path in EXAMPLES.glob("*/*.json") if path.stem in BY_EQUITY)

RATE, VOLATILITY, YEARS = 0.04, 0.25, 108 / 365
SCAN, POINTS = 8_000, 0.04
CENT = 0.006
CDF = NormalDist().cdf


def test_every_snapshot_is_of_a_regime_and_a_portfolio() -> None:
    found = {path.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*.json")}
    assert {path.parent.name for path in found} == set(PORTFOLIOS)
    assert {path.stem for path in found} == {path.stem for path in EXAMPLES.glob("*.yaml")}


def call(forward: float, strike: float, volatility: float) -> float:
    """Black's price of a call on a forward or a future."""
    deviation = volatility * math.sqrt(YEARS)
    d1 = math.log(forward / strike) / deviation + deviation / 2
    return math.exp(-RATE * YEARS) * (forward * CDF(d1) - strike * CDF(d1 - deviation))


@pytest.mark.parametrize("portfolio", ["cash-and-carry", "delta-hedged-options"])
def test_options_on_shares_have_their_price(portfolio: str) -> None:
    (account,) = json.loads((EXAMPLES / portfolio / "regulation-t.json").read_text("utf-8"))["accounts"]
    forward = 100 * math.exp(RATE * YEARS)
    for leg in account["legs"]:
        if "right" in leg:
            strike = float(leg["strike"])
            parity = math.exp(-RATE * YEARS) * (forward - strike) if leg["right"] == "put" else 0
            assert float(leg["price"]) == pytest.approx(call(forward, strike, VOLATILITY) - parity, abs=CENT)


def test_the_array_of_the_option_on_a_future_is_what_it_loses() -> None:
    document = json.loads((EXAMPLES / "delta-hedged-options" / "cme-span.json").read_text("utf-8"))
    option = document["contracts"]["X call 102"]
    now = call(100_000, 102_000, VOLATILITY)
    assert float(option["value"]) == pytest.approx(now, abs=CENT)
    ways = [
        (third * side / 3, vol) for third in (0, 1, 2, 3) for side in ((1, -1) if third else (1,)) for vol in (1, -1)
    ]
    losses = [now - call(100_000 + SCAN * move, 102_000, VOLATILITY + POINTS * vol) for move, vol in ways]
    losses += [0.35 * (now - call(100_000 + 2 * SCAN * side, 102_000, VOLATILITY)) for side in (1, -1)]
    assert [float(option["risk_array"][str(n)]) for n in range(1, 17)] == pytest.approx(losses, abs=CENT)


def with_money(regime: str, document: Json, money: Decimal) -> Json:
    """The portfolio in an account that is worth this much with everything in it."""
    (account,) = document["accounts"]
    if regime in ("occ-tims", "cme-span"):
        positions = account["positions"] if regime == "cme-span" else []
        options = sum(
            Decimal(document["contracts"][p["contract"]].get("value", 0)) * int(p["quantity"]) for p in positions
        )
        return {**document, "accounts": [{**account, "equity": str(money - options)}]}
    held = sum(Decimal(leg["quantity"]) * Decimal(leg["price"]) for leg in account["legs"])
    return {**document, "accounts": [{**account, "cash": str(money - held)}]}


@pytest.mark.parametrize("path", HELD, ids=[f"{path.parent.name}-{path.stem}" for path in HELD])
def test_own_money_is_enough_and_a_dollar_less_is_not(path: Path) -> None:
    regime = path.stem
    rulebook, document = compiled(EXAMPLES / f"{regime}.yaml"), json.loads(path.read_text("utf-8"))
    needed = own_money(rulebook, document)
    enough = Decimal(math.ceil(needed))
    statuses = [
        result.status
        for money in (enough, enough - 1 if needed == enough else enough - 2)
        for result in rulebook.evaluate(with_money(regime, document, money))
    ]
    assert statuses[0] in ("covered", "carried")
    assert statuses[1] in ("deposit", "margin_call")
