"""One function of machine code for a whole rulebook: account after account, from columns to a verdict and its values."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from llvmlite import ir

from ...program.program import Piece, Program
from .analysis import Analysis, analyse, is_reference
from .emit import FALSE, TRUE, AccountSlots, Emitter, Unsupported, _either
from .floating import BIT, DOUBLE, NAN, Floats
from .frame import I8, I32, I64, POINTER
from .groups import Groups
from .layout import Layout, Name
from .loops import ZERO, Loops
from .reference import NONE_BITS
from .residues import Residues
from .schedule import Schedule, Unit
from .storage import Promised, Storage
from .transcendental import function as function_of
from .values import AccountRow, Entry, Id, Native, Nothing, Num, Truth

UNDECIDED = 255
"""The status of an account that goes on to a more exact executor."""
NO_RUNG = 254
"""The status where no rung holds, or the rulebook has none."""
FUNCTION = "evaluate"
WIDEST = 1e-6
"""A value that may stand on either side of an open decision is given up where its bound is wider than this share: a jump
that matters is wider, what cancels in a sum seldom is."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one kernel is written for.

    mode       certified (decisions are proven or left open), fixed (what these leave open is decided by residues; for
               accounts by number) or plain
    bounds     whether bounds of outputs are written too
    rows       whether outputs on rows are written; they are computed all the same
    encodings  of columns: (encoding, scale), of doubles in mode fixed their decimal places for the scale; offsets: width
               in bits by kind
    """

    mode: str
    bounds: bool
    rows: bool
    encodings: Mapping[tuple[str, str], tuple[str, int]]
    offsets: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Written:
    """A kernel as LLVM's own text-to-be, the names of its frame by place, the buffers it works in, and how many values of
    each row that accounts share it knows of."""

    module: ir.Module
    frame: tuple[Name, ...]
    scratch: Mapping[str, tuple[str, ...]]
    nesting: int
    strides: Mapping[str, int]


def write_kernel(program: Program, layout: Layout, plan: Plan) -> Written:
    """The kernel of a program. Raises Unsupported, reference.TooLarge, floating.TooManyUnits."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 60_000))
    try:
        promised = Promised()
        while True:
            writer = _Writer(program, layout, plan, promised)
            written = writer.written()
            if not writer.storage.broken:
                return written
            promised.attempts += 1
    finally:
        sys.setrecursionlimit(limit)


