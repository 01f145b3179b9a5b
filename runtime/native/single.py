"""One account after another in a hot loop: plain Python values written straight into the columns of machine code."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np

from ...program.program import Constant, Field, Kind, Moment, Program, RowKey
from ...program.types import Date, Label, Number, Row, Truth, Type
from ..book import Block, Column
from ..book.columns import B8_MISSING, B8_NONE, ID_MISSING, ID_NONE, NONE_F64
from ..results import CheckResult, Result, RowResult
from ..snapshot.data import Snapshot
from ..snapshot.instant import InstantError, read_instant
from ..snapshot.values import text_trouble
from .answers import value_of
from .run import Kernel
from .verdict import NO_RUNG, UNDECIDED
from .writing import Unsupported

ROWS = 256
"""Rows of a collection that there is room for; larger accounts go to the exact executor."""
_plain = re.compile(r"-?\d{1,15}(?:\.\d+)?\Z", re.ASCII).match
_LONGEST = 16
"""Characters of a number as text that has at most 15 digits: such decimals have a double of their own."""
_SMALLEST, _LARGEST = 1e-20, 1e20


class Slow(Exception):
    """A value that is not written into a column at once: the account goes to the exact executor."""


@dataclass(slots=True)
class _Place:
    """Where a field goes, and how its value is read. `absent` stands where it is left out."""

    name: str
    cells: Any
    read: Callable[[Any], Any]
    absent: Any


@dataclass(slots=True)
class _Rows:
    """One collection: its fields, its offsets, and the cells of its key, which tell rows apart. `fields` are the places
    as tuples, for the loop."""

    plural: str
    places: list[_Place]
    offsets: Any
    key: list[Any]
    fields: list[tuple[str, Any, Callable[[Any], Any], Any]]


class SingleAccounts:
    """Columns for one account at a time. Not for several threads at once. Raises Unsupported."""

    def __init__(self, kernel: Kernel):
        self.kernel = kernel
        program = kernel.program
        self.program = program
        columns: dict[tuple[str, str], Column] = {}
        offsets: dict[str, Any] = {}
        self.own: list[_Place] = []
        self.rows: list[_Rows] = []
        self.labels = frozenset(program.kinds["account"].labels)
        for kind in program.kinds.values():
            if kind.role not in ("account", "rows"):
                continue
            size = 1 if kind.role == "account" else ROWS
            places = []
            for field in kind.fields:
                if field.origin == "observed":
                    column, place = self._place(kind, field, size)
                    columns[kind.name, field.name] = column
                    places.append(place)
            if kind.role == "account":
                self.own = places
            else:
                offsets[kind.name] = np.array([0, ROWS], np.int64)
                key = [place.cells for name in kind.key for place in places if place.name == name]
                fields = [(place.name, place.cells, place.read, place.absent) for place in places]
                self.rows.append(_Rows(kind.plural, places, memoryview(offsets[kind.name]), key, fields))
        lengths = dict.fromkeys(offsets, ROWS)
        block = Block(0, 1, columns, offsets, lengths, np.zeros(1, np.uint8))
        job = kernel.job(block, 1, "certified", False, True)
        if any(row.offsets[1] > kernel.most_rows for row in self.rows):
            raise Unsupported("accounts of more rows than may be visited")
        self.job = job
        self.found = job.found
        self.address = job.frames[0][0].ctypes.data
        self.shown = [
            (program.definitions[o.definition].name, program.definitions[o.definition].type,
             memoryview(job.found.outputs[o.definition]))
            for o in program.outputs if program.definitions[o.definition].scope == ("account",)
        ]  # fmt: skip
        self.by_rows = self._row_outputs()

    # ---- reading

    def evaluate(self, account: Mapping[str, Any]) -> Result | None:
        """The result of an account, without messages; None where the exact executor has to say."""
        try:
            labels = self._write(account)
        except (Slow, TypeError, ValueError, AttributeError, KeyError, OverflowError):
            return None
        for number in self.found.failing.values():
            number[0] = 0
        self.job.ready.call(self.address, 0, 1)
        status = int(self.found.status[0])
        if status == UNDECIDED:
            return None
        return self._result(account, status, labels)

    def _write(self, account: Mapping[str, Any]) -> dict[str, str]:
        known = 1
        labels: dict[str, str] = {}
        _check_text(account["account"])
        for place in self.own:
            if place.name in account:
                known += 1
                place.cells[0] = place.read(account[place.name])
            else:
                place.cells[0] = place.absent
        for rows in self.rows:
            if rows.plural in account:
                known += 1
                self._write_rows(rows, account[rows.plural])
            else:
                rows.offsets[1] = 0
        for name in self.labels:
            if name in account:
                known += 1
                _check_text(account[name])
                labels[name] = account[name]
        if known != len(account):
            raise Slow
        return labels

    @staticmethod
    def _write_rows(rows: _Rows, given: Any) -> None:
        if type(given) not in (list, tuple):
            raise Slow
        count = len(given)
        if count > ROWS:
            raise Slow
        rows.offsets[1] = count
        fields = rows.fields
        for number, row in enumerate(given):
            if type(row) is not dict and not isinstance(row, Mapping):
                raise Slow
            left = len(row)
            for name, cells, read, absent in fields:
                if name in row:
                    left -= 1
                    cells[number] = read(row[name])
                else:
                    cells[number] = absent
            if left:
                raise Slow
        if rows.key and count > 1:
            keys = [cells[:count].tolist() for cells in rows.key]
            if len(set(keys[0] if len(keys) == 1 else zip(*keys, strict=True))) != count:
                raise Slow

    # ---- results

    def _result(self, account: Mapping[str, Any], status: int, labels: dict[str, str]) -> Result:
        kernel, program = self.kernel, self.program
        outputs: dict[str, Constant] = {}
        for name, type_, cells in self.shown:
            cell = cells[0]
            if isinstance(type_, Number) and cell == cell:
                outputs[name] = Decimal(repr(cell))
            else:
                outputs[name] = value_of(kernel, type_, cell)
        rung = -1 if status == NO_RUNG else status
        checks = tuple(
            CheckResult(
                program.definitions[c.definition].full_name, not self.found.failing[c.definition][0], c.severity
            )
            for c in program.checks
        )
        rows = {plural: self._row_results(account, plural, key, wanted) for plural, key, wanted in self.by_rows}
        status_name = program.ladder[rung].name if rung >= 0 else None
        return Result(account["account"], status_name, "", checks, outputs, rows, (), labels, rung)

    def _row_outputs(self) -> list[tuple[str, tuple[Field, ...], list[tuple[str, Type, Any]]]]:
        """Outputs on the account's rows. Raises Unsupported for those on groups, or on several kinds."""
        found: dict[str, tuple[tuple[Field, ...], list[tuple[str, Type, Any]]]] = {}
        for output in self.program.outputs:
            definition = self.program.definitions[output.definition]
            kinds = [self.program.kinds[kind] for kind in definition.scope if kind != "account"]
            if not kinds:
                continue
            if len(kinds) > 1 or kinds[0].role != "rows":
                raise Unsupported("outputs on groups or on several kinds, one account at a time")
            kind = kinds[0]
            fields = tuple(field for field in kind.fields if field.name in kind.told_by)
            cells = memoryview(self.found.outputs[output.definition])
            found.setdefault(kind.plural, (fields, []))[1].append((definition.name, definition.type, cells))
        return [(plural, fields, wanted) for plural, (fields, wanted) in found.items()]

    def _row_results(
        self, account: Mapping[str, Any], plural: str, fields: tuple[Field, ...], wanted: list[tuple[str, Type, Any]]
    ) -> tuple[RowResult, ...]:
        given = account.get(plural) or ()
        own = next(rows for rows in self.rows if rows.plural == plural)
        places = [(field, next(p for p in own.places if p.name == field.name)) for field in fields]
        results = []
        for number in range(len(given)):
            key = {field.name: self._told(field, place.cells[number]) for field, place in places}
            outputs = {name: value_of(self.kernel, type_, cells[number]) for name, type_, cells in wanted}
            results.append(RowResult(key, outputs))
        return tuple(results)

    def _told(self, field: Field, cell: Any) -> Constant:
        """A field of a key as results carry it."""
        if isinstance(field.type, Number | Date):
            return Decimal(repr(cell)) if cell == cell else None
        if isinstance(field.type, Truth):
            return None if cell == B8_NONE else bool(cell)
        return value_of(self.kernel, field.type, np.int64(cell).view(np.float64))

    # ---- columns

    def _place(self, kind: Kind, field: Field, size: int) -> tuple[Column, _Place]:
        data: Any
        read: Callable[[Any], Any]
        missing: Any
        match field.type:
            case Number(integer=integer):
                reads = _integer if integer else _number
                data, encoding, read, missing = np.full(size, np.nan), "f64", reads, float("nan")
            case Date():
                data, encoding, read, missing = np.full(size, np.nan), "f64", _date, float("nan")
            case Truth():
                data, encoding, read, missing = np.zeros(size, np.uint8), "b8", _truth, B8_MISSING
            case Row(kind=over):
                numbers = {key: row.number for key, row in self.kernel.data.reference[over].items()}
                data, encoding, read, missing = np.zeros(size, np.int32), "id32", numbers.__getitem__, ID_MISSING
            case Label(choices=choices):
                words = self.kernel.words
                known = {word: words.number(word) for word in choices or ()}
                read = known.__getitem__ if choices is not None else _any_word(words.number)
                data, encoding, missing = np.zeros(size, np.int32), "id32", ID_MISSING
            case _:
                raise Unsupported("vectors, one account at a time")
        none = {"f64": NONE_F64, "b8": B8_NONE, "id32": ID_NONE}[encoding]
        absent = missing  # what is left out is no `none`, unless that is its default
        if field.has_default:
            absent = none if field.default is None else _cell(field.default, read)
        reader = _or_none(read, none) if field.type.optional else read
        column = Column(kind.name, field.name, encoding, 0, data)  # type: ignore[arg-type]
        return column, _Place(field.name, memoryview(data), reader, absent)


