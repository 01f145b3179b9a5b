"""Accounts of a book one by one, exactly: read as the same account written in JSON would be."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from ...program.diagnostic import Span, in_order
from ...program.program import Constant, Field
from ...program.types import Vector
from ..diagnostics import book as pages
from ..snapshot.data import AccountData
from ..snapshot.instant import instant_range, instant_text
from ..snapshot.json_text import Numeral
from ..snapshot.read import Model, read_account
from ..snapshot.rows import RowReader
from ..snapshot.values import Reader, Refused
from .buffers import Array, texts, validity, view
from .codes import DATE_UNITS, DAY
from .names import plain_text
from .schema import ACCOUNT, Orders, Plan, Source
from .vectors import is_text, list_bounds

ABSENT = object()
"""What stands where a field has no value and so counts as left out."""

Values = Sequence[object]


@dataclass(frozen=True, slots=True)
class _OddVector:
    """A list that should have one value for each of the `rows` rows of `kind`."""

    found: int
    kind: str
    rows: int


_STRETCH = 2_048
"""Accounts turned into objects together."""


def read_accounts(
    piece: Any, first: int, plan: Plan, orders: Orders, file: str, firsts: dict[str, int]
) -> Iterator[AccountData]:
    """Every account of a slice of a record batch, the first of them number `first` of the book. Raises Damaged.

    `firsts` remembers the accounts that came before, by name.
    """
    reader = _Reader(plan, orders)
    span = Span(file)
    for start in range(0, len(piece), _STRETCH):
        part = piece.slice(start, _STRETCH)
        for number, account in enumerate(reader.objects(part), start=first + start + 1):
            data, findings = read_account(account, number, reader.model, firsts)
            yield replace(data, errors=tuple(in_order(findings.diagnostics_at(span)))) if findings else data


class _Reader:
    def __init__(self, plan: Plan, orders: Orders):
        self.plan = plan
        self.orders = orders
        self.model = _with_odd_vectors(plan.model)

    def objects(self, piece: Any) -> Iterator[Mapping[str, object]]:
        """The accounts as JSON would hold them."""
        plan = self.plan
        names = texts(plain_text(piece.column(plan.account)))
        labels = {name: _words(piece.column(place)) for name, place in plan.labels.items()}
        given = [source for source in plan.own if source.place >= 0]
        own = {source.field.name: self.values(source.field, piece.column(source.place)) for source in given}
        rows = {
            one.plural: self.rows(piece.column(one.place), one.fields) for one in plan.collections if one.place >= 0
        }
        columns = {**labels, **own}
        for number, name in enumerate(names):
            account: dict[str, object] = {} if name is None else {ACCOUNT: name}
            account |= {key: values[number] for key, values in columns.items() if values[number] is not ABSENT}
            account |= {key: values[number] for key, values in rows.items()}
            yield account

    def rows(self, lists: Array, sources: Sequence[Source]) -> list[list[object]]:
        """The rows of each account as objects; a null list is empty, a null row stays null."""
        bounds, child = list_bounds(lists)
        begin, end = int(bounds[0]), int(bounds[-1])
        child = child.slice(begin, end - begin)
        there, whole = validity(lists), validity(child)
        given = [source for source in sources if source.place >= 0]
        columns = {source.field.name: self.values(source.field, child.field(source.place)) for source in given}
        objects: list[object] = [
            {name: values[row] for name, values in columns.items() if values[row] is not ABSENT}
            for row in range(len(child))
        ]
        if whole is not None:
            objects = [one if is_there else None for one, is_there in zip(objects, whole, strict=True)]
        found = [objects[low:high] for low, high in itertools.pairwise((bounds - begin).tolist())]
        return found if there is None else [rows if here else [] for rows, here in zip(found, there, strict=True)]

    def values(self, field: Field, array: Array) -> Values:
        """One column as JSON values, ABSENT or None where null."""
        found = self.vectors(field.type, array) if isinstance(field.type, Vector) else _plain(array)
        instead = None if field.type.optional and not field.has_default else ABSENT
        return [instead if value is None else value for value in found]

    def vectors(self, vector: Vector, array: Array) -> list[object]:
        """Objects by key; a list of the wrong length is an `_OddVector`."""
        type_, there = array.type, validity(array)
        found: list[object]
        if pa.types.is_struct(type_):
            names = [type_.field(place).name for place in range(type_.num_fields)]
            columns = [_plain(array.field(place)) for place in range(type_.num_fields)]
            rows = zip(*columns, strict=True) if columns else [()] * len(array)
            found = [_without_nulls(names, row) for row in rows]
        else:
            bounds, child = list_bounds(array)
            keys = list(self.orders.get(vector.kind, {}))
            begin, count = int(bounds[0]), int(bounds[-1] - bounds[0])
            numbers = _plain(child.slice(begin, count))
            told = texts(array.keys.slice(begin, count)) if pa.types.is_map(type_) else None
            found = []
            for low, high in itertools.pairwise((bounds - begin).tolist()):
                if told is not None:
                    found.append(_without_nulls([key or "" for key in told[low:high]], numbers[low:high]))
                elif high - low == len(keys):
                    found.append(_without_nulls(keys, numbers[low:high]))
                else:
                    found.append(_OddVector(high - low, vector.kind, len(keys)))
        return found if there is None else [one if here else None for one, here in zip(found, there, strict=True)]


def _without_nulls(keys: Sequence[str], values: Sequence[object]) -> dict[str, object]:
    return {key: value for key, value in zip(keys, values, strict=True) if value is not None}


def _plain(array: Array) -> list[object]:
    """The values of a column as JSON would hold them: numbers as their text, null as None."""
    type_ = array.type
    found: list[object]
    if pa.types.is_null(type_):
        return [None] * len(array)
    if is_text(type_):
        return list(texts(array))
    if pa.types.is_boolean(type_):
        found = array.to_pylist()
        return found
    if pa.types.is_timestamp(type_) or pa.types.is_date(type_):
        return _instants(array)
    if pa.types.is_decimal(type_):
        return _decimals(array)
    write = repr if pa.types.is_float64(type_) else str
    return [None if value is None else Numeral(write(value)) for value in array.to_pylist()]


def _decimals(array: Array) -> list[object]:
    """Decimals as their text. From their words: pyarrow cannot show every scale (`as_py`, version 26)."""
    scale, width = array.type.scale, array.type.byte_width
    valid = validity(array)
    raw = view(array, np.uint8, width).tobytes()
    found: list[object] = []
    for place in range(len(array)):
        whole = int.from_bytes(raw[place * width : (place + 1) * width], "little", signed=True)
        there = valid is None or valid[place]
        found.append(Numeral(Decimal(f"{whole}e{-scale}")) if there else None)
    return found


def _words(array: Array) -> list[object]:
    """A column of labels; null is absent."""
    if pa.types.is_null(array.type):
        return [ABSENT] * len(array)
    return [ABSENT if word is None else word for word in texts(array)]


def _instants(array: Array) -> list[object]:
    """Instants as ISO 8601 text; what no calendar has keeps its number, which no instant is written as."""
    type_ = array.type
    scale = DATE_UNITS[type_.unit] if pa.types.is_timestamp(type_) else 0 if pa.types.is_date32(type_) else 3
    unit = DAY if pa.types.is_date32(type_) else 1
    valid = validity(array)
    first, end = instant_range()
    found: list[object] = []
    for place, value in enumerate(view(array, np.int32 if unit == DAY else np.int64).tolist()):
        seconds = Decimal(value * unit).scaleb(-scale)
        there = valid is None or bool(valid[place])
        text = instant_text(seconds) if first <= seconds < end else f"{seconds:f} seconds since 1970"
        found.append(text if there else None)
    return found


def _with_odd_vectors(model: Model) -> Model:
    """The model with readers of vectors that tell a list of the wrong length from other mistakes."""
    collections = {plural: _rows_with_odd_vectors(rows) for plural, rows in model.collections.items()}
    return replace(model, account=_rows_with_odd_vectors(model.account), collections=collections)


def _rows_with_odd_vectors(rows: RowReader) -> RowReader:
    vectors = {field.name for field in rows.kind.fields if isinstance(field.type, Vector)}
    readers = {name: _with_lengths(read) if name in vectors else read for name, read in rows.readers.items()}
    return replace(rows, readers=readers) if vectors else rows


def _with_lengths(read: Reader) -> Reader:
    def take(value: object) -> Constant:
        if isinstance(value, _OddVector):
            odd = value
            raise Refused(lambda span, what: pages.vector_length(span, what, odd.found, odd.kind, odd.rows))
        return read(value)

    return take
