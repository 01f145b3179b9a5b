"""Why one value of one account cannot be computed; becomes a finding once its place is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Failure(Exception):
    """reason names the finding, `details` its words; node, definition and row are filled in on the way out."""

    reason: str
    details: tuple[Any, ...] = ()
    node: int = -1
    definition: int = -1
    row: str = ""
