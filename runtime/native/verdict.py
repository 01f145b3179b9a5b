"""What a kernel gives back of an account: outputs, checks and the rung that holds, or that it has to go on."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from ...program.program import Piece
from ..book.columns import NONE_BITS
from .emit import Emitter
from .floating import Floats
from .values import AccountRow, Entry, Id, Native, Nothing, Num, Truth
from .widths import BIT, DOUBLE, FALSE, I8, I64, TRUE
from .writing import Unsupported, either

UNDECIDED = 255
"""The status of an account that goes on to a more exact executor."""
NO_RUNG = 254
"""The status where no rung holds, or the rulebook has none."""
WIDEST = 1e-6
"""A value that may stand on either side of an open decision is given up where its bound is wider than this share: a
jump that matters is wider, what cancels in a sum seldom is."""


class Verdict:
    """Writes what people asked for into the buffers of a block."""

    def __init__(self, emitter: Emitter, outputs: list[int], rows: bool, bounds: bool):
        self.e = emitter
        self.program = emitter.program
        self.outputs = outputs
        self.rows = rows
        self.bounds = bounds

    # ---- what people asked for

    def shown(self, number: int, rows: tuple[Native, ...]) -> None:
        """An output or a check at rows: kept where outputs are, and known, or the account is given up."""
        e = self.e
        value = e.definition(number, rows)
        e.give_up_where(self._unsettled(value))
        scope = self.program.definitions[number].scope
        if number in self.outputs and (self.rows or scope == ("account",)):
            self._put(str(number), scope, rows, value)
        for check in self.program.checks:
            if check.definition == number and isinstance(value, Truth):
                self._failed_check(number, value, check.message, rows)

    def _failed_check(self, number: int, value: Truth, message: tuple[Piece, ...], rows: tuple[Native, ...]) -> None:
        """Remembers that a check does not hold; its message is told then, and must be known."""
        e, b = self.e, self.e.builder
        failing = b.not_(value.v)
        for piece in message:
            if piece.definition >= 0:
                told = e.definition(piece.definition, rows)
                e.give_up_where(b.and_(failing, self._unknown(told)))
        place = b.gep(e.frame.pointer("failing", str(number)), [e.account], source_etype=I8)
        known = b.load(place, typ=I8)
        b.store(b.or_(known, b.zext(failing, I8)), place)

    def _put(self, name: str, scope: tuple[str, ...], rows: tuple[Native, ...], value: Native) -> None:
        """Writes an output: rows of the account's own are counted through the block, those of accounts by account."""
        e, b = self.e, self.e.builder
        cell: Any = e.account
        shared: list[tuple[str, Id]] = []
        for kind, row in zip(scope, rows, strict=True):
            if not isinstance(row, Id):
                continue
            match self.program.kinds[kind].role:
                case "rows":
                    cell = row.v
                case "reference":
                    shared.append((kind, row))
                case _:
                    cell = b.add(self._first_cell(kind), row.v)
        for kind, row in shared:
            cell = b.add(b.mul(cell, e.frame.number("count", kind)), row.v)
        self._write(name, cell, value)

    def _first_cell(self, kind: str) -> Any:
        """The cell of an account's first row: its members are counted through the block, and no group has more."""
        if kind in self.e.spans:
            return self.e.spans[kind][0]
        cells = [self._first_cell(member) for member in self.program.kinds[kind].of]
        result = cells[0]
        for cell in cells[1:]:
            result = self.e.builder.add(result, cell)
        return result

    def groups(self) -> None:
        """Writes how many rows shown groups have, and their keys."""
        e, b = self.e, self.e.builder
        shown = {kind for number in self.outputs for kind in self.program.definitions[number].scope
                 if self.program.kinds[kind].role == "group"}  # fmt: skip
        for kind in sorted(shown) if self.rows else ():
            count = e.groups.count(kind)
            b.store(count, b.gep(e.frame.pointer("groups", kind), [e.account], source_etype=I64))

            def keys(row: Id, kind: str = kind) -> None:
                cell = b.add(self._first_cell(kind), row.v)
                for name in self.program.kinds[kind].by:
                    key = e.groups.key(kind, name, row)
                    word = b.zext(key.v, I64) if isinstance(key, Truth) else key.v
                    b.store(word, b.gep(e.frame.pointer("key", kind, name), [cell], source_etype=I64))

            e.loops.of_account(kind, keys)

    def _write(self, name: str, cell: Any, value: Native) -> None:
        e, b = self.e, self.e.builder

        def to(sort: str, type_: Any) -> Any:
            return b.gep(e.frame.pointer(sort, name), [cell], source_etype=type_)

        match value:
            case Num():
                v = value.v
                if value.none is not None:
                    none = b.bitcast(ir.Constant(I64, NONE_BITS), DOUBLE)
                    v = b.select(value.none, none, v)
                b.store(v, to("output", DOUBLE))
                if self.bounds:
                    b.store(e.numbers.error(value), to("bound", DOUBLE))
            case Truth():
                one = b.zext(value.v, I64)
                if value.none is not None:
                    one = b.select(value.none, ir.Constant(I64, 2), one)
                b.store(one, to("output", I64))
                if self.bounds:
                    open_ = either(b, value.unsure, value.bad)
                    wide = b.select(open_ if open_ is not None else FALSE, Floats.constant(1.0), Floats.constant(0.0))
                    b.store(wide, to("bound", DOUBLE))
            case Id() if value.kind and self.program.kinds[value.kind].role != "reference":
                raise Unsupported("an output that is a row of the account")
            case Id():
                b.store(value.v, to("output", I64))
            case Nothing():
                b.store(ir.Constant(I64, NONE_BITS), to("output", I64))
            case _:
                raise Unsupported("an output that is neither number, truth, label nor row")

    def _unknown(self, value: Native) -> Any:
        """Whether a value is an error of the account, or may be."""
        e, b = self.e, self.e.builder
        match value:
            case Num():
                infinite = b.fcmp_unordered(">", e.numbers.absolute_of(value.v), Floats.constant(1e300))
                return infinite if value.none is None else b.and_(infinite, b.not_(value.none))
            case Truth():
                return value.bad if value.bad is not None else FALSE
            case Id() if value.certain:
                return FALSE
            case Id() | Entry():
                return b.icmp_signed("<", value.v, ir.Constant(I64, -1))
            case _:
                return FALSE

    def _unsettled(self, value: Native) -> Any:
        """Whether a value that is shown is unknown, open, or too wide to be shown."""
        e, b = self.e, self.e.builder
        if not e.numbers.certify:
            return FALSE
        unknown = self._unknown(value)
        if isinstance(value, Truth) and value.unsure is not None:
            unknown = b.or_(unknown, value.unsure)
        if isinstance(value, Num) and value.hulled:
            room = b.fmul(Floats.constant(WIDEST), b.fadd(Floats.constant(1e-3), e.numbers.absolute_of(value.v)))
            wide = b.not_(b.fcmp_ordered("<=", e.numbers.error(value), room))
            if value.none is not None:
                wide = b.and_(wide, b.not_(value.none))
            unknown = b.or_(unknown, wide)
        return unknown

    def of_account(self) -> None:
        account = (AccountRow(),)
        done: set[int] = set()
        for number in (*self.outputs, *(check.definition for check in self.program.checks)):
            if self.program.definitions[number].scope == ("account",) and number not in done:
                done.add(number)
                self.shown(number, account)

    def status(self, account: Any) -> None:
        """The first rung that holds. What stands above it must be known, what its message tells too."""
        e, b = self.e, self.e.builder
        status: Any = ir.Constant(I8, NO_RUNG)
        wrong: Any = FALSE
        rows = (AccountRow(),)
        for place in reversed(range(len(self.program.ladder))):
            rung = self.program.ladder[place]
            holds = Truth(TRUE)
            if rung.definition >= 0:
                value = e.definition(rung.definition, rows)
                assert isinstance(value, Truth)
                holds = value
            told: Any = FALSE
            for piece in rung.message:
                if piece.definition >= 0:
                    told = b.or_(told, self._unknown(e.definition(piece.definition, rows)))
            open_ = either(b, holds.unsure, holds.bad) if e.numbers.certify else None
            wrong = b.select(holds.v, told, wrong)
            if open_ is not None:
                wrong = b.or_(wrong, open_)
            status = b.select(holds.v, ir.Constant(I8, place), status)
        if e.numbers.certify:
            given_up = b.or_(b.load(e.give_up, typ=BIT), wrong)
            status = b.select(given_up, ir.Constant(I8, UNDECIDED), status)
        b.store(status, b.gep(e.frame.pointer("status"), [account], source_etype=I8))
