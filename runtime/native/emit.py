"""Machine code for one operation after another: every value is written once where it is needed, and remembered there.

A value is written into the innermost loop that binds a row it depends on; what a `select` does not choose is computed
all the same, but an unknown in it goes no further. Nothing here may fail while accounts are evaluated: what cannot be
known becomes an unknown value, and the account goes to the exact executor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from llvmlite import ir

from ...program.number import Ratio
from ...program.program import Moment, Node, Program, RowKey
from ...program.types import Number, Vector
from .analysis import ACCOUNT, Analysis, is_reference
from .floating import BIT, DOUBLE, HIGHEST, NAN, Floats, as_number
from .frame import I8, I32, I64, Frame
from .layout import Layout, Place
from .reference import GLOBAL, NONE_BITS, Asked
from .residues import load_residue
from .values import AccountRow, Entry, Id, Native, Nothing, Num, TableAt, Truth

Rows = Mapping[int, Native]
"""What stands in the slots: bound rows; below 0 the arguments of a function, not yet computed."""
TRUE, FALSE = ir.Constant(BIT, 1), ir.Constant(BIT, 0)
INPUT_LOW, INPUT_HIGH = -20, 20
"""Decimal exponents of what machine code takes as input; the exact executor takes the rest."""
_HOISTED = "nbldrt"


class Unsupported(Exception):
    """Something of the language that machine code is not written for; the sentence says what."""


class Emitter:
    """Writes operations of a program into the function at hand. `numbers` is the arithmetic they are written in."""

    def __init__(self, program: Program, analysis: Analysis, layout: Layout, encodings: Mapping[tuple[str, str], Any]):
        self.program = program
        self.analysis = analysis
        self.layout = layout
        self.data = layout.data
        self.encodings = encodings
        self.frame = Frame()
        self.builder: ir.IRBuilder = None
        self.numbers: Floats = None  # type: ignore[assignment]  # set with the builder, before anything is written
        self.memory: list[dict[Any, Any]] = [{}]
        self.strides: dict[str, Any] = {}
        self.kept: list[Any] = []
        """Values whose identity stands in keys of `memory`: they must not make room for others."""
        self.stored: dict[int, Any] = {}
        """Definitions that stand in memory row by row, by number: how to read one."""
        self.loops: Any = None
        """Writes aggregations; `loops.Loops`."""
        self.groups: Any = None
        self.account: IR_ = None
        """The number of the account at hand in its block."""
        self.spans: dict[str, tuple[Any, Any]] = {}
        """By kind of account rows: the first of the account's and the one behind its last."""
        self.give_up: Any = None
        """Variable: whether the account goes to the exact executor whatever becomes of its values."""

    # ---- entry points

    def value(self, number: int, rows: Rows) -> Native:
        """The value of an operation for the rows in its slots."""
        key = self._key(number, rows)
        for memory in reversed(self.memory):
            if key in memory:
                known: Native = memory[key]
                return known
        value = self._write(number, self.program.nodes[number], rows)
        self.memory[-1][key] = value
        return value

    def number(self, number: int, rows: Rows) -> Num:
        return as_number(self.value(number, rows))

    def truth(self, number: int, rows: Rows) -> Truth:
        value = self.value(number, rows)
        if isinstance(value, Nothing):
            return Truth(FALSE, None, TRUE)
        assert isinstance(value, Truth)
        return value

    def definition(self, number: int, rows: tuple[Native, ...]) -> Native:
        """A definition at rows."""
        if number in self.data.replaced:
            return self._replaced(number)
        if is_reference(self.program, number):
            return self._reference_definition(number, rows)
        key = ("definition", number, tuple(self._identity(row) for row in rows))
        for memory in reversed(self.memory):
            if key in memory:
                known: Native = memory[key]
                return known
        if number in self.stored:
            value = self.stored[number](rows)
        else:
            definition = self.program.definitions[number]
            value = self.limited(self.value(definition.node, dict(enumerate(rows))))
        value = self._absent_where(value, rows)
        self.memory[-1][key] = value
        return value

    def give_up_where(self, condition: Any) -> None:
        """The account goes to the exact executor where this holds."""
        b = self.builder
        b.store(b.or_(b.load(self.give_up, typ=BIT), condition), self.give_up)

    def limited(self, value: Native) -> Native:
        """What a definition may be: values of 1e100 and more are errors."""
        if isinstance(value, Num) and value.high >= HIGHEST and self.numbers.certify:
            b = self.builder
            size = self.numbers.magnitude(value)
            within = b.fcmp_ordered("<", size, Floats.constant(10.0**HIGHEST))
            if value.none is not None:
                within = b.or_(within, value.none)
            return replace(self.numbers.unknown(value, b.not_(within)), high=HIGHEST)
        return value

    # ---- keys

    def _key(self, number: int, rows: Rows) -> Any:
        slots = self.analysis.rows[number]
        arguments = rows.get(-1_000)  # the call whose function this is
        return (number, tuple((slot, self._identity(rows.get(slot))) for slot in sorted(slots)), arguments)

    def _identity(self, value: Any) -> Any:
        if isinstance(value, Id | Entry | Num | Truth | TableAt):
            self.kept.append(value)
            return id(value.v)
        return "account" if isinstance(value, AccountRow) else id(value)

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

    # ---- what accounts share

    def _hoisted(self, number: int, node: Node, rows: Rows) -> Native | None:
        anchors = self.analysis.anchors[number]
        if ACCOUNT in anchors:
            return None
        if node.shape[0] == "t" and len(anchors) > 1:
            raise Unsupported("a table chosen by several rows")
        if len(anchors) > 1 and node.operation not in ("read", "load", "lookup", "cell"):
            return None
        ordered = tuple(sorted(anchors))
        if node.shape[0] == "t":
            return None  # its arena depends on how it is used
        return self._at(number, node, ordered, (), rows)

    def _at(self, number: int, node: Node, anchors: tuple[int, ...], below: tuple[int, ...], rows: Rows) -> Native:
        form = {"n": "n", "d": "n", "b": "b"}.get(node.shape[0], "i")
        at = [self.value(anchor, rows) for anchor in anchors]
        arena, kinds = self._kinds(at)
        asked = Asked((number,), below, anchors, kinds)
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

    def _reference_definition(self, number: int, rows: tuple[Native, ...]) -> Native:
        """Of a definition at rows that are no operations of the program's own."""
        raise Unsupported(f"`{self.program.definitions[number].full_name}` at rows of its own")

    def _replaced(self, number: int) -> Native:
        value = self.data.replaced[number]
        exact = Fraction(value.numerator, value.denominator) if isinstance(value, Ratio) else Fraction(value)
        return self.numbers.number(exact)

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
                value = exact_constant(node.attributes[0])
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
                return self.numbers.number(exact_constant(value))

    def _index(self, node: Node, rows: Rows) -> Native:
        return rows[int(str(node.attributes[0]))]

    def _argument(self, node: Node, rows: Rows) -> Native:
        return rows[-1 - int(str(node.attributes[0]))]

    def _call(self, node: Node, rows: Rows) -> Native:
        function = self.program.functions[int(str(node.attributes[0]))]
        inner: dict[int, Any] = {-1_000: object()}
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

    def _absent_where(self, value: Native, rows: tuple[Native, ...]) -> Native:
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
                test = Truth(b.not_(b.xor(left.v, right.v)), _either(b, left.unsure, right.unsure),
                             _either(b, left.bad, right.bad))  # fmt: skip
                return self._none_aware(test, left.none, right.none)
            case Id(), Id():
                bad = None
                for one in (left, right):
                    if not one.certain:
                        bad = _either(b, bad, b.icmp_signed("<", one.v, ir.Constant(I64, -1)))
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
            unsure = _either(b, unsure, b.and_(condition.unsure, differ))
            worse = _either(b, yes.bad, no.bad)
            if none is not None:
                worse = _either(b, worse, b.xor(yes.none or FALSE, no.none or FALSE))
            if worse is not None:
                bad = _either(b, bad, b.and_(condition.unsure, worse))
        return Truth(v, unsure, _either(b, bad, condition.bad), none)

    def _choose_row(self, condition: Truth, yes: Native, no: Native) -> Native:
        b = self.builder
        undecided = _either(b, condition.unsure, condition.bad)
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
            chosen = self.numbers.pick(absent.v, as_number(other), replace(value, none=None))
            return chosen
        if isinstance(value, Truth):
            certain = Truth(absent.v)
            return self.choose_truth(certain, _as_truth(other), replace(value, none=None))
        return self._choose_row(Truth(absent.v), other, value)

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
            bad = _either(b, bad, b.or_(above.v, above.unsure) if above.unsure is not None else above.v)
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


IR_ = Any


class AccountSlots(dict[int, Native]):
    """Slots in which the account stands where no row is bound."""

    def __missing__(self, slot: int) -> Native:
        return AccountRow()


def bound(rows: Rows, slot: int, row: Native) -> Rows:
    """The slots with one more row bound."""
    inner = AccountSlots(rows) if isinstance(rows, AccountSlots) else dict(rows)
    inner[slot] = row
    return inner


def exact_constant(value: Any) -> Fraction:
    if isinstance(value, Moment):
        value = value.seconds
    return Fraction(value.numerator, value.denominator) if isinstance(value, Ratio) else Fraction(value)


def _as_truth(value: Native) -> Truth:
    if isinstance(value, Nothing):
        return Truth(FALSE, None, None, TRUE)
    assert isinstance(value, Truth)
    return value


def _either(b: Any, left: Any, right: Any) -> Any:
    return right if left is None else left if right is None else b.or_(left, right)


__all__ = ["FALSE", "NAN", "TRUE", "Emitter", "Number", "Rows", "Unsupported", "I8", "I32"]
