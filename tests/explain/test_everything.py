"""Whatever the rulebooks of this project compute for their cases can be explained, and begins with the right value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from marginc.cli.cases import Case as Written
from marginc.cli.cases import CaseFile, inside, open_case, read_cases
from marginc.cli.judge import Question, changed_program
from marginc.cli.rules import moment, open_rules
from marginc.cli.tree_text import drawn
from marginc.program.diagnostic import SnapshotError
from marginc.runtime.exact.failure import Failure
from marginc.runtime.explain import Explanation, Step, Target, explain
from marginc.runtime.shock import apply_shock, parse_shocks
from marginc.runtime.snapshot import read_snapshot

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("tests/good/cases/*.yaml"), *ROOT.glob("rules/*/cases/*.yaml")])
MOST = 40
"""Explanations of one case file; every definition is asked about, of accounts in turn."""
SHORT = 60
"""Characters of a rule that fits any note."""
BROKEN = re.compile(r"\(\s*[,)]|\(\)| \.|[=<>+*/(-]\s*$|\bNone\b|\.\.\.|^\s|\s$")
"""What a text looks like that lost a name: `gamma(, x)`, `a ==`."""


def accounts(file: CaseFile, case: Written, case_class: Any) -> Iterator[Any]:
    rules = open_rules(str(inside(file, file.rulebook)))
    raw = open_case(file, case)
    if case.changes:
        raw = open_case(file, case, rules.at(moment(case.as_of.text) if case.as_of else raw.as_of))
    if case.as_of:
        raw = replace(raw, as_of=moment(case.as_of.text))
    shocks = parse_shocks(case.shock) if case.shock else ()
    changed = changed_program(rules.at(raw.as_of), Question(case.settings, shocks, None, case.shock))
    data = read_snapshot(raw, changed.program)
    if shocks:
        data, _ = apply_shock(data, changed.program, shocks)
    for account in data.accounts:
        if not account.errors:
            yield case_class(changed.program, data, account, changed.replaced)


def asked(case: Any) -> list[int]:
    """Outputs, and every definition on the account."""
    own = [n for n, d in enumerate(case.program.definitions) if d.scope == ("account",) and d.section != "message"]
    return sorted({output.definition for output in case.program.outputs} | set(own))


def explained(case: Any, definition: int) -> Explanation:
    data = case.data
    return explain(case.program, data.as_of, data.reference, case.account, Target(definition), case.replaced)


def is_told(step: Step) -> bool:
    return bool(step.note or step.because or step.children or step.error)


def check(case: Any, definition: int, name: str) -> None:
    explanation = explained(case, definition)
    root = explanation.root
    top = root if root.definition >= 0 else next((step for step in root.children if step.definition >= 0), None)
    if top is not None:
        try:
            assert (top.value, top.error) == (case.value(top), ""), f"{name}: {top.label}"
        except Failure:
            assert top.error, f"{name}: {top.label}"
    assert is_told(root), f"{name}: {root.label} says nothing"
    for step in root.walk():
        text = " ".join((step.origin.text if step.origin is not None else "").split())
        if step.definition >= 0 and 0 < len(text) <= SHORT and not step.repeated:
            assert is_told(step), f"{name}: {step.label} says nothing"
        for part in (step.label, step.note, step.because):
            found = BROKEN.search(part)
            assert not found or part in text, f"{name}: {step.label}: {part!r}"
    for rung in explanation.rungs:
        assert not BROKEN.search(rung.because), f"{name}: status {rung.name}: {rung.because!r}"
    assert drawn(explanation).count("\n") > 2


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_number_can_be_explained(path: Path, pytestconfig: pytest.Config, case_class: Any) -> None:
    file, _, _ = read_cases(path, path.name)
    assert file is not None
    cases = []
    for written in file.cases:
        try:
            cases += [(written.name, case) for case in accounts(file, written, case_class)]
        except SnapshotError:
            continue  # a case that expects its snapshot to be refused
    definitions = {name: asked(case) for name, case in cases}
    questions = [(name, case, one) for name, case in cases for one in definitions[name]]
    every = 1 if pytestconfig.getoption("--explain-all", default=False) else max(1, -(-len(questions) // MOST))
    while every > 1 and any(len(known) % every == 0 for known in definitions.values()):
        every += 1  # so that in each case other definitions have their turn
    assert questions
    for name, case, definition in questions[::every]:
        check(case, definition, f"{name}, {case.program.definitions[definition].full_name}")
