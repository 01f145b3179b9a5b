"""The exact executor with a witness: notes which parts of a program an evaluation computed, and which way it went."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ...program.number import Value
from ...program.program import Node, Program
from ..exact.closures import Machine
from ..exact.evaluate import evaluate
from ..exact.failure import Failure
from ..exact.rows import Reference, Row
from ..exact.strict import Closure
from ..exact.tables import BoundTable, Entry
from ..results import Result
from ..snapshot.data import Snapshot

Field = tuple[str, str, str]
"""A parameter: kind ("" for the rulebook's own), row and name."""


@dataclass(slots=True)
class Seen:
    """What was computed of one program.

    definitions   by number, functions as -1 - the function's
    choices       definition, operation, and whether its condition held; -1 - f for function f
    parameters    those that were read
    rows          of tables, by their parameter and place in it
    failures      definition (-1 - f for function f) and operation that could not be computed
    rungs         places in the ladder that gave an account its status
    """

    definitions: set[int] = field(default_factory=set)
    choices: set[tuple[int, int, bool]] = field(default_factory=set)
    parameters: set[Field] = field(default_factory=set)
    rows: set[tuple[Field, int]] = field(default_factory=set)
    failures: set[tuple[int, int]] = field(default_factory=set)
    rungs: set[int] = field(default_factory=set)

    def add(self, other: Seen) -> None:
        self.definitions |= other.definitions
        self.choices |= other.choices
        self.parameters |= other.parameters
        self.rows |= other.rows
        self.failures |= other.failures
        self.rungs |= other.rungs


def recording(seen: Seen) -> Callable[[Program, Snapshot, Mapping[int, Value]], Iterator[Result]]:
    """The exact executor, adding to `seen` whatever it comes past. For one program, as numbers name its parts."""
    machine = functools.partial(_Recorder, seen)

    def run(program: Program, snapshot: Snapshot, replaced: Mapping[int, Value]) -> Iterator[Result]:
        for result in evaluate(program, snapshot, replaced, machine):
            if result.rung >= 0:
                seen.rungs.add(result.rung)
            yield result

    return run


class _Recorder(Machine):
    """Closures that tell what they come past."""

    def __init__(
        self, seen: Seen, program: Program, reference: Reference, own: Row, as_of: Decimal, replaced: dict[int, Value]
    ):
        self.seen = seen
        self.tables: dict[int, Field] = {}
        """Where each table stands, by its identity."""
        for row in (own, *(row for rows in reference.values() for row in rows.values())):
            for name, value in row.values.items():
                if isinstance(value, BoundTable):
                    self.tables[id(value)] = (row.kind, row.key, name)
        self.functions = _functions_of(program)
        super().__init__(program, reference, own, as_of, replaced)

    def computed(self, definition: int, rows: tuple[Row, ...]) -> Any:
        self.seen.definitions.add(definition)
        try:
            return super().computed(definition, rows)
        except Failure as failure:
            at = failure.definition if failure.function < 0 else -1 - failure.function
            self.seen.failures.add((at, failure.node))
            raise

    def _closure(self, number: int, node: Node) -> Closure:
        closure = super()._closure(number, node)
        match node.operation:
            case "select":
                return self._choice(number, node)
            case "load":
                return self._loaded(node, closure)
            case "call":
                return self._called(node, closure)
            case "bracket" | "lookup" | "slices" | "entries":
                return self._read_rows(node, closure)
        return closure

    def _choice(self, number: int, node: Node) -> Closure:
        condition, yes, no = (self.closures[argument] for argument in node.arguments)
        choices, chain = self.seen.choices, self.chain
        function = self.functions.get(number)

        def chosen(rows: list[Any]) -> Any:
            way = bool(condition(rows))
            at = function if function is not None else chain[-1][0] if chain else -1
            choices.add((at, number, way))
            return yes(rows) if way else no(rows)

        return chosen

    def _called(self, node: Node, closure: Closure) -> Closure:
        definitions, function = self.seen.definitions, -1 - int(str(node.attributes[0]))

        def called(rows: list[Any]) -> Any:
            definitions.add(function)
            return closure(rows)

        return called

    def _loaded(self, node: Node, closure: Closure) -> Closure:
        kind, name = str(node.attributes[0]), str(node.attributes[1])
        declared = self.program.kinds[kind].field(name)
        if declared is None or declared.origin != "parameter":
            return closure
        parameters = self.seen.parameters
        if not node.arguments:
            own = ("", "", name)

            def global_read(rows: list[Any]) -> Any:
                parameters.add(own)
                return closure(rows)

            return global_read
        owner = self.closures[node.arguments[0]]

        def row_read(rows: list[Any]) -> Any:
            row = owner(rows)
            if row is not None:
                parameters.add((kind, row.key, name))
            return closure(rows)

        return row_read

    def _read_rows(self, node: Node, closure: Closure) -> Closure:
        source = self.closures[node.arguments[0]]
        seen, tables = self.seen.rows, self.tables

        def read(rows: list[Any]) -> Any:
            found = closure(rows)
            table = source(rows)
            place = tables.get(id(table))
            if place is not None and found is not None:
                seen.update((place, number) for number in _places(table, found))
            return found

        return read


def _places(table: BoundTable, found: Entry | list[Entry]) -> Iterator[int]:
    """The places of rows in their table. Those that `slices` made stand for the ones they were made of."""
    if isinstance(found, Entry):
        yield next(number for number, entry in enumerate(table.entries) if entry is found)
    else:
        yield from range(len(found))  # slices begin at the first row, iteration takes all


def _functions_of(program: Program) -> dict[int, int]:
    """Operations of functions, as -1 - the function's number; those of definitions alone are left out."""
    found: dict[int, int] = {}
    for number, function in enumerate(program.functions):
        waiting = [function.node]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found[node] = -1 - number
                waiting += program.nodes[node].arguments
    return found
