"""docs/packs.md carries what these tests find; `pytest -n0 tests/packs/test_page.py --write-docs` writes it."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from marginc.tests.packs.coverage import Coverage, coverage
from marginc.tests.packs.portfolios import PORTFOLIOS, Needed, needed
from marginc.tests.packs.vectors import SYSTEMS, Compared, Json, Reading, System, compare, read_cases

Marked = Callable[[Path, str, str], None]

PACKS = ("us-equity", "occ-tims", "cme-span", "aave-v3", "hyperliquid")
PAGE = Path("docs") / "packs.md"


@functools.cache
def covered(folder: Path) -> Coverage:
    return coverage(folder)


@pytest.mark.parametrize("pack", PACKS)
def test_the_cases_of_the_pack_compute_every_definition_and_branch(pack: str, root: Path) -> None:
    assert list(covered(root / "rules" / pack).unseen) == []


def test_the_page_counts_what_the_cases_compute(root: Path, marked: Marked) -> None:
    lines = ["| pack | own cases | definitions | branches | rungs of the status |", "|---|---|---|---|---|"]
    for pack in PACKS:
        found = covered(root / "rules" / pack)
        counts = [found.count(what) for what in ("definition", "branch", "rung")]
        lines.append("| " + " | ".join([f"`{pack}`", str(found.cases), *counts]) + " |")
    marked(root / PAGE, "coverage", "\n".join(lines))


def test_the_page_tells_of_every_recorded_case(root: Path, shared: Path, marked: Marked, write_docs: bool) -> None:
    files = [shared / "vectors" / file for system in SYSTEMS for file in system.files]
    if not all(file.is_file() for file in files):
        pytest.skip("the folder does not hold the cases of every system")
    names = [f"`{file.name}` {hashlib.sha256(file.read_bytes()).hexdigest()[:8]}" for file in files]
    read = f"Read: {', '.join(names)}."
    if read not in (root / PAGE).read_text("utf-8") and not write_docs:
        pytest.skip("the page tells of other files than these; --write-docs writes it anew")
    lines = [
        "| rulebook | cases | exactly | within the tolerance | worst difference | tolerance | not read | wrong |",
        "|---|---|---|---|---|---|---|---|",
    ]
    told = [line for system in SYSTEMS for reading in system.readings for line in row(system, reading, shared)]
    lines += [line for line in told if line.startswith("|")]
    marked(
        root / PAGE, "vectors", "\n".join([*lines, "", *[line for line in told if not line.startswith("|")], "", read])
    )


def row(system: System, reading: Reading, folder: Path) -> Iterator[str]:
    """The row of a rulebook, then what is to be said of cases that are not read or wrong."""
    cases = read_cases(system, folder)
    compared = [(case, compare(system, reading, case)) for case in cases]
    with_figures = [(case, found) for case, found in compared if found]
    unread = [case for case, found in compared if found is None]
    wrong = [(case, figure) for case, found in with_figures for figure in found if figure.wrong]
    worst = [max(found, key=differing) for case, found in with_figures if not any(figure.wrong for figure in found)]
    assert all(figure.holds for figure in worst)
    near = [figure for figure in worst if figure.off]
    worst_of_all = difference(max(near, key=differing)) if near else ""
    counts = [len(with_figures) + len(unread), len(worst) - len(near), len(near), worst_of_all]
    counts += [reading.tolerance, len(unread), len(wrong)]
    yield f"| `{reading.rulebook}` | " + " | ".join(str(count or "") for count in counts) + " |"
    if unread:
        yield f"- Not read by `{reading.rulebook}`: {named(unread)}; {reading.unread}."
    for case, figure in wrong:
        assert figure.wrong is not None
        yield f"- Wrong in the source: {named([case])} says {figure.wrong.states:,}; {figure.wrong.because}."


def differing(figure: Compared) -> Fraction:
    """How much of what is allowed is taken."""
    return figure.off / Fraction(figure.within) if figure.off else Fraction()


def difference(figure: Compared) -> str:
    assert figure.off is not None
    assert isinstance(figure.figure, Decimal)
    return f"{float(figure.off):,.4g} from {float(figure.figure):,.15g}"


def named(cases: list[Json]) -> str:
    return ", ".join(f"`{case['id']}`" for case in cases)


def test_the_page_tells_what_netting_saves(root: Path, marked: Marked) -> None:
    found = list(needed(root / "examples" / "portfolios"))
    assert {one.portfolio for one in found} == set(PORTFOLIOS)
    lines = ["| portfolio | regime | own money | its parts alone | saved |", "|---|---|---|---|---|"]
    lines += [f"| {portfolio(one)} | {one.regime} | {saving(one)} |" for one in found]
    marked(root / PAGE, "portfolios", "\n".join(lines))


def portfolio(one: Needed) -> str:
    return one.portfolio.replace("-", " ") if one.portfolio != "cash-and-carry" else one.portfolio


def saving(one: Needed) -> str:
    whole = f"{round(one.whole):,}"
    return (
        f"{whole} | {round(sum(one.parts)):,} | {round(one.saved * 100)} %"
        if len(one.parts) > 1
        else f"{whole} | - | -"
    )
