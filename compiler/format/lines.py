"""A file's lines while it is formatted: the column each begins in, and the stretches inside them that are replaced."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")


class Unfamiliar(Exception):
    """Text between keys and values that the formatter does not know, at an offset."""

    def __init__(self, at: int):
        super().__init__(at)
        self.at = at


@dataclass(slots=True)
class Lines:
    """What becomes of each line of `text`; lines count from 0.

    columns    the new column of a line's first character, where it changes
    follows    lines that begin below a character of an earlier line: its offset
    edits      replacements inside single lines: start to end and text, in any order
    code       the offset behind the last character of a line that is no comment
    scalars    lines inside a text of several lines: they hold no comments
    kept       of these the ones whose end is copied as it is
    keeps_end  whether blank lines at the end of the file belong to a text
    """

    text: str
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    breaks: list[str] = field(default_factory=list)
    columns: dict[int, int] = field(default_factory=dict)
    follows: dict[int, int] = field(default_factory=dict)
    edits: list[tuple[int, int, str]] = field(default_factory=list)
    code: dict[int, int] = field(default_factory=dict)
    scalars: set[int] = field(default_factory=set)
    kept: set[int] = field(default_factory=set)
    keeps_end: bool = False

    def __post_init__(self) -> None:
        for match in _LINE.finditer(self.text):
            self.starts.append(match.start())
            self.ends.append(match.end(1))
            self.breaks.append(match[2])
            if not match[2]:
                break

    def line(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def column(self, offset: int) -> int:
        return offset - self.starts[self.line(offset)]

    def content(self, number: int) -> str:
        return self.text[self.starts[number] : self.ends[number]]

    def indentation(self, number: int) -> int:
        """Spaces and tabs a line begins with."""
        content = self.content(number)
        return len(content) - len(content.lstrip(" \t"))

    def is_first(self, offset: int) -> bool:
        """Whether nothing but white space stands before an offset in its line."""
        return not self.text[self.starts[self.line(offset)] : offset].strip()

    def ends_code(self, offset: int) -> None:
        """Notes that something that is no comment ends here."""
        line = self.line(max(offset - 1, 0))
        self.code[line] = max(self.code.get(line, 0), offset)

    def is_code(self, number: int) -> None:
        """Notes that a line belongs to a text of several lines, and holds no comment."""
        if self.content(number).strip():
            self.code[number] = self.ends[number]

    def replace(self, start: int, end: int, text: str) -> None:
        if self.text[start:end] != text:
            self.edits.append((start, end, text))

    def place(self, offset: int, column: int) -> None:
        """What begins here begins its line in that column, if it begins a line at all."""
        if self.is_first(offset):
            self.columns[self.line(offset)] = column

    def spaces(self, start: int, end: int, width: int) -> None:
        """The white space between two places of one line becomes that wide."""
        if self.text[start:end].strip():
            raise Unfamiliar(start)
        self.replace(start, end, " " * width)
