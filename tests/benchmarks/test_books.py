"""The books of the benchmarks and who decides them: everyone gives the exact decisions, or is counted wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import marginc
from marginc.benchmarks.books import exact, limits, page, sample
from marginc.benchmarks.books.book import RULEBOOKS, TIES, Book, drawn, open_book
from marginc.benchmarks.books.contestants import CONTESTANTS, Contestant, Missing, Outcome
from marginc.benchmarks.books.contestants.contestant import VALUES
from marginc.benchmarks.books.measure import Line, measure
from marginc.benchmarks.books.report import BookReport, Report
from marginc.benchmarks.books.rules import FOLDER, rules

ACCOUNTS = 400
STUDY = ("continuous", "discontinuous", "adversarial")
DECIDES_EXACTLY = {
    "marginc, certified",
    "marginc, certified, 2 threads",
    "marginc, int128",
    "marginc, Arrow file to results",
    "marginc, exact executor",
    "ZEN, per account",
}
"""On ties too: those of marginc by proof, ZEN because it computes with decimals of 28 digits."""
DOUBLES = {contestant.name for contestant in CONTESTANTS} - DECIDES_EXACTLY

Opened = Callable[[str], Book]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("books")


@pytest.fixture(scope="module")
def opened(folder: Path) -> Opened:
    return lambda name: open_book(name, ACCOUNTS, folder)


def contestants(book: str) -> list[Contestant]:
    return [contestant for contestant in CONTESTANTS if book in contestant.books]


def outcome(contestant: Contestant, book: Book) -> Outcome:
    try:
        run = contestant.prepare(book)
    except Missing as reason:
        pytest.skip(str(reason))
    return contestant.outcome(book, run())


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_rulebooks_compile(path: Path) -> None:
    found = marginc.compile(path).diagnostics
    assert {finding.code for finding in found} == ({"MC339"} if path.stem == "discontinuous" else set())  # it jumps


@pytest.mark.parametrize("name", STUDY)
def test_whole_numbers_give_what_the_exact_executor_gives(opened: Opened, name: str) -> None:
    book = opened(name)
    accounts, reference, _ = drawn(name, ACCOUNTS)
    figures = exact.figures(accounts, reference, rules(RULEBOOKS[name]), discontinuous=name == "discontinuous")
    results = list(sample.exact_results(book, ACCOUNTS))
    for result, decision, one in zip(results, book.decisions, figures, strict=True):
        assert result.rung == decision
        assert result.outputs["required"] == Decimal(one.required).scaleb(-exact.SCALE)
        assert result.outputs["backing"] == Decimal(one.backing).scaleb(-exact.SCALE)


def test_a_quarter_of_the_adversarial_book_is_on_the_line(opened: Opened) -> None:
    results = list(sample.exact_results(opened("adversarial"), ACCOUNTS))
    on_the_line = [r for r in results if r.outputs["required"] * 100 == r.outputs["backing"] * 95]  # type: ignore[operator]
    assert len(on_the_line) == opened("adversarial").ties == TIES * ACCOUNTS
    assert all(result.status == "healthy" for result in on_the_line)  # liquidated is who is above


@pytest.mark.parametrize("name", STUDY)
def test_a_book_holds_the_decimals_it_was_made_of(opened: Opened, name: str) -> None:
    accounts, _, _ = drawn(name, ACCOUNTS)
    told = sample.accounts_of(opened(name).table)
    assert [Decimal(str(account["cash"])) for account in told] == [
        Decimal(c).scaleb(-8) for c in accounts.cash.tolist()
    ]


def test_decimal64_says_the_same(tmp_path: Path) -> None:
    doubles, decimals = (open_book("adversarial", 50, tmp_path, decimal=decimal) for decimal in (False, True))
    as_numbers = [
        [[Fraction(str(row["amount"])) for row in account["balances"]] for account in sample.accounts_of(book.table)]  # type: ignore[union-attr]
        for book in (doubles, decimals)
    ]
    assert as_numbers[0] == as_numbers[1]
    assert sample.exact_rungs(doubles, 50) == sample.exact_rungs(decimals, 50)


@pytest.mark.parametrize("name", STUDY)
def test_the_shape_of_a_book(name: str) -> None:
    accounts, _, _ = drawn(name, 20_000)
    balances, positions = np.diff(accounts.balance_offsets), np.diff(accounts.position_offsets)
    assert balances.min() == 1
    assert max(balances.max(), positions.max()) <= 150
    assert abs(balances.mean() - 4) < 0.2
    assert abs(positions.mean() - 6) < 0.3
    assert abs((positions == 0).mean() - 0.17) < 0.01


@pytest.mark.parametrize("contestant", contestants("continuous"), ids=lambda contestant: contestant.name)
def test_decisions_and_values_on_random_accounts(opened: Opened, contestant: Contestant) -> None:
    book = opened("continuous")
    given = outcome(contestant, book)
    count = len(given.status)
    assert given.status.tolist() == book.decisions[:count].tolist()
    results = list(sample.exact_results(book, count))
    digits = 1e-6 if contestant.name == "OpenFisca" else 1e-12  # it computes in float32
    for name in VALUES:
        expected = np.array([float(str(result.outputs[name])) for result in results])
        scale = np.array([float(str(result.outputs["maintenance_margin"])) for result in results]) + abs(expected) + 1e4
        assert np.all(abs(given.values[name] - expected) <= 100 * digits * scale), name


@pytest.mark.parametrize("contestant", contestants("discontinuous"), ids=lambda contestant: contestant.name)
def test_decisions_where_requirements_jump(opened: Opened, contestant: Contestant) -> None:
    given = outcome(contestant, opened("discontinuous"))
    assert given.status.tolist() == opened("discontinuous").decisions[: len(given.status)].tolist()


@pytest.mark.parametrize("contestant", contestants("adversarial"), ids=lambda contestant: contestant.name)
def test_decisions_on_the_line(opened: Opened, contestant: Contestant) -> None:
    """Doubles decide about a third of the ties wrong; nobody is wrong elsewhere."""
    book = opened("adversarial")
    given = outcome(contestant, book)
    wrong = np.count_nonzero(given.status != book.decisions[: len(given.status)])
    share = wrong / len(given.status)
    assert 0.05 * TIES < share < 0.6 * TIES if contestant.name in DOUBLES else wrong == 0


def test_accounts_of_hyperliquid_are_of_every_kind(opened: Opened) -> None:
    results = list(sample.exact_results(opened("hyperliquid"), 60))
    assert not [result.errors for result in results if result.errors]
    assert {result.status for result in results} == {"backstop", "liquidatable", "at_risk", "healthy"}


@pytest.mark.parametrize("name", ["marginc, plain", "marginc, certified"])
def test_decisions_on_hyperliquid(opened: Opened, name: str, folder: Path) -> None:
    (contestant,) = (contestant for contestant in CONTESTANTS if contestant.name == name)
    (line,) = measure(opened("hyperliquid"), [contestant], rounds=1, sample=50, folder=folder)
    assert (line.missing, line.compared, line.wrong) == ("", 50, 0)


def test_the_bound_of_the_study_finds_every_tie(opened: Opened) -> None:
    certified = next(c for c in CONTESTANTS if c.name == "C with the study's bound")
    assert outcome(certified, opened("adversarial")).uncertain == TIES * ACCOUNTS
    assert outcome(certified, opened("continuous")).uncertain == 0


def test_wrong_decisions_are_counted(opened: Opened, tmp_path: Path) -> None:
    book = opened("continuous")
    blind = Contestant("calls everyone healthy", lambda b: lambda: Outcome(np.ones(b.count, np.uint8)))
    absent = Contestant("not there", lambda _: (_ for _ in ()).throw(Missing("nobody sells it")))
    counted, missing = measure(book, [blind, absent], rounds=1, sample=0, folder=tmp_path)
    assert counted.wrong == int(np.count_nonzero(book.decisions == exact.LIQUIDATABLE)) > 0
    assert missing.missing == "nobody sells it"


def seen(*lines: tuple[str, float]) -> Report:
    """A run over 100 accounts of the continuous book in which contestants took these seconds."""
    made = [
        Line(Contestant(name, lambda _: lambda: Outcome(np.ones(1, np.uint8))), 100, [seconds], compared=100)
        for name, seconds in lines
    ]
    return Report(100, 1, [BookReport("continuous", 100, 1_000, 0, 0.3, made)])


def test_a_slow_c_kernel_voids_the_run() -> None:
    assert limits.void(seen(("C", 0.2), ("NumPy, blocked", 1.0))) == ""
    slow = seen(("C", 0.25), ("NumPy, blocked", 1.0))
    assert limits.void(slow) == "hand-written C is only 4.00 times as fast as blocked NumPy, not 5 times"
    assert "**This run is void: hand-written C is only 4.00 times" in page.page(slow)


def test_limits_say_what_is_missed() -> None:
    report = seen(("C", 1.0), ("marginc, plain", 1.1), ("marginc, certified", 1.21), ("CEL, per account", 2_000.0))
    verdicts = {limit.what: limit.verdict for limit in limits.limits(report)}
    assert verdicts["plain kernel / C, continuous"] == "reached"  # 1.10 at most
    assert verdicts["certified / C, continuous"] == "missed"  # 1.20 at most
    assert verdicts["CEL, per account / certified, one account"] == "reached"  # 2,000 / 1.21 is above 1,000
    assert verdicts["ZEN, per account / certified, one account"] == "not measured"


def test_a_run_writes_its_page_and_its_figures(tmp_path: Path) -> None:
    target = tmp_path / "benchmarks.md"
    options = ["--accounts", "200", "--rounds", "2", "--books", "continuous", "--only", "blocked"]
    done = subprocess.run(
        [sys.executable, "-m", "marginc.benchmarks.books.run", *options, "--folder", tmp_path / "b", "--write", target],
        capture_output=True, encoding="utf-8", check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (book,) = json.loads(done.stdout)["books"]
    assert [(line["contestant"], line["wrong"], line["compared"]) for line in book["contestants"]] == [
        ("NumPy, blocked", 0, 200),
        ("NumPy, blocked, row owners kept", 0, 200),
    ]
    assert "| NumPy, blocked | 200 |" in target.read_text("utf-8")
    assert "this run is void: hand-written C or blocked NumPy did not run" in done.stderr
