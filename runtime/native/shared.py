"""What accounts share, in machine code: read from columns that are computed exactly, once a snapshot."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from llvmlite import ir

from ...program.program import Node
from ..book.columns import NONE_BITS
from .analysis import ACCOUNT
from .layout import Place
from .reference import GLOBAL, Asked, fraction
from .residues import load_residue
from .values import Entry, Id, Native, Num, Truth
from .widths import DOUBLE, I64
from .writing import INPUT_HIGH, INPUT_LOW, Rows, Unsupported, Writing


class SharedValues(Writing):
    """Writes reads of columns, matrices and products of what hangs on one row."""

    # ---- what accounts share

    def _hoisted(self, number: int, node: Node, rows: Rows) -> Native | None:
        anchors = self.analysis.anchors[number]
        if ACCOUNT in anchors:
            return None
        if node.shape[0] == "t":
            if len(anchors) > 1:
                raise Unsupported("a table chosen by several rows")
            return None  # its arena depends on how it is used
        if len(anchors) > 1 and node.operation not in ("read", "load", "lookup", "cell"):
            return None
        ordered = tuple(sorted(anchors))
        form = {"n": "n", "d": "n", "b": "b"}.get(node.shape[0], "i")
        at = [self.value(anchor, rows) for anchor in ordered]
        arena, kinds = self._kinds(at)
        asked = Asked((number,), (), ordered, kinds)
        place = self.layout.value(asked, form, arena)
        return self._exact(self._read_place(place, form, at, kinds, node.shape), asked, at, arena)

    def _exact(self, read: Native, asked: Asked, at: list[Native], arena: int | None) -> Native:
        """A number that accounts share, with its residue where numbers have one."""
        if not isinstance(read, Num) or not self.numbers.residues:
            return read
        upside_down = replace(asked, numerators=asked.denominators, denominators=asked.numerators)
        read = replace(read, inverse=lambda: self._residue(upside_down, at, arena))
        residue = self._residue(asked, at, arena)
        return read if residue is None else replace(read, r=residue[0], d=residue[1])

    def _residue(self, asked: Asked, at: list[Native], arena: int | None) -> tuple[Any, int] | None:
        residue = self.layout.residue(asked, arena)
        if residue is None:
            return None
        pointer = self.frame.pointer("residue", str(residue[0]))
        if asked.kinds == (GLOBAL,):
            place = ir.Constant(I64, 0)
        elif len(asked.kinds) == 1:
            place = self._row_index(at[0], asked.kinds[0])
        else:
            place = self._place_in_matrix(at, asked.kinds)
        return load_residue(self.builder, pointer, place), residue[1][0]

    def _kinds(self, at: list[Native]) -> tuple[int | None, tuple[str, ...]]:
        if len(at) == 1 and isinstance(at[0], Entry):
            return at[0].arena, (f"#{at[0].arena}",)
        if any(not isinstance(row, Id) for row in at):
            raise Unsupported("a value at a row of a table and another row")
        return None, tuple(row.kind for row in at if isinstance(row, Id)) or (GLOBAL,)

    def _read_place(self, place: Place, form: str, at: list[Native], kinds: tuple[str, ...], shape: str) -> Native:
        b = self.builder
        if place.matrix >= 0 and not place.rows:
            pointer = self._matrix_cell(place.matrix, at, kinds)
        else:
            pointer = self._slot(place, at[0] if at else None)
        if form == "n":
            v = b.load(pointer, typ=DOUBLE)
            none = self.is_none_bits(v) if place.seen.optional or self._may_be_absent(at) else None
            return Num(v, None, 0 if place.seen.whole else 1, INPUT_LOW, INPUT_HIGH, place.seen.positive, none,
                       place.seen.faithful)  # fmt: skip
        v = b.load(pointer, typ=I64)
        if form == "b":
            return self.truth_of(v, place.seen.optional or self._may_be_absent(at))
        return Id(v, shape[2:])

    def _may_be_absent(self, at: list[Native]) -> bool:
        return any(isinstance(row, Entry | Id) and row.optional and not getattr(row, "certain", False) for row in at)

    def is_none_bits(self, v: Any) -> Any:
        bits = self.builder.bitcast(v, I64)
        return self.builder.icmp_signed("==", bits, ir.Constant(I64, NONE_BITS))

    def truth_of(self, v: Any, optional: bool) -> Truth:
        """From 0 false, 1 true, 2 none, anything else unknown."""
        b = self.builder
        none = b.icmp_unsigned("==", v, ir.Constant(v.type, 2)) if optional else None
        bad = b.icmp_unsigned(">", v, ir.Constant(v.type, 2 if optional else 1))
        return Truth(b.icmp_unsigned("==", v, ir.Constant(v.type, 1)), None, bad, none)

    def _slot(self, place: Place, at: Native | None) -> Any:
        """The address of a slot in the row `at`."""
        b = self.builder
        stride = self.strides.setdefault(place.rows, ir.Constant(I64, 1))
        base = self.frame.pointer("rows", place.rows)
        if at is None:
            row = ir.Constant(I64, 1)
        else:
            row = self._row_index(at, place.rows)
        start = b.mul(row, stride)
        return b.gep(base, [b.add(start, ir.Constant(I64, place.slot))], source_etype=DOUBLE)

    def _row_index(self, at: Native, rows: str) -> Any:
        """Rows count from 1; 0 is none, and everything else stands behind the last."""
        key = ("row index", rows, self._identity(at))
        for memory in reversed(self.memory):
            if key in memory:
                return memory[key]
        b = self.builder
        assert isinstance(at, Id | Entry)
        one, count = ir.Constant(I64, 1), self.frame.number("count", rows)
        if at.certain:
            index = b.add(at.v, one)
        elif at.optional:
            behind = b.add(count, one)
            index = b.add(at.v, one)
            index = b.select(b.icmp_unsigned("<", index, behind), index, behind)
        else:
            index = b.add(b.select(b.icmp_unsigned("<", at.v, count), at.v, count), one)
        self.memory[-1][key] = index
        return index

    def _matrix_cell(self, matrix: int, at: list[Native], kinds: tuple[str, ...]) -> Any:
        place = self._place_in_matrix(at, kinds)
        return self.builder.gep(self.frame.pointer("matrix", str(matrix)), [place], source_etype=DOUBLE)

    def _place_in_matrix(self, at: list[Native], kinds: tuple[str, ...]) -> Any:
        b = self.builder
        place: Any = ir.Constant(I64, 0)
        for row, kind in zip(at, kinds, strict=True):
            size = b.add(self.frame.number("count", kind), ir.Constant(I64, 2))
            place = b.add(b.mul(place, size), self._row_index(row, kind))
        return place

    def _product(self, number: int, rows: Rows) -> Num | None:
        """A product whose factors that hang on one row are multiplied beforehand, exactly."""
        above, below = self._factors(number, rows)
        shared: dict[frozenset[int], tuple[list[int], list[int]]] = {}
        own: list[tuple[int, bool]] = []
        for factors, inverse in ((above, False), (below, True)):
            for factor in factors:
                anchors = self.analysis.anchors[factor]
                if ACCOUNT not in anchors and len(anchors) <= 1:
                    shared.setdefault(anchors, ([], []))[inverse].append(factor)
                else:
                    own.append((factor, inverse))
        if sum(len(a) + len(d) for a, d in shared.values()) + (1 if len(shared) else 0) <= 1 and len(above) < 2:
            return None
        result: Num | None = None
        for factor, inverse in own:
            one = self.number(factor, rows).without_none()
            if result is None:
                result = self.numbers.divide(self.numbers.number(Fraction(1)), one) if inverse else one
            else:
                result = self.numbers.divide(result, one) if inverse else self.numbers.multiply(result, one)
        for anchors, (numerators, denominators) in shared.items():
            one = self._shared_factor(tuple(sorted(anchors)), numerators, denominators, rows)
            result = one if result is None else self.numbers.multiply(result, one)
        return result

    def _shared_factor(self, anchors: tuple[int, ...], above: list[int], below: list[int], rows: Rows) -> Num:
        constant = self._constant_factor(above, below)
        if constant is not None:
            return self.numbers.number(constant)
        at = [self.value(anchor, rows) for anchor in anchors]
        arena, kinds = self._kinds(at)
        asked = Asked(tuple(above), tuple(below), anchors, kinds)
        place = self.layout.value(asked, "n", arena)
        read = self._exact(self._read_place(place, "n", at, kinds, "n"), asked, at, arena)
        assert isinstance(read, Num)
        return read.without_none()

    def _constant_factor(self, above: list[int], below: list[int]) -> Fraction | None:
        result = Fraction(1)
        for factors, inverse in ((above, False), (below, True)):
            for factor in factors:
                node = self.program.nodes[factor]
                if node.operation != "constant":
                    return None
                value = fraction(node.attributes[0])
                if inverse and not value:
                    return None
                result = result / value if inverse else result * value
        return result

    def _factors(self, number: int, rows: Rows) -> tuple[list[int], list[int]]:
        """Of a tree of multiplications and divisions: what is multiplied and what is divided by."""
        above: list[int] = []
        below: list[int] = []
        stack = [(number, False)]
        while stack:
            at, inverse = stack.pop()
            node = self.program.nodes[at]
            inner = ACCOUNT in self.analysis.anchors[at] or len(self.analysis.anchors[at]) > 1
            if node.operation == "multiply" and inner:
                stack += [(node.arguments[1], inverse), (node.arguments[0], inverse)]
            elif node.operation == "divide" and inner and not inverse:
                stack += [(node.arguments[1], True), (node.arguments[0], False)]
            else:
                (below if inverse else above).append(at)
        return above, below
