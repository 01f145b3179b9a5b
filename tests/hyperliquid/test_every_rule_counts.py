"""Every line of the modes' rules is deleted, and then changed; a case, or the check of the rules, has to notice."""

from __future__ import annotations

import pytest

from marginc.tests.hyperliquid.rule_edits import Bench, bench_of, unchanged, undeleted

RULEBOOKS = ("portfolio-margin", "standard", "unified")


@pytest.fixture(scope="module", params=RULEBOOKS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return bench_of(f"hyperliquid/{request.param}", tmp_path_factory.mktemp("rules"))


def test_a_deleted_line_is_noticed(bench: Bench) -> None:
    assert undeleted(bench) == []


def test_a_changed_line_fails_a_case(bench: Bench) -> None:
    assert unchanged(bench) == []
