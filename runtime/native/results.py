"""What machine code found of a block, as a record batch: columns in place, undecided accounts put in exactly."""

from __future__ import annotations

import decimal
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ...program.number import EXACT
from ...program.types import Date, Label, Number, Row, Truth, Type
from ..book import Block, Book
from ..book.columns import I64_NONE, I128_NONE, ID_UNKNOWN, NONE_BITS, NONE_F64
from ..book.results import Table, Value, result_batch
from ..results import Result
from .answers import first_cell, key_type
from .jobs import Found
from .verdict import NO_RUNG

if TYPE_CHECKING:
    from .run import Kernel

_EXACT, _EXACT_POWERS = 2**53, 22
"""Integers below the first are doubles, and powers of ten up to the second."""


def batch_of(table: Table, kernel: Kernel, book: Book, block: Block, found: Found, exact: Mapping[int, Result]) -> Any:
    """Results of a block in the columns of `table`; `exact` are those of undecided accounts, by place."""
    places = np.fromiter(exact, np.int64, len(exact))
    told = result_batch(table, list(exact.values()), [kernel.data.as_of] * len(exact) if table.options.as_of else ())
    writer = _Writer(table, kernel, block, found, places)
    columns: list[Any] = []
    own = writer.columns(book)
    for name in table.schema.names:
        column = own[name]
        columns.append(writer.merged(column, told.column(told.schema.get_field_index(name))))
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def unnamed(table: Table, kernel: Kernel, block: Block) -> Any:
    """Accounts with a shown row that is told by a reference row nobody describes: its name stands in the book alone."""
    names = {value.name for key, _ in table.rows.values() for value in key}
    found = [np.empty(0, np.int64)]
    for (kind, name), column in block.columns.items():
        field = kernel.program.kinds[kind].field(name)
        if kind in block.offsets and name in names and field is not None and isinstance(field.type, Row):
            rows = np.flatnonzero(column.data == ID_UNKNOWN)
            found.append(np.searchsorted(block.offsets[kind], rows, side="right") - 1)
    return np.concatenate(found)


