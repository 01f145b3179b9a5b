"""Strict JSON: numbers keep their text, repeated keys are remembered, and mistakes have a place."""

from __future__ import annotations

import json
from collections import Counter

from ...program.diagnostic import Diagnostic, SnapshotError, Span
from ..diagnostics import snapshot as findings
from .positions import too_deep

NESTING = 32
"""Brackets inside brackets; a snapshot needs five."""


class Numeral(str):
    """The text of a JSON number as it was written, `NaN` and `Infinity` included. Never turned into a float."""

    __slots__ = ()


class RepeatedKeys(dict[str, object]):
    """An object in whose text some keys stand twice: `repeated` names them. Which value it holds means nothing."""

    __slots__ = ("repeated",)

    def __init__(self, pairs: list[tuple[str, object]]):
        super().__init__(pairs)
        counted = Counter(key for key, _ in pairs)
        self.repeated = tuple(key for key, times in counted.items() if times > 1)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    plain = dict(pairs)
    return plain if len(plain) == len(pairs) else RepeatedKeys(pairs)


class _Numerals(dict[str, Numeral]):
    """Short numbers that came before: ten megabytes of `[1,1,1` need no object each, and looking up is faster."""

    def __missing__(self, text: str) -> Numeral:
        numeral = Numeral(text)
        if len(text) <= 20 and len(self) < 65_536:
            self[text] = numeral
        return numeral


_numeral = _Numerals().__getitem__
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_numeral, parse_int=_numeral, parse_constant=Numeral, strict=True
)


def parse_json(text: str, file: str, first_line: int = 1) -> object:
    """The value of a JSON text that begins on line `first_line` of `file`. Raises SnapshotError."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        at = Span(file, error.lineno + first_line - 1, error.colno, error.lineno + first_line - 1, error.colno + 1)
        reason = "nothing is there" if not text.strip() else error.msg[:1].lower() + error.msg[1:]
        raise SnapshotError([findings.not_json(at, reason)]) from None
    except RecursionError:
        raise SnapshotError([deep(text, file, first_line)]) from None


def deep(text: str, file: str, first_line: int) -> Diagnostic:
    """The finding that `text` is nested too deeply, at the first bracket that is."""
    line, column = too_deep(text, NESTING) or (1, 1)
    line += first_line - 1
    return findings.nested_too_deeply(Span(file, line, column, line, column + 1), NESTING)


def decode_utf8(data: bytes, file: str, first_line: int = 1) -> str:
    """The text of UTF-8 bytes, without a byte order mark. Raises SnapshotError at the first byte that is not."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start)
        line_start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[line_start : error.start].decode("utf-8")) + 1
        at = Span(file, line + first_line, column, line + first_line, column + 1)
        raise SnapshotError([findings.not_json(at, "it is not UTF-8 here")]) from None


def shape_of(value: object) -> str:
    """What a parsed value is, in the reader's words."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, Numeral):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "`null`" if value is None else "`true` or `false`"


def nesting(value: object, limit: int) -> int:
    """How many brackets deep a parsed value is, counted up to `limit` only."""
    level, depth = [value], 0
    while depth < limit:
        inner = [v for v in level if isinstance(v, dict | list)]
        if not inner:
            break
        level = [v for outer in inner for v in (outer.values() if isinstance(outer, dict) else outer)]
        depth += 1
    return depth
