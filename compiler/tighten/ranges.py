"""Between which bounds a node's number lies, whatever a snapshot says: what signs follow from.

Known are constants, parameters on every row, the ranges that the contracts of sections demand, and what operations make
of them. A truth counts as 0 or 1. Whatever is `none` has no number and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...program import number as exact
from ...program.number import ONE, ZERO, Value
from ...program.program import Constant, Node, Program, TableValue
from ...program.types import Vector


@dataclass(frozen=True, slots=True)
class Range:
    """At least `low` and at most `high`; None is without bound."""

    low: Value | None = None
    high: Value | None = None

    @property
    def is_positive(self) -> bool:
        """Whether nothing in it is below 0."""
        return self.low is not None and self.low >= ZERO

    @property
    def is_negative(self) -> bool:
        """Whether nothing in it is above 0."""
        return self.high is not None and self.high <= ZERO


ANY, NONE_BELOW, SHARE = Range(), Range(ZERO), Range(ZERO, ONE)
_KEEP_SIGN = ("floor", "ceil", "trunc", "round")
_NUMBERS = {
    *("add", "subtract", "multiply", "divide", "negate", "power", "absolute", "clamp", "square_root", "exponential"),
    *("logarithm", "normal_cdf", "floor", "ceil", "trunc", "round", "less", "less_equal", "chain", "equal", "not"),
    *("is_none", "member"),
}
DEEPEST = 120
"""Operations followed into one another; what lies deeper is unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """What rows and arguments stand for where a node is: tables by slot, ranges of a function's arguments."""

    tables: tuple[tuple[int, tuple[TableValue, ...]], ...] = ()
    arguments: tuple[Range, ...] = ()

    def table(self, slot: object) -> tuple[TableValue, ...]:
        return next((tables for bound, tables in reversed(self.tables) if bound == slot), ())


OPEN = Bound()
"""Where a definition begins: its rows are any."""


class Ranges:
    """The ranges of one program's nodes, found once each."""

    def __init__(self, program: Program):
        self.program = program
        self.known: dict[tuple[int, Bound], Range] = {}
        self.depth = 0

    def of(self, number: int, bound: Bound = OPEN) -> Range:
        """The range of a node."""
        key = (number, bound)
        if key not in self.known:
            if self.depth >= DEEPEST:
                return ANY
            self.known[key] = ANY  # for what comes back here through the row before
            self.depth += 1
            self.known[key] = self._range(self.program.nodes[number], bound)
            self.depth -= 1
        return self.known[key]

    def tables(self, number: int, bound: Bound) -> tuple[TableValue, ...]:
        """The tables that a node may be; none where that is unknown."""
        node = self.program.nodes[number]
        if node.operation == "load":
            values = values_of(self.program, str(node.attributes[0]), str(node.attributes[1]))
            return tuple(value for value in values if isinstance(value, TableValue)) if values is not None else ()
        if node.operation in ("entries", "slices", "bracket", "lookup"):
            return self.tables(node.arguments[0], bound)
        return bound.table(node.attributes[0]) if node.operation == "index" else ()

    def _range(self, node: Node, bound: Bound) -> Range:
        given = node.arguments
        match node.operation:
            case "constant":
                return _of_constants([node.attributes[0]])  # type: ignore[list-item]  # a constant's attribute is one
            case "load":
                values = values_of(self.program, str(node.attributes[0]), str(node.attributes[1]))
                return ANY if values is None else _of_constants(values)
            case "cell":
                return self._cell(node, bound)
            case "argument":
                position = int(str(node.attributes[0]))
                return bound.arguments[position] if position < len(bound.arguments) else ANY
            case "read":
                return self.of(self.program.definitions[int(str(node.attributes[0]))].node)
            case "call":
                inner = Bound(arguments=tuple(self.of(argument, bound) for argument in given))
                return self.of(self.program.functions[int(str(node.attributes[0]))].node, inner)
            case "reduce":
                return self._reduce(node, bound)
            case "select" | "default":
                return _either(self.of(argument, bound) for argument in given[-2:])
            case "require":
                return _both(self.of(given[0], bound), SHARE if node.attributes[0] == "share" else NONE_BELOW)
        if node.shape == "b":
            return SHARE
        return self._arithmetic(node, [self.of(argument, bound) for argument in given])

    def _arithmetic(self, node: Node, parts: list[Range]) -> Range:
        match node.operation, parts:
            case "add", [left, right]:
                return _add(left, right)
            case "subtract", [left, right]:
                return _add(left, _negated(right))
            case "negate", [one]:
                return _negated(one)
            case "multiply", [left, right]:
                return product(left, right) if node.arguments[0] != node.arguments[1] else NONE_BELOW
            case "divide", [left, right]:
                return product(left, reciprocal(right))
            case "power", [one]:
                even = int(str(node.attributes[0])) % 2 == 0
                return NONE_BELOW if even or one.is_positive else ANY
            case "absolute", [one]:
                return one if one.is_positive else NONE_BELOW
            case "minimum", _:
                highs = [part.high for part in self._sure(node, parts) if part.high is not None]
                return Range(_either(parts).low, _least(highs) if highs else _either(parts).high)
            case "maximum", _:
                lows = [part.low for part in self._sure(node, parts) if part.low is not None]
                return Range(_greatest(lows) if lows else _either(parts).low, _either(parts).high)
            case "clamp", [value, low, high]:
                return _either([value, low, high])
            case "square_root" | "exponential", _:
                return NONE_BELOW
            case "normal_cdf", _:
                return SHARE
        if node.operation in _KEEP_SIGN and parts[0].is_positive and parts[1].is_positive:
            return NONE_BELOW
        return ANY

    def _sure(self, node: Node, parts: list[Range]) -> list[Range]:
        """The parts that are never none: an extreme leaves none out."""
        return [part for argument, part in zip(node.arguments, parts, strict=True) if self.is_number(argument)]

    def is_number(self, number: int) -> bool:
        """Whether a node is never none."""
        node = self.program.nodes[number]
        match node.operation:
            case "constant":
                return node.attributes[0] is not None
            case "load":
                field = self.program.kinds[str(node.attributes[0])].field(str(node.attributes[1]))
                return field is not None and not field.type.optional
            case "read":
                return not self.program.definitions[int(str(node.attributes[0]))].type.optional
            case "call":
                return not self.program.functions[int(str(node.attributes[0]))].type.optional
            case "minimum" | "maximum":
                return any(self.is_number(argument) for argument in node.arguments)
            case "select":
                return all(self.is_number(argument) for argument in node.arguments[1:])
            case "default":
                return self.is_number(node.arguments[1])
            case "require":
                return self.is_number(node.arguments[0])
            case "reduce":
                return node.attributes[0] in ("sum", "count", "any", "all")
        return node.operation in _NUMBERS

    def _cell(self, node: Node, bound: Bound) -> Range:
        column = str(node.attributes[0])
        if column == "width":
            return NONE_BELOW
        tables = self.tables(node.arguments[0], bound)
        if not tables or column == "to":
            return ANY
        rows = [row for table in tables for row in table.rows]
        return _of_constants([row.low if column == "from" else dict(row.cells).get(column) for row in rows])

    def _reduce(self, node: Node, bound: Bound) -> Range:
        rows, body, _ = node.arguments
        function, slot = str(node.attributes[0]), int(str(node.attributes[1]))
        if function == "count":
            return NONE_BELOW
        if function in ("any", "all"):
            return SHARE
        inner = self.inside(rows, slot, bound)
        one = self.of(body, inner)
        if function == "sum":
            return Range(ZERO if one.is_positive else None, ZERO if one.is_negative else None)
        return one if function in ("min", "max") else ANY

    def inside(self, rows: int, slot: int, bound: Bound) -> Bound:
        """What is bound in the body of a reduction over `rows`."""
        return Bound((*bound.tables, (slot, self.tables(rows, bound))), bound.arguments)


