"""The rows of a table as parameters write them: under their exact keys, ranges in order, symmetric pairs mirrored."""

from __future__ import annotations

import itertools
from collections.abc import Container
from dataclasses import dataclass, field

from ...program import program as ir
from ...program.codes import closest
from ...program.diagnostic import Diagnostic, Fix, Note, Span
from ...program.literal import LiteralError, read_literal
from ...program.number import Value
from ...program.program import Constant, RowKey, TableRow
from ...program.types import Number, Table, Type
from ..diagnostics import parameters as parameter_findings
from ..diagnostics import table_rows as findings
from ..rulebook import Layer
from ..source import Mapping, Node, Scalar, Sequence

Keys = tuple[tuple[str, Constant], ...]


class _Bad(Exception):
    """Rows that could not be read; the finding is already made."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A row with what it was read from: the block of its cells, or its single value."""

    row: TableRow
    node: Node


@dataclass(slots=True)
class _Reader:
    layer: Layer
    type: Table
    name: str
    currencies: Container[str]
    found: list[Diagnostic]
    rows: list[_Placed] = field(default_factory=list)

    def refuse(self, finding: Diagnostic) -> _Bad:
        self.found.append(finding)
        return _Bad()


def read_table(
    layer: Layer, type_: Table, name: str, value: Node, currencies: Container[str], found: list[Diagnostic]
) -> ir.TableValue | None:
    """The table that parameters write; None where they write none, with what is wrong added to `found`."""
    reader = _Reader(layer, type_, name, currencies, found)
    try:
        _under(reader, value, ())
        if type_.diagonal is not None:
            _check_diagonal(reader)
        mirrored = _mirrored(reader) if type_.symmetric else []
    except _Bad:
        return None
    return ir.TableValue((*(placed.row for placed in reader.rows), *mirrored))


def _under(reader: _Reader, node: Node, keys: Keys) -> None:
    """The rows under the exact keys so far; as deep as a table has keys."""
    exact = reader.type.exact
    if len(keys) == len(exact):
        if reader.type.range is not None:
            _ranges(reader, node, keys)
        else:
            reader.rows.append(_Placed(TableRow(None, None, _cells(reader, node), keys), node))
        return
    key = exact[len(keys)]
    if not isinstance(node, Mapping):
        raise reader.refuse(findings.rows_by_key(reader.layer.span(node), reader.name, key.name))
    for entry in node.entries:
        _under(reader, entry.value, (*keys, (key.name, _literal(reader, key.type, entry.key))))


def _literal(reader: _Reader, type_: Type, scalar: Scalar) -> Constant:
    try:
        return read_literal(scalar.text, type_, reader.currencies)
    except LiteralError as error:
        span = reader.layer.span(scalar)
        raise reader.refuse(parameter_findings.bad_value(span, str(error), error.help)) from None


def _cells(reader: _Reader, node: Node, ends: tuple[str, ...] = ()) -> Keys:
    """The cells of one row: each column once, nothing else but the ends of a range."""
    span = reader.layer.span(node)
    columns = dict(reader.type.columns)
    if reader.type.single and not ends:
        if not isinstance(node, Scalar):
            text = str(columns["value"])
            raise reader.refuse(parameter_findings.plain_value_expected(span, reader.name, text))
        return (("value", _literal(reader, columns["value"], node)),)
    if not isinstance(node, Mapping):
        raise reader.refuse(parameter_findings.table_row_expected(span))
    cells: dict[str, Constant] = {}
    for entry in node.entries:
        name = entry.key.text
        if name in columns and isinstance(entry.value, Scalar):
            cells[name] = _literal(reader, columns[name], entry.value)
        elif name in columns:
            place = reader.layer.span(entry.value)
            raise reader.refuse(parameter_findings.plain_value_expected(place, name, str(columns[name])))
        elif name not in ends:
            known = [*ends[:1], *columns]
            meant = closest(name, known)
            place = reader.layer.span(entry.key)
            raise reader.refuse(parameter_findings.unknown_parameter(place, "table", name, meant, known, ()))
    missing = [column for column in (*ends[:1], *columns) if node.get(column) is None]
    if missing:
        raise reader.refuse(parameter_findings.table_cell_missing(span, missing[0]))
    return tuple((column, cells[column]) for column in columns)


# ---- ranges


@dataclass(frozen=True, slots=True)
class _Bound:
    """An end of a range, and where it is written."""

    value: Value
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class _Range:
    low: _Bound
    high: _Bound | None
    cells: Keys
    node: Mapping


def _ranges(reader: _Reader, node: Node, keys: Keys) -> None:
    """The rows of a list of ranges, each up to where the next begins."""
    if not isinstance(node, Sequence) or not node.items:
        raise reader.refuse(parameter_findings.table_expected(reader.layer.span(node), reader.name))
    ranges = [_range(reader, item) for item in node.items]
    for before, after in itertools.pairwise(ranges):
        _check_follows(reader, before, after)
    last = ranges[-1]
    if reader.type.beyond == "error" and last.high is None:
        raise reader.refuse(findings.no_end(reader.layer.span(last.node)))
    if reader.type.beyond == "last" and last.high is not None:
        raise reader.refuse(findings.end_goes_on(last.high.span, last.high.text))
    highs = [*(following.low.value for following in ranges[1:]), None if last.high is None else last.high.value]
    for one, high in zip(ranges, highs, strict=True):
        reader.rows.append(_Placed(TableRow(one.low.value, high, one.cells, keys), one.node))
    for name, type_ in reader.type.columns:
        if isinstance(type_, Number):
            _warn_of_turns(reader, name, [(dict(one.cells)[name], one.node) for one in ranges])


