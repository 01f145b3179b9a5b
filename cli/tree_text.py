"""An explanation drawn as a tree: label, value with its unit, rule line, and how the value comes about."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..program.dimension import RATIO
from ..program.literal import instant_text
from ..program.number import Value
from ..program.program import Origin
from ..program.types import Date, Number
from ..runtime.explain import Explanation, Step
from ..runtime.explain.figures import in_full
from ..runtime.format import value_text
from .findings.screen import cells, one_line

WIDTH = 120
_NARROWEST_NOTE = 36
_GAP = "  "


@dataclass(frozen=True, slots=True)
class _Line:
    """One step as text, before columns are aligned. `rail` continues the tree on lines below."""

    tree: str
    rail: str
    number: str
    unit: str
    place: str
    note: str


def drawn(explanation: Explanation, said: Sequence[str] = ()) -> str:
    """The whole explanation, ending in a line break; `said` takes the rulebook's place in the header."""
    file = _short(explanation.file)
    title = ", ".join(
        one_line(part)
        for part in (explanation.account, instant_text(explanation.as_of), *(said or (explanation.rulebook,)))
    )
    right = f"lines of {file}" if file else ""
    header = title + right.rjust(max(WIDTH - cells(title), len(right) + 2))
    if cells(header) > WIDTH:
        header = f"{title}\n{right.rjust(WIDTH)}"
    lines = list(_lines(explanation.root, explanation.file))
    columns = _columns(lines)
    body = [text for line in lines for text in _row(line, columns)]
    about = [_GAP + part for part in textwrap.wrap(one_line(explanation.root.about), WIDTH - 4)]
    status = list(_status(explanation))
    return "\n".join([header.rstrip(), "", *body, *(["", *about] if about else []), "", *status]) + "\n"


def _lines(root: Step, file: str) -> Iterator[_Line]:
    stack: list[tuple[Step, str, str]] = [(root, "", "")]
    while stack:
        step, lead, rail = stack.pop()
        number, unit = _value(step)
        below = step.children
        place = "above" if step.repeated else _place(step.origin, file)
        label = f"less {step.label}" if step.subtracted else step.label
        error = f"error: {step.error}" if step.error else ""
        note = "; ".join(part for part in (error, step.note, _reason(step)) if part)
        if step.error and any(child.error == step.error for child in below):
            note = "in error, because of what is below"
        if step.cut:
            note = f"{note} ..." if note else "..."
        yield _Line(lead + one_line(label), rail + ("│  " if below else "   "), number, unit, place, one_line(note))
        for position in range(len(below) - 1, -1, -1):
            last = position == len(below) - 1
            stack.append((below[position], rail + ("└─ " if last else "├─ "), rail + ("   " if last else "│  ")))


def _reason(step: Step) -> str:
    return f"because {step.because}" if step.because else ""


def _value(step: Step) -> tuple[str, str]:
    value = step.value
    if step.error or (value is None and step.definition < 0):
        return "", ""
    if isinstance(value, Value) and not isinstance(step.type, Date):
        number = step.type if isinstance(step.type, Number) else Number(None)
        dimension = None if number.integer and number.dimension == RATIO else number.dimension
        return in_full(value, dimension)
    return value_text(value, step.type), ""


def _place(origin: Origin | None, file: str) -> str:
    if origin is None or not origin.span.line:
        return ""
    line = origin.span.line
    return str(line) if origin.span.file == file else f"{_short(origin.span.file)}:{line}"


@dataclass(frozen=True, slots=True)
class _Columns:
    """Widths: the tree, digits before the point, the rest of the value with its unit, the place."""

    tree: int
    whole: int
    rest: int
    place: int

    @property
    def note(self) -> int:
        return self.tree + self.whole + self.rest + self.place + 3 * len(_GAP)


def _columns(lines: Sequence[_Line]) -> _Columns:
    split = [_split(line) for line in lines]
    return _Columns(
        max(cells(line.tree) for line in lines),
        max(len(whole) for whole, _ in split),
        max(len(rest) for _, rest in split),
        max(len(line.place) for line in lines),
    )


def _split(line: _Line) -> tuple[str, str]:
    """The value at its decimal point, so that points stand under one another."""
    if not line.number[-1:].isdigit():
        return "", f"{line.number} {line.unit}".rstrip()
    whole, point, fraction = line.number.partition(".")
    return whole, f"{point}{fraction} {line.unit}".rstrip()


def _row(line: _Line, columns: _Columns) -> Iterator[str]:
    """The line, its note wrapped under itself where it is long."""
    whole, rest = _split(line)
    value = f"{whole.rjust(columns.whole)}{rest.ljust(columns.rest)}"
    if not whole and rest:
        value = rest.rjust(columns.whole).ljust(columns.whole + columns.rest)
    tree = line.tree + " " * (columns.tree - cells(line.tree))
    first = _GAP.join((tree, value, line.place.rjust(columns.place)))
    room = max(_NARROWEST_NOTE, WIDTH - columns.note)
    notes = textwrap.wrap(line.note, room, break_long_words=False, break_on_hyphens=False) or [""]
    yield f"{first}{_GAP}{notes[0]}".rstrip()
    for note in notes[1:]:
        yield f"{line.rail.ljust(columns.note)}{note}".rstrip()


def _status(explanation: Explanation) -> Iterator[str]:
    """The verdict, then the rungs that were tried before it."""
    rungs = explanation.rungs
    if not rungs:
        return
    last = rungs[-1]
    if last.error:
        yield f"status: unknown, because {one_line(last.error)}"
        return
    tried = [rung for rung in rungs[:-1] if rung.because]
    if last.because:
        yield from _told(f"status: {last.name}, because ", last.because, last.origin, explanation)
        tried = [rung for rung in tried if rung.name != last.name]
        leads = [f"not {rung.name}, because " for rung in tried]
    else:
        first = f"status: {last.name}"
        if not tried:
            yield first
        leads = [f"{first}, because ", *(["and ".rjust(len(first) + 10)] * len(tried))][: len(tried)]
    for lead, rung in zip(leads, tried, strict=True):
        yield from _told(lead, rung.because, rung.origin, explanation)


def _told(lead: str, because: str, origin: Origin | None, explanation: Explanation) -> Iterator[str]:
    place = _place(origin, explanation.file)
    room = WIDTH - len(lead) - len(place) - 2
    parts = textwrap.wrap(one_line(because), max(room, _NARROWEST_NOTE), break_long_words=False) or [""]
    text = lead + parts[0]
    yield f"{text}{place.rjust(max(WIDTH - cells(text), len(place) + 2))}".rstrip()
    for part in parts[1:]:
        yield " " * len(lead) + part


def _short(file: str) -> str:
    return file.rpartition("/")[2]
