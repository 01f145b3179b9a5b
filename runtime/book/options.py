"""What results of a book hold besides what the rulebook says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What results hold.

    exact   numbers and dates as decimal text instead of float64 and timestamps
    bound   beside each number of the account, how far it can be from the exact value at most
    as_of   the instant in a column, because the results are of several
    """

    exact: bool = False
    bound: bool = False
    as_of: bool = False
