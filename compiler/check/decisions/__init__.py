"""Decision tables: whether the cases of a definition cover everything, and which of them never decide."""

from .analysis import LONGEST_TABLE, DecisionTable, examine
from .solve import Effort

__all__ = ["LONGEST_TABLE", "DecisionTable", "Effort", "examine"]
