"""The row that a path was written with: of a definition on several kinds, the one that is not simply at hand."""

from __future__ import annotations

from ...program.program import Node

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


def several_rows(nodes: tuple[Node, ...], node: int) -> bool:
    """Whether paths in an expression begin at more than one row."""
    return len(_roots(nodes, node, {})) > 1


def _roots(nodes: tuple[Node, ...], node: int, known: dict[int, frozenset[int]]) -> frozenset[int]:
    if node not in known:
        found = nodes[node]
        if found.operation == "index":
            known[node] = frozenset({int(str(found.attributes[0]))})
        elif found.operation in ("load", "read", "cell"):
            row = row_of(nodes, found)
            known[node] = _roots(nodes, row, known) if row is not None else frozenset()
        else:
            below = frozenset[int]().union(*(_roots(nodes, one, known) for one in found.arguments))
            bound = {int(str(found.attributes[1]))} if found.operation == "reduce" else set()
            known[node] = below - bound
    return known[node]
