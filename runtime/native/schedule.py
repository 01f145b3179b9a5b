"""In which order the parts of an account are computed: aggregations over one collection at one level share a loop.

A *unit* is a loop of its own: an aggregation over the account's rows, a definition that is kept for all its rows, a
group that is formed, an output on rows. Everything else is written where it is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ...program.functions import parts_of
from ...program.order import components
from ...program.program import Node, Program
from .analysis import ACCOUNT, Analysis, is_reference
from .writing import Unsupported

Unit = tuple[str, int | str]
"""(`reduce`, node) · (`store`, definition) · (`order`, number of a set of definitions) · (`group`, kind) ·
(`output`, definition)."""
Units = frozenset[Unit]
_NO_UNITS: Units = frozenset()


@dataclass
class Schedule:
    """phases: units that are computed together, in order. ordered: sets of definitions that go from row to row."""

    program: Program
    analysis: Analysis
    replaced: frozenset[int]
    ordered: list[tuple[int, ...]] = field(default_factory=list)
    stored: dict[int, Unit] = field(default_factory=dict)
    phases: list[list[Unit]] = field(default_factory=list)
    _needs: dict[int, Units] = field(default_factory=dict)
    _looping: dict[int, bool] = field(default_factory=dict)

    # ---- which definitions are kept

    def keep(self, wanted: Iterable[int]) -> None:
        """Finds the definitions that are kept for all their rows: those in circles, and those with loops in them."""
        edges = {number: sorted(self._reads(number)) for number in range(len(self.program.definitions))}
        component = components(edges)
        sets: dict[int, list[int]] = {}
        for number, name in component.items():
            sets.setdefault(name, []).append(number)
        for members in sets.values():
            circle = len(members) > 1 or members[0] in edges[members[0]]
            if circle and not any(is_reference(self.program, number) for number in members):
                unit: Unit = ("order", len(self.ordered))
                self.ordered.append(tuple(sorted(members)))
                self.stored.update(dict.fromkeys(members, unit))
        for number in wanted:
            if number not in self.stored and self._is_kept(number):
                self.stored[number] = ("store", number)

    def _reads(self, number: int) -> set[int]:
        found: set[int] = set()
        for node in cone(self.program, self.program.definitions[number].node):
            if node.operation == "read":
                found.add(int(str(node.attributes[0])))
        return found

    def _is_kept(self, number: int) -> bool:
        scope = self.program.definitions[number].scope
        if scope == ("account",) or is_reference(self.program, number) or number in self.replaced:
            return False
        return self._loops(number)

    def _loops(self, number: int) -> bool:
        """Whether computing a definition at a row means a loop over other rows."""
        if number in self._looping:
            return self._looping[number]
        self._looping[number] = False
        own = False
        for node in cone(self.program, self.program.definitions[number].node):
            if node.operation == "reduce":
                source = self.program.nodes[node.arguments[0]]
                own = own or source.operation in ("members", "all")
        self._looping[number] = own
        return own

    # ---- what needs what

    def needs(self, number: int) -> Units:
        """The units that the value of an operation reads."""
        if number in self._needs:
            return self._needs[number]
        self._needs[number] = _NO_UNITS
        found = self._found(number, self.program.nodes[number])
        self._needs[number] = found
        return found

    def _found(self, number: int, node: Node) -> Units:
        if ACCOUNT not in self.analysis.anchors[number] and node.operation != "argument":
            return _join(self.needs(a) for a in self.analysis.anchors[number] if a != number)
        if node.operation == "reduce" and self.is_unit(number):
            return frozenset({("reduce", number)})
        found = _join(self.needs(argument) for argument in node.arguments)
        match node.operation:
            case "read":
                found |= self.of_definition(int(str(node.attributes[0])))
            case "call":
                found |= self.needs(self.program.functions[int(str(node.attributes[0]))].node)
            case "members" | "group" | "load":
                kind = str(node.attributes[0])
                if self.program.kinds[kind].role == "group":
                    found |= {("group", kind)}
        return found

    def is_unit(self, number: int) -> bool:
        """Whether an aggregation is over the account's rows, and the same wherever it is read."""
        node = self.program.nodes[number]
        source = self.program.nodes[node.arguments[0]].operation
        return source in ("members", "all") and not self.analysis.rows[number] and not self._in_function(number)

    def _in_function(self, number: int) -> bool:
        return any(node.operation == "argument" for node in cone(self.program, number))

    def of_definition(self, number: int) -> Units:
        if number in self.replaced or is_reference(self.program, number):
            return _NO_UNITS
        if number in self.stored:
            return frozenset({self.stored[number]})
        return self.needs(self.program.definitions[number].node)

    def of_unit(self, unit: Unit) -> Units:
        """What a unit reads, itself left out."""
        what, which = unit
        match what:
            case "reduce":
                found = _join(self.needs(argument) for argument in self.program.nodes[int(which)].arguments)
            case "store":
                found = self.needs(self.program.definitions[int(which)].node)
            case "order":
                found = _join(self.needs(self.program.definitions[d].node) for d in self.ordered[int(which)])
            case "group":
                found = self._of_group(str(which))
            case _:
                found = self.of_definition(int(which))
        kinds = self._kinds(unit)
        groups = {("group", kind) for kind in kinds if self.program.kinds[kind].role == "group"}
        return (found | groups) - {unit}

    def _of_group(self, kind: str) -> Units:
        found: set[Unit] = set()
        for member in self.program.kinds[kind].of:
            if self.program.kinds[member].role == "group":
                found.add(("group", member))
            for name in self.program.kinds[kind].by:
                number = self.program.find(name, member)
                if self.program.kinds[member].field(name) is None and number is not None:
                    found |= self.of_definition(number)
        return frozenset(found)

    def _kinds(self, unit: Unit) -> tuple[str, ...]:
        what, which = unit
        if what in ("store", "output"):
            return self.program.definitions[int(which)].scope
        if what == "order":
            return tuple(kind for d in self.ordered[int(which)] for kind in self.program.definitions[d].scope)
        return ()

    # ---- the order

    def arrange(self, roots: Sequence[Unit | int]) -> None:
        """Phases for everything that the outputs (units) and the account's definitions (by number) read."""
        waiting: list[Unit] = []
        for root in roots:
            waiting += [root] if isinstance(root, tuple) else sorted(self.of_definition(root), key=str)
        level: dict[Unit, int] = {}
        open_: set[Unit] = set()
        while waiting:
            unit = waiting[-1]
            if unit in level:
                waiting.pop()
                continue
            below = self.of_unit(unit)
            missing = [other for other in sorted(below, key=str) if other not in level]
            if missing:
                if unit in open_:
                    raise Unsupported("definitions that need one another through aggregations")
                open_.add(unit)
                waiting += missing
            else:
                level[unit] = 1 + max((level[other] for other in below), default=0)
                waiting.pop()
        together: dict[tuple[int, str], list[Unit]] = {}
        for unit in sorted(level, key=lambda one: (level[one], str(one))):
            together.setdefault((level[unit], self._loop(unit)), []).append(unit)
        self.phases = [units for _, units in sorted(together.items(), key=lambda item: item[0][0])]

    def _loop(self, unit: Unit) -> str:
        """Units of one name can share a loop."""
        what, which = unit
        if what == "reduce":
            source = self.program.nodes[self.program.nodes[int(which)].arguments[0]]
            return f"over {source.operation} {source.attributes[0]}"
        if what == "output" and len(self.program.definitions[int(which)].scope) == 1:
            return f"over members {self.program.definitions[int(which)].scope[0]}"
        return str(unit)


def cone(program: Program, root: int) -> list[Node]:
    """The operations of an expression, functions it calls included."""
    seen = {root}
    order = [root]
    for number in order:
        for part in parts_of(program, program.nodes[number]):
            if part not in seen:
                seen.add(part)
                order.append(part)
    return [program.nodes[number] for number in order]


def _join(sets: Iterable[Units]) -> Units:
    result: Units = _NO_UNITS
    for one in sets:
        if one:
            result = result | one
    return result
