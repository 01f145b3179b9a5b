"""Machine code for one operation after another: every value is written once where it is needed, and remembered there.

A value is written into the innermost loop that binds a row it depends on; what a `select` does not choose is computed
all the same, but an unknown in it goes no further. Nothing here may fail while accounts are evaluated: what cannot be
known becomes an unknown value, and the account goes to the exact executor.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from llvmlite import ir

from ...program.program import Node, RowKey
from ...program.types import Vector
from .analysis import ACCOUNT
from .choices import Choices
from .reference import fraction
from .values import AccountRow, Entry, Id, Native, Nothing, Num, Truth
from .widths import FALSE, I64, TRUE
from .writing import CALL, Rows, Unsupported, either

_HOISTED = "nbldrt"
"""Shapes that columns are made of: numbers, truths, labels, dates, rows, tables."""


class Emitter(Choices):
    """Writes operations of a program into the function at hand. `numbers` is the arithmetic they are written in."""

    # ---- one operation

    def _write(self, number: int, node: Node, rows: Rows) -> Native:
        if node.shape[0] in _HOISTED and node.operation not in ("index", "constant", "argument"):
            hoisted = self._hoisted(number, node, rows)
            if hoisted is not None:
                return hoisted
        if node.operation in ("multiply", "divide"):
            product = self._product(number, rows)
            if product is not None:
                return product
        writer = getattr(self, f"_{node.operation}", None)
        if writer is not None:
            written: Native = writer(node, rows)
            return written
        return self._arithmetic(node, rows)

    # ---- leaves

    def _constant(self, node: Node, rows: Rows) -> Native:
        match node.attributes[0]:
            case None:
                return Nothing()
            case bool() as truth:
                return Truth(TRUE if truth else FALSE)
            case str() as word:
                return Id(ir.Constant(I64, self.data.words.number(word)), "", True)
            case RowKey() as row:
                known = self.data.reference.get(row.kind, {}).get(row.key)
                number = self.data.row_number(known) if known is not None else -3
                return Id(ir.Constant(I64, number), row.kind, known is not None)
            case value:
                return self.numbers.number(fraction(value))

    def _index(self, node: Node, rows: Rows) -> Native:
        return rows[int(str(node.attributes[0]))]

    def _argument(self, node: Node, rows: Rows) -> Native:
        return rows[-1 - int(str(node.attributes[0]))]

    def _call(self, node: Node, rows: Rows) -> Native:
        function = self.program.functions[int(str(node.attributes[0]))]
        inner: dict[int, Any] = {CALL: object()}
        for position, argument in enumerate(node.arguments):
            inner[-1 - position] = self.value(argument, rows)
        return self.value(function.node, inner)

    def _owner(self, node: Node, rows: Rows) -> Native:
        return AccountRow()

    def _group(self, node: Node, rows: Rows) -> Native:
        member = self.value(node.arguments[0], rows)
        assert isinstance(member, Id)
        joined: Native = self.groups.of_member(str(node.attributes[0]), member)
        return joined

    def _previous(self, node: Node, rows: Rows) -> Native:
        row = self.value(node.arguments[0], rows)
        assert isinstance(row, Id)
        b = self.builder
        before = b.sub(row.v, ir.Constant(I64, 1))  # the first has none: -1
        if not row.certain:
            before = b.select(b.icmp_signed("<", row.v, ir.Constant(I64, 0)), row.v, before)
        return Id(before, row.kind)

    def _load(self, node: Node, rows: Rows) -> Native:
        kind, name = str(node.attributes[0]), str(node.attributes[1])
        declared = self.program.kinds[kind].field(name)
        assert declared is not None
        owner = self.value(node.arguments[0], rows)
        if self.program.kinds[kind].role == "group":
            assert isinstance(owner, Id)
            key: Native = self.groups.key(kind, name, owner)
            return key
        if self.program.kinds[kind].role == "reference":
            raise Unsupported(f"`{name}` at a row chosen by the account, for another row")
        from .inputs import read_input, read_vector

        if isinstance(declared.type, Vector):
            at = self.value(node.arguments[1], rows)
            assert isinstance(at, Id)
            return read_vector(self, kind, name, owner, at)
        return read_input(self, kind, declared, owner)

    def _read(self, node: Node, rows: Rows) -> Native:
        number = int(str(node.attributes[0]))
        at = tuple(self.value(argument, rows) for argument in node.arguments)
        return self.definition(number, at)

    # ---- arithmetic

    def _arithmetic(self, node: Node, rows: Rows) -> Native:
        numbers = self.numbers
        given = [self.number(argument, rows) for argument in node.arguments]
        match node.operation:
            case "minimum" | "maximum":
                return numbers.extreme(given, node.operation == "minimum")
            case "clamp":
                return numbers.clamp(*given)
        known = [one.without_none() for one in given]
        match node.operation:
            case "add":
                return numbers.add(*known)
            case "subtract":
                return numbers.subtract(*known)
            case "multiply":
                return numbers.multiply(*known)
            case "divide":
                return numbers.divide(*known)
            case "negate":
                return numbers.negate(*known)
            case "absolute":
                return numbers.absolute(*known)
            case "power":
                return numbers.power(known[0], int(str(node.attributes[0])))
            case "square_root" | "exponential" | "logarithm" | "normal_cdf":
                function: Num = getattr(numbers, node.operation)(*known)
                return function
            case "floor" | "ceil" | "trunc" | "round":
                mode = {"floor": "floor", "ceil": "ceil", "trunc": "down"}.get(node.operation)
                value, step = known
                inverse = self._inverse(node.arguments[1], rows)
                return numbers.rounded(value, step, mode or str(node.attributes[0]), inverse)
            case "require":
                return self._required(given[0], str(node.attributes[0]))
        raise Unsupported(f"the operation `{node.operation}`")

    def _inverse(self, number: int, rows: Rows) -> Num | None:
        """1 / a value that hangs on one row, computed beforehand."""
        anchors = self.analysis.anchors[number]
        if ACCOUNT in anchors or len(anchors) > 1:
            return None
        return self._shared_factor(tuple(sorted(anchors)), [], [number], rows)

    def _required(self, one: Num, contract: str) -> Num:
        if not self.numbers.certify:
            return one
        b = self.builder
        bad: Any = None
        known = one.without_none()
        if not one.positive:
            below = self.numbers.compare("<", known, self.numbers.number(Fraction(0)))
            bad = b.or_(below.v, below.unsure) if below.unsure is not None else below.v
        if contract == "share":
            above = self.numbers.compare(">", known, self.numbers.number(Fraction(1)))
            bad = either(b, bad, b.or_(above.v, above.unsure) if above.unsure is not None else above.v)
        if bad is None:
            return one
        if one.none is not None:
            bad = b.and_(bad, b.not_(one.none))
        return replace(self.numbers.unknown(one, bad), positive=True)

    # ---- tables and aggregations

    def _cell(self, node: Node, rows: Rows) -> Native:
        entry = self.value(node.arguments[0], rows)
        if isinstance(entry, Entry) and node.attributes[0] == "width" and entry.width is not None:
            return entry.width
        if isinstance(entry, Nothing):
            return entry
        raise Unsupported("a cell of a table given to a function")

    def _bracket(self, node: Node, rows: Rows) -> Native:
        found: Native = self.loops.tables.bracket(node, rows)
        return found

    def _lookup(self, node: Node, rows: Rows) -> Native:
        found: Native = self.loops.tables.lookup(node, rows)
        return found

    def _reduce(self, node: Node, rows: Rows) -> Native:
        result: Native = self.loops.reduce([(node, rows)])[0]
        return result
