"""Where the cursor stands in a rule file that may be half written: by indentation and brackets, without a parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_KEY = re.compile(
    r"""(?P<indent>[ ]*)(?P<dashes>(?:-[ ]+)*)
    (?P<key>"[^"]*+"|'[^']*+'|[^\s"'{\[\#&*!|>-][^:\#\n]*+|-[^\s:][^:\#\n]*+)[ ]*+:(?=\s|$)""",
    re.VERBOSE,
)
"""Possessive, so that a line of a million spaces is given up at once."""
_DASH = re.compile(r"(?P<indent> *)-(?= |$)")
_NOTHING = re.compile(r"\s*([|>][-+0-9]*)?\s*(#.*)?$")
_OPENING, _CLOSING = "{[", "}]"


@dataclass(frozen=True, slots=True)
class Cursor:
    """keys     the keys above, from the top; `-` for an item of a list
    in_value   whether a value is being written, that of the last of `keys`; otherwise a key below them
    before     what stands between the beginning of the key or value and the cursor
    after      what follows of the value, its further lines too
    flow       whether it stands in `{ }` or `[ ]`
    """

    keys: tuple[str, ...]
    in_value: bool
    before: str
    after: str = ""
    flow: bool = False


def cursor_at(text: str, offset: int) -> Cursor:
    """Where an offset of a text stands."""
    lines = text[:offset].split("\n")
    rest = text[offset:].split("\n")
    row = len(lines) - 1
    here = lines[row]
    own = _KEY.match(here)
    if own is not None:
        keys, indent = _above(lines, row, len(own["indent"]), len(own["dashes"]))
        value = here[own.end() :]
        after = "\n".join([rest[0], *_deeper(rest[1:], indent)])
        return _in_value((*keys, _plain(own["key"])), value.lstrip(), after)
    depth = len(here) - len(here.lstrip(" "))
    dash = _DASH.match(here)
    if dash is not None:
        keys, _ = _above(lines, row, depth, len(here[depth:]) - len(here[depth:].lstrip("- ")))
        typed = here[depth:].lstrip("- ")
        return Cursor(keys, False, typed, rest[0])
    return _below(lines, row, depth, here.strip(), rest)


def _below(lines: list[str], row: int, depth: int, typed: str, rest: list[str]) -> Cursor:
    """A line that is no `key:` itself: a key to be, or a further line of the value above it."""
    for above in range(row - 1, -1, -1):
        line = lines[above]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key = _KEY.match(line)
        indent = len(line) - len(line.lstrip(" "))
        if key is not None and len(key["indent"]) + len(key["dashes"]) < depth:
            keys, own = _above(lines, above, len(key["indent"]), len(key["dashes"]))
            path, value = (*keys, _plain(key["key"])), line[key.end() :]
            if _NOTHING.match(value) and not re.match(r"\s*[|>]", value):
                return Cursor(path, False, typed, rest[0])
            begun = "\n".join([value, *lines[above + 1 : row], lines[row]]).lstrip()
            return _in_value(path, begun, "\n".join([rest[0], *_deeper(rest[1:], own)]))
        dash = _DASH.match(line)
        if dash is not None and len(dash["indent"]) < depth:
            keys, _ = _above(lines, above, len(dash["indent"]), 2)
            return Cursor(keys, False, typed, rest[0])
        if key is not None and indent == 0 and depth == 0:
            break
    return Cursor((), False, typed, rest[0])


def alone(text: str, offset: int) -> str:
    """The text with everything blank but the entry at an offset and the keys above it; what is left stays in its place.

    Reading it costs what one entry costs, and mistakes elsewhere in the file are not in it.
    """
    lines = text.split("\n")
    row = _entry(lines, text.count("\n", 0, offset))
    indent, dashes = _column(lines[row])
    kept = {row, *_rows_below(lines, row, indent + dashes)}
    steps = list(_steps_above(lines, row, indent, dashes))
    if len(steps) > 1 and steps[-1][1] == ["functions"]:  # its parameters are said beside what it gives
        kept.update(_rows_below(lines, steps[-2][0], sum(_column(lines[steps[-2][0]]))))
    for above, names in steps:
        kept.add(above)
        if names == ["-"]:  # a neighbour that opens the item: its value is whole or it is no YAML
            kept.update(_rows_below(lines, above, sum(_column(lines[above]))))
        if names[0] == "-":
            kept.update(_dates(lines, above))
    return "\n".join(line if number in kept else " " * len(line) for number, line in enumerate(lines))


