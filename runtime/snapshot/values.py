"""Values of a snapshot, read by the type of their field."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from ...program.diagnostic import Diagnostic, Span
from ...program.number import NumberError, read_number
from ...program.program import Constant, Moment, RowKey, VectorValue
from ...program.types import Date, Label, Number, Row, Truth, Type, Vector
from ..diagnostics import snapshot as pages
from .instant import InstantError, read_instant
from .json_text import NESTING, Numeral, nesting, shape_of

Reader = Callable[[object], Constant]
"""From a parsed JSON value to a typed one. Raises Refused."""

LONGEST_TEXT = 1_000
"""Characters of a name, a key or a label."""


class Refused(Exception):
    """A value that is not taken. `build` makes the finding from its place and what the value is called."""

    def __init__(self, build: Callable[[Span, str], Diagnostic]):
        super().__init__("value refused")
        self.build = build


def reader(type_: Type) -> Reader:
    """How values of fields of this type are read; `null` is none where the type is optional."""
    read = _reader(type_)
    shown, allowed = str(type_), type_.optional

    def read_or_none(value: object) -> Constant:
        if value is None:
            if allowed:
                return None
            raise Refused(lambda span, what: pages.not_optional(span, what, shown))
        return read(value)

    return read_or_none


def read_text(value: object) -> str:
    """A name or a label: text that can be shown, or a number's own text. Raises Refused."""
    if not isinstance(value, str):
        raise wrong_shape(value, "text")
    reason = text_trouble(value)
    if reason:
        raise Refused(lambda span, what: pages.bad_text(span, what, value, reason))
    return str(value)


def text_trouble(text: str) -> str:
    """Why this text cannot be a name, or nothing."""
    if not text:
        return "is empty"
    if len(text) > LONGEST_TEXT:
        return f"has more than {LONGEST_TEXT} characters"
    return "" if text.isprintable() else "has characters that cannot be shown"


def wrong_shape(value: object, expected: str) -> Refused:
    """The refusal of an object, array or single value that stands where `expected` should."""
    if nesting(value, NESTING) >= NESTING:
        return Refused(lambda span, what: pages.nested_too_deeply(span, NESTING))
    return Refused(lambda span, what: pages.wrong_shape(span, what, expected, shape_of(value)))


def _reader(type_: Type) -> Reader:
    match type_:
        case Number(integer=True):
            return _integer
        case Number():
            return _number
        case Truth():
            return _truth
        case Label(choices=None):
            return _free_label
        case Label(choices=tuple() as choices):
            return _label(choices)
        case Date():
            return _date
        case Row(kind=kind):
            return _reference(kind)
        case Vector(item=item):
            return _vector(_reader(item))
        case _:
            return _unread(str(type_))


def _vector(item: Reader) -> Reader:
    """An object from the keys of a reference kind to numbers."""

    def read(value: object) -> VectorValue:
        if not isinstance(value, dict):
            raise wrong_shape(value, "an object of numbers by key")
        cells = []
        for key, inner in value.items():
            number = item(inner)
            assert isinstance(number, Decimal)  # a vector's items are numbers
            cells.append((read_text(key), number))
        return VectorValue(tuple(cells))

    return read


def _number(value: object) -> Decimal:
    if not isinstance(value, str):
        raise wrong_shape(value, "a number")
    try:
        return read_number(value)
    except NumberError as error:
        reason = str(error)
        raise Refused(lambda span, what: pages.bad_number(span, what, value, reason)) from None


def _integer(value: object) -> Decimal:
    number = _number(value)
    if number != number.to_integral_value():
        raise Refused(lambda span, what: pages.not_integral(span, what, str(value)))
    return number


def _truth(value: object) -> bool:
    if value is True or value is False:
        return value
    found = f"`{value}`" if isinstance(value, str) and len(value) < 10 and value.isprintable() else shape_of(value)
    raise Refused(lambda span, what: pages.not_truth(span, what, found))


def _free_label(value: object) -> str:
    if isinstance(value, Numeral):
        raise wrong_shape(value, "text in quotes")
    return read_text(value)


def _label(choices: tuple[str, ...]) -> Reader:
    allowed = frozenset(choices)

    def read(value: object) -> str:
        if isinstance(value, str) and value in allowed and not isinstance(value, Numeral):
            return value
        if not isinstance(value, str) or isinstance(value, Numeral):
            raise wrong_shape(value, "text in quotes")
        raise Refused(lambda span, what: pages.not_a_choice(span, what, value, choices))

    return read


def _date(value: object) -> Moment:
    if not isinstance(value, str) or isinstance(value, Numeral):
        raise wrong_shape(value, "a date in quotes")
    try:
        return Moment(read_instant(value))
    except InstantError as error:
        reason = str(error)
        raise Refused(lambda span, what: pages.bad_date(span, what, value, reason)) from None


def _reference(kind: str) -> Reader:
    def read(value: object) -> RowKey:
        if not isinstance(value, str):
            raise wrong_shape(value, f"the key of a row of `{kind}`")
        return RowKey(kind, read_text(value))

    return read


def _unread(shown: str) -> Reader:
    def read(_: object) -> Constant:
        raise Refused(lambda span, what: pages.type_not_read(span, what, shown))

    return read
