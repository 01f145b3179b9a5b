"""Tables in expressions: the row under given keys, the range a number falls in, and the parts of an amount."""

from __future__ import annotations

from ...program.diagnostic import Span
from ...program.dimension import Path
from ...program.program import Constant, RowKey
from ...program.tables import ENTRY, SLICE
from ...program.types import Label, Number, Row, Rows, Table, TableKey, Truth, Type, optional
from ..diagnostics import calls as call_findings
from ..diagnostics import tables as findings
from ..syntax import ast
from .expression import Checker, dimension_of, what
from .scope import Scope
from .term import Refused, Term


def look_up(checker: Checker, node: ast.Call, table: Term, scope: Scope, span: Span) -> Term:
    """`gamma(a.bucket, b.bucket)`: the value under these keys, or the row where the table has columns."""
    assert isinstance(table.type, Table)
    type_ = table.type
    text = checker.expression.slice(node.callee)
    if len(node.arguments) != len(type_.keys):
        names = [_wanted(key) for key in type_.keys]
        raise Refused(findings.key_count(span, text, len(node.arguments), names))
    keys = [
        _key(checker, argument, key, text, type_, scope)
        for argument, key in zip(node.arguments, type_.keys, strict=True)
    ]
    absent = "none" if type_.missing != "error" else "error"
    row_type = Row(ENTRY, None, optional=absent == "none", table=type_)
    row = Term("lookup", (table, *keys), (type_.closed, absent), row_type, span)
    if not type_.single:
        return row
    cell = type_.columns[0][1]
    value = Term("cell", (row,), ("value",), optional(cell) if absent == "none" else cell, span)
    if type_.missing == "value":
        value = _or_default(row, value, cell, type_, span)
    if type_.diagonal is None:
        return value
    same = Term("equal", (keys[0], keys[1]), (), Truth(), span)
    diagonal = _said(type_.diagonal, cell, span)
    return Term("select", (same, diagonal, value), (), value.type, span)


def _or_default(row: Term, value: Term, cell: Type, type_: Table, span: Span) -> Term:
    """The value where the table has the row, else what the table says for absent ones. A cell may itself be none."""
    default = _said(type_.default, cell, span)
    if not cell.optional:
        return Term("default", (value, default), (), cell, span)
    absent = Term("is_none", (row,), (), Truth(), span)
    return Term("select", (absent, default, value), (), cell, span)


def _said(value: Constant, cell: Type, span: Span) -> Term:
    """What a table says of absent rows or of its diagonal: a constant, or a row by its key."""
    if isinstance(value, RowKey):
        return Term("keyed", (), (value.kind, value.key), cell, span)
    return Term("constant", (), (value,), cell, span)


def _key(checker: Checker, node: ast.Expr, key: TableKey, text: str, table: Table, scope: Scope) -> Term:
    """One value a table is looked up by; it may be none only where an absent row is none too."""
    exact = not isinstance(key.type, Number)
    term = checker.check(node, scope) if exact and table.missing == "none" else checker.settled(node, scope)
    match key.type, term.type:
        case Number() as number, _:
            _measures(checker.as_number(term, node), number, text)
        case Row(kind=wanted), Row(kind=given) if wanted == given:
            pass
        case Truth(), Truth():
            pass
        case Label() as wanted_label, Label():
            if term.operation == "constant":
                checker.check_choice(str(term.attributes[0]), wanted_label, term.span)
        case wanted_type, given_type:
            told = what(wanted_type) if not isinstance(wanted_type, Label) else f"one of {wanted_type}"
            raise Refused(findings.key_differs(term.span, text, key.name, told, what(given_type)))
    return term


def _measures(term: Term, wanted: Number, text: str) -> None:
    """Raises Refused where a number is of another dimension than the ranges it is to be found in."""
    given = dimension_of(term)
    if given is not None and given != wanted.dimension:
        raise Refused(findings.key_differs(term.span, text, "number", what(wanted), what(term.type)))


def _wanted(key: TableKey) -> str:
    """A key in a call written as an example."""
    return "x" if isinstance(key.type, Number) else key.name


def of_ranges(checker: Checker, name: str, arguments: tuple[ast.Expr, ...], scope: Scope, span: Span) -> Term:
    """`slices(tiers, x)` and `bracket(tiers, x)`."""
    table = checker.settled(arguments[0], scope)
    text = checker.expression.slice(arguments[0])
    if not isinstance(table.type, Table):
        raise Refused(call_findings.table_wanted(table.span, name, text, what(table.type)))
    number = table.type.range
    if number is None or len(table.type.keys) > 1:
        keys = ", ".join(_wanted(key) for key in table.type.keys)
        raise Refused(findings.ranges_wanted(table.span, name, text, keys))
    at = checker.number(arguments[1], scope)
    _measures(at, number, text)
    if name == "slices":
        return Term("slices", (table, at), (), Rows(SLICE, table.type), span)
    return Term("bracket", (table, at), (table.type.closed,), Row(ENTRY, None, table=table.type), span)


def cells_of(row: Row, place: Span, name: str = "") -> dict[str, Type] | None:
    """What a table's row gives by name: its keys, the ends of its range, its columns; None for other rows.

    Raises Refused where `name` is that of two keys.
    """
    table = row.table
    if table is None:
        return None
    names = [key.name for key in table.exact]
    if names.count(name) > 1:
        raise Refused(findings.keys_without_names(place, name))
    cells: dict[str, Type] = {key.name: _at(row, key.name, key.type) for key in table.exact}
    number = table.range
    if number is not None:
        cells |= {"from": number, "to": optional(number, table.beyond == "last")}
        if row.kind == SLICE:
            cells["width"] = number
    return {**cells, **{column: _at(row, column, type_) for column, type_ in table.columns}}


def _at(row: Row, name: str, type_: Type) -> Type:
    """A row in a cell is known by the path to it, where the path to its own row is known."""
    if not isinstance(type_, Row):
        return type_
    path: Path | None = row.path.then(name) if row.path is not None else None
    return Row(type_.kind, path, type_.optional)
