"""Keys of a collection's rows: accounts that have one key twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .buffers import Array
from .columns import Column

_STAMPS = 1 << 18
"""Cells of the table in which rows leave their stamp: small enough for the cache."""
_TURNS = 512
"""Times that table may be used for one block; beyond, sorting is quicker."""


def repeated_keys(columns: Sequence[Column], offsets: Array) -> Array | None:
    """The accounts in which two rows have equal values in all these columns; a few too many, never one too few."""
    if not len(columns[0].data):
        return None
    if len(columns) == 1 and columns[0].encoding == "id32":
        return _by_number(columns[0].data, offsets)
    words = [_as_words(column) for column in columns]
    return _by_order(words, offsets)


def _by_number(ids: Array, offsets: Array) -> Array | None:
    falls = _falls(ids[1:] <= ids[:-1], offsets)
    if falls is None:
        return None
    low, high = int(ids.min()), int(ids.max())
    span = high - low + 1
    if span > _STAMPS or span * (len(offsets) - 1) > _TURNS * _STAMPS:
        return _by_order([ids], offsets)
    return _by_stamp(ids, offsets, low, span)


def _falls(equal_or_less: Array, offsets: Array) -> Array | None:
    """Places where a row of an account does not come after the one before; None where there is none."""
    if not len(equal_or_less):
        return None
    starts = offsets[1:-1]
    starts = starts[(starts > 0) & (starts <= len(equal_or_less))]
    equal_or_less[starts - 1] = False
    return equal_or_less if equal_or_less.any() else None


def _by_stamp(ids: Array, offsets: Array, low: int, span: int) -> Array | None:
    """Each row stamps the cell of its account and key; a stamp that is gone was stamped over by another row.

    The cells serve one stretch of accounts after the other, so nothing needs to be wiped in between.
    """
    together = max(_STAMPS // span, 1)
    count = len(offsets) - 1
    cells = np.repeat(np.arange(count) % together * span - low, np.diff(offsets))
    cells += ids
    numbers = np.arange(len(ids), dtype=np.int32)
    stamps = np.empty(together * span, np.int32)
    found: list[Array] = []
    for first in range(0, count, together):
        begin, end = int(offsets[first]), int(offsets[min(first + together, count)])
        here, mine = cells[begin:end], numbers[begin:end]
        stamps[here] = mine
        gone = stamps.take(here) != mine
        if gone.any():
            found.append(np.searchsorted(offsets, np.flatnonzero(gone) + begin, side="right") - 1)
    return np.unique(np.concatenate(found)) if found else None


def _by_order(words: Sequence[Array], offsets: Array) -> Array | None:
    """By sorting the rows of the accounts whose rows are not in ascending order as they stand."""
    first = words[0]
    falls = _falls(first[1:] <= first[:-1], offsets)
    if falls is None:
        return None
    suspects = np.unique(np.searchsorted(offsets, np.flatnonzero(falls) + 1, side="right") - 1)
    lengths = np.diff(offsets)[suspects]
    owners = np.repeat(suspects, lengths)
    within = np.arange(len(owners)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    rows = offsets[suspects].repeat(lengths) + within
    picked = [word[rows] for word in words]
    order = np.lexsort((*picked, owners))
    same = owners[order][1:] == owners[order][:-1]
    for word in picked:
        same &= word[order][1:] == word[order][:-1]
    return np.unique(owners[order][1:][same]) if same.any() else None


def _as_words(column: Column) -> Array:
    """The values as numbers that are equal where the values are."""
    if column.encoding == "f64":
        return (column.data + 0.0).view(np.int64)  # minus nought becomes nought
    if column.encoding == "i128":
        low, high = column.data[:, 0], column.data[:, 1]
        return np.asarray(low * np.uint64(0x9E3779B97F4A7C15) ^ high).view(np.int64)
    return np.asarray(column.data)
