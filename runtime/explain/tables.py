"""Look-ups: the cell a table gave, under the keys it was asked, and where its rows are written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...program.number import Value
from ...program.program import Origin
from ...program.types import Number
from ..exact.failure import Failure
from ..exact.told import outward
from .parts import Here
from .tree import Step

if TYPE_CHECKING:
    from .walk import Walk


def looked_up(walk: Walk, node: int, here: Here) -> Step:
    """`gamma(1, 2) = 18 %`: the value with its keys, what the number among them is made of below it."""
    walk.left -= 1
    row, column = walk.nodes[node].arguments[0], str(walk.nodes[node].attributes[0])
    value, error = walk.measured(lambda: walk.reader.value(node, here.place))
    table = walk.reader.table(row, here.place)
    label = _label(walk, row, here) + ("" if table is not None and table.single else f".{column}")
    dimension = walk.reader.dimension(node, here.place)
    type_ = Number(dimension) if isinstance(value, Value) else None
    step = Step(label, outward(value, None), type_, _origin(walk, row, here), error=error)
    numbers = [one for key in walk.nodes[row].arguments[1:] for one in _numbers(walk, key, here)]
    below = [one for one in numbers if not walk.folds(walk.reader.ruled(one, here.place))]
    note = "" if error or value is not None else "no such row, or none there"
    return replace(step, note=note, children=tuple(walk.operand(one, here) for one in below))


def _label(walk: Walk, row: int, here: Here) -> str:
    try:
        return walk.words.looked_up(row, here.place, "values")
    except Failure:
        return walk.words.looked_up(row, here.place)


def _numbers(walk: Walk, key: int, here: Here) -> list[int]:
    return walk.operands(key, here) if walk.nodes[key].shape == "n" else []


def _origin(walk: Walk, row: int, here: Here) -> Origin | None:
    """Where the table's rows are written; None where the table is no field."""
    load = walk.nodes[walk.nodes[row].arguments[0]]
    if load.operation != "load":
        return None
    owner = walk.reader.row(load.arguments[0], here.place) if load.arguments else None
    return walk.sources.parameter_origin(owner, str(load.attributes[0]), str(load.attributes[1]))
