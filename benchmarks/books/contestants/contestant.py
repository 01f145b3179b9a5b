"""What a contestant is: something that prepares a book once and then decides its accounts as often as it is asked."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..book import Book
from ..draw import Floats

STUDY = ("continuous", "adversarial")
"""The books under the study's rulebook."""
BLOCK = 4096
"""Accounts at once where a contestant goes block by block."""
VALUES = ("required", "backing", "available", "maintenance_margin")
"""What the study's rulebook puts out."""


class Missing(Exception):
    """A contestant cannot run here; the text says why, for the table."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run gives.

    status      rung of the ladder, 0 the worst; 255 in error
    values      what the rulebook puts out, by name
    uncertain   accounts that a second stage looked at again
    by_name     the rung is the first of the status's name, for that is all that the results tell
    """

    status: NDArray[np.uint8]
    values: dict[str, Floats] = field(default_factory=dict)
    uncertain: int = 0
    by_name: bool = False


Run: TypeAlias = Callable[[], Any]
"""One run over the book; gives the Outcome, or what the contestant's `read` makes it from."""


@dataclass(slots=True)
class Columns:
    """Output columns of a book, made in the first run and written anew in every one."""

    count: int
    status: NDArray[np.uint8] | None = None
    values: dict[str, Floats] = field(default_factory=dict)

    def ready(self) -> tuple[NDArray[np.uint8], dict[str, Floats]]:
        if self.status is None:
            self.status = np.empty(self.count, np.uint8)
            self.values = {name: np.empty(self.count) for name in VALUES}
        return self.status, self.values


@dataclass(frozen=True, slots=True)
class Contestant:
    """One line of the table.

    prepare    ingestion: from the book's Arrow table to what a run reads; not in the time of a run
    books      the books whose rules it knows
    at_most    the accounts it is given, from the first on; None: all of them
    threads    that a run keeps busy
    package    whose version is told
    read       makes the Outcome from what a run gives, outside the time of a run
    """

    name: str
    prepare: Callable[[Book], Run]
    books: tuple[str, ...] = STUDY
    at_most: int | None = None
    threads: int = 1
    package: str = ""
    read: Callable[[Book, Any], Outcome] | None = None

    def outcome(self, book: Book, given: Any) -> Outcome:
        """What a run gave, to be compared."""
        result = self.read(book, given) if self.read else given
        assert isinstance(result, Outcome)
        return result

    @property
    def version(self) -> str:
        if not self.package:
            return ""
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return "not installed"
