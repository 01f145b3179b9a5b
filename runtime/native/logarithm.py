"""ln x in machine code, with a proven bound; the derivation is in docs/native-functions.md."""

from __future__ import annotations

import math
import struct
from fractions import Fraction

from llvmlite import ir

from .polynomial import (
    LN_2_HIGH,
    LN_2_LOW,
    MANTISSA_BITS,
    WHOLE,
    WHOLE_BITS,
    double,
    finite_or_nan,
    function_of_one,
    integer,
    polynomial,
)
from .values import IR
from .widths import DOUBLE, I64

LN_TERMS = 10
"""Of the series in s^2 behind its first term, s = (m - 1) / (m + 1)."""
LN_ULPS = 5
"""The relative error for normal doubles above 0 is at most LN_ULPS * 2^-53."""
NAME = "marginc.ln"
_SMALLEST_NORMAL = 2.0**-1022
_ROOT_OF_HALF: int = struct.unpack("<q", struct.pack("<d", math.sqrt(0.5)))[0]
"""The bits of the double next to sqrt(1/2), where mantissas begin."""
_BIAS = 1023


def logarithm(module: ir.Module) -> ir.Function:
    """Adds `double marginc.ln(double)`: NaN for NaN, infinity, 0, what is below 0, and below the normal doubles."""
    function, builder = function_of_one(module, NAME)
    x = function.args[0]
    inside = builder.and_(
        builder.fcmp_ordered(">=", x, double(_SMALLEST_NORMAL)), builder.fcmp_ordered("<", x, double(math.inf))
    )
    builder.ret(finite_or_nan(builder, inside, _logarithm_of(builder, x)))
    return function


def _logarithm_of(builder: ir.IRBuilder, x: IR) -> IR:
    """k ln 2 + ln(1 + f) with x = 2^k (1 + f); ln(1 + f) = f - (f^2/2 - s (f^2/2 + series))."""
    bits = builder.bitcast(x, I64)
    biased = builder.lshr(builder.add(bits, integer((_BIAS << MANTISSA_BITS) - _ROOT_OF_HALF)), integer(MANTISSA_BITS))
    k = builder.fsub(builder.bitcast(builder.add(biased, integer(WHOLE_BITS)), DOUBLE), double(WHOLE + _BIAS), name="k")
    shift = builder.shl(builder.sub(biased, integer(_BIAS)), integer(MANTISSA_BITS))
    f = builder.fsub(builder.bitcast(builder.sub(bits, shift), DOUBLE), double(1.0), name="f")
    s = builder.fdiv(f, builder.fadd(double(2.0), f))
    z = builder.fmul(s, s)
    coefficients = [double(Fraction(2, 2 * n + 1)) for n in range(1, LN_TERMS + 1)]
    series = builder.fmul(z, polynomial(builder, coefficients, z))
    half = builder.fmul(builder.fmul(f, double(0.5)), f)
    small = builder.fadd(builder.fmul(s, builder.fadd(half, series)), builder.fmul(k, double(LN_2_LOW)))
    rest = builder.fsub(builder.fsub(half, small), f)
    return builder.fsub(builder.fmul(k, double(LN_2_HIGH)), rest, name="result")
