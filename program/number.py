"""Exact numbers: a trapped `Decimal` where the value has at most 400 digits, else a pair of integers.

The meaning of the language is rational arithmetic. Decimals carry almost all of it at a tenth of the price of
fractions; whatever does not fit raises a trap and goes on as a `Ratio`. Never a float.
"""

from __future__ import annotations

import decimal
import math
import re
from collections.abc import Iterable
from decimal import Decimal


def _context(digits: int, *traps: type[decimal.DecimalException]) -> decimal.Context:
    return decimal.Context(
        prec=digits,
        rounding=decimal.ROUND_HALF_EVEN,
        Emin=decimal.MIN_EMIN,
        Emax=decimal.MAX_EMAX,
        traps=list(traps),
    )


_TRAPS = (
    decimal.Inexact,
    decimal.InvalidOperation,
    decimal.DivisionByZero,
    decimal.Overflow,
    decimal.Underflow,
    decimal.Subnormal,
)
EXACT = _context(400, *_TRAPS)
"""Run arithmetic on numbers under this context (`with decimal.localcontext(EXACT)`): nothing in it rounds."""

_QUOTIENT = _context(60, *_TRAPS)
_WIDE = _context(decimal.MAX_PREC)
INPUT_DIGITS = 60
INPUT_LARGEST = Decimal("1e40")
INPUT_SMALLEST = Decimal("1e-40")
VALUE_LIMIT = Decimal("1e100")
RESULT_DIGITS = 34
_RESULT = _context(RESULT_DIGITS)
_REDUCE_BITS = 512
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d{1,4})?\Z", re.ASCII)


class Ratio:
    """numerator / denominator, denominator > 0; reduced only where that pays."""

    __slots__ = ("denominator", "numerator")
    __hash__ = None  # type: ignore[assignment]  # computed numbers are never keys

    def __init__(self, numerator: int, denominator: int):
        if denominator.bit_length() > _REDUCE_BITS:
            divisor = math.gcd(numerator, denominator)
            numerator, denominator = numerator // divisor, denominator // divisor
        self.numerator = numerator
        self.denominator = denominator

    @staticmethod
    def of(value: Value) -> Ratio:
        return value if isinstance(value, Ratio) else Ratio(*value.as_integer_ratio())

    def __add__(self, other: Value) -> Ratio:
        other = Ratio.of(other)
        if self.denominator == other.denominator:
            return Ratio(self.numerator + other.numerator, self.denominator)
        return Ratio(
            self.numerator * other.denominator + other.numerator * self.denominator,
            self.denominator * other.denominator,
        )

    __radd__ = __add__

    def __neg__(self) -> Ratio:
        return Ratio(-self.numerator, self.denominator)

    def __sub__(self, other: Value) -> Ratio:
        return self + -Ratio.of(other)

    def __rsub__(self, other: Value) -> Ratio:
        return Ratio.of(other) + -self

    def __mul__(self, other: Value) -> Ratio:
        other = Ratio.of(other)
        return Ratio(self.numerator * other.numerator, self.denominator * other.denominator)

    __rmul__ = __mul__

    def __abs__(self) -> Ratio:
        return Ratio(abs(self.numerator), self.denominator)

    def __int__(self) -> int:
        """Towards zero, as for any number."""
        return abs(self.numerator) // self.denominator * (1 if self.numerator >= 0 else -1)

    def __bool__(self) -> bool:
        return self.numerator != 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ratio | Decimal):
            return NotImplemented
        return self._compare(other) == 0

    def __lt__(self, other: Value) -> bool:
        return self._compare(other) < 0

    def __le__(self, other: Value) -> bool:
        return self._compare(other) <= 0

    def __gt__(self, other: Value) -> bool:
        return self._compare(other) > 0

    def __ge__(self, other: Value) -> bool:
        return self._compare(other) >= 0

    def _compare(self, other: Value) -> int:
        other = Ratio.of(other)
        return self.numerator * other.denominator - other.numerator * self.denominator

    def __repr__(self) -> str:
        return f"Ratio({self.numerator}, {self.denominator})"


Value = Decimal | Ratio
"""An exact number. Mixed arithmetic and comparison work through `Ratio`'s reflected operators."""

ZERO = Decimal(0)
ONE = Decimal(1)


def add(left: Value, right: Value) -> Value:
    try:
        return left + right
    except decimal.Inexact:
        return Ratio.of(left) + right


def subtract(left: Value, right: Value) -> Value:
    try:
        return left - right
    except decimal.Inexact:
        return Ratio.of(left) - right


def multiply(left: Value, right: Value) -> Value:
    try:
        return left * right
    except decimal.Inexact:
        return Ratio.of(left) * right


