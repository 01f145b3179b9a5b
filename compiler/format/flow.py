"""Collections in `{ }` and `[ ]`: one space inside braces, none inside brackets, one behind each comma and colon."""

from __future__ import annotations

from ..source import Entry, Mapping, Node, Scalar, Sequence
from .lines import Lines, Unfamiliar
from .roles import Roles, canonical


def on_one_line(lines: Lines, node: Node) -> bool:
    return lines.line(node.start) == lines.line(node.end)


def flow_text(text: str, node: Node, roles: Roles) -> str:
    """A scalar or flow collection that stands on one line, as it should be written."""
    if isinstance(node, Scalar):
        return canonical(text[node.start : node.end], roles.get(node.start))
    if isinstance(node, Sequence):
        items = (flow_text(text, item, roles) for item in node.items)
        return f"[{', '.join(f'{item} ' if item.endswith(':') else item for item in items)}]"
    inner = ", ".join(entry_texts(text, node, roles))
    if not _has_braces(text, node):
        return inner  # `[a: b]`, a list of one pair
    return f"{{ {inner} }}" if inner else "{}"


def entry_texts(text: str, node: Mapping, roles: Roles) -> list[str]:
    """The entries of a flow mapping; one without a value keeps its colon apart from the comma, else YAML reads none."""
    texts = [_entry_text(text, entry, roles) for entry in node.entries]
    return [f"{each} " if each.endswith(":") else each for each in texts[:-1]] + texts[-1:]


def _entry_text(text: str, entry: Entry, roles: Roles) -> str:
    """`key: value`, or the key alone where it has none."""
    key, value = text[entry.key.start : entry.key.end], entry.value
    if ":" not in text[entry.key.end : max(value.start, entry.key.end)]:
        return key if value.start == value.end else f"{key}: {flow_text(text, value, roles)}"
    return f"{key}: {flow_text(text, value, roles)}".rstrip()


def lay_out_flow(lines: Lines, node: Mapping | Sequence, column: int, roles: Roles) -> None:
    """A flow collection; one of several lines keeps its breaks. `column`: where the line it begins in begins."""
    if on_one_line(lines, node):
        lines.replace(node.start, node.end, flow_text(lines.text, node, roles))
        lines.ends_code(node.end)
        return
    _Broken(lines, roles).collection(node, column)


def _has_braces(text: str, node: Mapping) -> bool:
    return text[node.start : node.start + 1] == "{"


class _Broken:
    """Flow collections that go over several lines, gap by gap."""

    def __init__(self, lines: Lines, roles: Roles):
        self.lines = lines
        self.roles = roles

    def collection(self, node: Mapping | Sequence, column: int) -> None:
        lines, parts = self.lines, node.entries if isinstance(node, Mapping) else node.items
        inside = 1 if isinstance(node, Mapping) and parts else 0
        position = node.start + 1
        lines.ends_code(position)
        below = self._begins(position, parts[0].start if parts else node.end - 1, inside)
        for place, part in enumerate(parts):
            if lines.is_first(part.start):
                if below is None:
                    lines.columns[lines.line(part.start)] = column + 2
                else:
                    lines.follows[lines.line(part.start)] = below
            here = column + 2 if below is None else column
            end = part.end
            if isinstance(part, Entry):
                end = self._entry(part, here)
            else:
                self._node(part, here)
            last = place == len(parts) - 1
            after = node.end - 1 if last else parts[place + 1].start
            self._between(end, after, inside if last else 1, last)
        lines.place(node.end - 1, column)
        lines.ends_code(node.end)

    def _begins(self, start: int, first: int, inside: int) -> int | None:
        """The gap behind an opening bracket; where the first part stands, if on the same line."""
        lines = self.lines
        if lines.line(start) != lines.line(first):
            return None
        lines.spaces(start, first, inside)
        return first

    def _entry(self, entry: Entry, column: int) -> int:
        """The gaps of an entry; where it ends."""
        lines, key, value = self.lines, entry.key, entry.value
        lines.ends_code(key.end)
        if value.start < key.end or ":" not in lines.text[key.end : value.start]:
            return key.end
        colon = lines.text.index(":", key.end)
        lines.spaces(key.end, colon, 0)
        lines.ends_code(colon + 1)
        if value.start == value.end:
            return colon + 1
        if lines.line(colon) == lines.line(value.start):
            lines.spaces(colon + 1, value.start, 1)
        else:
            lines.place(value.start, column + 2)
        self._node(value, column)
        return value.end

    def _node(self, node: Node, column: int) -> None:
        lines = self.lines
        if not isinstance(node, Scalar):
            if not isinstance(node, Mapping) or _has_braces(lines.text, node):
                lay_out_flow(lines, node, column, self.roles)
            return
        lines.ends_code(node.end)
        if on_one_line(lines, node):
            lines.replace(node.start, node.end, flow_text(lines.text, node, self.roles))
        else:
            inner = range(lines.line(node.start), lines.line(node.end))
            lines.scalars.update(number + 1 for number in inner)
            for number in inner:
                lines.is_code(number)

    def _between(self, start: int, end: int, width: int, last: bool) -> None:
        """The comma between two parts, or the one that may stand behind the last."""
        lines = self.lines
        comma = _comma(lines.text, start, end)
        if comma is None:
            if not last:
                raise Unfamiliar(start)
            if lines.line(start) == lines.line(end):
                lines.spaces(start, end, width)
            return
        if lines.line(start) == lines.line(comma):
            lines.spaces(start, comma, 0)
        lines.place(comma, lines.indentation(lines.line(comma)))
        lines.ends_code(comma + 1)
        if lines.line(comma) != lines.line(end):
            return
        if last and lines.line(start) == lines.line(end):
            lines.replace(comma, end, " " * width)
        else:
            lines.spaces(comma + 1, end, width)


def _comma(text: str, start: int, end: int) -> int | None:
    """The comma between two places, comments passed over."""
    position = start
    while position < end:
        if text[position] == ",":
            return position
        if text[position] == "#":
            while position < end and text[position] not in "\r\n":
                position += 1
        elif not text[position].isspace():
            raise Unfamiliar(position)
        else:
            position += 1
    return None
