"""What cases came past in programs, told as places of rule files.

A place counts for every interval and every rulebook that has it: what one case computes is computed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ...compiler.check import Structure
from ...compiler.pipeline import Interval, Source
from ...compiler.rulebook import DefinitionText, FunctionText, Layer
from ...compiler.source import Scalar
from ...compiler.syntax import Expression, ast, parse_expression
from ...program.diagnostic import Diagnostic, Span
from ...program.program import Program
from ...runtime.coverage import Seen
from .tiers import tier_places

Ran = Mapping[Interval, list[Seen]]
"""What each case came past, by the interval of the program it ran under."""
What = Literal["definition", "branch", "row", "rung", "tier", "amendment", "error path"]
KINDS: tuple[What, ...] = ("definition", "branch", "row", "rung", "tier", "amendment", "error path")
COUNTED: tuple[What, ...] = KINDS[:-1]
"""What has to be covered; an operation that could fail and never did is told, and counts for nothing."""
_EXCUSE = re.compile(r"#\s*uncovered:[ \t]*(.*?)\s*$")
_FAILING = ("divide", "power", "require", "bracket", "slices", "lookup", "floor", "ceil", "trunc", "round",
            "square_root", "logarithm", "exponential")  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A part of a rule file: `way` tells the two ways of a choice apart, `turn` several choices at one span."""

    span: Span
    what: What
    way: str = ""
    turn: int = 0


@dataclass(slots=True)
class Item:
    """A place with the name of what it is part of, and how many cases came past it.

    excuse   why it need not be covered; empty where it has to
    """

    place: Place
    name: str
    hits: int = 0
    excuse: str = ""


@dataclass(slots=True)
class FileCoverage:
    """A rule file with everything in it that cases can come past, in the order of the file."""

    file: str
    text: str
    items: dict[Place, Item] = field(default_factory=dict)
    lines: Counter[int] = field(default_factory=Counter)
    """Lines of definitions with how many cases computed them."""

    def count(self, *what: What) -> tuple[int, int]:
        """Covered and all of these kinds, without what is excused."""
        own = [item for item in self.items.values() if item.place.what in what and not item.excuse]
        return sum(item.hits > 0 for item in own), len(own)

    def uncovered(self) -> list[Item]:
        own = (item for item in self.items.values() if item.place.what in COUNTED and not item.hits and not item.excuse)
        return sorted(own, key=lambda item: item.place)


def measured(ran: Iterable[tuple[Source, Ran]]) -> list[FileCoverage]:
    """Coverage of every file of these rulebooks."""
    files: dict[str, FileCoverage] = {}
    for source, seen in ran:
        for file in source.rulebook.files:
            files.setdefault(file.source.name, FileCoverage(file.source.name, file.source.text))
        _Measure(source, seen, files).run()
    for coverage in files.values():
        _excuse(coverage)
    return [files[name] for name in sorted(files)]