class _Writer:
    def __init__(self, program: Program, layout: Layout, plan: Plan, promised: Promised):
        self.program = program
        self.plan = plan
        self.analysis: Analysis = analyse(program)
        self.module = ir.Module(name="marginc")
        self.e = Emitter(program, self.analysis, layout, plan.encodings)
        self.storage = Storage(self.e, promised)
        self.outputs = [output.definition for output in program.outputs]
        self.memory = False
        """Whether an account needs working memory, which there is for so many rows."""

    def written(self) -> Written:
        signature = ir.FunctionType(ir.VoidType(), [POINTER, I64, I64])
        function = ir.Function(self.module, signature, name=FUNCTION)
        argument, first, last = function.args
        e = self.e
        e.builder = e.frame.begin(function, argument)
        arithmetic = Residues if self.plan.mode == "fixed" else Floats
        e.numbers = arithmetic(e.builder, self.plan.mode != "plain", lambda name: function_of(self.module, name))
        e.loops = Loops(e)
        e.groups = Groups(e, self.storage)
        self.schedule = self._schedule()
        self.memory = any(what in ("store", "order", "group") for phase in self.schedule.phases for what, _ in phase)
        e.loops.each(first, last, self._one_of if self.plan.mode == "fixed" else self._account)
        e.builder.ret_void()
        for rows, stride in e.strides.items():
            stride.constant = e.layout.stride(rows)
        strides = {rows: e.layout.stride(rows) for rows in e.strides}
        names = tuple(sorted(e.frame.names, key=lambda name: e.frame.names[name]))
        return Written(self.module, names, dict(self.storage.sizes), self._nesting(), strides)

    # ---- one account

    def _one_of(self, place: Any) -> None:
        """One of the accounts whose numbers are given."""
        b = self.e.builder
        self._account(b.load(b.gep(self.e.frame.pointer("accounts"), [place], source_etype=I64), typ=I64))

    def _account(self, account: Any) -> None:
        e, b = self.e, self.e.builder
        e.account = account
        e.give_up = e.frame.local(BIT)
        unreadable = b.load(b.gep(e.frame.pointer("unreadable"), [account], source_etype=I8), typ=I8)
        closed = b.icmp_unsigned("!=", unreadable, ir.Constant(I8, 0))
        b.store(closed, e.give_up)
        for kind in self.program.kinds.values():
            if kind.role == "rows":
                self._span(kind.name, account, closed)
        schedule = self.schedule
        for phase in schedule.phases:
            self._phase(schedule, phase)
        self._groups()
        self._outputs()
        self._status(account)

    def _span(self, kind: str, account: Any, closed: Any) -> None:
        """The rows of an account; a block's offsets ascend and stay inside its columns."""
        e, b = self.e, self.e.builder
        type_ = I32 if self.plan.offsets[kind] == 32 else I64
        offsets = e.frame.pointer("offsets", kind)

        def offset(place: Any) -> Any:
            raw = b.load(b.gep(offsets, [place], source_etype=type_), typ=type_)
            return raw if type_ is I64 else b.sext(raw, I64)

        begin, end = offset(account), offset(b.add(account, ir.Constant(I64, 1)))
        if self.memory:  # rows that there is no working memory for are not looked at
            begin, end = b.select(closed, ZERO, begin), b.select(closed, ZERO, end)
        e.spans[kind] = (begin, end)

    def _schedule(self) -> Schedule:
        schedule = Schedule(self.program, self.analysis, frozenset(self.e.data.replaced))
        schedule.keep(range(len(self.program.definitions)))
        roots: list[Unit | int] = []
        for number in (*self.outputs, *self._decisions()):
            scope = self.program.definitions[number].scope
            if scope == ("account",):
                roots.append(number)
            else:
                roots.append(("output", number))
        schedule.arrange(roots)
        return schedule

    def _decisions(self) -> list[int]:
        """Definitions that verdicts and their messages need."""
        found = [rung.definition for rung in self.program.ladder if rung.definition >= 0]
        found += [piece.definition for rung in self.program.ladder for piece in rung.message if piece.definition >= 0]
        found += [check.definition for check in self.program.checks]
        found += [piece.definition for check in self.program.checks for piece in check.message if piece.definition >= 0]
        return found

    def _phase(self, schedule: Schedule, phase: list[Unit]) -> None:
        what, which = phase[0]
        e = self.e
        if what == "group":
            for _, kind in phase:
                e.groups.form(str(kind))
        elif what == "store":
            self._store(int(which))
        elif what == "order":
            self._in_order(schedule.ordered[int(which)])
        elif what == "output" and len(self.program.definitions[int(which)].scope) > 1:
            self._each_of(self.program.definitions[int(which)].scope, lambda *rows: self._shown(int(which), rows))
        else:
            self._shared(phase)

    def _shared(self, phase: list[Unit]) -> None:
        """Aggregations and outputs over one collection, in one loop."""
        e = self.e
        reduces = [int(which) for what, which in phase if what == "reduce"]
        shown = [int(which) for what, which in phase if what == "output"]

        def extra(row: Native) -> None:
            for number in shown:
                self._shown(number, (row,))

        if not reduces:
            self._each_of(self.program.definitions[shown[0]].scope, lambda *rows: extra(rows[0]))
            return
        wanted = [(self.program.nodes[number], AccountSlots()) for number in reduces]
        for number, value in zip(reduces, e.loops.reduce(wanted, extra if shown else None), strict=True):
            e.memory[-1][e._key(number, {})] = value

    # ---- rows

    def _each_of(self, scope: tuple[str, ...], body: Callable[..., None], rows: tuple[Native, ...] = ()) -> None:
        """body for every combination of rows of a scope."""
        if len(rows) == len(scope):
            body(*rows)
            return
        kind = scope[len(rows)]
        if kind == "account":
            self._each_of(scope, body, (*rows, AccountRow()))
            return
        if self.program.kinds[kind].role == "reference":
            count = self.e.frame.number("count", kind)
            self.e.loops.each(ZERO, count, lambda i: self._each_of(scope, body, (*rows, Id(i, kind, True))))
        else:
            self.e.loops.of_account(kind, lambda row: self._each_of(scope, body, (*rows, row)))

    def _store(self, number: int) -> None:
        definition = self.program.definitions[number]

        def keep(*rows: Native) -> None:
            value = self.e.limited(self.e.value(definition.node, dict(enumerate(rows))))
            self.storage.store(number, definition, rows, value)

        self._each_of(definition.scope, keep)

    def _in_order(self, members: tuple[int, ...]) -> None:
        """Definitions that depend on one another through the row before: row after row, and on each in their order."""
        kind = self._ordering(members)
        for number in members:
            self.storage.expected(number, self.program.definitions[number])
        order = self._within(members)
        e = self.e

        def at(row: Any) -> None:
            for number in order:
                definition = self.program.definitions[number]

                def keep(*others: Native, number: int = number, definition: Any = definition) -> None:
                    rest = iter(others)
                    rows = tuple(Id(row, kind, True) if k == kind else next(rest) for k in definition.scope)
                    value = e.limited(e.value(definition.node, dict(enumerate(rows))))
                    self.storage.store(number, definition, rows, self.storage.in_order(value, number, definition))

                e.memory.append({})
                self._each_of(tuple(k for k in definition.scope if k != kind), keep)
                e.memory.pop()

        e.loops.each(ZERO, e.frame.number("count", kind), at)

    def _ordering(self, members: tuple[int, ...]) -> str:
        """The kind whose rows they go along: read at this very row, or at the one before."""
        common = [k for k in self.program.definitions[members[0]].scope
                  if all(k in self.program.definitions[d].scope for d in members)]  # fmt: skip
        for kind in common:
            if self.program.kinds[kind].role == "reference" and self._within(members, kind) is not None:
                self._kind = kind
                return kind
        raise Unsupported("definitions that go along the rows of several kinds")

    def _within(self, members: tuple[int, ...], kind: str | None = None) -> Any:
        """The definitions in the order in which they need one another on one row; None where they need other rows."""
        kind = kind or self._kind
        needs: dict[int, set[int]] = {number: set() for number in members}
        schedule = Schedule(self.program, self.analysis, frozenset())
        for number in members:
            definition = self.program.definitions[number]
            own = definition.scope.index(kind)
            for node in self._inlined(schedule, definition.node, set(members)):
                target = int(str(node.attributes[0]))
                if target not in needs:
                    continue
                at = self.program.nodes[node.arguments[self.program.definitions[target].scope.index(kind)]]
                if at.operation == "index" and int(str(at.attributes[0])) == own:
                    needs[number].add(target)
                elif at.operation != "previous":
                    return None
        return _sorted(needs)

    def _inlined(self, schedule: Schedule, root: int, members: set[int]) -> list[Any]:
        return [node for node in schedule.cone(root) if node.operation == "read"]

    # ---- what people asked for

    def _shown(self, number: int, rows: tuple[Native, ...]) -> None:
        """An output or a check at rows: kept where outputs are, and known, or the account is given up."""
        e = self.e
        value = e.definition(number, rows)
        e.give_up_where(self._unsettled(value))
        if number in self.outputs and self.plan.rows:
            definition = self.program.definitions[number]
            self._put(f"{number}", definition.scope, rows, value)
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

    def _groups(self) -> None:
        """Writes how many rows shown groups have, and their keys."""
        e, b = self.e, self.e.builder
        shown = {kind for number in self.outputs for kind in self.program.definitions[number].scope
                 if self.program.kinds[kind].role == "group"}  # fmt: skip
        for kind in sorted(shown) if self.plan.rows else ():
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
                if self.plan.bounds:
                    b.store(e.numbers.error(value), to("bound", DOUBLE))
            case Truth():
                one = b.zext(value.v, I64)
                if value.none is not None:
                    one = b.select(value.none, ir.Constant(I64, 2), one)
                b.store(one, to("output", I64))
                if self.plan.bounds:
                    open_ = _either(b, value.unsure, value.bad)
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

    def _outputs(self) -> None:
        account = (AccountRow(),)
        done: set[int] = set()
        for number in (*self.outputs, *(check.definition for check in self.program.checks)):
            if self.program.definitions[number].scope == ("account",) and number not in done:
                done.add(number)
                self._shown_of_account(number, account)

    def _shown_of_account(self, number: int, account: tuple[Native, ...]) -> None:
        e = self.e
        value = e.definition(number, account)
        e.give_up_where(self._unsettled(value))
        if number in self.outputs:
            self._write(str(number), e.account, value)
        for check in self.program.checks:
            if check.definition == number and isinstance(value, Truth):
                self._failed_check(number, value, check.message, account)

    def _status(self, account: Any) -> None:
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
            open_ = _either(b, holds.unsure, holds.bad) if e.numbers.certify else None
            wrong = b.select(holds.v, told, wrong)
            if open_ is not None:
                wrong = b.or_(wrong, open_)
            status = b.select(holds.v, ir.Constant(I8, place), status)
        if e.numbers.certify:
            given_up = b.or_(b.load(e.give_up, typ=BIT), wrong)
            status = b.select(given_up, ir.Constant(I8, UNDECIDED), status)
        b.store(status, b.gep(e.frame.pointer("status"), [account], source_etype=I8))

    def _nesting(self) -> int:
        """How deep loops over the account's rows may stand in one another."""
        deepest = 1
        depth: dict[int, int] = {}
        for number, node in enumerate(self.program.nodes):
            below = max((depth[argument] for argument in node.arguments), default=0)
            own = node.operation == "reduce"
            depth[number] = below + (1 if own else 0)
            deepest = max(deepest, depth[number])
        return min(deepest + 1, 4)


def _sorted(needs: Mapping[int, set[int]]) -> list[int] | None:
    order: list[int] = []
    left = {number: set(others) for number, others in needs.items()}
    while left:
        ready = sorted(number for number, others in left.items() if not others)
        if not ready:
            return None
        for number in ready:
            order.append(number)
            del left[number]
        for others in left.values():
            others.difference_update(ready)
    return order


__all__ = ["NAN", "NO_RUNG", "UNDECIDED", "Plan", "Written", "is_reference", "replace", "write_kernel"]
