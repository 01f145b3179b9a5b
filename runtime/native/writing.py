"""What everything that writes machine code stands on: values by operation, written once and remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from llvmlite import ir

from ...program.program import Node, Program
from .analysis import Analysis, is_reference
from .arithmetic import HIGHEST, as_number
from .floating import Floats
from .frame import Frame
from .layout import Layout
from .reference import fraction
from .values import AccountRow, Entry, Id, Native, Nothing, Num, TableAt, Truth
from .widths import BIT, FALSE, TRUE

Rows = Mapping[int, Native]
"""What stands in the slots: bound rows; below 0 the arguments of a function, not yet computed."""
CALL = -(1 << 62)
"""The slot that tells one call of a function from another: no function has so many arguments."""
INPUT_LOW, INPUT_HIGH = -20, 20
"""Decimal exponents of what machine code takes as input; the exact executor takes the rest."""


class Unsupported(Exception):
    """Something of the language that machine code is not written for; the sentence says what."""


class Writing:
    """Writes operations of a program into the function at hand. `numbers` is the arithmetic they are written in."""

    def __init__(self, program: Program, analysis: Analysis, layout: Layout, encodings: Mapping[tuple[str, str], Any]):
        self.program = program
        self.analysis = analysis
        self.layout = layout
        self.data = layout.data
        self.encodings = encodings
        self.frame = Frame()
        self.builder: ir.IRBuilder = None
        self.numbers: Floats = None  # type: ignore[assignment]  # set with the builder, before anything is written
        self.memory: list[dict[Any, Any]] = [{}]
        self.strides: dict[str, Any] = {}
        self.kept: list[Any] = []
        """Values whose identity stands in keys of `memory`: they must not make room for others."""
        self.stored: dict[int, Any] = {}
        """Definitions that stand in memory row by row, by number: how to read one."""
        self.loops: Any = None
        """Writes aggregations; `loops.Loops`."""
        self.groups: Any = None
        self.account: Any = None
        """The number of the account at hand in its block."""
        self.spans: dict[str, tuple[Any, Any]] = {}
        """By kind of account rows: the first of the account's and the one behind its last."""
        self.give_up: Any = None
        """Variable: whether the account goes to the exact executor whatever becomes of its values."""

    # ---- entry points

    def value(self, number: int, rows: Rows) -> Native:
        """The value of an operation for the rows in its slots."""
        key = self._key(number, rows)
        for memory in reversed(self.memory):
            if key in memory:
                known: Native = memory[key]
                return known
        value = self._write(number, self.program.nodes[number], rows)
        self.memory[-1][key] = value
        return value

    def number(self, number: int, rows: Rows) -> Num:
        return as_number(self.value(number, rows))

    def truth(self, number: int, rows: Rows) -> Truth:
        value = self.value(number, rows)
        if isinstance(value, Nothing):
            return Truth(FALSE, None, TRUE)
        assert isinstance(value, Truth)
        return value

    def definition(self, number: int, rows: tuple[Native, ...]) -> Native:
        """A definition at rows."""
        if number in self.data.replaced:
            return self.absent_where(self.numbers.number(fraction(self.data.replaced[number])), rows)
        if is_reference(self.program, number):
            return self._reference_definition(number, rows)
        key = ("definition", number, tuple(self._identity(row) for row in rows))
        for memory in reversed(self.memory):
            if key in memory:
                known: Native = memory[key]
                return known
        if number in self.stored:
            value = self.stored[number](rows)
        else:
            definition = self.program.definitions[number]
            value = self.limited(self.value(definition.node, dict(enumerate(rows))))
        value = self.absent_where(value, rows)
        self.memory[-1][key] = value
        return value

    def give_up_where(self, condition: Any) -> None:
        """The account goes to the exact executor where this holds."""
        b = self.builder
        b.store(b.or_(b.load(self.give_up, typ=BIT), condition), self.give_up)

    def limited(self, value: Native) -> Native:
        """What a definition may be: values of 1e100 and more are errors."""
        if isinstance(value, Num) and value.high >= HIGHEST and self.numbers.certify:
            b = self.builder
            size = self.numbers.magnitude(value)
            within = b.fcmp_ordered("<", size, Floats.constant(10.0**HIGHEST))
            if value.none is not None:
                within = b.or_(within, value.none)
            return replace(self.numbers.unknown(value, b.not_(within)), high=HIGHEST)
        return value

    # ---- keys

    def _key(self, number: int, rows: Rows) -> Any:
        slots = self.analysis.rows[number]
        arguments = rows.get(CALL)
        return (number, tuple((slot, self._identity(rows.get(slot))) for slot in sorted(slots)), arguments)

    def _identity(self, value: Any) -> Any:
        if isinstance(value, Id | Entry | Num | Truth | TableAt):
            self.kept.append(value)
            return id(value.v)
        return "account" if isinstance(value, AccountRow) else id(value)

    def _write(self, number: int, node: Node, rows: Rows) -> Native:
        """Writes an operation; what does is in the classes built on this one."""
        raise NotImplementedError

    def absent_where(self, value: Native, rows: tuple[Native, ...]) -> Native:
        """What is read at a row that may be none, or no row at all."""
        raise NotImplementedError

    def _reference_definition(self, number: int, rows: tuple[Native, ...]) -> Native:
        """Of a definition at rows that are no operations of the program's own."""
        raise Unsupported(f"`{self.program.definitions[number].full_name}` at rows of its own")


class AccountSlots(dict[int, Native]):
    """Slots in which the account stands where no row is bound."""

    def __missing__(self, slot: int) -> Native:
        return AccountRow()


def bound(rows: Rows, slot: int, row: Native) -> Rows:
    """The slots with one more row bound."""
    inner = AccountSlots(rows) if isinstance(rows, AccountSlots) else dict(rows)
    inner[slot] = row
    return inner


def either(b: Any, left: Any, right: Any) -> Any:
    return right if left is None else left if right is None else b.or_(left, right)
