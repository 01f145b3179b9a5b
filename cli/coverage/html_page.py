"""Coverage as one page: the text of each rulebook, its lines coloured by whether cases compute them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .measure import COUNTED, FileCoverage, Item
from .report import cells, line_hits, percent_covered, titles, told

_STYLE = """\
:root {
  --ink: #1c2024; --paper: #fff; --rule: #d8dce0; --dim: #6b7278; --full: #d9f2df; --part: #fbeec2; --none: #f9d3cf;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e4e7ea; --paper: #15181b; --rule: #3a4046; --dim: #98a0a8;
    --full: #17402a; --part: #4d3f10; --none: #5a211c;
  }
}
body { color: var(--ink); background: var(--paper); font: 15px/1.45 system-ui, sans-serif; }
body { margin: 2em auto; max-width: 80em; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { border-bottom: 1px solid var(--rule); padding: .25em .8em; text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
pre { font: 13px/1.5 ui-monospace, monospace; border: 1px solid var(--rule); overflow-x: auto; padding: .5em 0; }
.line { display: block; padding: 0 .8em; min-width: max-content; }
.number, .hits { display: inline-block; width: 3.5em; color: var(--dim); user-select: none; }
.full { background: var(--full); }
.part { background: var(--part); }
.none { background: var(--none); }
.note { color: var(--dim); padding-left: 8em; font-style: italic; }
.key span { padding: .1em .6em; margin-right: .6em; }
"""


def page(files: Sequence[FileCoverage]) -> str:
    """One HTML page that needs nothing else: no script, no other file."""
    there = [file for file in files if file.items]
    rows = [_row(file) for file in there]
    head = "".join(f"<th>{escape(title)}</th>" for title in ("rules", *titles(), "covered"))
    listings = "\n".join(_listing(number, file) for number, file in enumerate(there))
    return f"""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Coverage of rules: {percent_covered(files):.1f} %</title>
<style>
{_STYLE}</style>
</head>
<body>
<h1>Coverage of rules: {percent_covered(files):.1f} %</h1>
<table>
<tr>{head}</tr>
{"".join(_anchored(number, row) for number, row in enumerate(rows))}</table>
<p class="key"><span class="full">computed by a case</span><span class="part">in part</span>\
<span class="none">by none</span> Figures are covered of all; beside a line, how many cases came past it.</p>
{listings}
</body>
</html>
"""


def _row(file: FileCoverage) -> list[str]:
    return [file.file, *cells(file), f"{percent_covered([file]):.1f} %"]


def _anchored(number: int, row: list[str]) -> str:
    name = f'<td><a href="#f{number}">{escape(row[0])}</a></td>'
    return f"<tr>{name}{''.join(f'<td>{escape(cell)}</td>' for cell in row[1:])}</tr>\n"


def _listing(number: int, file: FileCoverage) -> str:
    hits = line_hits(file)
    missing: dict[int, list[Item]] = {}
    for item in file.uncovered():
        missing.setdefault(item.place.span.line, []).append(item)
    lines = []
    for line, text in enumerate(file.text.splitlines(), 1):
        here = missing.get(line, [])
        shown = f'<span class="number">{line}</span><span class="hits">{hits.get(line, "")}</span>'
        lines.append(f'<span class="line {_color(line, hits, here)}">{shown}{escape(text) or " "}</span>')
        lines += [f'<span class="line note">{escape(told(item))}</span>' for item in here]
    return f'<h2 id="f{number}">{escape(file.file)}</h2>\n<pre>{"".join(lines)}</pre>'


def _color(line: int, hits: dict[int, int], missing: list[Item]) -> str:
    if line in hits and not hits[line]:
        return "none"
    if any(item.place.what in COUNTED for item in missing):
        return "part" if hits.get(line) else "none"
    return "full" if line in hits else ""
