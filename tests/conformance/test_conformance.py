"""Every case of the conformance data against every executor; and the mutants that the data has to kill still apply."""

from __future__ import annotations

import functools
from collections import Counter
from pathlib import Path

import cases
import mutants
import pytest
import suite

FILES = [cases.read_file(path) for path in cases.FILES]
FEWEST_CASES, FEWEST_MUTANTS = 400, 100


@functools.cache
def verdicts(file: str, executor: str) -> dict[int, str]:
    """What is wrong with the case in each line of a file."""
    (found,) = (read for read in FILES if read.name == file)
    return {case.line: problem for case, problem in suite.verdicts(found, executor)}


@pytest.mark.parametrize("executor", suite.EXECUTORS)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_language_means_what_the_data_says(file: cases.CaseFile, executor: str) -> None:
    found = verdicts(file.name, executor)
    problems = [f"{case}: {found[case.line]}" for case in file.cases if found[case.line]]
    assert not problems, "\n" + "\n".join(problems)
    assert set(found) == {case.line for case in file.cases}


def test_there_are_cases_enough_and_each_stands_once() -> None:
    everything = [case for file in FILES for case in file.cases]
    assert len(everything) >= FEWEST_CASES
    said = [(c.file, c.section, c.scope, c.expression, c.rules, repr(c.inputs)) for c in everything]
    twice = [entry for entry, times in Counter(said).items() if times > 1]
    assert not twice


def test_a_wrong_expectation_fails(tmp_path: Path) -> None:
    """The runner can fail: each kind of expectation, one off."""
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    found = {case.line: problem for case, problem in suite.verdicts(cases.read_file(path))}
    assert [line for line, problem in found.items() if not problem] == []
    assert len(found) == 12


WRONG = """\
rulebook: |
  rulebook: model
  language: 1
  numeraire: USDC
  model:
    account:
      observed: { x: ratio = 1, m: USDC = 2 }
      rows: { legs: { each: leg, key: [name], observed: { name: label, v: ratio } } }
snapshot:
  account: { legs: [ {name: one, v: 3} ] }
cases:
  account:
    - ['x', 2]
    - ['m', 2]
    - ['m', 2 USDC^2]
    - ['m', 2 USDC, USDC | none]
    - ['x == 1', 'false']
    - ['x', MC504]
    - ['x / (x - 1)', 1]
    - ['x + m', MC233]
    - ['x + m', 3]
    - ['x', MC232]
    - case: ['x', 1]
      wrong: it is not
  leg:
    - ['v', {one: 4}]
"""


def test_every_mutant_still_applies() -> None:
    """Mutants are texts of the implementation: one that moved or changed is to be written anew."""
    assert len(mutants.MUTANTS) >= FEWEST_MUTANTS
    assert len({mutant.name for mutant in mutants.MUTANTS}) == len(mutants.MUTANTS)
    stale = []
    for mutant in mutants.MUTANTS:
        try:
            path, text = mutants.applied(mutant, cases.HERE.parents[1])
            assert text != path.read_text(encoding="utf-8"), mutant.name
        except ValueError as error:
            stale.append(str(error))
    assert not stale, "\n" + "\n".join(stale)
