"""Functions of a program: what the loader checks of them, and how large everything is when calls are written out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .decode import Bad
from .program import Node, Program
from .types import shape

MOST_OPERATIONS = 20_000
"""Operations of a function, or of a definition, with all calls written out: what evaluating one may cost."""
MOST_CALLS = 100
"""Calls inside one another."""


def argument_slot(node: Node) -> int:
    """Arguments are told apart from rows by negative slots."""
    return -1 - int(str(node.attributes[0]))


def called(program: Program, node: Node, shapes: list[str]) -> tuple[str, ...]:
    """The shapes a call may give: none where it does not fit its function."""
    number = node.attributes[0]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(program.functions):
        return ()
    function = program.functions[number]
    wanted = [shape(type_) for _, type_ in function.parameters]
    fits = len(wanted) == len(shapes) and all(s in (w, "v") for w, s in zip(wanted, shapes, strict=True))
    return (shape(function.type),) if fits else ()


def check_functions(program: Program, bound: Sequence[Mapping[int, str]]) -> None:
    """Raises Bad for a function that reads rows or arguments it is not given. `bound`: free slots by node."""
    for function in program.functions:
        if not 0 <= function.node < len(program.nodes):
            raise Bad("has a function without its operation")
        given = {-1 - position: shape(type_) for position, (_, type_) in enumerate(function.parameters)}
        if any(given.get(slot) != wanted for slot, wanted in bound[function.node].items()):
            raise Bad("has a function that reads what it is not given")
        if program.nodes[function.node].shape not in (shape(function.type), "v"):
            raise Bad("has a function of another type than it says")


def check_sizes(program: Program) -> None:
    """Raises Bad for a definition that would cost more to evaluate than any text can say; needs one without circles."""
    roots = [*(function.node for function in program.functions), *(d.node for d in program.definitions)]
    if any(size > MOST_OPERATIONS for size in sizes(program, roots)):
        raise Bad(f"has a definition of more than {MOST_OPERATIONS:,} operations")


def sizes(program: Program, roots: Iterable[int]) -> list[int]:
    """By root node: its operations as a tree, calls written out; just beyond MOST_OPERATIONS where there are more, or
    where calls nest deeper than MOST_CALLS."""
    known: dict[int, int] = {}
    depth: dict[int, int] = {}
    result = []
    for root in roots:
        waiting = [root]
        while waiting:
            number = waiting[-1]
            parts = parts_of(program, program.nodes[number])
            missing = [part for part in parts if part not in known]
            if missing:
                waiting += missing
            else:
                own = int(program.nodes[number].operation == "call")
                depth[number] = own + max((depth[part] for part in parts), default=0)
                size = 1 + sum(known[part] for part in parts)
                known[number] = min(MOST_OPERATIONS, size) if depth[number] <= MOST_CALLS else MOST_OPERATIONS
                known[number] += int(size > MOST_OPERATIONS or depth[number] > MOST_CALLS)
                waiting.pop()
        result.append(known[root])
    return result


def parts_of(program: Program, node: Node) -> tuple[int, ...]:
    """The operations that one needs, the body of a function it calls among them."""
    if node.operation != "call":
        return node.arguments
    return (*node.arguments, program.functions[int(str(node.attributes[0]))].node)
