"""Accounts that were read one by one, laid out for machine code."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...program.program import Constant, Field, Kind, RowKey, VectorValue
from ...program.types import Date, Number, Truth, Vector
from ..book import Block, Column
from ..book.columns import B8_MISSING, B8_NONE, ID_MISSING, ID_NONE, ID_UNKNOWN, NONE_F64
from ..snapshot.data import AccountData
from .reference import fraction, in_range, is_faithful

if TYPE_CHECKING:
    from .run import Kernel

AT_ONCE = 4_096


def blocks_of(kernel: Kernel, accounts: Iterable[AccountData]) -> Iterator[tuple[list[AccountData], Block]]:
    """Accounts in blocks; one that machine code cannot take as it is, is marked as unreadable."""
    remaining = iter(accounts)
    first = 0
    while some := list(itertools.islice(remaining, AT_ONCE)):
        yield some, block_of(kernel, some, first)
        first += len(some)


def block_of(kernel: Kernel, accounts: Sequence[AccountData], first: int = 0) -> Block:
    unreadable = np.array([bool(account.errors) for account in accounts], np.uint8)
    columns: dict[tuple[str, str], Column] = {}
    offsets: dict[str, Any] = {}
    lengths: dict[str, int] = {}
    for kind in kernel.program.kinds.values():
        if kind.role == "account":
            owners = list(range(len(accounts)))
            values = [account.values for account in accounts]
        elif kind.role == "rows":
            rows = [account.rows.get(kind.plural, ()) for account in accounts]
            offsets[kind.name] = np.cumsum([0, *(len(some) for some in rows)], dtype=np.int64)
            lengths[kind.name] = int(offsets[kind.name][-1])
            owners = [place for place, some in enumerate(rows) for _ in some]
            values = [row.values for some in rows for row in some]
        else:
            continue
        for field in _observed(kind):
            column, refused = _column(kernel, kind, field, [_value(field, own) for own in values])
            columns[kind.name, field.name] = column
            unreadable[[owners[place] for place in refused]] = 1
    return Block(first, len(accounts), columns, offsets, lengths, unreadable)


def _observed(kind: Kind) -> list[Field]:
    return [field for field in kind.fields if field.origin == "observed"]


class _Missing:
    """What stands where a row has no value."""


_MISSING = _Missing()


def _value(field: Field, values: Any) -> Constant | _Missing:
    if field.name in values:
        found: Constant = values[field.name]
        return found
    return field.default if field.has_default else _MISSING


def _column(kernel: Kernel, kind: Kind, field: Field, values: list[Any]) -> tuple[Column, list[int]]:
    """The column of a field, and the rows whose values it cannot hold."""
    refused: list[int] = []
    width = 1
    data: Any
    match field.type:
        case Number() | Date():
            encoding = "f64"
            data = np.array([_double(value, refused, place) for place, value in enumerate(values)], np.float64)
        case Truth():
            encoding = "b8"
            known = {None: B8_NONE, _MISSING: B8_MISSING}
            data = np.array([known.get(value, value) for value in values], np.uint8)
        case Vector(kind=over):
            encoding, keys = "v64", list(kernel.data.reference[over])
            width = max(1, len(keys))
            cells = [_cells(value, keys, refused, place) for place, value in enumerate(values)]
            data = np.array(cells, np.float64).reshape(-1, width)
        case _:
            encoding = "id32"
            data = np.array([_number(kernel, value) for value in values], np.int32)
    return Column(kind.name, field.name, encoding, 0, np.ascontiguousarray(data), width), refused  # type: ignore[arg-type]


def _double(value: Any, refused: list[int], place: int) -> float:
    if value is None:
        return NONE_F64
    if isinstance(value, _Missing):
        return float("nan")
    true = fraction(value)
    near = float(true)
    if not (is_faithful(true) and in_range(true)):
        refused.append(place)
    return near


def _cells(value: Any, keys: list[str], refused: list[int], place: int) -> list[float]:
    given = dict(value.cells) if isinstance(value, VectorValue) else {}
    return [_double(given.get(key, _MISSING), refused, place) for key in keys] or [float("nan")]


def _number(kernel: Kernel, value: Any) -> int:
    match value:
        case None:
            return ID_NONE
        case str():
            return kernel.words.number(value)
        case RowKey(kind=kind, key=key):
            row = kernel.data.reference.get(kind, {}).get(key)
            return row.number if row is not None else ID_UNKNOWN
        case _:
            return ID_MISSING
