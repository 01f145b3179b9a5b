"""A rulebook at an instant to checked terms: names, types, dimensions, parameters and the verdict."""

from .definitions import Checked, Definitions
from .rulebook import CheckedRulebook, check_rulebook
from .term import DefinitionKey, Term
from .verdict import Hole, Verdict

__all__ = [
    "Checked",
    "CheckedRulebook",
    "DefinitionKey",
    "Definitions",
    "Hole",
    "Term",
    "Verdict",
    "check_rulebook",
]
