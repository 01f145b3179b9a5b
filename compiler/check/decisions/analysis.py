"""What can be said of a decision table: gaps, rows that never decide, and rows that hold together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ....program.diagnostic import Diagnostic, Span
from ....program.types import Label
from ...diagnostics import decisions as findings
from ..term import Term
from .domains import Domains
from .example import computed, described, pick
from .formula import Formula
from .read import Reader, limits
from .solve import Effort, Example, Solver, Undecided

LONGEST_TABLE = 200
"""Cases of one table: each waits for all above it, so they nest as deep as there are cases."""
_OVERLAPS = 10
"""Pairs of rows named as holding together; a table that overlaps everywhere needs no more."""
_TAKERS = 3
"""Rows named as those that take the inputs of a dead one."""


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """The cases of one definition, decided by the first that holds.

    conditions   checked, of every row but `else`
    otherwise    where the value of `else` stands; None where there is none
    unique       whether at most one row may hold
    text         the rule text at a place
    """

    name: str
    place: Span
    conditions: tuple[Term, ...]
    otherwise: Span | None
    unique: bool
    text: Callable[[Span], str]


def examine(table: DecisionTable, effort: Effort) -> list[Diagnostic]:
    """Everything there is to say about a table. What would take too long is left out, but a gap is never overlooked."""
    reader = Reader()
    rows = [_Row(term, reader.condition(term, True), reader.condition(term, False)) for term in table.conditions]
    examiner = _Examiner(table, reader, rows, effort)
    questions = [examiner.gap] if table.otherwise is None else []
    questions += [examiner.dead_rows, examiner.overlaps] if table.unique else [examiner.dead_rows]
    found: list[Diagnostic] = []
    for ask in questions:
        effort.begin()
        found += ask()
    return found


@dataclass(frozen=True, slots=True)
class _Row:
    term: Term
    holds: Formula
    fails: Formula


class _Examiner:
    def __init__(self, table: DecisionTable, reader: Reader, rows: list[_Row], effort: Effort):
        self.table = table
        self.rows = rows
        self.effort = effort
        self.variables = reader.variables.known
        types = [variable.term.type for variable in self.variables]
        self.choices = {
            number: frozenset(type_.choices)
            for number, type_ in enumerate(types)
            if isinstance(type_, Label)
            and type_.choices is not None
            and self.variables[number].term.operation != "equal"
        }
        self.whole = frozenset(number for number, variable in enumerate(self.variables) if variable.whole)
        self.tested = frozenset(reader.tested)
        self.limits = limits(reader.variables)

    def gap(self) -> list[Diagnostic]:
        """The input that no row takes, where there is no `else`."""
        try:
            solver = self._solver()
            for row in self.rows:
                solver.give(row.fails)
            example = solver.example()
        except Undecided:
            return [findings.not_provable(self.table.place, self.table.name, "", None)]
        if example is None:
            return []
        shown = self._described(example)
        unsure = computed(example, self.variables)
        if unsure:
            place = unsure[0].term.span
            return [findings.not_provable(self.table.place, self.table.name, shown, place)]
        return [findings.gap(self.table.place, self.table.name, shown)]

    def dead_rows(self) -> list[Diagnostic]:
        """Rows, and an `else`, that every input passes by."""
        found: list[Diagnostic] = []
        try:
            solver = self._solver()
            for number, row in enumerate(self.rows):
                if solver.example(row.holds) is None:
                    found.append(self._dead(number))
                solver.give(row.fails)
            if self.table.otherwise is not None and self.rows and solver.example() is None:
                found.append(findings.dead_else(self.table.otherwise))
        except Undecided:
            pass  # nothing is wrong with such a table; it is only too long to be sure of
        return found

    def _dead(self, number: int) -> Diagnostic:
        row = self.rows[number]
        if self._solver().example(row.holds) is None:
            return findings.never_holds(row.term.span, self.table.text(row.term.span))
        takers: list[Span] = []
        solver = self._solver()
        solver.give(row.holds)
        for earlier in self.rows[:number]:
            if solver.example(earlier.holds) is not None:
                takers.append(earlier.term.span)
            solver.give(earlier.fails)
        return findings.dead_row(row.term.span, takers[:_TAKERS], len(takers))

    def overlaps(self) -> list[Diagnostic]:
        """Pairs of rows that hold together, each row blamed once."""
        found: list[Diagnostic] = []
        for number, row in enumerate(self.rows):
            if len(found) == _OVERLAPS:
                break
            try:
                solver = self._solver()
                solver.give(row.holds)
                for earlier in self.rows[:number]:
                    example = solver.example(earlier.holds)
                    if example is not None:
                        unsure = bool(computed(example, self.variables))
                        shown = self._described(example)
                        found.append(findings.overlap(row.term.span, earlier.term.span, shown, unsure))
                        break
            except Undecided:
                found.append(findings.overlap_not_decided(self.table.place, self.table.name))
                break
        return found

    def _solver(self) -> Solver:
        domains = Domains(self.choices, self.whole, self.tested)
        solver = Solver(domains, lambda number, interval: pick(self.variables[number], interval), self.effort)
        for limit in self.limits:
            domains.limit(limit)
        return solver

    def _described(self, example: Example) -> str:
        return described(example, self.variables, self.table.text)
