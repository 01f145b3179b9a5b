"""Systems of linear inequalities over exact fractions: whether they have a solution, and a friendly one.

Fourier-Motzkin elimination (G. Dantzig, "Linear Programming and Extensions", 1963, section 4-4): a variable is removed
by adding up each pair of a lower and an upper bound on it. What is left without variables tells whether a solution
exists; values are then put in on the way back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .domains import EVERYWHERE, Interval
from .formula import Direction, Factors

_ROWS = 400
"""Inequalities a system may grow to; elimination can square their number at each step."""


class TooLarge(Exception):
    """A system that elimination would blow up."""


@dataclass(frozen=True, slots=True)
class Row:
    """sum of factors x variables <= limit, or < where strict."""

    factors: Factors
    limit: Fraction
    strict: bool

    def factor(self, variable: int) -> Fraction:
        return next((factor for other, factor in self.factors if other == variable), Fraction(0))


Choose = Callable[[int, Interval], Fraction]
"""A value of a variable in an interval that is not empty."""


def solution(
    bounds: Mapping[Direction, Interval], choose: Choose, spend: Callable[[int], None]
) -> dict[int, Fraction] | None:
    """A point that keeps all bounds, or None where there is none. Raises TooLarge, and what `spend` raises."""
    rows = list(dict.fromkeys(row for direction, interval in bounds.items() for row in _rows(direction, interval)))
    eliminated: list[tuple[int, list[Row]]] = []
    while True:
        if any(not row.factors and (row.limit < 0 or (row.strict and row.limit == 0)) for row in rows):
            return None
        rows = [row for row in rows if row.factors]
        if not rows:
            break
        spend(sum(len(row.factors) for row in rows))
        variable = _cheapest(rows)
        touched = [row for row in rows if row.factor(variable)]
        eliminated.append((variable, touched))
        pairs = _paired(touched, variable)
        spend(4 * sum(len(row.factors) for row in pairs))
        rows = [row for row in rows if not row.factor(variable)] + pairs
        rows = list(dict.fromkeys(rows))
        if len(rows) > _ROWS:
            raise TooLarge
    point: dict[int, Fraction] = {}
    for variable, touched in reversed(eliminated):
        for row in touched:  # variables that no bound was left on
            for other, _ in row.factors:
                if other != variable and other not in point:
                    point[other] = choose(other, EVERYWHERE)
        point[variable] = choose(variable, _room(variable, touched, point))
    return point


def _rows(direction: Direction, interval: Interval) -> list[Row]:
    rows = []
    if interval.high is not None:
        rows.append(Row(direction.factors, interval.high, interval.high_strict))
    if interval.low is not None:
        negated = tuple((variable, -factor) for variable, factor in direction.factors)
        rows.append(Row(negated, -interval.low, interval.low_strict))
    return rows


def _cheapest(rows: list[Row]) -> int:
    """The variable whose removal makes fewest new rows; of equals the last, so that the first gets its value first."""
    above: dict[int, int] = {}
    below: dict[int, int] = {}
    for row in rows:
        for variable, factor in row.factors:
            counts = above if factor > 0 else below
            counts[variable] = counts.get(variable, 0) + 1
    return min(above.keys() | below.keys(), key=lambda v: (above.get(v, 0) * below.get(v, 0), -v))


def _paired(touched: list[Row], variable: int) -> list[Row]:
    upper = [row for row in touched if row.factor(variable) > 0]
    lower = [row for row in touched if row.factor(variable) < 0]
    if len(upper) * len(lower) > _ROWS:
        raise TooLarge
    return [_added(one, other, variable) for one in upper for other in lower]


def _added(one: Row, other: Row, variable: int) -> Row:
    """The sum of two rows, scaled so that the variable falls out, with the first factor brought to 1 or -1."""
    up, down = 1 / one.factor(variable), -1 / other.factor(variable)
    factors: dict[int, Fraction] = {}
    for row, times in ((one, up), (other, down)):
        for v, factor in row.factors:
            factors[v] = factors.get(v, Fraction(0)) + factor * times
    kept = sorted((v, factor) for v, factor in factors.items() if factor)
    limit = one.limit * up + other.limit * down
    scale = 1 / abs(kept[0][1]) if kept else Fraction(1)
    return Row(tuple((v, factor * scale) for v, factor in kept), limit * scale, one.strict or other.strict)


def _room(variable: int, touched: list[Row], point: dict[int, Fraction]) -> Interval:
    """What is left for a variable once the others in its rows have values."""
    room = EVERYWHERE
    for row in touched:
        own = row.factor(variable)
        rest = row.limit - sum((factor * point[v] for v, factor in row.factors if v != variable), Fraction(0))
        relation = ("<" if own > 0 else ">") + ("" if row.strict else "=")
        room = room.cut(relation, rest / own)
    return room


def friendly(interval: Interval, unit: Fraction, whole: bool = False, zero: bool = True) -> Fraction:
    """A number of an interval that a person would pick: 0, an end, a unit beside an end, else one with few digits.

    unit    what people count in: 1 % of a ratio, a day of time
    whole   integers come first
    zero    whether 0 is a friendly value at all (no date is)
    """
    candidates = [Fraction(0)] if zero else []
    ends = [(interval.low, unit), (interval.high, -unit)]
    candidates += [end for end, _ in ends if end is not None]
    candidates += [end + step for end, step in ends if end is not None]
    for candidate in candidates:
        if interval.holds(candidate) and not (whole and candidate.denominator != 1):
            return candidate
    low, high = interval.low, interval.high
    if low is None or high is None:
        end = low if low is not None else high
        return Fraction(0) if end is None else end + (1 if low is not None else -1)
    for places in range(60):  # the widest step of which a multiple lies inside
        step = unit / 10**places if not whole or places else Fraction(1)
        candidate = (math.floor(low / step) + 1) * step
        if interval.holds(candidate):
            return candidate
    return (low + high) / 2
