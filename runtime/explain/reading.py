"""Any node of a program, read at rows: its value, its dimension, whether rules decide it, and where it was observed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...program.dimension import RATIO, Dimension
from ...program.number import Value
from ...program.program import Node, Program
from ...program.types import Number, Table, Type
from ...program.variables import bindings, bound
from ..exact.calls import Argument
from ..exact.closures import Machine
from ..exact.failure import Failure
from ..exact.rows import Row
from .figures import is_whole, resolved

_FIRST = frozenset(
    {
        "add", "subtract", "negate", "absolute", "minimum", "maximum", "clamp",
        "default", "floor", "ceil", "trunc", "round", "require", "select",
    }
)  # fmt: skip
"""Operations whose result has the dimension of what they take."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node is read: the definition it belongs to, rows by slot, and the table behind a slot's table row."""

    definition: int
    rows: tuple[Any, ...]
    tables: Mapping[int, Table] = field(default_factory=dict)
    given: tuple[Dimension | None, ...] = ()
    """In a function: the dimensions of its arguments, which then stand for the rows."""
    function: int = -1
    """In a function: its number, and below where it was called and by which node."""
    caller: Place | None = None
    call: int = -1
    told_apart: Mapping[int, str] = field(default_factory=dict)
    """By slot the names of binders that stand before what is read of them, because other rows are read beside them."""

    def bind(self, slot: int, row: Any, table: Table | None = None) -> Place:
        rows = (*self.rows[:slot], row, *self.rows[slot + 1 :])
        return replace(self, rows=rows, tables={**self.tables, slot: table} if table is not None else self.tables)


