"""Numbers of a book: doubles, integers and decimals in place, text and wide decimals as far as they fit."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from ...program.number import NumberError, Ratio, Value, read_number
from ...program.program import Field, Moment
from ...program.types import Number
from .buffers import Array, Damaged, dictionary_of, texts, validity, view, with_nulls_last
from .columns import I64_MISSING, I64_NONE, I128_MISSING, I128_NONE, NONE_F64
from .layout import Blank, Laid, Layout, merged, present, rows_of, without_nulls

_LARGEST, _SMALLEST = 1e20, 1e-20
"""Doubles that machine code takes; other inputs are read exactly."""
_STRETCH = 8_192
"""Doubles looked at together: they and what is computed of them stay in the nearest cache."""
_SURE_DIGITS = 15
"""Any decimal of so many digits survives the way to a double and back."""
_I64_DIGITS = 18
_WORD = (1 << 64) - 1


def double_layout(field: Field) -> Layout:
    """float64, in place."""
    blank = _double_blank(field)
    integral = _integral(field)

    def lay(array: Array) -> Laid:
        data = view(array, np.float64)
        valid = validity(array)
        if valid is None:
            return Laid(data, untaken_doubles(data, integral))
        bad = untaken_doubles(np.where(valid, data, 0.0), integral)
        laid = without_nulls(array, data, blank)
        return Laid(laid.data, merged(bad, laid.bad))

    return Layout(field, "f64", 0, "<f8", blank, lay)


def integer_layout(field: Field, type_: Any) -> Layout:
    """Arrow's integers, those of 64 bits in place."""
    dtype = np.dtype(type_.to_pandas_dtype())
    blank = scaled_blank(field, 0, I64_MISSING, I64_NONE)

    def lay(array: Array) -> Laid:
        values = view(array, dtype)
        bad = None
        if dtype == np.uint64:
            bad = rows_of(values > np.uint64(-(I64_MISSING + 1)))
            values = values.view(np.int64)
        elif dtype == np.int64:
            bad = rows_of(values <= I64_NONE) if len(values) and values.min() <= I64_NONE else None
        laid = without_nulls(array, values.astype(np.int64, copy=False), blank)
        return Laid(laid.data, merged(present(array, bad), laid.bad))

    return Layout(field, "i64", 0, "<i8", blank, lay)


def decimal_layout(field: Field, type_: Any) -> Layout:
    """Decimals: of 64 bits in place as i64, narrower or shorter ones as i64, of 128 bits in place as i128."""
    scale: int = type_.scale
    if pa.types.is_decimal32(type_):
        return _small_decimal(field, scale, lambda array: view(array, np.int32).astype(np.int64))
    if pa.types.is_decimal64(type_):
        return _small_decimal(field, scale, lambda array: view(array, np.int64))
    if pa.types.is_decimal128(type_) and type_.precision <= _I64_DIGITS:
        return _small_decimal(field, scale, _low_words)
    return _wide_decimal(field, scale, 2 if pa.types.is_decimal128(type_) else 4)


def text_layout(field: Field) -> Layout:
    """Numbers as text: doubles where they survive it."""
    blank = _double_blank(field)
    integral = _integral(field)

    def lay(array: Array) -> Laid:
        encoded = dictionary_of(array)
        read = [_double_of_text(text, integral) for text in texts(encoded.dictionary)]
        table = np.array([*(value for value, _ in read), blank.value])
        untaken = np.array([*(not fine for _, fine in read), not blank.fits])
        numbers = with_nulls_last(encoded)
        return Laid(table[numbers], rows_of(untaken[numbers]))

    return Layout(field, "f64", 0, "<f8", blank, lay)


def untaken_doubles(data: Array, integral: bool) -> Array | None:
    """Rows whose double machine code does not take: NaN, infinite, too large or too small, or broken."""
    found: list[Array] = []
    size = np.empty(_STRETCH)
    for start in range(0, len(data), _STRETCH):
        part = data[start : start + _STRETCH]
        with np.errstate(all="ignore"):
            within = np.dot(part, part) <= _LARGEST * _LARGEST  # a sum of squares: each is within, and none is NaN
        here = np.abs(part, out=size[: len(part)])
        small = here < _SMALLEST
        if within and not integral and (not small.any() or np.array_equal(small, here == 0)):
            continue
        wrong = ~((here == 0) | ((here >= _SMALLEST) & (here <= _LARGEST)))
        if integral:
            with np.errstate(invalid="ignore"):
                wrong |= np.floor(part) != part
        if wrong.any():
            found.append(np.flatnonzero(wrong) + start)
    return merged(*found)


def survives(value: Value) -> float | None:
    """The double whose shortest decimal is this value, if there is one."""
    if isinstance(value, Ratio):
        return None
    near = float(value)
    return near if Decimal(repr(near)) == value else None


def double_taken(value: Value) -> float | None:
    """The same where machine code takes it."""
    near = survives(value)
    return near if not near or _SMALLEST <= abs(near) <= _LARGEST else None


