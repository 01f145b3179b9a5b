"""Aggregations: `sum(EXPR for p in positions where COND)` and the short form `sum(positions.notional)`."""

from __future__ import annotations

from ...program.diagnostic import Span
from ...program.dimension import RATIO, Path
from ...program.tables import ENTRY
from ...program.types import Number, Row, Rows, Table, Truth, Type, optional
from ..diagnostics import calls as call_findings
from ..diagnostics import names as name_findings
from ..diagnostics import types as findings
from ..syntax import ast
from . import advice
from .expression import Checker, what
from .facts import known_if
from .groups import Alias, aliases
from .scope import Scope
from .term import Refused, Term

AGGREGATES = ("sum", "min", "max", "count", "any", "all", "argmin", "argmax")


def aggregate(checker: Checker, node: ast.Aggregate, scope: Scope, span: Span) -> Term:
    """The long form, with one binder or several; the condition counts where all of them are bound."""
    function = node.function.name if isinstance(node.function, ast.Name) else ""
    if function not in AGGREGATES:
        text = checker.expression.slice(node.function)
        raise Refused(name_findings.unknown_function(checker.place(node.function), text, list(AGGREGATES)))
    if function.startswith("arg") and len(node.binders) > 1:
        raise Refused(call_findings.one_binder(span, function))
    inner = scope
    collections: list[tuple[str, Term]] = []
    for binder in node.binders:
        place = checker.place(binder)
        kind = binder.name in scope.world.model.kinds and binder.name in scope.rows
        if kind or inner.sees(binder.name) or scope.here(binder.name) in scope.world.prefixes:
            raise Refused(name_findings.binder_taken(place, binder.name))
        rows = as_rows(checker.check(binder.collection, inner))
        shared = aliases(inner, rows, binder.name, place)
        inner = inner.bind(binder.name, element(checker, rows, binder.collection, binder.name)).aliased(shared)
        collections.append((binder.name, rows))
    where = Term("constant", (), (True,), Truth(), span)
    if node.where is not None:
        where = checker.truth(node.where, inner)
        inner = inner.knowing(known_if(node.where, True)).aliased(_equated(checker, node, inner))
    body = checker.check(node.body, inner)
    return _reduce(checker, function, collections, body, where, scope, span)


def _equated(checker: Checker, node: ast.Aggregate, scope: Scope) -> tuple[Alias, ...]:
    """Rows that the condition makes one: behind `where b.token == token` the two units are the same."""
    binders = [binder.name for binder in node.binders]
    found: list[Alias] = []
    waiting = [node.where]
    while waiting:
        part = waiting.pop()
        if isinstance(part, ast.Logical) and part.operator == "and":
            waiting += [part.left, part.right]
        elif isinstance(part, ast.Comparison) and part.operators == ("==",) and all(map(_is_path, part.operands)):
            one, other = (checker.check(operand, scope).type for operand in part.operands)
            here = one.path if isinstance(one, Row) else None
            there = other.path if isinstance(other, Row) else None
            if here is not None and there is not None and here != there:
                alias = (here, there) if here.root in binders else (there, here)
                found.append(alias)
                scope = scope.aliased((alias,))  # so that a circle of them has one name for all
    return tuple(found)


def _is_path(node: ast.Expr) -> bool:
    """A name or a row by its key, and what is read through it: the only rows that can be told to be one."""
    while isinstance(node, ast.Member):
        node = node.owner
    return isinstance(node, ast.Name | ast.Call)


def short_form(checker: Checker, function: str, argument: ast.Expr, scope: Scope, span: Span) -> Term | None:
    """`sum(positions.notional)`, `count(positions)`: None where the argument is no collection."""
    binder = advice.SHORT_FORM
    column = argument if isinstance(argument, ast.Member) and scope.behind_prefix(argument) is None else None
    rows = as_rows(checker.check(column.owner if column else argument, scope))
    if column and isinstance(rows.type, Rows):
        row = Term("index", (), (binder,), element(checker, rows, column.owner, binder), checker.place(column))
        inner = scope.bind(binder, row.type)  # type: ignore[arg-type]  # element() gives a Row
        inner = inner.aliased(aliases(inner, rows, binder, row.span))
        cells = checker.cells(row, column.name, row.span)
        if cells is not None:
            body = checker.cell(row, column, cells)
        else:
            body = inner.member(row, column.name, row.span)
    else:
        if column:
            rows = as_rows(checker.check(argument, scope))
        if not isinstance(rows.type, Rows):
            return None
        body = Term("index", (), (binder,), element(checker, rows, argument, binder), checker.place(argument))
        if function != "count":
            raise Refused(call_findings.not_aggregable(body.span, function, checker.expression.slice(argument)))
    where = Term("constant", (), (True,), Truth(), span)
    return _reduce(checker, function, [(binder, rows)], body, where, scope, span)


def as_rows(term: Term) -> Term:
    """A table stands for its rows."""
    if isinstance(term.type, Table) and not term.type.optional:
        return Term("entries", (term,), (), Rows(ENTRY, term.type), term.span)
    return term


def element(checker: Checker, rows: Term, node: ast.Expr, binder: str) -> Row:
    """The type of one of `rows`, bound to a name."""
    if not isinstance(rows.type, Rows):
        text = checker.expression.slice(node)
        raise Refused(call_findings.not_a_collection(rows.span, text, what(rows.type)))
    return Row(rows.type.kind, Path(binder), table=rows.type.table)


def _reduce(
    checker: Checker,
    function: str,
    collections: list[tuple[str, Term]],
    body: Term,
    where: Term,
    scope: Scope,
    span: Span,
) -> Term:
    always = where.operation == "constant" and all(_never_empty(rows, scope) for _, rows in collections)
    type_ = _result(checker, function, collections, body, scope)
    if always and not body.type.optional:
        type_ = optional(type_, False)
    yes = Term("constant", (), (True,), Truth(), span)
    for depth, (binder, rows) in enumerate(reversed(collections)):
        name = "sum" if function == "count" and depth else function
        body = Term("reduce", (rows, body, where), (name, binder), type_, span)
        where = yes
    return body


def _never_empty(rows: Term, scope: Scope) -> bool:
    """Whether there is a row in any case: then a least, a largest, a first one exists."""
    match rows.operation:
        case "all":
            return rows.attributes[0] in scope.world.filled
        case "members":
            owner = rows.arguments[0].type
            return isinstance(owner, Row) and len(scope.world.model.kinds[owner.kind].of) == 1
        case _:
            table = rows.type.table if isinstance(rows.type, Rows) else None
            return rows.operation == "entries" and table is not None and not table.exact


def _result(checker: Checker, function: str, collections: list[tuple[str, Term]], body: Term, scope: Scope) -> Type:
    if function == "count":
        return Number(RATIO)
    if function in ("any", "all"):
        if not isinstance(body.type, Truth) or body.type.optional:
            raise Refused(findings.truth_wanted(body.span, "this", what(body.type)))
        return Truth()
    if not isinstance(body.type, Number):
        raise Refused(findings.number_wanted(body.span, "this", what(body.type)))
    binders = {binder for binder, _ in collections}
    leaving = [path for path in (body.type.dimension.units() if body.type.dimension else ()) if path.root in binders]
    if leaving:
        raise Refused(advice.adds_units(checker, function, collections, body, leaving[0], scope))
    if function.startswith("arg"):
        rows = collections[0][1].type
        assert isinstance(rows, Rows)
        return Row(rows.kind, None, optional=True, table=rows.table)
    number = Number(body.type.dimension)
    return number if function == "sum" else optional(number)
