"""Where machine code finds what accounts share: a slot in the row of a kind, a cell of a matrix, the ranges of a table.

Code and data are made from the same list of requests. Each request is answered with a place and with what holds for its
values (`Seen`), on which the code may rely; both are kept beside cached code, so that code is only used again where the
same holds of other data.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from .reference import FAILED, GLOBAL, NONE_BITS, Arena, Asked, ReferenceData, Seen, fraction
from .shared_residues import bounds_of, exact_numbers, integers_of

Name = tuple[str, ...]
"""What a pointer or a number in the frame is: its sort, then what tells it from others of that sort."""

NO_NUMBER = np.array([NONE_BITS, NONE_BITS + 1], dtype=np.uint64).view(np.float64)
"""`none`, and a number that is unknown."""


@dataclass(frozen=True, slots=True)
class Place:
    """A column: `slot` in the rows of `rows` (a kind, or an arena as `#3`), or a matrix of its own (`rows` is "")."""

    rows: str
    slot: int
    seen: Seen
    matrix: int = -1


class Layout:
    """The places of all values that one piece of machine code reads, and the values of one snapshot."""

    def __init__(self, data: ReferenceData):
        self.data = data
        self.columns: dict[str, list[Any]] = {}
        self.matrices: list[Any] = []
        self.dense: list[Any] = []
        self.segments: list[Any] = []
        self.pieces: dict[Any, tuple[int, bool]] = {}
        self.places: dict[Any, Place] = {}
        self.arenas: dict[Any, tuple[int, Place]] = {}
        self.residues: dict[Any, tuple[int, tuple[int, ...]] | None] = {}
        self.integers: list[Any] = []
        """Arrays of residues by number: rows of two words."""
        self.log: list[list[Any]] = []

    def value(self, asked: Asked, form: str, arena: int | None = None) -> Place:
        """The place of a value. form: n number, b truth, i label or row."""
        key = (asked, form, arena)
        if key in self.places:
            return self.places[key]
        values = self.data.values(asked, arena)
        own = values if arena is not None or asked.kinds == (GLOBAL,) else values[1:]
        seen = Seen(False, False, False, any(value is None for value in own))
        if form == "n":
            column, numbers = self.data.doubles(values)
            seen = replace(numbers, optional=seen.optional)
        elif form == "b":
            column = self.data.truths(values).view(np.float64)
        else:
            column = self.data.numbers(values).view(np.float64)
        if arena is not None:  # rows of tables come without the row for none and the one for unknown
            ends = {"n": NO_NUMBER, "b": np.array([2, 3]).view(np.float64), "i": np.array([-1, -2]).view(np.float64)}
            column = np.concatenate([ends[form][:1], column, ends[form][1:]])
        place = self._put(asked, column, seen, arena)
        self.places[key] = place
        self.log.append(["value", _plain(asked), form, arena, asdict(seen)])
        return place

    def table(self, asked: Asked, form: str, domains: tuple[str | int, ...] = ()) -> tuple[int, Place]:
        """The arena of a table and the place of its block's number. form: ranges, entries, or keyed (by `domains`)."""
        key = (asked, form, domains)
        if key in self.arenas:
            return self.arenas[key]
        values = self.data.values(asked)
        arena = len(self.data.arenas)
        self.data.arenas.append(Arena())
        none = Seen(False, True, False, any(value is None for value in values[1:]))
        if form == "keyed":
            sizes = [self.data.domain(spec) for spec in domains]
            self.dense.append(self.data.keyed(values, arena, sizes))
            place = Place("", 0, none, len(self.dense) - 1)
        else:
            place = self._put(asked, self.data.tables(values, arena, form).view(np.float64), none, None)
        self.arenas[key] = (arena, place)
        own = self.data.arenas[arena]
        self.log.append(["table", _plain(asked), form, list(domains), own.width, own.faithful(), self.bounded(arena)])
        return arena, place

    def bounded(self, arena: int) -> bool:
        """Whether a table of an arena ends, so that numbers can lie beyond it."""
        return any(high is not None for high in self.data.arenas[arena].highs())

    def marginal(self, arena: int, asked: Asked) -> tuple[int, bool]:
        """For tables whose rows each charge `asked` on what falls into them: the number of the array that holds the sum
        as line pieces, and whether none falls.

        A block is [lows, steepest, (slope, less) of every piece]; the sum over slices of x is slope * x - less, of the
        piece that as many rows begin below x. The piece before the first row is (0, 0).
        """
        key = (arena, asked)
        if key not in self.pieces:
            rates = self.data.values(asked, arena)
            own = self.data.arenas[arena]
            blocks = [_pieces(own, number, rates) for number in range(len(own.blocks))]
            empty = [np.inf] * own.width + [np.nan] * (1 + 2 * (own.width + 1))
            self.segments.append(np.array([*blocks, empty]))
            rising = all(rate is FAILED or fraction(rate) >= 0 for rate in rates)
            self.pieces[key] = len(self.segments) - 1, rising
            self.log.append(["marginal", _plain(asked), arena, rising])
        return self.pieces[key]

    def residue(self, asked: Asked, arena: int | None = None) -> tuple[int, tuple[int, ...]] | None:
        """The number of the array that holds a value (as `value` lays it out) times its denominator, and that; None
        where it would be too large."""

        def columns() -> list[list[Fraction | None]]:
            values = exact_numbers(self.data.values(asked, arena))
            return [values if arena is None else [None, *values, None]]

        return self._residues("residue", asked, arena, columns)

    def bound_residues(self, arena: int) -> tuple[int, tuple[int, ...]] | None:
        """The same of where rows of tables begin and where they end, in two columns."""
        return self._residues("bound residues", None, arena, lambda: bounds_of(self.data.arenas[arena]))

    def piece_residues(self, arena: int, asked: Asked) -> tuple[int, tuple[int, ...]] | None:
        """The same of the pieces of `marginal`: columns of slopes and of what is taken off."""

        def columns() -> list[list[Fraction | None]]:
            rates = self.data.values(asked, arena)
            own = self.data.arenas[arena]
            pieces = [piece for number in range(len(own.blocks)) for piece in padded_lines(own, number, rates)]
            return [[piece[side] for piece in pieces] + [None] * (own.width + 1) for side in (0, 1)]

        return self._residues("piece residues", asked, arena, columns)

    def _residues(
        self, form: str, asked: Asked | None, arena: int | None, columns: Callable[[], list[list[Fraction | None]]]
    ) -> tuple[int, tuple[int, ...]] | None:
        key = (form, asked, arena)
        if key not in self.residues:
            made = integers_of(columns())
            if made is not None:
                self.integers.append(made[0])
            self.residues[key] = None if made is None else (len(self.integers) - 1, made[1])
            self.log.append([form, asked and _plain(asked), arena, made and list(made[1])])
        return self.residues[key]

    def _put(self, asked: Asked, column: Any, seen: Seen, arena: int | None) -> Place:
        if arena is not None:
            rows = f"#{arena}"
        elif len(asked.kinds) == 1:
            rows = asked.kinds[0]
        else:
            self.matrices.append(column)
            return Place("", 0, seen, len(self.matrices) - 1)
        if rows == "":
            column = np.concatenate([column, column, column])
        slots = self.columns.setdefault(rows, [])
        slots.append(column)
        return Place(rows, len(slots) - 1, seen)

    def stride(self, rows: str) -> int:
        return len(self.columns.get(rows, ())) or 1

    def table_of(self, rows: str) -> Any:
        """The rows of a kind or an arena: [none, every row, unknown] by slots."""
        return np.ascontiguousarray(np.column_stack(self.columns[rows]))

    def assumptions(self) -> str:
        """What was asked and what was seen, as text that is equal where machine code may be used again."""
        return json.dumps(self.log)