def _range(reader: _Reader, item: Node) -> _Range:
    cells = _cells(reader, item, ("from", "to"))
    assert isinstance(item, Mapping)  # else it has no cells
    low, high = _bound(reader, item, "from"), _bound(reader, item, "to")
    assert low is not None  # missing, it is found with the cells
    if high is not None and not low.value < high.value:
        raise reader.refuse(findings.empty_range(high.span, low.text, high.text))
    return _Range(low, high, cells, item)


def _bound(reader: _Reader, item: Mapping, name: str) -> _Bound | None:
    entry = item.get(name)
    if entry is None:
        return None
    span, number = reader.layer.span(entry.value), reader.type.range
    assert number is not None
    if not isinstance(entry.value, Scalar):
        raise reader.refuse(parameter_findings.plain_value_expected(span, name, str(number)))
    value = _literal(reader, number, entry.value)
    assert isinstance(value, Value)
    return _Bound(value, entry.value.text, span)


def _check_follows(reader: _Reader, before: _Range, after: _Range) -> None:
    low, high = after.low, before.high
    if not before.low.value < low.value:
        other = before.low
        raise reader.refuse(parameter_findings.table_order(low.span, reader.name, low.text, other.span, other.text))
    if high is not None and high.value != low.value:
        fixes = (Fix(high.span, low.text),)
        if high.value < low.value:
            raise reader.refuse(findings.gap(low.span, high.text, low.text, high.span, fixes))
        raise reader.refuse(findings.overlap(low.span, low.text, high.text, high.span, fixes))


def _warn_of_turns(reader: _Reader, column: str, cells: list[tuple[Constant, Mapping]]) -> None:
    """A warning where a column goes one way and then back."""
    known = [(value, node) for value, node in cells if isinstance(value, Value)]
    steps = [(one, other) for one, other in itertools.pairwise(known) if one[0] != other[0]]
    for (first, peak), (_, turned) in itertools.pairwise(steps):
        rose, falls = first[0] < peak[0], turned[0] < peak[0]
        if rose == falls:
            texts = [_text(node, column) for _, node in (first, peak, turned)]
            spans = [_cell_span(reader, node, column) for _, node in (first, peak)]
            notes = tuple(Note(span, text) for span, text in zip(spans, texts, strict=False))
            way = "rises and then falls" if rose else "falls and then rises"
            place = _cell_span(reader, turned[1], column)
            reader.found.append(findings.turns_back(place, column, texts[2], notes, way))
            return


def _text(node: Mapping, column: str) -> str:
    entry = node.get(column)
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else ""


def _cell_span(reader: _Reader, node: Mapping, column: str) -> Span:
    entry = node.get(column)
    return reader.layer.span(entry.value if entry is not None else node)


# ---- pairs


def _check_diagonal(reader: _Reader) -> None:
    for placed in reader.rows:
        (_, one), (_, other) = placed.row.keys
        if one == other:
            span = reader.layer.span(placed.node)
            raise reader.refuse(findings.on_the_diagonal(span, key_text(one)))


def _mirrored(reader: _Reader) -> list[TableRow]:
    """The rows of pairs that are written in one order, in the other."""
    written = {tuple(key for _, key in placed.row.keys): placed for placed in reader.rows}
    rows: list[TableRow] = []
    seen: set[tuple[Constant, ...]] = set()
    for pair, placed in written.items():
        other = written.get((pair[1], pair[0]))
        seen.add(pair)
        if other is None:
            names = [name for name, _ in placed.row.keys]
            rows.append(TableRow(None, None, placed.row.cells, tuple(zip(names, reversed(pair), strict=True))))
        elif other.row.cells != placed.row.cells and (pair[1], pair[0]) in seen:
            raise reader.refuse(_differ(reader, placed, other))
    return rows


def _differ(reader: _Reader, placed: _Placed, other: _Placed) -> Diagnostic:
    keys = " and ".join(f"`{key_text(key)}`" for _, key in placed.row.keys)
    if isinstance(placed.node, Scalar) and isinstance(other.node, Scalar):
        here, there = (reader.layer.span(one.node) for one in (placed, other))
        return findings.orders_differ(here, keys, placed.node.text, there, other.node.text)
    assert isinstance(placed.node, Mapping) and isinstance(other.node, Mapping)
    pairs = zip(placed.row.cells, other.row.cells, strict=True)
    column = next(name for (name, one), (_, two) in pairs if one != two)
    here, there = _cell_span(reader, placed.node, column), _cell_span(reader, other.node, column)
    own, theirs = _text(placed.node, column), _text(other.node, column)
    return findings.orders_differ(here, f"`{column}` of {keys}", own, there, theirs)


def key_text(key: Constant) -> str:
    """A key as parameters write it."""
    if isinstance(key, RowKey):
        return key.key
    return str(key).lower() if isinstance(key, bool) else str(key)
