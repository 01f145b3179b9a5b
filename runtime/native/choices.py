"""Truths and choices in machine code: what is open, what is unknown, and what a choice makes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from llvmlite import ir

from ...program.program import Node
from .arithmetic import as_number
from .shared import SharedValues
from .values import AccountRow, Entry, Id, Native, Nothing, Num, TableAt, Truth
from .widths import FALSE, I64, TRUE
from .writing import Rows, Unsupported, either


class Choices(SharedValues):
    """Writes comparisons of any values, and, or, if and default."""

    # ---- truth

    def _not(self, node: Node, rows: Rows) -> Native:
        one = self.truth(node.arguments[0], rows)
        return replace(one, v=self.builder.not_(one.v))

    def _less(self, node: Node, rows: Rows) -> Native:
        left, right = (self.number(argument, rows).without_none() for argument in node.arguments)
        return self.numbers.compare("<" if node.operation == "less" else "<=", left, right)

    _less_equal = _less

    def _chain(self, node: Node, rows: Rows) -> Native:
        operators = node.attributes[0]
        assert isinstance(operators, tuple)
        result: Truth | None = None
        for operator, left, right in zip(operators, node.arguments, node.arguments[1:], strict=False):
            if operator in ("==", "!="):
                test = self.equality(self.value(left, rows), self.value(right, rows))
                test = replace(test, v=self.builder.not_(test.v)) if operator == "!=" else test
            else:
                one, other = (self.number(n, rows).without_none() for n in (left, right))
                test = self.numbers.compare(operator, one, other)
            result = test if result is None else self.both(result, test)
        assert result is not None
        return result

    def both(self, left: Truth, right: Truth) -> Truth:
        """left and right; right counts only where left holds."""
        return self.choose_truth(left, right, Truth(FALSE))

    def _equal(self, node: Node, rows: Rows) -> Native:
        return self.equality(*(self.value(argument, rows) for argument in node.arguments))

    def equality(self, left: Native, right: Native) -> Truth:
        b = self.builder
        if isinstance(left, Nothing) or isinstance(right, Nothing):
            other = right if isinstance(left, Nothing) else left
            return Truth(TRUE) if isinstance(other, Nothing) else self.absence(other)
        match left, right:
            case Num(), Num():
                test = self.numbers.compare("==", left.without_none(), right.without_none())
                return self._none_aware(test, left.none, right.none)
            case Truth(), Truth():
                test = Truth(b.not_(b.xor(left.v, right.v)), either(b, left.unsure, right.unsure),
                             either(b, left.bad, right.bad))  # fmt: skip
                return self._none_aware(test, left.none, right.none)
            case Id(), Id():
                bad = None
                for one in (left, right):
                    if not one.certain:
                        bad = either(b, bad, b.icmp_signed("<", one.v, ir.Constant(I64, -1)))
                return Truth(b.icmp_signed("==", left.v, right.v), None, bad)
            case AccountRow(), AccountRow():
                return Truth(TRUE)
            case _:
                raise Unsupported("a comparison of rows of tables")

    def _none_aware(self, test: Truth, left: Any, right: Any) -> Truth:
        b = self.builder
        if left is None and right is None:
            return test
        one, other = left or FALSE, right or FALSE
        any_none = b.or_(one, other)
        known = b.not_(any_none)
        return Truth(
            b.select(any_none, b.and_(one, other), test.v),
            None if test.unsure is None else b.and_(test.unsure, known),
            None if test.bad is None else b.and_(test.bad, known),
        )

    def _is_none(self, node: Node, rows: Rows) -> Native:
        return self.absence(self.value(node.arguments[0], rows))

    def absence(self, value: Native) -> Truth:
        b = self.builder
        match value:
            case Nothing():
                return Truth(TRUE)
            case Num():
                bad = self.numbers.is_unknown(value.v)
                if value.none is None:
                    return Truth(FALSE, None, bad)
                return Truth(value.none, None, b.and_(bad, b.not_(value.none)))
            case Truth():
                return Truth(value.none or FALSE, None, value.bad)
            case Id() | Entry() if value.certain:
                return Truth(FALSE, None, value.bad if isinstance(value, Entry) else None)
            case Id() if not value.optional:
                return Truth(FALSE, None, b.icmp_signed("<", value.v, ir.Constant(I64, 0)))
            case Id() | Entry() | TableAt():
                none = b.icmp_signed("==", value.v, ir.Constant(I64, -1))
                return Truth(none, None, b.icmp_signed("<", value.v, ir.Constant(I64, -1)))
            case _:
                return Truth(FALSE)

    def _member(self, node: Node, rows: Rows) -> Native:
        label = self.value(node.arguments[0], rows)
        assert isinstance(label, Id)
        b = self.builder
        result: Any = FALSE
        words = node.attributes[0]
        assert isinstance(words, tuple)
        for word in words:
            same = b.icmp_signed("==", label.v, ir.Constant(I64, self.data.words.number(word)))
            result = b.or_(result, same)
        return Truth(result, None, b.icmp_signed("<", label.v, ir.Constant(I64, 0)))

    # ---- what may be absent

    def absent_where(self, value: Native, rows: tuple[Native, ...]) -> Native:
        """What is read at a row that may be none, or no row at all."""
        for row in rows:
            if isinstance(row, Id) and not row.certain:
                value = self.at_optional(value, row)
            elif not isinstance(row, Id | AccountRow | Entry):
                raise Unsupported("a definition at something that is no row")
        return value

    def at_optional(self, value: Native, row: Id) -> Native:
        b = self.builder
        none = b.icmp_signed("==", row.v, ir.Constant(I64, -1)) if row.optional else FALSE
        bad = b.icmp_signed("<", row.v, ir.Constant(I64, -1))
        match value:
            case Num():
                absent = none if value.none is None else b.or_(none, value.none)
                gone = self.numbers.unknown(value, b.or_(none, bad))
                return replace(gone, none=b.and_(absent, b.not_(bad)))
            case Truth():
                known = bad if value.bad is None else b.or_(bad, b.and_(value.bad, b.not_(none)))
                absent = none if value.none is None else b.or_(none, value.none)
                unsure = None if value.unsure is None else b.and_(value.unsure, b.not_(none))
                return Truth(b.and_(value.v, b.not_(none)), unsure, known, absent)
            case Id():
                inner = b.select(none, ir.Constant(I64, -1), value.v)
                return replace(value, v=b.select(bad, ir.Constant(I64, -2), inner), certain=False)
            case _:
                raise Unsupported("a table at a row that may be none")

    # ---- choice

    def _select(self, node: Node, rows: Rows) -> Native:
        condition = self.truth(node.arguments[0], rows)
        yes, no = self.value(node.arguments[1], rows), self.value(node.arguments[2], rows)
        return self.choose(condition, yes, no)

    def choose(self, condition: Truth, yes: Native, no: Native) -> Native:
        if condition.none is not None:  # none is no truth: the checker has settled it
            condition = replace(condition, none=None)
        if condition.v is TRUE:
            return yes
        if condition.v is FALSE and condition.bad is None and condition.unsure is None:
            return no
        if isinstance(yes, Nothing) and isinstance(no, Nothing):
            return yes
        if isinstance(yes, Num) or isinstance(no, Num):
            return self.numbers.select(condition, as_number(yes), as_number(no))
        if isinstance(yes, Truth) or isinstance(no, Truth):
            return self.choose_truth(condition, _as_truth(yes), _as_truth(no))
        return self._choose_row(condition, yes, no)

    def choose_truth(self, condition: Truth, yes: Truth, no: Truth) -> Truth:
        b = self.builder
        v = b.select(condition.v, yes.v, no.v)
        unsure, bad, none = (
            None if one is None and other is None else b.select(condition.v, one or FALSE, other or FALSE)
            for one, other in ((yes.unsure, no.unsure), (yes.bad, no.bad), (yes.none, no.none))
        )
        if condition.unsure is not None:
            differ = b.xor(yes.v, no.v)
            for one in (yes.unsure, no.unsure):
                differ = differ if one is None else b.or_(differ, one)
            unsure = either(b, unsure, b.and_(condition.unsure, differ))
            worse = either(b, yes.bad, no.bad)
            if none is not None:
                worse = either(b, worse, b.xor(yes.none or FALSE, no.none or FALSE))
            if worse is not None:
                bad = either(b, bad, b.and_(condition.unsure, worse))
        return Truth(v, unsure, either(b, bad, condition.bad), none)

    def _choose_row(self, condition: Truth, yes: Native, no: Native) -> Native:
        b = self.builder
        undecided = either(b, condition.unsure, condition.bad)
        none, unknown = ir.Constant(I64, -1), ir.Constant(I64, -2)
        known = yes if not isinstance(yes, Nothing) else no
        one, other = (none if isinstance(side, Nothing) else side.v for side in (yes, no))  # type: ignore[union-attr]
        v = b.select(condition.v, one, other)
        if undecided is not None:
            differ = b.icmp_signed("!=", one, other)
            v = b.select(b.and_(undecided, differ), unknown, v)
            if condition.bad is not None:
                v = b.select(condition.bad, unknown, v)
        match known:
            case Id():
                sure = all(isinstance(side, Id) and side.certain for side in (yes, no)) and undecided is None
                return Id(v, known.kind, sure)
            case Entry() | TableAt():
                if any(isinstance(s, Entry | TableAt) and s.arena != known.arena for s in (yes, no)):
                    raise Unsupported("a choice between two tables")
                return replace(known, v=v)
            case _:
                raise Unsupported("a choice between rows of the account")

    def _default(self, node: Node, rows: Rows) -> Native:
        value, other = (self.value(argument, rows) for argument in node.arguments)
        if isinstance(value, Nothing):
            return other
        absent = self.absence(value)
        if absent.v is FALSE:
            return value
        if isinstance(value, Num):
            return self.numbers.pick(absent.v, as_number(other), replace(value, none=None))
        if isinstance(value, Truth):
            certain = Truth(absent.v)
            return self.choose_truth(certain, _as_truth(other), replace(value, none=None))
        return self._choose_row(Truth(absent.v), other, value)


def _as_truth(value: Native) -> Truth:
    if isinstance(value, Nothing):
        return Truth(FALSE, None, None, TRUE)
    assert isinstance(value, Truth)
    return value
