"""Layers that promise to tighten only: each compared with the rules as they are without what it replaces.

Of every such layer in force at an instant two programs are made: one with all it adds and all it gives a reason for,
one with what it replaces besides. The second has to be as tight. Where it is not, the replacements are put in one by
one to see which of them it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ...program import program as ir
from ...program.diagnostic import Diagnostic, Note, Span
from ..check import Structure, check_structure, read_parameters
from ..diagnostics import layers as findings
from ..lower import lower
from ..rulebook import Rulebook, effective_at
from ..rulebook.texts import LayerText
from ..rulebook.tighten_only import is_tighten_only
from ..source import Mapping
from .judge import Source, Verdict, judge, reaches
from .replaced import (
    Replaced,
    Rules,
    Values,
    everything_replaced,
    reasons_of,
    values_after,
    values_before,
    with_values,
    without,
)

MOST_EFFORT = 60_000
"""Rows, and tens of operations, of all programs compared for one rulebook."""
FINDING_LIMIT = 100
ONE_BY_ONE = 20
"""Values of one parameter that are tried one by one."""
_LESS = "split the layer, or leave `layer:` out"
_BY_ITSELF = "mend the rulebook that is extended, or leave `layer:` out"


@dataclass(slots=True)
class Tightening:
    """What is found out about a rulebook's tighten-only layers; remembers what it compared.

    reasons    places of `loosen`, and whether something there loosens
    """

    rulebook: Rulebook
    reasons: dict[Span, bool] = field(default_factory=dict)
    effort: int = 0
    _found: dict[tuple[int, ...], list[Diagnostic]] = field(default_factory=dict)
    _structures: dict[tuple[int, ...], tuple[Structure, ir.Program] | None] = field(default_factory=dict)
    _kept: list[tuple[LayerText, ...]] = field(default_factory=list)
    """The layers whose identities are keys."""

    def at(self, instant: int | None) -> list[Diagnostic]:
        """What the layers in force at an instant loosen without a reason."""
        found: list[Diagnostic] = []
        in_force = [
            text
            for text in self.rulebook.layers
            if text.layer.effective is None or (instant is not None and text.layer.effective <= instant)
        ]
        promising = {(file.source.name, file.prefix): file for file in self.rulebook.files if is_tighten_only(file)}
        for position, text in enumerate(in_force):
            file = promising.get((text.layer.file.name, text.layer.prefix))
            if file is None:
                continue
            key = tuple(id(layer) for layer in in_force[: position + 1])
            if key not in self._found:
                step = _Step(self, tuple(in_force[:position]), text, file.root, instant)
                self._found[key] = step.findings()
            found += self._found[key]
        return found

    def not_needed(self) -> list[Diagnostic]:
        """The reasons that nothing needed at any instant asked for so far."""
        return [findings.not_needed(place) for place, needed in self.reasons.items() if not needed]

    def compiled(self, layers: tuple[LayerText, ...], instant: int | None) -> Rules | None:
        """The rules that some layers make; None where they do not check."""
        part = replace(self.rulebook, layers=layers)
        effective = effective_at(part, instant)
        key = tuple(id(text) for text in layers if not text.only_values)
        if key not in self._structures:
            structure = check_structure(part, effective)
            good = not _has_errors(structure.found)
            self._structures[key] = (structure, lower(structure)) if good else None
            self._kept.append(layers)
        made = self._structures[key]
        if made is None:
            return None
        parameters, problems = read_parameters(made[0].model, effective)
        return None if _has_errors(problems) else Rules(effective, made[0], made[1], parameters)


@dataclass(slots=True)
class _Step:
    """One layer held against those before it."""

    tightening: Tightening
    before: tuple[LayerText, ...]
    layer: LayerText
    root: Mapping
    instant: int | None

    def findings(self) -> list[Diagnostic]:
        place = _promise(self.layer, self.root)
        new = self._compiled(())
        if new is None:
            return []  # its own mistakes are found elsewhere
        reasons = {self.layer.layer.span(reason) for reason in reasons_of(self.layer, self.root)}
        for reason in reasons:
            self.tightening.reasons.setdefault(reason, False)
        old = self.tightening.compiled(self.before, self.instant)
        if old is None:
            return [findings.not_compared(place, "the rules without it do not check", _BY_ITSELF)]
        replaced = everything_replaced(old, new, self.layer, self.root)
        start, end = values_before(old, new), values_after(new)
        for reason in reasons:
            excused = [one for one in replaced if one.reason and self.layer.layer.span(one.reason) == reason]
            self.tightening.reasons[reason] |= self._needed(excused, new, end, start)
        held = [one for one in replaced if one.reason is None]
        excused = [one for one in replaced if one.reason is not None]
        start = with_values(start, end, [key for one in excused for key in one.keys])
        return self._held(held, new, start, end) if held else []

    def _compiled(self, dropped: tuple[Replaced, ...]) -> Rules | None:
        """The rules with the layer, but for some of its parts."""
        layer = without(self.layer, dropped) if any(one.parts for one in dropped) else self.layer
        return self.tightening.compiled((*self.before, layer), self.instant)

    def _needed(self, excused: list[Replaced], new: Rules, end: Values, start: Values) -> bool:
        """Whether a reason is: what it excuses cannot be shown to tighten, everything else as it is."""
        if not excused:
            return False
        base = self._compiled(tuple(excused))
        values = with_values(end, start, [key for one in excused for key in one.keys])
        if base is None:
            return True
        verdict = self._judged(base, values, new, end, excused)
        return not verdict.holds or any(not reaches(new.program, one.source) for one in excused)

    def _judged(self, old: Rules, before: Values, new: Rules, after: Values, replaced: list[Replaced]) -> Verdict:
        rows = sum(len(listed) for listed in after.values())
        self.tightening.effort += rows + len(new.program.nodes) // 10
        sources: frozenset[Source] = frozenset(one.source for one in replaced)
        return judge(_with(old, before), _with(new, after), sources)

    def _held(self, held: list[Replaced], new: Rules, start: Values, end: Values) -> list[Diagnostic]:
        """Findings about what has to tighten: all at once, then one by one."""
        base = self._compiled(tuple(held))
        if base is not None:
            verdict = self._judged(base, start, new, end, held)
            if verdict.holds:
                lost = [one for one in held if len(held) > 1 and not reaches(new.program, one.source)]
                return [_finding(one, Verdict(reached=False)) for one in lost]
        found: list[Diagnostic] = []
        values, waiting = start, list(held)
        while waiting:
            if self.tightening.effort >= MOST_EFFORT:
                place = _promise(self.layer, self.root)
                return [*found, findings.not_compared(place, "there is too much of it", _LESS)]
            group = [one for one in waiting if one.keys and one.source == waiting[0].source] or waiting[:1]
            waiting = [one for one in waiting if one not in group]
            following = self._compiled(tuple(waiting))
            if base is None or following is None:
                why = f"without {group[0].what} the rest does not check"
                found.append(findings.not_compared(group[0].place, why, "give it a reason with `loosen: REASON`"))
            else:
                found += self._group(group, base, values, following, end)
            base, values = following, with_values(values, end, [key for one in group for key in one.keys])
        return found

    def _group(self, group: list[Replaced], old: Rules, values: Values, new: Rules, end: Values) -> list[Diagnostic]:
        """Findings about one part of the structure, or about the values of one parameter."""
        after = with_values(values, end, [key for one in group for key in one.keys])
        verdict = self._judged(old, values, new, after, group)
        if verdict.holds:
            return []
        looser = dict(verdict.rows)
        named = [(one, looser[one.keys[0][1]]) for one in group if one.keys and one.keys[0][1] in looser]
        if named:
            return [_finding(one, replace(verdict, shown=shown)) for one, shown in named[:FINDING_LIMIT]]
        if not 1 < len(group) <= ONE_BY_ONE:
            return [_finding(group[0], verdict)]
        found: list[Diagnostic] = []
        for one in group:
            after = with_values(values, end, one.keys)
            verdict = self._judged(old, values, new, after, [one])
            found += [] if verdict.holds else [_finding(one, verdict)]
            values = after
        return found


def _finding(one: Replaced, verdict: Verdict) -> Diagnostic:
    notes: tuple[Note, ...] = (one.before,)
    if not verdict.reached:
        return findings.reaches_nothing(one.place, one.what, notes)
    if verdict.shown:
        return findings.loosens(one.place, one.what, verdict.target, verdict.shown, notes)
    return findings.not_shown(one.place, one.what, verdict.target, "nothing shows which way it moves", notes)


def _with(rules: Rules, values: Values) -> ir.Program:
    return replace(rules.program, parameters=values)


def _promise(layer: LayerText, root: Mapping) -> Span:
    entry = root.get("layer")
    return layer.layer.span(entry.value if entry is not None else root)


def _has_errors(found: Iterable[Diagnostic]) -> bool:
    return any(finding.severity == "error" for finding in found)
