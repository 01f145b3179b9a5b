"""Every recorded case of every system under the shipped rules; `--vectors DIR` names others of the same formats."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marginc.tests.packs.vectors import SYSTEMS, Figure, System, cases_of, compare


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        found = list(cases_of(SYSTEMS, Path(metafunc.config.getoption("--vectors"))))
        metafunc.parametrize(("system", "case"), found, ids=[f"{system.name}-{case['id']}" for system, case in found])


def test_the_figures_of_the_case_come_out(system: System, case: dict[str, Any]) -> None:
    found = {reading: compare(system, reading, case) for reading in system.readings}
    if all(compared is None for compared in found.values()):
        pytest.skip("; ".join(reading.unread for reading in found))
    figures = [figure for compared in found.values() for figure in compared or ()]
    assert figures, "nothing of the case is compared"
    for figure in figures:
        assert figure.holds, f"{figure.name} is {figure.value}, the source says {figure.figure}"


def test_a_figure_that_is_off_is_noticed(system: System, case: dict[str, Any]) -> None:
    """Every number, changed by more than is allowed, fails its case; every word does too."""
    for reading in system.readings:
        for figure in compare(system, reading, case) or ():
            wrong = other(figure.figure, figure.within)
            assert not replace(figure, figure=wrong).holds, figure.name


def other(figure: Figure, within: Decimal) -> Figure:
    if isinstance(figure, Decimal):
        return figure + 2 * within + abs(figure) / 100 + Decimal("1e-9")
    return not figure if isinstance(figure, bool) else "another"


@pytest.mark.parametrize("system", SYSTEMS, ids=[system.name for system in SYSTEMS])
def test_no_more_than_two_cases_are_wrong_in_their_source(system: System) -> None:
    """More would be a finding about the pack."""
    assert len(system.wrong) <= 2
