"""Names of accounts: text that can be shown, and each only once in a book of any size."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa

from ..snapshot.values import LONGEST_TEXT, text_trouble
from .buffers import Array, safe_indices, safe_text, text_bytes, text_offsets, texts, validity
from .layout import merged, present, rows_of

_PRINTABLE = (0x20, 0x7E)
"""The range of ASCII that can be shown."""
_WORD = 8


def plain_text(array: Array) -> Array:
    """A text column, plain or of a dictionary, as plain text that is safe to read. Raises Damaged."""
    if pa.types.is_dictionary(array.type):
        safe_indices(array)
        safe_text(array.dictionary)
        array = array.dictionary_decode()
    return safe_text(array)


def untaken_texts(array: Array) -> Array | None:
    """Rows whose text is no name: empty, too long, or with characters that cannot be shown. Nulls are left out."""
    offsets = text_offsets(array)
    lengths = np.diff(offsets)
    bad = rows_of((lengths == 0) | (lengths > LONGEST_TEXT))
    data = text_bytes(array)[int(offsets[0]) : int(offsets[-1])]
    if len(data) and (data.min() < _PRINTABLE[0] or data.max() > _PRINTABLE[1]):
        strange = np.flatnonzero((data < _PRINTABLE[0]) | (data > _PRINTABLE[1])) + offsets[0]
        rows = np.unique(np.searchsorted(offsets, strange, side="right") - 1)
        told = [
            row for row, text in zip(rows, texts(array.take(pa.array(rows))), strict=True) if text_trouble(text or "-")
        ]
        bad = merged(bad, np.array(told, np.int64))
    return present(array, bad)


class Numbering:
    """Numbers of 64 bits for names, made with keys that nobody can know beforehand.

    Equal names have equal numbers. Two names of one number are as good as impossible, and cost a wrongly refused
    account rather than a wrong verdict.
    """

    def __init__(self) -> None:
        self._keys: list[Array] = []

    def of(self, array: Array) -> Array:
        """A number for each text, from its length and its bytes, eight at a time."""
        offsets = text_offsets(array).astype(np.int64)
        offsets -= offsets[0]
        starts, lengths = offsets[:-1], np.diff(offsets)
        begin = int(text_offsets(array)[0])
        data = np.zeros(int(offsets[-1]) + _WORD, np.uint8)
        data[:-_WORD] = text_bytes(array)[begin : begin + int(offsets[-1])]
        every = len(data) - _WORD + 1
        words = np.lib.stride_tricks.as_strided(data[:_WORD].view("<u8"), (every,), (1,), writeable=False)
        numbers = self._mixed(lengths.astype(np.uint64), 0)
        if not len(lengths):
            return numbers
        least, longest = int(lengths.min()), int(lengths.max())
        for place in range(0, longest, _WORD):
            if place + _WORD <= least:
                numbers = self._mixed(numbers ^ words[starts + place], 1 + place // _WORD)
                continue
            rows = np.flatnonzero(lengths > place)
            left = np.minimum(lengths[rows] - place, _WORD)
            word = words[starts[rows] + place] & _MASKS[left]
            numbers[rows] = self._mixed(numbers[rows] ^ word, 1 + place // _WORD)
        return numbers

    def _mixed(self, numbers: Array, place: int) -> Array:
        while len(self._keys) <= place:
            self._keys.append(np.array([secrets.randbits(64) | 1, secrets.randbits(64)], np.uint64))
        odd, other = self._keys[place]
        mixed = numbers ^ other
        mixed *= odd
        mixed ^= mixed >> np.uint64(29)
        return mixed


_MASKS = np.array([(1 << (8 * kept)) - 1 for kept in range(_WORD + 1)], np.uint64)
"""Which bytes of a word belong to a text that has so many left."""


def endings(array: Array) -> Array:
    """The last eight bytes of each text as a number, the last byte the highest; texts that are empty are left out."""
    offsets = text_offsets(array)
    data = text_bytes(array)
    if int(offsets[0]) < _WORD:  # nothing stands before the first one that could be read with it
        data = np.concatenate([np.zeros(_WORD, np.uint8), data[: int(offsets[-1])]])
        offsets = offsets + _WORD
    lengths = np.diff(offsets)
    ends = offsets[1:].astype(np.int64)
    words: Array = np.ndarray((max(len(data) - _WORD + 1, 0),), "<u8", data, 0, (1,))[ends - _WORD]
    if len(lengths) and lengths.min() < _WORD:
        words = (words >> _SURPLUS[np.minimum(lengths, _WORD)])[lengths > 0]
    return words


_SURPLUS = np.array([63, *(8 * (_WORD - kept) for kept in range(1, _WORD + 1))], np.uint64)
"""Bits of a word that belong to what stands before a text of so many bytes."""


def all_differ(columns: Iterable[Array]) -> bool:
    """Whether the names of a book are all different by their endings alone; takes 8 bytes an account."""
    found = [endings(array) for array in columns]
    words = np.concatenate(found) if found else np.empty(0, np.uint64)
    highest_first = words.byteswap()
    if (highest_first[1:] > highest_first[:-1]).all():
        return True
    words.sort()
    return not (words[1:] == words[:-1]).any()


def repeats(columns: Callable[[], Iterable[Array]]) -> dict[int, int]:
    """Of all the names of a book, in order: accounts whose name came before, and the first account that has it.

    Takes 8 bytes an account, or 16.
    """
    if all_differ(columns()):
        return {}
    numbering = Numbering()
    parts, named = [], []
    count = 0
    for array in columns():
        parts.append(numbering.of(array))
        valid = validity(array)
        if valid is not None:
            named.append((count, ~valid))
        count += len(array)
    numbers = np.concatenate(parts) if parts else np.empty(0, np.uint64)
    for first, nameless in named:
        numbers[first : first + len(nameless)][nameless] = 0
    ordered = np.sort(numbers)
    twice = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    firsts: dict[int, int] = {}
    found: dict[int, int] = {}
    for account in np.flatnonzero(np.isin(numbers, twice[twice != 0])).tolist() if len(twice) else ():
        first = firsts.setdefault(int(numbers[account]), account)
        if first != account:
            found[account] = first
    return found


class Names:
    """The names of a book that passes only once, as far as it has passed."""

    def __init__(self) -> None:
        self.firsts: dict[bytes, int] = {}
        self.count = 0

    def add(self, array: Array) -> dict[int, int]:
        """Takes in the names of the next accounts; gives accounts whose name came before, with the first of them."""
        found: dict[int, int] = {}
        for account, text in enumerate(texts(array), start=self.count):
            if text is not None:
                name = hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()
                first = self.firsts.setdefault(name, account)
                if first != account:
                    found[account] = first
        self.count += len(array)
        return found
