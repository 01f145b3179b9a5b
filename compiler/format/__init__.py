"""Rule files as they should be written."""

from .edits import applied, difference
from .rulebook import Formatted, format_rulebook

__all__ = ["Formatted", "applied", "difference", "format_rulebook"]
