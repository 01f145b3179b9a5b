"""A rulebook at an instant to checked terms: names, types, dimensions, parameters and the verdict."""

from .definitions import Checked, Definitions
from .parameters import Parameters, read_parameters
from .rulebook import Structure, check_structure
from .term import DefinitionKey, Term
from .verdict import Hole, Verdict

__all__ = [
    "Checked",
    "DefinitionKey",
    "Definitions",
    "Hole",
    "Parameters",
    "Structure",
    "Term",
    "Verdict",
    "check_structure",
    "read_parameters",
]
