"""Vectors of a book, one number for each row of a reference kind: lists in the order of the rows, structs, maps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from ...program.program import Field, VectorValue
from ...program.types import Vector
from .buffers import Array, Damaged, ascending, texts, validity, view
from .layout import Blank, Laid, Layout, merged, rows_of
from .numbers import double_taken, doubles_of_scaled

ItemLayout = Callable[[Field, Any], Layout | None]
"""How numbers of an Arrow type are laid out; None where the type is no number."""


def vector_layout(field: Field, type_: Any, order: Mapping[str, int], item_layout: ItemLayout) -> Layout | None:
    """A matrix of doubles; None where the Arrow type holds no numbers by row."""
    assert isinstance(field.type, Vector)
    item = Field(field.name, replace(field.type.item, optional=False), "observed")
    blank = _blank(field, order)
    width = len(order)

    def laid(array: Array, data: Array, bad: Array | None) -> Laid:
        """The matrix with null vectors blank; a finished list of rows that cannot be read."""
        valid = validity(array)
        if valid is not None:
            data = np.array(data)
            data[~valid] = blank.value
            bad = bad[valid[bad]] if bad is not None else None
            bad = merged(bad, None if blank.fits else np.flatnonzero(~valid))
        return Laid(data, bad)

    read: Callable[[Array], tuple[Array, Array | None]] | None = None
    if pa.types.is_struct(type_):
        read = _from_struct(item, type_, order, item_layout)
    elif pa.types.is_map(type_):
        read = _from_map(item, type_, order, item_layout)
    elif is_list(type_):
        read = _from_list(item, type_, width, item_layout)
    if read is None:
        return None
    take = read
    return Layout(field, "v64", 0, "<f8", blank, lambda array: laid(array, *take(array)), width)


def is_list(type_: Any) -> bool:
    """Whether this is one of Arrow's lists with offsets, or of a fixed size."""
    return bool(pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_))


def list_bounds(array: Array) -> tuple[Array, Array]:
    """Offsets of the lists of an array, checked, and the child they point into. Raises Damaged."""
    if pa.types.is_fixed_size_list(array.type):
        size = array.type.list_size
        return np.arange(array.offset, array.offset + len(array) + 1, dtype=np.int64) * size, array.values
    values = array.values if not pa.types.is_map(array.type) else array.items
    offsets = view(array.offsets, array.offsets.type.to_pandas_dtype())
    if not ascending(offsets, len(values)):
        raise Damaged("rows of a list begin before the ones ahead of them end")
    return offsets, values


def _blank(field: Field, order: Mapping[str, int]) -> Blank:
    if not field.has_default:
        return Blank(np.nan, not field.type.optional)
    if not isinstance(field.default, VectorValue):
        return Blank(np.nan, False)  # none has no place among the doubles of a vector
    row = np.full(len(order), np.nan)
    for key, value in field.default.cells:
        near = double_taken(value)
        if near is None:
            return Blank(np.nan, False)
        if key in order:
            row[order[key]] = near
    return Blank(row)


def _doubles(layout: Layout, array: Array) -> tuple[Array, Array | None]:
    """Numbers as doubles, null as NaN, and the rows whose number is not taken or has too many digits."""
    laid = layout.lay(array)
    data, bad = laid.data, laid.bad
    valid = validity(array)
    if layout.encoding == "i64":
        data, unsure = doubles_of_scaled(data, layout.scale)
        bad = merged(bad, unsure)
    elif layout.encoding == "i128":
        data, bad = np.zeros(len(array)), np.arange(len(array))  # looked at one by one
    if valid is not None:
        data = np.where(valid, data, np.nan)
        bad = bad[valid[bad]] if bad is not None else None
    return data, bad


def _from_list(item: Field, type_: Any, width: int, item_layout: ItemLayout) -> Any:
    layout = item_layout(item, type_.value_type)
    if layout is None:
        return None
    inner = layout

    def read(array: Array) -> tuple[Array, Array | None]:
        offsets, values = list_bounds(array)
        lengths = np.diff(offsets)
        wrong = rows_of(lengths != width)
        if wrong is None:
            data, bad = _doubles(inner, values.slice(int(offsets[0]), int(offsets[-1] - offsets[0])))
            return data.reshape(len(array), width), None if bad is None or not width else np.unique(bad // width)
        matrix = np.full((len(array), width), np.nan)
        right = np.flatnonzero(lengths == width)
        data, bad = _doubles(inner, values)
        matrix[right] = data[offsets[right][:, None] + np.arange(width)]
        broken = np.zeros(len(values) + 1, np.int64)
        if bad is not None:
            broken[bad + 1] = 1
        counted = np.cumsum(broken)
        spoilt = right[counted[offsets[right + 1]] > counted[offsets[right]]]
        return matrix, merged(wrong, spoilt)

    return read


def _from_struct(item: Field, type_: Any, order: Mapping[str, int], item_layout: ItemLayout) -> Any:
    layouts = [item_layout(item, type_.field(place).type) for place in range(type_.num_fields)]
    if any(layout is None for layout in layouts):
        return None
    columns = [order.get(type_.field(place).name) for place in range(type_.num_fields)]

    def read(array: Array) -> tuple[Array, Array | None]:
        matrix = np.full((len(array), len(order)), np.nan)
        untaken = []
        for place, (layout, column) in enumerate(zip(layouts, columns, strict=True)):
            assert layout is not None
            data, bad = _doubles(layout, array.field(place))
            untaken.append(bad)
            if column is not None:
                matrix[:, column] = data
        return matrix, merged(*untaken)

    return read


def _from_map(item: Field, type_: Any, order: Mapping[str, int], item_layout: ItemLayout) -> Any:
    layout = item_layout(item, type_.item_type)
    if layout is None or not is_text(type_.key_type):
        return None
    inner = layout

    def read(array: Array) -> tuple[Array, Array | None]:
        offsets, values = list_bounds(array)
        first, count = int(offsets[0]), int(offsets[-1] - offsets[0])
        data, bad = _doubles(inner, values.slice(first, count))
        places = [order.get(key or "", -1) for key in texts(array.keys.slice(first, count))]
        owners = np.repeat(np.arange(len(array)), np.diff(offsets))
        columns = np.array(places, np.int64)
        known = columns >= 0
        cells = owners[known] * len(order) + columns[known]
        matrix = np.full((len(array), len(order)), np.nan)
        matrix.reshape(-1)[cells] = data[known]
        strange = None if bad is None else np.unique(owners[bad])
        ordered = np.sort(cells)
        twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]] // max(len(order), 1))
        return matrix, merged(strange, twice, np.unique(owners[~known]))

    return read


def is_text(type_: Any) -> bool:
    """Whether this is text, or a dictionary of text."""
    if pa.types.is_dictionary(type_):
        return is_text(type_.value_type) and not pa.types.is_dictionary(type_.value_type)
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_))
