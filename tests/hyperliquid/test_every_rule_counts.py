"""Every line of the modes' rules is deleted, and then changed; a case, or the check of the rules, has to notice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from marginc.cli.cases import read_cases
from marginc.compiler.pipeline import read
from marginc.tests.hyperliquid.rule_edits import Bench, changes, deletions, text_of

RULES = Path(__file__).resolve().parents[2] / "rules" / "hyperliquid"
RULEBOOKS = ("portfolio-margin.yaml", "standard.yaml", "unified.yaml")


@pytest.fixture(scope="module", params=RULEBOOKS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    rulebook: str = request.param
    folder = tmp_path_factory.mktemp("rules")
    shutil.copy(RULES / "base.yaml", folder)
    source, found, _ = read(RULES / rulebook, rulebook)
    assert source is not None
    assert not found + source.findings()
    cases = []
    for path in sorted((RULES / "cases").glob("*.yaml")):
        file, problems, _ = read_cases(path, path.name)
        assert file is not None, problems
        if file.rulebook.text == f"../{rulebook}":
            cases += [(file, case, text_of(file, case)) for case in file.cases]
    return Bench((RULES / rulebook).read_text("utf-8"), folder / rulebook, source, tuple(cases))


def test_the_cases_pass_as_the_rules_stand(bench: Bench) -> None:
    assert bench.failing(bench.source) == ""


def test_a_deleted_line_is_noticed(bench: Bench) -> None:
    unseen = [edit.name for edit in deletions(bench.text) if not bench.notices(edit)]
    assert not unseen, "nothing notices:\n" + "\n".join(unseen)


def test_a_changed_line_fails_a_case(bench: Bench) -> None:
    """The stronger form, for lines that cannot go because others read them."""
    program, _ = bench.source.program_at(max(bench.source.rulebook.instants, default=None))
    assert program is not None
    edits = changes(bench.text, program)
    unseen = [f"{edit.name} {by}" for edit in edits if (by := bench.notices(edit)) in ("", "check")]
    assert not unseen, "no case fails:\n" + "\n".join(unseen)
