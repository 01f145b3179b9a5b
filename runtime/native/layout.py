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

from ..book.columns import NONE_BITS
from .reference import FAILED, GLOBAL, Arena, Asked, ReferenceData, Seen, fraction, in_range
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


@dataclass(frozen=True, slots=True)
class Pieces:
    """A sum over slices as lines: in the rows of `rows` from `slot` on stand `width` bounds, how steep lines are at
    most, and (slope, less) of each. The sum of x is slope * x - less, of the line that as many bounds lie below x.

    `rising`: no slope is below 0.
    """

    rows: str
    slot: int
    width: int
    rising: bool


class Layout:
    """The places of all values that one piece of machine code reads, and the values of one snapshot."""

    def __init__(self, data: ReferenceData):
        self.data = data
        self.columns: dict[str, list[Any]] = {}
        self.matrices: list[Any] = []
        self.dense: list[Any] = []
        self.pieces: dict[Any, Pieces] = {}
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
            numbers = self.data.tables(values, arena, form)
            numbers[numbers < 0] = len(self.data.arenas[arena].blocks)  # behind the last stands one without rows
            place = self._put(asked, numbers.view(np.float64), none, None)
        self.arenas[key] = (arena, place)
        own = self.data.arenas[arena]
        held = [own.width, own.faithful(), own.below_zero(), self.bounded(arena)]
        self.log.append(["table", _plain(asked), form, list(domains), *held])
        return arena, place

    def bounded(self, arena: int) -> bool:
        """Whether a table of an arena ends, so that numbers can lie beyond it."""
        return any(high is not None for high in self.data.arenas[arena].highs())

    def marginal(self, arena: int, asked: Asked, place: Place, positive: bool) -> Pieces:
        """For tables whose rows each charge `asked` on what falls into them: the sum as line pieces, in slots of the
        row that the table at `place` belongs to. `positive`: numbers are never below 0."""
        key = (arena, asked, place.rows, positive)
        if key not in self.pieces:
            rates = self.data.values(asked, arena)
            own = self.data.arenas[arena]
            from_zero = positive and all(not ranges.lows or not ranges.lows[0] for ranges in own.ranges)
            blocks = [_pieces(own, number, rates, from_zero) for number in range(len(own.blocks))]
            width = _compared(own.width, from_zero)
            blocks.append([np.nan] * len(blocks[0]) if blocks else [np.nan] * (width + 3))
            of_rows = np.array(blocks)[self.columns[place.rows][place.slot].view(np.int64)]
            slots = self.columns[place.rows]
            rising = all(rate is FAILED or fraction(rate) >= 0 for rate in rates)
            self.pieces[key] = Pieces(place.rows, len(slots), width, rising)
            slots += list(of_rows.T)
            told = [place.rows, place.slot]
            self.log.append(["marginal", _plain(asked), arena, told, positive, from_zero, rising])
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
        """Doubles of a row."""
        return _power_of_two(len(self.columns.get(rows, ())) or 1)

    def table_of(self, rows: str) -> Any:
        """The rows of a kind or an arena: [none, every row, unknown] by slots."""
        return _padded(np.column_stack(self.columns[rows]))

    def assumptions(self) -> str:
        """What was asked and what was seen, as text that is equal where machine code may be used again."""
        return json.dumps(self.log)


def _padded(table: Any) -> Any:
    """The rows made as wide as a power of two, so that their places are found without a multiplication."""
    width = table.shape[1]
    return np.ascontiguousarray(np.pad(table, ((0, 0), (0, _power_of_two(width) - width))))


def _power_of_two(width: int) -> int:
    return 1 << (width - 1).bit_length()


def _compared(width: int, from_zero: bool) -> int:
    """Bounds that a number is compared with: a few at once where there are three or more."""
    bounds = width - 1 if from_zero else width
    return bounds if bounds < 3 else (bounds + 3) // 4 * 4


def _pieces(arena: Arena, number: int, rates: list[Any], from_zero: bool) -> list[float]:
    """One row of `Layout.marginal`, unknown as a whole where a rate is; `from_zero`: without the first line."""
    lows = [fraction(low) for low in arena.ranges[number].lows]
    width = _compared(arena.width, from_zero)
    count = arena.width if from_zero else arena.width + 1
    pieces = lines(arena, number, rates)
    if pieces is None:
        return [np.nan] * (width + 1 + 2 * count)
    slopes = [slope for slope, _ in pieces]
    steepest = max(abs(slope) for slope in slopes) + max(slopes) - min(slopes)
    pieces = pieces[1:] if from_zero else pieces
    pieces += [(Fraction(0), Fraction(0))] * (count - len(pieces))
    bounds = [float(low) for low in lows[1 if from_zero else 0 :]]
    bounds += [np.inf] * (width - len(bounds))
    return [*bounds, float(steepest) * (1 + 2**-50), *(float(part) for piece in pieces for part in piece)]


def lines(arena: Arena, number: int, rates: list[Any]) -> list[tuple[Fraction, Fraction]] | None:
    """The pieces of a block of `Layout.marginal`; None where a rate is unknown, or too large or small for doubles."""
    lows = [fraction(low) for low in arena.ranges[number].lows]
    own = rates[number * arena.stride + 1 :][: len(lows)]
    if any(rate is FAILED or rate is None or not in_range(fraction(rate)) for rate in own):
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
            rows, slot = request[3]
            layout.marginal(request[2], asked, Place(rows, slot, Seen(False, True, False, False)), request[4])
        else:
            layout.table(asked, request[2], tuple(request[3]))
        if layout.log[-1] != request:
            return None
    return layout
