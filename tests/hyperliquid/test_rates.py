"""Rates of the reserves, by the year, as the venue prints them: ten digits."""

from __future__ import annotations

import json
import shutil
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

import marginc
from marginc.program.number import Ratio, result_text

RULES = Path(__file__).resolve().parents[2] / "rules" / "hyperliquid"
BY_THE_YEAR = """\
rulebook: rates
language: 1
extends: portfolio-margin.yaml
formulas:
  balance:
    pays: asset.borrow_rate * 365 * 24 * 1h
    earns: asset.supply_rate * 365 * 24 * 1h
outputs: [balance.pays, balance.earns]
"""


@pytest.fixture(scope="module")
def rulebook(tmp_path_factory: pytest.TempPathFactory) -> marginc.Rulebook:
    folder = tmp_path_factory.mktemp("rules")
    for name in ("base.yaml", "portfolio-margin.yaml"):
        shutil.copy(RULES / name, folder)
    (folder / "rates.yaml").write_text(BY_THE_YEAR, "utf-8")
    return marginc.compile(folder / "rates.yaml")


def rates(rulebook: marginc.Rulebook, utilization: str) -> tuple[Decimal, Decimal]:
    """What borrowers pay and suppliers earn in a year, as shares."""
    snapshot = {
        "as_of": "2026-09-08",
        "assets": {"USDC": {"price": "1", "utilization": utilization}},
        "accounts": [{"account": "a", "mode": "portfolio", "balances": [{"asset": "USDC", "amount": "1"}]}],
    }
    (result,) = rulebook.evaluate(snapshot)
    assert not result.errors
    (row,) = result.rows["balances"]
    return exact(row.outputs["pays"]), exact(row.outputs["earns"])


def exact(value: object) -> Decimal:
    """A rate of the recorded reserves ends after few digits, though it was divided by the year and multiplied again."""
    assert isinstance(value, Decimal | Ratio)
    return Decimal(result_text(value))


@pytest.mark.parametrize(
    ("utilization", "rate"),
    [("0", "0.05"), ("0.8", "0.05"), ("0.9", "0.525"), ("0.95", "0.7625"), ("1", "1")],
)
def test_borrowers_pay_five_per_cent_up_to_the_kink(rulebook: marginc.Rulebook, utilization: str, rate: str) -> None:
    """5 % + 475 % x (utilization - 80 %)."""
    assert rates(rulebook, utilization)[0] == Decimal(rate)


def test_suppliers_earn_what_the_venue_prints(rulebook: marginc.Rulebook, shared: Path) -> None:
    """Each recorded reserve: the borrow rate, and the supply rate to its tenth digit."""
    recording = shared / "vectors" / "hyperliquid" / "pm-borrow-hype-2026-09-08.json"
    reserves = json.loads(recording.read_text("utf-8"))["responses"]["allBorrowLendReserveStates"]
    printed = [state for _, state in reserves if "supplyYearlyRate" in state]
    assert {state["supplyYearlyRate"] for state in printed} >= {"0.0184244474", "0.0049673251"}
    for state in printed:
        pays, earns = rates(rulebook, state["utilization"])
        assert pays == Decimal(state["borrowYearlyRate"])
        assert earns.quantize(Decimal("1e-10"), ROUND_HALF_UP) == Decimal(state["supplyYearlyRate"])
