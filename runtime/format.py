"""Values as people read them: percentages for ratios, digits in groups of three, and results in full for machines."""

from __future__ import annotations

import decimal
import re
from decimal import Decimal

from ..program.literal import instant_text
from ..program.number import EXACT, Ratio, Value, multiply, result_text
from ..program.program import Constant, Moment, RowKey, TableValue, VectorValue
from ..program.types import Number, Type

_FORMAT = re.compile(r"(?P<group>,?)(?:\.(?P<places>\d+))?(?P<kind>[f%]?)\Z")


def value_text(value: Constant, type_: Type | None, format_: str = "") -> str:
    """A value in a message. `.2%` is a percentage, `,.2f` grouped, `.4f` plain; without a format, what fits."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case Moment(seconds=seconds):
            return instant_text(seconds)
        case RowKey(key=key):
            return key
        case TableValue(rows=rows):
            return f"{len(rows)} rows"
        case VectorValue(cells=cells):
            return f"{len(cells)} values"
        case _:
            return _number(value, type_, format_)


def _number(value: Value, type_: Type | None, format_: str) -> str:
    if not format_:
        ratio = isinstance(type_, Number) and type_.dimension is not None and type_.dimension.is_ratio
        return percent(value, None) if ratio else result_text(value)
    match = _FORMAT.match(format_)
    if match is None:
        return result_text(value)
    places = int(match["places"] or 0)
    if match["kind"] == "%":
        return percent(value, places)
    return fixed(value, places, bool(match["group"]))


def percent(value: Value, places: int | None) -> str:
    """`95%`; None shows all digits up to 34 significant ones."""
    with decimal.localcontext(EXACT):
        hundredfold = multiply(value, Decimal(100))
    return (result_text(hundredfold) if places is None else fixed(hundredfold, places, False)) + "%"


def fixed(value: Value, places: int, grouped: bool = True) -> str:
    """`-1,668.26`: rounded half-even to `places`, no minus before zero."""
    with decimal.localcontext() as context:
        context.prec = 500
        context.traps[decimal.Inexact] = False
        if isinstance(value, Ratio):
            scaled = _half_even(value.numerator * 10**places, value.denominator)
            number = Decimal(scaled).scaleb(-places)
        else:
            number = value.quantize(Decimal(1).scaleb(-places), rounding=decimal.ROUND_HALF_EVEN)
        if not number:
            number = abs(number)
        return f"{number:,.{places}f}" if grouped else f"{number:.{places}f}"


def _half_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and whole % 2):
        return whole + 1
    return whole
