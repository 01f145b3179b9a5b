"""How many rows an account may have before machine code would do what the exact executor refuses: too many visits."""

from __future__ import annotations

from collections.abc import Mapping

from ...program.program import Program
from ..exact.closures import ROW_LIMIT

LARGEST = 1 << 20
LARGEST_GROUPED = 1 << 16
"""Every row is looked for among the groups there are: beyond, the exact executor's dictionary is quicker."""
TABLE_ROWS = 64
"""Rows of a table that are reckoned with."""


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

    inside: list[int] = []
    for node in program.nodes:
        if node.operation == "reduce":
            source, body, where = node.arguments
            own = size(program.nodes[source].shape[2:])
            inside.append(inside[source] + own * (1 + inside[body] + inside[where]))
        elif node.operation == "call":
            called = program.functions[int(str(node.attributes[0]))].node
            inside.append(
                1
                + sum(inside[argument] for argument in node.arguments)
                + (inside[called] if called < len(inside) else 0)
            )
        else:
            inside.append(min(1 << 62, sum(inside[argument] for argument in node.arguments)))
    total = 0
    for definition in program.definitions:
        places = 1
        for kind in definition.scope:
            places *= size(kind)
        total += places * inside[definition.node]
    return total
