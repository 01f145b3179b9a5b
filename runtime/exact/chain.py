"""Chains of definitions of any length: a chain too deep for the machine is cut, and its lower half computed first."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .failure import Failure
from .rows import Row

if TYPE_CHECKING:
    from .closures import Machine

Step = tuple[int, tuple[Row, ...]]
"""A definition at rows."""
DEEPEST = 1_000
"""Definitions that wait for one another before the chain is cut."""


_FRAMES = 60_000
"""Python frames of a chain that is not cut: each definition in it takes some for its expression."""


@contextlib.contextmanager
def deep_frames() -> Iterator[None]:
    """Lets Python frames nest as deep as chains of definitions do; closures call one another without the C stack."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


class Unwound(Exception):
    """A chain that was cut; its arguments are the step in its middle, which is to be computed first."""


def followed(machine: Machine, definition: int, rows: tuple[Row, ...]) -> Any:
    """A definition at rows, however long the chain of those it needs. Raises Failure."""
    waiting: list[Step] = [(definition, rows)]
    while True:
        step = waiting[-1]
        try:
            value = machine.computed(*step)
        except Unwound as cut:
            below: Step = cut.args
            if below in waiting:
                raise Failure("endless", definition=below[0], row=row_keys(below[1])) from None
            waiting.append(below)
            continue
        waiting.pop()
        if not waiting:
            return value
        memo, key = machine.memory(*step)
        memo[key] = value


def row_keys(rows: tuple[Row, ...]) -> str:
    """The rows of a step, for messages."""
    return ", ".join(row.name for row in rows if row.kind != "account")
