"""The parameters in force at every date of a rulebook, each with what it replaced; read once for all lints."""

from __future__ import annotations

from dataclasses import dataclass

from ..check import Parameters, read_parameters
from ..check.model import Model
from ..pipeline import Source
from ..rulebook import effective_at


@dataclass(frozen=True, slots=True)
class Values:
    """What holds from an instant on (seconds since 1970; None: before every date)."""

    instant: int | None
    model: Model
    parameters: Parameters


def values_in_force(source: Source) -> list[Values]:
    """One for each instant at which something changes, the undated first."""
    found = []
    for instant in (None, *source.rulebook.instants):
        model = source.structure_at(instant).model
        parameters, _ = read_parameters(model, effective_at(source.rulebook, instant))
        found.append(Values(instant, model, parameters))
    return found
