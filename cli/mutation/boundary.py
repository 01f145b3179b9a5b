"""Where a comparison is even: the value of an input at which its two sides meet, by the secant through two values."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterator
from decimal import Decimal

from ...program.number import (
    EXACT,
    ONE,
    ZERO,
    NumberError,
    Ratio,
    Value,
    canonical,
    divide,
    finite_decimal,
    multiply,
    read_number,
    subtract,
)
from ...program.program import Program
from ...runtime.coverage import COMPARISONS, Distances
from ..cases.snapshot import Document
from .inputs import Input
from .mutants import Mutant

_STEPS = 3
"""Secants drawn: one finds the value where the distance is linear in the input, as it mostly is."""
_TWO = Decimal(2)
_PLACES = 30
_ROUNDED = decimal.Context(prec=_PLACES, traps=[])


def comparisons_of(program: Program, mutant: Mutant) -> frozenset[int]:
    """The comparisons in what a mutant is in; of a parameter, in what reads it, and those of the ladder."""
    what, key = mutant.touched.what, mutant.touched.key
    if what == "definition":
        number = program.find(key[-1], *key[:-1])
        return _comparisons(program, [program.definitions[number].node] if number is not None else [])
    if what == "function":
        return _comparisons(program, [f.node for f in program.functions if f.name.endswith(key[0])])
    ladder = [program.definitions[rung.definition].node for rung in program.ladder if rung.definition >= 0]
    if what not in ("parameter", "default"):
        return _comparisons(program, ladder)
    kind = program.collection(key[0]) if len(key) > 1 else None  # the account's and the rulebook's own have no plural
    load = (kind.name, key[-1]) if kind is not None else ("", key[0]) if len(key) == 1 else None
    readers = [d.node for d in program.definitions if load in _loads(program, d.node)]
    return _comparisons(program, [*readers, *ladder])


def _comparisons(program: Program, roots: list[int]) -> frozenset[int]:
    return frozenset(node for node in _below(program, roots) if program.nodes[node].operation in COMPARISONS)


def _loads(program: Program, root: int) -> set[object]:
    """Kind and field of whatever an expression loads."""
    nodes = (program.nodes[node] for node in _below(program, [root]))
    return {(node.attributes[0], node.attributes[1]) for node in nodes if node.operation == "load"}


def _below(program: Program, roots: list[int]) -> set[int]:
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += program.nodes[node].arguments
    return seen


def boundaries(
    one: Input, document: Document, base: Distances, measure: Callable[[Document], Distances]
) -> Iterator[Document]:
    """The snapshot with an input at each value at which a comparison is even."""
    if not one.numeric:
        return
    try:
        here = read_number(str(one.value(document)))
    except NumberError:
        here = ZERO
    with decimal.localcontext(EXACT):
        there: Value = ONE if here == ZERO else multiply(here, _TWO)
    moved = measure(one.put(document, _text(there)))
    done: set[str] = set()
    for place in sorted(base.keys() & moved.keys()):
        for value in _roots(one, document, place, (here, base[place]), (there, moved[place]), measure):
            text = _text(value)
            if text not in done:
                done.add(text)
                yield one.put(document, text)


def _roots(
    one: Input,
    document: Document,
    place: tuple[int, int],
    first: tuple[Value, Value],
    second: tuple[Value, Value],
    measure: Callable[[Document], Distances],
) -> Iterator[Value]:
    for _ in range(_STEPS):
        (x0, d0), (x1, d1) = first, second
        with decimal.localcontext(EXACT):
            slope = subtract(d1, d0)
            if slope == ZERO:
                return
            x = _near(subtract(x0, divide(multiply(d0, subtract(x1, x0)), slope)))
        if x in (x0, x1):
            return
        yield x
        distance = measure(one.put(document, _text(x))).get(place)
        if distance is None or distance == ZERO:
            return
        first, second = second, (x, distance)


def _near(value: Value) -> Value:
    """The value itself where it can be written, else with thirty digits."""
    exact = finite_decimal(value)
    if exact is not None and len(exact.as_tuple().digits) <= _PLACES:
        return exact
    ratio = Ratio.of(value)
    return _ROUNDED.divide(Decimal(ratio.numerator), Decimal(ratio.denominator))


def _text(value: Value) -> str:
    exact = finite_decimal(value)
    assert exact is not None
    return canonical(exact)
