"""Ways a value moves: only up, only down, not at all (both), or unknown (neither); and what constants show of it."""

from __future__ import annotations

import enum
from collections.abc import Iterable

from ...program.number import Value
from ...program.program import Constant, TableRow, TableValue, VectorValue


class Way(enum.Flag):
    """What is known of a value's movement; truths move up where they hold more often.

    UP, DOWN               none exactly where it was none, and elsewhere not lower, not higher
    HIGH_UP, HIGH_DOWN     the same where none counts as above every number, as a cap's does
    LOW_UP, LOW_DOWN       the same where none counts as below every number
    """

    NO = 0
    UP = 1
    DOWN = 2
    HIGH_UP = 4
    HIGH_DOWN = 8
    LOW_UP = 16
    LOW_DOWN = 32


NO = Way.NO
RISES = Way.UP | Way.HIGH_UP | Way.LOW_UP
FALLS = Way.DOWN | Way.HIGH_DOWN | Way.LOW_DOWN
SAME = RISES | FALLS


def strict(way: Way) -> Way:
    """What remains where none has no place."""
    return (RISES if Way.UP in way else NO) | (FALLS if Way.DOWN in way else NO)


def opposite(way: Way) -> Way:
    """The way of what falls as this rises."""
    return (FALLS if Way.UP in way else NO) | (RISES if Way.DOWN in way else NO)


def extreme(way: Way, least: bool) -> Way:
    """What remains in a minimum, where none counts as above every number, or a maximum, where it counts as below."""
    kept = Way.HIGH_UP | Way.HIGH_DOWN if least else Way.LOW_UP | Way.LOW_DOWN
    return strict(way) | (way & kept)


def way_of(pairs: Iterable[tuple[Constant, Constant]]) -> Way:
    """How constants move, all of them; SAME for none at all."""
    result = SAME
    for old, new in pairs:
        result &= _move(old, new)
    return result


def _move(old: Constant, new: Constant) -> Way:
    if isinstance(old, VectorValue) and isinstance(new, VectorValue):
        cells = dict(new.cells)
        if [name for name, _ in old.cells] != [name for name, _ in new.cells]:
            return NO
        return way_of((value, cells[name]) for name, value in old.cells)
    if isinstance(old, bool) and isinstance(new, bool):
        return SAME if old == new else RISES if new else FALLS
    if isinstance(old, Value) and isinstance(new, Value):
        return SAME if old == new else RISES if old < new else FALLS
    if old is None and isinstance(new, Value):
        return Way.HIGH_DOWN | Way.LOW_UP
    if new is None and isinstance(old, Value):
        return Way.HIGH_UP | Way.LOW_DOWN
    return SAME if type(old) is type(new) and old == new else NO


def column_moves(pairs: Iterable[tuple[Constant, Constant]]) -> dict[str, Way] | None:
    """How the columns of tables move whose rows are found alike; None where other rows may be found."""
    moves: dict[str, Way] = {}
    for old, new in pairs:
        if not isinstance(old, TableValue) or not isinstance(new, TableValue) or len(old.rows) != len(new.rows):
            return None
        for one, other in zip(old.rows, new.rows, strict=True):
            if _found_by(one) != _found_by(other):
                return None
            cells = dict(other.cells)
            for name, value in one.cells:
                moves[name] = moves.get(name, SAME) & _move(value, cells.get(name))
    return moves


def _found_by(row: TableRow) -> tuple[object, ...]:
    return (row.low, row.high, row.keys)


def equal_attributes(old: tuple[object, ...], new: tuple[object, ...]) -> bool:
    """Whether static values of nodes are the same; 1 and true are not."""
    return len(old) == len(new) and all(type(a) is type(b) and a == b for a, b in zip(old, new, strict=True))
