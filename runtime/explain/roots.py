"""The row that a path was written with: of a definition on several kinds, the one that is not simply at hand."""

from __future__ import annotations

import re
from dataclasses import replace

from ...program.program import Node
from .reading import Place, Reader

_AT_HAND = ("index", "owner")


def row_of(nodes: tuple[Node, ...], found: Node) -> int | None:
    """The argument that was written before the dot; None where there is none.

    A definition on several kinds is written with one row, `after.collateral`; its others are those of the scope, the
    account, or a binder.
    """
    if found.operation == "cell" or len(found.arguments) <= 1:
        return found.arguments[0] if found.arguments else None
    written = [one for one in found.arguments if nodes[one].operation not in _AT_HAND]
    if written:
        return written[0]
    indices = [one for one in found.arguments if nodes[one].operation == "index"]
    if len(indices) == len(found.arguments):
        return max(indices, key=lambda one: int(str(nodes[one].attributes[0])))
    return next(one for one in found.arguments if nodes[one].operation == "owner")


def told_apart(reader: Reader, at: Place, node: int) -> Place:
    """The place inside an aggregation; its rows get a name where others are read beside them."""
    source, *inside = reader.nodes[node].arguments
    slot = int(str(reader.nodes[node].attributes[1]))
    known: dict[int, frozenset[int]] = {}
    roots = frozenset[int]().union(*(_roots(reader.nodes, one, known) for one in inside))
    if slot in at.told_apart or len(roots) < 2:
        return at
    rows = reader.nodes[source]
    kind = reader.program.kinds.get(str(rows.attributes[0])) if rows.operation in ("all", "members") else None
    plural = kind.plural if kind is not None else ""
    written = re.findall(r"\bfor (\w+) in ((?:\w+\.)*\w+)", reader.text(at))
    names = [name for name, path in written if path.rpartition(".")[2] == plural]
    free = [name for name in (*names, kind.name if kind is not None else "row") if name not in at.told_apart.values()]
    return replace(at, told_apart={**at.told_apart, slot: free[0] if free else "other"})


def _roots(nodes: tuple[Node, ...], node: int, known: dict[int, frozenset[int]]) -> frozenset[int]:
    """The rows that paths in an expression begin at, by their slots."""
    if node not in known:
        found = nodes[node]
        if found.operation == "index":
            known[node] = frozenset({int(str(found.attributes[0]))})
        elif found.operation in ("load", "read", "cell"):
            row = row_of(nodes, found)
            known[node] = _roots(nodes, row, known) if row is not None else frozenset()
        else:
            known[node] = frozenset[int]().union(*(_roots(nodes, one, known) for one in found.arguments))
    return known[node]
