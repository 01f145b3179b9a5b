"""Values while machine code is written: LLVM values, and what is known of them before any account is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

IR = Any
"""An `llvmlite.ir.Value`; that library has no types of its own."""


@dataclass(frozen=True, slots=True)
class Num:
    """A number: a double `v` whose distance from the exact value is at most `k` * 2^-53 * `m`.

    v         NaN where the value is unknown: an error of the account, or a decision that rounding leaves open
    m         at least |v| and |exact value|; None where it is |v| itself
    k         known while code is written
    low, high decimal exponents: a double that is not 0 is at least 10^low, and m at most 10^high
    positive  whether it is never below 0
    none      truth that the value is `none`; None where it never is
    faithful  whether doubles compare as the exact values do: an input as it was read, or a short constant
    hulled    whether a decision that is left open may stand in it, with both outcomes inside its bound
    constant  the double itself, where it is known
    known     whether it is never unknown
    r, d      in exact code, where v is known: the exact value is N / d for an integer N, and r is N mod 2^128; r is
              None where no such d is known
    below     where set, the exact value is N / d divided by this number, which has an r
    often_one of what a number is divided by: whether it is 1 where something else was chosen than a quotient
    inverse   where set, writes the r and d of the reciprocal, or gives None
    """

    v: IR
    m: IR = None
    k: int = 0
    low: int = 0
    high: int = 0
    positive: bool = False
    none: IR = None
    faithful: bool = False
    hulled: bool = False
    constant: float | None = None
    known: bool = False
    r: IR = None
    d: int = 1
    below: Num | None = None
    often_one: bool = False
    inverse: Callable[[], tuple[IR, int] | None] | None = None

    def without_none(self) -> Num:
        return replace(self, none=None) if self.none is not None else self


@dataclass(frozen=True, slots=True)
class Truth:
    """A bool `v`; `unsure` where rounding leaves it open, `bad` where it is an error of the account, both None where
    that cannot be. `none` as in Num."""

    v: IR
    unsure: IR = None
    bad: IR = None
    none: IR = None


@dataclass(frozen=True, slots=True)
class Id:
    """A label or a row by its number: -1 is none, below that it is unknown.

    kind      of a row; "" of a label
    certain   whether it is never none and never unknown (a bound row)
    optional  whether it may be none
    """

    v: IR
    kind: str = ""
    certain: bool = False
    optional: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a table: `v` its number among the rows of `arena` (as Id); `width` where `slices` made it.

    optional  whether it may be none
    certain   whether it is always the number of a row, if only of one that stands for what is unknown: `bad` says so
    """

    v: IR
    arena: int
    width: Num | None = None
    optional: bool = False
    certain: bool = False
    bad: IR = None


@dataclass(frozen=True, slots=True)
class TableAt:
    """A table: the number of its first row in `arena`, below 0 as Id."""

    v: IR
    arena: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """The literal `none`."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """The account itself."""


Native = Num | Truth | Id | Entry | TableAt | Nothing | AccountRow


def has_residue(number: Num) -> bool:
    """Whether a variable can carry what is known of a number exactly; a quotient is let go."""
    return number.r is not None and number.below is None
