"""A table of accounts in, a table of results out: one partition of a book, a pure function of what it is given."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from ...program.program import Program
from ..book import open_book
from ..book.options import Options
from ..book.results import result_table
from ..exact.evaluate import bind
from ..snapshot.data import Snapshot
from .evaluate import evaluate_book


def evaluate_accounts(program: Program, accounts: Any, reference: Snapshot, threads: int, bound: bool) -> Any:
    """Results of an Arrow table of accounts under a program, as `marginc.evaluate_table` tells."""
    exact = bind(program, reference.as_of, reference.reference)
    keys = {kind: list(rows) for kind, rows in exact.reference.items()}
    book = open_book(accounts, program, keys)
    table = result_table(program, keys, book.labels, Options(bound=bound), book.words)
    batches = list(evaluate_book(book, exact, table, threads))
    return pa.Table.from_batches(batches, schema=table.schema).unify_dictionaries()
