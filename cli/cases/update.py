"""`marginc test --update`: what came out, written into the case file where something else was expected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ...compiler.source import Mapping, Node, Scalar
from ...compiler.source import Sequence as Items
from .compare import Difference
from .read import Case, CaseFile

_PLAIN = re.compile(r"[A-Za-z0-9_.+-](?:[\w .+%/()-]*[\w.+%)])?\Z")
"""Text that means itself in YAML without quotes, in a list or block of one line too."""
_WORDS = ("null", "~", "")


@dataclass(frozen=True, slots=True)
class Edit:
    """Other text for a stretch of a case file. `told` says whose it is; `before` is what stands there.

    shared   how many cases expect what stands there: the rows of a table share what stands outside of them
    """

    start: int
    end: int
    before: str
    after: str
    line: int
    told: str
    shared: int = 1


def edits_of(file: CaseFile, case: Case, differences: Iterable[Difference]) -> tuple[Edit, ...]:
    """The edits that make a case expect what came out, where a text stands that says otherwise."""
    edits = []
    for difference in differences:
        place = difference.place
        if place is None or not difference.actual:
            continue
        before = file.source.text[place.start : place.end]
        after = difference.actual
        if isinstance(place, Scalar):
            after = _written(_as_precise(place.text, after), place)
        shared = sum(_expects(other.expect, place.start) for other in file.cases)
        line = file.source.span_of(place).line
        edits.append(Edit(place.start, place.end, before, after, line, case.name, shared))
    return tuple(edits)


def apply(path: Path, text: str, edits: Sequence[Edit]) -> tuple[list[Edit], list[Edit]]:
    """Writes the edits of one file; those that were written, and those on which not all that share a text agree.

    The file appears complete or not at all.
    """
    wanted: dict[int, list[str]] = {}
    for edit in edits:
        wanted.setdefault(edit.start, []).append(edit.after)
    agreed = {edit.start for edit in edits if len(set(wanted[edit.start])) == 1}
    written = [edit for edit in edits if edit.start in agreed and len(wanted[edit.start]) == edit.shared]
    for start, end in sorted({(edit.start, edit.end) for edit in written}, reverse=True):
        text = text[:start] + wanted[start][0] + text[end:]
    if written:
        mark = "\ufeff" if path.read_bytes().startswith(b"\xef\xbb\xbf") else ""
        partial = path.with_name(f".{path.name}.partial")
        partial.write_text(mark + text, "utf-8", newline="")
        partial.replace(path)
    return written, [edit for edit in edits if edit not in written]


def _expects(node: Node, start: int) -> bool:
    """Whether what begins at this place of the file is part of what a case expects."""
    if isinstance(node, Mapping):
        return any(_expects(entry.value, start) for entry in node.entries)
    if isinstance(node, Items) and node.start != start:
        return any(_expects(item, start) for item in node.items)
    return node.start == start


def _as_precise(before: str, after: str) -> str:
    """A number with the decimals it was written with, where it has endless ones; else as it is."""
    share = "%" if after.endswith("%") else ""
    try:
        value = Decimal(after.removesuffix("%"))
        places = len(before.rstrip("% ").partition(".")[2].replace("_", ""))
    except InvalidOperation:
        return after
    if len(value.as_tuple().digits) < 30 or not places:  # 34 digits: the result has more than it shows
        return after
    return f"{value:.{places}f}{share}"


def _written(text: str, place: Scalar) -> str:
    if place.style in ("'", '"') or not _PLAIN.match(text) or text in _WORDS:
        return json.dumps(text, ensure_ascii=False)
    return text
