"""Amendments that change nothing: without them the rules are the same, at their date and at every later one."""

from __future__ import annotations

from dataclasses import replace

from ...program.diagnostic import Diagnostic
from ...program.literal import LiteralError, instant
from ...program.program import Origins, Program
from ..check import read_parameters
from ..diagnostics import lint as findings
from ..pipeline import Source
from ..rulebook import Rulebook, effective_at
from ..rulebook.texts import LayerText
from .own import amendments, own_file, own_layers, text_of


def idle_amendments(source: Source) -> list[Diagnostic]:
    """A finding for each amendment of the file without which nothing would be different."""
    file = own_file(source)
    places = {}
    for amendment in amendments(file.root):
        effective = amendment.get("effective")
        try:
            if effective is not None:
                places[instant(text_of(amendment, "effective"))] = effective.value
        except LiteralError:
            continue
    found: list[Diagnostic] = []
    for text in own_layers(source):
        node = places.get(text.layer.effective or 0)
        if text.layer.effective is not None and node is not None and _is_idle(source, text):
            date = file.source.text[node.start : node.end].strip("'\"")
            found.append(findings.changes_nothing(file.source.span_of(node), date))
    return found


def _is_idle(source: Source, text: LayerText) -> bool:
    rulebook = source.rulebook
    without = replace(rulebook, layers=tuple(layer for layer in rulebook.layers if layer is not text))
    begins = text.layer.effective or 0
    instants = [moment for moment in rulebook.instants if moment >= begins]
    if text.only_values:
        return all(_same_values(source, without, moment) for moment in instants)
    other = Source(without, source.sources)
    return all(_same_rules(source, other, moment) for moment in instants)


def _same_values(source: Source, without: Rulebook, moment: int) -> bool:
    model = source.structure_at(moment).model
    with_, _ = read_parameters(model, effective_at(source.rulebook, moment))
    other, _ = read_parameters(model, effective_at(without, moment))
    return with_.values == other.values


def _same_rules(source: Source, other: Source, moment: int) -> bool:
    one, two = source.program_at(moment)[0], other.program_at(moment)[0]
    return one is not None and two is not None and _meaning(one) == _meaning(two)


def _meaning(program: Program) -> Program:
    """A program without its interval and its story."""
    return replace(program, valid=(None, None), origins=Origins(), hash="", code_hash="")
