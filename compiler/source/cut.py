"""Expressions that a comma of `{ }` or `[ ]` cut in two: `{when: a, then: max(a, b)}` is read as three keys.

Only parentheses are counted, so nothing here need know which scalars are expressions: parameters have none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .file import SourceFile
from .tree import Mapping, Node, Scalar, Sequence

_LABEL = re.compile(r'"[^"]*"')


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The block collection around a flow one: the key the latter is the value of, or None for an item of a list."""

    key: Scalar | None
    start: int


@dataclass(frozen=True, slots=True)
class Cut:
    """An expression cut by a comma.

    start, end    of the expression; of its first piece where the others were not found
    whole         the expression put together again, empty where that failed
    block_style   the whole collection rewritten in block style, empty where that is not plain to see
    """

    start: int
    end: int
    whole: str = ""
    block_style: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """One piece between commas. `key` is the text before its colon, if any; `plain` is an unquoted scalar."""

    key: str
    start: int
    end: int
    plain: bool
    scalar: bool


def find_cut(file: SourceFile, collection: Sequence | Mapping, around: Surroundings | None) -> Cut | None:
    """The first expression that a comma directly in `collection` cut, or None."""
    parts = _parts(file, collection)
    if all(not part.plain or _is_balanced(file.text[part.start : part.end]) for part in parts):
        return None
    joined: list[_Part] = []
    first: _Part | None = None
    position = 0
    while position < len(parts):
        part = parts[position]
        if not part.plain or _is_balanced(file.text[part.start : part.end]):
            joined.append(part)
            position += 1
            continue
        after = _end_of_expression(file, parts, position)
        if after is None:
            lost = first or part
            return Cut(lost.start, lost.end, file.text[lost.start : lost.end] if first else "")
        whole = _Part(part.key, part.start, parts[after - 1].end, True, True)
        first = first or whole
        joined.append(whole)
        position = after
    if first is None:
        return None
    block = _block_style(file, collection, joined, around) if around else ""
    return Cut(first.start, first.end, file.text[first.start : first.end], block)


def _parts(file: SourceFile, collection: Sequence | Mapping) -> list[_Part]:
    if isinstance(collection, Sequence):
        return [_part("", item) for item in collection.items]
    parts = []
    for entry in collection.entries:
        between = file.text[entry.key.end : entry.value.start]
        bare = entry.value.start == entry.value.end and ":" not in between
        key = "" if bare else file.text[entry.key.start : entry.key.end]
        parts.append(_part(key, entry.key if bare else entry.value))
    return parts


def _part(key: str, node: Node) -> _Part:
    scalar = isinstance(node, Scalar)
    return _Part(key, node.start, node.end, isinstance(node, Scalar) and not node.style, scalar)


def _end_of_expression(file: SourceFile, parts: list[_Part], first: int) -> int | None:
    """The position after the last piece of the expression that begins at `first`; None where it never closes."""
    depth = 0
    for position in range(first, len(parts)):
        part = parts[position]
        if position > first and (part.key or not part.plain):
            return None
        change, lowest = _depth(file.text[part.start : part.end])
        if depth + lowest < 0:
            return None
        depth += change
        if depth == 0:
            return position + 1
    return None


def _is_balanced(text: str) -> bool:
    return _depth(text) == (0, 0)


def _depth(text: str) -> tuple[int, int]:
    """How many parentheses stay open behind `text`, and the lowest count on the way; those in labels do not count."""
    depth = lowest = 0
    for character in _LABEL.sub("", text) if '"' in text else text:
        if character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            lowest = min(lowest, depth)
    return depth, lowest


def _block_style(file: SourceFile, collection: Sequence | Mapping, parts: list[_Part], around: Surroundings) -> str:
    if "#" in file.text[collection.start : collection.end] or not all(part.scalar for part in parts):
        return ""
    place = collection.start if around.key is None else around.key.start
    column = place - file.line_start(place)
    indentation = " " * (column if around.key is None else column + 2)
    lines = []
    for part in parts:
        raw = file.text[part.start : part.end]
        if "\n" in raw or "\r" in raw:
            if not part.plain:
                return ""
            raw = " ".join(raw.split())
        if isinstance(collection, Sequence):
            lines.append(f"- {raw}")
        else:
            lines.append(f"{part.key}: {raw}".rstrip() if part.key else f"{raw}:")
    text = f"\n{indentation}".join(lines)
    return text if around.key is None else f"\n{indentation}{text}"
