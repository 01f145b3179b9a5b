"""Findings with the lines they are about: frame, caret, explanation, way out."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...program.diagnostic import Diagnostic, Span
from .screen import cells, one_line, shown, without_tabs

WIDTH = 110
"""Cells of a source line that are shown; a longer line is shown around the place in question."""

_LINE_BREAK = re.compile(r"\r\n|\n|\r")  # as the compiler counts lines; `splitlines` knows seven more breaks

_STYLES = {"error": "1;31", "warning": "1;33", "frame": "34", "note": "36", "help": "1;32", "message": "1"}


@dataclass(frozen=True, slots=True)
class _Brush:
    """Colours text, or leaves it as it is."""

    color: bool

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.color and text else text


def framed(finding: Diagnostic, sources: Mapping[str, str], color: bool) -> str:
    """One finding as several lines, each ended by a line break."""
    brush = _Brush(color)
    spans = [finding.span, *(note.span for note in finding.notes)]
    gutter = max(2, *(len(str(span.line)) for span in spans))
    head = brush(finding.severity, f"{finding.severity}[{finding.code}]")
    lines = [f"{head}: {brush('message', one_line(finding.message))}"]
    lines += _frame("┌─", finding.span, finding.label, "^", finding.severity, sources, gutter, brush)
    for note in finding.notes:
        lines += _frame("├─", note.span, note.text, "-", "note", sources, gutter, brush)
    if finding.help:
        lines.append(f"{' ' * gutter}{brush('help', 'help')}: {one_line(finding.help)}")
    return "".join(f"{line}\n" for line in lines)


def _frame(
    corner: str,
    span: Span,
    label: str,
    pencil: str,
    style: str,
    sources: Mapping[str, str],
    gutter: int,
    brush: _Brush,
) -> list[str]:
    """Path, source line and underline of one place; the path alone where the line is not known."""
    margin = " " * gutter
    lines = [f"{margin}{brush('frame', corner)} {one_line(str(span))}"]
    source = line_of(sources.get(span.file, ""), span.line)
    if source is None:
        return [*lines, f"{margin}{brush('frame', '│')} {brush(style, one_line(label))}"] if label else lines
    end = span.end_column - 1 if span.end_line == span.line else len(source)
    visible, before, width = _window(source, span.column - 1, end)
    number, bar = brush("frame", f"{span.line:>{gutter}}│"), brush("frame", f"{margin}│")
    underline = brush(style, f"{pencil * width} {one_line(label)}".rstrip())
    return [*lines, f"{number} {visible}".rstrip(), f"{bar} {' ' * before}{underline}"]


def line_of(text: str, number: int) -> str | None:
    """The line of that number, or None."""
    starts = _line_starts(text)
    if not text or not 1 <= number < len(starts):
        return None
    line = text[starts[number - 1] : starts[number]]
    end = _LINE_BREAK.search(line, max(0, len(line) - 2))  # only its end can be one
    return line[: end.start()] if end else line


@functools.lru_cache(maxsize=32)
def _line_starts(text: str) -> list[int]:
    """Where each line begins, and the end of the text; found once for all findings of a file."""
    first = 1 if text.startswith("\ufeff") else 0
    return [first, *(found.end() for found in _LINE_BREAK.finditer(text)), len(text)]


def _window(source: str, start: int, end: int) -> tuple[str, int, int]:
    """What to show of a line, the cells before the underline, and the cells of the underline (at least one)."""
    start = min(max(start, 0), len(source))
    stop = min(max(end, start), len(source))
    stop = start + len(source[start:stop].rstrip())
    left, right = 0, len(source)
    if len(source) > 4 * WIDTH or cells(source) > WIDTH:
        left, right = _cut(source, start)
    head, tail = "…" if left else "", "…" if right < len(source) else ""
    piece = shown(source[left:right])
    before = cells(head + piece[: start - left])
    through = cells(head + piece[: max(stop - left, 0)])
    return without_tabs(head + piece + tail), before, max(through - before, 1)


def _cut(source: str, start: int) -> tuple[int, int]:
    """The stretch of a long line that is shown: a third of the width before the place, the rest behind it."""
    left = start
    width = 0
    while left > 0 and width < WIDTH // 3:
        left -= 1
        width += cells(source[left])
    left = 0 if left <= 1 else left
    right = left
    width = 0
    while right < len(source) and width < WIDTH - 2:
        width += cells(source[right], width)
        right += 1
    return left, right
