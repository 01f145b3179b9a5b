"""What accounts share, computed exactly once a snapshot and laid out for machine code.

Machine code asks for a value at a row of a reference kind, at a row of a table, or for one value of the whole snapshot.
The exact executor computes it for every such row, and it enters as the nearest double (or as an integer for truths,
labels and rows). Before the first row stands one for `none`, behind the last one for a row that is not there.
"""

from __future__ import annotations

import copy
import decimal
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from ...program.number import EXACT, Ratio, Value
from ...program.program import Constant, Moment, Node, Program
from ..book.columns import NONE_BITS
from ..book.words import Words
from ..exact.chain import deep_frames
from ..exact.closures import Machine
from ..exact.failure import Failure
from ..exact.rows import Row, Unknown, reference_rows
from ..exact.tables import BoundTable, Entry, Ranges

NONE, UNKNOWN = -1, -2
"""Labels, rows and tables by number; for truths none is 2 and unknown is 3."""
LARGEST, SMALLEST = Fraction(10) ** 20, Fraction(1, 10**20)
"""Values outside are left to the exact executor: inside, no product of a few leaves the range of doubles."""
FAR = 1e300
"""Beyond every number, and still apart from it by more than any error."""
MOST_CELLS = 1 << 22
"""Of one value at rows of several kinds."""
GLOBAL = ""
"""The kind whose one row holds what hangs on no row."""


class TooLarge(Exception):
    """A value at more rows than are laid out; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A value that machine code asks for: the product of `numerators` by that of `denominators`.

    Operations by number. `anchors` are the operations in them that stand for the rows; their kinds are `kinds`.
    """

    numerators: tuple[int, ...]
    denominators: tuple[int, ...] = ()
    anchors: tuple[int, ...] = ()
    kinds: tuple[str, ...] = (GLOBAL,)


@dataclass(frozen=True, slots=True)
class Seen:
    """What holds for all values of a column: none below 0, all integers, doubles that compare as they do, and none
    absent."""

    positive: bool
    whole: bool
    faithful: bool
    optional: bool


@dataclass
class Arena:
    """Rows of tables, each table's (under the same exact keys) in a block of `width`, ascending.

    `blocks` are the rows as the exact executor has them; `lows` where each begins, beyond every number past the last.
    """

    blocks: list[list[Entry]] = field(default_factory=list)
    ranges: list[Ranges] = field(default_factory=list)
    known: dict[int, int] = field(default_factory=dict)
    width: int = 1

    @property
    def stride(self) -> int:
        """Rows of a block as machine code counts them: before the first stands one that is unknown."""
        return self.width + 1

    @property
    def rows(self) -> int:
        return (len(self.blocks) + 1) * self.stride

    def add(self, ranges: Ranges | None, entries: list[Entry]) -> int:
        key = id(ranges if ranges is not None else entries)
        if key not in self.known:
            self.known[key] = len(self.blocks)
            self.blocks.append(entries)
            self.ranges.append(ranges or Ranges())
            self.width = max(self.width, len(entries))
        return self.known[key]

    def lows(self) -> Any:
        """Where the rows of each block begin, and of one more block without rows."""
        table = np.full((len(self.blocks) + 1, self.width), FAR)
        for number, ranges in enumerate(self.ranges):
            table[number, : len(ranges.lows)] = [float(fraction(low)) for low in ranges.lows]
        return table

    def ends(self) -> Any:
        """Where they end; beyond every number where the last goes on."""
        table = np.full((len(self.blocks) + 1, self.width), FAR)
        for number, ranges in enumerate(self.ranges):
            ends = [*ranges.lows[1:], ranges.high]
            table[number, : len(ends)] = [FAR if end is None else float(fraction(end)) for end in ends]
        return table

    def counts(self) -> Any:
        return np.array([*(len(block) for block in self.blocks), 0], dtype=np.int64)

    def highs(self) -> list[Fraction | None]:
        return [None if ranges.high is None else fraction(ranges.high) for ranges in self.ranges]

    def below_zero(self) -> bool:
        """Whether a table begins below 0."""
        return any(fraction(low) < 0 for ranges in self.ranges for low in ranges.lows[:1])

    def faithful(self) -> bool:
        """Whether doubles compare with the bounds as exact numbers do."""
        bounds = [low for ranges in self.ranges for low in ranges.lows]
        bounds += [ranges.high for ranges in self.ranges if ranges.high is not None]
        return all(is_faithful(fraction(bound)) for bound in bounds)


