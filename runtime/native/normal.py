"""The standard normal distribution function in machine code, with a proven bound.

Phi(-a) = e^(-a^2/2) M(a), M the Mills ratio over sqrt(2 pi). M is flat where Phi falls by a hundred orders of
magnitude: its Taylor series around grid points gives small values as many digits as large ones. The derivation is in
docs/native-functions.md.
"""

from __future__ import annotations

import decimal
import functools
import math
from decimal import Decimal

from llvmlite import ir

from ..exact.normal import normal_distribution, pi
from .exponential import exponential_of
from .polynomial import double, finite_or_nan, function_of_one, integer, nearest_whole, polynomial
from .values import IR
from .widths import DOUBLE, I64

CDF_LIMIT = 21.5
"""Phi(-21.5) < 10^-100: from here on the exact function is 0, or 1."""
CDF_STEPS = 4
"""Grid points in 1."""
CDF_DEGREE = 13
CDF_ULPS = 8
"""The relative error is at most CDF_ULPS * 2^-53, and so is the absolute one."""
CDF_SMALLEST = 2e-100
"""Beside the relative error: the exact function is 0 below 10^-100, and this one is not."""
NAME = "marginc.normal_cdf"
_TABLE = "marginc.normal_cdf.table"
_PRECISION = 120
_TERMS = 40
"""|c(40)| < 10^-24 everywhere, and the distance to the next point is 1/4: what is left out is below 10^-48."""
_UPPER_BITS = -(1 << 27)
"""Keeps 26 of 53 bits: what is left has an exact square, and so little is cut off that its error does not count."""
_MAGNITUDE_BITS = (1 << 63) - 1


def normal_cdf(module: ir.Module) -> ir.Function:
    """Adds `double marginc.normal_cdf(double)`: NaN for NaN and the infinite."""
    function, builder = function_of_one(module, NAME)
    x = function.args[0]
    magnitude = builder.bitcast(builder.and_(builder.bitcast(x, I64), integer(_MAGNITUDE_BITS)), DOUBLE)
    near = builder.fcmp_ordered("<", magnitude, double(CDF_LIMIT))
    a = builder.select(near, magnitude, double(CDF_LIMIT), name="a")
    density, ratio = _density(builder, a), _ratio(builder, a, _table(module))
    tail = builder.fmul(density, ratio)
    above = builder.fcmp_ordered(">", x, double(0.0))
    value = builder.select(above, builder.fsub(double(1.0), tail), tail)
    builder.ret(finite_or_nan(builder, builder.fcmp_ordered("<", magnitude, double(math.inf)), value))
    return function


def _density(builder: ir.IRBuilder, a: IR) -> IR:
    """e^(-a^2/2), the square in two parts, the larger exact: an error in it would be one of the whole result."""
    upper = builder.bitcast(builder.and_(builder.bitcast(a, I64), integer(_UPPER_BITS)), DOUBLE)
    high = builder.fmul(builder.fmul(upper, double(-0.5)), upper)
    rest = builder.fsub(a, upper)
    low = builder.fmul(builder.fmul(rest, double(-0.5)), builder.fadd(a, upper), name="low")
    return exponential_of(builder, high, low)


def _ratio(builder: ir.IRBuilder, a: IR, table: IR) -> IR:
    """M(a), by the series around the grid point next to `a`."""
    point, bits = nearest_whole(builder, builder.fmul(a, double(CDF_STEPS)))
    row = builder.and_(bits, integer((1 << 32) - 1))
    t = builder.fsub(a, builder.fmul(point, double(1 / CDF_STEPS)), name="t")
    coefficients = [
        builder.load(builder.gep(table, [integer(0), row, integer(n)], inbounds=True)) for n in range(CDF_DEGREE + 1)
    ]
    slope = polynomial(builder, coefficients[1:], t)
    return builder.fadd(coefficients[0], builder.fmul(t, slope), name="ratio")  # only the last sum rounds a large value


def _table(module: ir.Module) -> IR:
    rows = mills_series()
    kind = ir.ArrayType(ir.ArrayType(DOUBLE, CDF_DEGREE + 1), len(rows))
    table = ir.GlobalVariable(module, kind, _TABLE)
    table.linkage, table.global_constant, table.align = "internal", True, 64
    table.initializer = ir.Constant(kind, [[float(value) for value in row] for row in rows])
    return table


@functools.cache
def mills_series() -> tuple[tuple[Decimal, ...], ...]:
    """By grid point a = 0, 1/4, ..: the coefficients of M(a + t) in powers of t, right to 35 digits.

    M' = a M - 1/sqrt(2 pi), so the coefficients at a point obey (n + 1) c(n+1) = a c(n) + c(n-1). The exact executor's
    Phi gives M at the end of the grid; from there each series leads to the point before, the way that errors shrink.
    """
    with decimal.localcontext(prec=_PRECISION, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX):
        step = Decimal(1) / CDF_STEPS
        a = Decimal(CDF_LIMIT)
        value = normal_distribution(-a, _PRECISION // 2) * (a * a / 2).exp()
        density = 1 / (2 * pi(_PRECISION)).sqrt()
        rows = []
        while a >= 0:
            series = [value, a * value - density]
            for n in range(1, _TERMS):
                series.append((a * series[n] + series[n - 1]) / (n + 1))
            rows.append(tuple(series[: CDF_DEGREE + 1]))
            value = Decimal(0)
            for coefficient in reversed(series):
                value = coefficient - step * value
            a -= step
        return tuple(reversed(rows))
