"""The whole check of a rulebook at one instant, in the order model, parameters, definitions, verdict."""

from __future__ import annotations

from dataclasses import dataclass

from ...program.diagnostic import Diagnostic
from ..rulebook import Effective, Rulebook
from .definitions import Definitions, check_definitions
from .model import Model, resolve_model
from .parameters import Parameters, read_parameters
from .verdict import Verdict, check_verdict


@dataclass(frozen=True, slots=True)
class CheckedRulebook:
    """Everything the checks found out; complete only where no error was found."""

    rulebook: Rulebook
    model: Model
    parameters: Parameters
    definitions: Definitions
    verdict: Verdict


def check_rulebook(rulebook: Rulebook, effective: Effective) -> tuple[CheckedRulebook, list[Diagnostic]]:
    """All findings at once: a wrong parameter does not hide a wrong formula."""
    model, found = resolve_model(rulebook, effective)
    parameters, problems = read_parameters(model, effective)
    found += problems
    rows = {kind: tuple(keys) for kind, keys in parameters.values.items() if kind}
    definitions = check_definitions(model, effective, rows)
    found += definitions.found
    verdict, problems = check_verdict(definitions, effective)
    found += problems
    return CheckedRulebook(rulebook, model, parameters, definitions, verdict), found
