"""How many rows machine code takes at most, before the exact executor would say that it visits too many."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from test_random_rulebooks import compiled

from marginc.program.program import Node, Program
from marginc.runtime.exact.closures import ROW_LIMIT
from marginc.runtime.native.visits import LARGEST, most_rows

DEEP = 10
FUNCTIONS = [
    f"  f{n}: {{ of: {{ x: ratio }}, gives: ratio, let: f{n - 1}(x) + f{n - 1}(2 * x) }}" for n in range(1, DEEP)
]
RULES = "\n".join([
    "rulebook: visits",
    "language: 1",
    "numeraire: USD",
    "model: { account: { rows: { lots: { each: lot, observed: { size: ratio = 0 } } } } }",
    "functions:",
    "  f0: { of: { x: ratio }, gives: ratio, let: x + 1 }",
    *FUNCTIONS,
    f"formulas: {{ account: {{ total: sum(f{DEEP - 1}(lot.size) for lot in lots) }} }}",
    "outputs: [total]",
])  # fmt: skip
CALLS = (1 << DEEP) - 1
"""Of f9: itself, two of f8, four of f7, and so on."""


def with_functions_last(program: Program) -> Program:
    """The same program, the bodies of its functions behind all that calls them."""
    nodes = program.nodes
    own: set[int] = set()
    waiting = [definition.node for definition in program.definitions]
    while waiting:
        number = waiting.pop()
        if number not in own:
            own.add(number)
            waiting += nodes[number].arguments
    order = sorted(range(len(nodes)), key=lambda number: (number not in own, number))
    place = {number: new for new, number in enumerate(order)}

    def moved(node: Node) -> Node:
        return replace(node, arguments=tuple(place[argument] for argument in node.arguments))

    return replace(
        program,
        nodes=tuple(moved(nodes[number]) for number in order),
        functions=tuple(replace(function, node=place[function.node]) for function in program.functions),
        definitions=tuple(replace(definition, node=place[definition.node]) for definition in program.definitions),
    )


def test_calls_inside_of_functions_count_wherever_their_bodies_stand(tmp_path: Path) -> None:
    """A row costs its own visit and those of 1,023 calls."""
    program = compiled(tmp_path, RULES)
    rows = ROW_LIMIT // (1 + CALLS)
    assert rows < LARGEST
    assert most_rows(program, {}) == rows
    assert most_rows(with_functions_last(program), {}) == rows
