"""How many rows an account may have before machine code would do what the exact executor refuses: too many visits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...program.functions import parts_of
from ...program.program import Program
from ..exact.closures import ROW_LIMIT

LARGEST = 1 << 20
LARGEST_GROUPED = 1 << 16
"""Every row is looked for among the groups there are: beyond, the exact executor's dictionary is quicker."""
TABLE_ROWS = 64
"""Rows of a table that are reckoned with."""
_MOST = 1 << 62
"""What is counted to."""


def most_rows(program: Program, counts: Mapping[str, int]) -> int:
    """Rows of one collection with which no account visits more rows than ROW_LIMIT, whatever it needs."""
    grouped = any(kind.role == "group" for kind in program.kinds.values())
    low, high = 1, LARGEST_GROUPED if grouped else LARGEST
    while low < high:
        middle = (low + high + 1) // 2
        if _visits(program, counts, middle) <= ROW_LIMIT:
            low = middle
        else:
            high = middle - 1
    return low


def _visits(program: Program, counts: Mapping[str, int], rows: int) -> int:
    """At most so many, where every collection of the account has so many rows."""
    collections = max(1, sum(kind.role == "rows" for kind in program.kinds.values()))

    def size(kind: str) -> int:
        known = program.kinds.get(kind)
        if known is None:
            return TABLE_ROWS
        if known.role == "reference":
            return counts.get(kind, 0)
        return 1 if known.role in ("account", "globals") else rows * (collections if known.role == "group" else 1)

    inside: dict[int, int] = {}
    total = 0
    for definition in program.definitions:
        places = 1
        for kind in definition.scope:
            places *= size(kind)
        total += places * _inside(program, definition.node, size, inside)
    return total


def _inside(program: Program, root: int, size: Callable[[str], int], known: dict[int, int]) -> int:
    """What evaluating an operation once visits; calls count as one more, and with all that their functions visit."""
    waiting = [root]
    while waiting:
        number = waiting[-1]
        node = program.nodes[number]
        parts = parts_of(program, node)
        missing = [part for part in parts if part not in known]
        if missing:
            waiting += missing
            continue
        if node.operation == "reduce":
            source, body, where = parts
            found = known[source] + size(program.nodes[source].shape[2:]) * (1 + known[body] + known[where])
        else:
            found = int(node.operation == "call") + sum(known[part] for part in parts)
        known[number] = min(_MOST, found)
        waiting.pop()
    return known[root]
