"""Text in columns, as wide as it needs to be; safe to print whatever names it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from .findings.screen import cells, one_line

Side = Literal["left", "right"]
GAP = "  "


def columns(rows: Sequence[Sequence[str]], sides: Sequence[Side]) -> list[str]:
    """The rows as lines, each column padded on its side, two blanks between; no blanks at the end of a line."""
    clean = [[one_line(cell) for cell in row] for row in rows]
    widths = [max((cells(row[place]) for row in clean), default=0) for place in range(len(sides))]
    return [
        GAP.join(padded(cell, width, side) for cell, width, side in zip(row, widths, sides, strict=True)).rstrip()
        for row in clean
    ]


def padded(text: str, width: int, side: Side = "left") -> str:
    blanks = " " * (width - cells(text))
    return text + blanks if side == "left" else blanks + text


def spread(left: str, right: str, width: int) -> str:
    """Two texts at the two ends of a line, at least two blanks apart."""
    left, right = one_line(left), one_line(right)
    return left + " " * max(len(GAP), width - cells(left) - cells(right)) + right if right else left
