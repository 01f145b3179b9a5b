"""Amendments that change nothing: without them the rules are the same, at their date and at every later one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...program.diagnostic import Diagnostic
from ...program.literal import LiteralError, instant
from ...program.program import Constant, Origin, Origins, Program
from ..diagnostics import lint as findings
from ..pipeline import Source
from ..rulebook.texts import Layer, LayerText
from ..source import Mapping, Node, Scalar
from .own import amendments, own_file, own_layers, text_of
from .values import Values


def idle_amendments(source: Source, values: Sequence[Values]) -> list[Diagnostic]:
    """A finding for each amendment of the file without which nothing would be different."""
    file = own_file(source)
    places: dict[int, Node] = {}
    for amendment in amendments(file.root):
        effective = amendment.get("effective")
        try:
            if effective is not None:
                places.setdefault(instant(text_of(amendment, "effective")), effective.value)
        except LiteralError:
            continue
    found: list[Diagnostic] = []
    changing = _changing(values)
    for text in own_layers(source):
        begins = text.layer.effective
        if begins is None or begins not in places:
            continue
        same_values = (begins, file.source.name) not in changing and not _lists_rows(text)
        if same_values and (text.only_values or _same_rules(source, text)):
            place = places[begins]
            date = file.source.text[place.start : place.end].strip("'\"")
            found.append(findings.changes_nothing(file.source.span_of(place), date))
    return found


def _changing(values: Sequence[Values]) -> set[tuple[int | None, str]]:
    """Date and file of the layers that decide a value at some instant, and without which it would be another."""
    return {
        (origin.effective, origin.span.file)
        for at in values
        for story in at.parameters.history.values()
        for origin in [_decides(story)]
        if origin is not None
    }


def _decides(story: Sequence[tuple[Constant, Origin]]) -> Origin | None:
    """Where the value in force was said, unless the one it replaced is the same."""
    (value, origin), *before = story
    return origin if not before or before[0][0] != value else None


def _lists_rows(text: LayerText) -> bool:
    """Whether a layer names rows without values: that they are there may be what it changes."""
    rows = [row.value for p in text.parameters if isinstance(p.value, Mapping) for row in p.value.entries]
    return any(isinstance(row, Mapping) and not row.entries for row in rows) or any(
        isinstance(row, Scalar) and not row.text and not row.style for row in rows
    )


def _same_rules(source: Source, text: LayerText) -> bool:
    """Whether the programs with and without a layer are the same at all dates from its own on."""
    rulebook = source.rulebook
    without = replace(rulebook, layers=tuple(layer for layer in rulebook.layers if layer is not text))
    other = Source(without, source.sources)
    later = [moment for moment in rulebook.instants if moment >= _begin(text.layer)]
    return all(_same(source.program_at(moment)[0], other.program_at(moment)[0]) for moment in later)


def _begin(layer: Layer) -> int:
    return layer.effective or 0


def _same(one: Program | None, other: Program | None) -> bool:
    return one is not None and other is not None and _meaning(one) == _meaning(other)


def _meaning(program: Program) -> Program:
    """A program without its interval and its story."""
    return replace(program, valid=(None, None), origins=Origins(), hash="", code_hash="")
