"""Operations that cannot fail on well-typed values: arithmetic without division, comparison, choice."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from ...program.number import Value, add, extreme, multiply, subtract
from ...program.program import Node
from .tables import entries

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
    if name == "chain":
        return _chain(tuple(_COMPARISONS[operator] for operator in attributes[0]), arguments)  # type: ignore[union-attr]
    if name == "member":
        labels = frozenset(attributes[0])  # type: ignore[arg-type]  # a tuple of labels
        (label,) = arguments
        return lambda rows: label(rows) in labels
    if name == "cell":
        column = str(attributes[0])
        (entry,) = arguments
        return lambda rows: None if (found := entry(rows)) is None else found.cells[column]
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


def _chain(tests: tuple[Callable[[Any, Any], bool], ...], arguments: list[Closure]) -> Closure:
    """`a < b <= c`: each operand once, none behind the first test that does not hold."""

    def holds(rows: list[Any]) -> bool:
        left = arguments[0](rows)
        for test, argument in zip(tests, arguments[1:], strict=True):
            right = argument(rows)
            if not test(left, right):
                return False
            left = right
        return True

    return holds


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def _clamp(value: Value, low: Value | None, high: Value | None) -> Value:
    if low is not None and value < low:
        value = low
    return high if high is not None and value > high else value


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
    "entries": entries,
}
