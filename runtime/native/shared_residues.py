"""What accounts share as residues: columns of exact numbers as integers over one denominator, in words of 64 bits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from .reference import FAILED, Arena, fraction, in_range

LARGEST_SHARED = 1 << 100
"""Of a column's denominator: what accounts bring and what it is multiplied by must have room beside it."""
_WORD = (1 << 64) - 1


def exact_numbers(values: Sequence[Any]) -> list[Fraction | None]:
    """The numbers that machine code takes; None for the others, whose doubles are unknown or none."""
    found: list[Fraction | None] = []
    for value in values:
        try:
            exact = None if value is FAILED or value is None else fraction(value)
        except TypeError:  # an unknown row, or one that is not there
            exact = None
        found.append(exact if exact is None or in_range(exact) else None)
    return found


def bounds_of(arena: Arena) -> list[list[Fraction | None]]:
    """Where rows of tables begin and where they end, as `Arena.lows` and `Arena.ends` have them; None where it is
    nowhere."""
    begin: list[Fraction | None] = []
    end: list[Fraction | None] = []
    for ranges in arena.ranges:
        lows = [fraction(low) for low in ranges.lows]
        ends = [*lows[1:], None if ranges.high is None else fraction(ranges.high)][: len(lows)]
        for column, own in ((begin, lows), (end, ends)):
            column += own
            column += [None] * (arena.width - len(own))
    nowhere = [None] * arena.width
    return [begin + nowhere, end + nowhere]


def integers_of(columns: Sequence[Sequence[Fraction | None]]) -> tuple[Any, tuple[int, ...]] | None:
    """The columns side by side, each times its denominator, and the denominators; None where one is too large."""
    denominators = [_denominator(column) for column in columns]
    if any(d > LARGEST_SHARED for d in denominators):
        return None
    words = np.zeros((len(columns[0]), len(columns), 2), np.uint64)
    for side, (column, d) in enumerate(zip(columns, denominators, strict=True)):
        for place, value in enumerate(column):
            if value is not None:
                words[place, side] = _words(int(value * d))
    return words.reshape(-1, 2), tuple(denominators)


def _denominator(column: Sequence[Fraction | None]) -> int:
    """A common denominator. Of decimals it is a power of ten: other decimals with as many places keep it."""
    least = math.lcm(*{value.denominator for value in column if value is not None})
    rest, places = least, 0
    for prime in (2, 5):
        count = 0
        while rest % prime == 0:
            rest, count = rest // prime, count + 1
        places = max(places, count)
    rounded = rest * 10**places
    return rounded if rounded <= LARGEST_SHARED else least


def _words(value: int) -> tuple[int, int]:
    """An integer mod 2^128 as it lies in memory: the low 64 bits, then the high."""
    return value & _WORD, (value >> 64) & _WORD
