"""Tables on the command line: shown with their keys, explained by what was looked up, warned of without failing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RULES = """\
rulebook: demo
language: 1
numeraire: USDC
model:
  buckets: { each: bucket }
  parameters:
    gamma: { by: [bucket, bucket], value: ratio, symmetric: true, diagonal: 100% }
    rates: { by: [bucket, USDC], columns: { rate: ratio, cap: USDC | none }, missing: none }
  account:
    rows: { cells: { each: cell, key: [bucket], observed: { bucket: bucket, s: USDC } } }
parameters:
  gamma: { 1: { 2: 18%, 3: 19% } }
  rates: { 1: [{ from: 0, rate: 1%, cap: none }, { from: 10_000, rate: 2%, cap: 5 }] }
formulas:
  cell:
    rate: default(rates(bucket, s).rate, 50%)
  account:
    cross: sum(gamma(a.bucket, b.bucket) * a.s * b.s for a in cells for b in cells where a.bucket != b.bucket)
status:
  - is: healthy
outputs: [cross, cell.rate]
"""


def demo(folder: Path, rules: str = RULES) -> Path:
    (folder / "demo.yaml").write_text(rules)
    cells = [{"bucket": "1", "s": "12000"}, {"bucket": "2", "s": "10"}]
    snapshot = {"as_of": "2026-01-01", "buckets": {"1": {}, "2": {}, "3": {}}}
    (folder / "snapshot.json").write_text(json.dumps({**snapshot, "accounts": [{"account": "a", "cells": cells}]}))
    return folder


def test_a_table_is_shown_by_its_keys_and_a_pair_once(tmp_path: Path, marginc: Any) -> None:
    shown = marginc("show", "demo.yaml", cwd=demo(tmp_path)).out
    assert "1, 2: 0.18; 1, 3: 0.19  " in shown
    assert "1, from 0: rate 0.01, cap none; 1, from 10,000: rate 0.02, cap 5" in shown


def test_a_look_up_is_explained_by_its_keys(tmp_path: Path, marginc: Any) -> None:
    folder = demo(tmp_path)
    cross = marginc("explain", "demo.yaml", "snapshot.json", "cross", cwd=folder).out
    assert "gamma(1, 2)" in cross
    assert "18 % x 12,000 x 10" in cross
    rate = marginc("explain", "demo.yaml", "snapshot.json", "cells.1.rate", cwd=folder).out
    assert "rates(1, 12,000).rate  2 %  13" in rate, "with the line of the table"
    absent = marginc("explain", "demo.yaml", "snapshot.json", "cells.2.rate", cwd=folder).out
    assert "has no row" in absent


def test_a_warning_is_shown_and_fails_nothing(tmp_path: Path, marginc: Any) -> None:
    done = marginc(
        "validate",
        "demo.yaml",
        cwd=demo(tmp_path, RULES.replace("rate: 2%", "rate: 2%, cap: 9 }, { from: 20_000, rate: 1%")),
    )
    assert done.code == 0
    assert "warning[MC335]: the column `rate` rises and then falls" in done.out
    assert marginc("evaluate", "demo.yaml", "snapshot.json", cwd=tmp_path).code == 0
