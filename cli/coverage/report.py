"""Coverage as text, JSON, lcov and a page."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TextIO

from .measure import COUNTED, KINDS, FileCoverage, Item, What

FORMATS = ("text", "json", "lcov", "html")
_TITLES: dict[What, str] = {
    "definition": "definitions", "branch": "branches", "row": "case rows", "rung": "statuses", "tier": "tiers",
    "amendment": "amendments", "error path": "errors",
}  # fmt: skip
_MOST = 20
"""Uncovered places of one file that the text lists."""


def percent_covered(files: Sequence[FileCoverage]) -> float:
    """Covered places in per cent of all that count, 100 where there are none."""
    counts = [file.count(*COUNTED) for file in files]
    return share(sum(covered for covered, _ in counts), sum(there for _, there in counts))


def share(covered: int, there: int) -> float:
    return 100 * covered / there if there else 100.0


def write_report(stream: TextIO, files: Sequence[FileCoverage], format_: str) -> None:
    if format_ == "json":
        json.dump(_json(files), stream, indent=2, ensure_ascii=False)
        stream.write("\n")
    elif format_ == "lcov":
        for file in files:
            _write_lcov(stream, file)
    elif format_ == "html":
        from .html_page import page

        stream.write(page(files))
    else:
        _write_text(stream, files)


def titles() -> list[str]:
    return [_TITLES[kind] for kind in KINDS]


def cells(file: FileCoverage) -> list[str]:
    """The figures of a file, `12/14` each, `-` where it has none of a kind."""
    counts = [file.count(kind) for kind in KINDS]
    return [f"{covered}/{there}" if there else "-" for covered, there in counts]


def told(item: Item) -> str:
    """What is not covered, in words: `margin_ratio: left of \\`and\\` does not hold`."""
    match item.place.what:
        case "branch":
            return f"{item.name}: never taken: {item.place.way}"
        case "row":
            return f"{item.name}: {'its `else`' if item.place.way == 'else' else 'this case'} decided no case"
        case "rung":
            return f"{item.name}: no case has it"
        case "tier":
            return f"{item.name}: no case reads this row"
        case "amendment":
            return f"{item.name}: no case runs between this date and the next"
        case _:
            return f"{item.name}: computed by no case"


def _write_text(stream: TextIO, files: Sequence[FileCoverage]) -> None:
    head = ["rules", *titles(), "covered"]
    rows = [[file.file, *cells(file), f"{percent_covered([file]):.1f} %"] for file in files if file.items]
    totals = [[sum(numbers) for numbers in zip(*(file.count(kind) for file in files), strict=True)] for kind in KINDS]
    rows.append(["total", *(f"{one}/{all_}" for one, all_ in totals), f"{percent_covered(files):.1f} %"])
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        line = "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        )
        stream.write(f"{line.rstrip()}\n")
    for file in files:
        missing = file.uncovered()
        for item in missing[:_MOST]:
            stream.write(f"{file.file}:{item.place.span.line}:{item.place.span.column}: {told(item)}\n")
        if len(missing) > _MOST:
            stream.write(f"{file.file}: {len(missing) - _MOST} more; --coverage=json lists all\n")
    for file in files:
        for item in _excused(file):
            stream.write(f"{file.file}:{item.place.span.line}: not counted, {item.excuse}: {told(item)}\n")


def _excused(file: FileCoverage) -> list[Item]:
    excused = (item for item in file.items.values() if item.excuse and not item.hits)
    return sorted(excused, key=lambda item: item.place)


def _json(files: Sequence[FileCoverage]) -> dict[str, object]:
    return {
        "covered_percent": round(percent_covered(files), 2),
        "files": [
            {
                "file": file.file,
                "covered_percent": round(percent_covered([file]), 2),
                **{
                    title.replace(" ", "_"): dict(zip(("covered", "all"), file.count(kind), strict=True))
                    for kind, title in _TITLES.items()
                },
                "lines": {str(line): hits for line, hits in sorted(line_hits(file).items())},
                "uncovered": [_item_json(item) for item in file.uncovered()],
                "not_counted": [_item_json(item) | {"reason": item.excuse} for item in _excused(file)],
                "errors_never_seen": [
                    _item_json(item) | {"operation": item.place.way}
                    for item in sorted(file.items.values(), key=lambda item: item.place)
                    if item.place.what == "error path" and not item.hits
                ],
            }
            for file in files
        ],
    }


def _item_json(item: Item) -> dict[str, object]:
    span = item.place.span
    return {"what": item.place.what, "name": item.name, "line": span.line, "column": span.column, "way": item.place.way}


def line_hits(file: FileCoverage) -> dict[int, int]:
    """How many cases came past each line that says something; of the parts of a line, past the one most seldom met."""
    hits = dict(file.lines)
    for item in file.items.values():
        line = item.place.span.line
        if item.place.what in ("row", "rung", "tier", "amendment"):
            hits[line] = min(hits[line], item.hits) if line in hits else item.hits
        elif item.place.what == "definition":
            hits.setdefault(line, item.hits)
    return hits


def _write_lcov(stream: TextIO, file: FileCoverage) -> None:
    """The records of geninfo(1): functions are definitions, branches the two ways of each choice."""
    lines, items = line_hits(file), sorted(file.items.values(), key=lambda item: item.place)
    if not lines:
        return
    stream.write(f"TN:\nSF:{file.file}\n")
    definitions = [item for item in items if item.place.what == "definition"]
    forms = Counter(item.name for item in definitions)  # an amendment may give a definition another form
    names = [f"{one.name}@{one.place.span.line}" if forms[one.name] > 1 else one.name for one in definitions]
    for name, item in zip(names, definitions, strict=True):
        stream.write(f"FN:{item.place.span.line},{name}\n")
    for name, item in zip(names, definitions, strict=True):
        stream.write(f"FNDA:{item.hits},{name}\n")
    stream.write(f"FNF:{len(definitions)}\nFNH:{sum(item.hits > 0 for item in definitions)}\n")
    branches = [item for item in items if item.place.what == "branch" and not item.excuse]
    blocks: dict[tuple[object, int], int] = {}
    for item in branches:
        line = item.place.span.line
        block = blocks.setdefault((item.place.span, item.place.turn), len(blocks))
        reached = any(o.hits for o in branches if (o.place.span, o.place.turn) == (item.place.span, item.place.turn))
        way = 0 if branches.index(item) % 2 == 0 else 1
        stream.write(f"BRDA:{line},{block},{way},{item.hits if reached else '-'}\n")
    stream.write(f"BRF:{len(branches)}\nBRH:{sum(item.hits > 0 for item in branches)}\n")
    for line, hits in sorted(lines.items()):
        stream.write(f"DA:{line},{hits}\n")
    stream.write(f"LF:{len(lines)}\nLH:{sum(hits > 0 for hits in lines.values())}\nend_of_record\n")
