"""The IR on constants: what a node gives on listed rows, as far as parameters tell it.

What depends on an observation is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ...program import number as exact
from ...program.number import Value
from ...program.program import Constant, Node, Program, RowKey


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only a snapshot can tell."""


UNKNOWN = Unknown()
Known = Constant | Unknown


@dataclass(slots=True)
class Reading:
    """One evaluation: the rows in scope, the parameters it came past, those without a value, a function's arguments."""

    rows: tuple[RowKey, ...]
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    absent: list[tuple[str, str, str]] = field(default_factory=list)
    arguments: tuple[Known, ...] = ()


class Evaluator:
    """The IR on constants. Lazy where the language is; anything unknown makes what strictly needs it unknown."""

    def __init__(self, program: Program):
        self.program = program
        self.depth = 0
        self.memo: dict[tuple[int, tuple[RowKey, ...]], Known] = {}
        self.effort = 0
        """Operations computed, those of functions included."""

    def value(self, number: int, reading: Reading) -> Known:
        key = (number, reading.rows)
        if key not in self.memo:
            self.effort += 1
            self.memo[key] = self._value(self.program.nodes[number], reading)
        return self.memo[key]

    def _value(self, node: Node, reading: Reading) -> Known:
        match node.operation:
            case "constant":
                constant = node.attributes[0]
                return constant if not isinstance(constant, int | tuple) or isinstance(constant, bool) else UNKNOWN
            case "index":
                slot = node.attributes[0]
                return reading.rows[slot] if isinstance(slot, int) and slot < len(reading.rows) else UNKNOWN
            case "keyed":
                return RowKey(str(node.attributes[0]), str(node.attributes[1]))
            case "load":
                return self._load(node, reading)
            case "read":
                return self._read(node, reading)
            case "argument":
                return reading.arguments[int(str(node.attributes[0]))]
            case "call":
                return self._call(node, reading)
            case "select":
                condition, yes, no = node.arguments
                test = self.value(condition, reading)
                return UNKNOWN if isinstance(test, Unknown) else self.value(yes if test else no, reading)
            case "default":
                first = self.value(node.arguments[0], reading)
                return self.value(node.arguments[1], reading) if first is None else first
            case "require":
                return self.value(node.arguments[0], reading)
        operation = _OPERATIONS.get(node.operation)
        if operation is None:
            return UNKNOWN
        values = [self.value(argument, reading) for argument in node.arguments]
        if any(isinstance(value, Unknown) for value in values):
            return UNKNOWN
        try:
            return operation(*values)
        except (ZeroDivisionError, TypeError):
            return UNKNOWN

    def _load(self, node: Node, reading: Reading) -> Known:
        kind, name = str(node.attributes[0]), str(node.attributes[1])
        row: Known = RowKey("", "") if not node.arguments else self.value(node.arguments[0], reading)
        declared = self.program.kinds[kind].field(name)
        if not isinstance(row, RowKey) or declared is None or declared.origin == "observed" or len(node.arguments) > 1:
            return UNKNOWN
        values = self.program.parameters.get(kind, {}).get(row.key)
        if values is None:
            return UNKNOWN
        if name in values:
            reading.seen.append((kind, row.key, name))
            return values[name]
        if not declared.has_default:
            reading.absent.append((kind, row.key, name))
            return UNKNOWN
        return declared.default

    def _read(self, node: Node, reading: Reading) -> Known:
        rows = [self.value(argument, reading) for argument in node.arguments]
        definition = self.program.definitions[int(str(node.attributes[0]))]
        known = [row for row in rows if isinstance(row, RowKey)]
        if len(known) < len(rows) or self.depth > 100:
            return UNKNOWN
        inner = Reading(tuple(known), reading.seen, reading.absent)
        self.depth += 1
        value = self.value(definition.node, inner)
        self.depth -= 1
        return value

    def _call(self, node: Node, reading: Reading) -> Known:
        if self.depth > 100:
            return UNKNOWN
        given = tuple(self.value(argument, reading) for argument in node.arguments)
        inside = Evaluator(self.program)  # what it remembers holds for these arguments only
        inside.depth = self.depth + 1
        function = self.program.functions[int(str(node.attributes[0]))]
        value = inside.value(function.node, Reading((), reading.seen, reading.absent, given))
        self.effort += inside.effort
        return value


def _extreme(least: bool) -> Callable[..., Known]:
    return lambda *values: exact.extreme([value for value in values if isinstance(value, Value)], least)


def _clamp(value: Known, low: Known, high: Known) -> Known:
    return value if value is None else _extreme(True)(_extreme(False)(value, low), high)


_OPERATIONS: dict[str, Callable[..., Known]] = {
    "add": exact.add,
    "subtract": exact.subtract,
    "multiply": exact.multiply,
    "divide": exact.divide,
    "negate": lambda value: -value,
    "absolute": abs,
    "minimum": _extreme(True),
    "maximum": _extreme(False),
    "clamp": _clamp,
    "less": lambda left, right: left < right,
    "less_equal": lambda left, right: left <= right,
    "equal": lambda left, right: left == right,
    "not": lambda value: not value,
    "is_none": lambda value: value is None,
}
