"""What a run of the benchmarks found, in one place: for the page, for the JSON, for the limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .latency import Latency
from .measure import Line
from .startup import Startup

BASE = "C"
"""What ratios are relative to, where a book has it; on other books marginc's plain kernel."""


@dataclass(frozen=True, slots=True)
class BookReport:
    """One interleaved run over one book.

    rows          balances and positions of all accounts
    ties          accounts that are on the line by construction
    worst_share   of the accounts that are not on the ladder's last rung
    """

    name: str
    accounts: int
    rows: int
    ties: int
    worst_share: float
    lines: list[Line]

    def line(self, name: str) -> Line | None:
        """A contestant's line, if it ran."""
        return next((line for line in self.lines if line.contestant.name == name and not line.missing), None)

    def ratio(self, one: str, other: str) -> float | None:
        """Time of a run of one contestant over that of another, per account where they were given fewer."""
        first, second = self.line(one), self.line(other)
        if first is None or second is None:
            return None
        return first.per_account / second.per_account


@dataclass(slots=True)
class Report:
    """The whole run. `memory` is by contestant, megabytes or why not; `startup` and `latency` by book."""

    accounts: int
    rounds: int
    books: list[BookReport] = field(default_factory=list)
    memory: dict[str, float | str] = field(default_factory=dict)
    startup: dict[str, Startup | str] = field(default_factory=dict)
    latency: dict[str, Latency] = field(default_factory=dict)
    compiler: str = ""

    def book(self, name: str) -> BookReport | None:
        """The largest book of this name."""
        found = [book for book in self.books if book.name == name]
        return max(found, key=lambda book: book.accounts, default=None)

    def ratio(self, book: str, one: str, other: str) -> float | None:
        """The ratio on the largest book of this name."""
        found = self.book(book)
        return found.ratio(one, other) if found else None

    def all_lines(self) -> Iterator[tuple[BookReport, Line]]:
        for book in self.books:
            for line in book.lines:
                yield book, line
