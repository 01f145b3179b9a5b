"""Memory that ends, or begins, at a page nobody may touch: whoever reads or writes beside it is stopped at once."""

from __future__ import annotations

import ctypes
import mmap
from typing import Any

import numpy as np
import pyarrow as pa

PAGE = mmap.PAGESIZE
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
_libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
_libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
_READ_WRITE, _NONE, _PRIVATE = 3, 0, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS


class Region:
    """`size` bytes in pages of their own, with a page that may not be touched on both sides; `behind`: they end at the
    one behind them, else they begin at the one before."""

    def __init__(self, size: int, behind: bool = True):
        pages = max(1, -(-size // PAGE))
        self.length = (pages + 2) * PAGE
        base = _libc.mmap(None, self.length, _READ_WRITE, _PRIVATE, -1, 0)
        assert base not in (None, ctypes.c_void_p(-1).value)
        self.base = base
        for guard in (base, base + (pages + 1) * PAGE):
            assert _libc.mprotect(guard, PAGE, _NONE) == 0
        self.address = base + PAGE + (pages * PAGE - size if behind else 0)
        self.size = size

    def __del__(self) -> None:
        _libc.munmap(self.base, self.length)


def buffer_of(source: Any, behind: bool = True) -> Any:
    """An Arrow buffer with the same bytes in guarded memory."""
    if source is None:
        return None
    region = Region(source.size, behind)
    ctypes.memmove(region.address, source.address, source.size)
    return pa.foreign_buffer(region.address, source.size, region)


def array_of(array: Any, behind: bool = True) -> Any:
    """An Arrow array whose every buffer is guarded, and no longer than its values need."""
    type_ = array.type
    if isinstance(array, pa.ChunkedArray):
        return pa.chunked_array([array_of(chunk, behind) for chunk in array.chunks], type_)
    if pa.types.is_dictionary(type_):
        return pa.DictionaryArray.from_arrays(
            array_of(array.indices, behind), array_of(array.dictionary, behind), safe=False
        )
    buffers = array.buffers()
    if pa.types.is_struct(type_):
        children = [array_of(_whole(array, place), behind) for place in range(type_.num_fields)]
        return pa.Array.from_buffers(
            type_, len(array), [buffer_of(buffers[0], behind)], -1, array.offset, children=children
        )
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        region = Region(buffers[1].size, behind)
        own = [buffer_of(buffers[0], behind), pa.foreign_buffer(region.address, region.size, region)]
        made = pa.Array.from_buffers(
            type_, len(array), own, -1, array.offset, children=[array_of(array.values, behind)]
        )
        ctypes.memmove(region.address, buffers[1].address, region.size)  # now: what does not fit would be refused
        return made
    return pa.Array.from_buffers(type_, len(array), [buffer_of(buffer, behind) for buffer in buffers], -1, array.offset)


def _whole(array: Any, place: int) -> Any:
    """A child of a struct from its own beginning on, not the struct's."""
    child = array.field(place)
    return child if not array.offset else pa.concat_arrays([pa.nulls(array.offset, child.type), child])


def table_of(table: Any, behind: bool = True) -> Any:
    return pa.table([array_of(column, behind) for column in table.columns], schema=table.schema)


def numpy_of(array: Any, behind: bool = True) -> Any:
    """A numpy array with the same values in guarded memory."""
    array = np.ascontiguousarray(array)
    region = Region(array.nbytes, behind)
    held = (ctypes.c_char * max(1, array.nbytes)).from_address(region.address)
    held.region = region  # type: ignore[attr-defined]  # lives as long as what is made of it
    result = np.frombuffer(held, array.dtype, array.size).reshape(array.shape)
    result[...] = array
    return result


class GuardedNumpy:
    """numpy, whose new arrays are guarded: what machine code writes to and works in."""

    def __init__(self, behind: bool):
        self._behind = behind

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def zeros(self, *given: Any) -> Any:
        return numpy_of(np.zeros(*given), self._behind)

    def empty(self, *given: Any) -> Any:
        return numpy_of(np.empty(*given), self._behind)

    def full(self, *given: Any) -> Any:
        return numpy_of(np.full(*given), self._behind)

    def ascontiguousarray(self, *given: Any) -> Any:
        return numpy_of(np.ascontiguousarray(*given), self._behind)
