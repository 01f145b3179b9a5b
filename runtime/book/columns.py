"""What machine code is given: the fields of a stretch of accounts, each one buffer of fixed width, and the offsets."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Encoding = Literal["f64", "i64", "i128", "b8", "id32", "v64"]
"""How the values of a column are laid out.

f64   doubles, each meaning the shortest decimal that reads back as it; NaN is missing, `NONE_BITS` is none
i64   integers that stand for value / 10**scale; `I64_MISSING`, `I64_NONE`
i128  the same in 16 bytes, little endian, as rows of two uint64; `I128_MISSING`, `I128_NONE`
b8    0 false, 1 true, 2 none, 3 missing
id32  of labels, the number of the word; of rows, the number of the reference row. -1 none, -2 missing, -3 a row that
      is named but unknown
v64   doubles [row, position of the reference row of the vector's kind], NaN missing
"""

BLOCK = 65_536
"""Accounts of a block, at most."""

NONE_BITS = 0x7FF8_0000_0000_0E00
"""`none` among doubles: a quiet NaN with a payload that arithmetic does not produce by itself."""
NONE_F64: float = struct.unpack("<d", struct.pack("<Q", NONE_BITS))[0]
I64_MISSING, I64_NONE = -(1 << 63), -(1 << 63) + 1
I128_MISSING, I128_NONE = -(1 << 127), -(1 << 127) + 1
B8_NONE, B8_MISSING = 2, 3
ID_NONE, ID_MISSING, ID_UNKNOWN = -1, -2, -3


@dataclass(frozen=True, slots=True)
class Column:
    """One field of the accounts, or of the rows of one of their collections.

    kind    `account`, or a kind of role "rows"
    scale   of i64 and i128, the decimal places of an integer
    data    a numpy array in C order that owns its memory or the buffer below it. Its first element belongs to the
            first account of the block, or to the row that offset 0 of the block points to
    width   of v64, values a row
    """

    kind: str
    field: str
    encoding: Encoding
    scale: int
    data: Any
    width: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of at most `BLOCK` accounts.

    first        the number of its first account in the book, from 0
    columns      by kind and field: every observed field of the account and of the kinds of role "rows"
    offsets      by kind of role "rows": count + 1 ascending numbers (int32 or int64), rows of account i are
                 offsets[i] to offsets[i + 1]
    lengths      rows that the columns of a kind hold
    unreadable   uint8 by account: 1 where something of it cannot be read as it is; the exact reader says what
    source       the slice of a record batch it was made from, for a second look at single accounts
    """

    first: int
    count: int
    columns: Mapping[tuple[str, str], Column]
    offsets: Mapping[str, Any]
    lengths: Mapping[str, int]
    unreadable: Any
    source: Any = None
