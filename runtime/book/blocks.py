"""A stretch of accounts as a block: every field laid out, and what cannot be read as it is marked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from .buffers import Array, validity, view
from .columns import BLOCK, Block, Column
from .keys import repeated_keys
from .layout import Laid, merged
from .names import plain_text, untaken_texts
from .schema import Collected, Plan, Source
from .vectors import list_bounds

Check = Literal["keys", "names"]
"""Checks that a caller may do itself: keys that stand twice in an account, names that stand twice in the book."""

ROWS = 1 << 21
"""Rows of all collections that a block may have if it has more than one account."""


def pieces(batch: Any, plan: Plan) -> Iterator[tuple[int, Any]]:
    """A record batch in slices that are small enough for a block, each with the number of its first account."""
    ends = [_row_ends(batch.column(one.place)) for one in plan.collections if one.place >= 0]
    first = 0
    while first < batch.num_rows:
        count = min(BLOCK, batch.num_rows - first)
        while count > 1 and sum(int(end[first + count]) - int(end[first]) for end in ends) > ROWS:
            count //= 2
        yield first, batch.slice(first, count)
        first += count


def block_of(piece: Any, first: int, plan: Plan, repeated: Array | None, leave: Collection[Check] = ()) -> Block:
    """The block of a slice of a record batch; `repeated` are its rows whose name came before. Raises Damaged."""
    unreadable = np.zeros(len(piece), np.uint8)
    columns: dict[tuple[str, str], Column] = {}
    offsets: dict[str, Array] = {}
    lengths: dict[str, int] = {}
    _mark(unreadable, repeated)
    _mark(unreadable, _untaken_names(piece.column(plan.account)))
    for place in plan.labels.values():
        if not pa.types.is_null(piece.column(place).type):
            _mark(unreadable, untaken_texts(plain_text(piece.column(place))))
    for source in plan.own:
        laid = _laid(source, None if source.place < 0 else piece.column(source.place), len(piece))
        _mark(unreadable, laid.bad)
        columns["account", source.field.name] = _column("account", source, laid)
    for one in plan.collections:
        bounds, count, child = _rows(one, piece, unreadable)
        offsets[one.kind], lengths[one.kind] = bounds, count
        for source in one.fields:
            array = None if child is None or source.place < 0 else child.field(source.place)
            laid = _laid(source, array, count)
            _mark_rows(unreadable, bounds, laid.bad)
            if source.field.name in one.key:
                _mark_rows(unreadable, bounds, _missing(source, array, count))
            columns[one.kind, source.field.name] = _column(one.kind, source, laid)
        if one.key and "keys" not in leave:
            _mark(unreadable, repeated_keys([columns[one.kind, name] for name in one.key], bounds))
    return Block(first, len(piece), columns, offsets, lengths, unreadable, piece)


def _row_ends(array: Array) -> Array:
    """Where rows of the accounts begin and end, not checked yet."""
    if pa.types.is_fixed_size_list(array.type):
        return np.arange(len(array) + 1, dtype=np.int64) * array.type.list_size
    return view(array.offsets, array.offsets.type.to_pandas_dtype())


def _rows(one: Collected, piece: Any, unreadable: Array) -> tuple[Array, int, Array | None]:
    """Offsets from 0, the number of rows, and the structs they count. Marks lists and rows that are null."""
    if one.place < 0:
        return np.zeros(len(piece) + 1, np.int32), 0, None
    lists = piece.column(one.place)
    bounds, child = list_bounds(lists)
    begin, count = int(bounds[0]), int(bounds[-1] - bounds[0])
    bounds = bounds - bounds[0] if begin else bounds
    there = validity(lists)
    if there is not None:
        _mark(unreadable, np.flatnonzero(~there & (bounds[1:] > bounds[:-1])))  # null, but with rows behind it
    child = child.slice(begin, count)
    whole = validity(child)
    if whole is not None:
        _mark_rows(unreadable, bounds, np.flatnonzero(~whole))
    return bounds, count, child


def _laid(source: Source, array: Array | None, count: int) -> Laid:
    return source.layout.absent(count) if array is None else source.layout.lay(array)


def _column(kind: str, source: Source, laid: Laid) -> Column:
    layout = source.layout
    return Column(kind, source.field.name, layout.encoding, layout.scale, np.ascontiguousarray(laid.data), layout.width)


def _missing(source: Source, array: Array | None, count: int) -> Array | None:
    """Rows without this field of their key, where nothing stands in for it."""
    if source.field.has_default or source.field.type.optional:
        return None
    if array is None:
        return np.arange(count)
    valid = validity(array)
    return None if valid is None else np.flatnonzero(~valid)


def _untaken_names(array: Array) -> Array | None:
    array = plain_text(array)
    valid = validity(array)
    return merged(untaken_texts(array), None if valid is None else np.flatnonzero(~valid))


def _mark(unreadable: Array, accounts: Array | None) -> None:
    if accounts is not None:
        unreadable[accounts] = 1


def _mark_rows(unreadable: Array, offsets: Array, rows: Array | None) -> None:
    """Marks the accounts that these rows belong to."""
    if rows is not None and len(rows):
        unreadable[np.searchsorted(offsets, rows, side="right") - 1] = 1
