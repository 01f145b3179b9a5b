"""The whole check of a rulebook at one instant: its structure (model, definitions, verdict), then its parameters.

Amendments mostly change parameters only, so the structure is checked once and shared by all such instants.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...program.diagnostic import Diagnostic
from ..diagnostics.imports import prefix_taken
from ..rulebook import Effective, Rulebook
from ..source import Mapping
from .definitions import Definitions, check_definitions
from .model import Model, resolve_model
from .spelling import misspelt_parameters, unreadable_names
from .term import Term
from .verdict import Verdict, check_verdict


@dataclass(frozen=True, slots=True)
class Structure:
    """What the rules say, whatever the numbers are; complete only where `found` has no error."""

    rulebook: Rulebook
    model: Model
    definitions: Definitions
    verdict: Verdict
    found: tuple[Diagnostic, ...]


def check_structure(rulebook: Rulebook, effective: Effective) -> Structure:
    """All findings at once: a wrong field does not hide a wrong formula."""
    model, found = resolve_model(rulebook, effective)
    prefixes = frozenset(rulebook.prefixes)
    definitions = check_definitions(model, effective, _listed(rulebook, model), _filled(rulebook, model), prefixes)
    found += _taken_prefixes(rulebook, model, definitions)
    found += unreadable_names(effective)
    verdict, problems = check_verdict(definitions, effective)
    problems += misspelt_parameters(model, effective, _terms(definitions, verdict))
    return Structure(rulebook, model, definitions, verdict, (*found, *definitions.found, *problems))


def _terms(definitions: Definitions, verdict: Verdict) -> list[Term]:
    """Every expression of the rules."""
    terms = [checked.term for checked in definitions.checked.values() if checked.term is not None]
    terms += [function.term for function in definitions.functions.values()]
    terms += [rung.test for rung in verdict.ladder if rung.test is not None]
    holes = [hole for rung in verdict.ladder for hole in rung.message]
    holes += [hole for rule in verdict.checks for hole in rule.message]
    return [*terms, *(hole.term for hole in holes if hole.term is not None)]


def _taken_prefixes(rulebook: Rulebook, model: Model, definitions: Definitions) -> list[Diagnostic]:
    """Prefixes of imports that also mean something else."""
    meanings = dict.fromkeys(definitions.world.functions, "a function")
    meanings |= dict.fromkeys(definitions.world.definitions, "a definition")
    meanings |= {
        field.name: f"a field of {kind.name or 'the rulebook'}"
        for kind in model.kinds.values()
        for field in kind.fields
    }
    meanings |= {name: "a kind" for kind in model.kinds.values() for name in (kind.name, kind.plural)}
    return [
        prefix_taken(place, prefix, meanings[prefix])
        for prefix, place in rulebook.prefixes.items()
        if prefix in meanings
    ]


def _filled(rulebook: Rulebook, model: Model) -> frozenset[str]:
    """The kinds with rows that are listed without a date, or made by a grid."""
    kinds = {kind for kind, text in model.grids.items() if all(values for _, values in text.grid)}
    for text in (
        parameter for layer in rulebook.layers if layer.layer.effective is None for parameter in layer.parameters
    ):
        kind = model.by_plural(text.name)
        if kind is not None and isinstance(text.value, Mapping) and text.value.entries:
            kinds.add(kind.name)
    return frozenset(kinds)


def _listed(rulebook: Rulebook, model: Model) -> dict[str, tuple[str, ...]]:
    """The keys of the rows that any layer lists, by kind; examples for messages."""
    rows: dict[str, tuple[str, ...]] = {}
    for text in (parameter for layer in rulebook.layers for parameter in layer.parameters):
        kind = model.by_plural(text.name)
        if kind is not None and isinstance(text.value, Mapping):
            keys = (*rows.get(kind.name, ()), *(entry.key.text for entry in text.value.entries))
            rows[kind.name] = tuple(dict.fromkeys(keys))
    return rows
