"""Decision tables: which row decided, by which condition, and why the rows above it did not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .parts import Body, Here
from .reading import Place, Reader
from .tree import Step

if TYPE_CHECKING:
    from .reasons import Reasons
    from .walk import Walk

_TOLD, _NEAREST = 3, 2
"""Rows above the one that decided are all told up to the first number, of more the nearest ones."""
_WHEN, _THEN, _ELSE = "when: ", "then: ", "else: "


@dataclass(frozen=True, slots=True)
class Case:
    """A row. `condition` is -1 where it holds because no other does; `name` is `row 2`, or `else`."""

    name: str
    condition: int
    value: int
    then: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The row that decided and those above it."""

    case: Case
    above: tuple[Case, ...]


def cases_of(reader: Reader, at: Place) -> tuple[Case, ...]:
    """The rows of the decision table a definition or function is written as; nothing where it is an expression."""
    lines = reader.text(at).split("\n")
    if not lines[0].startswith(_WHEN):
        return ()
    node = reader.root(at)
    while reader.nodes[node].operation == "require":
        node = reader.nodes[node].arguments[0]
    values = [line.removeprefix(_THEN).removeprefix(_ELSE) for line in lines if line.startswith((_THEN, _ELSE))]
    cases = []
    for number, then in enumerate(values, 1):
        if number == len(values):
            cases.append(Case("else" if lines[-1].startswith(_ELSE) else f"row {number}", -1, node, then))
            break
        if reader.nodes[node].operation != "select":
            return ()  # an artifact whose words are not those of its rules
        condition, value, node = reader.nodes[node].arguments
        cases.append(Case(f"row {number}", condition, value, then))
    return tuple(cases)


def decide(reader: Reader, cases: Sequence[Case], at: Place) -> Decision:
    """Raises Failure."""
    for number, case in enumerate(cases):
        if case.condition < 0 or reader.value(case.condition, at):
            return Decision(case, tuple(cases[:number]))
    raise AssertionError("the last row holds where no other does")


def decided(walk: Walk, cases: Sequence[Case], here: Here, body: Callable[[int, Here], Body]) -> Body:
    """The value of the row that decided, and what decided. Raises Failure."""
    decision = decide(walk.reader, cases, here.place)
    case = decision.case
    inner = body(case.value, here)
    note = inner.note
    if walk.reader.is_plain(case.value):
        note = ""
    elif walk.nodes[case.value].operation in ("load", "read") or note == walk.words.named(case.value, here.place):
        note = case.then
    brief = body == walk.folded
    because = "; ".join(part for part in (why(walk.reasons, decision, here.place, brief), inner.because) if part)
    return Body(note, inner.children if brief else (*inner.children, *_deciding(walk, decision, here)), because)


def why(reasons: Reasons, decision: Decision, at: Place, brief: bool = False) -> str:
    """`row 2 holds, size 3 is above 2; row 1 does not, size 3 is not above 5`. Raises Failure."""
    case, above = decision.case, decision.above
    shown = above if len(above) <= _TOLD else above[-_NEAREST:]
    left = len(above) - len(shown)
    told = [f"rows 1 to {left} do not hold" if left > 1 else "row 1 does not hold"] if left else []
    told += [f"{one.name} does not hold, {_denied(reasons.opened(one.condition, at, False))}" for one in shown]
    if case.condition < 0:
        return "; ".join(told[-1:] if brief else told)
    first = f"{case.name} holds, {reasons.opened(case.condition, at, True)}"
    return first if brief else "; ".join((first, *told)).replace(" does not hold, ", " does not, ")


def _denied(reason: str) -> str:
    """`not isolated` behind a `does not hold` would be read as its opposite."""
    bare = reason.removeprefix("not ")
    return f"{bare} is false" if bare != reason and " " not in bare else reason


def _deciding(walk: Walk, decision: Decision, here: Here) -> list[Step]:
    """The definitions that the deciding conditions read, where the rules have a say in them."""
    conditions = [decision.case.condition]
    if decision.case.condition < 0:
        conditions = [case.condition for case in decision.above[-_NEAREST:]]
    told = set(walk.operands(decision.case.value, here))
    read = dict.fromkeys(one for condition in conditions for one in walk.operands(condition, here))
    return [
        walk.operand(one, here)
        for one in read
        if one not in told
        and walk.nodes[one].operation == "read"
        and not walk.folds(walk.reader.ruled(one, here.place))
    ]
