"""`marginc import` warns where the venue's loan-to-value ratios are not those of the shipped rulebook at that date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.importers import IMPORTERS, RULEBOOKS

Json = Any
"""A recording is edited by these tests as people edit JSON."""


def recording(captured_at: str, hype: str, ubtc: str) -> Json:
    """A portfolio-margin account with cash alone, beside the ratios that the venue answers."""
    balances = [
        {"coin": "USDC", "token": 0, "total": "10", "ltv": "0.0"},
        {"coin": "HYPE", "token": 150, "total": "0.0", "ltv": hype},
        {"coin": "UBTC", "token": 197, "total": "0.0", "ltv": ubtc},
    ]
    return {
        "captured_at": captured_at,
        "responses": {
            "userAbstraction": "portfolioMargin",
            "spotClearinghouseState": {"balances": balances},
            "clearinghouseState": {"": {"assetPositions": []}},
        },
    }


@pytest.mark.parametrize(
    ("captured_at", "hype", "ubtc", "drifted"),
    [
        ("2026-07-18", "0.5", "0.5", []),  # as recorded that day, and as announced for alpha
        ("2026-07-18", "0.65", "0.5", [("HYPE", "65%", "50%")]),  # beta's, a month early
        ("2026-09-08", "0.65", "0.5", []),
        ("2026-09-08", "0.5", "0.4", [("HYPE", "50%", "65%"), ("UBTC", "40%", "50%")]),
        ("2026-01-15", "0.5", "0.5", [("UBTC", "50%", "0%")]),  # BTC was no collateral yet
    ],
)
def test_drift(tmp_path: Path, run_cli: Any, captured_at: str, hype: str, ubtc: str, drifted: Json) -> None:
    text = json.dumps(recording(captured_at, hype, ubtc), indent=1)
    (tmp_path / "account.json").write_text(text, "utf-8")
    done = run_cli("import", "hyperliquid", "account.json", cwd=tmp_path)
    assert (done.returncode, json.loads(done.stdout)["as_of"]) == (0, f"{captured_at}T00:00:00Z")
    assert done.stderr.count("warning[MC462]") == len(drifted)
    for coin, answered, stated in drifted:
        line = f"the venue answers an ltv of {answered} for `{coin}`, where `hyperliquid/portfolio-margin` has {stated}"
        assert line in done.stderr
        row = text.split("\n").index(f'     "coin": "{coin}",') + 1
        assert f"account.json:{row + 3}:" in done.stderr  # coin, token, total, ltv


def test_the_recorded_ratios_are_the_rulebooks(shared: Path, run_cli: Any) -> None:
    for path in sorted((shared / "vectors" / "hyperliquid").glob("pm-*.json")):
        done = run_cli("import", "hyperliquid", path)
        assert "MC462" not in done.stderr


def test_every_venue_names_a_rulebook_in_the_box() -> None:
    assert set(RULEBOOKS) <= set(IMPORTERS)
    for name in RULEBOOKS.values():
        assert marginc.compile(name).name == name