def _integral(field: Field) -> bool:
    return isinstance(field.type, Number) and field.type.integer


def _double_blank(field: Field) -> Blank:
    if field.has_default and isinstance(field.default, Decimal | Ratio):
        near = double_taken(field.default)
        return Blank(np.nan, False) if near is None else Blank(near)
    return Blank(NONE_F64 if _blank_is_none(field) else np.nan)


def _blank_is_none(field: Field) -> bool:
    return field.default is None if field.has_default else field.type.optional


def _scaled(field: Field, scale: int) -> int | None:
    """The field's default as an integer of this scale, if it is one."""
    default = field.default.seconds if isinstance(field.default, Moment) else field.default
    if not isinstance(default, Decimal | Ratio):
        return None
    numerator, denominator = default.as_integer_ratio() if isinstance(default, Decimal) else (
        default.numerator, default.denominator)  # fmt: skip
    if abs(scale) > 100:
        return None
    above, below = numerator * 10 ** max(scale, 0), denominator * 10 ** max(-scale, 0)
    return above // below if above % below == 0 else None


def scaled_blank(field: Field, scale: int, missing: int, none: int) -> Blank:
    """What stands for null among integers of this scale."""
    if field.has_default and field.default is not None:
        value = _scaled(field, scale)
        return Blank(missing, False) if value is None or abs(value) >= -none else Blank(value)
    return Blank(none if _blank_is_none(field) else missing)


def _small_decimal(field: Field, scale: int, read: Callable[[Array], Array]) -> Layout:
    blank = scaled_blank(field, scale, I64_MISSING, I64_NONE)
    integral = _integral(field)

    def lay(array: Array) -> Laid:
        values = read(array)
        bad = rows_of(values <= I64_NONE) if len(values) and values.min() <= I64_NONE else None
        bad = merged(bad, _untaken_scaled(values, scale, integral))
        laid = without_nulls(array, values, blank)
        return Laid(laid.data, merged(present(array, bad), laid.bad))

    return Layout(field, "i64", scale, "<i8", blank, lay)


def _untaken_scaled(values: Array, scale: int, integral: bool) -> Array | None:
    """Rows outside the range of inputs, as far as the scale lets any be there; and broken ones of an integer."""
    if not len(values):
        return None
    if not -21 <= scale <= 40:
        return rows_of(values != 0)  # a decimal with such a scale is looked at one by one
    if not integral or scale <= 0:
        return None
    return rows_of(values % 10**scale != 0) if scale <= _I64_DIGITS else rows_of(values != 0)


def _low_words(array: Array) -> Array:
    """Decimals of 128 bits and at most 18 digits as 64-bit integers. Raises Damaged."""
    words = view(array, np.int64, 2)
    low = np.ascontiguousarray(words[:, 0])
    beyond = words[:, 1] != low >> 63
    valid = validity(array)
    if (beyond if valid is None else beyond & valid).any():
        raise Damaged("a decimal has more digits than its type")
    return low


def _wide_decimal(field: Field, scale: int, width: int) -> Layout:
    """Decimals of 128 bits in place, those of 256 where they fit into 128."""
    blank = scaled_blank(field, scale, I128_MISSING, I128_NONE)
    value = np.array([blank.value & _WORD, (blank.value >> 64) & _WORD], np.uint64)
    blank = Blank(value, blank.fits)
    integral = _integral(field)

    def lay(array: Array) -> Laid:
        words = view(array, np.uint64, width)
        high = words[:, 1].view(np.int64)
        bad = rows_of(high == np.int64(-(1 << 63)))
        if width == 4:
            sign = (high >> 63).view(np.uint64)
            bad = merged(bad, rows_of((words[:, 2] != sign) | (words[:, 3] != sign)))
            words = np.ascontiguousarray(words[:, :2])
        if (integral and scale > 0) or not -1 <= scale <= 40:
            bad = merged(bad, rows_of((words != 0).any(axis=1)))  # looked at one by one
        laid = without_nulls(array, words, blank)
        return Laid(laid.data, merged(present(array, bad), laid.bad))

    return Layout(field, "i128", scale, "<u8", blank, lay, 2)


def _double_of_text(text: str | None, integral: bool) -> tuple[float, bool]:
    """The double that means what the text does, and whether there is one."""
    if text is None:
        return 0.0, False
    try:
        value = read_number(text)
    except NumberError:
        return 0.0, False
    near = double_taken(value)
    if near is None or (integral and value != value.to_integral_value()):
        return 0.0, False
    return near, True


def doubles_of_scaled(values: Array, scale: int) -> tuple[Array, Array | None]:
    """Integers of this scale as doubles, and the rows that do not survive it."""
    with np.errstate(all="ignore"):
        data = values / 10.0**scale if 0 <= scale <= 22 else values * 10.0**-scale
    unsure = rows_of(np.abs(values) >= 10**_SURE_DIGITS) if 0 <= scale <= 22 else rows_of(values != 0)
    return data, unsure