class Reader:
    """Reads nodes of one program on one machine."""

    def __init__(self, program: Program, machine: Machine):
        self.program = program
        self.nodes = program.nodes
        self.machine = machine
        self.ruled_nodes, self.ruled_definitions = _ruled(program)

    def place(self, definition: int, rows: tuple[Row, ...]) -> Place:
        return Place(definition, (*rows, *self.machine.spare))

    def value(self, node: int, at: Place) -> Any:
        """Raises Failure, which then knows the definition it happened in."""
        try:
            return self.machine.closures[node](list(at.rows))
        except Failure as failure:
            if failure.definition < 0:
                failure.definition = at.definition
                scope = self.program.definitions[at.definition].scope
                keys = (row.name for row in at.rows[: len(scope)] if isinstance(row, Row) and row.kind != "account")
                failure.row = ", ".join(keys)
            raise

    def row(self, node: int, at: Place) -> Row | None:
        """The row a node leads to, None where it leads to none."""
        try:
            found = self.value(node, at)
        except (Failure, AttributeError):
            return None
        return found if isinstance(found, Row) else None

    def called(self, number: int, at: Place) -> Place:
        """The inside of a function that a `call` calls."""
        node = self.nodes[number]
        arguments = tuple(Argument(self.machine.closures[argument], list(at.rows)) for argument in node.arguments)
        given = tuple(self.dimension(argument, at) for argument in node.arguments)
        function = int(str(node.attributes[0]))
        return Place(at.definition, arguments, given=given, function=function, caller=at, call=number)

    def handed(self, node: int, at: Place) -> tuple[int, Place]:
        """In a function, what an argument is where it was written, outside of all functions if need be."""
        while self.nodes[node].operation == "argument" and at.caller is not None:
            position = int(str(self.nodes[node].attributes[0]))
            node, at = self.nodes[at.call].arguments[position], at.caller
        return node, at

    def ruled(self, node: int, at: Place) -> bool:
        """Whether a parameter has a say in a node; in a function, in what it was given."""
        if at.caller is None:
            return node in self.ruled_nodes
        waiting, seen = [node], {node}
        while waiting:
            number = waiting.pop()
            if self.nodes[number].operation == "argument" and self.ruled(*self.handed(number, at)):
                return True
            waiting += [argument for argument in self.nodes[number].arguments if argument not in seen]
            seen.update(self.nodes[number].arguments)
        return False

    def root(self, at: Place) -> int:
        """The whole expression of the definition or function a place is in."""
        held = self.program.functions[at.function] if at.caller is not None else self.program.definitions[at.definition]
        return held.node

    def text(self, at: Place) -> str:
        """The rules' own words for the definition or function a place is in; a decision table has many lines."""
        origins = self.program.origins
        origin = origins.functions.get(at.function) if at.caller is not None else origins.definitions.get(at.definition)
        return origin.text if origin is not None else ""

    def rows_of_read(self, node: Node, at: Place) -> tuple[Row, ...]:
        """The rows at which a `read` reads its definition, None for one that is none. Raises Failure."""
        return tuple(self.value(argument, at) for argument in node.arguments)

    def constant(self, node: int) -> bool:
        return self.nodes[node].operation == "constant"

    def is_plain(self, node: int) -> bool:
        """A constant, negative ones among them."""
        found = self.nodes[node]
        return self.constant(found.arguments[0] if found.operation == "negate" else node)

    def is_constant(self, node: int, value: object) -> bool:
        found = self.nodes[node]
        return found.operation == "constant" and found.attributes[0] is value

    def is_logic(self, node: Node) -> str:
        """`and` or `or` where a select is one, else nothing."""
        if node.operation == "select" and node.shape == "b":
            if self.is_constant(node.arguments[2], False):
                return "and"
            if self.is_constant(node.arguments[1], True):
                return "or"
        return ""

    def counts(self, node: int) -> bool:
        """Whether a value is a whole number by its making: a count, or a choice between whole constants."""
        stack, seen = [node], {node}
        while stack:
            found = self.nodes[stack.pop()]
            if found.operation == "constant":
                value = found.attributes[0]
                if not isinstance(value, Value) or not is_whole(value):
                    return False
                continue
            below = found.arguments[found.operation == "select" :]
            if found.operation == "reduce" and found.attributes[0] == "count":
                below = ()
            elif found.operation not in ("select", "negate", "require", "minimum", "maximum"):
                return False
            stack += [argument for argument in below if argument not in seen]
            seen.update(below)
        return True

    def is_integer(self, node: int) -> bool:
        """Whether a value is whole by its declaration or its making."""
        found = self.nodes[node]
        type_: Type | None = None
        if found.operation == "load":
            declared = self.program.kinds[str(found.attributes[0])].field(str(found.attributes[1]))
            type_ = declared.type if declared is not None else None
        elif found.operation == "read":
            definition = self.program.definitions[int(str(found.attributes[0]))]
            type_, node = definition.type, definition.node
        elif found.operation == "constant":
            return False
        return (isinstance(type_, Number) and type_.integer) or self.counts(node)

    def table(self, node: int, at: Place) -> Table | None:
        """The table type behind a table, its rows, or one of them."""
        found = self.nodes[node]
        match found.operation:
            case "index":
                return at.tables.get(int(str(found.attributes[0])))
            case "load":
                kind, name = str(found.attributes[0]), str(found.attributes[1])
                declared = self.program.kinds[kind].field(name)
                return declared.type if declared is not None and isinstance(declared.type, Table) else None
            case "entries" | "slices" | "bracket" | "lookup":
                return self.table(found.arguments[0], at)
        return None

    # ---- dimensions

    def dimension(self, node: int, at: Place) -> Dimension | None:
        """With units named by the rows they belong to; None where anything fits, as for a bare constant."""
        return self._dimension(node, at, {})

    def _dimension(self, node: int, at: Place, known: dict[int, Dimension | None]) -> Dimension | None:
        if node not in known:
            known[node] = None
            known[node] = self._own_dimension(self.nodes[node], at, known)
        return known[node]

    def _own_dimension(self, node: Node, at: Place, known: dict[int, Dimension | None]) -> Dimension | None:
        operation = node.operation
        if operation == "read":
            return self.read_dimension(node, at)
        if operation == "load":
            declared = self.program.kinds[str(node.attributes[0])].field(str(node.attributes[1]))
            row = self.row(node.arguments[0], at) if node.arguments else None
            return _dimension_of(declared.type if declared else None, {row.kind: row} if row else {})
        if operation == "cell":
            return self._cell_dimension(node, at)
        if operation == "reduce":
            return self._reduce_dimension(node, at, known)
        if operation == "argument":
            given = at.given
            position = int(str(node.attributes[0]))
            return given[position] if position < len(given) else None
        found = [self._dimension(argument, at, known) for argument in node.arguments]
        if operation == "call":
            function = self.program.functions[int(str(node.attributes[0]))]
            types = [type_ for _, type_ in function.parameters]
            type_ = bound(function.type, bindings(types, found))
            return type_.dimension if isinstance(type_, Number) else None
        if operation in ("multiply", "divide"):
            left, right = (RATIO if d is None else d for d in found)
            if found == [None, None]:
                return None
            return left * right if operation == "multiply" else left / right
        if operation == "power":
            return None if found[0] is None else found[0] ** int(str(node.attributes[0]))
        if operation == "square_root":
            return None if found[0] is None else found[0].root()
        if operation in ("exponential", "logarithm", "normal_cdf"):
            return RATIO
        if operation == "select":
            found = found[1:]
        return next((d for d in found if d is not None), None) if operation in _FIRST else None

    def read_dimension(self, node: Node, at: Place) -> Dimension | None:
        definition = self.program.definitions[int(str(node.attributes[0]))]
        rows = [self.row(argument, at) for argument in node.arguments]
        return _dimension_of(definition.type, {row.kind: row for row in rows if row is not None})

    def _cell_dimension(self, node: Node, at: Place) -> Dimension | None:
        table = self.table(node.arguments[0], at)
        if table is None:
            return None
        column = str(node.attributes[0])
        type_: Type | None = dict(table.columns).get(column)
        if column in ("from", "to", "width"):
            type_ = table.range
        return _dimension_of(type_, {})

    def _reduce_dimension(self, node: Node, at: Place, known: dict[int, Dimension | None]) -> Dimension | None:
        if str(node.attributes[0]) not in ("sum", "min", "max"):
            return None
        try:
            rows = self.value(node.arguments[0], at)
        except (Failure, AttributeError):
            rows = []
        slot = int(str(node.attributes[1]))
        first = rows[0] if rows else None
        inner = at.bind(slot, first, self.table(node.arguments[0], at))
        return self._dimension(node.arguments[1], inner, dict(known))


