"""What evaluations come past in a program: definitions, ways of choices, rows of tables, parameters, failures."""

from .comparing import COMPARISONS, Distances, comparing
from .recorder import Seen, recording

__all__ = ["COMPARISONS", "Distances", "Seen", "comparing", "recording"]
