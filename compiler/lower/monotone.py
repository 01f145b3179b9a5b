"""Which way a value moves from one program to another, for every snapshot: only up, only down, not at all, or unknown.

A conservative analysis of two programs side by side. What it says is proved from the operations and the signs of their
operands; what it does not say may still be true. Truths move up where they hold more often. Where both programs divide
by zero or lack a value there is no verdict to compare, and that is left out.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ...program.number import ONE, Value
from ...program.program import Constant, Node, Program, TableValue, VectorValue
from .constants import UNKNOWN, Evaluator, Reading
from .ranges import DEEPEST, OPEN, Bound, Range, Ranges, values_of


class Way(enum.Flag):
    """UP: none where it was none, and not lower. HIGH: not lower where none counts as above, LOW: as below every number."""

    NO = 0
    UP = 1
    DOWN = 2
    HIGH_UP = 4
    HIGH_DOWN = 8
    LOW_UP = 16
    LOW_DOWN = 32


NO = Way.NO
RISES = Way.UP | Way.HIGH_UP | Way.LOW_UP
FALLS = Way.DOWN | Way.HIGH_DOWN | Way.LOW_DOWN
SAME = RISES | FALLS
_OPPOSITE = (
    (Way.UP, Way.DOWN), (Way.HIGH_UP, Way.LOW_DOWN), (Way.LOW_UP, Way.HIGH_DOWN),
)  # fmt: skip
_RISING = ("square_root", "exponential", "logarithm", "normal_cdf")
_ROUNDING = ("floor", "ceil", "trunc", "round")
_LEAVES = ("index", "as_of", "keyed", "owner", "group", "previous", "members", "all")
MOST_PAIRS = 60_000
"""Pairs of nodes compared for one pair of programs; beyond, nothing is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """What stands around a node in both programs: how rows of tables and arguments of functions move, and their ranges."""

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
        self.depth = 0

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
        definition = self.after.definitions[number]
        before = self.numbers.get((definition.scope, definition.name))
        if before is None or len(definition.scope) != 1:
            return None
        kind = definition.scope[0]
        keys = self.after.parameters.get(kind, {}) if self.after.kinds[kind].role == "reference" else ("",)
        old, new = Evaluator(self.before), Evaluator(self.after)
        found: list[tuple[str, tuple[Constant, Constant]]] = []
        for key in keys:
            reading = Reading((RowKey(kind, key),))
            one = old.value(self.before.definitions[before].node, reading)
            other = new.value(definition.node, reading)
            if one is UNKNOWN or other is UNKNOWN:
                return None
            found.append((key, (one, other)))  # type: ignore[arg-type]  # neither is unknown
        return found

    # ---- nodes

    def _root(self, one: int, other: int) -> Way:
        """Two expressions as wholes. Under a contract a product of something unknown is not negative, or an error."""
        old, new = self.before.nodes[one], self.after.nodes[other]
        way = self.way(one, other, _OUTSIDE)
        if old.operation == new.operation == "require" and not way:
            way = self._contracted(old.arguments[0], new.arguments[0])
        return way

    def _contracted(self, one: int, other: int) -> Way:
        """x * a and x * b, neither negative, with 0 <= a <= b: whatever x is, the second is not less."""
        old, new = factors(self.before, one), factors(self.after, other)
        for factor in list(old):
            same = next((f for f in new if f[1] == factor[1] and self.way(factor[0], f[0], _OUTSIDE) == SAME), None)
            if same is not None:
                old.remove(factor)
                new.remove(same)
        if len(old) != len(new) or any(a[1] != b[1] for a, b in zip(old, new, strict=True)):
            return NO
        result = SAME
        for (a, below), (b, _) in zip(old, new, strict=True):
            if not (self.old.of(a).is_positive and self.new.of(b).is_positive):
                return NO
            way = self.way(a, b, _OUTSIDE)
            result &= opposite(way) if below else way
        return result

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
            case "load":
                if old.attributes != new.attributes or self._all_same(old, new, around) != SAME:
                    return NO
                return way_of(self._field(new)) if new.shape != "t" else self._same_tables(old, new)
        if not _equal(old.attributes, new.attributes):
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

    def _same_tables(self, old: Node, new: Node) -> Way:
        kind, name = str(new.attributes[0]), str(new.attributes[1])
        return SAME if all(a == b for a, b in field_values(self.before, self.after, kind, name)) else NO

    def _table_moves(self, one: int, other: int, around: Around) -> dict[str, Way] | None:
        """How the columns of a table or of its row move; None where other rows may be found."""
        old, new = self.before.nodes[one], self.after.nodes[other]
        if old.operation != new.operation or not _equal(old.attributes, new.attributes):
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
        if function == "count":
            return where & (RISES | FALLS) if where else NO
        if where == SAME:
            monotone = function in ("sum", "min", "max", "any", "all") or body == SAME
            return body if monotone else NO
        return self._fewer(function, where, body, self.old.of(body0, inner.before), self.new.of(body1, inner.after))

    def _fewer(self, function: str, where: Way, body: Way, old: Range, new: Range) -> Way:
        """A reduction whose rows are more, or fewer."""
        positive = old.is_positive and new.is_positive
        if function == "any" or (function == "sum" and positive):
            return where & body & SAME
        return NO


def field_values(before: Program, after: Program, kind: str, name: str) -> list[tuple[Constant, Constant]]:
    """A parameter before and after, on every listed row and on one that no rulebook lists."""
    old, new = before.kinds[kind].field(name), after.kinds[kind].field(name)
    if old is None or new is None or new.origin == "observed":
        return []
    rows = after.parameters.get(kind, {})
    pairs = []
    for key in rows if kind == "" else (*rows, None):
        one = before.parameters.get(kind, {}).get(key or "", {}) if key is not None else {}
        other = rows[key] if key is not None else {}
        if (name in one or old.has_default) and (name in other or new.has_default):
            pairs.append((one.get(name, old.default), other.get(name, new.default)))
    return pairs
