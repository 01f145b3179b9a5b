"""`marginc test --update`: what came out, written into the case file where something else was expected."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ...compiler.source import Scalar
from .compare import Difference
from .read import Case, CaseFile

_PLAIN = re.compile(r"[A-Za-z0-9_.+-](?:[\w .+%/()-]*[\w.+%)])?\Z")
"""Text that means itself in YAML without quotes, in a list or block of one line too."""
_WORDS = ("null", "~", "")


@dataclass(frozen=True, slots=True)
class Edit:
    """Other text for a stretch of a case file. `told` says whose it is; `before` is what stands there."""

    start: int
    end: int
    before: str
    after: str
    line: int
    told: str


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
        line = file.source.span_of(place).line
        edits.append(Edit(place.start, place.end, before, after, line, case.name))
    return tuple(edits)


def apply(path: Path, text: str, edits: Sequence[Edit]) -> tuple[list[Edit], list[Edit]]:
    """Writes the edits of one file; those that were written, and those that contradict one another.

    The file appears complete or not at all. A text that several rows of a table expect has to become one text.
    """
    wanted: dict[tuple[int, int], set[str]] = {}
    for edit in edits:
        wanted.setdefault((edit.start, edit.end), set()).add(edit.after)
    written = [edit for edit in edits if len(wanted[edit.start, edit.end]) == 1]
    for start, end in sorted({(edit.start, edit.end) for edit in written}, reverse=True):
        (after,) = wanted[start, end]
        text = text[:start] + after + text[end:]
    if written:
        mark = "\ufeff" if path.read_bytes().startswith(b"\xef\xbb\xbf") else ""
        partial = path.with_name(f".{path.name}.partial")
        partial.write_text(mark + text, "utf-8", newline="")
        partial.replace(path)
    return written, [edit for edit in edits if edit not in written]


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
