"""What a layer replaces of those before it: values in force, declared defaults, definitions, functions, the ladder."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from ...program import program as ir
from ...program.diagnostic import Note, Span
from ..check import Parameters, Structure
from ..rulebook import DefinitionText, Effective, FunctionText, RungText
from ..rulebook.texts import LayerText
from ..rulebook.tighten_only import reason_of_amendment, reason_of_block, reasons_of_values
from ..source import Mapping, Scalar
from .judge import Source
from .ways import SAME, way_of

Values = dict[str, dict[str, dict[str, ir.Constant]]]
Key = tuple[str, str, str]
"""Kind name, row key, field."""
ANY_OTHER = ""
"""The row that stands for all that no rulebook lists and a snapshot brings."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Some of a rulebook's layers, compiled."""

    effective: Effective
    structure: Structure
    program: ir.Program
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Replaced:
    """One thing that a layer says instead of what was said.

    what     as a sentence begins with it
    place    where it is said
    before   what it replaces, and where that is said
    source   what reads it
    reason   why it may loosen
    keys     the parameters it sets
    parts    what of the layer it is, where it is no parameter
    """

    what: str
    place: Span
    before: Note
    source: Source
    reason: Scalar | None = None
    keys: tuple[Key, ...] = ()
    parts: tuple[DefinitionText | FunctionText | RungText, ...] = ()


def everything_replaced(old: Rules, new: Rules, layer: LayerText, root: Mapping) -> list[Replaced]:
    """All that a layer replaces, parts of the structure first. `new`: the rules with the layer, `old`: without."""
    whole = reason_of_amendment(root, layer)
    return [*_parts(old, layer, root, whole), *_values(old, new, layer, whole)]


def reasons_of(layer: LayerText, root: Mapping) -> Iterator[Scalar]:
    """All reasons a layer gives."""
    whole = reason_of_amendment(root, layer)
    if whole is not None:
        yield whole
    yield from (reason for _, reason in reasons_of_values(layer))
    names = [text.name for text in layer.definitions] + [text.name for text in layer.functions]
    for name in names + [rung.name for rung in layer.ladder or ()]:
        reason = reason_of_block(root, name)
        if reason is not None:
            yield reason


def without(layer: LayerText, replaced: Iterable[Replaced]) -> LayerText:
    """A layer that does not say some parts of its structure."""
    dropped = {id(part) for one in replaced for part in one.parts}
    ladder = layer.ladder
    if ladder is not None and any(id(rung) in dropped for rung in ladder):
        ladder = None
    return replace(
        layer,
        definitions=tuple(text for text in layer.definitions if id(text) not in dropped),
        functions=tuple(text for text in layer.functions if id(text) not in dropped),
        ladder=ladder,
    )


# ---- parts of the structure


def _parts(old: Rules, layer: LayerText, root: Mapping, whole: Scalar | None) -> Iterator[Replaced]:
    known = {(frozenset(scope), name): (scope, texts[-1]) for (scope, name), texts in old.effective.definitions.items()}
    for text in layer.definitions:
        scope, name = text.key
        first, before = known.get((frozenset(scope), name), (scope, None))
        if before is None or (before.expression is None and not before.cases) or _said(before) == _said(text):
            continue
        source = ("definition", *first, name)
        note = Note(before.layer.span(before.name), "what it replaces")
        reason = whole or reason_of_block(root, text.name)
        yield Replaced(f"`{name}`", layer.layer.span(text.name), note, source, reason, parts=(text,))
    for function in layer.functions:
        name = layer.layer.named(function.name.text)
        texts = old.effective.functions.get(name)
        if texts is None or _said(texts[-1]) == _said(function):
            continue
        note = Note(texts[-1].layer.span(texts[-1].name), "what it replaces")
        reason = whole or reason_of_block(root, function.name)
        place = layer.layer.span(function.name)
        yield Replaced(f"`{name}`", place, note, ("function", name), reason, parts=(function,))
    if layer.ladder and old.effective.ladder and _rungs(layer.ladder) != _rungs(old.effective.ladder):
        rung, before_rung = layer.ladder[0], old.effective.ladder[0]
        reasons = (reason_of_block(root, other.name) for other in layer.ladder)
        reason = whole or next((reason for reason in reasons if reason is not None), None)
        note = Note(before_rung.layer.span(before_rung.name), "what it replaces")
        yield Replaced("the ladder", layer.layer.span(rung.name), note, ("status",), reason, parts=layer.ladder)


