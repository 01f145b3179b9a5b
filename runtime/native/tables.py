"""Tables in machine code: the rows of one, the slices of a number, the row it falls in, and rows by exact keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from ...program.program import Node
from .analysis import ACCOUNT
from .floating import Floats
from .reference import GLOBAL, Asked
from .residues import load_residue
from .values import Entry, Id, Native, Num, Truth, has_residue
from .widths import BIT, DOUBLE, FALSE, I64, TRUE
from .writing import Unsupported, either

if TYPE_CHECKING:
    from .emit import Emitter
    from .writing import Rows

UNROLLED = 8
"""Rows of a table that are looked at without a loop."""
ZERO, ONE, UNKNOWN = ir.Constant(I64, 0), ir.Constant(I64, 1), ir.Constant(I64, -2)


class Tables:
    """Writes what reads tables, for an emitter."""

    def __init__(self, emitter: Emitter):
        self.e = emitter

    # ---- where a table is

    def block(self, number: int, rows: Rows, form: str, domains: tuple[str | int, ...] = ()) -> tuple[int, Any, Any]:
        """The arena of a table, the number of its block (one without rows where the table is unknown), and whether it
        is unknown or none."""
        e, b = self.e, self.e.builder
        asked, at, kinds = self._asked(number, rows)
        arena, place = e.layout.table(asked, form, domains)
        assert place.matrix < 0
        block = b.load(e._slot(place, at[0] if at and kinds != (GLOBAL,) else None), typ=I64)
        return arena, block, b.icmp_signed("==", block, e.frame.number("blocks", str(arena)))

    def _asked(self, number: int, rows: Rows) -> tuple[Asked, list[Native], tuple[str, ...]]:
        e = self.e
        anchors = e.analysis.anchors[number]
        if ACCOUNT in anchors or len(anchors) > 1:
            raise Unsupported("a table chosen by the account")
        ordered = tuple(sorted(anchors))
        at = [e.value(anchor, rows) for anchor in ordered]
        arena, kinds = e._kinds(at)
        if arena is not None:
            raise Unsupported("a table in a row of a table")
        return Asked((number,), (), ordered, kinds), at, kinds

    def _width(self, arena: int) -> int:
        return self.e.data.arenas[arena].width

    def _first(self, arena: int, block: Any) -> Any:
        """The number of the first row of a block."""
        b = self.e.builder
        return b.add(b.mul(block, ir.Constant(I64, self.e.data.arenas[arena].stride)), ONE)

    def _bound(self, name: str, arena: int, block: Any, row: Any) -> Num:
        """The bound of a row of a block: `lows` or `ends`."""
        b = self.e.builder
        place = b.add(b.mul(block, ir.Constant(I64, self._width(arena))), row)
        v = b.load(b.gep(self.e.frame.pointer(name, str(arena)), [place], source_etype=DOUBLE), typ=DOUBLE)
        faithful = self.e.data.arenas[arena].faithful()
        number = Num(v, None, 1, -40, 40, False, None, faithful)
        residues = self.e.layout.bound_residues(arena) if self.e.numbers.residues else None
        if residues is None:
            return number
        side = 0 if name == "lows" else 1
        r = load_residue(b, self.e.frame.pointer("residue", str(residues[0])), _beside(b, place, side))
        return replace(number, r=r, d=residues[1][side])

    # ---- rows and slices

    def over(self, source: Node, rows: Rows, step: Callable[[Native, Truth], None]) -> Any:
        """step for every row of a table or slice of a number; gives whether the table is unknown."""
        e, b = self.e, self.e.builder
        if source.operation == "entries":
            arena, block, absent = self.block(source.arguments[0], rows, "entries")
            counts = e.frame.pointer("counts", str(arena))
            count = b.load(b.gep(counts, [block], source_etype=I64), typ=I64)
            start = self._first(arena, block)
            e.loops.each(ZERO, count, lambda j: step(Entry(b.add(start, j), arena), Truth(TRUE)))
            return absent
        arena, block, absent = self.block(source.arguments[0], rows, "ranges")
        at = e.number(source.arguments[1], rows).without_none()
        unknown = b.or_(b.or_(absent, self._beyond(arena, block, at)), e.numbers.is_unknown(at.v))
        start = self._first(arena, block)

        def slice_(j: Any) -> None:
            low, end = self._bound("lows", arena, block, j), self._bound("ends", arena, block, j)
            there = e.numbers.compare("<", low, at)
            top = e.numbers.extreme([at, end], True)
            if not self.e.data.arenas[arena].below_zero():  # else an end may be larger than what ends there
                top = replace(top, m=at.m, high=at.high)
            width = replace(e.numbers.subtract(top, low), positive=False)
            step(Entry(b.add(start, j), arena, width), there)

        e.loops.each(ZERO, ir.Constant(I64, self._width(arena)), slice_)
        return unknown

    def _beyond(self, arena: int, block: Any, at: Num, inclusive: bool = False) -> Any:
        """Whether a number lies behind the end of a table, or may."""
        e, b = self.e, self.e.builder
        if not e.layout.bounded(arena):
            return FALSE
        counts = e.frame.pointer("counts", str(arena))
        count = b.load(b.gep(counts, [block], source_etype=I64), typ=I64)
        last = b.select(b.icmp_signed(">", count, ZERO), b.sub(count, ONE), ZERO)
        test = e.numbers.compare(">=" if inclusive else ">", at, self._bound("ends", arena, block, last))
        return test.v if test.unsure is None else b.or_(test.v, test.unsure)

    def marginal(self, node: Node, source: Node, rows: Rows) -> Num | None:
        """A sum over slices of the width times what hangs on the row alone: lines, prepared beforehand."""
        e, b = self.e, self.e.builder
        rate = self._rate(node)
        if rate is None:
            return None
        table, at_rows, kinds = self._asked(source.arguments[0], rows)
        arena, place = e.layout.table(table, "ranges")
        if self._width(arena) > UNROLLED or e.data.arenas[arena].below_zero():
            return None
        at = e.number(source.arguments[1], rows).without_none()
        asked = Asked(rate[0], rate[1], (rate[2],), (f"#{arena}",))
        pieces = e.layout.marginal(arena, asked, place, at.positive)
        row = at_rows[0] if kinds != (GLOBAL,) else None

        def cell(slot: int) -> Any:
            return b.load(e._slot(replace(place, slot=pieces.slot + slot), row), typ=DOUBLE)

        below: Any = ZERO
        for j in range(pieces.width):
            below = b.add(below, b.zext(b.fcmp_ordered("<", cell(j), at.v), I64))
        line = b.gep(e._slot(replace(place, slot=pieces.slot + pieces.width + 1), row), [b.add(below, below)],
                     source_etype=DOUBLE)  # fmt: skip
        slope = b.load(line, typ=DOUBLE)
        less = b.load(b.gep(line, [ONE], source_etype=DOUBLE), typ=DOUBLE)
        v = b.fsub(b.fmul(slope, at.v), less)
        if e.layout.bounded(arena):  # what stands for an unknown table is unknown throughout
            _, block, _ = self.block(source.arguments[0], rows, "ranges")
            v = b.select(self._beyond(arena, block, at), ir.Constant(DOUBLE, float("nan")), v)
        if not e.numbers.certify:
            return Num(v, None, 0, -60, at.high + 20, pieces.rising)
        m = b.fmul(cell(pieces.width), e.numbers.magnitude(at))
        found = Num(v, m, at.k + 6, at.low - 40, at.high + 21, pieces.rising, hulled=at.hulled)
        if not has_residue(at):
            return found
        _, block, _ = self.block(source.arguments[0], rows, "ranges")
        return self._exact_piece(found, arena, asked, block, at)

    def _exact_piece(self, found: Num, arena: int, asked: Asked, block: Any, at: Num) -> Num:
        """The sum with its residue: on the piece that is the number's for certain, not nearly."""
        e, b = self.e, self.e.builder
        residues = e.layout.piece_residues(arena, asked)
        if residues is None or e.layout.bound_residues(arena) is None:
            return found
        width = self._width(arena)
        certain, near = ZERO, ZERO
        for j in range(width):
            begun = Floats.compare(e.numbers, "<", self._bound("lows", arena, block, ir.Constant(I64, j)), at)
            open_ = begun.unsure or FALSE
            certain = b.add(certain, b.zext(b.and_(begun.v, b.not_(open_)), I64))
            near = b.add(near, b.zext(open_, I64))
        one_near = b.icmp_signed("==", near, ONE)  # the next row, as rows ascend
        last = b.select(one_near, certain, ZERO)
        begun = e.numbers.compare("<", self._bound("lows", arena, block, last), at)
        unsure = b.icmp_signed(">", near, ONE)
        if begun.unsure is not None:
            unsure = b.or_(unsure, b.and_(one_near, begun.unsure))
        below = b.add(certain, b.zext(b.and_(one_near, begun.v), I64))
        below = b.add(b.mul(block, ir.Constant(I64, width + 1)), below)
        pointer = e.frame.pointer("residue", str(residues[0]))
        slope, less = (
            replace(found, r=load_residue(b, pointer, _beside(b, below, side)), d=residues[1][side]) for side in (0, 1)
        )
        exact = e.numbers.subtract(e.numbers.multiply(slope, at), less)
        return replace(e.numbers.unknown(found, unsure), r=exact.r, d=exact.d)

    def _rate(self, node: Node) -> tuple[tuple[int, ...], tuple[int, ...], int] | None:
        """What a row charges on its width: numerators, denominators, and the operation that stands for the row."""
        nodes, slot = self.e.program.nodes, int(str(node.attributes[1]))
        condition = nodes[node.arguments[2]]
        if node.attributes[0] != "sum" or condition.operation != "constant" or condition.attributes[0] is not True:
            return None
        above, below = self.e._factors(node.arguments[1], {})
        widths = [f for f in above if nodes[f].operation == "cell" and nodes[f].attributes[0] == "width"]
        if len(widths) != 1:
            return None
        (index,) = nodes[widths[0]].arguments
        if nodes[index].operation != "index" or int(str(nodes[index].attributes[0])) != slot:
            return None
        above.remove(widths[0])
        fits = all(self.e.analysis.anchors[f] <= {index} for f in (*above, *below))
        return (tuple(above), tuple(below), index) if fits else None

    # ---- one row

    def bracket(self, node: Node, rows: Rows) -> Entry:
        arena, block, _ = self.block(node.arguments[0], rows, "ranges")
        return self._row_at(arena, block, self.e.number(node.arguments[1], rows), str(node.attributes[0]))

    def _row_at(self, arena: int, block: Any, at: Num, closed: str) -> Entry:
        """The row of a block that a number falls in; unknown where it is near a bound that belongs to the other, where
        it is unknown itself, below the first row, or in a block without rows."""
        e, b = self.e, self.e.builder
        at = at.without_none()
        upper = closed == "upper"
        state: list[Any] = [ZERO, None]
        edges = None if has_residue(at) else self._edges(arena, at)

        def count(j: Any) -> tuple[Any, Any]:
            if edges is not None:
                low = self._bound("lows", arena, block, j).v
                least, most = (b.fcmp_ordered("<" if upper else "<=", low, edge) for edge in edges)
                return b.zext(least, I64), None if edges[0] is edges[1] else b.xor(least, most)
            test = e.numbers.compare("<" if upper else "<=", self._bound("lows", arena, block, j), at)
            return b.zext(test.v, I64), test.unsure

        width = self._width(arena)
        if width <= UNROLLED:
            for j in range(width):
                one, unsure = count(ir.Constant(I64, j))
                state[0] = b.add(state[0], one)
                state[1] = either(b, state[1], unsure)
        else:
            state = self._counted(width, count)
        if upper:  # the first row has its own beginning too
            first = e.numbers.compare("==", at, self._bound("lows", arena, block, ZERO))
            below = b.icmp_signed("==", state[0], ZERO)
            state[0] = b.select(b.and_(below, first.v), ONE, state[0])
            state[1] = either(b, state[1], None if first.unsure is None else b.and_(below, first.unsure))
        if e.layout.bounded(arena):
            state[1] = either(b, state[1], self._beyond(arena, block, at, not upper))
        place = state[0] if state[1] is None else b.select(state[1], ZERO, state[0])
        row = b.add(b.mul(block, ir.Constant(I64, e.data.arenas[arena].stride)), place)
        return Entry(row, arena, certain=True, bad=b.icmp_signed("==", place, ZERO))

    def _edges(self, arena: int, at: Num) -> tuple[Any, Any]:
        """The least and the largest double that a number may be, how the bounds were rounded included."""
        e, b = self.e, self.e.builder
        faithful = self.e.data.arenas[arena].faithful()
        if not e.numbers.certify or (at.faithful and faithful):
            return at.v, at.v
        wide = replace(at, k=at.k + (2 if faithful else 4), m=e.numbers.magnitude(at))
        margin = e.numbers.error(wide)
        return b.fsub(at.v, margin), b.fadd(at.v, margin)

    def _counted(self, width: int, count: Callable[[Any], tuple[Any, Any]]) -> list[Any]:
        e, b = self.e, self.e.builder
        variables: list[Any] = []

        def body(j: Any) -> None:
            one, unsure = count(j)
            variables.append(e.loops.variable(I64, ZERO))
            b.store(b.add(b.load(variables[0], typ=I64), one), variables[0])
            if unsure is not None:
                bit = BIT
                variables.append(e.loops.variable(bit, ir.Constant(bit, 0)))
                b.store(b.or_(b.load(variables[1], typ=bit), unsure), variables[1])

        e.loops.each(ZERO, ir.Constant(I64, width), body)
        unsure = b.load(variables[1], typ=BIT) if len(variables) > 1 else None
        return [b.load(variables[0], typ=I64), unsure]

    def lookup(self, node: Node, rows: Rows) -> Entry:
        """The row under exact keys, and by a range after them."""
        e, b = self.e, self.e.builder
        closed, missing = (str(attribute) for attribute in node.attributes)
        ranged = e.program.nodes[node.arguments[-1]].shape == "n"
        keys = node.arguments[1:-1] if ranged else node.arguments[1:]
        given = [e.value(key, rows) for key in keys]
        domains = tuple(self._domain(key) for key in given)
        asked, at, kinds = self._asked(node.arguments[0], rows)
        arena, place = e.layout.table(asked, "keyed", domains)
        cell, bad, outside = self._combined(given, domains)
        size: Any = ONE
        for spec in domains:
            size = b.mul(size, self._size(spec))
        row = ZERO if kinds == (GLOBAL,) else e._row_index(at[0], kinds[0])
        where = b.add(b.mul(row, size), cell)
        block = b.load(b.gep(e.frame.pointer("keyed", str(place.matrix)), [where], source_etype=I64), typ=I64)
        blocks = e.frame.number("blocks", str(arena))
        none = b.and_(b.or_(outside, b.icmp_signed("==", block, ir.Constant(I64, -1))), b.not_(bad))
        absent = b.or_(b.or_(bad, outside), b.icmp_unsigned(">=", block, blocks))
        safe = b.select(absent, blocks, block)
        if ranged:
            found = self._row_at(arena, safe, e.number(node.arguments[-1], rows), closed)
        else:
            first = self._first(arena, safe)
            found = Entry(b.select(absent, UNKNOWN, first), arena)
        if missing == "none":
            known = found.v if found.bad is None else b.select(found.bad, UNKNOWN, found.v)
            return Entry(b.select(none, ir.Constant(I64, -1), known), arena, optional=True)
        return found

    def _domain(self, key: Native) -> str | int:
        match key:
            case Truth():
                return 2
            case Id(kind=kind):
                return kind or self.e.data.words.fixed
            case _:
                raise Unsupported("a table found by a number that is no range")

    def _size(self, spec: str | int) -> Any:
        return ir.Constant(I64, spec) if isinstance(spec, int) else self.e.frame.number("count", spec)

    def _combined(self, given: list[Native], domains: tuple[str | int, ...]) -> tuple[Any, Any, Any]:
        """The cell of the keys, whether one is unknown, and whether one is in no row of any table."""
        b = self.e.builder
        place: Any = ZERO
        bad: Any = FALSE
        outside: Any = FALSE
        for key, spec in zip(given, domains, strict=True):
            if isinstance(key, Truth):
                number = b.zext(key.v, I64)
                for open_ in (key.unsure, key.bad, key.none):
                    bad = bad if open_ is None else b.or_(bad, open_)
            else:
                assert isinstance(key, Id)
                number = key.v
                bad = b.or_(bad, b.icmp_signed("<", number, ZERO))
            size = self._size(spec)
            far = b.icmp_unsigned(">=", number, size)
            outside = b.or_(outside, far)
            place = b.add(b.mul(place, size), b.select(far, ZERO, number))
        return place, bad, outside


def _beside(b: ir.IRBuilder, place: Any, side: int) -> Any:
    """Of two columns side by side, the cell of one."""
    return b.add(b.add(place, place), ir.Constant(I64, side))
