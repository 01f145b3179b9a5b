"""Labels, references and truths of a book as small integers; instants as integers of their unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from ...program.program import Field, RowKey
from ...program.types import Label
from ..snapshot.instant import InstantError, instant_range, read_instant
from ..snapshot.values import text_trouble
from .buffers import Array, bits, dictionary_of, texts, view, with_nulls_last
from .columns import B8_MISSING, B8_NONE, I64_MISSING, I64_NONE, ID_MISSING, ID_NONE, ID_UNKNOWN
from .layout import Blank, Laid, Layout, merged, present, rows_of, without_nulls
from .numbers import scaled_blank
from .words import Words

_REFUSED = -4
"""The number of a text that may not stand there; its row is read exactly, to say why."""
_NONE = "none"
"""As a key this word reads like no word at all, so the exact reader decides whether two rows have one key."""
DATE_UNITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
DAY = 86_400


def label_layout(field: Field, words: Words, key: bool = False) -> Layout:
    """Words by number; one that is not among the field's choices is refused."""
    choices = field.type.choices if isinstance(field.type, Label) else None
    allowed = None if choices is None else {choice: words.number(choice) for choice in choices}

    def number(text: str) -> int:
        if key and field.type.optional and text == _NONE:
            return _REFUSED
        if allowed is not None:
            return allowed.get(text, _REFUSED)
        return _REFUSED if text_trouble(text) else words.number(text)

    default = field.default
    blank = words.number(default) if isinstance(default, str) else _blank_id(field)
    return _id_layout(field, number, blank)


def row_layout(field: Field, order: Mapping[str, int], key: bool = False) -> Layout:
    """References by the number of their row; one that nobody knows is an error only where it is used."""

    def number(text: str) -> int:
        if key and field.type.optional and text == _NONE:
            return _REFUSED
        found = order.get(text, ID_UNKNOWN)
        return _REFUSED if found == ID_UNKNOWN and text_trouble(text) else found

    default = field.default
    blank = order.get(default.key, ID_UNKNOWN) if isinstance(default, RowKey) else _blank_id(field)
    return _id_layout(field, number, blank)


def truth_layout(field: Field) -> Layout:
    """Arrow's bits as bytes."""
    default = field.default if field.has_default else None if field.type.optional else B8_MISSING
    blank = Blank(B8_NONE if default is None else int(default) if isinstance(default, bool) else B8_MISSING)

    def lay(array: Array) -> Laid:
        values = bits(array.buffers()[1], array.offset, len(array)) if len(array) else np.empty(0, np.bool_)
        return without_nulls(array, values.view(np.uint8), blank)

    return Layout(field, "b8", 0, "u1", blank, lay)


def instant_layout(field: Field, type_: Any) -> Layout:
    """Timestamps and dates as integers of their unit; `scale` says how many of them are a second."""
    scale, unit = 0, 1
    dtype: Any = np.int64
    if pa.types.is_timestamp(type_):
        scale = DATE_UNITS[type_.unit]
    elif pa.types.is_date32(type_):
        unit, dtype = DAY, np.int32
    else:
        scale = DATE_UNITS["ms"]
    blank = scaled_blank(field, scale, I64_MISSING, I64_NONE)
    first, end = (int(bound) * 10**scale // unit for bound in instant_range())
    limits = max(first, I64_NONE + 1), min(end, -I64_NONE)

    def lay(array: Array) -> Laid:
        values = view(array, dtype)
        bad = rows_of((values < limits[0]) | (values >= limits[1]))
        laid = without_nulls(array, values if unit == 1 else values.astype(np.int64) * unit, blank)
        return Laid(laid.data, merged(present(array, bad), laid.bad))

    return Layout(field, "i64", scale, "<i8", blank, lay)


def instant_text_layout(field: Field) -> Layout:
    """Dates as text, in whole seconds; others are read exactly."""
    blank = scaled_blank(field, 0, I64_MISSING, I64_NONE)

    def lay(array: Array) -> Laid:
        encoded = dictionary_of(array)
        seconds = [_whole_second(text) for text in texts(encoded.dictionary)]
        table = np.array([*(0 if one is None else one for one in seconds), blank.value], np.int64)
        untaken = np.array([*(one is None for one in seconds), not blank.fits])
        numbers = with_nulls_last(encoded)
        return Laid(table[numbers], rows_of(untaken[numbers]))

    return Layout(field, "i64", 0, "<i8", blank, lay)


def _whole_second(text: str | None) -> int | None:
    try:
        seconds = read_instant(text or "")
    except InstantError:
        return None
    return int(seconds) if seconds == int(seconds) else None


def _blank_id(field: Field) -> int:
    none = field.default is None if field.has_default else field.type.optional
    return ID_NONE if none else ID_MISSING


def _id_layout(field: Field, number: Callable[[str], int], blank: int) -> Layout:
    """Numbers by the text of a dictionary. Where they are the indices already, the indices stay where they lie."""
    known: list[Array] = []  # the last dictionary, which keeps its buffers, then what its words became

    def table_of(dictionary: Array) -> tuple[Array, bool, bool]:
        if known and _same(known[0], dictionary):
            return known[1], known[2], known[3]
        read = texts(dictionary)
        table = np.array([*(blank if text is None else number(text) for text in read), blank], np.int32)
        plain = bool((table[:-1] == np.arange(len(read))).all())
        known[:] = dictionary, table, plain, bool((table == _REFUSED).any())
        return table, plain, known[3]

    def lay(array: Array) -> Laid:
        encoded = dictionary_of(array)
        table, plain, refusing = table_of(encoded.dictionary)
        numbers = with_nulls_last(encoded)
        if plain and not encoded.null_count:
            return Laid(numbers.astype(np.int32, copy=False))
        data = table[numbers]
        bad = rows_of(data == _REFUSED) if refusing else None
        if bad is not None:
            data[bad] = ID_UNKNOWN
        return Laid(data, bad)

    return Layout(field, "id32", 0, "<i4", Blank(blank), lay)


def _same(left: Array, right: Array) -> bool:
    """Whether two arrays are the same stretch of the same buffers."""
    if left is right:
        return True
    buffers = zip(left.buffers(), right.buffers(), strict=False)
    return bool(
        left.offset == right.offset
        and len(left) == len(right)
        and left.type == right.type
        and all(a is b or (a is not None and b is not None and a.address == b.address) for a, b in buffers)
    )
