"""Whether a program is at least as tight as another: each requirement compared, and what it depends on.

Eligibility may only end, haircuts and margins only rise, borrow caps only fall (none is the highest), checks hold less
often, and a status before the last more often.
"""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from decimal import Decimal

from ...program import number as exact
from ...program.number import EXACT, Value
from ...program.program import Constant, Program
from .monotone import Comparison
from .ways import Way, way_of

TIGHTER = {
    "eligibility": Way.DOWN,
    "haircuts": Way.UP,
    "borrow_caps": Way.HIGH_DOWN,
    "initial": Way.UP,
    "maintenance": Way.UP,
    "status": Way.UP,
    "checks": Way.DOWN,
}
"""The way that is tighter, by section; people are told of the first that is not."""
_LOOSER = {Way.UP: Way.DOWN, Way.DOWN: Way.UP, Way.HIGH_DOWN: Way.HIGH_UP}
Source = tuple[str, ...]
"""What may differ: ("field", kind, name), ("definition", scope..., name), ("function", name), ("status",)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is not tighter.

    shown   the movement that shows it; empty where nothing shows either way
    rows    the same by row, for all rows on which it is looser
    """

    target: str = ""
    shown: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    reached: bool = True

    @property
    def holds(self) -> bool:
        """Whether everything that is reached is as tight, and something is."""
        return self.reached and not self.target


class Dependencies:
    """What each definition of a program reads, directly and through others."""

    def __init__(self, program: Program):
        self.program = program
        self.direct = [self._direct(definition.node) for definition in program.definitions]

    def touched(self, sources: frozenset[Source], stop: frozenset[int] = frozenset()) -> frozenset[int]:
        """The definitions that one of the sources reaches, not counting what comes through `stop`."""
        readers: dict[int, list[int]] = {}
        waiting = []
        for number, (reads, seen) in enumerate(self.direct):
            definition = self.program.definitions[number]
            own = ("definition", *definition.scope, definition.name)
            if own in sources or not seen.isdisjoint(sources):
                waiting.append(number)
            for read in reads:
                readers.setdefault(read, []).append(number)
        found: set[int] = set()
        while waiting:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                if number not in stop:
                    waiting += readers.get(number, [])
        return frozenset(found)

    def _direct(self, root: int) -> tuple[frozenset[int], frozenset[Source]]:
        reads: set[int] = set()
        seen: set[Source] = set()
        visited: set[int] = set()
        waiting = [root]
        while waiting:
            number = waiting.pop()
            if number in visited:
                continue
            visited.add(number)
            node = self.program.nodes[number]
            waiting += node.arguments
            match node.operation:
                case "load":
                    seen.add(("field", str(node.attributes[0]), str(node.attributes[1])))
                case "read":
                    reads.add(int(str(node.attributes[0])))
                case "call":
                    function = self.program.functions[int(str(node.attributes[0]))]
                    seen.add(("function", function.name))
                    waiting.append(function.node)
                case "members" | "group":
                    kind = self.program.kinds[str(node.attributes[0])]
                    keys = (self.program.find(name, member) for member in kind.of for name in kind.by)
                    reads |= {key for key in keys if key is not None}
        return frozenset(reads), frozenset(seen)


def judge(before: Program, after: Program, sources: frozenset[Source]) -> Verdict:
    """The first requirement that is not as tight in the later program, which differs from the earlier in `sources`.

    What reaches a requirement only through others that are tighter counts as tighter unless it shows the opposite: that
    a higher haircut leaves less is what makes it one.
    """
    with decimal.localcontext(EXACT):
        moved = _moved_section(before, after, sources)
        if moved:
            return Verdict(moved)
        dependencies = Dependencies(after)
        ladder = match_ladders(before, after)
        touched = dependencies.touched(sources)
        if ladder is not None and ("status",) in sources:
            other = [new for new, old in ladder.items() if _said(before, old) != _said(after, new)]
            touched |= {after.ladder[number].definition for number in other} - {-1}
        comparison = Comparison(before, after, touched)
        if ladder is None:
            return Verdict("status")
        for new, old in ladder.items():
            comparison.numbers[("account",), f"status {new}"] = before.ladder[old].definition
        inserted = {rung.definition for number, rung in enumerate(after.ladder) if number not in ladder}
        targets = [n for n in sorted(touched - inserted) if after.definitions[n].section in TIGHTER]
        if not targets:
            return Verdict(reached=bool(inserted - {-1}))
        return _verdict(comparison, dependencies, sources, targets)


def _moved_section(before: Program, after: Program, sources: frozenset[Source]) -> str:
    """A requirement that is replaced by what is none: without its section it is no requirement any more."""
    sections = {(d.scope, d.name): d.section for d in after.definitions}
    for definition in before.definitions:
        replaced = ("definition", *definition.scope, definition.name) in sources
        same = sections.get((definition.scope, definition.name)) == definition.section
        if definition.section in TIGHTER and replaced and not same:
            return definition.name
    return ""


