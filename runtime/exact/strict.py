"""Operations that cannot fail on well-typed values: arithmetic without division, comparison, choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...program.number import Value, add, multiply, subtract
from ...program.program import Node, TableValue
from .rows import Entry

Closure = Callable[[list[Any]], Any]
"""A node's value for the rows in scope, a list by slot."""


def strict(node: Node, arguments: list[Closure]) -> Closure:
    """Operations that cannot fail on well-typed values."""
    name, attributes = node.operation, node.attributes
    if name == "select":
        condition, yes, no = arguments
        return lambda rows: yes(rows) if condition(rows) else no(rows)
    if name in ("minimum", "maximum"):
        least = name == "minimum"
        return lambda rows: extreme([v for v in (f(rows) for f in arguments) if v is not None], least)
    if name == "member":
        labels = frozenset(attributes[0])  # type: ignore[arg-type]  # a tuple of labels
        (label,) = arguments
        return lambda rows: label(rows) in labels
    if name == "cell":
        column = str(attributes[0])
        (entry,) = arguments
        return lambda rows: entry(rows).cells[column]
    function = _STRICT[name]
    if len(arguments) == 1:
        (one,) = arguments
        return lambda rows: function(one(rows))
    if len(arguments) == 2:
        left, right = arguments
        if name == "default":
            return lambda rows: right(rows) if (value := left(rows)) is None else value
        return lambda rows: function(left(rows), right(rows))
    first, second, third = arguments
    return lambda rows: function(first(rows), second(rows), third(rows))


def extreme(values: list[Value], least: bool) -> Value | None:
    best: Value | None = None
    for value in values:
        if best is None or (value < best if least else value > best):
            best = value
    return best


def _clamp(value: Value, low: Value | None, high: Value | None) -> Value:
    if low is not None and value < low:
        value = low
    return high if high is not None and value > high else value


def _slices(table: TableValue, at: Value) -> list[Entry]:
    """Each row with the width of [0, x] that falls in it; rows that begin beyond x have none and are left out."""
    found = []
    for row in table.rows:
        if row.low < at:
            end = at if row.high is None or at < row.high else row.high
            found.append(Entry(row, subtract(end, row.low)))
    return found


_STRICT: dict[str, Callable[..., Any]] = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "negate": lambda value: -value,
    "absolute": abs,
    "clamp": _clamp,
    "less": lambda left, right: left < right,
    "less_equal": lambda left, right: left <= right,
    "equal": lambda left, right: left == right,
    "not": lambda value: not value,
    "is_none": lambda value: value is None,
    "default": lambda value, otherwise: otherwise if value is None else value,
    "owner": lambda row: row.owner or row,
    "entries": lambda table: [Entry(row) for row in table.rows],
    "slices": _slices,
}
