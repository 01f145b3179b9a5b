"""Accounts of a book as a snapshot of decimal text, for whoever reads one by one; decided by the exact executor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import pyarrow as pa

import marginc
from marginc.runtime.results import Result

from .book import Book
from .rules import program

AT_ONCE = 500
"""Accounts in one snapshot; a JSON snapshot is small."""
ERROR = 255
"""The rung of an account in error."""


def accounts_of(table: pa.Table) -> list[dict[str, object]]:
    """Accounts as a snapshot holds them, every number as the text of its shortest decimal."""
    return [{name: _text(value) for name, value in row.items()} for row in table.to_pylist()]


def _text(value: object) -> object:
    match value:
        case float() | Decimal():
            return f"{Decimal(repr(value)) if isinstance(value, float) else value:f}"
        case bool() | None:
            return value
        case list():
            return [_text(item) for item in value]
        case Mapping():
            return {name: _text(item) for name, item in value.items()}
    return str(value)


def exact_results(book: Book, count: int) -> Iterator[Result]:
    """The first accounts of a book under the exact executor."""
    rules = marginc.Program(program(book.rulebook))
    for begin in range(0, min(count, book.count), AT_ONCE):
        accounts = accounts_of(book.table.slice(begin, min(AT_ONCE, count - begin)))
        yield from rules.evaluate({**book.reference, "accounts": accounts})


def exact_rungs(book: Book, count: int) -> list[int]:
    """Their rungs, `ERROR` for accounts in error."""
    return [ERROR if result.status is None else result.rung for result in exact_results(book, count)]
