"""The order of a file's sections, and the same file in the usual one."""

from __future__ import annotations

from collections.abc import Sequence

from ...program.diagnostic import Diagnostic, Fix
from ..diagnostics import lint as findings
from ..pipeline import Source
from ..source import Entry, SourceFile
from .own import own_file

_HEAD = ("rulebook", "language", "extends", "layer", "imports", "numeraire", "currencies", "about", "source")
_LAST = {"model": 1, "functions": 1, "parameters": 2, "status": 4, "outputs": 5}


def _rank(key: str) -> int:
    """What a section comes after: the head, the model, the numbers, the rules with their amendments, the verdict."""
    return 0 if key in _HEAD else _LAST.get(key, 3)


def sections_out_of_order(source: Source) -> list[Diagnostic]:
    """At most one finding, about the first section that stands too low; its fix puts all in order."""
    file = own_file(source)
    entries = file.root.entries
    for place, entry in enumerate(entries):
        behind = next((other for other in entries[:place] if _rank(other.key.text) > _rank(entry.key.text)), None)
        if behind is not None:
            fixes = () if file.root.flow else (_in_order(file.source, entries),)
            key, before = file.source.span_of(entry.key), file.source.span_of(behind.key)
            return [findings.out_of_order(key, entry.key.text, behind.key.text, before, fixes)]
    return []


def _in_order(file: SourceFile, entries: Sequence[Entry]) -> Fix:
    """The sections sorted, each with the comments right above it; blank lines stay between the places they were."""
    starts = [_start(file, entry, entries[place - 1].end if place else 0) for place, entry in enumerate(entries)]
    ends = [*starts[1:], len(file.text)]
    blocks = [file.text[start:end] for start, end in zip(starts, ends, strict=True)]
    gaps = [block[len(block.rstrip()) :] for block in blocks]
    order = sorted(range(len(entries)), key=lambda place: _rank(entries[place].key.text))
    new = "".join(blocks[place].rstrip() + gap for place, gap in zip(order, gaps, strict=True))
    return Fix(file.span(starts[0], len(file.text)), new)


def _start(file: SourceFile, entry: Entry, before: int) -> int:
    """The offset at which a section begins: its line, or that of the first comment right above it."""
    start = file.line_start(entry.start)
    while start > before:
        above = file.line_start(start - 1)
        if above < before or not file.text[above:start].lstrip().startswith("#"):
            break
        start = above
    return start