def values_of(program: Program, kind: str, name: str) -> list[Constant] | None:
    """What a parameter is on every row, a row that no rulebook lists included; None where only a snapshot tells."""
    field = program.kinds[kind].field(name)
    if field is None or field.origin == "observed":
        return None
    rows = program.parameters.get(kind, {}).values()
    values = [row[name] for row in rows if name in row]
    if field.has_default:
        values.append(field.default)
    if isinstance(field.type, Vector):
        return [cell for value in values for _, cell in getattr(value, "cells", ())]
    return values


def _of_constants(values: Iterable[Constant]) -> Range:
    numbers = [_counted(value) if isinstance(value, bool) else value for value in values]
    known = [value for value in numbers if isinstance(value, Value)]
    return Range(_least(known), _greatest(known)) if known else ANY


def _counted(truth: bool) -> Value:
    return ONE if truth else ZERO


def product(left: Range, right: Range) -> Range:
    """The range of a product."""
    if None not in (left.low, left.high, right.low, right.high):
        corners = [exact.multiply(one, other) for one in _ends(left) for other in _ends(right)]
        return Range(_least(corners), _greatest(corners))
    if (left.is_positive and right.is_positive) or (left.is_negative and right.is_negative):
        return NONE_BELOW
    if (left.is_positive and right.is_negative) or (left.is_negative and right.is_positive):
        return Range(None, ZERO)
    return ANY


def _ends(range_: Range) -> list[Value]:
    return [end for end in (range_.low, range_.high) if end is not None]


def reciprocal(range_: Range) -> Range:
    """Dividing by 0 is an error of the account, so a bound of 0 is none to think of."""
    if range_.is_positive:
        high = exact.divide(ONE, range_.low) if range_.low else None
        return Range(ZERO if range_.high is None else exact.divide(ONE, range_.high) if range_.high else ZERO, high)
    return Range(None, ZERO) if range_.is_negative else ANY


def _add(left: Range, right: Range) -> Range:
    low = None if left.low is None or right.low is None else exact.add(left.low, right.low)
    return Range(low, None if left.high is None or right.high is None else exact.add(left.high, right.high))


def _negated(range_: Range) -> Range:
    return Range(None if range_.high is None else -range_.high, None if range_.low is None else -range_.low)


def _either(ranges: Iterable[Range]) -> Range:
    parts = list(ranges)
    lows, highs = [part.low for part in parts], [part.high for part in parts]
    return Range(
        None if None in lows else _least([low for low in lows if low is not None]),
        None if None in highs else _greatest([high for high in highs if high is not None]),
    )


def _both(one: Range, other: Range) -> Range:
    lows = [low for low in (one.low, other.low) if low is not None]
    highs = [high for high in (one.high, other.high) if high is not None]
    return Range(_greatest(lows) if lows else None, _least(highs) if highs else None)


def _least(values: list[Value]) -> Value:
    best = values[0]
    for value in values[1:]:
        best = value if value < best else best
    return best


def _greatest(values: list[Value]) -> Value:
    best = values[0]
    for value in values[1:]:
        best = value if value > best else best
    return best
