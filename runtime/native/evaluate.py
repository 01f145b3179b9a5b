"""Books and snapshots through machine code; accounts that it leaves undecided go to the exact executor, one by one."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from ...program.number import Value
from ...program.program import Program
from ..book import Block, Book
from ..book.evaluate import batches_of_results
from ..book.evaluate import evaluate_book as evaluate_exactly
from ..book.results import Table
from ..exact.evaluate import Bound, bind
from ..results import Result
from ..snapshot.data import Snapshot
from .accounts import blocks_of
from .answers import result_of
from .arithmetic import TooManyUnits
from .jobs import Found
from .reference import TooLarge
from .results import batch_of, unnamed
from .run import Kernel
from .verdict import UNDECIDED
from .writing import Unsupported

BEYOND = (Unsupported, TooLarge, TooManyUnits)
"""Why a program cannot be machine code; it is then evaluated exactly as a whole."""


def evaluate_book(book: Book, bound: Bound, table: Table, threads: int = 0) -> Iterator[Any]:
    """Every account of the book in its order, as record batches of `table.schema`. Raises SnapshotError.

    threads  how many work at once; 0 is one a processor. What they find does not depend on how many there are.

    Numbers are doubles within a proven bound of the exact value; statuses, checks and errors are those of the exact
    executor. Messages are left to it: they are null where machine code decides.
    """
    if table.options.exact:
        yield from evaluate_exactly(book, bound, table)
        return
    kernel = Kernel(book.program, bound.observed, bound.as_of, bound.replaced, book.words)
    blocks = kernel.blocks(book)
    first = next(blocks, None)
    if first is None:
        return
    try:
        kernel.ready(first, "certified", table.options.bound, bool(table.rows))
    except BEYOND:
        accounts = book.accounts_in(itertools.chain([first], blocks))
        yield from batches_of_results(map(bound.evaluate, accounts), table, bound.as_of)
        return
    threads = threads or cores()
    with ThreadPoolExecutor(threads) as pool:
        block: Block | None = first
        while block is not None:
            found = _found(kernel, block, pool, threads, table.options.bound, bool(table.rows))
            found.status[unnamed(table, kernel, block)] = UNDECIDED
            exact = {
                int(place): bound.evaluate(book.account(block.first + int(place), block))
                for place in np.flatnonzero(found.status == UNDECIDED)
            }
            yield batch_of(table, kernel, book, block, found, exact)
            block = next(blocks, None)


def evaluate_snapshot(
    program: Program, snapshot: Snapshot, replaced: Mapping[int, Value] | None = None
) -> Iterator[Result]:
    """Every account of a snapshot, in its order, as `runtime.exact.evaluate` gives them.

    Numbers are doubles within a proven bound, as their shortest decimals; a message is empty where machine code
    decides.
    """
    bound = bind(program, snapshot.as_of, snapshot.reference, replaced)
    kernel = Kernel(program, snapshot.reference, snapshot.as_of, replaced)
    with ThreadPoolExecutor(1) as pool:
        for accounts, block in blocks_of(kernel, snapshot.accounts):
            try:
                found = _found(kernel, block, pool, 1, False, True)
            except BEYOND:
                found = Found(block.first, block.count, np.full(block.count, UNDECIDED, np.uint8))
            for place, account in enumerate(accounts):
                if found.status[place] == UNDECIDED:
                    yield bound.evaluate(account)
                else:
                    yield result_of(kernel, block, found, place, account)


def _found(kernel: Kernel, block: Block, pool: ThreadPoolExecutor, threads: int, bounds: bool, rows: bool) -> Found:
    """What machine code finds of a block: by doubles, and by residues where they leave something open."""
    found = kernel.run_block(block, pool, threads, "certified", bounds, rows)
    with contextlib.suppress(*BEYOND):
        kernel.decide(block, found, pool, threads, bounds, rows)
    return found


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
