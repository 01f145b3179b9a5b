"""One function of machine code for a whole rulebook: account after account, from columns to a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from ...program.program import Program
from ..exact.chain import deep_frames
from .analysis import Analysis, analyse
from .emit import Emitter
from .floating import Floats
from .groups import Groups
from .layout import Layout, Name
from .loops import ZERO, Loops
from .residues import Residues
from .schedule import Schedule, Unit, cone
from .storage import Promised, Storage
from .transcendental import function as function_of
from .values import AccountRow, Id, Native
from .verdict import Verdict
from .widths import BIT, I8, I32, I64, POINTER
from .writing import AccountSlots, Unsupported

FUNCTION = "evaluate"


@dataclass(frozen=True, slots=True)
class Plan:
    """What one kernel is written for.

    mode       certified (decisions are proven or left open), fixed (what these leave open is decided by residues; for
               accounts by number) or plain
    bounds     whether bounds of outputs are written too
    rows       whether outputs on rows are written; they are computed all the same
    encodings  of columns: (encoding, scale), of doubles in mode fixed their decimal places for the scale
    offsets    by kind, their width in bits
    """

    mode: str
    bounds: bool
    rows: bool
    encodings: Mapping[tuple[str, str], tuple[str, int]]
    offsets: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Written:
    """A kernel before it is compiled: its module, the names of its frame by place, the buffers it works in, and how
    many values it knows of each row that accounts share."""

    module: ir.Module
    frame: tuple[Name, ...]
    scratch: Mapping[str, tuple[str, ...]]
    strides: Mapping[str, int]


def write_kernel(program: Program, layout: Layout, plan: Plan) -> Written:
    """The kernel of a program. Raises Unsupported, reference.TooLarge, floating.TooManyUnits."""
    promised = Promised()
    with deep_frames():
        while True:
            writer = _Writer(program, layout, plan, promised)
            written = writer.written()
            if not writer.storage.broken:
                return written
            promised.attempts += 1


class _Writer:
    def __init__(self, program: Program, layout: Layout, plan: Plan, promised: Promised):
        self.program = program
        self.plan = plan
        self.analysis: Analysis = analyse(program)
        self.module = ir.Module(name="marginc")
        self.e = Emitter(program, self.analysis, layout, plan.encodings)
        self.storage = Storage(self.e, promised)
        self.outputs = [output.definition for output in program.outputs]
        self.verdict = Verdict(self.e, self.outputs, plan.rows, plan.bounds)
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
        return Written(self.module, names, dict(self.storage.sizes), strides)

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
        self.verdict.groups()
        self.verdict.of_account()
        self.verdict.status(account)

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
            self._each_of(
                self.program.definitions[int(which)].scope, lambda *rows: self.verdict.shown(int(which), rows)
            )
        else:
            self._shared(phase)

    def _shared(self, phase: list[Unit]) -> None:
        """Aggregations and outputs over one collection, in one loop."""
        e = self.e
        reduces = [int(which) for what, which in phase if what == "reduce"]
        shown = [int(which) for what, which in phase if what == "output"]

        def extra(row: Native) -> None:
            for number in shown:
                self.verdict.shown(number, (row,))

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
        kind, order = self._ordering(members)
        for number in members:
            self.storage.expected(number, self.program.definitions[number])
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

    def _ordering(self, members: tuple[int, ...]) -> tuple[str, list[int]]:
        """The kind whose rows they go along, reading one another at this very row or at the one before, and the order
        in which they need one another on one row."""
        common = [k for k in self.program.definitions[members[0]].scope
                  if all(k in self.program.definitions[d].scope for d in members)]  # fmt: skip
        for kind in common:
            if self.program.kinds[kind].role == "reference":
                order = self._along(members, kind)
                if order is not None:
                    return kind, order
        raise Unsupported("definitions that go along the rows of several kinds")

    def _along(self, members: tuple[int, ...], kind: str) -> list[int] | None:
        """Their order on one row of a kind; None where they need other rows."""
        needs: dict[int, set[int]] = {number: set() for number in members}
        for number in members:
            definition = self.program.definitions[number]
            own = definition.scope.index(kind)
            for node in cone(self.program, definition.node):
                target = int(str(node.attributes[0])) if node.operation == "read" else -1
                if target not in needs:
                    continue
                at = self.program.nodes[node.arguments[self.program.definitions[target].scope.index(kind)]]
                if at.operation == "index" and int(str(at.attributes[0])) == own:
                    needs[number].add(target)
                elif at.operation != "previous":
                    return None
        return _sorted(needs)


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
