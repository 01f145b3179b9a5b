"""A book: accounts by the million, in blocks for machine code, or one by one for the exact executor."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute

from ...program.diagnostic import SnapshotError, Span
from ...program.program import Program
from ..diagnostics import book as pages
from ..snapshot.data import AccountData
from .batches import Batches, batches_of
from .blocks import Check, block_of, pieces
from .buffers import Damaged, texts, validity
from .columns import Block
from .exact import read_accounts
from .names import Names, plain_text, repeats
from .schema import ACCOUNT, Orders, plan_of
from .words import Words

_KEPT = 2
"""Slices of the book that are kept for a second look after they were handed out; blocks keep their own."""


def open_book(
    source: Any,
    program: Program,
    reference: Mapping[str, Iterable[str]],
    name: str = "book",
    words: Words | None = None,
) -> Book:
    """The accounts of an Arrow table, record batch or reader, or of a file of Arrow or Parquet, against a program.

    reference  the keys of the reference rows by kind, in their order
    name       what people call it in findings
    words      numbers of words that are already given out; new ones by default

    Raises SnapshotError where the columns are not those that the model observes.
    """
    batches = source if isinstance(source, Batches) else batches_of(source, name)
    return Book(batches, program, reference, words)


class Book:
    """Accounts that are read as they are asked for. Not for several threads at once.

    name        what people call it
    words       numbers of labels' words, shared by all columns
    count       accounts, None where that is known only at the end
    labels      names of the label columns that it has
    """

    def __init__(
        self,
        batches: Batches,
        program: Program,
        reference: Mapping[str, Iterable[str]],
        words: Words | None = None,
    ):
        self.name = batches.name
        self.program = program
        self.words = words if words is not None else Words(program)
        self.orders: Orders = {
            kind: {key: number for number, key in enumerate(keys)} for kind, keys in reference.items()
        }
        self.plan = plan_of(batches.schema, program, self.orders, self.words, batches.name)
        self.count = batches.count
        self.labels = tuple(self.plan.labels)
        self._batches = batches
        self._passed = Names()
        self._repeats: Mapping[int, int] | None = None if batches.again else {}
        self._kept: deque[tuple[int, Any]] = deque(maxlen=_KEPT)

    def blocks(self, leave: Collection[Check] = ()) -> Iterator[Block]:
        """Every account, laid out for machine code, in stretches of bounded size.

        leave   checks that the caller does itself: "keys" (a key twice in an account), "names" (a name twice in the
                book); what they would find is then not marked as unreadable

        Raises SnapshotError where the book is damaged.
        """
        with self._damage_told():
            for first, piece in self._pieces():
                repeated = None if "names" in leave else self._repeated_in(first, piece)
                yield block_of(piece, first, self.plan, repeated, leave)

    def repeated_names(self) -> Mapping[int, int]:
        """Accounts whose name came before, and the first account that has it; looked up once, by names alone.

        Of a book that passes only once, among the accounts that `blocks` has handed out.
        """
        if self._repeats is None:
            with self._damage_told():
                self._repeats = repeats(lambda: (plain_text(one.column(0)) for one in self._batches.open([ACCOUNT])))
        return self._repeats

    def accounts(self) -> Iterable[AccountData]:
        """Every account exactly, as the same account in JSON would be read. Raises SnapshotError while iterated."""
        return _Accounts(self)

    def accounts_in(self, blocks: Iterable[Block]) -> Iterator[AccountData]:
        """The accounts of all blocks exactly, as they are handed out; of a book that passes only once too."""
        firsts: dict[str, int] = {}
        with self._damage_told():
            for block in blocks:
                yield from read_accounts(block.source, block.first, self.plan, self.orders, self.name, firsts)

    def account(self, number: int, block: Block | None = None) -> AccountData:
        """One account exactly; quickly where the block that holds it is at hand. Raises IndexError, SnapshotError.

        A book that passes only once has only the accounts of such a block, and of those handed out last.
        """
        first, piece = self._find(number, block)
        with self._damage_told():
            one = piece.slice(number - first, 1)
            firsts = self._firsts(one, number)
            return next(read_accounts(one, number, self.plan, self.orders, self.name, firsts))

    def find(self, name: str) -> int | None:
        """The number of the first account of this name. Raises SnapshotError."""
        passed = 0
        with self._damage_told():
            for one in self._batches.open([ACCOUNT]):
                place = compute.index(plain_text(one.column(0)), name).as_py()
                if place >= 0:
                    return passed + int(place)
                passed += one.num_rows
        return None

    def names(self, first: int, count: int, block: Block | None = None) -> Any:
        """Names of accounts as an Arrow array, in place; an account without one has its number, as in results."""
        parts = []
        while count > 0:
            begin, piece = self._find(first, block)
            with self._damage_told():
                part = plain_text(piece.column(self.plan.account).slice(first - begin, count))
            parts.append(_numbered(part, first))
            first, count = first + len(part), count - len(part)
        return parts[0] if len(parts) == 1 else pa.concat_arrays(parts or [pa.array([], pa.string())])

    def label(self, name: str, first: int, count: int, block: Block | None = None) -> Any:
        """One of the labels carried through, for accounts that lie in one block, as an Arrow array in place."""
        begin, piece = self._find(first, block)
        return piece.column(self.plan.labels[name]).slice(first - begin, count)

    def read_all(self) -> Iterator[AccountData]:
        """The accounts of `accounts`, once."""
        firsts: dict[str, int] = {}
        with self._damage_told():
            for first, piece in self._pieces():
                yield from read_accounts(piece, first, self.plan, self.orders, self.name, firsts)

    def _pieces(self) -> Iterator[tuple[int, Any]]:
        total = 0
        for batch in self._batches.open(None):
            for first, piece in pieces(batch, self.plan):
                self._kept.append((total + first, piece))
                yield total + first, piece
            total += batch.num_rows

    def _find(self, number: int, block: Block | None = None) -> tuple[int, Any]:
        """The slice that holds an account. Raises IndexError, SnapshotError."""
        if block is not None and block.first <= number < block.first + block.count:
            return block.first, block.source
        for first, piece in reversed(self._kept):
            if first <= number < first + len(piece):
                return first, piece
        if self._batches.again:
            with self._damage_told():
                for first, piece in self._pieces():
                    if first <= number < first + len(piece):
                        return first, piece
        raise IndexError(number)

    def _repeated_in(self, first: int, piece: Any) -> Any:
        """Rows of a slice whose name came before."""
        if not self._batches.again:
            found = self._passed.add(plain_text(piece.column(self.plan.account)))
            self._repeats = {**self.repeated_names(), **found}
            rows = [account - first for account in found]
        else:
            rows = [account - first for account in self.repeated_names() if first <= account < first + len(piece)]
        return np.array(rows, np.int64) if rows else None

    def _firsts(self, one: Any, number: int) -> dict[str, int]:
        """The account that has the name of this one and comes before it, if there is one."""
        before = self.repeated_names().get(number)
        name = texts(plain_text(one.column(self.plan.account)))[0]
        return {} if before is None or name is None else {name: before + 1}

    @contextmanager
    def _damage_told(self) -> Iterator[None]:
        try:
            yield
        except Damaged as reason:
            raise SnapshotError([pages.damaged(Span(self.name), str(reason))]) from None


class _Accounts:
    """The accounts of a book, read anew each time they are iterated."""

    def __init__(self, book: Book):
        self.book = book

    def __iter__(self) -> Iterator[AccountData]:
        return self.book.read_all()


def _numbered(array: Any, first: int) -> Any:
    """The names with `#1` and so on where one is null."""
    valid = validity(array)
    if valid is None:
        return array
    there = zip(texts(array), valid, strict=True)
    return pa.array([text if here else f"#{first + place}" for place, (text, here) in enumerate(there, 1)], array.type)
