"""Replacements in one text: applying them, and finding those that lead from one text to another."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...program.diagnostic import Fix
from ..source import SourceFile

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_BREAK = re.compile(r"\r\n|\n|\r")


def applied(text: str, fixes: Iterable[Fix]) -> str:
    """The text after replacements, the last first so that places stay true; of two that overlap, the first counts."""
    starts = [0, *(found.end() for found in _BREAK.finditer(text))]
    places = sorted(
        (
            starts[fix.span.line - 1] + fix.span.column - 1,
            starts[fix.span.end_line - 1] + fix.span.end_column - 1,
            fix.text,
        )
        for fix in fixes
    )
    pieces: list[str] = []
    position = 0
    for begin, end, new in places:
        if begin >= position:
            pieces += [text[position:begin], new]
            position = end
    return "".join(pieces) + text[position:]


def difference(file: SourceFile, new: str) -> tuple[Fix, ...]:
    """The replacements that make `new` of a file's text: one a changed line, as small as it can be."""
    before, after = _LINE.findall(file.text), _LINE.findall(new)
    edits: list[Fix] = []
    offset = 0
    if len(before) == len(after):
        for old, line in zip(before, after, strict=True):
            edits += _changed(file, offset, old, line)
            offset += len(old)
        return tuple(edits)
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    offset = sum(map(len, before[:same]))
    return tuple(_changed(file, offset, file.text[offset:], "".join(after[same:])))


def _changed(file: SourceFile, offset: int, old: str, new: str) -> list[Fix]:
    if old == new:
        return []
    shorter = min(len(old), len(new))
    head = next((place for place in range(shorter) if old[place] != new[place]), shorter)
    most = shorter - head
    tail = next((place for place in range(most) if old[-1 - place] != new[-1 - place]), most)
    return [Fix(file.span(offset + head, offset + len(old) - tail), new[head : len(new) - tail])]
