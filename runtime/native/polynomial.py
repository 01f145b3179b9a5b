"""What the approximations of exp, ln and normal_cdf share: doubles of exact numbers, polynomials, ln 2 in two parts.

Everything is plain IEEE arithmetic, one rounding an operation: no library, no fused multiplication, no flag that lets
LLVM reorder. So a result has the same bits on every machine, alone or in a vector.
"""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from llvmlite import ir

from .values import IR
from .widths import DOUBLE, I64

LN_2 = decimal.Context(prec=50).ln(Decimal(2))
HIGH_BITS = 42
"""So many bits that `n` times the high part of ln 2 is exact for |n| <= 2^11."""
LN_2_HIGH = round(Fraction(LN_2) * 2**HIGH_BITS) / 2**HIGH_BITS
LN_2_LOW = float(Fraction(LN_2) - Fraction(LN_2_HIGH))

WHOLE = 1.5 * 2.0**52
"""Doubles next to it are 1 apart: adding it rounds to a whole number, which then stands in the lowest bits."""
WHOLE_BITS = 0x4338 << 48
MANTISSA_BITS = 52


def double(value: float | Decimal | Fraction) -> IR:
    """The double next to `value`."""
    return ir.Constant(DOUBLE, float(value))


def integer(value: int) -> IR:
    return ir.Constant(I64, value)


def nearest_whole(builder: ir.IRBuilder, value: IR) -> tuple[IR, IR]:
    """The whole number next to `value`, below 2^51 in magnitude: as a double, and as bits whose low half it is."""
    shifted = builder.fadd(value, double(WHOLE))
    return builder.fsub(shifted, double(WHOLE), name="count"), builder.bitcast(shifted, I64)


def polynomial(builder: ir.IRBuilder, coefficients: Sequence[IR], x: IR) -> IR:
    """c0 + c1 x + c2 x^2 + ...; neighbours are joined first, which keeps the chain of dependent operations short."""
    terms, power = list(coefficients), x
    while len(terms) > 1:
        pairs = [
            builder.fadd(low, builder.fmul(high, power)) for low, high in zip(terms[::2], terms[1::2], strict=False)
        ]
        terms = pairs + terms[len(pairs) * 2 :]
        if len(terms) > 1:
            power = builder.fmul(power, power)
    return terms[0]


def finite_or_nan(builder: ir.IRBuilder, inside: IR, value: IR) -> IR:
    """`value` inside a function's domain, NaN elsewhere."""
    return builder.select(inside, value, double(float("nan")))


def function_of_one(module: ir.Module, name: str) -> tuple[ir.Function, ir.IRBuilder]:
    """An empty function from a double to a double, private to the module, and what writes its body."""
    function = ir.Function(module, ir.FunctionType(DOUBLE, [DOUBLE]), name)
    function.linkage = "internal"
    for attribute in ("nounwind", "inlinehint"):
        function.attributes.add(attribute)
    function.args[0].name = "x"
    return function, ir.IRBuilder(function.append_basic_block("entry"))
