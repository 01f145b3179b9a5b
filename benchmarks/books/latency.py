"""How long one account takes that arrives as decimal text: the bound native kernel, and the exact executor."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import marginc
from marginc.runtime.exact import bind
from marginc.runtime.snapshot.data import Snapshot

from .book import Book
from .contestants.compiled import snapshot_of
from .rules import program
from .sample import accounts_of

BALANCES, POSITIONS = 4, 6
"""Of the account that is measured: the mean of the books."""
REPEATS, SECONDS = 300, 2.0
"""At most so many evaluations, for at most so long."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Microseconds for one account, medians; a text says why there is none.

    native   `program.bind(reference).evaluate(account)`
    exact    the exact executor on an account that is read
    """

    native: float | str
    exact: float


def latency(book: Book) -> Latency:
    """Of an account with as many rows as the mean has."""
    number = _typical(book)
    account = accounts_of(book.table.slice(number, 1))[0]
    typical = Book(book.name, book.rulebook, book.file, book.table.slice(number, 1), book.reference, book.decisions)
    snapshot: Snapshot = snapshot_of(typical, 1)
    (read,) = snapshot.accounts
    bound = bind(program(book.rulebook), snapshot.as_of, snapshot.reference)
    exact = _median(lambda: bound.evaluate(read))
    try:
        ready = marginc.Program(program(book.rulebook)).bind(book.reference)
        native: float | str = _median(lambda: ready.evaluate(account))
    except Exception as failure:  # a line of the table, not the end of the run
        native = f"failed: {type(failure).__name__}: {failure}"
    return Latency(native, exact)


def _typical(book: Book) -> int:
    """The first account with the mean's rows."""
    offsets = [book.table[name].chunk(0).offsets.to_numpy() for name in ("balances", "positions")]
    wanted = np.logical_and(*(np.diff(o) == rows for o, rows in zip(offsets, (BALANCES, POSITIONS), strict=True)))
    return int(np.flatnonzero(wanted)[0])


def _median(call: Callable[[], object]) -> float:
    call()
    times: list[float] = []
    while len(times) < REPEATS and sum(times) < SECONDS:
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e6
