"""A rulebook at an instant to checked terms: names, types, dimensions, parameters and the verdict."""

from .definitions import Checked, Definitions
from .functions import CheckedFunction
from .groups import key_of
from .parameters import Parameters, read_parameters
from .rulebook import Structure, check_structure
from .scope import Scope
from .term import DefinitionKey, Term
from .verdict import Hole, Verdict

__all__ = [
    "Checked",
    "CheckedFunction",
    "DefinitionKey",
    "Definitions",
    "Hole",
    "Parameters",
    "Scope",
    "Structure",
    "Term",
    "Verdict",
    "check_structure",
    "key_of",
    "read_parameters",
]
