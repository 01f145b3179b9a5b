"""Arrow arrays as numpy sees them, in place; what would be read from outside its buffer is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

Array = Any
"""A pyarrow array or a numpy array; neither library ships types."""


class Damaged(ValueError):
    """Arrow data whose parts do not fit together; the message says which."""


def view(array: Array, dtype: Any, width: int = 1) -> Array:
    """The values of an array of fixed width, `width` of `dtype` each, where they lie. Raises Damaged."""
    if not len(array):
        return np.empty((0, width) if width > 1 else 0, dtype)
    item = np.dtype(dtype).itemsize * width
    try:
        flat = np.frombuffer(array.buffers()[1], dtype, len(array) * width, array.offset * item)
    except (ValueError, TypeError):
        raise Damaged("a column is shorter than its rows") from None
    return flat.reshape(-1, width) if width > 1 else flat


def bits(buffer: Array, offset: int, count: int) -> Array:
    """`count` bits from `offset` on, as booleans. Raises Damaged."""
    if not count:
        return np.empty(0, np.bool_)
    first, last = offset // 8, (offset + count + 7) // 8
    try:
        whole = np.frombuffer(buffer, np.uint8, last - first, first)
    except (ValueError, TypeError):
        raise Damaged("a column is shorter than its rows") from None
    return np.unpackbits(whole, bitorder="little")[offset - 8 * first :][:count].view(np.bool_)


def validity(array: Array) -> Array | None:
    """Which values are there, as booleans; None where all of them are."""
    if not array.null_count:
        return None
    buffer = array.buffers()[0]
    return np.zeros(len(array), np.bool_) if buffer is None else bits(buffer, array.offset, len(array))


def ascending(offsets: Array, end: int) -> bool:
    """Whether these offsets never fall and stay between 0 and `end`."""
    if not len(offsets):
        return True
    return bool(offsets[0] >= 0 and offsets[-1] <= end and (offsets[1:] >= offsets[:-1]).all())


def safe_text(array: Array) -> Array:
    """A text array as `string` or `large_string` whose offsets lie inside its buffer. Raises Damaged."""
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):  # views
        try:
            array.validate(full=True)
        except pa.ArrowInvalid as error:
            raise Damaged(f"a text column is not one: {first_line(error)}") from None
        return array.cast(pa.large_string())
    if not ascending(text_offsets(array), len(text_bytes(array))):
        raise Damaged("text goes on beyond its buffer")
    return array


def text_offsets(array: Array) -> Array:
    """Where each text begins, and the last one ends."""
    if not len(array):
        return np.zeros(1, np.int32)
    dtype = np.int64 if pa.types.is_large_string(array.type) else np.int32
    try:
        return np.frombuffer(array.buffers()[1], dtype, len(array) + 1, array.offset * np.dtype(dtype).itemsize)
    except (ValueError, TypeError):
        raise Damaged("a text column is shorter than its rows") from None


def text_bytes(array: Array) -> Array:
    """The bytes that the offsets of a text array point into."""
    buffer = array.buffers()[2] if len(array) else None
    return np.empty(0, np.uint8) if buffer is None else np.frombuffer(buffer, np.uint8)


def texts(array: Array) -> list[str | None]:
    """A text array as text; what is not UTF-8 becomes characters that cannot be shown. Raises Damaged."""
    if pa.types.is_dictionary(array.type):
        words = [*texts(array.dictionary), None]
        return [words[number] for number in with_nulls_last(array).tolist()]
    array = safe_text(array)
    try:
        found: list[str | None] = array.to_pylist()
    except UnicodeDecodeError:
        binary = pa.large_binary() if pa.types.is_large_string(array.type) else pa.binary()
        raw: Sequence[bytes | None] = array.view(binary).to_pylist()
        found = [None if one is None else one.decode("utf-8", "surrogateescape") for one in raw]
    return found


def safe_indices(array: Array) -> Array:
    """The indices of a dictionary array, those of nulls 0, all inside the dictionary. Raises Damaged."""
    indices = array.indices
    numbers = view(indices, indices.type.to_pandas_dtype())
    valid = validity(indices)
    if valid is not None:
        numbers = np.where(valid, numbers, numbers.dtype.type(0))
        if not len(array.dictionary):
            if valid.any():
                raise Damaged("a word is not in its dictionary")
            return numbers
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= len(array.dictionary)):
        raise Damaged("a word is not in its dictionary")
    return numbers


def dictionary_of(array: Array) -> Array:
    """A text array, plain or of a dictionary, as a dictionary array with indices that are safe. Raises Damaged."""
    if pa.types.is_dictionary(array.type):
        return array
    return safe_text(array).dictionary_encode()


def with_nulls_last(encoded: Array) -> Array:
    """The indices of a dictionary array as numbers, those of nulls the number behind the last word."""
    numbers = safe_indices(encoded)
    if not encoded.null_count:
        return numbers
    return np.where(np.asarray(encoded.is_valid()), numbers.astype(np.int64), len(encoded.dictionary))


def first_line(error: Exception) -> str:
    """What Arrow says, as the end of a sentence."""
    text = (str(error).strip().splitlines() or ["it cannot be read"])[0]
    return text[:1].lower() + text[1:].rstrip(".")