def _pieces(arena: Arena, number: int, rates: list[Any]) -> list[float]:
    """One block of `Layout.marginal`; unknown as a whole where a rate is."""
    lows = [float(fraction(low)) for low in arena.ranges[number].lows]
    padded = lows + [np.inf] * (arena.width - len(lows))
    pieces = lines(arena, number, rates)
    if pieces is None:
        return [*padded, *[np.nan] * (1 + 2 * (arena.width + 1))]
    slopes = [slope for slope, _ in pieces]
    steepest = max(max(abs(a), abs(a - b)) for a, b in zip(slopes, [*slopes[1:], slopes[-1]], strict=True))
    pieces += [(Fraction(0), Fraction(0))] * (arena.width + 1 - len(pieces))
    return [*padded, float(steepest) * (1 + 2**-50), *(float(part) for piece in pieces for part in piece)]


def lines(arena: Arena, number: int, rates: list[Any]) -> list[tuple[Fraction, Fraction]] | None:
    """The pieces of a block of `Layout.marginal`; None where a rate is unknown."""
    lows = [fraction(low) for low in arena.ranges[number].lows]
    own = rates[number * arena.width :][: len(lows)]
    if any(rate is FAILED or rate is None for rate in own):
        return None
    pieces = [(Fraction(0), Fraction(0))]
    below = Fraction(0)
    for place, (low, rate) in enumerate(zip(lows, own, strict=True)):
        slope = fraction(rate)
        pieces.append((slope, slope * low - below))
        if place + 1 < len(lows):
            below += slope * (lows[place + 1] - low)
    return pieces


def padded_lines(arena: Arena, number: int, rates: list[Any]) -> list[tuple[Fraction | None, Fraction | None]]:
    """The same with as many pieces as every block has."""
    own = lines(arena, number, rates) or []
    return [*own, *[(None, None)] * (arena.width + 1 - len(own))]


def _plain(asked: Asked) -> list[list[Any]]:
    return [list(asked.numerators), list(asked.denominators), list(asked.anchors), list(asked.kinds)]


def replay(data: ReferenceData, assumptions: str) -> Layout | None:
    """The layout that gave these assumptions, over other data; None where something else holds of them."""
    layout = Layout(data)
    for request in json.loads(assumptions):
        if request[0] == "bound residues":
            layout.bound_residues(request[2])
            if layout.log[-1] != request:
                return None
            continue
        above, below, anchors, kinds = request[1]
        asked = Asked(tuple(above), tuple(below), tuple(anchors), tuple(kinds))
        if request[0] == "value":
            layout.value(asked, request[2], request[3])
        elif request[0] == "residue":
            layout.residue(asked, request[2])
        elif request[0] == "piece residues":
            layout.piece_residues(request[2], asked)
        elif request[0] == "marginal":
            layout.marginal(request[2], asked)
        else:
            layout.table(asked, request[2], tuple(request[3]))
        if layout.log[-1] != request:
            return None
    return layout
