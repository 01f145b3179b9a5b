"""The venue's own answers, from a recording whose answers were deleted before the import."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import marginc
import pytest
from marginc.importers import IMPORTERS
from marginc.program.number import Ratio
from marginc.runtime.results import Result

RECORDINGS = ("pm-borrow-hype-2026-09-08", "pm-collateral-hype-2026-09-14")
ANSWERS = {
    "portfolioMarginRatio", "crossMaintenanceMarginUsed", "tokenToAvailableAfterMaintenance", "marginUsed",
    "totalMarginUsed", "liquidationPx", "hold", "healthFactor", "health", "withdrawable",
}  # fmt: skip
WITHIN = Decimal("1e-8")


def without_answers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_answers(inner) for key, inner in value.items() if key not in ANSWERS}
    return [without_answers(inner) for inner in value] if isinstance(value, list) else value


def close(found: object, answer: str) -> bool:
    assert isinstance(found, Decimal | Ratio)
    exact = Ratio.of(found)
    wanted = Ratio.of(Decimal(answer))
    return abs(exact - wanted) <= abs(wanted) * WITHIN


@pytest.fixture(params=RECORDINGS)
def recording(request: pytest.FixtureRequest, shared: Path) -> tuple[dict[str, Any], Result]:
    document = json.loads((shared / "vectors" / "hyperliquid" / f"{request.param}.json").read_text())
    stripped = without_answers(copy.deepcopy(document))
    snapshot = IMPORTERS["hyperliquid"](stripped, f"{request.param}.json").snapshot
    (result,) = marginc.compile("hyperliquid/portfolio-margin").evaluate(snapshot)
    return document["responses"], result


def test_the_account_is_evaluated_without_error(recording: tuple[dict[str, Any], Result]) -> None:
    _, result = recording
    assert result.errors == ()
    assert result.status == "healthy"


def test_margin_ratio_is_the_venues(recording: tuple[dict[str, Any], Result]) -> None:
    answers, result = recording
    assert close(result.outputs["margin_ratio"], answers["spotClearinghouseState"]["portfolioMarginRatio"])


def test_maintenance_margin_is_the_venues(recording: tuple[dict[str, Any], Result]) -> None:
    answers, result = recording
    assert close(result.outputs["maintenance_margin"], answers["clearinghouseState"][""]["crossMaintenanceMarginUsed"])


def test_available_after_maintenance_is_the_venues(recording: tuple[dict[str, Any], Result]) -> None:
    answers, result = recording
    token, available = answers["spotClearinghouseState"]["tokenToAvailableAfterMaintenance"][0]
    assert token == 0
    assert close(result.outputs["available_after_maintenance"], available)


def test_every_position_has_the_venues_margin_and_liquidation_price(recording: tuple[dict[str, Any], Result]) -> None:
    answers, result = recording
    positions = {row.key["market"].key: row.outputs for row in result.rows["positions"]}  # type: ignore[union-attr]
    venue = [entry["position"] for entry in answers["clearinghouseState"][""]["assetPositions"]]
    assert len(positions) == len(venue) > 0
    for position in venue:
        ours = positions[position["coin"]]
        assert close(ours["margin_used"], position["marginUsed"]), position["coin"]
        if position["liquidationPx"] is None:
            assert ours["liquidation_price"] is None, position["coin"]
        else:
            assert close(ours["liquidation_price"], position["liquidationPx"]), position["coin"]


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


def test_a_price_shock_moves_equity_by_the_position(shared: Path) -> None:
    """ZEC 6.24 at 1,123.5 loses 70 %: 7,010.64 x 0.7 = 4,907.448 less equity (ZEC is no collateral)."""
    document = json.loads((shared / "vectors" / "hyperliquid" / f"{RECORDINGS[0]}.json").read_text())
    snapshot = IMPORTERS["hyperliquid"](document, "recording.json").snapshot
    rulebook = marginc.compile("hyperliquid/portfolio-margin")
    (before,) = rulebook.evaluate(snapshot)
    (after,) = rulebook.evaluate(snapshot, shock="ZEC -70%")
    equity = before.outputs["equity"], after.outputs["equity"]
    assert isinstance(equity[0], Decimal)
    assert isinstance(equity[1], Decimal)
    assert equity[0] - equity[1] == Decimal("4907.448")
    assert after.status == "liquidatable"
