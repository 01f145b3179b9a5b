"""Findings gathered while reading: noted by their path in the JSON, given line and column at the end, in one pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from ...program.diagnostic import Diagnostic, Span
from ..diagnostics import snapshot as pages
from .json_text import RepeatedKeys
from .positions import START, Anchor, JsonPath, Place, locate_all

MOST = 100
"""Findings kept of one account, or of the head: enough to mend, and bounded whatever the file holds."""

AtOne = Callable[[Span], Diagnostic]
AtTwo = Callable[[Span, Span], Diagnostic]


class Findings:
    """What is wrong with one JSON value: the head of a snapshot, or one account. False while nothing is."""

    def __init__(self) -> None:
        self._noted: list[tuple[AtOne, Place] | tuple[AtTwo, Place, Place]] = []

    def __bool__(self) -> bool:
        return bool(self._noted)

    def __len__(self) -> int:
        return len(self._noted)

    def add(self, build: AtOne, path: JsonPath, *, key: bool = False) -> None:
        """Notes a finding at the value at `path`, or at its key."""
        if len(self._noted) < MOST:
            self._noted.append((build, Place(path, "key" if key else "value")))

    def add_pair(self, build: AtTwo, place: Place, first: Place) -> None:
        """Notes a finding that shows a second place too."""
        if len(self._noted) < MOST:
            self._noted.append((build, place, first))

    def check_repeats(self, row: Mapping[str, object], path: JsonPath) -> None:
        """Notes the keys that stand twice in the object at `path`."""
        for name in row.repeated if isinstance(row, RepeatedKeys) else ():
            here = (*path, name)
            self.add_pair(partial(_repeated, name), Place(here, "second key"), Place(here, "key"))

    def diagnostics(self, file: str, text: str, anchor: Anchor = START) -> list[Diagnostic]:
        """The findings with line and column. Paths are those inside the value that begins at `anchor` of `text`."""
        places = [place for _, *noted in self._noted for place in noted]
        found = locate_all(text, places, anchor)
        spans = {place: Span(file, at.line, at.column, at.end_line, at.end_column) for place, at in found.items()}
        return [build(*(spans[place] for place in noted)) for build, *noted in self._noted]

    def diagnostics_at(self, span: Span) -> list[Diagnostic]:
        """The findings of something that is no text and has no lines: all of them at `span`."""
        return [build(*(span for _ in noted)) for build, *noted in self._noted]


def _repeated(name: str, span: Span, first: Span) -> Diagnostic:
    return pages.key_repeated(span, first, name)
