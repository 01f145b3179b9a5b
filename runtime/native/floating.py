"""Numbers as doubles with a proven bound, whole: rounding to steps, roots, exponentials and the rest of the functions.

The rules and their proofs stand in docs/certified-floats.md, one section for each method here.
"""

from __future__ import annotations

import math
from fractions import Fraction

from .arithmetic import UNIT, Arithmetic
from .values import IR, Num


class Floats(Arithmetic):
    """Arithmetic on `Num`, written through `builder`. `functions`: exp, ln and normal_cdf by name."""

    # ---- rounding

    def rounded(self, value: Num, step: Num, mode: str, inverse: Num | None = None) -> Num:
        """The multiple of step next to value; unknown where the bound reaches over a boundary between two.

        `inverse`: 1 / step, where that is known without dividing.
        """
        quotient = self.divide(value, step) if inverse is None else self.multiply(value, inverse)
        half = mode.startswith("half")
        shifted = self._sum(quotient, self.number(Fraction(1, 2)), self.b.fadd(quotient.v, self.constant(0.5)), False)
        at = shifted if half else quotient
        whole = self._whole(at.v, value, mode)
        result = self.multiply(
            Num(whole, None, 0, 0, max(0, quotient.high) + 1, quotient.positive, hulled=quotient.hulled), step
        )
        if not self.certify:
            return result
        error = self.error(at)
        over = self.b.fsub(at.v, self._floor(at.v))  # how far it is above the whole number below it, exactly
        inside = self.b.and_(self.b.fcmp_ordered(">", over, error),
                             self.b.fcmp_ordered("<", over, self.b.fsub(self.constant(1.0), error)))  # fmt: skip
        bad = self.b.and_(self.b.not_(inside), self.b.fcmp_unordered("!=", self.magnitude(value), self.constant(0.0)))
        if inverse is None or not step.positive:  # an inverse that is known says that the step is not 0
            bad = self.b.or_(bad, self.b.not_(self.b.fcmp_ordered(">", step.v, self.constant(0.0))))
        return self.unknown(result, bad)

    def _whole(self, at: IR, value: Num, mode: str) -> IR:
        floor, ceil = self._floor(at), self.b.fneg(self._floor(self.b.fneg(at)))
        if mode in ("floor", "half_even", "half_up"):
            return floor
        if mode == "ceil":
            return ceil
        negative = self.b.fcmp_ordered("<", value.v, self.constant(0.0))
        down, up = (ceil, floor) if mode == "down" else (floor, ceil)
        return self.b.select(negative, down, up)

    def _floor(self, value: IR) -> IR:
        return self.b.call(self._intrinsic("llvm.floor"), [value])

    # ---- functions

    def square_root(self, one: Num) -> Num:
        """Of x with |x - exact| <= E: at most E / sqrt(x) away, where x > 4 E."""
        v = self.b.call(self._intrinsic("llvm.sqrt"), [one.v])
        low, high = one.low // 2 - 1, max(0, one.high) // 2 + 1
        if not self.certify:
            return Num(v, None, 0, low, high, True)
        if one.m is None:
            return Num(v, None, self.units(one.k + 2), low, high, True, hulled=one.hulled)
        exact_zero = self._is_zero(one.m)
        enough = self.b.fcmp_ordered(">", one.v, self.b.fmul(self.constant(4 * one.k * UNIT), one.m))
        m = self.b.select(exact_zero, self.constant(0.0), self.b.fdiv(one.m, v))
        root = Num(v, m, self.units(one.k + 2), low, high, True, hulled=one.hulled)
        return self.unknown(root, self.b.not_(self.b.or_(enough, exact_zero)))

    def exponential(self, one: Num) -> Num:
        from .transcendental import EXP_ULPS

        v = self.b.call(self.functions("exp"), [one.v])
        if not self.certify:
            return Num(v, None, 0, -101, 101, True)
        m = self.b.fmul(v, self._larger(self.constant(1.0), self.magnitude(one)))
        result = Num(v, m, self.units(2 * one.k + math.ceil(EXP_ULPS) + 1), -101, 103, True, hulled=one.hulled)
        near = self.b.fcmp_ordered("<", self.error(one), self.constant(2.0**-10))
        inside = self.b.fcmp_ordered("<", self.absolute_of(one.v), self.constant(229.9))
        return self.unknown(result, self.b.not_(self.b.and_(near, inside)))

    def logarithm(self, one: Num) -> Num:
        from .transcendental import LN_ULPS

        v = self.b.call(self.functions("ln"), [one.v])
        if not self.certify:
            return Num(v, None, 0, -17, 3)
        size = self.magnitude(one)
        m = self.b.fadd(self.b.fdiv(size, one.v), self.absolute_of(v))
        result = Num(v, m, self.units(2 * one.k + math.ceil(LN_ULPS) + 1), -17, 3, hulled=one.hulled)
        enough = self.b.fcmp_ordered(">", one.v, self.b.fmul(self.constant(4 * max(1, one.k) * UNIT), size))
        return self.unknown(result, self.b.not_(enough))

    def normal_cdf(self, one: Num) -> Num:
        from .transcendental import CDF_ULPS

        v = self.b.call(self.functions("normal_cdf"), [one.v])
        if not self.certify:
            return Num(v, None, 0, -17, 1, True)
        m = self.b.fadd(self.constant(1.0), self.b.fmul(self.constant(0.4), self.magnitude(one)))
        return Num(v, m, self.units(max(one.k, 1) + math.ceil(CDF_ULPS)), -104, 41, True, hulled=one.hulled)
