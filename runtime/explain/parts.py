"""What a walk passes around: where it stands, and how one value comes about."""

from __future__ import annotations

from dataclasses import dataclass

from .reading import Place
from .tree import Step


@dataclass(frozen=True, slots=True)
class Body:
    """How a value comes about: in words, from which values, and why this branch of a choice."""

    note: str = ""
    children: tuple[Step, ...] = ()
    because: str = ""


@dataclass(frozen=True, slots=True)
class Here:
    """Where the walk is: the place nodes are read at, how deep, and the row nobody needs told again."""

    place: Place
    depth: int
    key: str = ""


def joined(*reasons: str) -> str:
    """Reasons that hold together."""
    return " and ".join(dict.fromkeys(reason for reason in reasons if reason))
