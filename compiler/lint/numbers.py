"""Numbers in expressions that a parameter of the rulebook has too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from ...program.diagnostic import Diagnostic, Span
from ...program.dimension import TIME, Dimension
from ...program.literal import TIME_UNITS, LiteralError, unit_scale
from ...program.number import EXACT, Value, canonical, divide
from ...program.types import Number
from ..diagnostics import lint as findings
from ..pipeline import Source
from ..rulebook.texts import LayerText
from ..source import Scalar
from ..syntax import Expression, ast, parse_expression
from .own import own_file, own_layers
from .values import Values

_COUNTS = frozenset(str(number) for number in (*range(11), 100, 1_000, 10_000))
"""Bare numbers that mostly count, halve or convert."""
_Known = dict[tuple[str, str], tuple[str, Span, str]]
"""By value and dimension: a parameter that has it, where it is set, and as what."""


def repeated_parameters(source: Source, values: Sequence[Values]) -> list[Diagnostic]:
    """A finding for each number of the file's definitions and status that is a parameter's, at any date."""
    known = _parameters(values)
    if not known:
        return []
    file = own_file(source).source
    found: list[Diagnostic] = []
    for layer in own_layers(source):
        for scalar in _expressions(layer):
            expression = parse_expression(file, scalar)
            if isinstance(expression, Diagnostic):
                continue
            for node in _quantities(expression):
                same = known.get(_identity(node, source.rulebook.currencies))
                if same is not None:
                    place, text = expression.span(node), expression.slice(node)
                    found.append(findings.repeats_parameter(place, text, *same))
    return found


def _parameters(values: Sequence[Values]) -> _Known:
    """The numbers among the rulebook's own parameters."""
    known: _Known = {}
    for at in values:
        for (kind, row, name), story in at.parameters.history.items():
            declared = None if kind or row else at.model.kinds[""].field(name)
            value, origin = story[0]
            if declared is None or not isinstance(declared.type, Number):
                continue
            if isinstance(value, Value) and declared.type.dimension is not None:
                identity = (canonical(value), str(declared.type.dimension))
                known.setdefault(identity, (name, origin.span, origin.text))
    return known


def _expressions(layer: LayerText) -> Iterator[Scalar]:
    for definition in layer.definitions:
        parts = (definition.expression, *(part for case in definition.cases for part in case))
        yield from (part for part in parts if part is not None)
    yield from (rung.when for rung in layer.ladder or () if rung.when is not None)


def _quantities(expression: Expression) -> Iterator[ast.Quantity]:
    stack: list[ast.Expr] = [expression.root]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Quantity):
            yield node
        stack += ast.children(node)


def _identity(node: ast.Quantity, currencies: frozenset[str]) -> tuple[str, str]:
    """Value and dimension of a literal; nothing that is known where it only counts, or names a unit (`1 USD`)."""
    plain = canonical(node.value)
    if (not node.suffix and plain in _COUNTS) or (plain == "1" and node.suffix not in ("%", "bp")):
        return "", ""
    try:
        scale, dimension = unit_scale(node.suffix, currencies)
    except LiteralError:
        return "", ""
    value: Value = EXACT.multiply(node.value, scale) if isinstance(node.value, Decimal) else node.value * scale
    if node.per:
        if node.per not in TIME_UNITS:
            return "", ""
        value, dimension = divide(value, TIME_UNITS[node.per]), dimension / Dimension(((TIME, 1),))
    return ("", "") if canonical(value) in ("0", "1") else (canonical(value), str(dimension))