class ReferenceData:
    """The reference rows of one snapshot under one program, and every value of them that machine code asks for."""

    def __init__(
        self,
        program: Program,
        as_of: Decimal,
        observed: Mapping[str, Mapping[str, Mapping[str, Constant]]],
        replaced: Mapping[int, Value],
        words: Words,
    ):
        self.program = program
        self.as_of = as_of
        self.words = words
        self.replaced = dict(replaced)
        with decimal.localcontext(EXACT):
            self.reference, own = reference_rows(program, observed)
            self.machine = Machine(program, self.reference, own, as_of, self.replaced)
        taken = [int(str(n.attributes[1])) for n in program.nodes if n.operation == "reduce"]
        taken += [int(str(n.attributes[0])) for n in program.nodes if n.operation == "index"]
        self.spare = 1 + max(taken, default=0)
        self.strangers: dict[tuple[str, str], int] = {}
        self.arenas: list[Arena] = []
        self._clones: dict[tuple[int, tuple[int, ...]], int] = {}

    def apart(self) -> ReferenceData:
        """The same rows, for another layout: with tables of its own."""
        other = copy.copy(self)
        other.arenas = []
        return other

    def rows(self, kind: str) -> list[Row]:
        return list(self.reference[kind].values())

    def count(self, kind: str) -> int:
        return 1 if kind == GLOBAL else len(self.reference[kind])

    def counts(self) -> dict[str, int]:
        """How many rows every reference kind has."""
        return {kind: len(rows) for kind, rows in self.reference.items()}

    def keys(self) -> dict[str, list[str]]:
        """The keys of every reference kind, in order: a row's number is its place there."""
        return {kind: list(rows) for kind, rows in self.reference.items()}

    # ---- values

    def values(self, asked: Asked, arena: int | None = None) -> list[Any]:
        """The exact values over the product of rows (with one for none before, and one for unknown behind), row by
        row; Failure where there is none. `arena`: over the rows of tables instead."""
        over: list[list[Any]] = []
        for kind in asked.kinds:
            if arena is not None:
                over.append([entry for block in self._padded(arena) for entry in block])
            elif kind == GLOBAL:
                over.append([None])
            else:
                over.append([None, *self.rows(kind), _STRANGER])
        cells = 1
        for rows in over:
            cells *= len(rows)
        if cells > MOST_CELLS:
            raise TooLarge(f"a value at {cells:,} combinations of rows")
        above = [self._clone(node, asked.anchors) for node in asked.numerators]
        below = [self._clone(node, asked.anchors) for node in asked.denominators]
        try:
            with deep_frames(), decimal.localcontext(EXACT):
                return [self._value(above, below, places) for places in itertools.product(*over)]
        finally:
            self.machine.forget_account()

    def _padded(self, arena: int) -> list[list[Any]]:
        own = self.arenas[arena]
        blocks = [*own.blocks, []]  # behind the last stands one for tables that are unknown
        return [[_STRANGER, *block, *[_STRANGER] * (own.width - len(block))] for block in blocks]

    def _value(self, above: list[int], below: list[int], rows: tuple[Any, ...]) -> Any:
        if any(row is _STRANGER for row in rows):
            return FAILED
        slots = [None] * self.spare + list(rows) + list(self.machine.spare)
        try:
            if len(above) == 1 and not below:
                return self.machine.closures[above[0]](slots)
            result = Fraction(1)
            for number in above:
                result *= fraction(self.machine.closures[number](slots))
            for number in below:
                result /= fraction(self.machine.closures[number](slots))
        except (Failure, ZeroDivisionError, TypeError, AttributeError, KeyError, IndexError, decimal.DecimalException):
            return FAILED
        return result

    def _clone(self, root: int, anchors: tuple[int, ...]) -> int:
        """The operation with its anchors replaced by rows in the first slots that nothing else uses."""
        nodes = self.program.nodes
        stack = [root]
        while stack:
            number = stack[-1]
            key = (number, anchors)
            if key in self._clones:
                stack.pop()
                continue
            node = nodes[number]
            if number in anchors:
                made = Node("index", (), (self.spare + anchors.index(number),), node.shape)
                self._clones[key] = self.machine.add(made)
                continue
            missing = [argument for argument in node.arguments if (argument, anchors) not in self._clones]
            if missing:
                stack += missing
                continue
            arguments = tuple(self._clones[argument, anchors] for argument in node.arguments)
            same = arguments == node.arguments
            self._clones[key] = number if same else self.machine.add(replace(node, arguments=arguments))
        return self._clones[root, anchors]

    # ---- as machine code reads them

    def doubles(self, values: Sequence[Any]) -> tuple[Any, Seen]:
        """Numbers as doubles, and what holds for all of them."""
        column = np.empty(len(values))
        bits = column.view(np.uint64)
        positive = whole = faithful = True
        for place, value in enumerate(values):
            if value is None:
                bits[place] = NONE_BITS
                continue
            if value is FAILED or isinstance(value, Unknown):
                column[place] = np.nan
                continue
            exact = fraction(value)
            if not in_range(exact):
                column[place] = np.nan
                continue
            double = float(exact)
            column[place] = double
            positive = positive and exact >= 0
            whole = whole and Fraction(double) == exact
            faithful = faithful and is_faithful(exact)
        return column, Seen(positive, whole, faithful, False)

    def numbers(self, values: Sequence[Any]) -> Any:
        """Truths, labels and rows as integers."""
        return np.array([self._number(value) for value in values], dtype=np.int64)

    def _number(self, value: Any) -> int:
        match value:
            case bool():
                return int(value)
            case None:
                return NONE
            case str():
                return self.words.number(value)
            case Row():
                return self.row_number(value)
            case _:
                return UNKNOWN

    def row_number(self, row: Row) -> int:
        """A row's place among its kind's; one that only a table names comes behind all of them."""
        if row.number >= 0:
            return row.number
        own = len(self.strangers)
        return self.count(row.kind) + self.strangers.setdefault((row.kind, row.key), own)

    def truths(self, values: Sequence[Any]) -> Any:
        """0 false, 1 true, 2 none, 3 unknown."""
        known = {False: 0, True: 1, None: 2}
        return np.array([known.get(v, 3) if isinstance(v, bool | None) else 3 for v in values], dtype=np.int64)

    def tables(self, values: Sequence[Any], arena: int, form: str) -> Any:
        """Numbers of blocks for tables: of all rows (`entries`), or of the ranges of a table by one number."""
        return np.array([self._block(value, arena, form) for value in values], dtype=np.int64)

    def _block(self, value: Any, arena: int, form: str) -> int:
        if not isinstance(value, BoundTable):
            return NONE if value is None else UNKNOWN
        own = self.arenas[arena]
        if form == "entries":
            return own.add(None, value.entries)
        if () not in value.found:
            return UNKNOWN
        return own.add(value.ranges, value.ranges.entries)

    def domain(self, spec: str | int) -> int:
        """How many numbers a key may have: rows of a kind, or so many."""
        return spec if isinstance(spec, int) else self.count(spec)

    def keyed(self, values: Sequence[Any], arena: int, domains: Sequence[int]) -> Any:
        """For tables by exact keys: for each value and each combination of keys (by number, below `domains`) the number
        of its block; NONE where the table has no such row."""
        size = 1
        for domain in domains:
            size *= max(1, domain)
        if size * len(values) > MOST_CELLS:
            raise TooLarge(f"a table of {size:,} combinations of keys")
        found = np.full((len(values), size), NONE, dtype=np.int64)
        own = self.arenas[arena]
        for place, value in enumerate(values):
            if not isinstance(value, BoundTable):
                found[place, :] = UNKNOWN
                continue
            for key, ranges in value.found.items():
                at = 0
                inside = True
                for part, domain in zip(key if isinstance(key, tuple) else (key,), domains, strict=True):
                    number = int(part) if isinstance(part, bool) else self._number(part)
                    inside = inside and 0 <= number < domain
                    at = at * domain + number
                if inside:
                    found[place, at] = own.add(ranges, ranges.entries)
        return found


def in_range(value: Fraction) -> bool:
    """Whether machine code takes a number as input."""
    return not value or SMALLEST <= abs(value) <= LARGEST


def is_faithful(value: Fraction) -> bool:
    """Whether the double next to a value compares with others as the value does: it reads back as it.

    A value that is a double, but one with a shorter decimal, is not: as an input that double means the decimal.
    """
    return Fraction(Decimal(repr(float(value)))) == value


class _Absent:
    """What stands where no value is."""


FAILED = _Absent()
_STRANGER = _Absent()


def fraction(value: Any) -> Fraction:
    """A number, or the seconds of an instant. Raises TypeError for anything else."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, Moment):
        value = value.seconds
    if isinstance(value, Ratio):
        return Fraction(value.numerator, value.denominator)
    if isinstance(value, Decimal):
        return Fraction(value)
    raise TypeError(type(value).__name__)
