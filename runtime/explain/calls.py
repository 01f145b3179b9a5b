"""Calls of functions: the expression with the branch taken, and under it what the function was given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...program.number import Value
from ...program.types import Number
from .figures import operand, typed
from .parts import Here
from .tree import Step

if TYPE_CHECKING:
    from .walk import Walk

_LONGEST = 160
"""Characters an expression may take; of a longer one only the name and its arguments are told."""
_OWN_STEP = frozenset({"load", "read", "call", "cell"})


def called(walk: Walk, node: int, here: Here) -> Step:
    """A function's value."""
    walk.left -= 1
    found = walk.nodes[node]
    number = int(str(found.attributes[0]))
    function, origin = walk.program.functions[number], walk.program.origins.functions.get(number)
    value, error = walk.measured(lambda: walk.reader.value(node, here.place))
    type_ = Number(walk.reader.dimension(node, here.place)) if isinstance(value, Value) else function.type
    step = Step(function.name, typed(value, type_), type_, origin, error=error)
    if walk.too_far(here.depth):
        text = walk.words.named(node, here.place)
        return replace(step, note=text if len(text) <= _LONGEST else "", cut=True)
    inside = Here(walk.reader.called(node, here.place), here.depth + 1, here.key)
    body = walk.attempt(function.node, inside, walk.body, whole=True)
    if error:
        return replace(step, note=walk.words.named(node, here.place), children=body.children)
    return replace(step, note=_expression(walk, function.node, inside), children=body.children, because=body.because)


def _expression(walk: Walk, root: int, inside: Here) -> str:
    """`amount * owned, with amount 100`; what has a line of its own below is not told twice."""
    text = walk.words.taken(root, inside.place)
    text = text if len(text) <= _LONGEST else ""
    given = [one for one in walk.operands(root, inside) if walk.nodes[one].operation == "argument"]
    told = [one for one in given if walk.folds(walk.reader.ruled(one, inside.place))]
    values = [f"{walk.words.name(one, inside.place)} {_figure(walk, one, inside)}" for one in told]
    if text == walk.words.name(root, inside.place):
        return text  # an argument as it is, whose value stands beside it
    return ", ".join(part for part in (text, f"with {', '.join(values)}" if values else "") if part)


def _figure(walk: Walk, node: int, here: Here) -> str:
    value = walk.reader.value(node, here.place)
    if isinstance(value, Value) and walk.nodes[node].shape == "n":
        return operand(value, walk.reader.dimension(node, here.place))
    return walk.words.calculated(node, here.place)


def argument(walk: Walk, node: int, here: Here) -> Step:
    """What a function was given, by the name it has there and, after a colon, the one it had before."""
    name = walk.words.name(node, here.place)
    given, place = walk.reader.handed(node, here.place)
    outside = Here(place, here.depth, here.key)
    operation = walk.nodes[given].operation
    if operation in _OWN_STEP and (operation != "cell" or walk.is_found(given)):
        step = walk.operand(given, outside)
        return step if step.label == name else replace(step, label=f"{name}: {step.label}")
    folds = walk.folds(walk.reader.ruled(given, place))
    return walk.value_step(given, replace(outside, depth=here.depth + 1), name, walk.folded if folds else walk.body)