def _said(text: DefinitionText | FunctionText) -> object:
    cases = tuple((when.text if when is not None else None, then.text) for when, then in text.cases)
    section = text.section if isinstance(text, DefinitionText) else ""
    return (section, text.expression.text if text.expression is not None else None, cases)


def _rungs(ladder: tuple[RungText, ...]) -> list[tuple[str, str | None]]:
    return [(rung.name.text, rung.when.text if rung.when is not None else None) for rung in ladder]


# ---- values


def _values(old: Rules, new: Rules, layer: LayerText, whole: Scalar | None) -> Iterator[Replaced]:
    model = new.structure.model
    reasons = {
        (meant.name if (meant := model.by_plural(plural)) is not None else "", row, name): reason
        for (plural, row, name), reason in reasons_of_values(layer)
    }
    before, after = values_before(old, new), values_after(new)
    for kind, rows in after.items():
        for declared in new.program.kinds[kind].fields:
            changed = [
                row for row, cells in rows.items()
                if declared.name in before[kind][row]
                and way_of([(before[kind][row][declared.name], cells.get(declared.name, declared.default))]) != SAME
            ]  # fmt: skip
            said = [row for row in changed if declared.name in rows[row]]
            for row in said:
                key = (kind, row, declared.name)
                place = new.parameters.history[key][0][1].span
                whose = f" of {row}" if row else ""
                note = _before(old, key)
                source = ("field", kind, declared.name)
                yield Replaced(f"`{declared.name}`{whose}", place, note, source, whole or reasons.get(key), (key,))
            others = tuple((kind, row, declared.name) for row in changed if row not in said)
            if others:
                place, note = model.spans[kind, declared.name], _before(old, others[0])
                what = f"the default of `{declared.name}`"
                yield Replaced(what, place, note, ("field", kind, declared.name), whole, others)


def _before(old: Rules, key: Key) -> Note:
    story = old.parameters.history.get(key)
    if story:
        text = story[0][1].text
        return Note(story[0][1].span, f"{text} before" if text else "what it replaces")
    return Note(old.structure.model.spans[key[0], key[2]], "the default it replaces")


def values_after(new: Rules) -> Values:
    """The values of the rules, with a row for all that are not listed."""
    values: Values = {}
    for name, kind in new.program.kinds.items():
        if kind.role in ("reference", "globals"):
            rows = new.parameters.values.get(name, {})
            values[name] = {key: dict(cells) for key, cells in rows.items()} | {ANY_OTHER: dict(rows.get("", {}))}
    return values


def values_before(old: Rules, new: Rules) -> Values:
    """What the values were before, on the rows there are after; what had no value then has the one it has after."""
    values = values_after(new)
    for name, rows in values.items():
        before = old.program.kinds.get(name)
        for key, cells in rows.items():
            said = old.parameters.values.get(name, {}).get(key, {})
            for declared in new.program.kinds[name].fields:
                earlier = before.field(declared.name) if before is not None else None
                if declared.origin == "observed" or earlier is None or earlier.origin == "observed":
                    continue
                if declared.name in said:
                    cells[declared.name] = said[declared.name]
                elif earlier.has_default:
                    cells[declared.name] = earlier.default
    return values


def with_values(values: Values, after: Values, keys: Collection[Key]) -> Values:
    """Values in which some parameters are as they are after."""
    result = {kind: {row: dict(cells) for row, cells in rows.items()} for kind, rows in values.items()}
    for kind, row, name in keys:
        if name in after[kind][row]:
            result[kind][row][name] = after[kind][row][name]
        else:
            result[kind][row].pop(name, None)
    return result
