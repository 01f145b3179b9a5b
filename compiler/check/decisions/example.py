"""An example input in words: `side = "buy", utilization = 90%`, in the text and the units of the rulebook."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from ....program.diagnostic import Span
from ....program.dimension import RATIO, TIME, Dimension
from ....program.literal import TIME_UNITS, instant_text
from ....program.number import Value, divide, result_text
from ....program.types import Date, Label, Number, Type
from .domains import Interval, Words
from .formula import Variable
from .linear import friendly
from .solve import Example

_SHOWN = 6
_DAY, _YEAR = Fraction(86_400), Fraction(365 * 86_400)


def pick(variable: Variable, interval: Interval) -> Fraction:
    """A value that a person would try."""
    type_ = variable.term.type
    if isinstance(type_, Date):
        if interval.low is None and interval.high is None:
            return Fraction(20_454) * _DAY  # 2026-01-01
        return friendly(interval, _DAY, zero=False)
    unit, suffix = _counted(type_)
    if suffix == "%" and any(end is not None and abs(end) > 1 for end in (interval.low, interval.high)):
        unit = Fraction(1)
    return friendly(interval, unit, variable.whole)


def described(example: Example, variables: list[Variable], text: Callable[[Span], str]) -> str:
    """The values that matter, in the order in which they stand in the conditions."""
    mentioned = {*example.numbers, *example.words, *example.truths, *example.absent}
    numbers = sorted(mentioned, key=lambda number: variables[number].term.span)
    parts = [_part(example, number, variables[number], text) for number in numbers]
    shown = [part for part in parts if part]
    return ", ".join([*shown[:_SHOWN], *(["..."] if len(shown) > _SHOWN else [])])


def computed(example: Example, variables: list[Variable]) -> list[Variable]:
    """The values an example counts on that need not be possible: computed ones, and fractions of integers."""
    mentioned = {*example.numbers, *example.words, *example.truths, *example.absent}
    broken = {v for v, value in example.numbers.items() if variables[v].whole and value.denominator != 1}
    return [variables[number] for number in sorted(mentioned) if variables[number].computed or number in broken]


def _part(example: Example, number: int, variable: Variable, text: Callable[[Span], str]) -> str:
    name = text(variable.term.span)
    if number in example.absent:
        return f"{name} = none"
    if number in example.numbers:
        return f"{name} = {_number(example.numbers[number], variable.term.type)}"
    if number in example.words:
        return _word(name, example.words[number], variable.term.type)
    if number in example.truths:
        truth = "true" if example.truths[number] else "false"
        return f"{name} = {truth}" if name.replace(".", "_").isidentifier() else f"({name}) = {truth}"
    return ""


def _word(name: str, words: Words, type_: Type) -> str:
    if words.allowed is None:
        others = ", ".join(f'"{word}"' for word in sorted(words.excluded))
        return f"{name} other than {others}"
    declared = type_.choices if isinstance(type_, Label) and type_.choices else sorted(words.allowed)
    first = next((word for word in declared if word in words.allowed), min(words.allowed))
    return f'{name} = "{first}"'


def _number(value: Fraction, type_: Type) -> str:
    if isinstance(type_, Date):
        return instant_text(int(value))
    unit, suffix = _counted(type_)
    if not value:
        return f"0{suffix}" if suffix.startswith("%") else "0"
    if suffix == "%" and abs(value) > 1:
        return result_text(_exact(value))  # a ratio beyond 100 % is a factor
    return result_text(_exact(value / unit)) + suffix


def _counted(type_: Type) -> tuple[Fraction, str]:
    """What people count a dimension in, and how it is written behind the number."""
    dimension = type_.dimension if isinstance(type_, Number) else None
    if dimension is None or (isinstance(type_, Number) and type_.integer):
        return Fraction(1), ""
    if dimension == RATIO:
        return Fraction(1, 100), "%"
    if dimension == Dimension(((TIME, 1),)):
        return Fraction(str(TIME_UNITS["h"])), "h"
    per_time = dict(dimension.factors).get(TIME) == -1
    if per_time:
        rest = dimension * Dimension(((TIME, 1),))
        unit, suffix = _counted(Number(rest))
        return unit / _YEAR, f"{suffix} per year"
    return Fraction(1), f" {dimension}"


def _exact(value: Fraction) -> Value:
    return divide(Decimal(value.numerator), Decimal(value.denominator))
