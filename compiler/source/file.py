"""A rule file's name and text, and the way from an offset in it to a line and column."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass, field

from ...program.diagnostic import Span
from .tree import Entry, Node

_LINE_BREAK = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as its readers know it.

    name   the path as users see it, in messages and in `Span.file`
    text   its whole text, without a byte order mark; every offset in this package counts code points of it
    """

    name: str
    text: str
    _line_starts: array[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = array("L", [0])  # an array: four million blank lines cost 32 MB, not 150
        starts.extend(found.end() for found in _LINE_BREAK.finditer(self.text))
        object.__setattr__(self, "_line_starts", starts)

    def span(self, start: int, end: int) -> Span:
        """The stretch from offset `start` up to offset `end`; both are held inside the text."""
        start = min(max(start, 0), len(self.text))
        end = min(max(end, start), len(self.text))
        return Span(self.name, *self._place(start), *self._place(end))

    def slice(self, span: Span) -> str:
        """The text at a place of this file, on one line."""
        start = self._line_starts[span.line - 1] + span.column - 1
        return " ".join(self.text[start : self._line_starts[span.end_line - 1] + span.end_column - 1].split())

    def span_of(self, node: Node | Entry) -> Span:
        """Where a node stands; an entry's span goes from its key to the end of its value."""
        return self.span(node.start, node.end)

    def line_start(self, offset: int) -> int:
        """The offset at which the line of `offset` begins."""
        return self._line_starts[bisect_right(self._line_starts, offset) - 1]

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1
