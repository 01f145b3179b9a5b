"""The run as a page and as JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from .. import machine
from .contestants import Contestant
from .contestants.compiled import CERTIFIED, PLAIN, TWO
from .limits import Limit, limits, void
from .measure import Line
from .report import BASE, BookReport, Report
from .startup import Startup

ABOUT = {
    "continuous": "Caps and marginal tiers (`benchmarks/rules/continuous.yaml`); random accounts.",
    "adversarial": "The same rules; a quarter of the accounts is on the line, `required == 95% * backing` in decimals.",
    "discontinuous": "Whole lots, the tier's rate on the whole amount, a surcharge behind a loss.",
    "hyperliquid": "The shipped `hyperliquid/portfolio-margin`: groups, crossed scopes, loans, 17 outputs.",
}
INTRODUCTION = """\
# Benchmarks

`make bench-books` makes the books, lets every contestant decide them, and writes this page.

Accounts are synthetic: 200 assets, 200 markets with one to four tiers, counts of rows with a Pareto tail (mean 4
balances and 6 positions, at most 150), a sixth without positions, about a third liquidatable. All contestants take
turns in one process, round after round; a figure is the median of its rounds, a ratio is to hand-written C on one
thread (`benchmarks/books/c/margin.c`) in the same run. C, marginc and NumPy read the columns of the Arrow table where
they lie, and write to output columns that the run before has made; what others need (long tables, dictionaries) is
made once, before, and told as ingestion. What depends on reference rows alone is worked out before a run, for everyone.

Decisions are compared with exact ones: whole numbers of a fixed scale decide every account of the study's books, the
exact executor a sample of the fourth. A rule engine is given a few hundred accounts."""


def page(report: Report) -> str:
    """The page in Markdown."""
    parts = [INTRODUCTION, f"{machine.told()}; {report.compiler or 'no C compiler'}."]
    reason = void(report)
    if reason:
        parts.append(f"**This run is void: {reason}.**")
    parts.append("## Limits\n\n" + "\n".join(_limits(limits(report))))
    parts += [f"## {book.name}, {book.accounts:,} accounts\n\n" + "\n".join(_book(book)) for book in report.books]
    parts.append("## Start, one account, memory\n\n" + "\n".join(_others(report)))
    parts.append("## Versions\n\n" + "\n".join(_versions(report)))
    return "\n\n".join(parts) + "\n"


def _limits(found: list[Limit]) -> Iterator[str]:
    yield "| | limit | seen | |"
    yield "|---|---|---|---|"
    for limit in found:
        sign = ">=" if limit.at_least else "<="
        seen = "-" if limit.seen is None else _number(limit.seen, limit.unit)
        yield f"| {limit.what} | {sign} {_number(limit.limit, limit.unit)} | {seen} | {limit.verdict} |"


def _number(value: float, unit: str = "") -> str:
    text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 10 or 0 < value < 0.1 else f"{value:.2f}"
    return f"{text} {unit}".strip()


def _book(book: BookReport) -> Iterator[str]:
    ties = f" {book.ties:,} are on the line." if book.ties else ""
    yield f"{ABOUT[book.name]} {book.rows:,} rows; {book.worst_share:.0%} are not healthy.{ties}"
    yield ""
    base = _base(book)
    yield f"| contestant | accounts | ratio to {base} | million accounts/s | wrong decisions | again | ingestion |"
    yield "|---|---|---|---|---|---|---|"
    for line in book.lines:
        yield _row(book, line, base)
    yield from _threads(book)


def _threads(book: BookReport) -> Iterator[str]:
    """Whether two threads give the same bits as one."""
    for mode in (PLAIN, CERTIFIED):
        one, two = book.line(mode), book.line(mode + TWO)
        if one and two:
            told = "the same bits as" if one.digest == two.digest else "**other bits than**"
            yield f"\n{mode}: two threads give {told} one."


def _base(book: BookReport) -> str:
    return BASE if book.line(BASE) else PLAIN


def _row(book: BookReport, line: Line, base: str) -> str:
    name = line.contestant.name
    if line.missing:
        reason = line.missing.replace("|", "/").replace("\n", " ")
        return f"| {name} | {reason[:120]} | | | | | |"
    ratio = book.ratio(name, base)
    wrong = f"{line.wrong:,} of {line.compared:,}" if line.compared else "not compared"
    told = "" if ratio is None else _number(ratio)
    speed = _number(1e-6 / line.per_account)
    again, ingestion = f"{line.uncertain:,}", f"{line.ingestion:.2f} s"
    return f"| {name} | {line.accounts:,} | {told} | {speed} | {wrong} | {again} | {ingestion} |"


def _others(report: Report) -> Iterator[str]:
    yield "| | rules to program | program to first results, cold | with machine code kept |"
    yield "|---|---|---|---|"
    for book, told in report.startup.items():
        if isinstance(told, Startup):
            figures = (told.rules, told.cold, told.kept)
            yield f"| {book} | " + " | ".join(_number(value, "ms") for value in figures) + " |"
        else:
            yield f"| {book} | {told} | | |"
    yield ""
    yield "| one account of 4 balances and 6 positions | bound native, from decimal text | exact, without a trace |"
    yield "|---|---|---|"
    for book, one in report.latency.items():
        native = one.native if isinstance(one.native, str) else _number(one.native, "us")
        yield f"| {book} | {native} | {_number(one.exact, 'us')} |"
    yield ""
    yield "| memory beyond input and output, continuous book | |"
    yield "|---|---|"
    for name, megabytes in report.memory.items():
        yield f"| {name} | {megabytes if isinstance(megabytes, str) else _number(megabytes, 'MB')} |"


def _versions(report: Report) -> Iterator[str]:
    for contestant in _once(line.contestant for _, line in report.all_lines()):
        yield f"- {contestant.package} {contestant.version}"


def _once(contestants: Iterator[Contestant]) -> list[Contestant]:
    return list({c.package: c for c in contestants if c.package}.values())


def as_json(report: Report) -> dict[str, object]:
    """Everything that was measured."""
    return {
        "benchmark": "books",
        **machine.described(),
        "compiler": report.compiler,
        "accounts": report.accounts,
        "rounds": report.rounds,
        "void": void(report),
        "limits": [{**dataclasses.asdict(limit), "verdict": limit.verdict} for limit in limits(report)],
        "books": [_book_json(book) for book in report.books],
        "memory_mb": report.memory,
        "startup_ms": {k: v if isinstance(v, str) else dataclasses.asdict(v) for k, v in report.startup.items()},
        "latency_us": {k: dataclasses.asdict(v) for k, v in report.latency.items()},
    }


def _book_json(book: BookReport) -> dict[str, object]:
    lines = [
        {"contestant": line.contestant.name, "missing": line.missing}
        if line.missing
        else {
            "contestant": line.contestant.name,
            "package": line.contestant.package,
            "version": line.contestant.version,
            "threads": line.contestant.threads,
            "accounts": line.accounts,
            "median_ms": round(line.median * 1e3, 4),
            "fastest_ms": round(min(line.seconds) * 1e3, 4),
            "ratio": book.ratio(line.contestant.name, _base(book)),
            "wrong": line.wrong,
            "compared": line.compared,
            "uncertain": line.uncertain,
            "ingestion_s": round(line.ingestion, 4),
            "digest": line.digest,
        }
        for line in book.lines
    ]
    return {"book": book.name, "accounts": book.accounts, "rows": book.rows, "ties": book.ties, "contestants": lines}
