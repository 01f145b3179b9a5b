"""Tables of tiers in which one is many times its neighbour."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import ROUND_FLOOR, Context, Decimal

from ...program.diagnostic import Diagnostic, Span
from ...program.literal import LiteralError, read_literal
from ...program.number import Value, canonical, divide
from ...program.types import Number, Table, Type
from ..check.model import Model
from ..diagnostics import lint as findings
from ..pipeline import Source
from ..rulebook import Layer
from ..rulebook.texts import LayerText
from ..source import Mapping, Node, Scalar, Sequence
from .own import own_layers

TOLERANCE = 5
"""Times its neighbour that a tier may be. Venues' tiers at most halve or double, a few go up fourfold."""
_JUMPS = "MC339"


def leaping_tiers(source: Source, tolerance: int = TOLERANCE) -> list[Diagnostic]:
    """A finding for each cell of a table of ranges that is more than `tolerance` times the one before, or a fraction.

    Tables of which another warning tells that amounts jump are passed over.
    """
    told = [note.span for finding in source.findings() if finding.code == _JUMPS for note in finding.notes]
    found: list[Diagnostic] = []
    model = source.structure_at(None).model
    for layer in own_layers(source):
        for node, type_ in _tables(layer, model):
            for ranges in _ranges(node):
                if not any(_holds(layer.layer.span(ranges), span) for span in told):
                    found += _leaps(layer.layer, ranges, type_, model, tolerance)
    return found


def _tables(layer: LayerText, model: Model) -> Iterator[tuple[Node, Table]]:
    """The tables that parameters write, with their types."""
    own = {field.name: field.type for field in model.kinds[""].fields}
    values: list[tuple[Node, Type | None]] = []
    for text in layer.parameters:
        kind = model.by_plural(text.name)
        if kind is None:
            values.append((text.value, own.get(text.name)))
            continue
        types = {field.name: field.type for field in kind.fields}
        for row in text.value.entries if isinstance(text.value, Mapping) else ():
            cells = row.value.entries if isinstance(row.value, Mapping) else ()
            values += [(cell.value, types.get(cell.key.text)) for cell in cells]
    yield from ((node, type_) for node, type_ in values if isinstance(type_, Table) and type_.range is not None)


def _ranges(node: Node) -> Iterator[Sequence]:
    """The lists of ranges of a table, under whatever keys."""
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, Sequence):
            yield part
        elif isinstance(part, Mapping):
            stack += [entry.value for entry in reversed(part.entries)]


def _leaps(layer: Layer, ranges: Sequence, type_: Table, model: Model, tolerance: int) -> Iterator[Diagnostic]:
    for name, column in type_.columns:
        if not isinstance(column, Number):
            continue
        for before, after in itertools.pairwise(ranges.items):
            one, other = _cell(before, name, column, model), _cell(after, name, column, model)
            if one is None or other is None:
                continue
            low, high = min(one[1], other[1]), max(one[1], other[1])
            if low <= Decimal(0):
                continue
            times = divide(high, low)
            if times > Decimal(tolerance):
                place, here = layer.span(other[0]), layer.span(one[0])
                yield findings.tier_leaps(place, name, other[0].text, one[0].text, _times(times), here)


def _cell(row: Node, name: str, type_: Number, model: Model) -> tuple[Scalar, Value] | None:
    entry = row.get(name) if isinstance(row, Mapping) else None
    if entry is None or not isinstance(entry.value, Scalar):
        return None
    try:
        value = read_literal(entry.value.text, type_, model.currencies)
    except LiteralError:
        return None
    return (entry.value, value) if isinstance(value, Value) else None


def _times(value: Value) -> str:
    """How many times, rounded down to two digits."""
    exact = Decimal(canonical(value)) if isinstance(value, Decimal) else Decimal(value.numerator) / value.denominator
    return f"{Context(prec=2, rounding=ROUND_FLOOR).create_decimal(exact):f}"


def _holds(outer: Span, inner: Span) -> bool:
    begins = (outer.line, outer.column) <= (inner.line, inner.column)
    return (
        outer.file == inner.file and begins and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)
    )
