"""Where a value of a JSON text stands. JSON readers give no positions, so they are found when an error needs one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

JsonPath = tuple[str | int, ...]
"""Keys and array indices from the top of the text to a value."""

_TOKEN = re.compile(r'[\s,:]*("[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|[\[\]{}]|[^\s\[\]{},:"]+)', re.DOTALL)
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a JSON text: the value at `path`, the key before it, or that key where it stands a second time."""

    path: JsonPath
    part: Literal["value", "key", "second key"] = "value"


@dataclass(frozen=True, slots=True)
class Stretch:
    """From line and column up to, not including, the end; both count from 1 in code points."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """A position that is known already: reading may begin there."""

    offset: int = 0
    line: int = 1
    column: int = 1


START = Anchor()


@dataclass(frozen=True, slots=True)
class _Value:
    path: JsonPath
    key: tuple[int, int] | None
    start: int
    end: int


@dataclass(slots=True)
class _Frame:
    path: JsonPath
    is_object: bool
    index: int = 0


def locate(text: str, path: JsonPath, *, key: bool = False) -> tuple[int, int]:
    """Line and column of the value at `path` (or of its key), or of the nearest value around it that is there.

    `text` must be valid JSON.
    """
    place = Place(path, "key" if key else "value")
    found = locate_all(text, [place])[place]
    return found.line, found.column


def locate_all(text: str, places: Iterable[Place], anchor: Anchor = START) -> dict[Place, Stretch]:
    """Every place's position, in one pass over the JSON value that begins at `anchor`.

    A place that is not in the text gets the position of the nearest value around it. Of a value that is an object or
    an array, the stretch covers its opening bracket.
    """
    wanted = list(dict.fromkeys(places))
    around = {place.path[:length] for place in wanted for length in range(len(place.path) + 1)}
    inside = {path[:-1] for path in around if path}
    firsts: dict[JsonPath, _Value] = {}
    seconds: dict[JsonPath, _Value] = {}
    twice = {place.path for place in wanted if place.part == "second key"}
    missing = len(around) + len(twice)
    for value in _walk(text, anchor.offset, lambda path: path in inside):
        if value.path in around and value.path not in firsts:
            firsts[value.path] = value
            missing -= 1
        elif value.path in twice and value.path not in seconds:
            seconds[value.path] = value
            missing -= 1
        if not missing:
            break
    spans = {place: _span(place, firsts, seconds, anchor) for place in wanted}
    offsets = sorted({offset for span in spans.values() for offset in span})
    at = dict(zip(offsets, _positions(text, offsets, anchor), strict=True))
    return {place: Stretch(*at[start], *at[end]) for place, (start, end) in spans.items()}


def element_anchors(text: str, path: JsonPath) -> list[Anchor]:
    """Where the elements of the array at `path` begin, in one pass."""
    around = {path[:length] for length in range(len(path) + 1)}
    depth = len(path)
    starts = [
        value.start
        for value in _walk(text, 0, lambda inner: inner in around)
        if len(value.path) == depth + 1 and value.path[:depth] == path
    ]
    return [
        Anchor(offset, line, column)
        for offset, (line, column) in zip(starts, _positions(text, starts, START), strict=True)
    ]


def too_deep(text: str, limit: int) -> tuple[int, int] | None:
    """Line and column of the first bracket nested deeper than `limit`, in any text; None where there is none."""
    depth = 0
    for found in _BRACKET.finditer(text):
        bracket = found.group()
        if bracket in "[{":
            depth += 1
            if depth > limit:
                return _positions(text, [found.start()], START)[0]
        elif bracket in "]}":
            depth -= 1
    return None


def _span(
    place: Place, firsts: dict[JsonPath, _Value], seconds: dict[JsonPath, _Value], anchor: Anchor
) -> tuple[int, int]:
    value = seconds.get(place.path) if place.part == "second key" else None
    value = value or firsts.get(place.path)
    if value is not None:
        return value.key if place.part != "value" and value.key else (value.start, value.end)
    for length in range(len(place.path) - 1, -1, -1):
        near = firsts.get(place.path[:length])
        if near is not None:
            return near.start, near.end
    return anchor.offset, anchor.offset


def _walk(text: str, start: int, enter: Callable[[JsonPath], bool]) -> Iterator[_Value]:
    """The values of valid JSON in the order of the text; those inside a value only where `enter` says so.

    Iterative, and commas and colons are passed over like blanks: the text has been read by a JSON reader before.
    """
    frames: list[_Frame] = []
    position = start
    while token := _TOKEN.match(text, position):
        position = token.end()
        if text[token.start(1)] in "]}":
            frames.pop()
        else:
            key: tuple[int, int] | None = None
            path: JsonPath = ()
            if frames and frames[-1].is_object:
                key = token.span(1)
                path = (*frames[-1].path, _key_text(text[key[0] : key[1]]))
                token = _TOKEN.match(text, position)
                if token is None:
                    return
                position = token.end()
            elif frames:
                path = (*frames[-1].path, frames[-1].index)
                frames[-1].index += 1
            yield _Value(path, key, token.start(1), token.end(1))
            opening = text[token.start(1)]
            if opening in "[{" and enter(path):
                frames.append(_Frame(path, opening == "{"))
            elif opening in "[{":
                position = _after(text, token.start(1))
        if not frames:
            return


def _after(text: str, start: int) -> int:
    """The offset after the object or array that begins at `start`."""
    depth = 0
    for found in _BRACKET.finditer(text, start):
        bracket = found.group()
        if bracket in "[{":
            depth += 1
        elif bracket in "]}":
            depth -= 1
            if depth == 0:
                return found.end()
    return len(text)


def _key_text(token: str) -> str:
    return str(json.loads(token)) if "\\" in token else token[1:-1]


def _positions(text: str, offsets: Iterable[int], anchor: Anchor) -> list[tuple[int, int]]:
    """Line and column of ascending offsets, each counted from the one before."""
    places: list[tuple[int, int]] = []
    before, line, line_start = anchor.offset, anchor.line, anchor.offset - anchor.column + 1
    for offset in offsets:
        breaks = text.count("\n", before, offset)
        if breaks:
            line += breaks
            line_start = text.rfind("\n", before, offset) + 1
        before = offset
        places.append((line, offset - line_start + 1))
    return places
