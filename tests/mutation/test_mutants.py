"""Mutants: which slips are made of a rulebook, what becomes of them, and the cases that would kill survivors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from marginc.cli.cases.suite import Asked, run_files
from marginc.cli.mutation import Bench, Mutant, killed_percent, mutants_of, open_bench
from marginc.cli.mutation.report import judge, text_of, write_json
from marginc.compiler.pipeline import read

RULES = """\
rulebook: lending
language: 1
numeraire: USD
model:
  assets:
    each: asset
    parameters:
      haircut: ratio
      tiers: { by: USD, columns: { rate: ratio } }
    observed: { price: USD/unit }
  account:
    observed: { debt: USD = 0, cross: bool = true }
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit } }
parameters:
  trigger: 80%
  assets:
    GOLD:
      haircut: 10%
      tiers: [{ from: 0, rate: 1% }, { from: 1_000, rate: 2% }]
amendments:
  - effective: 2026-06-01
    parameters: { assets: { GOLD: { haircut: 20% } } }
formulas:
  balance:
    worth: amount * asset.price * (1 - asset.haircut)
    fee: sum(s.width * s.rate for s in slices(asset.tiers, worth))
  account:
    worth: max(0, sum(balances.worth) - debt)
    fees: sum(b.fee for b in balances where b.amount > 0)
status:
  - is: call
    when: cross and debt > trigger * sum(balances.worth)
  - is: fine
outputs: [worth, fees]
"""
CASES = """\
rulebook: ../lending.yaml
cases:
  - name: gold
    as_of: 2026-01-01
    snapshot:
      assets: { GOLD: { price: 100 } }
      accounts: [{ debt: 100, balances: [{ asset: GOLD, amount: 5 }] }]
    expect: { status: fine, outputs: { worth: 350, fees: 4.5 } }   # 5 x 100 x 90 % = 450; 450 x 1 %
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "marginc.toml").touch()
    (tmp_path / "lending.yaml").write_text(RULES, "utf-8")
    (tmp_path / "cases" / "lending.yaml").write_text(CASES, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def made(bench: Bench) -> list[tuple[str, str]]:
    return [(mutant.operator, mutant.told) for mutant in mutants_of(bench.file)]


def the(bench: Bench, operator: str, told: str) -> Mutant:
    (found,) = [one for one in mutants_of(bench.file) if one.operator == operator and told in one.told]
    return found


@pytest.mark.usefixtures("folder")
def test_each_slip_is_made_once() -> None:
    found = made(open_bench("lending.yaml"))
    assert found == [
        ("a default off", "`0` is `1`"),
        ("a default off", "`true` is `false`"),
        ("a number one per cent off", "`80%` is `80.8%`"),
        ("a number one per cent off", "`10%` is `10.1%`"),
        ("a tier left out", "`{ from: 0, rate: 1% },` left out"),
        ("a number one per cent off", "`0` is `1`"),
        ("a number one per cent off", "`1%` is `1.01%`"),
        ("a tier left out", "`, { from: 1_000, rate: 2% }` left out"),
        ("a number one per cent off", "`1_000` is `1010`"),
        ("a number one per cent off", "`2%` is `2.02%`"),
        ("an amendment left out", found[10][1]),
        ("a number one per cent off", "`20%` is `20.2%`"),
        ("a haircut left out", "`amount * asset.price * (1 - asset.haircut)` is `amount * asset.price`"),
        ("a number one per cent off", "`1` is `1.01`"),
        ("a sign turned", "`1 - asset.haircut` is `1 + asset.haircut`"),
        ("a floor or cap left out", "`max(0, sum(balances.worth) - debt)` is `(sum(balances.worth) - debt)`"),
        ("a floor or cap left out", "`max(0, sum(balances.worth) - debt)` is `0`"),
        ("min for max", "`max(0, sum(balances.worth) - debt)` is `min(0, sum(balances.worth) - debt)`"),
        ("a sign turned", "`sum(balances.worth) - debt` is `sum(balances.worth) + debt`"),
        ("a filter left out", "`sum(b.fee for b in balances where b.amount > 0)` is `sum(b.fee for b in balances)`"),
        ("a boundary on the other side", "`b.amount > 0` is `b.amount >= 0`"),
        ("a comparison reversed", "`b.amount > 0` is `b.amount < 0`"),
        ("a status left out", "`- is: call when: cross and debt > trigger * sum(balances.worth)` left out"),
        (
            "and for or",
            "`cross and debt > trigger * sum(balances.worth)` is `(cross or debt > trigger * sum(balances.worth))`",
        ),
        (
            "a boundary on the other side",
            "`debt > trigger * sum(balances.worth)` is `debt >= trigger * sum(balances.worth)`",
        ),
        ("a comparison reversed", "`debt > trigger * sum(balances.worth)` is `debt < trigger * sum(balances.worth)`"),
    ]
    assert "2026-06-01" in found[10][1]


def test_what_is_left_is_yaml_and_differs_in_one_place(folder: Path) -> None:
    """Every mutant is the file with one stretch replaced, and the compiler reads all of them but those it refuses."""
    bench = open_bench("lending.yaml")
    refused = []
    for mutant in mutants_of(bench.file):
        text = mutant.applied(RULES)
        assert text != RULES
        assert text[: mutant.start] == RULES[: mutant.start]
        assert RULES[: mutant.start].count("\n") + 1 == mutant.line or mutant.before.startswith(" ")
        source, found, _ = read(folder / "lending.yaml", "lending.yaml", unsaved={folder / "lending.yaml": text})
        if source is None:
            refused.append((mutant.told, [str(finding) for finding in found]))
    assert refused == []


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("operator", "told", "fate"),
    [
        ("a haircut left out", "", "killed"),  # 500 - 100 is not 350
        ("a number one per cent off", "`1%` is", "killed"),
        ("a sign turned", "debt", "killed"),
        ("a number one per cent off", "`80%` is", "survived"),  # 100 is far from 80 % of 450
        ("a tier left out", "1_000", "survived"),
        ("an amendment left out", "2026-06-01", "survived"),
        ("a boundary on the other side", "debt", "survived"),
        ("a tier left out", "from: 0,", "killed"),
        ("and for or", "cross", "killed"),  # `cross` alone would call everybody
        ("a floor or cap left out", "is `0`", "refused"),  # 0 of what? nothing says that it is USD
    ],
)
def test_what_becomes_of_a_mutant(operator: str, told: str, fate: str) -> None:
    bench = open_bench("lending.yaml")
    assert bench.try_mutant(the(bench, operator, told)).fate == fate


