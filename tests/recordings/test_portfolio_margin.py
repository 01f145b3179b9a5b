"""Portfolio margin at its edges, and a price move written out. What the venue answered is in test_compared.py."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import marginc


def test_debt_alone_is_liquidatable_and_an_empty_account_is_healthy() -> None:
    snapshot = {
        "as_of": "2026-09-08T00:00:00Z",
        "assets": {"USDC": {"price": "1"}},
        "accounts": [
            {"account": "debt", "mode": "portfolio", "balances": [{"asset": "USDC", "amount": "-100"}]},
            {"account": "empty", "mode": "portfolio"},
        ],
    }
    debt, empty = marginc.compile("hyperliquid/portfolio-margin").evaluate(snapshot)
    assert (debt.status, debt.errors) == ("liquidatable", ())
    assert (empty.status, empty.errors) == ("healthy", ())


def test_a_price_shock_moves_equity_by_the_position(accounts: dict[str, Any]) -> None:
    """ZEC 6.24 at 1,123.5 loses 70 %: 7,010.64 x 0.7 = 4,907.448 less equity (ZEC is no collateral)."""
    recorded = accounts["pm-borrow-hype-2026-09-08"]
    before, after = recorded.verdict(), recorded.verdict("ZEC -70%")
    assert before.outputs["equity"] - after.outputs["equity"] == Fraction("4907.448")
    assert after.status == "liquidatable"
