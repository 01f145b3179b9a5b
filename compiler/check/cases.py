"""Cases to one term: the first whose condition holds decides, and each knows that none above it did."""

from __future__ import annotations

from ..rulebook import DefinitionText, FunctionText
from ..syntax import Expression
from .decisions import DecisionTable
from .expression import Checker
from .facts import Facts, known_if
from .scope import Scope
from .term import Term

Case = tuple[Expression | None, Expression]
"""Condition (None: `else`) and value."""


def check_cases(
    text: DefinitionText | FunctionText, cases: tuple[Case, ...], scope: Scope
) -> tuple[Term, DecisionTable]:
    """The value of the cases, and their conditions as a table to look for gaps in. Raises Refused, Needs, Spoilt."""
    facts: Facts = frozenset()
    rows: list[tuple[Term, Term, Checker]] = []
    otherwise: Term | None = None
    for condition, value in cases:
        here, checker = scope.knowing(facts), Checker(value)
        if condition is None:  # the shape of the file is checked before: `else` ends the cases
            otherwise = checker.check(value.root, here)
            break
        test = Checker(condition).truth(condition.root, here)
        rows.append((test, checker.check(value.root, here.knowing(known_if(condition.root, True))), checker))
        facts |= known_if(condition.root, False)
    table = DecisionTable(
        text.name.text,
        text.layer.span(text.name),
        tuple(test for test, _, _ in rows),
        otherwise.span if otherwise is not None else None,
        text.unique,
        text.layer.file.slice,
    )
    result = rows.pop()[1] if otherwise is None else otherwise  # without `else` the last holds where no other does
    for test, term, checker in reversed(rows):
        result = checker.choose(test, term, result, term.span)
    return result, table
