"""Results as Arrow: one row an account, its outputs as columns, rows of its collections as lists of structs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from ...program.number import Ratio, result_text
from ...program.program import Constant, Kind, Moment, Program, RowKey
from ...program.types import Date, Label, Number, Row, Truth, Type
from ..format import value_text
from ..results import Result, RowResult
from ..snapshot.instant import instant_text
from .buffers import Array, texts, view, with_nulls_last
from .options import Options
from .words import Texts, Words

_MICRO = 6
"""Decimal places of a second in a result that is no text."""


@dataclass(frozen=True, slots=True)
class Value:
    """One output or key field: its name, its type in the rulebook, the Arrow type of its column."""

    name: str
    type: Type
    arrow: Any


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of results.

    outputs  of the account, by column
    rows     of each collection, or crossing of collections, by its plural name: the fields of the key, the outputs
    words    of labels; `keys` of reference rows by kind, `statuses`: what the columns of dictionaries count in. A
             dictionary may grow from one record batch to the next, and never changes what it held
    """

    schema: Any
    options: Options
    outputs: Mapping[str, Value]
    rows: Mapping[str, tuple[tuple[Value, ...], tuple[Value, ...]]]
    labels: tuple[str, ...]
    words: Texts
    keys: MutableMapping[str, Texts]
    statuses: Texts


def result_table(
    program: Program,
    reference: Mapping[str, Iterable[str]],
    labels: Sequence[str],
    options: Options,
    words: Texts | None = None,
) -> Table:
    """The columns that results of this program have; every executor gives record batches of this schema.

    `account`, `as_of` where asked for, `status` (null of an account in error), `message`, the outputs of the account,
    each number followed by `NAME_bound` where asked for, `checks` (names of those that fail, where the rulebook has
    any), `errors` (codes), then lists of rows by collection, then the labels carried through. An output or label that
    is called like one of these comes as `output NAME` or `label NAME`.

    reference  keys of the reference rows by kind, in their order
    words      of the labels, where a book has numbered them already
    """
    names: dict[str, Any] = {"account": pa.string()}
    if options.as_of:
        names["as_of"] = pa.timestamp("us", "UTC")
    names |= {"status": pa.dictionary(pa.int32(), pa.string()), "message": pa.string()}
    ends = ["errors", "checks"]
    outputs: dict[str, Value] = {}
    by_kinds: dict[tuple[str, ...], list[Value]] = {}
    for output in program.outputs:
        definition = program.definitions[output.definition]
        value = Value(definition.name, definition.type, arrow_type(definition.type, options.exact))
        if definition.scope == ("account",):
            column = definition.name if definition.name not in (*names, *ends) else f"output {definition.name}"
            outputs[column] = value
            names[column] = value.arrow
            if options.bound and isinstance(definition.type, Number):
                names[f"{column}_bound"] = pa.float64()
        else:
            by_kinds.setdefault(tuple(kind for kind in definition.scope if kind != "account"), []).append(value)
    if program.checks:
        names["checks"] = pa.list_(pa.string())
    names["errors"] = pa.list_(pa.string())
    rows = {}
    for kinds, found in by_kinds.items():
        plural = ", ".join(program.kinds[kind].plural for kind in kinds)
        told = [value for kind in kinds for value in _key(program, program.kinds[kind], options.exact)]
        taken = {value.name for value in found}
        key = tuple({value.name: value for value in told if value.name not in taken}.values())
        rows[plural] = key, tuple(found)
        names[plural] = pa.list_(pa.struct([(value.name, value.arrow) for value in (*key, *found)]))
    for label in labels:
        names[label if label not in names else f"label {label}"] = pa.string()
    return Table(
        pa.schema(list(names.items())), options, outputs, rows, tuple(labels),
        words if words is not None else Words(program),
        {kind: Texts(keys) for kind, keys in reference.items()},
        Texts(dict.fromkeys(rung.name for rung in program.ladder)),
    )  # fmt: skip


def arrow_type(type_: Type, exact: bool) -> Any:
    """The type of a column of results that holds values of this type."""
    match type_:
        case Number():
            return pa.string() if exact else pa.float64()
        case Truth():
            return pa.bool_()
        case Date():
            return pa.string() if exact else pa.timestamp("us", "UTC")
        case Label() | Row():
            return pa.dictionary(pa.int32(), pa.string())
        case _:
            return pa.string()


def result_batch(table: Table, results: Sequence[Result], as_of: Sequence[Decimal] = ()) -> Any:
    """Results as a record batch. `as_of` has the instant of each where the table has a column of them."""
    columns: list[Any] = [pa.array([result.account for result in results], pa.string())]
    if table.options.as_of:
        columns.append(pa.array([_micros(instant) for instant in as_of], pa.timestamp("us", "UTC")))
    columns.append(_coded([None if result.errors else result.status for result in results], table.statuses))
    columns.append(pa.array([result.message or None for result in results], pa.string()))
    for column, value in table.outputs.items():
        found = [result.outputs.get(value.name) for result in results]
        columns.append(_column(table, value, found))
        if f"{column}_bound" in table.schema.names:
            columns.append(pa.array([bound(one) for one in found], pa.float64()))
    if "checks" in table.schema.names:
        failing = [[check.name for check in result.checks if not check.holds] for result in results]
        columns.append(pa.array(failing, pa.list_(pa.string())))
    codes = [list(dict.fromkeys(finding.code for finding in result.errors)) for result in results]
    columns.append(pa.array(codes, pa.list_(pa.string())))
    for plural, (key, outputs) in table.rows.items():
        columns.append(_rows(table, [result.rows.get(plural, ()) for result in results], key, outputs))
    for label in table.labels:
        columns.append(pa.array([result.labels.get(label) for result in results], pa.string()))
    return pa.RecordBatch.from_arrays(columns, schema=table.schema)


