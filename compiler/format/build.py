"""The formatted lines, from what is known of each: its column, its code, its comment."""

from __future__ import annotations

import re
from collections import defaultdict

from .lines import Lines, Unfamiliar

_MARK = re.compile(r"(---|\.\.\.)[ \t]*(#.*)?\Z")


def build(lines: Lines) -> str:
    """The formatted text. Raises Unfamiliar."""
    edits: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for edit in sorted(lines.edits):
        edits[lines.line(edit[0])].append(edit)
    _below_brackets(lines, edits)
    _comments_of_their_own(lines)
    code = [_code(lines, number, edits[number]) for number in range(len(lines.starts))]
    comments = _comments_beside(lines, code)
    texts = [
        f"{text}{' ' * (comments[number][0] - len(text))}{comments[number][1]}" if number in comments else text
        for number, text in enumerate(code)
    ]
    return _joined(lines, texts)


def _joined(lines: Lines, texts: list[str]) -> str:
    usual = next((break_ for break_ in lines.breaks if break_), "\n")
    breaks = [break_ or usual for break_ in lines.breaks]
    if not lines.keeps_end or not texts[-1]:
        while texts and not texts[-1] and (not lines.keeps_end or len(texts) == len(lines.starts)):
            texts.pop()
    return "".join(f"{text}{break_}" for text, break_ in zip(texts, breaks, strict=False))


def _code(lines: Lines, number: int, edits: list[tuple[int, int, str]]) -> str:
    """A line without its comment, in its new column; of a line that is all comment, all of it."""
    content = lines.content(number)
    end = lines.code.get(number)
    if end is None:
        if not content.strip():
            return " " * lines.columns.get(number, 0) if number in lines.kept else ""
        if not content.lstrip().startswith("#"):
            if _MARK.match(content):
                return content.rstrip()
            raise Unfamiliar(lines.starts[number] + lines.indentation(number))
        end = lines.ends[number]
    text = _replaced(lines, lines.starts[number], end, edits).lstrip(" \t")
    column = lines.columns.get(number, lines.indentation(number))
    return " " * column + (text if number in lines.kept else text.rstrip(" \t"))


def _replaced(lines: Lines, start: int, end: int, edits: list[tuple[int, int, str]]) -> str:
    pieces, position = [], start
    for begin, until, text in edits:
        if until > end:
            break
        pieces += [lines.text[position:begin], text]
        position = until
    return "".join(pieces) + lines.text[position:end]


def _below_brackets(lines: Lines, edits: dict[int, list[tuple[int, int, str]]]) -> None:
    """Columns of lines that begin below the first part of a flow collection."""
    for number in sorted(lines.follows):
        offset = lines.follows[number]
        above = lines.line(offset)
        before = _replaced(lines, lines.starts[above], offset, edits[above]).lstrip(" \t")
        lines.columns[number] = lines.columns.get(above, lines.indentation(above)) + len(before)


def _comments_of_their_own(lines: Lines) -> None:
    """A line of comment moves with the line below or the block around it, whichever it is aligned to."""
    total = len(lines.starts)
    following: list[int | None] = [None] * total
    after: int | None = None
    for number in reversed(range(total)):
        following[number] = after
        if number in lines.code and number not in lines.scalars:
            after = number
    around: list[int] = []  # lines before, each less indented than the next
    for number in range(total):
        column = lines.indentation(number)
        if number in lines.code and number not in lines.scalars:
            while around and lines.indentation(around[-1]) >= column:
                around.pop()
            around.append(number)
        elif lines.content(number).lstrip().startswith("#") and number not in lines.scalars:
            near = [line for line in (following[number], *reversed(around)) if line is not None]
            if near:
                nearest = min(near, key=lambda line: abs(lines.indentation(line) - column))
                moved = lines.columns.get(nearest, lines.indentation(nearest)) - lines.indentation(nearest)
                lines.columns[number] = max(0, column + moved)


def _comments_beside(lines: Lines, code: list[str]) -> dict[int, tuple[int, str]]:
    """Comments behind code, each with its column: where it was, unless the code needs the room.

    Comments of neighbouring lines that stood below each other still do.
    """
    found: dict[int, tuple[int, str]] = {}
    for number, end in lines.code.items():
        tail = lines.text[end : lines.ends[number]]
        comment = tail.strip()
        if comment and number not in lines.kept:
            if not comment.startswith("#"):
                raise Unfamiliar(end + len(tail) - len(tail.lstrip()))
            found[number] = (lines.column(end) + tail.index("#"), comment)
    placed: dict[int, tuple[int, str]] = {}
    run: list[int] = []
    for number in [*sorted(found), -1]:
        if run and (number != run[-1] + 1 or found[number][0] != found[run[-1]][0]):
            column = found[run[0]][0]
            if any(len(code[line]) >= column for line in run):
                column = max(len(code[line]) for line in run) + 2
            placed |= {line: (column, found[line][1]) for line in run}
            run = []
        run.append(number)
    return placed
