"""Aggregations while their loop is written: what one row adds, and what there is behind the last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from ...program.program import Node
from .arithmetic import NAN, nearer
from .floating import Floats
from .residues import NO_RESIDUE, whole
from .values import Entry, Id, Native, Num, Truth, has_residue
from .widths import BIT, DOUBLE, FALSE, I64, I128, TRUE
from .writing import Rows, Unsupported, bound, either

if TYPE_CHECKING:
    from .loops import Loops


class Reduction:
    """One aggregation while its loop is written. `step` is called once, inside the loop; `result` behind it."""

    def __init__(self, loops: Loops, node: Node, rows: Rows):
        self.loops = loops
        self.e = loops.e
        self.slot = int(str(node.attributes[1]))
        self.body, self.where = node.arguments[1], node.arguments[2]
        self.function = str(node.attributes[0])
        self.rows = rows

    def step(self, row: Native, there: Truth) -> None:
        inner = bound(self.rows, self.slot, row)
        chosen = self.e.both(there, self.e.truth(self.where, inner))
        self.add(chosen, inner, row)

    def add(self, chosen: Truth, rows: Rows, row: Native) -> None:
        raise NotImplementedError

    def result(self, count: Any) -> Native:
        raise NotImplementedError

    def update(self, variable: Any, value: Any) -> None:
        self.e.builder.store(value, variable)

    def now(self, variable: Any) -> Any:
        return self.e.builder.load(variable, typ=variable.allocated_type)


class _Sum(Reduction):
    """Of numbers, none passed over. An open `where` counts a number in and widens the bound by it."""

    def add(self, chosen: Truth, rows: Rows, row: Native) -> None:
        e, b = self.e, self.e.builder
        one = e.numbers.undivided(e.number(self.body, rows))
        none, self.one = one.none, one.without_none()
        numbers = e.numbers
        chosen = _decided(b, chosen, one)
        self.explicit = numbers.certify and (one.m is not None or not one.positive or chosen.unsure is not None)
        size = numbers.magnitude(self.one) if self.explicit else None
        k = max(1, one.k)
        if self.explicit and chosen.unsure is not None:
            wide = b.fadd(size, b.fmul(numbers.absolute_of(one.v), Floats.constant(1 / (k * 2.0**-53))))
            size = b.select(chosen.unsure, wide, b.select(chosen.v, size, Floats.constant(0.0)))
            chosen_size = True
        else:
            chosen_size = False
        self.hulled = one.hulled or chosen.unsure is not None
        self.open_where = numbers.certify and chosen.unsure is not None
        v = one.v
        if chosen.v is not TRUE:
            v = b.select(chosen.v, v, Floats.constant(0.0))
            if self.explicit and not chosen_size:
                size = b.select(chosen.v, size, Floats.constant(0.0))
        if none is not None:
            v = b.select(none, Floats.constant(0.0), v)
            size = b.select(none, Floats.constant(0.0), size) if self.explicit else None
        if numbers.certify and chosen.bad is not None:
            v = b.select(chosen.bad, NAN, v)
        self.total = self.loops.variable(DOUBLE, Floats.constant(0.0))
        self.update(self.total, b.fadd(self.now(self.total), v))
        if self.explicit:
            self.sizes = self.loops.variable(DOUBLE, Floats.constant(0.0))
            self.update(self.sizes, b.fadd(self.now(self.sizes), size))
        if has_residue(one):
            counts = chosen.v if none is None else b.and_(chosen.v, b.not_(none))
            self.residue = self.loops.variable(I128, NO_RESIDUE)
            self.update(self.residue, b.add(self.now(self.residue), b.select(counts, one.r, NO_RESIDUE)))

    def result(self, count: Any) -> Native:
        e, b, one = self.e, self.e.builder, self.one
        v = self.now(self.total)
        high = one.high + (8 if not self.hulled else 25)
        if not e.numbers.certify:
            return Num(v, None, 0, -20, high, one.positive)
        size = self.now(self.sizes) if self.explicit else v
        k = max(1, one.k)
        # an error of k units a number and one for each addition, told in k + 1 units of a larger magnitude
        share = b.fmul(b.fadd(Floats.constant(float(k)), count), Floats.constant(1 / (k + 1) * (1 + 2.0**-50)))
        m = b.fmul(size, share)
        r = self.now(self.residue) if has_residue(one) else None
        total = Num(v, m, k + 1, one.low - 17, high, one.positive, hulled=self.hulled, r=r, d=one.d)
        if self.open_where:  # a row that may count, and whose number is unknown
            total = e.numbers.unknown(total, e.numbers.is_unknown(m))
        return total


class _Count(Reduction):
    def add(self, chosen: Truth, rows: Rows, row: Native) -> None:
        b = self.e.builder
        self.total = self.loops.variable(DOUBLE, Floats.constant(0.0))
        one = b.select(chosen.v, Floats.constant(1.0), Floats.constant(0.0))
        open_ = either(b, chosen.unsure, chosen.bad)
        if open_ is not None:
            one = b.select(open_, NAN, one)
        self.update(self.total, b.fadd(self.now(self.total), one))

    def result(self, count: Any) -> Native:
        v = self.now(self.total)
        r = whole(self.e.builder, v) if self.e.numbers.residues else None
        return Num(v, None, 0, 0, 9, True, faithful=True, r=r)


class _Quantifier(Reduction):
    """any and all: rows behind the one that decides are not looked at."""

    def add(self, chosen: Truth, rows: Rows, row: Native) -> None:
        e, b = self.e, self.e.builder
        body = e.truth(self.body, rows)
        if self.function == "all":
            body = replace(body, v=b.not_(body.v))
        hit = e.both(chosen, body)
        if body.none is not None:
            hit = replace(hit, bad=either(b, hit.bad, b.and_(chosen.v, body.none)), none=None)
        self.found = self.loops.variable(BIT, FALSE)
        found = self.now(self.found)
        going = b.not_(found)
        self.unsure = self._mark(hit.unsure, going)
        self.bad = self._mark(hit.bad, going)
        sure = hit.v
        for open_ in (hit.unsure, hit.bad):
            sure = sure if open_ is None else b.and_(sure, b.not_(open_))
        self.update(self.found, b.or_(found, sure))

    def _mark(self, flag: Any, going: Any) -> Any:
        if flag is None:
            return None
        b = self.e.builder
        variable = self.loops.variable(BIT, FALSE)
        self.update(variable, b.or_(self.now(variable), b.and_(going, flag)))
        return variable

    def result(self, count: Any) -> Native:
        b = self.e.builder
        found = self.now(self.found)
        unsure = None if self.unsure is None else b.and_(self.now(self.unsure), b.not_(found))
        bad = None if self.bad is None else self.now(self.bad)
        return Truth(b.not_(found) if self.function == "all" else found, unsure, bad)


class _Extreme(Reduction):
    """min and max: none passed over; of nothing, none."""

    def add(self, chosen: Truth, rows: Rows, row: Native) -> None:
        e, b = self.e, self.e.builder
        one = e.numbers.undivided(e.number(self.body, rows))
        self.one = one.without_none()
        none = one.none
        chosen = _decided(b, chosen, one)
        skip = b.not_(chosen.v)
        if none is not None:
            skip = b.or_(skip, none)
        self.empty = self.loops.variable(BIT, TRUE)
        self.best = self.loops.variable(DOUBLE, Floats.constant(0.0))
        self.size = self.loops.variable(DOUBLE, Floats.constant(0.0))
        empty, best, size = self.now(self.empty), self.now(self.best), self.now(self.size)
        better = nearer(b, best, one.v, self.function == "min", e.numbers.certify)
        larger = own = e.numbers.magnitude(self.one) if e.numbers.certify else Floats.constant(0.0)
        if e.numbers.certify and one.m is not None:
            record = replace(self.one, v=best, m=size, constant=None)
            larger = e.numbers.extreme_magnitude(record, self.one, better)
            larger = b.select(empty, own, larger)
        if has_residue(one):
            better, larger = self._exactly(empty, best, size)
        v = b.select(skip, best, b.select(empty, one.v, better))
        open_ = either(b, chosen.unsure, chosen.bad)
        if open_ is not None and e.numbers.certify:
            v = b.select(open_, NAN, v)
            skip = b.and_(skip, b.not_(open_))
        self.update(self.best, v)
        self.update(self.size, b.select(skip, size, larger))
        if has_residue(one):
            self.update(self.residue, b.select(skip, self.now(self.residue), self.chosen.r))
        self.update(self.empty, b.and_(empty, skip))

    def _exactly(self, empty: Any, best: Any, size: Any) -> tuple[Any, Any]:
        """The better of the record and this number, decided by residues, and its magnitude."""
        b, numbers, one = self.e.builder, self.e.numbers, self.one
        self.residue = self.loops.variable(I128, NO_RESIDUE)
        record = replace(
            one, v=best, m=None if one.m is None else size, constant=None, r=self.now(self.residue), inverse=None
        )
        test = numbers.compare("<" if self.function == "min" else ">", one, record)
        chosen = numbers.select(test, one, record)
        own = numbers.magnitude(one)
        self.chosen = replace(one, r=b.select(empty, one.r, chosen.r))
        return chosen.v, b.select(empty, own, numbers.magnitude(chosen))

    def result(self, count: Any) -> Native:
        b, one = self.e.builder, self.one
        none = self.now(self.empty)
        m = self.now(self.size) if self.e.numbers.certify and one.m is not None else None
        v = b.select(none, NAN, self.now(self.best))
        r = self.now(self.residue) if has_residue(one) else None
        return Num(v, m, one.k, one.low, one.high, one.positive, none, one.faithful, one.hulled, r=r, d=one.d)


class _Row(Reduction):
    """argmin and argmax: the first row on a tie, none of nothing; unknown where bounds meet."""

    def add(self, chosen: Truth, rows: Rows, row: Native) -> None:
        e, b = self.e, self.e.builder
        if not isinstance(row, Id | Entry):
            raise Unsupported("the account as the best of several rows")
        one = e.numbers.undivided(e.number(self.body, rows))
        known = one.without_none()
        self.row = row
        self.found = self.loops.variable(I64, ir.Constant(I64, -1))
        self.best = self.loops.variable(DOUBLE, Floats.constant(0.0))
        self.size = self.loops.variable(DOUBLE, Floats.constant(0.0))
        found, best, size = self.now(self.found), self.now(self.best), self.now(self.size)
        record = Num(best, size if e.numbers.certify else None, known.k, known.low, known.high, False,
                     faithful=known.faithful and known.m is None)  # fmt: skip
        if known.faithful and known.m is None:
            record = replace(record, m=None)
        residue = self.loops.variable(I128, NO_RESIDUE) if has_residue(one) else None
        if residue is not None:
            record = replace(record, r=self.now(residue), d=known.d)
        test = e.numbers.compare("<" if self.function == "argmin" else ">", known, record)
        first = b.icmp_signed("==", found, ir.Constant(I64, -1))
        counts = chosen.v if one.none is None else b.and_(chosen.v, b.not_(one.none))
        wins = b.and_(counts, b.or_(first, test.v))
        open_ = either(b, chosen.unsure, chosen.bad)
        if e.numbers.certify:
            again = b.and_(counts, b.not_(first))
            if test.unsure is not None:
                open_ = either(b, open_, b.and_(again, test.unsure))
            open_ = either(b, open_, b.and_(counts, e.numbers.is_unknown(known.v)))
        v = b.select(wins, row.v, found)
        if open_ is not None:
            v = b.select(open_, ir.Constant(I64, -2), v)
        v = b.select(b.icmp_signed("==", found, ir.Constant(I64, -2)), found, v)
        self.update(self.found, v)
        if residue is not None:
            self.update(residue, b.select(wins, known.r, record.r))
        self.update(self.best, b.select(wins, known.v, best))
        own = e.numbers.magnitude(known) if e.numbers.certify else best
        self.update(self.size, b.select(wins, own, size))

    def result(self, count: Any) -> Native:
        v = self.now(self.found)
        if isinstance(self.row, Entry):
            return Entry(v, self.row.arena, None, True)
        return Id(v, self.row.kind)


def _decided(b: Any, chosen: Truth, one: Num) -> Truth:
    """Whether a row counts: where that is open, a number that would be exact is unknown instead."""
    if chosen.unsure is None or not has_residue(one):
        return chosen
    return replace(chosen, unsure=None, bad=either(b, chosen.unsure, chosen.bad))


MAKERS: dict[str, Callable[[Loops, Node, Rows], Reduction]] = {
    "sum": _Sum, "count": _Count, "any": _Quantifier, "all": _Quantifier,
    "min": _Extreme, "max": _Extreme, "argmin": _Row, "argmax": _Row,
}  # fmt: skip
