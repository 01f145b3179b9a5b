"""Slips in the rulebooks in the box are noticed by their cases; a sample of what `make rules-mutation` tries."""

from __future__ import annotations

import pytest
from rules_mutation import PAGE, Tried, folders, rulebooks, tried
from survivors import REASONS, reason

SHARE = 1 / 25


@pytest.fixture(scope="module")
def results() -> list[Tried]:
    return [one for folder in folders() for one in tried(folder, SHARE, seed=7)]


def test_most_slips_are_noticed_and_the_rest_has_reasons(results: list[Tried]) -> None:
    verdicts = [verdict for one in results for verdict in one.verdicts]
    killed = sum(verdict.fate == "killed" for verdict in verdicts)
    survived = sum(verdict.fate == "survived" for verdict in verdicts)
    assert killed + survived >= 40
    assert killed >= 0.9 * (killed + survived)
    unexplained = [
        f"{one.name}:{verdict.mutant.line}: {verdict.mutant.operator}: {verdict.mutant.told}"
        for one in results
        for verdict in one.verdicts
        if verdict.fate == "survived" and not reason(one.name, verdict.mutant)
    ]
    assert unexplained == []


def test_the_page_has_every_rulebook_and_a_reason_for_every_survivor() -> None:
    text = PAGE.read_text("utf-8")
    listed = {line.split(" | ")[0].removeprefix("| ") for line in text.splitlines() if line.startswith("| ")}
    assert {name.removeprefix("rules/").removesuffix(".yaml") for name in rulebooks()} - listed == set()
    assert "no reason known" not in text
    shares = [
        float(line.rsplit(" | ", 1)[1].removesuffix(" % |")) for line in text.splitlines() if line.endswith(" % |")
    ]
    assert len(shares) >= 15
    assert min(shares) >= 90


def test_no_reason_is_for_nothing() -> None:
    text = PAGE.read_text("utf-8")
    assert [one for one in REASONS if one.why not in text] == []
