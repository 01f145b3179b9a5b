"""What evaluations come past in a program: definitions, ways of choices, rows of tables, parameters, failures."""

from .recorder import Seen, recording

__all__ = ["Seen", "recording"]
