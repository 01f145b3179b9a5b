"""Functions on exact numbers: rounding on integers, and roots and exponentials as rational-valued functions.

`sqrt`, `exp`, `ln` and `normal_cdf` are defined as: the argument rounded half-even to 60 significant digits, the
result correctly rounded half-even to 50, a magnitude below 1e-100 being 0. So every comparison stays total and
transitive.
"""

from __future__ import annotations

import decimal
from decimal import Decimal

from ...program.number import ZERO, Ratio, Value, divide, multiply
from .normal import normal_distribution

ARGUMENT_DIGITS = 60
RESULT_DIGITS = 50
SMALLEST = Decimal("1e-100")
EXPONENT_LIMIT = Decimal(230)


class DomainError(ValueError):
    """An argument outside a function's domain; the message says which values it takes."""


def _context(digits: int) -> decimal.Context:
    return decimal.Context(
        prec=digits, rounding=decimal.ROUND_HALF_EVEN, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, traps=[]
    )


_ARGUMENT = _context(ARGUMENT_DIGITS)
_RESULT = _context(RESULT_DIGITS)


def _rounded(value: Value) -> Decimal:
    if isinstance(value, Ratio):
        return _ARGUMENT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return _ARGUMENT.plus(value)


def _kept(value: Decimal) -> Decimal:
    return Decimal(0) if value.copy_abs() < SMALLEST else value


def square_root(value: Value) -> Decimal:
    if value < ZERO:
        raise DomainError("the square root takes nothing below 0")
    return _kept(_RESULT.sqrt(_rounded(value)))


def exponential(value: Value) -> Decimal:
    if not -EXPONENT_LIMIT <= value <= EXPONENT_LIMIT:
        raise DomainError(f"`exp` takes -{EXPONENT_LIMIT} to {EXPONENT_LIMIT}")
    return _kept(_RESULT.exp(_rounded(value)))


def logarithm(value: Value) -> Decimal:
    if value <= ZERO:
        raise DomainError("`ln` takes values above 0")
    return _kept(_RESULT.ln(_rounded(value)))


def normal_cdf(value: Value) -> Decimal:
    """The probability that a standard normal variable is at most `value`; 1/2 for 0."""
    return _kept(normal_distribution(_rounded(value), RESULT_DIGITS))


def round_to(value: Value, step: Value, mode: str) -> Value:
    """The multiple of `step` next to `value`. Modes: up, down (from and to zero), ceil, floor, half_even, half_up."""
    if not step > ZERO:
        raise DomainError("a rounding step is above 0")
    quotient = Ratio.of(divide(value, step))
    whole, rest = divmod(quotient.numerator, quotient.denominator)
    if rest and _goes_up(mode, whole, rest, quotient.denominator):
        whole += 1
    return multiply(Decimal(whole), step)


def _goes_up(mode: str, whole: int, rest: int, denominator: int) -> bool:
    """Whether a value strictly between `whole` and `whole + 1` goes to the upper one."""
    negative = whole < 0
    if mode in ("floor", "ceil"):
        return mode == "ceil"
    if mode in ("down", "up"):
        return negative == (mode == "down")
    if 2 * rest != denominator:
        return 2 * rest > denominator
    return whole % 2 == 1 if mode == "half_even" else not negative
