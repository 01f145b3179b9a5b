"""Whether formulas can hold together, by trying their alternatives one after another, with an example if they can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from .domains import Domains, Interval, Words
from .formula import All, Any, Formula
from .linear import TooLarge, solution

CONJUNCTS = 4_096
"""Combinations of alternatives tried for one question."""
TABLE_STEPS = 30_000
"""Atoms looked at for one table's gap, its dead rows, and its overlaps, each."""
STEPS = 200_000
"""Atoms looked at for all tables of a rulebook."""


class Undecided(Exception):
    """A question that would take too long: nothing is said about it."""


@dataclass(slots=True)
class Effort:
    """What may still be spent on the decision tables of a rulebook."""

    left: int = STEPS
    now: int = 0

    def begin(self) -> None:
        """A new kind of question."""
        self.now = min(TABLE_STEPS, self.left)

    def spend(self, steps: int) -> None:
        self.now -= steps
        self.left -= steps
        if self.now < 0:
            raise Undecided


@dataclass(frozen=True, slots=True)
class Example:
    """An input for which formulas hold: values by variable, and which variables are none."""

    numbers: dict[int, Fraction]
    words: dict[int, Words]
    truths: dict[int, bool]
    absent: frozenset[int]


Friendly = Callable[[int, Interval], Fraction]


@dataclass(slots=True)
class Solver:
    """Asks questions about formulas that share variables; `given` formulas hold in all of them."""

    domains: Domains
    friendly: Friendly
    effort: Effort
    pending: list[Any] = field(default_factory=list)
    impossible: bool = False

    def give(self, formula: Formula) -> None:
        """Takes a formula as true from now on."""
        if not self.impossible and not self._assert([formula], self.pending):
            self.impossible = True

    def example(self, *formulas: Formula) -> Example | None:
        """An input for which what is given and these formulas hold; None where there is none. Raises Undecided."""
        if self.impossible:
            return None
        start = self.domains.mark()
        try:
            pending = list(self.pending)
            return self._search(pending) if self._assert(list(formulas), pending) else None
        finally:
            self.domains.undo(start)

    def _assert(self, formulas: list[Formula], pending: list[Any]) -> bool:
        """Takes formulas as true: atoms at once, alternatives into `pending`. False where they contradict."""
        while formulas:
            formula = formulas.pop()
            match formula:
                case All(parts=parts):
                    formulas += parts
                case Any(parts=parts):
                    if not parts:
                        return False
                    pending.append(formula)
                case _:
                    self.effort.spend(1)
                    if not self.domains.accept(formula):
                        return False
        return True

    def _search(self, pending: list[Any]) -> Example | None:
        """Depth first over the alternatives, the shortest first; an explicit stack, so tables may be long."""
        stack: list[tuple[int, list[Any], list[Formula]]] = []
        tried = 0
        possible = self._narrow(pending)
        while True:
            if possible and not pending:
                found = self._point()
                if found is not None:
                    return found
                possible = False
            if possible:
                choice = min(pending, key=lambda alternatives: len(alternatives.parts))
                rest = [other for other in pending if other is not choice]
                stack.append((self.domains.mark(), rest, list(reversed(choice.parts))))
            while stack and not stack[-1][2]:
                self.domains.undo(stack.pop()[0])
            if not stack:
                return None
            tried += 1
            if tried > CONJUNCTS:
                raise Undecided
            mark, rest, alternatives = stack[-1]
            self.domains.undo(mark)
            pending = list(rest)
            possible = self._assert([alternatives.pop()], pending) and self._narrow(pending)

    def _narrow(self, pending: list[Any]) -> bool:
        """Drops alternatives that cannot hold any more, and takes those that are the last; false where none is left."""
        changed = True
        while changed:
            changed = False
            waiting, pending[:] = list(pending), []
            for choice in waiting:
                states = [(part, self._status(part)) for part in choice.parts]
                if any(state for _, state in states):
                    continue
                left = [part for part, state in states if state is None]
                if len(left) < 2:
                    if not left or not self._assert(left, pending):
                        return False
                    changed = True
                else:
                    pending.append(choice if len(left) == len(choice.parts) else Any(tuple(left)))
        return True

    def _status(self, formula: Formula) -> bool | None:
        match formula:
            case All(parts=parts):
                return _together([self._status(part) for part in parts])
            case Any(parts=parts):
                denied = _together([None if (state := self._status(part)) is None else not state for part in parts])
                return None if denied is None else not denied
            case _:
                self.effort.spend(1)
                return self.domains.status(formula)

    def _point(self) -> Example | None:
        """Numbers for what the atoms taken leave open; None where the inequalities contradict one another."""
        several = {d: i for d, i in self.domains.intervals.items() if len(d.factors) > 1}
        related = {variable for direction in several for variable, _ in direction.factors}
        numbers: dict[int, Fraction] = {}
        system = dict(several)
        for direction, interval in self.domains.intervals.items():
            if len(direction.factors) == 1:
                number = direction.factors[0][0]
                if number in related:
                    system[direction] = interval
                else:
                    numbers[number] = self.friendly(number, interval)
        if system:
            try:
                point = solution(system, self.friendly, self.effort.spend)
            except TooLarge:
                raise Undecided from None
            if point is None:
                return None
            numbers |= point
        absent = frozenset(variable for variable, none in self.domains.absent.items() if none)
        return Example(numbers, dict(self.domains.words), dict(self.domains.truths), absent)


def _together(states: list[bool | None]) -> bool | None:
    """All of several states: false where one is, open where one is."""
    if False in states:
        return False
    return None if None in states else True
