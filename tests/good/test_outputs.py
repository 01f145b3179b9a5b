"""Outputs and checks on every kind of scope: rows of the account, of reference kinds, and of both together."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import marginc
from marginc.program.program import RowKey
from marginc.runtime.results import Result

RULEBOOK = """\
rulebook: demo/outputs
language: 1
numeraire: USDC
model:
  shocks: { each: shock, parameters: { move: ratio } }
  assets: { each: asset, observed: { price: USDC/unit } }
  account:
    rows:
      positions: { each: position, key: [asset], observed: { asset: asset, size: asset.unit } }
parameters:
  shocks:
    down: { move: -10% }
    up: { move: 20% }
formulas:
  asset:
    twice: price * 2
  asset, shock:
    shocked: price * (1 + shock.move)
  position, shock:
    pnl: size * asset.price * shock.move
  account, asset:
    held: sum(p.size for p in positions where p.asset == asset) * price
  account, shock:
    loss: max(0, -sum(positions.pnl))
checks:
  asset:
    cheap:
      require: price <= 60 USDC/unit_of
      message: "{price} is dear"
  account, shock:
    survives:
      require: loss <= 8 USDC
      message: "loses {loss}"
outputs: [asset.twice, "asset, shock.shocked", "position, shock.pnl", "account, asset.held", "account, shock.loss"]
"""
RULEBOOK = RULEBOOK.replace("price <= 60 USDC/unit_of", "price <= limit").replace(
    "observed: { price: USDC/unit } }", "observed: { price: USDC/unit, limit: USDC/unit = 60 } }"
)
SNAPSHOT: dict[str, Any] = {
    "as_of": "2026-01-01",
    "assets": {"BTC": {"price": "50"}, "ETH": {"price": "70"}},
    "accounts": [{"account": "a", "positions": [{"asset": "ETH", "size": "2"}, {"asset": "BTC", "size": "-1"}]}],
}


def evaluated(tmp_path: Path) -> Result:
    (tmp_path / "demo.yaml").write_text(RULEBOOK)
    (result,) = marginc.compile(tmp_path / "demo.yaml").evaluate(SNAPSHOT)
    assert result.errors == ()
    return result


def told(result: Result, plural: str, name: str) -> dict[str, object]:
    """The output by the row's key, `ETH/down`."""
    return {
        "/".join(part.key for part in row.key.values() if isinstance(part, RowKey)): row.outputs[name]
        for row in result.rows[plural]
    }


def test_every_scope_is_shown(tmp_path: Path) -> None:
    result = evaluated(tmp_path)
    assert told(result, "assets", "twice") == {"BTC": 100, "ETH": 140}
    assert told(result, "assets", "held") == {"BTC": -50, "ETH": 140}  # -1 x 50, 2 x 70
    assert told(result, "assets, shocks", "shocked") == {"BTC/down": 45, "BTC/up": 60, "ETH/down": 63, "ETH/up": 84}
    # 2 x 70 x -10 %, 2 x 70 x 20 %; -1 x 50 x -10 %, -1 x 50 x 20 %
    assert told(result, "positions, shocks", "pnl") == {"ETH/down": -14, "ETH/up": 28, "BTC/down": 5, "BTC/up": -10}
    assert told(result, "shocks", "loss") == {"down": 9, "up": 0}  # 14 - 5; 28 - 10 is a gain


def test_checks_hold_for_every_row_of_their_scope(tmp_path: Path) -> None:
    checks = {check.name: check for check in evaluated(tmp_path).checks}
    assert (checks["asset.cheap"].holds, checks["asset.cheap"].rows) == (False, ("ETH",))
    assert checks["asset.cheap"].message == "70 is dear"
    assert (checks["shock.survives"].holds, checks["shock.survives"].rows) == (False, ("down",))
    assert checks["shock.survives"].message == "loses 9"


def test_cases_expect_rows_of_every_scope(tmp_path: Path) -> None:
    (tmp_path / "demo.yaml").write_text(RULEBOOK)
    (tmp_path / "cases").mkdir()
    case = """\
rulebook: ../demo.yaml
cases:
  - name: rows
    snapshot:
      as_of: 2026-01-01
      assets: { BTC: { price: 50 }, ETH: { price: 70 } }
      accounts: [{ account: a, positions: [{ asset: ETH, size: 2 }, { asset: BTC, size: -1 }] }]
    expect:
      rows:
        assets: { ETH: { twice: 140, held: 140 } }
        positions, shocks: { "ETH, down": { pnl: -14 } }
        shocks: { down: { loss: 9 }, up: { loss: 0 } }
"""
    (tmp_path / "cases" / "demo.yaml").write_text(case)
    asked = [sys.executable, "-m", "marginc", "test", str(tmp_path)]
    result = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    (tmp_path / "cases" / "demo.yaml").write_text(case.replace("loss: 9", "loss: 8"))
    assert subprocess.run(asked, capture_output=True, check=False).returncode == 1


def test_an_output_has_the_form_its_label_gives(tmp_path: Path) -> None:
    text = RULEBOOK[: RULEBOOK.index("checks:")].replace(
        "  account, shock:", "  account:\n    health: 23.8333\n    plain: 2\n  account, shock:"
    )
    (tmp_path / "demo.yaml").write_text(
        text + 'outputs:\n  - health: "health factor {:.2f}"\n  - plain: "in {braces}"\n  - "account, shock.loss"\n'
    )
    (tmp_path / "one.json").write_text(json.dumps(SNAPSHOT))
    asked = [sys.executable, "-m", "marginc", "evaluate", "demo.yaml", "one.json"]
    shown = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=tmp_path).stdout
    assert "health factor" in shown
    assert "{:" not in shown
    assert "23.83 " in shown
    assert "23.8333" not in shown
    assert "in {braces}" in shown  # no form: part of the words
    (result,) = marginc.compile(tmp_path / "demo.yaml").evaluate(SNAPSHOT)
    assert result.outputs["health"] == Decimal("23.8333")  # machines get it in full
