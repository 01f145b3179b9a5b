"""Which definitions are approximate: those that compute, on any way, with a rounded root, exponential or the like."""

from __future__ import annotations

from collections.abc import Sequence

from ...program.operations import APPROXIMATE
from ...program.program import Definition, Function, Node


def approximate_definitions(
    nodes: Sequence[Node], definitions: Sequence[Definition], functions: Sequence[Function]
) -> frozenset[int]:
    """Their numbers."""
    users: dict[int, list[int]] = {}
    count = len(nodes)
    for number, node in enumerate(nodes):
        for argument in node.arguments:
            users.setdefault(argument, []).append(number)
        if node.operation in ("read", "call"):
            first = count if node.operation == "read" else count + len(definitions)
            users.setdefault(first + int(str(node.attributes[0])), []).append(number)
    for number, root in enumerate((*(d.node for d in definitions), *(f.node for f in functions))):
        users.setdefault(root, []).append(count + number)
    stack = [number for number, node in enumerate(nodes) if node.operation in APPROXIMATE]
    seen = set(stack)
    while stack:
        for user in users.get(stack.pop(), ()):
            if user not in seen:
                seen.add(user)
                stack.append(user)
    return frozenset(number - count for number in seen if count <= number < count + len(definitions))