class _Writer:
    def __init__(self, table: Table, kernel: Kernel, block: Block, found: Found, places: Any):
        self.table = table
        self.kernel = kernel
        self.block = block
        self.found = found
        self.places = places
        self.numbers = {o.definition: kernel.program.definitions[o.definition] for o in kernel.program.outputs}

    def columns(self, book: Book) -> dict[str, Any]:
        """Every column, as machine code knows it; undecided accounts have anything there."""
        block, table, found = self.block, self.table, self.found
        columns: dict[str, Any] = {"account": book.names(block.first, block.count, block).cast(pa.string())}
        if table.options.as_of:
            micros = int((self.kernel.data.as_of * 10**6) // 1)
            columns["as_of"] = pa.array(np.full(block.count, micros), pa.timestamp("us", "UTC"))
        columns["status"] = self._status()
        columns["message"] = pa.nulls(block.count, pa.string())
        by_name = {d.name: number for number, d in self.numbers.items() if d.scope == ("account",)}
        for column, value in table.outputs.items():
            number = by_name[value.name]
            columns[column] = self.column(value, found.outputs[number])
            if f"{column}_bound" in table.schema.names:
                absent = found.outputs[number].view(np.uint64) == NONE_BITS
                columns[f"{column}_bound"] = pa.array(found.bounds[number], mask=absent)
        if self.kernel.program.checks:
            columns["checks"] = self._checks()
        columns["errors"] = pa.ListArray.from_arrays(
            pa.array(np.zeros(block.count + 1, np.int32)), pa.array([], pa.string())
        )
        for plural in table.rows:
            columns[plural] = self._rows(plural)
        for label in table.labels:
            name = label if label not in columns else f"label {label}"
            columns[name] = book.label(label, block.first, block.count, block).cast(pa.string())
        return columns

    def merged(self, column: Any, exact: Any) -> Any:
        """A column with the exact results in their places."""
        if not len(self.places):
            return column
        if pa.types.is_dictionary(column.type):
            exact = pa.DictionaryArray.from_arrays(exact.indices, column.dictionary)  # one that only grew
        order = np.arange(len(column))
        order[self.places] = len(column) + np.arange(len(self.places))
        return pa.concat_arrays([column, exact.cast(column.type)]).take(pa.array(order))

    def _status(self) -> Any:
        names = [rung.name for rung in self.kernel.program.ladder]
        codes = np.array([*(self.table.statuses.number(name) for name in names), 0], np.int32)
        without = self.found.status >= NO_RUNG
        places = np.where(without, len(names), self.found.status)
        indices = pa.array(codes[places], mask=without)
        return pa.DictionaryArray.from_arrays(indices, pa.array(self.table.statuses.texts, pa.string()))

    def _checks(self) -> Any:
        checks = self.kernel.program.checks
        count = self.block.count
        none = np.zeros(count, np.uint8)
        failing = np.array([self.found.failing.get(check.definition, none) for check in checks]).reshape(-1, count).T
        names = [self.kernel.program.definitions[check.definition].full_name for check in checks]
        ends = np.cumsum([0, *failing.sum(axis=1, dtype=np.int32)], dtype=np.int32)
        which = np.nonzero(failing)[1]
        return pa.ListArray.from_arrays(pa.array(ends), pa.array(names, pa.string()).take(pa.array(which)))

    # ---- values

    def column(self, value: Value, cells: Any) -> Any:
        """Cells of an output as an Arrow array."""
        bits = cells.view(np.uint64)
        match value.type:
            case Number():
                return pa.array(cells, mask=bits == NONE_BITS) if value.type.optional else pa.array(cells)
            case Truth():
                return pa.array(bits == 1, mask=bits >= 2)
            case Date():
                absent = bits == NONE_BITS
                micros = np.rint(np.where(np.isfinite(cells), cells, 0.0) * 1e6).astype(np.int64)
                return pa.array(micros, value.arrow, mask=absent)
            case Label():
                return self._coded(cells, self.table.words.texts)
            case Row(kind=kind):
                keys = self.table.keys[kind].texts if kind in self.table.keys else []
                return self._coded(cells, keys)
            case _:
                return pa.nulls(len(cells), pa.string())

    @staticmethod
    def _coded(cells: Any, texts: Sequence[str]) -> Any:
        numbers = cells.view(np.int64)
        absent = (numbers < 0) | (numbers >= len(texts))
        indices = pa.array(np.where(absent, 0, numbers).astype(np.int32), mask=absent)
        return pa.DictionaryArray.from_arrays(indices, pa.array(texts, pa.string()))

    # ---- rows

    def _rows(self, plural: str) -> Any:
        """The lists of one collection, or crossing of collections."""
        key, outputs = self.table.rows[plural]
        kinds = self._kinds(plural)
        ends, cells, parts = self._places(kinds)
        arrays = [self._key(value, kinds, parts) for value in key]
        by_name = {d.name: n for n, d in self.numbers.items() if self._crossed(d.scope) == kinds}
        arrays += [self.column(value, self.found.outputs[by_name[value.name]][cells]) for value in outputs]
        fields = [pa.field(value.name, value.arrow) for value in (*key, *outputs)]
        struct = pa.StructArray.from_arrays(arrays, fields=fields)
        return pa.ListArray.from_arrays(pa.array(ends.astype(np.int32)), struct)

    @staticmethod
    def _crossed(scope: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(kind for kind in scope if kind != "account")

    def _kinds(self, plural: str) -> tuple[str, ...]:
        kinds = self.kernel.program.kinds
        for definition in self.numbers.values():
            crossed = self._crossed(definition.scope)
            if crossed and ", ".join(kinds[kind].plural for kind in crossed) == plural:
                return crossed
        raise KeyError(plural)

    def _places(self, kinds: tuple[str, ...]) -> tuple[Any, Any, dict[str, Any]]:
        """Where the list of each account ends, the cell of every element, and by kind the row of every element."""
        program, block = self.kernel.program, self.block
        own = next((kind for kind in kinds if program.kinds[kind].role != "reference"), None)
        shared = [kind for kind in kinds if program.kinds[kind].role == "reference"]
        if own is None:
            counts = np.ones(block.count, np.int64)
            base = np.arange(block.count, dtype=np.int64)
        else:
            firsts, counts = self._spans(own)
            base = np.repeat(firsts - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))
        parts = {} if own is None else {own: base}
        cells = base
        for kind in shared:
            many = self.kernel.data.count(kind)
            number = np.tile(np.arange(many), len(cells))
            parts = {name: np.repeat(rows, many) for name, rows in parts.items()}
            parts[kind] = number
            cells = np.repeat(cells, many) * many + number
            counts = counts * many
        if own is not None and kinds.index(own) > 0:
            cells, parts = self._reordered(kinds, cells, parts, counts)
        return np.concatenate([[0], np.cumsum(counts)]), cells, parts

    def _reordered(
        self, kinds: tuple[str, ...], cells: Any, parts: dict[str, Any], counts: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Elements of every account in the order of the kinds, the last running fastest."""
        account = np.repeat(np.arange(len(counts)), counts)
        order = np.lexsort([*(parts[kind] for kind in reversed(kinds)), account])
        return cells[order], {kind: rows[order] for kind, rows in parts.items()}

    def _spans(self, name: str) -> tuple[Any, Any]:
        kind = self.kernel.program.kinds[name]
        if kind.role == "rows":
            offsets = self.block.offsets[name].astype(np.int64)
            counts = np.where(self.block.unreadable == 0, np.diff(offsets), 0)
            return offsets[:-1], counts
        firsts = np.array([first_cell(self.kernel, self.block, place, kind) for place in range(self.block.count)])
        return firsts.astype(np.int64), self.found.groups[name]

    def _key(self, value: Value, kinds: tuple[str, ...], parts: Mapping[str, Any]) -> Any:
        """A field of the key of every element."""
        program = self.kernel.program
        for kind in kinds:
            declared = program.kinds[kind]
            if declared.role == "reference":
                if value.name == kind:
                    return self._coded(parts[kind].astype(np.int64), self.table.keys[kind].texts)
                continue
            if declared.role == "group":
                if value.name in declared.by:
                    type_ = key_type(self.kernel, declared, value.name)
                    return self.column(
                        Value(value.name, type_, value.arrow), self.found.keys[kind, value.name][parts[kind]]
                    )
                continue
            field = declared.field(value.name)
            if field is not None:
                return self._field(kind, value, field.type, parts[kind])
        raise KeyError(value.name)

    def _field(self, kind: str, value: Value, type_: Type, rows: Any) -> Any:
        """A field of an account's rows as it was read."""
        column = self.block.columns[kind, value.name]
        data = column.data[rows]
        match column.encoding:
            case "id32":
                return self.column(Value(value.name, type_, value.arrow), data.astype(np.int64).view(np.float64))
            case "b8":
                return pa.array(data == 1, mask=data >= 2)
            case "i64" | "i128":
                return self.column(Value(value.name, type_, value.arrow), _doubles(data, column.scale))
            case "f64":
                return self.column(Value(value.name, type_, value.arrow), np.ascontiguousarray(data))
            case _:
                return pa.nulls(len(rows), value.arrow)


def _doubles(integers: Any, scale: int) -> Any:
    """The doubles next to scaled integers of a column; `none` where it is none or missing."""
    if integers.ndim == 1 and 0 <= scale <= _EXACT_POWERS and not (np.abs(integers) >= _EXACT).any():
        return integers / 10.0**scale  # both sides are doubles: the quotient is the nearest one
    least = I64_NONE if integers.ndim == 1 else I128_NONE
    whole = integers.tolist() if integers.ndim == 1 else [
        low + ((high - ((high >> 63) << 64)) << 64) for low, high in integers.tolist()
    ]  # fmt: skip
    with decimal.localcontext(EXACT):
        near = [NONE_F64 if one <= least else float(Decimal(one).scaleb(-scale)) for one in whole]
    return np.array(near, np.float64)
