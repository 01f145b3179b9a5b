"""A thousand accounts with loans, alone and beside portfolio margin."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

import marginc

Json = dict[str, Any]


@pytest.fixture(scope="module")
def core() -> marginc.Rulebook:
    return marginc.compile("aave-v3/core")


def market(draw: random.Random) -> Json:
    """Six assets, two categories, and what is where."""
    assets = {}
    for name in "ABCDEF":
        threshold = draw.choice([0, 5000, 6500, 8250, 9000])
        assets[name] = {
            "price": str(Decimal(draw.randint(1, 400_000)) / 100),
            "ltv": str(Decimal(draw.randint(0, threshold)) / 10_000),
            "threshold": str(Decimal(threshold) / 10_000),
            "borrowable": draw.random() < 0.9,
            "borrowable_in_isolation": draw.random() < 0.5,
            "siloed": draw.random() < 0.2,
            "debt_ceiling": draw.choice(["0", "0", "100000"]),
            "isolated_debt": str(draw.randint(0, 120_000)),
            "supply_cap": draw.choice(["0", "500"]),
            "supplied_total": str(draw.randint(0, 600)),
            "borrow_cap": draw.choice(["0", "500"]),
            "borrowed_total": str(draw.randint(0, 600)),
        }
    terms = ({"ltv": "0.9", "threshold": "0.93"}, {"ltv": "0.95", "threshold": "0.97"})
    members = [{"emode": str(n), "asset": name, "collateral": draw.random() < 0.7} for n in (1, 2) for name in "ABCDEF"]
    return {
        "as_of": "2026-09-01",
        "assets": assets,
        "emodes": {"1": terms[0], "2": terms[1]},
        "emode_members": {str(n): member for n, member in enumerate(draw.sample(members, 6))},
    }


def loan(draw: random.Random, name: str) -> Json:
    balances = [
        {
            "asset": asset,
            "supplied": str(Decimal(draw.randint(0, 20_000)) / 100 if draw.random() < 0.6 else 0),
            "borrowed": str(Decimal(draw.randint(0, 5_000)) / 100 if draw.random() < 0.3 else 0),
            "enabled": draw.random() < 0.9,
        }
        for asset in draw.sample("ABCDEF", draw.randint(0, 4))
    ]
    requests = [
        {"side": side, "asset": asset, "amount": str(Decimal(draw.randint(1, 2_000)) / 100)}
        for asset in draw.sample("ABCDEF", 2)
        for side in ("supply", "borrow")
    ]
    return {"account": name, "emode": draw.choice([None, "1", "2"]), "balances": balances, "requests": requests}


def borrowed(account: Json, request: Json) -> Json:
    """The account after a loan."""
    balances = [dict(balance) for balance in account["balances"]]
    own = next((balance for balance in balances if balance["asset"] == request["asset"]), None)
    if own is None:
        own = {"asset": request["asset"]}
        balances.append(own)
    own["borrowed"] = str(Decimal(own.get("borrowed", "0")) + Decimal(request["amount"]))
    return {**account, "balances": balances, "requests": []}


def test_a_thousand_accounts_and_a_loan_that_is_allowed_leaves_an_account_healthy(core: marginc.Rulebook) -> None:
    draw = random.Random(4)
    seen: set[str] = set()
    reasons: set[object] = set()
    for _ in range(20):
        shared = market(draw)
        accounts = [loan(draw, str(number)) for number in range(50)]
        results = list(core.evaluate({**shared, "accounts": accounts}))
        assert [error for result in results for error in result.errors] == []
        later = []
        for account, result in zip(accounts, results, strict=True):
            seen.add(result.status or "")
            for request, row in zip(account["requests"], result.rows["requests"], strict=True):
                reasons.add(row.outputs["obstacle"])
                if request["side"] == "borrow" and row.outputs["allowed"]:
                    later.append(borrowed(account, request))
        assert later
        for number, account in enumerate(later):
            account["account"] = str(number)
        assert {result.status for result in core.evaluate({**shared, "accounts": later})} == {"healthy"}
    assert seen == {"fully_liquidatable", "liquidatable", "at_risk", "healthy"}
    assert reasons >= {None, "cap", "not_borrowable", "emode", "no_collateral", "health", "ltv", "siloed"}
    assert reasons >= {"not_borrowable_in_isolation", "debt_ceiling"}


def test_a_thousand_accounts_with_a_loan_beside_portfolio_margin() -> None:
    """The loan beside it changes no figure of portfolio margin, and portfolio margin none of the loan's."""
    draw = random.Random(5)
    beside = marginc.compile("hyperliquid/with-hyperevm-loan")
    alone, evm = marginc.compile("hyperliquid/portfolio-margin"), marginc.compile("aave-v3/core")
    here = {
        "as_of": "2026-09-01",
        "assets": {"USDC": {"price": "1"}, "HYPE": {"price": "40"}, "UBTC": {"price": "100000"}},
        "dexes": {"main": {"collateral": "USDC"}},
        "markets": {"SOL": {"dex": "main", "mark": "100", "margin_table": "54", "max_leverage": "20"}},
    }
    for _ in range(10):
        there = market(draw)
        loans = [loan(draw, str(number)) for number in range(100)]
        own = [margin_account(draw, str(number)) for number in range(100)]
        both = [{**a, **behind(b, "account")} for a, b in zip(own, loans, strict=True)]
        shared = {**here, **behind(there, "as_of"), "accounts": both}
        together = list(beside.evaluate(shared))
        assert [error for result in together for error in result.errors] == []
        for result, one, other in zip(
            together,
            alone.evaluate({**here, "accounts": own}),
            evm.evaluate({**there, "accounts": loans}),
            strict=True,
        ):
            assert result.outputs["margin_ratio"] == one.outputs["margin_ratio"]
            assert result.outputs["loan_health"] == other.outputs["health_factor"]
            assert one.status == "healthy" or result.status in (one.status, "loan_liquidatable")


def behind(document: Json, *plain: str) -> Json:
    """What a document says, behind the prefix of the import."""
    return {key if key in plain else f"evm.{key}": value for key, value in document.items() if key not in plain}


def margin_account(draw: random.Random, name: str) -> Json:
    balances = [
        {"asset": "USDC", "amount": str(draw.randint(-3_000, 5_000))},
        {"asset": "HYPE", "amount": str(draw.randint(0, 200))},
    ]
    size = draw.randint(-500, 500)
    cost = size * draw.randint(95, 105)
    position = {"market": "SOL", "size": str(size), "entry_value": str(cost), "leverage": "10", "margin": "cross"}
    return {"account": name, "mode": "portfolio", "balances": balances, "positions": [position] if size else []}
