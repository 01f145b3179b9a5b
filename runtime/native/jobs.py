"""What a kernel is run on and what it finds: frames of its threads over a block, cells of outputs by definition."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...program.program import Program
from ...program.types import Number
from ..book import Block
from .kernel import Written
from .layout import Layout
from .verdict import UNDECIDED


@dataclass(slots=True)
class Found:
    """What a kernel found of one block.

    status    the place of the rung that holds, UNDECIDED where a more exact executor has to say
    outputs   by definition, one cell an account or a row: doubles, or integers for truths, labels and rows
    bounds    of doubles, how far they may be from the exact value
    failing   by definition of a check, 1 where it does not hold
    groups    by kind of group, how many rows an account has; `keys` by kind and name, one cell a row
    """

    first: int
    count: int
    status: Any
    outputs: dict[int, Any] = field(default_factory=dict)
    bounds: dict[int, Any] = field(default_factory=dict)
    failing: dict[int, Any] = field(default_factory=dict)
    groups: dict[str, Any] = field(default_factory=dict)
    keys: dict[tuple[str, str], Any] = field(default_factory=dict)


@dataclass(slots=True)
class Ready:
    """A kernel in memory, with the layout of what accounts share; `shared` are arrays of it, made once."""

    written: Written
    layout: Layout
    call: Any
    code: Any
    shared: dict[Any, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Job:
    """A kernel with the frames of its threads over one block, and what must stay in memory meanwhile."""

    ready: Ready
    found: Found
    parts: list[tuple[int, int]]
    frames: list[tuple[Any, Any]]
    held: list[Any]

    def part(self, number: int) -> None:
        """Evaluates one stretch of the accounts."""
        first, last = self.parts[number]
        self.ready.call(self.frames[number][0].ctypes.data, first, last)

    def run(self, pool: ThreadPoolExecutor | None = None) -> None:
        """Evaluates all of them, in the pool where there are several stretches."""
        if pool is None or len(self.parts) == 1:
            for number in range(len(self.parts)):
                self.part(number)
        else:
            list(pool.map(self.part, range(len(self.parts))))


@dataclass(slots=True)
class Loaded:
    """Accounts in memory, checked; `jobs` by threads and mode, made when they are first run."""

    blocks: list[Block]
    jobs: dict[Any, list[Job]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run found of all accounts."""

    program: Program
    found: list[Found]

    @property
    def status(self) -> Any:
        """By account: the place of the rung that holds, UNDECIDED where a more exact executor has to say."""
        return np.concatenate([one.status for one in self.found] or [np.empty(0, np.uint8)])

    @property
    def values(self) -> dict[str, Any]:
        """Outputs of the account that are numbers, by name."""
        names = {o.definition: self.program.definitions[o.definition] for o in self.program.outputs}
        return {
            definition.name: np.concatenate([one.outputs[number] for one in self.found])
            for number, definition in names.items()
            if definition.scope == ("account",) and isinstance(definition.type, Number)
        }

    @property
    def uncertain(self) -> int:
        """Accounts that a more exact executor has to decide."""
        return int(sum((one.status == UNDECIDED).sum() for one in self.found))