def _entry(lines: list[str], row: int) -> int:
    """Where the entry begins that a line belongs to: the line itself, or the key whose value goes on there."""
    if _KEY.match(lines[row]) or _DASH.match(lines[row]):
        return row
    depth = sum(_column(lines[row]))
    for above in range(row - 1, -1, -1):
        if (_KEY.match(lines[above]) or _DASH.match(lines[above])) and sum(_column(lines[above])) < depth:
            return above
    return row


def _column(line: str) -> tuple[int, int]:
    """How far a line is indented, and how many characters of list marks follow."""
    bare = line.lstrip(" ")
    key = _KEY.match(line)
    marks = len(key["dashes"]) if key is not None else 2 if _DASH.match(line) else 0
    return len(line) - len(bare), marks


def _rows_below(lines: list[str], row: int, column: int) -> range:
    """The further lines of the entry whose key begins at `column`."""
    return range(row + 1, row + 1 + len(_deeper(lines[row + 1 :], column)))


def _dates(lines: list[str], row: int) -> list[int]:
    """The `effective:` of the list item that begins at a line: without it an amendment is none."""
    indent, dashes = _column(lines[row])
    item = [row, *_rows_below(lines, row, indent)]
    return [
        at for at in item if re.match(r"[- ]*effective\s*:", lines[at]) and sum(_column(lines[at])) == indent + dashes
    ]


def _above(lines: list[str], row: int, indent: int, dashes: int) -> tuple[tuple[str, ...], int]:
    """The keys above a line that begins at `indent`, `dashes` of it marks of a list; and where its own key begins."""
    keys = ["-"] if dashes else []
    for _, names in _steps_above(lines, row, indent, dashes):
        keys = [*names, *keys]
    return tuple(keys), indent + dashes


def _steps_above(lines: list[str], row: int, indent: int, dashes: int) -> Iterator[tuple[int, list[str]]]:
    """The lines above with the keys they add to the path, the innermost first; `-` for an item of a list."""
    depth, listed = indent, bool(dashes)
    for above in range(row - 1, -1, -1):
        line = lines[above]
        bare = line.lstrip(" ")
        if len(line) - len(bare) >= depth + listed or not bare.strip() or bare.startswith("#"):
            continue  # deeper lines are the most, and say nothing of what is above
        key, dash, names = _KEY.match(line), _DASH.match(line), list[str]()
        if key is not None:
            start, column = len(key["indent"]), len(key["indent"]) + len(key["dashes"])
            if column < depth or (listed and column <= depth and not key["dashes"]):
                names.insert(0, _plain(key["key"]))
                depth, listed = column, False
            if key["dashes"] and start < depth:
                names.insert(0, "-")
                depth, listed = start, True
        elif dash is not None and len(dash["indent"]) < depth:
            names.insert(0, "-")
            depth, listed = len(dash["indent"]), True
        if names:
            yield above, names
        if depth == 0 and not listed:
            break


def _deeper(lines: list[str], indent: int) -> list[str]:
    """The further lines of a value whose key begins at `indent`."""
    found: list[str] = []
    for line in lines:
        if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
            break
        found.append(line)
    return found


def _in_value(keys: tuple[str, ...], begun: str, after: str) -> Cursor:
    """A value up to the cursor; within brackets, the innermost key or value there."""
    if not begun.startswith(tuple(_OPENING)):
        return Cursor(keys, True, begun, after)
    path, stack, start, quote = list(keys), [], 0, ""
    in_value = False
    for position, character in enumerate(begun):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in _OPENING:
            stack.append((character, len(path)))
            if character == "[":
                path.append("-")
            in_value, start = character == "[", position + 1
        elif character in _CLOSING and stack:
            path = path[: stack.pop()[1]]
            in_value, start = True, position + 1
        elif character == "," and stack:
            path = path[: stack[-1][1] + (stack[-1][0] == "[")]
            in_value, start = stack[-1][0] == "[", position + 1
        elif character == ":" and stack and not in_value and begun[position + 1 : position + 2] in ("", " ", "\n"):
            path.append(_plain(begun[start:position].strip()))
            in_value, start = True, position + 1
    rest = re.split(r"[,}\]]", after, maxsplit=1)[0]
    return Cursor(tuple(path), in_value, begun[start:].lstrip(), rest, bool(stack))


def _plain(key: str) -> str:
    key = key.rstrip()
    return key[1:-1] if key[:1] in ("'", '"') and len(key) > 1 else key
