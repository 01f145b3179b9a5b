"""Numbers as an explanation shows them: money in full, ratios in per cent, quantities in the unit of their row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ...program.dimension import TIME, Atom, Dimension, Path, Unit
from ...program.number import ONE, Ratio, Value, multiply
from ...program.program import Definition
from ...program.types import Number, Type
from ..exact.rows import Row
from ..exact.told import outward
from ..format import fixed

HUNDRED = Decimal(100)
YEAR = Decimal(365 * 86_400)
_PER_YEAR = Dimension(((TIME, -1),))


def resolved(dimension: Dimension, rows: Mapping[str, Row]) -> Dimension:
    """The dimension with every row unit named by the row itself: `balance.asset.unit` becomes the unit of HYPE."""
    return dimension.map_paths(lambda path: _row_path(path, rows))


def named_units(type_: Type, rows: tuple[Row, ...]) -> Type:
    """The type with row units named by these rows."""
    if not isinstance(type_, Number) or type_.dimension is None:
        return type_
    return replace(type_, dimension=resolved(type_.dimension, {row.kind: row for row in rows}))


def typed(value: Any, type_: Type | None) -> Any:
    """A value as results hold it."""
    if isinstance(value, Value | None) or type_ is None:
        return outward(value, Definition("", (), "", 0, type_) if type_ is not None else None)
    return outward(value, None)


def _row_path(path: Path, rows: Mapping[str, Row]) -> Path:
    row: object = rows.get(path.root)
    for step in path.steps:
        row = row.values.get(step) if isinstance(row, Row) else None
    return Path(row.kind, (row.key,)) if isinstance(row, Row) else path


def unit_text(dimension: Dimension) -> str:
    """`USDC`, `HYPE`, `USDC/HYPE`; empty for a ratio."""
    above = [_power(atom, power) for atom, power in dimension.factors if power > 0]
    below = [_power(atom, -power) for atom, power in dimension.factors if power < 0]
    return "/".join(["*".join(above) or "1", *below]) if above or below else ""


def _power(atom: Atom, exponent: int) -> str:
    if isinstance(atom, Unit):
        path = atom.path
        name = path.steps[-1] if path.steps else path.root.partition('("')[2].removesuffix('")') or path.root
        if name[:1] in "#0123456789":  # the key of a row: a number alone is no unit
            name = f"{path.root} {name.removeprefix('#')}"
    else:
        name = "s" if atom == TIME else atom
    return name if exponent == 1 else f"{name}^{exponent}"


def is_money(dimension: Dimension | None) -> bool:
    """Whether this is an amount of one currency."""
    if dimension is None or len(dimension.factors) != 1:
        return False
    atom, power = dimension.factors[0]
    return isinstance(atom, str) and atom != TIME and power == 1


def dimension_of(type_: Type | None) -> Dimension | None:
    return type_.dimension if isinstance(type_, Number) else None


def in_full(value: Value, dimension: Dimension | None) -> tuple[str, str]:
    """Number and unit for a column of values: money to 8 decimals, ratios to 10 of a per cent, others to 12."""
    if is_money(dimension):
        return fixed(value, 8), unit_text(dimension or Dimension())
    number, unit = _percent(value, dimension, 10)
    return number if number else trimmed(value, 12), unit


def briefly(value: Value, dimension: Dimension | None) -> str:
    """Inside a sentence: `1,367.04`, `50,000,000`, `95 %`; a small amount keeps its first digits."""
    number, unit = _percent(value, dimension, 4)
    if number:
        return f"{number} {unit}"
    if is_whole(value):
        return fixed(value, 0)
    small = -ONE < value < ONE
    return trimmed(value, 8) if small or not is_money(dimension) else fixed(value, 2)


def operand(value: Value, dimension: Dimension | None) -> str:
    """Inside a calculation: `7,010.64`, `17.5 %`."""
    number, unit = ("", "") if is_whole(value) else _percent(value, dimension, 8)
    return f"{number} {unit}" if number else trimmed(value, 10)


def trimmed(value: Value, places: int) -> str:
    text = fixed(value, places)
    return text.rstrip("0").rstrip(".") if "." in text else text


def is_whole(value: Value) -> bool:
    if isinstance(value, Ratio):
        return value.numerator % value.denominator == 0
    return bool(value == value.to_integral_value())


def _percent(value: Value, dimension: Dimension | None, places: int) -> tuple[str, str]:
    """A ratio in per cent, empty for others; a whole one beyond 100 % is a plain number (a leverage of 10)."""
    if dimension == _PER_YEAR:
        return trimmed(multiply(multiply(value, YEAR), HUNDRED), places), "% per year"
    if dimension is None or not dimension.is_ratio:
        return "", unit_text(dimension) if dimension is not None else ""
    if is_whole(value) and value != 0 and value != ONE:
        return "", ""
    return trimmed(multiply(value, HUNDRED), places), "%"