def _dimension_of(type_: Type | None, rows: Mapping[str, Row]) -> Dimension | None:
    if not isinstance(type_, Number) or type_.dimension is None:
        return None
    return resolved(type_.dimension, rows)


def _ruled(program: Program) -> tuple[frozenset[int], frozenset[int]]:
    """Nodes and definitions that a parameter has a say in; the others rest on the snapshot alone.

    A parameter that is its default on every row decides nothing that anybody wrote down.
    """
    decided = {(kind, field) for kind, _, field in program.origins.parameters}
    users: dict[int, list[int]] = {}
    readers: dict[int, list[int]] = {}
    stack: list[int] = []
    for number, node in enumerate(program.nodes):
        for argument in node.arguments:
            users.setdefault(argument, []).append(number)
        if node.operation == "read":
            readers.setdefault(int(str(node.attributes[0])), []).append(number)
        elif node.operation == "load":
            declared = program.kinds[str(node.attributes[0])].field(str(node.attributes[1]))
            if declared is not None and (str(node.attributes[0]), declared.name) in decided:
                stack.append(number)
    bodies: dict[int, list[int]] = {}
    for number, definition in enumerate(program.definitions):
        bodies.setdefault(definition.node, []).append(number)
    nodes: set[int] = set()
    definitions: set[int] = set()
    while stack:
        number = stack.pop()
        if number in nodes:
            continue
        nodes.add(number)
        stack += users.get(number, ())
        for definition_number in bodies.get(number, ()):
            definitions.add(definition_number)
            stack += readers.get(definition_number, ())
    return frozenset(nodes), frozenset(definitions)