@pytest.mark.parametrize(
    ("operator", "told"),
    [
        ("a number one per cent off", "`80%` is"),
        ("a tier left out", "1_000"),
        ("an amendment left out", "2026-06-01"),
        ("a number one per cent off", "`20%` is"),
        ("a boundary on the other side", "debt"),  # exactly 80 % of 450, found on the secant
        ("a floor or cap left out", "(sum("),
        ("a default off", "`true`"),
    ],
)
def test_the_case_that_would_kill_a_survivor_does(operator: str, told: str, folder: Path) -> None:
    """Added to the case file it passes under the rules, and fails under the mutant."""
    bench = open_bench("lending.yaml")
    judged = judge(bench, the(bench, operator, told), search=True)
    assert judged.verdict.fate == "survived"
    assert judged.witness is not None
    case = judged.witness.case
    assert case, judged.witness.tried
    indented = "".join(f"  {line}\n" for line in case.rstrip().split("\n"))
    (folder / "cases" / "lending.yaml").write_text(CASES + indented, "utf-8")
    (run,) = run_files([Path("cases/lending.yaml")], Asked())
    assert [finding for case in run.cases for finding in case.found] == []
    assert open_bench("lending.yaml").try_mutant(judged.verdict.mutant).fate == "killed"


@pytest.mark.usefixtures("folder")
def test_a_mutant_that_means_the_same_is_listed_with_what_was_tried() -> None:
    """Nothing is added to a sum by rows of amount 0, so that `> 0` and `>= 0` are one."""
    bench = open_bench("lending.yaml")
    judged = judge(bench, the(bench, "a boundary on the other side", "b.amount"), search=True)
    assert judged.verdict.fate == "survived"
    assert judged.witness is not None
    assert judged.witness.case == ""
    assert "evaluations" in judged.witness.tried
    assert "no difference found" in text_of(bench, [judged])


@pytest.mark.usefixtures("folder")
def test_the_report_counts_what_compiles_to_something_else() -> None:
    bench = open_bench("lending.yaml")
    judged = [judge(bench, mutant, search=False) for mutant in mutants_of(bench.file)]
    counts = json.loads(write_json(bench, judged))["counts"]
    assert sum(counts.values()) == len(judged) == 26
    percent = killed_percent([one.verdict for one in judged])
    assert percent == 100 * counts["killed"] / (counts["killed"] + counts["survived"])
    assert f"({percent:.1f} % of those that mean something else)" in text_of(bench, judged)


def test_the_verb(folder: Path, run_cli: Any) -> None:
    done = run_cli("mutate", "lending.yaml", "--sample", "6", "--seed", "2", "--fail-under", "100", cwd=folder)
    assert done.returncode == 1
    again = run_cli("mutate", "lending.yaml", "--sample", "6", "--seed", "2", "-j", "2", cwd=folder)
    assert (again.returncode, again.stdout) == (0, done.stdout)
    assert "6 mutants of lending.yaml under 1 case:" in done.stdout
    assert re.search(r"[\d.]+ % of the mutants are killed, less than 100 %", done.stderr)


def test_rules_whose_cases_fail_are_not_mutated(folder: Path, run_cli: Any) -> None:
    (folder / "cases" / "lending.yaml").write_text(CASES.replace("350", "351"), "utf-8")
    done = run_cli("mutate", "lending.yaml", cwd=folder)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "error[MC701]" in done.stderr


def test_rules_without_cases_cannot_be_tried(folder: Path, run_cli: Any) -> None:
    (folder / "other.yaml").write_text(RULES, "utf-8")
    done = run_cli("mutate", "other.yaml", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: no case computes `other.yaml`: none in `cases` is about a rulebook that has it\n"
