"""How many inputs a definition multiplies with one another: its polynomial degree, which bounds its digits."""

from __future__ import annotations

from collections.abc import Sequence

from .decode import Bad
from .operations import APPROXIMATE
from .order import components
from .program import Node, Program

_SUMS = frozenset({"multiply", "divide"})
_FRESH = frozenset({"constant", "index", "as_of", "keyed", "all", "members", "owner", "previous", "is_none", "member"})
_ROUNDED = frozenset(APPROXIMATE)
_SETTLING = frozenset({"floor", "ceil", "trunc", "round"})
"""Their results are multiples of the step, their second argument."""
_BEYOND = 1_000
_TRUTHS = frozenset({"less", "less_equal", "equal", "chain"})
Calls = dict[tuple[int, tuple[int, ...]], int]
"""The degree of a call, by the function's operation and the degrees of what it is given."""
MOST_STEPS = 5_000_000
"""Operations of all definitions together, those they share counted in each."""
LIMIT = 64
"""The highest degree of a definition."""


def degrees(program: Program) -> list[int]:
    """By definition number. A definition that reads itself through `previous` counts once."""
    order = _order(program)
    nodes: dict[int, int] = {}
    calls: Calls = {}
    result = [1] * len(program.definitions)
    real = list(result)
    for number in order:
        real[number] = _degree(program, program.definitions[number].node, nodes, result, calls)
        result[number] = real[number] if real[number] <= LIMIT else 1  # found once, not again in all that read it
    return real


def self_products(program: Program) -> list[int]:
    """Definitions that multiply what they are on earlier rows with one another: digits would double with every row."""
    reads = {number: sorted(read) for number, read in enumerate(_reads(program))}
    together: dict[int, list[int]] = {}
    for number, component in components(reads).items():
        together.setdefault(component, []).append(number)
    found: list[int] = []
    inside = [0] * len(program.definitions)
    for members in together.values():
        if len(members) == 1 and members[0] not in reads[members[0]]:
            continue
        for number in members:
            inside[number] = 1
        known: dict[int, int] = {}
        calls: Calls = {}
        found += [n for n in members if _degree(program, program.definitions[n].node, known, inside, calls, (), 0) > 1]
        for number in members:
            inside[number] = 0
    return sorted(found)


def _degree(
    program: Program,
    root: int,
    known: dict[int, int],
    definitions: list[int],
    calls: Calls,
    given: Sequence[int] = (),
    input_: int = 1,
) -> int:
    """Of an operation. `known`: by node · `given`: those of the arguments, in a function · `input_`: that of an input,
    0 where only definitions count; then rounding ends all growth."""
    stack = [root]
    while stack:
        number = stack[-1]
        node = program.nodes[number]
        waiting = [argument for argument in node.arguments if argument not in known]
        if waiting:
            stack += waiting
            continue
        inner = [known[argument] for argument in node.arguments]
        if node.operation == "call":
            function = program.functions[int(str(node.attributes[0]))]
            made = (function.node, tuple(inner))
            if made not in calls:
                calls[made] = _degree(program, function.node, {}, definitions, calls, inner, input_)
            own = calls[made]
        elif node.operation == "argument":
            own = given[int(str(node.attributes[0]))]
        else:
            own = _own(node, inner, definitions, input_)
        known[number] = min(_BEYOND, own)
        stack.pop()
    return known[root]


def _own(node: Node, arguments: list[int], definitions: list[int], input_: int) -> int:
    if node.operation in _FRESH:
        return 0
    if node.operation in ("load", "cell") or node.operation in _ROUNDED:
        return input_
    if not input_ and (node.operation in _SETTLING or node.operation in _TRUTHS):
        return arguments[1] if node.operation in _SETTLING else 0
    if node.operation == "read":
        return definitions[int(str(node.attributes[0]))]
    if node.operation in _SUMS:
        return sum(arguments)
    if node.operation == "power":
        return arguments[0] * abs(int(str(node.attributes[0])))
    return max(arguments, default=0)


def _order(program: Program) -> list[int]:
    """Definitions, each after those it reads."""
    reads = _reads(program)
    order: list[int] = []
    state = [0] * len(reads)
    for start in range(len(reads)):
        stack = [start]
        while stack:
            number = stack[-1]
            if state[number] == 0:
                state[number] = 1
                stack += [other for other in reads[number] if state[other] == 0]
            else:
                stack.pop()
                if state[number] == 1:
                    state[number] = 2
                    order.append(number)
    return order


def _reads(program: Program) -> list[set[int]]:
    """By definition, those it reads. Raises Bad for a program that shares more operations than any text can say."""
    found: list[set[int]] = []
    walked = 0
    for definition in program.definitions:
        reads, steps = _reads_from(program, definition.node)
        found.append(reads)
        walked += steps
        if walked > MOST_STEPS:
            raise Bad("shares too many operations among its definitions")
    return found


def _reads_from(program: Program, root: int) -> tuple[set[int], int]:
    """The definitions read below an operation, and how many operations stand there."""
    found: set[int] = set()
    seen = {root}
    stack = [root]
    while stack:
        node = program.nodes[stack.pop()]
        if node.operation == "read":
            found.add(int(str(node.attributes[0])))
        for argument in node.arguments:
            if argument not in seen:
                seen.add(argument)
                stack.append(argument)
    return found, len(seen)
