"""What an account brings: its fields and those of its rows, read from columns by their encoding."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from llvmlite import ir

from ...program.program import Field
from ...program.types import Row
from .arithmetic import NAN, intrinsic
from .floating import Floats
from .residues import of_double
from .values import AccountRow, Id, Native, Num
from .widths import DOUBLE, I8, I32, I64, I128
from .writing import INPUT_HIGH, INPUT_LOW

if TYPE_CHECKING:
    from .emit import Emitter

LARGEST_SCALE = 36
"""Powers of ten up to this one are denominators of residues."""


def read_input(emitter: Emitter, kind: str, field: Field, owner: Native) -> Native:
    """A field of the account, or of one of its rows."""
    index, safe = place_of(emitter, kind, owner)
    encoding, scale = emitter.encodings[kind, field.name]
    pointer = emitter.frame.pointer("column", kind, field.name)
    b = emitter.builder

    def at(type_: Any) -> Any:
        place = _guarded(emitter, b.gep(pointer, [index], source_etype=type_), safe)
        return b.load(place, typ=type_, align=min(8, type_.width // 8) if type_ is not DOUBLE else 8)

    optional = field.type.optional
    value: Native
    match encoding:
        case "f64" | "f64 all":
            v = at(DOUBLE)
            none = emitter.is_none_bits(v) if optional else None
            known = encoding == "f64 all" and not scale
            value = _of_double(emitter, Num(v, None, 1, INPUT_LOW, INPUT_HIGH, False, none, True, known=known), scale)
        case "i64":
            value = _scaled(emitter, at(I64), scale, optional)
        case "i128":
            value = _scaled(emitter, at(I128), scale, optional)
        case "b8":
            value = emitter.truth_of(at(I8), optional)
        case _:
            kind_of = field.type.kind if isinstance(field.type, Row) else ""
            value = Id(b.sext(at(I32), I64), kind_of, False, optional)
    if safe is not None:
        assert isinstance(owner, Id)
        value = emitter.at_optional(value, owner)
    return value


def read_vector(emitter: Emitter, kind: str, name: str, owner: Native, at: Id) -> Native:
    """A cell of a vector of an account's row, at a row of the vector's kind."""
    index, safe = place_of(emitter, kind, owner)
    b = emitter.builder
    width = emitter.frame.number("count", at.kind)
    inside = b.icmp_unsigned("<", at.v, width)
    cell = b.select(inside, at.v, ir.Constant(I64, 0))
    pointer = emitter.frame.pointer("column", kind, name)
    place = b.gep(pointer, [b.add(b.mul(index, width), cell)], source_etype=DOUBLE)
    ok = inside if safe is None else b.and_(inside, safe)
    v = b.load(_guarded(emitter, place, ok), typ=DOUBLE)
    places = emitter.encodings[kind, name][1]
    value: Native = _of_double(emitter, Num(v, None, 1, INPUT_LOW, INPUT_HIGH, False, None, True), places)
    for row in (owner, at):
        if isinstance(row, Id) and not row.certain:
            value = emitter.at_optional(value, row)
    return value


def place_of(emitter: Emitter, kind: str, owner: Native) -> tuple[Any, Any]:
    """The number of a row in its columns, and a truth whether it is there (None where that is known)."""
    if isinstance(owner, AccountRow) or kind == "account":
        return emitter.account, None
    assert isinstance(owner, Id)
    if owner.certain:
        return owner.v, None
    begin, end = emitter.spans[kind]
    b = emitter.builder
    safe = b.and_(b.icmp_signed(">=", owner.v, begin), b.icmp_signed("<", owner.v, end))
    return b.select(safe, owner.v, begin), safe


def _guarded(emitter: Emitter, pointer: Any, safe: Any) -> Any:
    """The address, or one where anything may be read, where the row is not there."""
    if safe is None:
        return pointer
    return emitter.builder.select(safe, pointer, emitter.frame.pointer("nothing"))


def _scaled(emitter: Emitter, integer: Any, scale: int, optional: bool) -> Num:
    """integer / 10^scale. The two least integers are missing and none."""
    b = emitter.builder
    type_ = integer.type
    least = -(1 << (type_.width - 1))
    if type_.width == 64:
        v, k = b.sitofp(integer, DOUBLE), 1
    else:  # in two halves of its size, which do not cancel: a conversion of all 128 bits would call a library
        negative = b.icmp_signed("<", integer, ir.Constant(type_, 0))
        positive = b.select(negative, b.neg(integer), integer)
        low = b.uitofp(b.trunc(positive, I64), DOUBLE)
        high = b.uitofp(b.trunc(b.lshr(positive, ir.Constant(type_, 64)), I64), DOUBLE)
        v, k = b.fadd(b.fmul(high, Floats.constant(2.0**64)), low), 2
        v = b.select(negative, b.fneg(v), v)
    absent = b.icmp_signed("<=", integer, ir.Constant(type_, least + 1))
    whole = scale == 0 and type_.width == 64
    if whole:  # larger integers are no doubles: the exact executor takes them
        size = b.call(intrinsic(b.module, "llvm.fabs"), [v])
        absent, k = b.fcmp_ordered(">=", size, Floats.constant(2.0**53)), 0
    elif scale:
        v, k = b.fmul(v, Floats.constant(float(Fraction(10) ** -scale))), k + 2
    if type_.width > 64 or not 0 <= scale <= -INPUT_LOW:  # the exact executor takes what is larger or smaller
        size = b.call(intrinsic(b.module, "llvm.fabs"), [v])
        within = b.fcmp_ordered("<=", size, Floats.constant(10.0**INPUT_HIGH))
        if scale > -INPUT_LOW:
            large = b.fcmp_ordered(">=", size, Floats.constant(10.0**INPUT_LOW))
            nought = b.fcmp_ordered("==", size, Floats.constant(0.0))
            within = b.and_(within, b.or_(large, nought))
        absent = b.or_(absent, b.not_(within))
    none = b.icmp_signed("==", integer, ir.Constant(type_, least + 1)) if optional else None
    number = Num(b.select(absent, NAN, v), None, k, INPUT_LOW, INPUT_HIGH, faithful=whole)
    if emitter.numbers.residues and abs(scale) <= LARGEST_SCALE:
        r = integer if type_.width == 128 else b.sext(integer, I128)
        if scale < 0:
            r = b.mul(r, ir.Constant(I128, 10**-scale))
        number = replace(number, r=r, d=10 ** max(scale, 0))
    return replace(number, none=none)


def _of_double(emitter: Emitter, number: Num, places: int) -> Num:
    """A double as it was read: `places` is how many decimal places its column has, where that counts."""
    return of_double(emitter.numbers, number, places) if emitter.numbers.residues else number
