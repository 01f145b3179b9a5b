"""How the values of one field are laid out for machine code, by the type of the field and of its Arrow column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...program.program import Field
from .buffers import Array, validity
from .columns import Encoding


@dataclass(frozen=True, slots=True)
class Laid:
    """Values laid out, and the numbers of the rows that cannot be read as they are (None: all of them can)."""

    data: Array
    bad: Array | None = None


@dataclass(frozen=True, slots=True)
class Blank:
    """What stands where a value is null: the field's default, none or missing; `fits` where it can be laid out."""

    value: Any
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """How one field becomes a column.

    of      the field
    lay     from an Arrow array to the laid out values. Raises Damaged
    blank   what every value is where the column is absent or null
    dtype   of one value, of which there are `width` a row
    """

    of: Field
    encoding: Encoding
    scale: int
    dtype: str
    blank: Blank
    lay: Callable[[Array], Laid]
    width: int = 1
    blanks: list[Array] = field(default_factory=list)
    """The longest run of blank values that was asked for; shorter ones are its beginning."""

    def absent(self, count: int) -> Laid:
        """`count` rows without a value."""
        if not self.blanks or len(self.blanks[0]) < count:
            rows = 1 << max(count - 1, 0).bit_length()  # blocks have somewhat more rows now and then
            data = np.empty((rows, self.width) if self.width > 1 or self.encoding == "v64" else rows, self.dtype)
            data[...] = self.blank.value
            data.flags.writeable = False
            self.blanks[:] = [data]
        return Laid(self.blanks[0][:count], None if self.blank.fits else np.arange(count))


def merged(*found: Array | None) -> Array | None:
    """The rows of any of these, ascending; None where there are none."""
    some = [rows for rows in found if rows is not None and len(rows)]
    if len(some) < 2:
        return some[0] if some else None
    return np.unique(np.concatenate(some))


def rows_of(mask: Array) -> Array | None:
    """The numbers of the rows marked, None where none is."""
    return np.flatnonzero(mask) if mask.any() else None


def without_nulls(array: Array, data: Array, blank: Blank) -> Laid:
    """The values with `blank` where the array is null; the array itself stays as it is."""
    valid = validity(array)
    if valid is None:
        return Laid(data)
    data = np.array(data)
    data[~valid] = blank.value
    return Laid(data, None if blank.fits else np.flatnonzero(~valid))


def present(array: Array, rows: Array | None) -> Array | None:
    """Of these rows those that are not null."""
    valid = validity(array)
    return rows if rows is None or valid is None else rows[valid[rows]]
