"""marginc itself: native kernels from the rulebook, the exact executor, the road from an Arrow file to results."""

from __future__ import annotations

import inspect
import os
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import marginc
from marginc.api import open_document
from marginc.runtime.exact import bind
from marginc.runtime.snapshot import read_snapshot
from marginc.runtime.snapshot.data import Snapshot

from ..book import RULEBOOKS, Book
from ..rules import program
from ..sample import ERROR, accounts_of
from .contestant import Contestant, Missing, Outcome, Run

EVERY = tuple(RULEBOOKS)
EXACT_ACCOUNTS = 100


def snapshot_of(book: Book, accounts: int = 0) -> Snapshot:
    """The book's reference rows and its first accounts, read as a snapshot."""
    first = accounts_of(book.table.slice(0, accounts))
    return read_snapshot(open_document({**book.reference, "accounts": first}), program(book.rulebook))


def kernel_of(book: Book) -> Any:
    """The native kernel of the book's rulebook over its reference rows. Raises Missing."""
    try:
        from marginc.runtime.native import prepare
    except ImportError as failure:
        raise Missing(f"marginc's native executor cannot be imported: {failure}") from failure
    snapshot = snapshot_of(book)
    return prepare(program(book.rulebook), snapshot.reference, snapshot.as_of)


def prepare_native(book: Book, mode: str, threads: int) -> Run:
    """The compiled kernel, and the book's columns checked and loaded."""
    kernel = kernel_of(book)
    loaded = kernel.load(book.table)

    return lambda: kernel.run(loaded, threads=threads, mode=mode)


def read_native(_book: Book, found: Any) -> Outcome:
    """What the kernel found, as arrays."""
    return Outcome(found.status, found.values, int(found.uncertain))


def prepare_exact(book: Book) -> Run:
    """Accounts read from decimal text; one run evaluates each, outputs and status, without a trace."""
    snapshot = snapshot_of(book, EXACT_ACCOUNTS)
    accounts = list(snapshot.accounts)
    bound = bind(program(book.rulebook), snapshot.as_of, snapshot.reference)

    def once() -> Outcome:
        results = [bound.evaluate(account) for account in accounts]
        rungs = [ERROR if result.status is None else result.rung for result in results]
        names = results[0].outputs if book.rulebook in ("continuous", "discontinuous") else {}
        values = {name: np.array([float(str(result.outputs[name])) for result in results]) for name in names}
        return Outcome(np.array(rungs, np.uint8), values)

    return once


def _file_threads() -> int:
    """How many threads `evaluate_table` is given: one where it can be told so, else it takes all cores."""
    evaluate = getattr(marginc, "evaluate_table", None)
    told = evaluate is not None and "threads" in inspect.signature(evaluate).parameters
    return 1 if told else os.cpu_count() or 1


FILE_THREADS = _file_threads()


def prepare_file(book: Book) -> Run:
    """Nothing: a run maps the Arrow file into memory, evaluates the table, and has a table of results."""
    evaluate = getattr(marginc, "evaluate_table", None)
    if evaluate is None:
        raise Missing("`marginc.evaluate_table` is not there")
    rules = marginc.Program(program(book.rulebook))
    options = {"threads": 1} if FILE_THREADS == 1 else {}

    def once() -> pa.Table:
        with pa.memory_map(str(book.file)) as source, pa.ipc.open_file(source) as reader:
            return evaluate(rules, reader.read_all(), book.reference, **options)

    return once


def read_results(book: Book, results: pa.Table) -> Outcome:
    """Statuses of a results table as rungs, and its numbers."""
    status = results["status"]
    if pa.types.is_dictionary(status.type):
        status = status.cast(status.type.value_type)
    names = pa.array([rung.name for rung in program(book.rulebook).ladder])
    rungs = pc.fill_null(pc.index_in(status, names), ERROR).to_numpy().astype(np.uint8)
    numbers = [name for name in results.column_names if pa.types.is_floating(results[name].type)]
    return Outcome(rungs, {name: results[name].to_numpy() for name in numbers}, by_name=True)


def _native(name: str, mode: str, threads: int) -> Contestant:
    return Contestant(
        name, partial(prepare_native, mode=mode, threads=threads), EVERY,
        threads=threads, package="marginc", read=read_native,
    )  # fmt: skip


PLAIN, CERTIFIED, FIXED = "marginc, plain", "marginc, certified", "marginc, int128"
EXACT, FILE = "marginc, exact executor", "marginc, Arrow file to results"
TWO = ", 2 threads"

CONTESTANTS = [
    _native(PLAIN, "plain", 1),
    _native(PLAIN + TWO, "plain", 2),
    _native(CERTIFIED, "certified", 1),
    _native(CERTIFIED + TWO, "certified", 2),
    _native(FIXED, "fixed", 1),
    Contestant(FILE, prepare_file, EVERY, threads=FILE_THREADS, package="marginc", read=read_results),
    Contestant(EXACT, prepare_exact, EVERY, at_most=EXACT_ACCOUNTS, package="marginc"),
]
