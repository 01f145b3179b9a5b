"""A book as a file: its accounts, and the snapshot without accounts that gives its instant and reference rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from ...program.diagnostic import SnapshotError, Span
from ...program.program import Program
from ..diagnostics import book as pages
from ..exact.rows import reference_rows
from ..snapshot.data import Snapshot
from ..snapshot.read import read_snapshot
from ..snapshot.source import Raw, open_snapshot
from .batches import Batches, batches_of
from .book import Book
from .form import REFERENCE, beside


@dataclass(frozen=True, slots=True)
class BookFile:
    """A book that is open but not yet understood: which program to read it with depends on its instant.

    head   the snapshot without accounts
    """

    file: str
    batches: Batches
    head: Raw

    @property
    def as_of(self) -> Decimal:
        """Seconds since 1970 UTC."""
        return self.head.as_of

    def at(self, as_of: Decimal) -> BookFile:
        """The same book at another instant."""
        return replace(self, head=replace(self.head, as_of=as_of))


def open_book_file(path: Path, name: str, reference: Raw | None = None) -> BookFile:
    """Opens a book; `reference` counts instead of what it carries or what stands beside it. Raises SnapshotError."""
    batches = batches_of(path, name)
    carried = (batches.schema.metadata or {}).get(REFERENCE.encode())
    other = beside(path)
    there = other.is_file()
    if reference is not None:
        head = reference
    elif carried is not None and there:
        raise SnapshotError([pages.reference_twice(Span(name), other.name)])
    elif carried is not None:
        head = open_snapshot(None, f"{name} (metadata)", carried)
    elif there:
        head = open_snapshot(other, str(Path(name).with_name(other.name)))
    else:
        raise SnapshotError([pages.no_reference(Span(name), other.name)])
    return BookFile(name, batches, head)


def read_book(file: BookFile, program: Program) -> tuple[Snapshot, Book]:
    """The book typed against the program's kinds: as a snapshot whose accounts are read exactly, and as itself.

    Raises SnapshotError; so may iterating the accounts.
    """
    data = read_snapshot(file.head, program)
    reference, _ = reference_rows(program, data.reference)
    book = Book(file.batches, program, reference)
    return replace(data, file=file.file, accounts=book.accounts()), book