def as_double(value: Constant) -> float | None:
    """The double nearest to a number; None of none."""
    if isinstance(value, Decimal):
        return float(value)
    return value.numerator / value.denominator if isinstance(value, Ratio) else None


def bound(value: Constant) -> float | None:
    """How far the nearest double is from the exact value at most: 0 where it is the value."""
    near = as_double(value)
    if near is None or not isinstance(value, Decimal | Ratio):
        return None
    numerator, denominator = near.as_integer_ratio()
    ratio = Ratio.of(value)
    away = abs(numerator * ratio.denominator - ratio.numerator * denominator)
    return math.nextafter(away / (denominator * ratio.denominator), math.inf) if away else 0.0


def _rows(table: Table, found: Sequence[Sequence[RowResult]], key: Sequence[Value], outputs: Sequence[Value]) -> Any:
    ends = [0, *itertools.accumulate(len(rows) for rows in found)]
    every = [row for rows in found for row in rows]
    arrays = [_column(table, value, [row.key.get(value.name) for row in every]) for value in key]
    arrays += [_column(table, value, [row.outputs.get(value.name) for row in every]) for value in outputs]
    struct = pa.StructArray.from_arrays(
        arrays, fields=[pa.field(value.name, value.arrow) for value in (*key, *outputs)]
    )
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), struct)


def _column(table: Table, value: Value, found: Sequence[Constant]) -> Any:
    """Values of one output or key as an Arrow array."""
    match value.type:
        case Number() if not table.options.exact:
            return pa.array([as_double(one) for one in found], pa.float64())
        case Truth():
            return pa.array(found, pa.bool_())
        case Date() if not table.options.exact:
            return pa.array([_micros(_seconds(one)) for one in found], value.arrow)
        case Date():
            seconds = (_seconds(one) for one in found)
            return pa.array([None if one is None else instant_text(one) for one in seconds], pa.string())
        case Label():
            return _coded([one if isinstance(one, str) else None for one in found], table.words)
        case Row(kind=kind):
            keys = table.keys.setdefault(kind, Texts(()))
            return _coded([one.key if isinstance(one, RowKey) else None for one in found], keys)
        case _:
            return pa.array([None if one is None else _text(one) for one in found], pa.string())


def _coded(found: Sequence[str | None], known: Texts) -> Any:
    numbers = pa.array([None if one is None else known.number(one) for one in found], pa.int32())
    return pa.DictionaryArray.from_arrays(numbers, pa.array(known.texts, pa.string()))


def _text(value: Constant) -> str:
    return result_text(value) if isinstance(value, Decimal | Ratio) else value_text(value, None)


def _seconds(value: Constant) -> Decimal | None:
    """Seconds since 1970 of a date, which a key of a group holds as a number."""
    found = value.seconds if isinstance(value, Moment) else value
    if isinstance(found, Ratio):
        return Decimal(found.numerator * 10**12 // found.denominator).scaleb(-12)
    return found if isinstance(found, Decimal) else None


def _micros(seconds: Decimal | None) -> int | None:
    return None if seconds is None else int((seconds * 10**_MICRO) // 1)


def _key(program: Program, kind: Kind, exact: bool) -> list[Value]:
    """What tells rows of this kind apart in results, as the exact executor gives it."""
    if kind.role == "reference":
        return [Value(kind.name, Row(kind.name), arrow_type(Row(kind.name), exact))]
    found = []
    for name in kind.told_by:
        field = kind.field(name)
        number = program.find(name, kind.name) if field is None else None
        number = _of_members(program, kind, name) if field is None and number is None else number
        type_: Type = field.type if field is not None else program.definitions[number or 0].type
        found.append(Value(name, type_, arrow_type(type_, exact)))
    return found


def _of_members(program: Program, kind: Kind, name: str) -> int | None:
    """The definition on a member's kind that a group takes its key from."""
    return next((found for member in kind.of if (found := program.find(name, member)) is not None), None)


@dataclass(frozen=True, slots=True)
class Counts:
    """A record batch of results in short: accounts by status, and the rows in error."""

    statuses: Mapping[str, int]
    failed: Sequence[int]


def counts_of(batch: Array) -> Counts:
    """How many accounts of a record batch have each status, and which are in error."""
    errors = batch.column(batch.schema.get_field_index("errors"))
    failed = np.flatnonzero(np.diff(view(errors.offsets, np.int32)))
    status = batch.column(batch.schema.get_field_index("status"))
    numbers = with_nulls_last(status)
    counted = np.bincount(numbers, minlength=1).tolist()
    words = texts(status.dictionary)
    return Counts({str(word): count for word, count in zip(words, counted, strict=False) if count}, failed.tolist())


def rungs_of(batch: Array, table: Table) -> Array:
    """The place of each account's status in the ladder, 0 the worst; those in error come behind all of them."""
    status = batch.column(batch.schema.get_field_index("status"))
    places = np.array([*(table.statuses.number(str(word)) for word in texts(status.dictionary)), len(table.statuses)])
    return places[with_nulls_last(status)]
