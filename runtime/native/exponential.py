"""e^x in machine code, with a proven bound; the derivation is in docs/native-functions.md."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from llvmlite import ir

from .polynomial import (
    LN_2,
    LN_2_HIGH,
    LN_2_LOW,
    MANTISSA_BITS,
    double,
    finite_or_nan,
    function_of_one,
    integer,
    nearest_whole,
    polynomial,
)
from .values import IR
from .widths import I64

EXP_LIMIT = 230.0
"""The domain of the exact function; NaN beyond."""
EXP_DEGREE = 13
EXP_ULPS = 3
"""The relative error on the domain is at most EXP_ULPS * 2^-53."""
NAME = "marginc.exp"


def exponential(module: ir.Module) -> ir.Function:
    """Adds `double marginc.exp(double)`: NaN beyond the domain and for NaN."""
    function, builder = function_of_one(module, NAME)
    x = function.args[0]
    inside = builder.and_(
        builder.fcmp_ordered("<=", x, double(EXP_LIMIT)), builder.fcmp_ordered(">=", x, double(-EXP_LIMIT))
    )
    builder.ret(finite_or_nan(builder, inside, exponential_of(builder, x)))
    return function


def exponential_of(builder: ir.IRBuilder, high: IR, low: IR | None = None) -> IR:
    """e^(high + low) for |high| <= 245 and |low| <= 2^-15; any double beyond that, and never a trap."""
    count, bits = nearest_whole(builder, builder.fmul(high, double(1 / LN_2)))
    near = builder.fsub(high, builder.fmul(count, double(LN_2_HIGH)), name="near")
    rest = builder.fmul(count, double(LN_2_LOW))
    if low is not None:
        rest = builder.fsub(rest, low)
    r = builder.fsub(near, rest, name="r")
    series = polynomial(builder, [double(Fraction(1, factorial(n))) for n in range(2, EXP_DEGREE + 1)], r)
    fraction = builder.fadd(double(1.0), builder.fadd(r, builder.fmul(builder.fmul(r, r), series)), name="fraction")
    exponent = builder.shl(bits, integer(MANTISSA_BITS))
    return builder.bitcast(builder.add(builder.bitcast(fraction, I64), exponent), fraction.type)