def divide(left: Value, right: Value) -> Value:
    """left / right, exactly. Raises ZeroDivisionError."""
    if not right:
        raise ZeroDivisionError
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        try:
            return _QUOTIENT.divide(left, right)
        except decimal.Inexact:
            pass
    above, below = Ratio.of(left), Ratio.of(right)
    numerator = above.numerator * below.denominator
    denominator = above.denominator * below.numerator
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    divisor = math.gcd(numerator, denominator)
    return Ratio(numerator // divisor, denominator // divisor)


def power(base: Value, exponent: int) -> Value:
    """base ^ exponent for a literal integer exponent. Raises ZeroDivisionError for 0 ^ -n."""
    result: Value = ONE
    for _ in range(abs(exponent)):
        result = multiply(result, base)
    return divide(ONE, result) if exponent < 0 else result


def total(values: list[Value]) -> Value:
    """The sum. Decimals first; ratios by equal denominators, then as a balanced tree, which keeps it near linear."""
    result: Value = ZERO
    buckets: dict[int, int] = {}
    for value in values:
        if isinstance(value, Ratio):
            buckets[value.denominator] = buckets.get(value.denominator, 0) + value.numerator
        else:
            result = add(result, value)
    ratios = [Ratio(numerator, denominator) for denominator, numerator in buckets.items()]
    while len(ratios) > 1:
        pairs = [left + right for left, right in zip(ratios[::2], ratios[1::2], strict=False)]
        ratios = pairs + ratios[len(pairs) * 2 :]
    return add(result, ratios[0]) if ratios else result


class NumberError(ValueError):
    """Text that is not a number this language takes; the message says why, in the reader's words."""


def read_number(text: str) -> Decimal:
    """A decimal from its text: at most 60 significant digits, 0 or between 1e-40 and 1e40 in magnitude."""
    if len(text) > 200 or not _NUMBER.match(text):
        raise NumberError("is not a decimal number" if len(text) <= 200 else "has too many digits to be a number here")
    value = Decimal(text)
    if not value:
        return ZERO
    if len(value.as_tuple().digits) > INPUT_DIGITS:
        value = value.normalize(_WIDE)
        if len(value.as_tuple().digits) > INPUT_DIGITS:
            raise NumberError(f"has more than {INPUT_DIGITS} significant digits")
    if not INPUT_SMALLEST <= value.copy_abs() <= INPUT_LARGEST:
        raise NumberError("is outside 1e-40 to 1e40")
    return value


def canonical(value: Value) -> str:
    """The exact value as text: a plain decimal without trailing zeros, or `n/d` in lowest terms."""
    finite = finite_decimal(value)
    if finite is not None:
        return plain(finite)
    ratio = Ratio.of(value)
    divisor = math.gcd(ratio.numerator, ratio.denominator)
    return f"{ratio.numerator // divisor}/{ratio.denominator // divisor}"


def read_canonical(text: str) -> Value:
    """The inverse of `canonical`; bounded like an input. Raises NumberError."""
    numerator, slash, denominator = text.partition("/")
    if not slash:
        return read_number(text)
    if not re.fullmatch(r"-?\d{1,200}", numerator, re.ASCII) or not re.fullmatch(r"\d{1,200}", denominator, re.ASCII):
        raise NumberError("is not a fraction")
    if int(denominator) == 0:
        raise NumberError("divides by zero")
    return divide(Decimal(numerator), Decimal(denominator))


def finite_decimal(value: Value) -> Decimal | None:
    """The value as a Decimal where it is a finite decimal, else None."""
    if isinstance(value, Decimal):
        return value
    denominator = value.denominator // math.gcd(value.numerator, value.denominator)
    numerator = value.numerator * denominator // value.denominator
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    scaled = numerator * 2 ** (places - twos) * 5 ** (places - fives)
    return Decimal(scaled).scaleb(-places, _WIDE)


def result_text(value: Value) -> str:
    """A result for machines: finite decimals in full up to 34 digits, others half-even to 34 significant digits."""
    finite = finite_decimal(value)
    if finite is not None:
        with decimal.localcontext(_RESULT):
            return plain(+finite)
    ratio = Ratio.of(value)
    with decimal.localcontext(_RESULT):
        return plain(Decimal(ratio.numerator) / Decimal(ratio.denominator))


def plain(value: Decimal) -> str:
    """Positional notation, no exponent, no trailing zeros, no minus before zero."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def extreme(values: Iterable[Value], least: bool) -> Value | None:
    """The least or the largest of them, the first of equal ones; None of none."""
    best: Value | None = None
    for value in values:
        if best is None or (value < best if least else value > best):
            best = value
    return best