def _cell(default: Constant, read: Callable[[Any], Any]) -> Any:
    """What stands where a default does; None, which no column takes, where the exact executor has to read it."""
    with suppress(Slow, KeyError):
        if isinstance(default, Moment):
            return _number(default.seconds)
        return read(default.key if isinstance(default, RowKey) else default)
    return None


def _number(value: Any) -> float:
    """A number as the double that is its own. Raises Slow for what is none, or is longer than doubles tell apart."""
    kind = type(value)
    near: float
    if kind is str:
        if len(value) > _LONGEST or not _plain(value):
            raise Slow
        near = float(value)
        return near  # neither too large nor too small
    if kind is float:
        near = value
    elif kind is int:
        if not -(1 << 53) < value < 1 << 53:
            raise Slow
        near = float(value)
    elif kind is Decimal:
        near = float(value)
        if Decimal(repr(near)) != value:
            raise Slow
    else:
        raise Slow
    if near and not _SMALLEST <= abs(near) <= _LARGEST:  # nor NaN
        raise Slow
    return near


def _integer(value: Any) -> float:
    near = _number(value)
    if not near.is_integer():
        raise Slow
    return near


def _truth(value: Any) -> int:
    if value is True:
        return 1
    if value is False:
        return 0
    raise Slow


@lru_cache(4096)
def _date(value: Any) -> float:
    if type(value) is not str:
        raise Slow
    try:
        seconds = read_instant(value)
    except InstantError:
        raise Slow from None
    near = float(seconds)
    if Decimal(repr(near)) != seconds:
        raise Slow
    return near


def _any_word(number: Callable[[str], int]) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        _check_text(value)
        return number(value)

    return read


def _check_text(value: Any) -> None:
    """Raises Slow for what is no name."""
    if type(value) is not str or text_trouble(value):
        raise Slow


def _or_none(read: Callable[[Any], Any], none: Any) -> Callable[[Any], Any]:
    return lambda value: none if value is None else read(value)


def single_accounts(program: Program, reference: Snapshot) -> Callable[[Mapping[str, Any]], Result | None] | None:
    """What evaluates one account at once, None where machine code cannot be had for this program."""
    from .evaluate import BEYOND

    try:
        return SingleAccounts(Kernel(program, reference.reference, reference.as_of)).evaluate
    except BEYOND:
        return None
