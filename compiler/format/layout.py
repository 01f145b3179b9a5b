"""Blocks: two spaces a level, one behind a colon or a dash, rows of parameters in columns."""

from __future__ import annotations

import re

from ..source import Entry, Mapping, Node, Scalar, Sequence
from .flow import entry_texts, lay_out_flow
from .lines import Lines, Unfamiliar
from .roles import Roles, canonical
from .rows import MOST_KEYS, aligned

_HEADER = re.compile(r"[|>][-+0-9]*")


def lay_out(lines: Lines, root: Mapping, roles: Roles) -> None:
    """The new columns and replacements of a whole file. Raises Unfamiliar."""
    layout = _Layout(lines, roles)
    if root.flow:
        lines.place(root.start, 0)
        lay_out_flow(lines, root, 0, roles)
    else:
        layout.mapping(root, 0, ())


class _Layout:
    def __init__(self, lines: Lines, roles: Roles):
        self.lines = lines
        self.roles = roles
        self.done: set[int] = set()
        """Where flow rows begin that are laid out already, together with their neighbours."""

    def mapping(self, node: Mapping, column: int, around: tuple[str, ...]) -> None:
        """`around`: the keys on the way here, `-` for an item of a list."""
        widths = self._rows(node, around)
        for entry in node.entries:
            lines, key = self.lines, entry.key
            lines.place(key.start, column)
            colon = self._colon(entry)
            lines.spaces(key.end, colon, 0)
            lines.ends_code(colon + 1)
            self._value(entry.value, colon + 1, column, widths.get(key.start, 1), (*around, key.text))

    def _colon(self, entry: Entry) -> int:
        found = re.compile(r"[ \t]*:").match(self.lines.text, entry.key.end)
        if found is None:
            raise Unfamiliar(entry.key.end)
        return found.end() - 1

    def _value(self, node: Node, after: int, column: int, width: int, around: tuple[str, ...]) -> None:
        """What stands behind a colon or a dash that ends at `after`; `column` is that of the key or the dash."""
        lines = self.lines
        if isinstance(node, Scalar) and node.start == node.end:
            return
        beside = lines.line(after - 1) == lines.line(node.start)
        if beside:
            lines.spaces(after, node.start, width)
        if isinstance(node, Scalar):
            self._scalar(node, column, beside)
        elif node.flow:
            lines.place(node.start, column + 2)
            if node.start not in self.done:
                lay_out_flow(lines, node, column if beside else column + 2, self.roles)
        elif isinstance(node, Mapping):
            self.mapping(node, column + 2, around)
        else:
            self.sequence(node, column + 2, around)

    def sequence(self, node: Sequence, column: int, around: tuple[str, ...]) -> None:
        lines = self.lines
        self._items(node, around)
        position = node.start
        for item in node.items:
            dash = self._dash(position)
            lines.place(dash, column)
            lines.ends_code(dash + 1)
            self._value(item, dash + 1, column, 1, (*around, "-"))
            position = max(item.end, dash + 1)

    def _dash(self, position: int) -> int:
        """The dash of the next item, comments passed over."""
        text = self.lines.text
        while position < len(text):
            if text[position] == "-":
                return position
            if text[position] == "#":
                position = self.lines.ends[self.lines.line(position)]
            elif not text[position].isspace():
                break
            else:
                position += 1
        raise Unfamiliar(min(position, len(text) - 1))

    # ---- texts

    def _scalar(self, node: Scalar, column: int, beside: bool) -> None:
        lines, role = self.lines, self.roles.get(node.start)
        raw = lines.text[node.start : node.end]
        lines.place(node.start, column + 2)
        first, last = lines.line(node.start), lines.line(node.end)
        if node.style in ("|", ">"):
            header = _HEADER.match(raw)
            signs = header.group() if header else ""
            lines.ends_code(node.start + len(signs))
            lines.keeps_end = lines.keeps_end or ("+" in signs and not lines.text[node.end :].strip())
            if first < last:
                body = lines.starts[first + 1]
                self._replaced(body, node.end, canonical(lines.text[body : node.end], role))
                indicated = any(character.isdigit() for character in signs)
                self._shift(first + 1, last, None if indicated else column + 2, role is None)
            return
        self._replaced(node.start, node.end, canonical(raw, role))
        lines.ends_code(node.end)
        if first < last:
            self._shift(first if not beside else first + 1, last, column + 2, bool(node.style))
            lines.is_code(first)
            if node.style:
                lines.kept.add(first)

    def _replaced(self, start: int, end: int, new: str) -> None:
        """A text of one or several lines; breaks and what lines begin with stay where they are."""
        lines = self.lines
        position = start
        for number, piece in zip(
            range(lines.line(start), lines.line(end) + 1), re.split(r"\r\n|\n|\r", new), strict=True
        ):
            begin = max(position, lines.starts[number])
            lines.replace(begin, min(end, lines.ends[number]), piece)

    def _shift(self, first: int, last: int, column: int | None, kept: bool) -> None:
        """Lines of one text, moved together so that the leftmost begins in a column (None: as their key moves)."""
        lines = self.lines
        written = [number for number in range(first, last + 1) if lines.content(number).strip()]
        if not written:
            return
        left = min(lines.indentation(number) for number in written)
        if column is None:
            key = lines.line(lines.starts[first] - 1)
            column = left + lines.columns.get(key, lines.indentation(key)) - lines.indentation(key)
        for number in range(first, last + 1):
            indentation = lines.indentation(number)
            lines.scalars.add(number)
            lines.columns[number] = max(0, indentation + column - left)
            lines.is_code(number)
            if not lines.content(number).strip() and (indentation <= left or not kept):
                lines.columns[number] = 0
            if kept:
                lines.kept.add(number)

    # ---- rows

    def _rows(self, node: Mapping, around: tuple[str, ...]) -> dict[int, int]:
        """Lays out neighbouring rows of parameters in columns; the gaps behind their colons by where keys begin."""
        if not _holds_parameters(around):
            return {}
        widths: dict[int, int] = {}
        keys = {entry.value.start: entry.key for entry in node.entries}
        for run in self._runs([(entry.key.start, entry.value) for entry in node.entries]):
            lengths = {keys[row.start].start: keys[row.start].end - keys[row.start].start for row in run}
            widest = max(lengths.values())
            widths |= {start: widest - length + 1 for start, length in lengths.items()}
        return widths

    def _items(self, node: Sequence, around: tuple[str, ...]) -> None:
        if _holds_parameters(around):
            self._runs([(item.start, item) for item in node.items])

    def _runs(self, parts: list[tuple[int, Node]]) -> list[list[Mapping]]:
        """The runs of two and more flow mappings on lines that follow each other; they are laid out here."""
        lines = self.lines
        runs: list[list[Mapping]] = [[]]
        before = -2
        for start, node in parts:
            line = lines.line(start)
            row = isinstance(node, Mapping) and node.flow and 0 < len(node.entries) <= MOST_KEYS
            row = row and line == lines.line(node.start) == lines.line(node.end)
            if not row or line != before + 1:
                runs.append([])
            if row and isinstance(node, Mapping):
                runs[-1].append(node)
            before = line
        found = [run for run in runs if len(run) > 1]
        for run in found:
            rows = [
                [
                    (entry.key.text, text)
                    for entry, text in zip(node.entries, entry_texts(lines.text, node, self.roles), strict=True)
                ]
                for node in run
            ]
            for node, text in zip(run, aligned(rows), strict=True):
                lines.replace(node.start, node.end, f"{{ {text} }}")
                lines.ends_code(node.end)
                self.done.add(node.start)
        return found


def _holds_parameters(around: tuple[str, ...]) -> bool:
    """Whether keys lead into `parameters:`, the rulebook's own or those of an amendment."""
    return around[:1] == ("parameters",) or around[:3] == ("amendments", "-", "parameters")
