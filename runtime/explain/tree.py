"""An explanation as data: the tree of values behind a number, and why the account has its status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ...program.program import Constant, Origin
from ...program.types import Type


@dataclass(frozen=True, slots=True)
class Step:
    """One value of the tree.

    label        a definition's or field's name, or the key of the row it belongs to (`ZEC`)
    value        exact; None is `none`, or a value that failed (`error` says why)
    type         its dimension names rows by kind and key: the unit of HYPE, not of `balance.asset`
    origin       where the rules say so; None for what has no line of its own
    note         how the value comes about, in a few words
    because      why this branch of a choice and not another
    children     the values it is made of, in reading order
    repeated     explained further up
    subtracted   taken off its parent's sum; the value itself keeps its sign
    error        why there is no value, one sentence
    cut          there is more below than was asked for
    about        what the rules say this definition is
    definition   its number in the program, -1 for other values; `rows` are the keys of its scope's rows
    """

    label: str
    value: Constant
    type: Type | None = None
    origin: Origin | None = None
    note: str = ""
    because: str = ""
    children: tuple[Step, ...] = ()
    repeated: bool = False
    subtracted: bool = False
    error: str = ""
    cut: bool = False
    about: str = ""
    definition: int = -1
    rows: tuple[str, ...] = ()

    def walk(self) -> Iterator[Step]:
        """This step and all below it, in reading order."""
        stack = [self]
        while stack:
            step = stack.pop()
            yield step
            stack += reversed(step.children)


@dataclass(frozen=True, slots=True)
class RungStep:
    """A rung of the ladder that was tried: whether it holds, and the comparison that decided, with both its sides."""

    name: str
    holds: bool
    because: str
    origin: Origin | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The tree behind one number of one account.

    file     the rule file that `line 19` in a note refers to; other files are named
    rungs    those tried, worst first; the last is the account's status unless it failed
    """

    account: str
    as_of: Decimal
    rulebook: str
    file: str
    root: Step
    rungs: tuple[RungStep, ...]
