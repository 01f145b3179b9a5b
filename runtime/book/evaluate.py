"""A book through the exact executor, to record batches of results."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from ..exact.evaluate import Bound
from ..results import Result
from .book import Book
from .results import Table, result_batch

_BATCH = 4_096
"""Results of a record batch: an account evaluated exactly costs far more than its place in a batch."""


def evaluate_book(book: Book, bound: Bound, table: Table) -> Iterator[Any]:
    """Every account of the book in its order, as record batches of `table.schema`. Raises SnapshotError.

    This is the form of every executor of books.
    """
    return batches_of_results((bound.evaluate(account) for account in book.accounts()), table, bound.as_of)


def batches_of_results(results: Iterable[Result], table: Table, as_of: Decimal) -> Iterator[Any]:
    """Results of one instant as record batches."""
    remaining = iter(results)
    while some := list(itertools.islice(remaining, _BATCH)):
        yield result_batch(table, some, [as_of] * len(some) if table.options.as_of else ())
