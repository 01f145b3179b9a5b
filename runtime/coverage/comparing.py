"""The exact executor with an eye on comparisons: how far apart the two sides of each were."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ...program.number import Ratio, Value, subtract
from ...program.program import Node, Program
from ..exact.closures import Machine
from ..exact.evaluate import evaluate
from ..exact.rows import Reference, Row
from ..exact.strict import Closure
from ..results import Result
from ..snapshot.data import Snapshot

Distances = dict[tuple[int, int], Value]
"""Left less right of a comparison: by its operation, and the how manieth time it was computed."""
COMPARISONS = ("less", "less_equal", "equal", "chain")


def comparing(
    found: Distances, nodes: Collection[int]
) -> Callable[[Program, Snapshot, Mapping[int, Value]], Iterator[Result]]:
    """The exact executor, adding to `found` how far apart the sides of these comparisons of numbers are."""
    machine = functools.partial(_Comparer, found, frozenset(nodes))

    def run(program: Program, snapshot: Snapshot, replaced: Mapping[int, Value]) -> Iterator[Result]:
        return evaluate(program, snapshot, replaced, machine)

    return run


class _Comparer(Machine):
    def __init__(
        self, found: Distances, wanted: frozenset[int], program: Program, reference: Reference, own: Row,
        as_of: Decimal, replaced: dict[int, Value],
    ):  # fmt: skip
        self.found = found
        self.wanted = wanted
        self.times: dict[int, int] = {}
        super().__init__(program, reference, own, as_of, replaced)

    def _closure(self, number: int, node: Node) -> Closure:
        closure = super()._closure(number, node)
        if number not in self.wanted or node.operation not in COMPARISONS:
            return closure
        left, right = (self.closures[argument] for argument in node.arguments[:2])

        def compared(rows: list[Any]) -> Any:
            one, other = left(rows), right(rows)
            if isinstance(one, Decimal | Ratio) and isinstance(other, Decimal | Ratio):
                time = self.times[number] = self.times.get(number, -1) + 1
                self.found[number, time] = subtract(one, other)
            return closure(rows)

        return compared
