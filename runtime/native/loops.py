"""Aggregations: one loop over a collection for all that are computed of it at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from ...program.program import Node
from .reductions import MAKERS
from .tables import Tables
from .values import AccountRow, Entry, Id, Native, Num, Truth
from .widths import DOUBLE, I64, TRUE
from .writing import Rows, Unsupported, either

if TYPE_CHECKING:
    from .emit import Emitter

ZERO, ONE = ir.Constant(I64, 0), ir.Constant(I64, 1)
Step = Callable[[Native, Truth], None]
"""What a loop does for one row, where the truth says that the row is there."""


class Loops:
    """Writes loops for an emitter."""

    def __init__(self, emitter: Emitter):
        self.e = emitter
        self.tables = Tables(emitter)
        self.short: Any = None
        self.before: list[Any] = []
        """Blocks in front of the loops that are open, innermost last: variables are set there."""

    # ---- loops

    def each(
        self, begin: Any, end: Any, body: Callable[[Any], None], following: Callable[[Any], Any] | None = None
    ) -> None:
        """body for every index from begin on; below end, or while `following` gives none below 0."""
        b = self.e.builder
        function = b.function
        front = b.block
        head, inside, behind = (function.append_basic_block(name) for name in ("loop", "row", "behind"))
        b.branch(head)
        b.position_at_end(head)
        index = b.phi(I64)
        index.add_incoming(begin, front)
        going = b.icmp_signed("<", index, end) if following is None else b.icmp_signed(">=", index, ZERO)
        b.cbranch(going, inside, behind)
        b.position_at_end(inside)
        self.before.append(front)
        self.e.memory.append({})
        body(index)
        self.e.memory.pop()
        self.before.pop()
        after = b.add(index, ONE) if following is None else following(index)
        index.add_incoming(after, b.block)
        back = b.branch(head)
        back.set_metadata("llvm.loop", self._short())
        b.position_at_end(behind)

    def _short(self) -> Any:
        """Says of a loop that it has few rounds: writing it out several times costs more than it saves."""
        if self.short is None:
            module = self.e.builder.module
            self.short = module.add_metadata([module.add_metadata(["llvm.loop.unroll.disable"])])
            self.short.operands = (self.short, *self.short.operands)  # as LLVM wants it: a loop's own name first
        return self.short

    def variable(self, type_: Any, value: Any) -> Any:
        """A variable that is `value` when the innermost loop begins."""
        variable = self.e.frame.local(type_)
        b = ir.IRBuilder(self.before[-1])
        b.position_before(self.before[-1].terminator)
        b.store(value, variable)
        return variable

    # ---- aggregations

    def reduce(
        self, wanted: Sequence[tuple[Node, Rows]], extra: Callable[[Native], None] | None = None
    ) -> list[Native]:
        """Aggregations over one collection, in one loop; it is that of the first. `extra` is done for every row."""
        node, rows = wanted[0]
        source = self.e.program.nodes[node.arguments[0]]
        if source.operation == "slices" and len(wanted) == 1:
            closed = self.tables.marginal(node, source, rows)
            if closed is not None:
                return [closed]
        sums = [MAKERS[str(one.attributes[0])](self, one, at) for one, at in wanted]
        count: list[Any] = []

        def step(row: Native, there: Truth) -> None:
            if not count:
                count.append(self.variable(I64, ZERO))
            b = self.e.builder
            b.store(b.add(b.load(count[0], typ=I64), ONE), count[0])
            for one in sums:
                one.step(row, there)
            if extra is not None:
                extra(row)

        unknown = self.over(source, rows, step)
        b = self.e.builder
        many = b.sitofp(b.load(count[0], typ=I64), DOUBLE)
        return [self._spoiled(one.result(many), unknown) for one in sums]

    def _spoiled(self, value: Native, unknown: Any) -> Native:
        """The value, unknown where its collection is."""
        b = self.e.builder
        if unknown is None or not self.e.numbers.certify:
            return value
        match value:
            case Num():
                none = None if value.none is None else b.and_(value.none, b.not_(unknown))
                return replace(self.e.numbers.unknown(value, unknown), none=none)
            case Truth():
                return replace(value, bad=either(b, value.bad, unknown))
            case Id() | Entry():
                return replace(value, v=b.select(unknown, ir.Constant(I64, -2), value.v))
            case _:
                return value

    def over(self, source: Node, rows: Rows, step: Step) -> Any:
        """step for every row of a collection; gives a truth whether the collection is unknown, None where it is not."""
        e = self.e
        match source.operation:
            case "members":
                owner = e.value(source.arguments[0], rows)
                kind = str(source.attributes[0])
                if isinstance(owner, AccountRow):
                    self.of_account(kind, lambda row: step(row, Truth(TRUE)))
                else:
                    assert isinstance(owner, Id)
                    return e.groups.over_members(kind, owner, lambda row: step(row, Truth(TRUE)))
            case "all":
                kind = str(source.attributes[0])
                self.each(ZERO, e.frame.number("count", kind), lambda i: step(Id(i, kind, True), Truth(TRUE)))
            case "entries" | "slices":
                return self.tables.over(source, rows, step)
            case _:
                raise Unsupported(f"a collection given by `{source.operation}`")
        return None

    def of_account(self, kind: str, body: Callable[[Id], None]) -> None:
        """body for every row of this kind that the account has; groups too."""
        if self.e.program.kinds[kind].role == "group":
            self.each(ZERO, self.e.groups.count(kind), lambda i: body(Id(i, kind, True)))
            return
        begin, end = self.e.spans[kind]
        self.each(begin, end, lambda i: body(Id(i, kind, True)))
