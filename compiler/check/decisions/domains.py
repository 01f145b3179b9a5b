"""What is known of each variable while formulas are tried out, and the way back when an attempt fails."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any as Anything

from .formula import Among, Atom, Bound, Direction, Fact


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, None without end; a strict end is outside."""

    low: Fraction | None = None
    high: Fraction | None = None
    low_strict: bool = False
    high_strict: bool = False

    @property
    def empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_strict or self.high_strict))

    def holds(self, value: Fraction) -> bool:
        above = self.low is None or value > self.low or (value == self.low and not self.low_strict)
        return above and (self.high is None or value < self.high or (value == self.high and not self.high_strict))

    def cut(self, relation: str, limit: Fraction) -> Interval:
        """The part where `value RELATION limit` holds; the interval itself where all of it does."""
        low, high, low_strict, high_strict = self.low, self.high, self.low_strict, self.high_strict
        changed = False
        if relation in ("<", "<=", "="):
            strict = relation == "<"
            if high is None or limit < high or (strict and not high_strict and limit == high):
                high, high_strict, changed = limit, strict, True
        if relation in (">", ">=", "="):
            strict = relation == ">"
            if low is None or limit > low or (strict and not low_strict and limit == low):
                low, low_strict, changed = limit, strict, True
        return Interval(low, high, low_strict, high_strict) if changed else self


EVERYWHERE = Interval()


@dataclass(frozen=True, slots=True)
class Words:
    """The words a label can still be (`allowed`, None: any), less those it is not."""

    allowed: frozenset[str] | None
    excluded: frozenset[str] = frozenset()

    def keep(self, words: frozenset[str], among: bool) -> Words:
        if self.allowed is None:
            return Words(words - self.excluded) if among else Words(None, self.excluded | words)
        return Words(self.allowed & words if among else self.allowed - words)


@dataclass(slots=True)
class Domains:
    """The state of an attempt. `choices` are the closed labels, `tested` the variables that can be none."""

    choices: Mapping[int, frozenset[str]]
    whole: frozenset[int]
    tested: frozenset[int]
    intervals: dict[Direction, Interval] = field(default_factory=dict)
    words: dict[int, Words] = field(default_factory=dict)
    truths: dict[int, bool] = field(default_factory=dict)
    absent: dict[int, bool] = field(default_factory=dict)
    trail: list[tuple[dict[Anything, Anything], Anything, Anything]] = field(default_factory=list)

    def accept(self, atom: Atom) -> bool:
        """Takes an atom as given; false where it contradicts what is known (then the state is to be rolled back)."""
        if not self._present(atom):
            return False
        match atom:
            case Bound():
                before = self.intervals.get(atom.direction, EVERYWHERE)
                after = self._cut(atom, before)
                if after is not before:
                    self._set(self.intervals, atom.direction, after)
                return not after.empty
            case Among(variable=variable, words=words, among=among):
                known = self._words(variable)
                kept = known.keep(words, among)
                if kept != known:
                    self._set(self.words, variable, kept)
                return kept.allowed is None or bool(kept.allowed)
            case Fact(variable=variable, holds=holds, absence=absence):
                return self._settle(self.absent if absence else self.truths, variable, holds)

    def limit(self, bound: Bound) -> None:
        """Takes a bound that holds wherever its variables have a value at all."""
        before = self.intervals.get(bound.direction, EVERYWHERE)
        self.intervals[bound.direction] = self._cut(bound, before)

    def status(self, atom: Atom) -> bool | None:
        """Whether an atom holds already (true), cannot hold any more (false), or is open (None)."""
        match atom:
            case Bound():
                if self.tested and any(self.absent.get(variable) for variable, _ in atom.direction.factors):
                    return False
                before = self.intervals.get(atom.direction)
                if before is None:
                    return None
                after = self._cut(atom, before)
                return True if after is before else False if after.empty else None
            case Among(variable=variable, words=words, among=among):
                if self.absent.get(variable):
                    return False
                known = self._words(variable)
                kept = known.keep(words, among)
                if kept.allowed is not None and not kept.allowed:
                    return False
                return True if kept == known else None
            case Fact(variable=variable, holds=holds, absence=absence):
                if not absence and self.absent.get(variable):
                    return False
                settled = (self.absent if absence else self.truths).get(variable)
                return None if settled is None else settled == holds

    def mark(self) -> int:
        return len(self.trail)

    def undo(self, mark: int) -> None:
        """Back to how things were at a mark."""
        while len(self.trail) > mark:
            known, key, before = self.trail.pop()
            if before is None:
                del known[key]
            else:
                known[key] = before

    def _present(self, atom: Atom) -> bool:
        """Whoever speaks of a value says that it is there."""
        if isinstance(atom, Fact) and atom.absence:
            return True
        mentioned = [v for v, _ in atom.direction.factors] if isinstance(atom, Bound) else [atom.variable]
        return all(self._settle(self.absent, v, False) for v in mentioned if v in self.tested)

    def _settle(self, facts: dict[int, bool], variable: int, holds: bool) -> bool:
        settled = facts.get(variable)
        if settled is None:
            self._set(facts, variable, holds)
        return settled is None or settled == holds

    def _cut(self, atom: Bound, interval: Interval) -> Interval:
        relation, limit = atom.relation, atom.limit
        if self.whole and len(atom.direction.factors) == 1 and atom.direction.factors[0][0] in self.whole:
            if relation in ("<", "<="):
                limit = Fraction(math.ceil(limit) - 1 if relation == "<" else math.floor(limit))
                relation = "<="
            elif relation in (">", ">="):
                limit = Fraction(math.floor(limit) + 1 if relation == ">" else math.ceil(limit))
                relation = ">="
            elif limit.denominator != 1:
                return Interval(limit, limit, True, True)  # no integer is that
        return interval.cut(relation, limit)

    def _words(self, variable: int) -> Words:
        return self.words.get(variable) or Words(self.choices.get(variable))

    def _set(self, known: dict[Anything, Anything], key: object, value: object) -> None:
        self.trail.append((known, key, known.get(key)))
        known[key] = value
