"""Definitions that are computed for all their rows first, and stand in memory while others read them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from ...program.program import Definition
from .arithmetic import NAN
from .floating import Floats
from .residues import LARGEST_DENOMINATOR, NO_RESIDUE
from .values import AccountRow, Entry, Id, Native, Nothing, Num, Truth, has_residue
from .widths import BIT, DOUBLE, FALSE, I64, I128, TRUE
from .writing import Unsupported

if TYPE_CHECKING:
    from .emit import Emitter

UNITS_IN_ORDER = 4096
"""Units of error that a value carries from row to row where each depends on the one before: magnitudes grow instead."""
LONGEST_ORDER = 1 << 10
"""By how much fewer units than elsewhere one row of it may have: what products of errors add, adds up over rows."""
IN_ORDER_LOW, IN_ORDER_HIGH = -40, 40
ATTEMPTS = 4
"""At the denominators of definitions that go from row to row, before those that still grow have no residue."""


@dataclass
class Storage:
    """Memory of one thread for one account.

    promised  denominators that definitions in order of rows are read with, by number; None where they have no residue
    sizes     by name of the buffer, the kinds over whose rows it goes
    broken    whether one of them was written that has another: the code is of no use
    """

    emitter: Emitter
    promised: Promised
    sizes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    broken: bool = False

    def buffer(self, name: str, kinds: tuple[str, ...]) -> Any:
        """A buffer with 8 bytes for every combination of rows of these kinds, and one more."""
        self.sizes[name] = kinds
        return self.emitter.frame.pointer("scratch", name)

    def limit(self, kind: str) -> Any:
        """Rows of a kind that memory is there for."""
        return self.emitter.frame.number("capacity", kind)

    def place(self, rows: Mapping[str, Native]) -> Any:
        """The cell of a combination of rows; of rows that are not there, some cell."""
        e, b = self.emitter, self.emitter.builder
        cell: Any = ir.Constant(I64, 0)
        for kind, row in rows.items():
            if isinstance(row, AccountRow):
                continue
            assert isinstance(row, Id)
            own = row.v
            begin = e.spans[kind][0] if kind in e.spans else None
            if begin is not None:
                own = b.sub(own, begin)
            if not row.certain:
                inside = b.icmp_unsigned("<", own, self.limit(kind))
                own = b.select(inside, own, ir.Constant(I64, 0))
            cell = b.add(b.mul(cell, self.limit(kind)), own)
        return cell

    def store_word(self, name: str, kinds: tuple[str, ...], cell: Any, word: Any) -> None:
        b = self.emitter.builder
        b.store(word, b.gep(self.buffer(name, kinds), [cell], source_etype=I64))

    def load_word(self, name: str, kinds: tuple[str, ...], cell: Any, type_: Any) -> Any:
        b = self.emitter.builder
        return b.load(b.gep(self.buffer(name, kinds), [cell], source_etype=I64), typ=type_)

    def store_residue(self, name: str, kinds: tuple[str, ...], cell: Any, number: Num) -> None:
        """A residue as two words, where the number has one."""
        if has_residue(number):
            b = self.emitter.builder
            high = b.lshr(number.r, ir.Constant(I128, 64))
            self.store_word(f"{name}.low", kinds, cell, b.trunc(number.r, I64))
            self.store_word(f"{name}.high", kinds, cell, b.trunc(high, I64))

    def load_residue(self, name: str, kinds: tuple[str, ...], cell: Any, form: Num) -> Any:
        """What `store_residue` keeps of numbers of this form; None where that is nothing."""
        if not has_residue(form):
            return None
        b = self.emitter.builder
        low, high = (b.zext(self.load_word(f"{name}.{part}", kinds, cell, I64), I128) for part in ("low", "high"))
        return b.or_(low, b.shl(high, ir.Constant(I128, 64)))

    # ---- definitions

    def store(self, number: int, definition: Definition, rows: tuple[Native, ...], value: Native) -> None:
        """Keeps the value of a definition at rows, and makes readers read it there."""
        e, b = self.emitter, self.emitter.builder
        value = e.numbers.undivided(value) if isinstance(value, Num) else value
        kinds = definition.scope
        cell = self.place(dict(zip(kinds, rows, strict=True)))
        name = str(number)
        match value:
            case Num():
                self.store_word(f"{name}.v", kinds, cell, value.v)
                if value.m is not None:
                    self.store_word(f"{name}.m", kinds, cell, value.m)
                if value.none is not None:
                    self.store_word(f"{name}.none", kinds, cell, b.zext(value.none, I64))
                self.store_residue(name, kinds, cell, value)
            case Truth():
                flags: Any = ir.Constant(I64, 0)
                for place, flag in enumerate((value.v, value.unsure, value.bad, value.none)):
                    if flag is not None:
                        bit = b.shl(b.zext(flag, I64), ir.Constant(I64, place))
                        flags = b.or_(flags, bit)
                self.store_word(f"{name}.v", kinds, cell, flags)
            case Id():
                self.store_word(f"{name}.v", kinds, cell, value.v)
            case Nothing():
                pass
            case _:
                raise Unsupported(f"`{definition.full_name}`, which is a row of a table")
        if number not in e.stored:
            e.stored[number] = self.reader(number, definition, value)

    def reader(self, number: int, definition: Definition, value: Native) -> Callable[[tuple[Native, ...]], Native]:
        """Reads what `store` keeps; the form of every value is that of `value`."""
        kinds, name = definition.scope, str(number)

        def read(rows: tuple[Native, ...]) -> Native:
            b = self.emitter.builder
            cell = self.place(dict(zip(kinds, rows, strict=True)))
            match value:
                case Num():
                    m = None if value.m is None else self.load_word(f"{name}.m", kinds, cell, DOUBLE)
                    none = None
                    if value.none is not None:
                        none = b.trunc(self.load_word(f"{name}.none", kinds, cell, I64), BIT)
                    r = self.load_residue(name, kinds, cell, value)
                    return replace(value, v=self.load_word(f"{name}.v", kinds, cell, DOUBLE), m=m, none=none,
                                   constant=None, r=r, below=None, inverse=None)  # fmt: skip
                case Truth():
                    flags = self.load_word(f"{name}.v", kinds, cell, I64)
                    v, unsure, bad, none = (
                        None if flag is None else b.trunc(b.lshr(flags, ir.Constant(I64, place)), BIT)
                        for place, flag in enumerate((value.v, value.unsure, value.bad, value.none))
                    )
                    return Truth(v, unsure, bad, none)
                case Id():
                    return Id(self.load_word(f"{name}.v", kinds, cell, I64), value.kind)
                case _:
                    return value

        return read

    # ---- rows in order

    def expected(self, number: int, definition: Definition) -> None:
        """Lets readers read a definition that depends on itself on the row before: its form is set beforehand."""
        from ...program.types import Label, Row
        from ...program.types import Number as NumberType
        from ...program.types import Truth as TruthType

        type_ = definition.type
        none = FALSE if type_.optional else None
        form: Native
        match type_:
            case NumberType():
                m = Floats.constant(0.0) if self.emitter.numbers.certify else None
                form = Num(NAN, m, UNITS_IN_ORDER, IN_ORDER_LOW, IN_ORDER_HIGH, False, none, hulled=True)
                d = self.promised.of(number) if self.emitter.numbers.residues else None
                form = form if d is None else replace(form, r=NO_RESIDUE, d=d)
            case TruthType():
                form = Truth(FALSE, FALSE, FALSE, none)
            case Label() | Row():
                form = Id(ir.Constant(I64, -1), type_.kind if isinstance(type_, Row) else "")
            case _:
                raise Unsupported(f"`{definition.full_name}` in order of rows")
        self.emitter.stored[number] = self.reader(number, definition, form)

    def in_order(self, value: Native, number: int, definition: Definition) -> Native:
        """The value in the form that `expected` promises."""
        e, b = self.emitter, self.emitter.builder
        optional = definition.type.optional
        match value:
            case Num():
                none = (value.none or FALSE) if optional else None
                if not e.numbers.certify:
                    return replace(value, m=None, none=none, r=None, below=None)
                e.numbers.units(value.k * LONGEST_ORDER)
                m = b.fmul(e.numbers.magnitude(value), Floats.constant(max(1.0, value.k / UNITS_IN_ORDER)))
                small = b.fcmp_ordered("<", m, Floats.constant(10.0**IN_ORDER_HIGH))
                size = e.numbers.absolute_of(value.v)
                kept = e.numbers.unknown(value, b.not_(b.and_(small, b.and_(self._in_range(size), self._in_range(m)))))
                return self._as_promised(replace(kept, m=m, k=UNITS_IN_ORDER, none=none), number)
            case Truth():
                return Truth(
                    value.v, value.unsure or FALSE, value.bad or FALSE, (value.none or FALSE) if optional else None
                )
            case Nothing():
                nothing = Num(NAN, Floats.constant(0.0) if e.numbers.certify else None, 0, none=TRUE)
                return self.in_order(replace(nothing, r=NO_RESIDUE), number, definition)
            case Entry():
                raise Unsupported(f"`{definition.full_name}`, a row of a table, in order of rows")
            case _:
                return value

    def _in_range(self, size: Any) -> Any:
        """Whether a size is 0, or large enough for `expected`."""
        b = self.emitter.builder
        nought = b.fcmp_ordered("==", size, Floats.constant(0.0))
        return b.or_(nought, b.fcmp_ordered(">", size, Floats.constant(10.0**IN_ORDER_LOW)))

    def _as_promised(self, value: Num, number: int) -> Num:
        """The number over the denominator that its readers have been told."""
        d = self.promised.of(number) if self.emitter.numbers.residues else None
        if d is None:
            return replace(value, r=None, d=1, below=None)
        if not has_residue(value) or d % value.d:
            self.promised.grow(number, value.d if has_residue(value) else None)
            self.broken = True
            return replace(value, r=NO_RESIDUE, d=d, below=None)
        factor = ir.Constant(I128, d // value.d)
        return replace(value, r=self.emitter.builder.mul(value.r, factor), d=d)


@dataclass
class Promised:
    """Denominators of definitions that go from row to row: each needs that of the row before, so they are tried.

    attempts  how often code was written in vain
    """

    known: dict[int, int | None] = field(default_factory=dict)
    attempts: int = 0

    def of(self, number: int) -> int | None:
        return self.known.get(number, 1)

    def grow(self, number: int, d: int | None) -> None:
        """The definition has this denominator, or no residue."""
        before = self.of(number)
        larger = None if d is None or before is None else math.lcm(before, d)
        self.known[number] = larger if larger is not None and self._may_grow(larger) else None

    def _may_grow(self, d: int) -> bool:
        return d <= LARGEST_DENOMINATOR and self.attempts < ATTEMPTS
