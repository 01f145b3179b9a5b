"""Whether the definitions of a program that read themselves on earlier rows come to an end."""

from __future__ import annotations

from .order import Step, components, endless
from .program import Node, Program

_STEPS = 1_000_000
"""Operations looked at; no program made by the compiler comes near."""


class TooLong(Exception):
    """A program whose recursion is too large to look through."""


def endless_recursion(program: Program) -> list[int]:
    """Definitions that may need themselves without end; empty where all come to an end. Raises TooLong."""
    circle = endless(_steps(program))
    return [step.reader for step in circle]


def _steps(program: Program) -> list[Step]:
    """The reads among definitions that reach themselves."""
    count = len(program.nodes)
    following = {number: _following(program, node) for number, node in enumerate(program.nodes)}
    following |= {count + d: [definition.node] for d, definition in enumerate(program.definitions)}
    component = components(following)
    sizes: dict[int, int] = {}
    for vertex in component.values():
        sizes[vertex] = sizes.get(vertex, 0) + 1
    steps: list[Step] = []
    spent = 0
    for number in range(len(program.definitions)):
        own = component[count + number]
        if sizes[own] == 1:
            continue
        inside = _reached(program, number, following, component)
        spent += len(inside)
        if spent > _STEPS:
            raise TooLong
        bound: set[object] = {node.attributes[1] for v in inside if (node := program.nodes[v]).operation == "reduce"}
        for vertex in inside:
            for target in following[vertex]:
                if target >= count and component[target] == own:
                    moves = _moves(program, program.nodes[vertex], number, target - count, bound)
                    steps.append(Step(number, target - count, moves))
    return steps


def _reached(
    program: Program, definition: int, following: dict[int, list[int]], component: dict[int, int]
) -> list[int]:
    """The operations of a definition that lead back to it."""
    count = len(program.nodes)
    own = component[count + definition]
    root = program.definitions[definition].node
    seen = {root}
    order = [root]
    for vertex in order:
        for other in following[vertex]:
            if other < count and other not in seen and component[other] == own:
                seen.add(other)
                order.append(other)
    return order


def _following(program: Program, node: Node) -> list[int]:
    count = len(program.nodes)
    if node.operation == "read":
        return [*node.arguments, count + int(str(node.attributes[0]))]
    if node.operation in ("members", "group"):
        group = program.kinds[str(node.attributes[0])]
        found = (program.find(name, member) for member in group.of for name in group.by)
        return [*node.arguments, *(count + number for number in found if number is not None)]
    return list(node.arguments)


def _moves(program: Program, node: Node, reader: int, read: int, bound: set[object]) -> dict[str, bool]:
    if node.operation != "read":
        return {}
    scope = program.definitions[reader].scope
    own = {slot: kind for slot, kind in enumerate(scope) if slot not in bound}
    found: dict[str, bool] = {}
    for kind, argument in zip(program.definitions[read].scope, node.arguments, strict=True):
        moved = _moved(program, argument, kind, own)
        if moved is not None:
            found[kind] = moved
    return found


def _moved(program: Program, number: int, kind: str, own: dict[int, str]) -> bool | None:
    """Whether a row is earlier than the reader's own (true), that row (false), or any (None)."""
    earlier = False
    while True:
        node = program.nodes[number]
        if node.operation == "previous":
            earlier, number = True, node.arguments[0]
        elif node.operation == "index":
            return earlier if own.get(int(str(node.attributes[0]))) == kind else None
        else:
            return None
