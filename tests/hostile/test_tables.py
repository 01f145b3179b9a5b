"""Tables made large, deep or to be searched for long: honest ones are fast, others are refused in words."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import marginc

Refused = Callable[..., str]
HEAD = "rulebook: large\nlanguage: 1\nnumeraire: USDC\nmodel:\n"
ACCOUNT = "  account:\n    observed: { x: USDC }\n    rows: { lines: { each: line, observed: { n: row, x: USDC } } }\n"
STATUS = "status:\n  - is: healthy\n"
TIERS = "  parameters:\n    tiers: { by: USDC, columns: { rate: ratio } }\n"
ROWS = 10_000


def test_ten_thousand_ranges_and_keys_are_searched_in_no_time(tmp_path: Path) -> None:
    ranges = "".join(f"    - {{ from: {n}, rate: {n}bp }}\n" for n in range(ROWS))
    keys = "".join(f"    {n}: {n}bp\n" for n in range(ROWS))
    rulebook = (
        f"{HEAD}  rows_: {{ each: row }}\n{ACCOUNT}{TIERS}"
        "    weights: { by: row, value: ratio }\n"
        f"parameters:\n  tiers:\n{ranges}  weights:\n{keys}"
        "formulas:\n  line:\n    rate: bracket(tiers, x).rate\n    weight: weights(n)\n"
        f"  account:\n    total: sum(lines.rate) + sum(lines.weight)\n{STATUS}outputs: [total]\n"
    )
    path = tmp_path / "large.yaml"
    path.write_text(rulebook)
    program = marginc.compile(path).at("2026-01-01")
    lines = [{"n": str(n), "x": f"{n}.5"} for n in range(ROWS)]
    snapshot = {"as_of": "2026-01-01", "rows_": {str(n): {} for n in range(ROWS)}}
    begin = time.perf_counter()
    (result,) = program.evaluate({**snapshot, "accounts": [{"account": "a", "lines": lines}]})
    seconds = time.perf_counter() - begin
    # 0.0001 x (0 + 1 + ... + 9,999), twice
    assert result.outputs["total"] == Decimal("9999")
    assert seconds < 5, "10,000 look-ups in 10,000 rows; going through all of them would be 100,000,000 steps"


def test_a_large_table_is_read_in_time(tmp_path: Path, accepted: Refused) -> None:
    ranges = "".join(f"    - {{ from: {n}, rate: {n}bp }}\n" for n in range(ROWS))
    text = f"{HEAD}{TIERS}parameters:\n  tiers:\n{ranges}{STATUS}"
    (tmp_path / "large.yaml").write_text(text)
    accepted("validate", "large.yaml")


def test_a_zigzag_is_one_warning(tmp_path: Path, accepted: Refused) -> None:
    ranges = "".join(f"    - {{ from: {n}, rate: {n % 2}% }}\n" for n in range(3_000))
    text = f"{HEAD}{TIERS}parameters:\n  tiers:\n{ranges}{STATUS}"
    (tmp_path / "large.yaml").write_text(text)
    assert accepted("validate", "large.yaml").count("warning[MC335]") == 1


def test_many_formulas_that_jump_end_in_time(tmp_path: Path, accepted: Refused) -> None:
    ranges = "".join(f"    - {{ from: {n}, rate: {n}bp }}\n" for n in range(500))
    chain = "".join(f"    a{n + 1}: a{n} + x * bracket(tiers, x).rate\n" for n in range(600))
    text = (
        f"{HEAD}  account: {{ observed: {{ x: USDC }} }}\n{TIERS}"
        f"parameters:\n  tiers:\n{ranges}formulas:\n  account:\n    a0: x\n{chain}{STATUS}"
    )
    (tmp_path / "large.yaml").write_text(text)
    accepted("validate", "large.yaml")


def test_a_look_up_in_a_look_up_with_too_few_keys_is_told_at_its_place(tmp_path: Path, refused: Refused) -> None:
    kinds = "  rows_: { each: row }\n  account: { observed: { n: row } }\n"
    declared = "    next: { by: [row, row], columns: { row: row } }\n    weights: { by: { of: row }, value: ratio }\n"
    deep = "weights(next(next(n).row, n).row)"
    declared = declared.replace("columns: { row: row }", "columns: { to_: row }")
    text = (
        f"{HEAD}{kinds}  parameters:\n{declared}formulas:\n  account:\n    w: {deep.replace('.row', '.to_')}\n{STATUS}"
    )
    (tmp_path / "deep.yaml").write_text(text)
    assert "`next` is looked up by 2 keys, not 1" in refused("validate", "deep.yaml", file="deep.yaml", code="MC336")


def test_a_table_deeper_than_its_keys_is_refused(tmp_path: Path, refused: Refused) -> None:
    values = "{ a: " * 6 + "1%" + " }" * 6
    text = (
        f"{HEAD}  parameters:\n    weights: {{ by: a | b, value: ratio }}\nparameters:\n  weights: {values}\n{STATUS}"
    )
    (tmp_path / "deep.yaml").write_text(text)
    refused("validate", "deep.yaml", file="deep.yaml", code="MC216")


def test_a_snapshot_cannot_bring_a_table(tmp_path: Path, refused: Refused) -> None:
    text = f"{HEAD}  assets:\n    each: asset\n    parameters: {{ tiers: {{ by: USDC, value: ratio }} }}\n{STATUS}"
    (tmp_path / "rules.yaml").write_text(text)
    assets = {"A": {"tiers": [{"from": "0", "value": "1"}]}}
    (tmp_path / "snapshot.json").write_text(json.dumps({"as_of": "2026-01-01", "assets": assets, "accounts": []}))
    refused("evaluate", "rules.yaml", "snapshot.json", file="snapshot.json")
