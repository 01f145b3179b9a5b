"""Advice for a unit that leaves its binder: the definition that carries it, and the price that makes it money."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...program.diagnostic import Diagnostic, Fix, Note, Span
from ...program.dimension import Path, currency, unit
from ...program.types import Number, Row
from ..diagnostics import types as findings
from ..syntax import Expression, ast
from .scope import Scope
from .term import Term

if TYPE_CHECKING:
    from .expression import Checker

SHORT_FORM = "each row"
"""The binder of the short form, `sum(positions.notional)`: no name anybody can write."""


def adds_units(
    checker: Checker,
    function: str,
    collections: list[tuple[str, Term]],
    body: Term,
    unit_path: Path,
    scope: Scope,
) -> Diagnostic:
    """The finding for an aggregation whose body still counts units of the row that the binder leaves."""
    kind = _kind_at(scope, collections, unit_path)
    examples = scope.world.examples(kind)
    if body.operation != "read":
        return _directly(checker, function, collections, body, unit_path, scope, kind)
    key = body.attributes[0]
    definition = scope.world.expression(key)  # type: ignore[arg-type]  # a read's attribute is its key
    if definition is None:
        return findings.adds_units(body.span, function, examples, (), "", ())
    owner = key[0][0]  # type: ignore[index]
    culprit = _carrier(definition)
    price = _price(scope, kind)
    steps = unit_path.steps
    note = Note(definition.span(culprit), f"a quantity of the {owner}'s own {kind}, not money")
    if price is None:
        return findings.adds_units(body.span, function, examples, (note,), "", ())
    factor = ".".join((*steps, price))
    place = definition.span(culprit)
    text = definition.slice(culprit)
    whole = definition.slice(definition.root)
    begin = culprit.start - definition.root.start
    fixed = (
        f"{whole[: begin + len(text)]} * {factor}{whole[begin + len(text) :]}" if whole[begin:].startswith(text) else ""
    )
    help_text = f"value it with its price: `{fixed or f'{text} * {factor}'}`"
    fix = Fix(Span(place.file, place.end_line, place.end_column, place.end_line, place.end_column), f" * {factor}")
    return findings.adds_units(body.span, function, examples, (note,), help_text, (fix,))


def _directly(
    checker: Checker,
    function: str,
    collections: list[tuple[str, Term]],
    body: Term,
    path: Path,
    scope: Scope,
    kind: str,
) -> Diagnostic:
    """The advice where the body itself counts units: the price goes behind it."""
    examples, price = scope.world.examples(kind), _price(scope, kind)
    if price is None:
        return findings.adds_units(body.span, function, examples, (), "", ())
    node = ast_of(checker, body)
    text = checker.expression.slice(node)
    value = f"{text} * {'.'.join((path.root, *path.steps, price))}"
    if path.root == SHORT_FORM and isinstance(node, ast.Member):  # the row has no name yet
        rows = collections[0][1].type
        taken = scope.visible()
        name = next((n for n in (getattr(rows, "kind", "r")[:1], "r", "row") if n not in taken), "each_row")
        factor = ".".join((name, *path.steps, price))
        owner = checker.expression.slice(node.owner)
        value = f"{name}.{node.name} * {factor} for {name} in {owner}"
    help_text = (
        f"value it with its price: `{function}({value})`" if " for " in value else f"value it with its price: `{value}`"
    )
    return findings.adds_units(body.span, function, examples, (), help_text, (Fix(body.span, value),))


def ast_of(checker: Checker, term: Term) -> ast.Expr:
    """The node that a term was made of, found again by its place."""
    level: list[ast.Expr] = [checker.expression.root]
    while level:
        for node in level:
            if checker.place(node) == term.span:
                return node
        level = [child for node in level for child in ast.children(node)]
    return checker.expression.root


def _carrier(definition: Expression) -> ast.Expr:
    """The factor of a definition's product that counts units: the place where a price is missing."""
    node = definition.root
    while isinstance(node, ast.Arithmetic) and node.operator in "*/":
        node = node.left
    return node


def _kind_at(scope: Scope, collections: list[tuple[str, Term]], path: Path) -> str:
    kind = next((rows.type.kind for name, rows in collections if name == path.root and hasattr(rows.type, "kind")), "")
    for step in path.steps:
        declared = scope.world.model.kinds[kind].field(step)
        if declared is None or not isinstance(declared.type, Row):
            break
        kind = declared.type.kind
    return kind


def _price(scope: Scope, kind: str) -> str | None:
    """The field of a kind that says what one of it is worth in the numeraire."""
    worth = currency(scope.world.model.numeraire) / unit(Path(kind))
    fields = scope.world.model.kinds[kind].fields
    worths = [f for f in fields if isinstance(f.type, Number) and f.type.dimension == worth and not f.type.optional]
    worths.sort(key=lambda field: field.origin != "observed")  # a price is observed; a parameter is a par or a floor
    return worths[0].name if worths else None
