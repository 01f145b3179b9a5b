"""One interleaved run over a book: every contestant in every round, so that a busy moment falls on all of them."""

from __future__ import annotations

import gc
import hashlib
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .book import Book
from .contestants import Contestant, Missing, Outcome, Run
from .rules import program
from .sample import exact_rungs

TURN, MOST_REPEATS = 0.01, 100
"""A turn lasts about so many seconds: a run that takes less is repeated, at most so often."""


@dataclass(slots=True)
class Line:
    """What was seen of one contestant on one book.

    accounts    how many it was given
    seconds     of one run, by round; a turn is `repeats` runs
    ingestion   seconds from the Arrow table in memory to what a run reads
    wrong       decisions that differ from the exact ones, among `compared`
    digest      of statuses and values, bit for bit
    missing     why it could not run; then there is nothing else
    """

    contestant: Contestant
    accounts: int = 0
    seconds: list[float] = field(default_factory=list)
    ingestion: float = 0.0
    wrong: int = 0
    compared: int = 0
    uncertain: int = 0
    repeats: int = 1
    digest: str = ""
    missing: str = ""

    @property
    def median(self) -> float:
        """Of one run, in seconds."""
        return statistics.median(self.seconds)

    @property
    def per_account(self) -> float:
        """Seconds for an account."""
        return self.median / self.accounts


def measure(book: Book, contestants: list[Contestant], rounds: int, sample: int, folder: Path) -> list[Line]:
    """A line for each contestant that knows the book. `sample`: accounts decided by the exact executor where nobody
    else knows the decision; kept in `folder`."""
    expected = exact_decisions(book, sample, folder)
    lines = [Line(contestant) for contestant in contestants if book.name in contestant.books]
    runs: dict[int, Run] = {}
    for number, line in enumerate(lines):
        _told(f"{book.name}, {book.count:,} accounts: {line.contestant.name}")
        run = _prepared(line, book, expected)
        if run is not None:
            runs[number] = run
    numbers = list(runs)
    gc.disable()
    try:
        for turn in range(rounds):
            shift = turn % max(1, len(numbers))
            for number in numbers[shift:] + numbers[:shift]:
                lines[number].seconds.append(_seconds(runs[number], lines[number].repeats))
            gc.collect()
    finally:
        gc.enable()
    _told("")
    return lines


def _seconds(run: Run, repeats: int) -> float:
    """Of one run, where a turn is `repeats` of them."""
    given = None  # what a run gives is given back when the time is taken
    begin = time.perf_counter()
    for _ in range(repeats):
        given = run()
    end = time.perf_counter()
    del given
    return (end - begin) / repeats


def exact_decisions(book: Book, sample: int, folder: Path) -> NDArray[np.uint8]:
    """The exact rungs of the first accounts: of all where whole numbers decide, else of `sample`."""
    if len(book.decisions) == book.count:
        return book.decisions
    kept = folder / f"{book.file.parent.name}-exact-{min(sample, book.count)}-{program(book.rulebook).hash[-12:]}.npy"
    if not kept.exists():
        _told(f"{book.name}: the exact executor decides {min(sample, book.count):,} accounts")
        partial = kept.with_suffix(".partial.npy")
        np.save(partial, np.array(exact_rungs(book, sample), np.uint8))
        partial.replace(kept)
    rungs: NDArray[np.uint8] = np.load(kept)
    return rungs


def _prepared(line: Line, book: Book, expected: NDArray[np.uint8]) -> Run | None:
    """The contestant's run, after one that warms it up and is compared; None where it cannot run."""
    begin = time.perf_counter()
    try:
        run = line.contestant.prepare(book)
        line.ingestion = time.perf_counter() - begin
        _compare(line, book, line.contestant.outcome(book, run()), expected)
        line.repeats = max(1, min(MOST_REPEATS, int(TURN / _seconds(run, 1))))
    except Missing as reason:
        line.missing = str(reason)
        return None
    except Exception as failure:  # one contestant's failure is a line of the table, not the end of the run
        line.missing = f"failed: {type(failure).__name__}: {failure}"
        return None
    return run


def _compare(line: Line, book: Book, outcome: Outcome, expected: NDArray[np.uint8]) -> None:
    line.accounts, line.uncertain = len(outcome.status), outcome.uncertain
    line.compared = min(line.accounts, len(expected))
    first = _first_of_name(book) if outcome.by_name else np.arange(256)
    line.wrong = int(np.count_nonzero(first[outcome.status[: line.compared]] != first[expected[: line.compared]]))
    digest = hashlib.sha256(outcome.status.tobytes())
    for name in sorted(outcome.values):
        digest.update(np.ascontiguousarray(outcome.values[name]).tobytes())
    line.digest = digest.hexdigest()


def _first_of_name(book: Book) -> NDArray[np.int64]:
    """For each rung the first one of its name."""
    names = [rung.name for rung in program(book.rulebook).ladder]
    first = np.arange(256)
    first[: len(names)] = [names.index(name) for name in names]
    return first


def _told(text: str) -> None:
    """What is going on, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
