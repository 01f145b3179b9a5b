"""The conformance data and cases of every pack, on machine code; and how many accounts it decides itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import cases
import pytest
import suite

from marginc.cli.cases.read import read_cases
from marginc.cli.cases.suite import Asked, run_file
from marginc.program.number import Ratio
from marginc.program.program import Constant, Moment, Program
from marginc.runtime.exact import evaluate
from marginc.runtime.native.evaluate import BEYOND, evaluate_snapshot
from marginc.runtime.native.jobs import Found
from marginc.runtime.native.run import Kernel
from marginc.runtime.native.verdict import UNDECIDED
from marginc.runtime.results import Result
from marginc.runtime.snapshot import Snapshot

ROOT = Path(__file__).resolve().parents[2]
FEWEST_DECIDED = 70
"""Accounts of the data that machine code decides; most of the others have some definition that is an error."""
KNOWN_BEYOND = {"an output that is a row of the account"}
"""What no machine code is written for."""
ROUNDING = 1e-12


def test_the_language_means_what_the_data_says(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = counting(monkeypatch)
    monkeypatch.setitem(suite.EXECUTORS, "native", as_exactly)
    problems = []
    for path in cases.FILES:
        file = cases.read_file(path)
        problems += [f"{case}: {problem}" for case, problem in suite.verdicts(file, "native") if problem]
    assert not problems, "\n" + "\n".join(problems)
    assert counted["decided"] >= FEWEST_DECIDED, counted
    assert {what for what in counted if what not in ("decided", "later", "left")} <= KNOWN_BEYOND


def counting(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts accounts that machine code decides, at once or later, or leaves, and why programs are beyond it."""
    counted: Counter[str] = Counter()
    run, decide = Kernel.run_block, Kernel.decide

    def run_block(self: Kernel, *given: Any) -> Found:
        try:
            found = run(self, *given)
        except BEYOND as reason:
            counted[str(reason)] += 1
            raise
        counted["decided"] += int((found.status != UNDECIDED).sum())
        return found

    def decided(self: Kernel, block: Any, found: Found, *given: Any) -> None:
        before = int((found.status == UNDECIDED).sum())
        decide(self, block, found, *given)
        left = int((found.status == UNDECIDED).sum())
        counted["later"] += before - left
        counted["left"] += left

    monkeypatch.setattr(Kernel, "run_block", run_block)
    monkeypatch.setattr(Kernel, "decide", decided)
    return counted


def as_exactly(program: Program, snapshot: Snapshot) -> Iterator[Result]:
    """The exact result of each account where machine code says the same up to rounding, else that of machine code."""
    for exact, native in zip(evaluate(program, snapshot), evaluate_snapshot(program, snapshot), strict=True):
        yield exact if alike(exact, native) else native


def alike(exact: Result, native: Result) -> bool:
    if exact.errors or native.errors:
        return [error.code for error in exact.errors] == [error.code for error in native.errors]
    verdicts = [(one.rung, one.status, [(c.name, c.holds) for c in one.checks]) for one in (exact, native)]
    return (
        verdicts[0] == verdicts[1]
        and near(exact.outputs, native.outputs)
        and exact.rows.keys() == native.rows.keys()
        and all(near_rows(rows, native.rows[plural]) for plural, rows in exact.rows.items())
    )


def near_rows(rows: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(rows) == len(others) and all(
        near(one.key, other.key) and near(one.outputs, other.outputs) for one, other in zip(rows, others, strict=True)
    )


def near(values: Mapping[str, Constant], others: Mapping[str, Constant]) -> bool:
    return values.keys() == others.keys() and all(_near(value, others[name]) for name, value in values.items())


def _near(value: Any, other: Any) -> bool:
    if isinstance(value, Moment) and isinstance(other, Moment):
        value, other = value.seconds, other.seconds
    if isinstance(value, bool) or not isinstance(value, Decimal | Ratio) or not isinstance(other, Decimal | Ratio):
        return bool(value == other)
    one, two = (float(n) if isinstance(n, Decimal) else n.numerator / n.denominator for n in (value, other))
    return abs(one - two) <= ROUNDING * max(abs(one), abs(two))


CASE_FILES = sorted((ROOT / "rules").glob("*/cases/*.yaml")) + sorted((ROOT / "tests/good/cases").glob("*.yaml"))


@pytest.mark.parametrize("path", CASE_FILES, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_cases_hold_on_both_executors(path: Path) -> None:
    """The first case of every file; `marginc test --executor both rules` runs all of them, for minutes."""
    file, found, _ = read_cases(path, path.name)
    assert file is not None, found
    run = run_file(path, Asked(file.cases[0].name, executor="both"))
    assert run.cases
    told = [f"{case.name}: {finding.message}" for case in run.cases for finding in case.found]
    assert not told, "\n".join(told)