class _Measure:
    def __init__(self, source: Source, ran: Ran, files: dict[str, FileCoverage]):
        self.source = source
        self.ran = ran
        self.files = files

    def run(self) -> None:
        rulebook = self.source.rulebook
        for instant in (None, *rulebook.instants):
            interval = rulebook.interval(instant)
            program, _ = self.source.program_at(instant)
            if program is not None:
                self._interval(program, self.source.structure_at(instant), self.ran.get(interval, []))
        for text in rulebook.layers:
            effective = text.layer.effective
            if effective is not None:
                hits = sum(len(seen) for interval, seen in self.ran.items() if interval[0] == effective)
                self._add("amendment", _dated(text.layer), text.layer.about or "amendment", hits)

    def _add(self, what: What, span: Span, name: str, hits: int, way: str = "", turn: int = 0) -> Item:
        place = Place(span, what, way, turn)
        item = self.files[span.file].items.setdefault(place, Item(place, name))
        item.hits += hits
        return item

    def _interval(self, program: Program, structure: Structure, seen: list[Seen]) -> None:
        computed = Counter(number for one in seen for number in one.definitions)
        choices = Counter(choice for one in seen for choice in one.choices)
        failures = Counter(failure for one in seen for failure in one.failures)
        names: dict[int, str] = {}
        known: dict[Span, str] = {}
        last: dict[Span, Span] = {}
        for key, checked in structure.definitions.checked.items():
            number = program.find(key[1], *key[0])
            if number is not None:
                names[number] = program.definitions[number].full_name
                self._definition(checked.text, names[number], computed[number], known, last)
        for place, function in enumerate(program.functions):
            names[-1 - place] = f"{function.name}()"
            text = structure.definitions.functions[function.name].text
            self._definition(text, names[-1 - place], computed[-1 - place], known, last)
        self._ladder(program, structure, seen, names, known)
        self._choices(program, choices, names, known, last)
        for (at, node), span in program.origins.nodes.items():
            if program.nodes[node].operation in _FAILING and at in names:
                self._add("error path", span, names[at], failures[at, node], program.nodes[node].operation)
        rows = Counter(row for one in seen for row in one.rows)
        for parameter, number, span in tier_places(program, self.source.rulebook.files):
            self._add("tier", span, ".".join(part for part in parameter if part), rows[parameter, number])

    def _definition(
        self, text: DefinitionText | FunctionText, name: str, hits: int, known: dict[Span, str], last: dict[Span, Span]
    ) -> None:
        """The definition itself, and where its choices stand; `last`: the row of cases before an `else`."""
        layer = text.layer
        if text.expression is None and not text.cases:
            return
        scalars = [text.expression] if text.expression is not None else [p for case in text.cases for p in case if p]
        self._add("definition", layer.span(text.name), name, hits)
        lines = self.files[layer.file.name].lines
        for scalar in (text.name, *scalars):
            span = layer.span(scalar)
            for line in range(span.line, max(span.line, span.end_line - (span.end_column == 1)) + 1):
                lines[line] = max(lines[line], hits)
        row: Span | None = None
        for scalar in scalars:
            _note_choices(layer, scalar, known)
        for when, then in text.cases:
            expression = parse_expression(layer.file, then)
            if isinstance(expression, Expression):
                if when is None and row is not None:
                    last[row] = expression.span()
                row = expression.span()
                if when is not None:
                    known.setdefault(row, "case")

    def _ladder(
        self, program: Program, structure: Structure, seen: list[Seen], names: dict[int, str], known: dict[Span, str]
    ) -> None:
        held = Counter(rung for one in seen for rung in one.rungs)
        for position, rung in enumerate(structure.verdict.ladder):
            text = rung.text
            self._add("rung", text.layer.span(text.name), f"status {text.name.text}", held[position])
            if text.when is not None:
                names[program.ladder[position].definition] = f"status {text.name.text}"
                _note_choices(text.layer, text.when, known)

    def _choices(
        self,
        program: Program,
        choices: Counter[tuple[int, int, bool]],
        names: Mapping[int, str],
        known: Mapping[Span, str],
        last: Mapping[Span, Span],
    ) -> None:
        turns: Counter[Span] = Counter()
        for (at, node), span in sorted(program.origins.nodes.items()):
            if program.nodes[node].operation != "select" or at not in names or span not in known:
                continue
            turn, turns[span] = turns[span], turns[span] + 1
            condition = program.nodes[program.nodes[node].arguments[0]]
            for way in (True, False):
                hits = choices[at, node, way]
                item = self._add("branch", span, names[at], hits, _told(known[span], way), turn)
                if condition.operation == "constant" and condition.attributes[0] is not way:
                    item.excuse = "its condition is constant"
            if known[span] == "case":
                self._add("row", span, names[at], choices[at, node, True], turn=turn)
                if span in last:
                    self._add("row", last[span], names[at], choices[at, node, False], "else")


def _told(what: str, way: bool) -> str:
    """A way of a choice in words."""
    if what == "case":
        return "this case decides" if way else "this case does not hold"
    if what in ("and", "or"):
        return f"left of `{what}` holds" if way else f"left of `{what}` does not hold"
    return "the condition holds" if way else "the condition does not hold"


def _note_choices(layer: Layer, scalar: Scalar, known: dict[Span, str]) -> None:
    """Every `if`, `and` and `or` of an expression, by its place."""
    expression = parse_expression(layer.file, scalar)
    if isinstance(expression, Diagnostic):
        return
    for node in _walk(expression.root):
        if isinstance(node, ast.Conditional):
            known[expression.span(node)] = "if"
        elif isinstance(node, ast.Logical):
            known[expression.span(node)] = node.operator


def _walk(root: ast.Expr) -> Iterator[ast.Expr]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += ast.children(node)


def _dated(layer: Layer) -> Span:
    """Where an amendment says its date."""
    from ...compiler.source import Mapping as Block
    from ...compiler.source import Sequence, parse_source
    from ...program.literal import instant

    _, root, _ = parse_source(layer.file.text, layer.file.name)
    entry = root.get("amendments") if root is not None else None
    for item in entry.value.items if entry is not None and isinstance(entry.value, Sequence) else ():
        effective = item.get("effective") if isinstance(item, Block) else None
        place = effective.value if effective is not None else None
        if isinstance(place, Scalar) and instant(place.text) == layer.effective:
            return layer.span(place)
    return Span(layer.file.name, 1, 1, 1, 1)


def _excuse(coverage: FileCoverage) -> None:
    """`# uncovered: REASON` on a line, or alone on the line above it, excuses what no case covers there."""
    lines = coverage.text.splitlines()
    for item in coverage.items.values():
        if item.hits or item.excuse:
            continue
        own = item.place.span.line - 1
        for number in (own, own - 1):
            found = _EXCUSE.search(lines[number]) if 0 <= number < len(lines) else None
            alone = found is not None and not lines[number][: found.start()].strip()
            if found is not None and found[1] and (number == own or alone):
                item.excuse = found[1]
                break
