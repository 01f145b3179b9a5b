"""Definitions that no output, check, status, message or key of a group needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...program.diagnostic import Diagnostic
from ..check import DefinitionKey, Structure, Term
from ..check.term import parts
from ..diagnostics import lint as findings
from ..pipeline import Source
from .own import own_file


def unreached_definitions(source: Source) -> list[Diagnostic]:
    """A finding for each definition of the file that is reached at no date; of a chain of them, for its end."""
    if not any(text.ladder or text.outputs for text in source.rulebook.layers):
        return []  # made to be extended: whoever extends it says what is asked for
    reached: set[DefinitionKey] = set()
    written: dict[DefinitionKey, tuple[Structure, frozenset[DefinitionKey]]] = {}
    for structure in _structures(source):
        checked = structure.definitions.checked
        if any(one.term is None for one in checked.values()):
            return []  # left to a child
        reads = {key: _reads([one.term]) - {key} for key, one in checked.items()}
        reached |= _reached(_roots(structure), reads)
        written |= {key: (structure, read) for key, read in reads.items()}
    file, inherited = own_file(source).source, _inherited(source)
    idle = {key: both for key, both in written.items() if key not in reached}
    read_by_idle = frozenset().union(*(read for _, read in idle.values())) if idle else frozenset()
    ends = [key for key in idle if key not in read_by_idle] or list(idle)
    found: list[Diagnostic] = []
    for key in ends:
        text = idle[key][0].definitions.checked[key].text
        if text.layer.file is file and key not in inherited:
            scope = "the account" if key[0] == ("account",) else f"`{', '.join(key[0])}`"
            found.append(findings.unreached(text.layer.span(text.name), text.name.text, scope))
    return found


def _structures(source: Source) -> list[Structure]:
    """What the rules say at all dates; amendments that change values alone share it."""
    found = [source.structure_at(instant) for instant in (None, *source.rulebook.instants)]
    return list({id(structure): structure for structure in found}.values())


def _inherited(source: Source) -> set[DefinitionKey]:
    """Definitions of the files this one extends: one that replaces them is asked for or not by what those say."""
    file = own_file(source).source
    layers = (layer for layer in source.rulebook.layers if layer.layer.file is not file)
    return {text.key for layer in layers for text in layer.definitions}


def _roots(structure: Structure) -> set[DefinitionKey]:
    """What somebody asks for."""
    verdict = structure.verdict
    roots = {key for key, _, _ in verdict.outputs} | {rule.key for rule in verdict.checks}
    holes = [hole.term for rung in verdict.ladder for hole in rung.message]
    holes += [hole.term for rule in verdict.checks for hole in rule.message]
    roots |= _reads([*holes, *(rung.test for rung in verdict.ladder)])
    grouped = {name for kind in structure.model.kinds.values() for name in kind.by}
    return roots | {key for key in structure.definitions.checked if key[1] in grouped}


def _reads(terms: Iterable[Term | None]) -> frozenset[DefinitionKey]:
    """The definitions that terms read."""
    return frozenset(
        part.attributes[0]  # type: ignore[misc]  # a read's attribute is its key
        for term in terms
        for part in parts(term)
        if part.operation == "read"
    )


def _reached(roots: set[DefinitionKey], reads: Mapping[DefinitionKey, frozenset[DefinitionKey]]) -> set[DefinitionKey]:
    reached: set[DefinitionKey] = set()
    stack = list(roots)
    while stack:
        key = stack.pop()
        if key not in reached:
            reached.add(key)
            stack += reads.get(key, ())
    return reached
