"""Which way a value moves from one program to another, for every snapshot: only up, only down, not at all, or unknown.

A conservative analysis of two programs side by side. What it says is proved from the operations and the signs of their
operands; what it does not say may still be true. Truths move up where they hold more often. Where both programs divide
by zero or lack a value there is no verdict to compare, and that is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...program.program import Constant, Node, Program, RowKey
from ..lower.constants import Evaluator, Reading, Unknown
from . import forms
from .ranges import DEEPEST, OPEN, Bound, Range, Ranges
from .ways import NO, SAME, Way, column_moves, equal_attributes, extreme, opposite, strict, way_of

STEPS = 500_000
"""Operations tried on constants for one pair of programs."""
MOST_PAIRS = 60_000
"""Pairs of nodes compared for one pair of programs; beyond, nothing is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """What stands around a node: how rows of tables and arguments of functions move, and their ranges."""

    before: Bound = OPEN
    after: Bound = OPEN
    rows: tuple[tuple[int, dict[str, Way]], ...] = ()
    arguments: tuple[Way, ...] = ()


_OUTSIDE = Around()


class Comparison:
    """Two programs with the same rows listed. Run it under the context of exact numbers.

    touched   the definitions of the later program that something different reaches
    """

    def __init__(self, before: Program, after: Program, touched: frozenset[int]):
        self.before, self.after, self.touched = before, after, touched
        self.old, self.new = Ranges(before), Ranges(after)
        self.numbers = {(d.scope, d.name): n for n, d in enumerate(before.definitions)}
        self.functions = {function.name: number for number, function in enumerate(before.functions)}
        self.known: dict[tuple[int, int, Around], Way] = {}
        self.definitions: dict[int, Way] = {}
        self.rows: dict[int, list[tuple[str, tuple[Constant, Constant]]] | None] = {}
        self.depth = 0
        self.steps = STEPS

    def definition(self, number: int) -> Way:
        """How a definition of the later program moves; unknown where the earlier one lacks it."""
        if number not in self.touched:
            return SAME
        if number not in self.definitions:
            if self.depth >= DEEPEST:
                return NO
            self.definitions[number] = NO  # for what comes back here through the row before
            definition = self.after.definitions[number]
            before = self.numbers.get((definition.scope, definition.name))
            if before is not None:
                values = self.values(number)
                way = way_of(values) if values is not None else NO
                self.definitions[number] = way or self._root(self.before.definitions[before].node, definition.node)
        return self.definitions[number]

    def values(self, number: int) -> list[tuple[Constant, Constant]] | None:
        """What a definition gives on each row of its one kind before and after; None where a snapshot decides it."""
        known = self.row_values(number)
        return [pair for _, pair in known] if known is not None else None

    def row_values(self, number: int) -> list[tuple[str, tuple[Constant, Constant]]] | None:
        """The same, each with the key of its row."""
        if number not in self.rows:
            self.rows[number] = self._row_values(number)
        return self.rows[number]

    def _row_values(self, number: int) -> list[tuple[str, tuple[Constant, Constant]]] | None:
        definition = self.after.definitions[number]
        before = self.numbers.get((definition.scope, definition.name))
        if before is None or len(definition.scope) != 1:
            return None
        kind = definition.scope[0]
        keys = self.after.parameters.get(kind, {}) if self.after.kinds[kind].role == "reference" else ("",)
        found: list[tuple[str, tuple[Constant, Constant]]] = []
        for key in keys:
            reading = Reading((RowKey(kind, key),))
            old, new = Evaluator(self.before), Evaluator(self.after)
            one = old.value(self.before.definitions[before].node, reading)
            other = new.value(definition.node, reading)
            self.steps -= old.effort + new.effort
            if self.steps < 0:
                return None
            if not isinstance(one, Unknown) and not isinstance(other, Unknown):
                found.append((key, (one, other)))
            elif not reading.absent:  # what lacks a value is an error before a verdict
                return None
        return found

    # ---- nodes

    def _root(self, one: int, other: int) -> Way:
        """Two expressions as wholes. Under a contract a product of something unknown is not negative, or an error."""
        old, new = self.before.nodes[one], self.after.nodes[other]
        way = self.way(one, other, _OUTSIDE)
        if old.operation == new.operation == "require" and not way:
            scaled = forms.scaled(self, old.arguments[0], new.arguments[0], _OUTSIDE)
            way = scaled.way if scaled is not None else NO
        return way

    def way(self, one: int, other: int, around: Around) -> Way:
        """How a node of the later program moves against one of the earlier."""
        key = (one, other, around)
        if key not in self.known:
            if self.depth >= DEEPEST or len(self.known) >= MOST_PAIRS:
                return NO
            self.known[key] = NO
            self.depth += 1
            self.known[key] = self._way(one, other, around)
            self.depth -= 1
        return self.known[key]

    def _way(self, one: int, other: int, around: Around) -> Way:
        old, new = self.before.nodes[one], self.after.nodes[other]
        result = NO
        if old.operation == new.operation and len(old.arguments) == len(new.arguments):
            result = self._alike(old, new, around)
        if result != SAME:
            result |= forms.by_form(self, one, other, around)
        return result

    def _alike(self, old: Node, new: Node, around: Around) -> Way:
        """Two nodes of one operation."""
        match new.operation:
            case "read":
                return self._read(old, new, around)
            case "call":
                return self._call(old, new, around)
            case "reduce":
                return self._reduce(old, new, around)
            case "cell":
                moves = self._table_moves(old.arguments[0], new.arguments[0], around)
                same = moves is not None and old.attributes == new.attributes
                return moves.get(str(new.attributes[0]), SAME) if same and moves is not None else NO
            case "constant":
                return way_of([(old.attributes[0], new.attributes[0])])  # type: ignore[list-item]  # constants are
            case "load":
                if old.attributes != new.attributes or self._all_same(old, new, around) != SAME:
                    return NO
                return way_of(self._field(new))
        if not equal_attributes(old.attributes, new.attributes):
            return NO
        ways = [self.way(a, b, around) for a, b in zip(old.arguments, new.arguments, strict=True)]
        if new.operation in ("members", "group") and not self._same_keys(str(new.attributes[0])):
            return NO
        if all(way == SAME for way in ways):
            if new.operation == "argument":
                position = int(str(new.attributes[0]))
                return around.arguments[position] if position < len(around.arguments) else NO
            return SAME
        return forms.operation(self, old, new, ways, around)

    def _all_same(self, old: Node, new: Node, around: Around) -> Way:
        pairs = zip(old.arguments, new.arguments, strict=True)
        return SAME if all(self.way(a, b, around) == SAME for a, b in pairs) else NO

    def _read(self, old: Node, new: Node, around: Around) -> Way:
        earlier = self.before.definitions[int(str(old.attributes[0]))]
        number = int(str(new.attributes[0]))
        later = self.after.definitions[number]
        if (earlier.scope, earlier.name) != (later.scope, later.name) or not self._all_same(old, new, around):
            return NO
        return self.definition(number)

    def _call(self, old: Node, new: Node, around: Around) -> Way:
        earlier = self.before.functions[int(str(old.attributes[0]))]
        later = self.after.functions[int(str(new.attributes[0]))]
        if earlier.name != later.name:
            return NO
        inner = Around(
            Bound(arguments=tuple(self.old.of(a, around.before) for a in old.arguments)),
            Bound(arguments=tuple(self.new.of(a, around.after) for a in new.arguments)),
            (),
            tuple(self.way(a, b, around) for a, b in zip(old.arguments, new.arguments, strict=True)),
        )
        return self.way(earlier.node, later.node, inner)

    def _same_keys(self, group: str) -> bool:
        """Whether rows are grouped alike before and after."""
        kind = self.after.kinds[group]
        found = (self.after.find(name, member) for member in kind.of for name in kind.by)
        return all(self.definition(number) == SAME for number in found if number is not None)

    def _field(self, node: Node) -> list[tuple[Constant, Constant]]:
        """A parameter's values before and after, row by row; nothing for what a snapshot brings."""
        kind, name = str(node.attributes[0]), str(node.attributes[1])
        return field_values(self.before, self.after, kind, name)

    # ---- tables and rows

    def _table_moves(self, one: int, other: int, around: Around) -> dict[str, Way] | None:
        """How the columns of a table or of its row move; None where other rows may be found."""
        old, new = self.before.nodes[one], self.after.nodes[other]
        if old.operation != new.operation or not equal_attributes(old.attributes, new.attributes):
            return None
        if new.operation == "index":
            return next((moves for slot, moves in reversed(around.rows) if slot == new.attributes[0]), None)
        if new.operation == "load":
            if not self._all_same(old, new, around):
                return None
            return column_moves(self._field(new))
        if new.operation not in ("entries", "slices", "bracket", "lookup"):
            return None
        keys = zip(old.arguments[1:], new.arguments[1:], strict=True)
        if any(self.way(a, b, around) != SAME for a, b in keys):
            return None
        return self._table_moves(old.arguments[0], new.arguments[0], around)

    def _reduce(self, old: Node, new: Node, around: Around) -> Way:
        function, slot = str(new.attributes[0]), int(str(new.attributes[1]))
        (rows0, body0, where0), (rows1, body1, where1) = old.arguments, new.arguments
        if old.attributes != new.attributes:
            return NO
        moves = self._table_moves(rows0, rows1, around)
        if moves is None and self.way(rows0, rows1, around) != SAME:
            return NO
        inner = Around(
            self.old.inside(rows0, slot, around.before),
            self.new.inside(rows1, slot, around.after),
            (*around.rows, (slot, moves or {})),
            around.arguments,
        )
        where, body = self.way(where0, where1, inner), self.way(body0, body1, inner)
        if function == "count" or (where == SAME and body == SAME):
            return where
        if where == SAME:
            if function in ("min", "max"):
                return extreme(body, function == "min")
            return strict(body) if function in ("sum", "any", "all") else NO
        return _fewer(function, where, body, self.old.of(body0, inner.before), self.new.of(body1, inner.after))


def _fewer(function: str, where: Way, body: Way, old: Range, new: Range) -> Way:
    """A reduction whose rows become more, or fewer."""
    if function == "all":
        return opposite(where) & strict(body)
    if function == "any" or (function == "sum" and old.is_positive and new.is_positive):
        return where & strict(body)
    return NO


def field_values(before: Program, after: Program, kind: str, name: str) -> list[tuple[Constant, Constant]]:
    """A parameter before and after, on every row; nothing for what a snapshot brings, and rows without a value."""
    old, new = before.kinds[kind].field(name), after.kinds[kind].field(name)
    if old is None or new is None or new.origin == "observed":
        return []
    pairs = []
    for key, other in after.parameters.get(kind, {}).items():
        one = before.parameters.get(kind, {}).get(key, {})
        if (name in one or old.has_default) and (name in other or new.has_default):
            pairs.append((one.get(name, old.default), other.get(name, new.default)))
    return pairs
