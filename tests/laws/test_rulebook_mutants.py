"""A rulebook with one slip is refused at the slip or at what reads it, or means something else that an account shows.

These are a few of the mutants that `make rulebook-mutants` makes by the thousand; `docs/mutants.md` has its result.
"""

from __future__ import annotations

from collections import Counter

import pytest
from mutant_page import reason
from rulebook_mutants import Verdict, run

COUNT = 150


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return run(COUNT, seed=20_260_817)


def told(verdicts: list[Verdict], *outcomes: str) -> list[str]:
    return [f"{v.operator}: {v.mutant}: {v.shown}" for v in verdicts if v.outcome in outcomes]


def test_a_slip_never_ends_in_a_traceback(verdicts: list[Verdict]) -> None:
    assert len(verdicts) == COUNT
    assert told(verdicts, "crash") == []


def test_a_slip_is_refused_where_it_is_or_where_it_is_read(verdicts: list[Verdict]) -> None:
    assert told(verdicts, "refused_elsewhere") == []
    counts = Counter(verdict.outcome for verdict in verdicts)
    assert counts["refused_farther"] <= COUNT // 50  # only a unit that a definition passes on unchanged goes that far
    assert counts["refused"] > COUNT // 3


def test_what_is_accepted_means_something_else(verdicts: list[Verdict]) -> None:
    counts = Counter(verdict.outcome for verdict in verdicts)
    assert counts["meaningful"] > COUNT // 4
    unexplained = [v for v in verdicts if v.outcome == "no_difference" and reason(v).startswith("equal on every")]
    assert len(unexplained) <= COUNT // 15, told(unexplained, "no_difference")


@pytest.mark.parametrize("operator", ["drop a price", "money for a ratio", "remove an else", "misspell a name"])
def test_slips_of_unit_name_and_form_are_refused(verdicts: list[Verdict], operator: str) -> None:
    own = [verdict for verdict in verdicts if verdict.operator == operator]
    assert own
    assert [v.mutant for v in own if not v.outcome.startswith("refused")] == []
