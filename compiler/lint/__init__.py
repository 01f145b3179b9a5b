"""What is right in a rulebook and could be better."""

from .lint import lint, mended
from .suppressions import without_allowed

__all__ = ["lint", "mended", "without_allowed"]
