"""Calls of functions: arguments are computed where the function needs them, each at most once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...program.program import Node
from .failure import Failure
from .strict import Closure

if TYPE_CHECKING:
    from .closures import Machine


class Argument:
    """What a function was given, not yet computed: a branch not taken must not fail."""

    __slots__ = ("closure", "rows", "value")

    def __init__(self, closure: Closure, rows: list[Any]):
        self.closure: Closure | None = closure
        self.rows = rows
        self.value: Any = None

    def computed(self) -> Any:
        if self.closure is not None:
            try:
                self.value = self.closure(self.rows)
            except Failure as failure:
                failure.given = True
                raise
            self.closure = None
        return self.value


def argument(node: Node) -> Closure:
    """A function's argument; the function's own list of rows holds what it was given."""
    position = int(str(node.attributes[0]))
    return lambda given: given[position].computed()


def call(machine: Machine, number: int, node: Node, arguments: tuple[Closure, ...]) -> Closure:
    function = int(str(node.attributes[0]))
    body = machine.program.functions[function].node

    def called(rows: list[Any]) -> Any:
        machine.visit(1, number)
        try:
            return machine.closures[body]([Argument(closure, rows) for closure in arguments])
        except Failure as failure:
            if failure.given:
                failure.given = False
            elif failure.definition < 0 and failure.function < 0:
                failure.function, failure.call = function, number
            raise

    return called