def reaches(program: Program, source: Source) -> bool:
    """Whether a requirement depends on something."""
    touched = Dependencies(program).touched(frozenset([source]))
    return source == ("status",) or any(program.definitions[number].section in TIGHTER for number in touched)


def _verdict(
    comparison: Comparison, dependencies: Dependencies, sources: frozenset[Source], targets: list[int]
) -> Verdict:
    sections = {number: comparison.after.definitions[number].section for number in targets}
    ways = {number: comparison.definition(number) for number in targets}
    order = list(TIGHTER)
    targets.sort(key=lambda number: (comparison.row_values(number) is None, order.index(sections[number]), number))
    settled = {number for number in targets if TIGHTER[sections[number]] in ways[number]}
    for number in targets:
        if number in settled:
            continue
        name, tighter = _name(comparison.after, number), TIGHTER[sections[number]]
        rows = _looser_rows(comparison, number, tighter)
        shown = rows[0][1] if rows else _proof(comparison, number, tighter, ways[number])
        if shown:
            return Verdict(name, shown, rows)
    known = frozenset(number for number in settled if sections[number] not in ("status", "checks"))
    direct = dependencies.touched(sources, known)
    unknown = [number for number in targets if number not in settled and number in direct]
    demanded = [number for number in unknown if sections[number] != "checks"]
    if demanded or (unknown and not settled):
        return Verdict(_name(comparison.after, (demanded or unknown)[0]))
    return Verdict()


def _looser_rows(comparison: Comparison, number: int, tighter: Way) -> tuple[tuple[str, str], ...]:
    """The rows on which a requirement is looser, each with how it moves there."""
    definition = comparison.after.definitions[number]
    share = definition.section == "haircuts"
    kind = comparison.after.kinds[definition.scope[0]]
    found = []
    for key, (old, new) in comparison.row_values(number) or ():
        if tighter not in way_of([(old, new)]):
            whose = "" if kind.role != "reference" else f" of {key}" if key else f" of any other {kind.name}"
            found.append((key, f"{definition.name}{whose} {value_text(old, share)} -> {value_text(new, share)}"))
    return tuple(found)


def _proof(comparison: Comparison, number: int, tighter: Way, way: Way) -> str:
    """What a requirement is proved to do instead of tightening."""
    if _LOOSER[tighter] not in way:
        return ""
    falls = tighter == Way.UP
    name = _name(comparison.after, number)
    if comparison.after.definitions[number].section in ("status", "checks", "eligibility"):
        return f"{name} holds {'less' if falls else 'more'} often"
    return f"{name} only {'falls' if falls else 'rises'}"


def _name(program: Program, number: int) -> str:
    """A requirement as people know it; a condition of the ladder by its status."""
    definition = program.definitions[number]
    if definition.section == "status":
        return next((rung.name for rung in program.ladder if rung.definition == number), definition.name)
    return definition.name


def match_ladders(before: Program, after: Program) -> dict[int, int] | None:
    """The rungs of the later ladder that are those of the earlier one; None where one is missing or may have moved.

    A new rung is tighter where it stands above what it takes accounts from and does not name a better status.
    """
    olds, news = before.ladder, after.ladder
    if [rung.name for rung in olds] == [rung.name for rung in news]:
        return {number: number for number in range(len(news))}
    found = _embedded([_said(before, n) for n in range(len(olds))], [_said(after, n) for n in range(len(news))])
    found = found or _embedded([rung.name for rung in olds], [rung.name for rung in news])
    if found is None or (olds and found.get(len(news) - 1) != len(olds) - 1):
        return None
    last = {rung.name: number for number, rung in enumerate(olds)}
    for number, rung in enumerate(news):
        following = next((found[later] for later in range(number, len(news)) if later in found), len(olds))
        if number not in found and last.get(rung.name, -1) > following:
            return None
    return found


def _said(program: Program, number: int) -> str:
    rung = program.ladder[number]
    origin = program.origins.definitions.get(rung.definition)
    return f"{rung.name} {origin.text if origin is not None else ''}"


def _embedded(olds: list[str], news: list[str]) -> dict[int, int] | None:
    """Positions of the first in the second, in order; None where one is missing."""
    found: dict[int, int] = {}
    position = 0
    for number, name in enumerate(olds):
        while position < len(news) and news[position] != name:
            position += 1
        if position == len(news):
            return None
        found[position] = number
        position += 1
    return found


def value_text(value: Constant, share: bool) -> str:
    """A constant as people write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Value):
        return exact.result_text(exact.multiply(value, Decimal(100))) + "%" if share else exact.result_text(value)
    return "none" if value is None else str(getattr(value, "key", value))
