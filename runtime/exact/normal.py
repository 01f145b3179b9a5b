"""The standard normal distribution function, correctly rounded.

Phi(x) = 1/2 + phi(x) (x + x^3/3 + x^5/(3 5) + x^7/(3 5 7) + ...), Abramowitz & Stegun 26.2.11, with
phi(x) = exp(-x^2/2) / sqrt(2 pi). All terms have the sign of x, so only the last step can cancel: far below 0 the sum
comes close to 1/2 and as many digits are lost as Phi(x) has zeros. The precision is raised until the digits that are
kept are beyond doubt (Ziv's strategy).
"""

from __future__ import annotations

import decimal
import functools
from decimal import Decimal

_BEYOND = Decimal(22)
"""Phi(-22) is 1.4e-107, below the smallest magnitude that is kept, and Phi(22) rounds to 1."""
_HALF = Decimal("0.5")
_GUARD = 12
"""Digits computed beyond those that are kept."""
_ATTEMPTS = 8


def normal_distribution(x: Decimal, digits: int) -> Decimal:
    """Phi(x), half-even to `digits` significant digits, `x` exactly as given; 0 and 1 where nothing else is near."""
    if abs(x) >= _BEYOND:
        return Decimal(0) if x < 0 else Decimal(1)
    if not x:
        return _HALF
    lost = int(x * x / 4) + 2 if x < 0 else 0  # Phi(x) > 10^-lost: log10(e) / 2 is below 1/4
    precision = digits + lost + _GUARD
    result = _rounding(digits)
    value = _approximate(x, precision)
    for _ in range(_ATTEMPTS):
        error = Decimal(1).scaleb(-(precision - _GUARD // 2))  # far above what some hundred operations round away
        low, high = _wide(precision).subtract(value, error), _wide(precision).add(value, error)
        if result.plus(low) == result.plus(high):
            break
        precision += digits
        value = _approximate(x, precision)
    return result.plus(value)


def _approximate(x: Decimal, precision: int) -> Decimal:
    """Phi(x) with an absolute error below 10^-(precision - _GUARD / 2)."""
    with decimal.localcontext(_rounding(precision)):
        square = x * x
        term = total = x
        odd = 1
        smallest = abs(x).scaleb(-precision) / 10
        while abs(term) > smallest or square > odd:
            odd += 2
            term = term * square / odd
            total += term
        density = (-square / 2).exp() / (2 * pi(precision)).sqrt()
        return _HALF + density * total


@functools.lru_cache(maxsize=8)
def pi(precision: int) -> Decimal:
    """16 arctan(1/5) - 4 arctan(1/239) (J. Machin, 1706), in integers scaled by a power of ten."""
    scale: int = 10 ** (precision + 10)

    def arctangent(of: int) -> int:
        term = total = scale // of
        divisor, sign = 1, 1
        while term:
            term //= of * of
            divisor, sign = divisor + 2, -sign
            total += sign * (term // divisor)
        return total

    scaled = 16 * arctangent(5) - 4 * arctangent(239)
    return _wide(precision).create_decimal(Decimal(scaled).scaleb(-(precision + 10), _wide(precision + 20)))


def _rounding(digits: int) -> decimal.Context:
    return decimal.Context(
        prec=digits, rounding=decimal.ROUND_HALF_EVEN, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, traps=[]
    )


def _wide(precision: int) -> decimal.Context:
    return _rounding(precision + 20)
