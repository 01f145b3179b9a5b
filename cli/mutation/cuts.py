"""Cutting a part out of a rule file so that what is left is YAML: an item of a list, an entry of a block."""

from __future__ import annotations

from ...compiler.source import Entry, Mapping, Sequence, SourceFile

Cut = tuple[int, int, str]
"""From, to, and what stands there instead."""


def without_lines(file: SourceFile, place: tuple[int, int]) -> Cut:
    """An item or entry in block style: whole lines, from the one it begins in."""
    start, end = place
    begin = file.line_start(start)
    stop = file.text.find("\n", max(end - 1, start))
    return begin, len(file.text) if stop < 0 else stop + 1, ""


def without_item(file: SourceFile, items: Sequence, number: int) -> Cut:
    """One item of a list, with its comma where the list is written in brackets."""
    item = items.items[number]
    if not items.flow:
        return without_lines(file, (item.start, item.end))
    if number + 1 < len(items.items):
        return item.start, items.items[number + 1].start, ""
    if number:
        return items.items[number - 1].end, item.end, ""
    return item.start, item.end, ""


def without_entry(file: SourceFile, block: Mapping, entry: Entry) -> Cut:
    """One entry of a block."""
    if not block.flow:
        return without_lines(file, (entry.start, entry.end))
    number = block.entries.index(entry)
    if number + 1 < len(block.entries):
        return entry.start, block.entries[number + 1].start, ""
    return (block.entries[number - 1].end if number else entry.start), entry.end, ""
