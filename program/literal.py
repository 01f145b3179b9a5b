"""Values as people write them (`95%`, `1_000_000`, `20 USDC`, `5% per year`, `2026-08-17`), read under a type."""

from __future__ import annotations

import datetime
import re
from collections.abc import Container
from decimal import Decimal

from .dimension import RATIO, TIME, Dimension, currency
from .number import EXACT, NumberError, Value, divide, read_number
from .program import Constant, Moment, RowKey
from .types import Date, Label, Nothing, Number, Row, Rows, Table, Truth, Type, Vector

RATIO_SUFFIXES = {"": Decimal(1), "%": Decimal("0.01"), "bp": Decimal("0.0001")}

_DAY = 86_400
TIME_UNITS = {
    name: Decimal(seconds)
    for names, seconds in (
        ("s second seconds", 1),
        ("min minute minutes", 60),
        ("h hour hours", 3_600),
        ("d day days", _DAY),
        ("week weeks", 7 * _DAY),
        ("y year years", 365 * _DAY),
    )
    for name in names.split()
}
"""Seconds in each unit of time. A year is 365 days; there are no months, they differ in length."""

_QUANTITY = re.compile(
    r"(?P<sign>[+-]?)(?P<number>\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?)(?:/(?P<below>\d+(?:_\d+)*))?"
    r"\s*(?P<suffix>%|[A-Za-z_][A-Za-z0-9_]*)?(?:\s+per\s+(?P<per>[A-Za-z_]+))?\Z",
    re.ASCII,
)
_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)Z?)?\Z", re.ASCII)


class LiteralError(ValueError):
    """Text that is no value of the wanted type. `help` says what to write instead."""

    def __init__(self, message: str, help: str = ""):
        super().__init__(message)
        self.help = help


def quantity(text: str, currencies: Container[str]) -> tuple[Value, Dimension, bool]:
    """A number with its unit: value, dimension, and whether a unit was written at all."""
    if re.match(r"[+-]?[\d_.]+[eE][+-]?\d+", text):
        raise LiteralError(
            f"`{_short(text)}` is a number with an exponent", "write the digits out, `1_000_000` or `0.001`"
        )
    match = _QUANTITY.match(text)
    if match is None:
        raise LiteralError(f"`{_short(text)}` is not a number", "write digits, as `1_000`, `0.5`, `95%` or `20 USDC`")
    try:
        value: Value = read_number(match["sign"] + match["number"].replace("_", ""))
        if match["below"]:
            value = divide(value, read_number(match["below"].replace("_", "")))
    except NumberError as error:
        raise LiteralError(f"`{_short(text)}` {error}", "numbers have at most 60 digits") from None
    except ZeroDivisionError:
        raise LiteralError(f"`{text}` divides by zero", "write the number itself") from None
    suffix, per = match["suffix"] or "", match["per"]
    scale, dimension = unit_scale(suffix, currencies)
    value = EXACT.multiply(value, scale) if isinstance(value, Decimal) else value * scale
    if per:
        if per not in TIME_UNITS:
            raise LiteralError(f"`per {per}` is no rate", f"per one of {', '.join(sorted(TIME_UNITS))}")
        value = divide(value, TIME_UNITS[per])
        dimension = dimension / Dimension(((TIME, 1),))
    return value, dimension, bool(suffix or per)


def unit_scale(suffix: str, currencies: Container[str]) -> tuple[Decimal, Dimension]:
    """What one of `suffix` is: a factor and its dimension. Raises LiteralError for an unknown unit."""
    if suffix in RATIO_SUFFIXES:
        return RATIO_SUFFIXES[suffix], RATIO
    if suffix in TIME_UNITS:
        return TIME_UNITS[suffix], Dimension(((TIME, 1),))
    if suffix in currencies:
        return Decimal(1), currency(suffix)
    raise LiteralError(f"`{suffix}` is no unit", "units are `%`, `bp`, the rulebook's currencies, and `s min h d year`")


def read_literal(text: str, type_: Type, currencies: Container[str]) -> Constant:
    """The value that `text` means under `type_`. A number without a unit takes the type's dimension."""
    if text == "none":
        if type_.optional or isinstance(type_, Nothing):
            return None
        raise LiteralError(f"`none` is no value of {type_}", f"give a value, or declare the field as `{type_} | none`")
    match type_:
        case Number(dimension=dimension, integer=integer):
            value, written, has_unit = quantity(text, currencies)
            if has_unit and written != dimension:
                raise LiteralError(f"`{text}` is {article(written)}, not {article(dimension)}", _plain_form(dimension))
            if integer and not (isinstance(value, Decimal) and value == value.to_integral_value()):
                raise LiteralError(f"`{text}` is not whole", "an integer has no fraction")
            return value
        case Truth():
            if text not in ("true", "false"):
                raise LiteralError(f"`{_short(text)}` is neither true nor false", "write `true` or `false`")
            return text == "true"
        case Label(choices=choices):
            if choices is not None and text not in choices:
                raise LiteralError(f"`{_short(text)}` is not one of {', '.join(choices)}", "write one of them")
            return text
        case Date():
            return Moment(Decimal(instant(text)))
        case Row(kind=kind):
            return RowKey(kind, text)
        case Vector(kind=kind):
            raise LiteralError(f"`{_short(text)}` is one value", f"write one for each {kind}: `{{KEY: value}}`")
        case Table() | Rows() | Nothing():
            raise LiteralError(f"`{_short(text)}` is no table", "write its rows as a list of `{from: ..., ...}`")


def infer_literal(text: str, currencies: Container[str]) -> tuple[Type, Constant]:
    """Type and value of a parameter that no model declares: the literal says what it is."""
    if text in ("true", "false"):
        return Truth(), text == "true"
    if _INSTANT.match(text):
        return Date(), Moment(Decimal(instant(text)))
    value, dimension, _ = quantity(text, currencies)
    return Number(dimension), value


def instant(text: str) -> int:
    """Seconds since 1970 of `2026-08-17` (00:00 UTC) or `2026-08-17T12:30Z`. Raises LiteralError."""
    match = _INSTANT.match(text)
    if match is None:
        raise LiteralError(f"`{_short(text)}` is no date", "write `2026-08-17` or `2026-08-17T12:30Z`")
    try:
        moment = datetime.datetime.fromisoformat(f"{match[1]}T{match[2] or '00:00'}+00:00")
    except ValueError:
        raise LiteralError(f"`{text}` is no day of the calendar", "write a date that exists") from None
    return int(moment.timestamp())


def instant_text(seconds: int | Value) -> str:
    """`2026-08-17`, with the time where it is not midnight."""
    whole = int(seconds)
    moment = datetime.datetime.fromtimestamp(whole, datetime.UTC)
    return moment.strftime("%Y-%m-%d" if whole % _DAY == 0 else "%Y-%m-%dT%H:%M:%SZ")


def article(dimension: Dimension | None) -> str:
    """A dimension in a sentence."""
    if dimension is None:
        return "a number"
    if dimension.is_ratio:
        return "a ratio"
    if str(dimension) == TIME:
        return "a time"
    return f"an amount in {dimension}"


def _plain_form(dimension: Dimension | None) -> str:
    if dimension is None or dimension.is_ratio:
        return "write a ratio, as `65%`"
    return f"write a plain number, it counts in {dimension}"


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= 40 else one_line[:37] + "..."
