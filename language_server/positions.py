"""Places in a text as editors count them: lines from 0, columns in the units that client and server agreed on."""

from __future__ import annotations

import re
from bisect import bisect_right

from ..program.diagnostic import Span

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class Lines:
    """The lines of one text. `encoding` is `utf-16` (an emoji counts two), `utf-32` or `utf-8`."""

    def __init__(self, text: str, encoding: str = "utf-16"):
        self.text = text
        self.encoding = encoding
        self.starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]

    def offset(self, line: int, column: int) -> int:
        """The offset in code points of a place an editor names; places outside are the nearest inside."""
        if line >= len(self.starts):
            return len(self.text)
        start = self.starts[line]
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        row = self.text[start:end].rstrip("\r\n")
        if row.isascii():
            return start + min(column, len(row))
        units = 0
        for position, character in enumerate(row):
            if units >= column:
                return start + position
            units += self._units(character)
        return start + len(row)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column, as an editor counts them, of an offset in code points."""
        line = bisect_right(self.starts, offset) - 1
        before = self.text[self.starts[line] : offset]
        return line, len(before) if before.isascii() else sum(map(self._units, before))

    def place_of(self, line: int, column: int) -> tuple[int, int]:
        """The same for a place as our findings tell it, both counted from 1 in code points."""
        start = self.starts[min(line, len(self.starts)) - 1] if line else 0
        return self.place(min(start + max(column - 1, 0), len(self.text)))

    def at(self, line: int, column: int) -> int:
        """The offset of a place as our findings tell it."""
        return min(self.starts[min(max(line, 1), len(self.starts)) - 1] + max(column - 1, 0), len(self.text))

    def _units(self, character: str) -> int:
        match self.encoding:
            case "utf-16":
                return 2 if ord(character) > 0xFFFF else 1
            case "utf-8":
                return len(character.encode("utf-8", "surrogatepass"))
            case _:
                return 1


def moved(span: Span, old: str, new: str) -> Span | None:
    """Where a span of an old text stands in the new one; None where the texts differ at that place."""
    if old == new:
        return span
    same = _common(old, new)
    rest = min(_common(old[::-1], new[::-1]), len(old) - same, len(new) - same)
    lines = Lines(old, "utf-32")
    start, end = lines.at(span.line, span.column), lines.at(span.end_line, span.end_column)
    if same < end and start < len(old) - rest:
        return None
    shift = 0 if end <= same else len(new) - len(old)
    now = Lines(new, "utf-32")
    (line, column), (end_line, end_column) = now.place(start + shift), now.place(end + shift)
    return Span(span.file, line + 1, column + 1, end_line + 1, end_column + 1)


def _common(one: str, other: str) -> int:
    """How many characters two texts have in common from their beginning on."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least
