"""Runs the benchmarks: `python -m marginc.benchmarks.books.run`.

The page goes to stderr, or where `--write` says; the JSON to stdout.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np

from marginc.benchmarks.books.book import RULEBOOKS, Book, default_folder, open_book
from marginc.benchmarks.books.contestants import CONTESTANTS, Contestant, Missing, by_hand
from marginc.benchmarks.books.latency import latency
from marginc.benchmarks.books.limits import void
from marginc.benchmarks.books.measure import exact_decisions, measure
from marginc.benchmarks.books.memory import extra_megabytes
from marginc.benchmarks.books.page import as_json, page
from marginc.benchmarks.books.report import BookReport, Report
from marginc.benchmarks.books.startup import startup

SMALLER = (1_000, 100_000)
"""Sizes of the continuous book besides the one that is asked for."""


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--accounts", type=int, default=1_000_000, help="accounts of a book (default 1,000,000)")
    options.add_argument("--rounds", type=int, default=7, help="turns through all contestants (default 7)")
    options.add_argument("--sample", type=int, default=2_000, help="accounts of hyperliquid decided exactly (2,000)")
    options.add_argument("--repeats", type=int, default=5, help="processes for the time to start (default 5)")
    options.add_argument("--books", default=",".join(RULEBOOKS), help="which books, with commas between")
    options.add_argument("--only", default="", help="contestants by words of their names, with commas between")
    options.add_argument("--folder", type=Path, default=default_folder(), help="where books are kept")
    options.add_argument("--write", type=Path, help="the page, written here instead of to stderr")
    given = options.parse_args()
    unknown = [name for name in given.books.split(",") if name not in RULEBOOKS]
    if unknown:
        options.error(f"there is no book `{unknown[0]}`; there are {', '.join(RULEBOOKS)}")
    report = run(given)
    print(json.dumps(as_json(report)))
    if given.write:
        _write(given.write, page(report))
        print(f"{given.write} is written", file=sys.stderr)
    else:
        print(page(report), file=sys.stderr)
    reason = void(report)
    if reason:
        print(f"this run is void: {reason}", file=sys.stderr)


def run(given: argparse.Namespace) -> Report:
    """All that was asked for, the largest book of each name last."""
    words = [word.strip().lower() for word in given.only.split(",") if word.strip()]
    chosen = [contestant for contestant in CONTESTANTS if not words or any(_meant(contestant, w) for w in words)]
    report = Report(given.accounts, given.rounds, compiler=_compiler())
    for name in given.books.split(","):
        sizes = [size for size in SMALLER if size < given.accounts and name == "continuous"] + [given.accounts]
        for size in sizes:
            book = open_book(name, size, given.folder)
            report.books.append(_measured(book, chosen, given))
        if name != "adversarial" and any("marginc" in c.name for c in chosen):  # it has the rules of `continuous`
            report.startup[name] = startup(name, given.repeats, given.folder)
            report.latency[name] = latency(open_book(name, SMALLER[0], given.folder))
    if report.book("continuous"):
        for contestant in chosen:
            if "continuous" in contestant.books and contestant.at_most is None:
                report.memory[contestant.name] = extra_megabytes(contestant, "continuous", given.accounts, given.folder)
    return report


def _meant(contestant: Contestant, word: str) -> bool:
    """Whether a word means a contestant: `c` is C and nobody else."""
    name = contestant.name.lower()
    return word == name or (len(word) > 1 and word in name)


def _measured(book: Book, chosen: list[Contestant], given: argparse.Namespace) -> BookReport:
    lines = measure(book, chosen, given.rounds, given.sample, given.folder)
    exact = exact_decisions(book, given.sample, given.folder)
    rows = sum(len(book.table[name].chunk(0).values) for name in ("balances", "positions"))
    healthy = int(exact.max(initial=0))  # the last rung of the ladder
    return BookReport(book.name, book.count, rows, book.ties, float(np.mean(exact != healthy)), lines)


def _compiler() -> str:
    try:
        return f"{by_hand.compiler()}, {' '.join(by_hand.FLAGS[:3])}"
    except Missing:
        return ""


def _write(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, "utf-8")
    partial.replace(path)


if __name__ == "__main__":
    main()
