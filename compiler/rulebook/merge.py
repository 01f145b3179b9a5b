"""Layers to what holds at an instant: later layers replace earlier ones, value by value, and the story is kept."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Many
from dataclasses import dataclass, field

from ...program.diagnostic import Diagnostic, Span
from ..source import Scalar
from .layers import read_layers
from .load import RuleFile
from .texts import DefinitionText, FunctionText, KindText, LayerText, OutputText, ParameterText, RungText


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A rulebook as written: its files oldest first, their layers in the order in which they count."""

    name: str
    numeraire: str
    currencies: frozenset[str]
    files: tuple[RuleFile, ...]
    layers: tuple[LayerText, ...]
    prefixes: Mapping[str, Span] = field(default_factory=dict)
    """What stands before imported names, and where that is said."""

    @property
    def instants(self) -> tuple[int, ...]:
        """When something changes, ascending."""
        return tuple(sorted({text.layer.effective for text in self.layers if text.layer.effective is not None}))

    def interval(self, instant: int | None) -> tuple[int | None, int | None]:
        """The largest [from, to) around an instant in which no amendment falls; None is before every date."""
        starts = [moment for moment in self.instants if instant is not None and moment <= instant]
        ends = [moment for moment in self.instants if instant is None or moment > instant]
        return (starts[-1] if starts else None, ends[0] if ends else None)


@dataclass(slots=True)
class Effective:
    """What holds at one instant, still as text.

    kinds         layers' words on each kind by plural ("account" and "" for those without one), oldest first
    parameters    every word said so far, oldest first; the last on a value wins
    later         words that amendments after this instant will say
    structure     positions of the layers in force that say more than parameters: equal structure, equal rules
    definitions   by scope and name: the word in force, with the ones it replaced before it
    functions     by name, likewise
    """

    kinds: dict[str, list[KindText]] = field(default_factory=dict)
    parameters: list[ParameterText] = field(default_factory=list)
    later: list[ParameterText] = field(default_factory=list)
    definitions: dict[tuple[tuple[str, ...], str], list[DefinitionText]] = field(default_factory=dict)
    functions: dict[str, list[FunctionText]] = field(default_factory=dict)
    ladder: tuple[RungText, ...] = ()
    outputs: tuple[OutputText, ...] = ()
    structure: tuple[int, ...] = ()


def read_rulebook(files: Many[RuleFile]) -> tuple[Rulebook, list[Diagnostic]]:
    """The rulebook that these files, oldest ancestor first, make together."""
    found: list[Diagnostic] = []
    layers: list[LayerText] = []
    for file in files:
        own, problems = read_layers(file.source, file.root, file.prefix)
        layers += own
        found += problems
    unprefixed = [file for file in files if not file.prefix]
    numeraire = _last_text(unprefixed, "numeraire") or "USD"
    currencies = {numeraire}
    for file in files:
        currencies |= {_last_text([file], "numeraire") or numeraire}
        entry = file.root.get("currencies")
        if entry is not None:
            currencies |= {item.text for item in getattr(entry.value, "items", ()) if isinstance(item, Scalar)}
    prefixes = {file.prefix: file.asked for file in files if file.prefix}
    name = _last_text(unprefixed, "rulebook")
    return Rulebook(name, numeraire, frozenset(currencies), tuple(files), tuple(layers), prefixes), found


def effective_at(rulebook: Rulebook, instant: int | None) -> Effective:
    """What the rulebook says at an instant; None is before its first amendment."""
    result = Effective()
    known: dict[tuple[frozenset[str], str], tuple[tuple[str, ...], str]] = {}
    for position, text in enumerate(rulebook.layers):
        effective = text.layer.effective
        if effective is not None and (instant is None or effective > instant):
            result.later += text.parameters
            continue
        if not text.only_values:
            result.structure += (position,)
        for kind in text.kinds:
            result.kinds.setdefault("account" if kind.of_account and not kind.plural else kind.plural, []).append(kind)
        result.parameters += text.parameters
        for definition in text.definitions:
            scope, name = definition.key
            key = known.setdefault((frozenset(scope), name), (scope, name))  # `a, b` and `b, a` are one scope
            result.definitions.setdefault(key, []).append(definition)
        for function in text.functions:
            result.functions.setdefault(text.layer.named(function.name.text), []).append(function)
        if text.ladder is not None:
            result.ladder = text.ladder
        if text.outputs is not None:
            result.outputs = text.outputs
    return result


def _last_text(files: Many[RuleFile], key: str) -> str:
    for file in reversed(files):
        entry = file.root.get(key)
        if entry is not None and isinstance(entry.value, Scalar):
            return entry.value.text
    return ""
