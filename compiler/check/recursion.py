"""Recursion through `previous`: on the way around, every read stays on its row or goes to an earlier one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ...program.diagnostic import Diagnostic, Span
from ...program.order import Step, endless
from ..diagnostics import recursion as findings
from .model import Model
from .term import DefinitionKey, Term, parts

if TYPE_CHECKING:
    from .definitions import Checked


def endless_recursion(model: Model, checked: Mapping[DefinitionKey, Checked]) -> list[Diagnostic]:
    """A finding for a circle of definitions that need not end."""
    numbers = {key: number for number, key in enumerate(checked)}
    keys = list(numbers)
    steps: list[Step] = []
    places: dict[int, Span] = {}
    for key, definition in checked.items():
        for term in parts(definition.term):
            for read, moves in _reads(model, term, key[0]):
                if read in numbers:
                    step = Step(numbers[key], numbers[read], moves)
                    steps.append(step)
                    places[id(step)] = term.span
    circle = endless(steps)
    if not circle:
        return []
    way = [(keys[step.reader][1], places[id(step)]) for step in circle]
    return [findings.endless_recursion(way[0][1], keys[circle[0].read][1], way)]


def earlier(row: Term) -> bool | None:
    """Whether a row comes before that of the scope (true), is that row (false), or may be any other (None)."""
    match row.operation:
        case "previous":
            return None if earlier(row.arguments[0]) is None else True
        case "index":
            name = row.attributes[0]
            return False if getattr(row.type, "kind", None) == name else None
        case "select":
            branches = [b for b in row.arguments[1:] if not (b.operation == "constant" and b.attributes[0] is None)]
            moved = [earlier(branch) for branch in branches]
            return None if None in moved or not moved else all(moved)
        case _:
            return None


def _reads(model: Model, term: Term, scope: tuple[str, ...]) -> Iterator[tuple[DefinitionKey, Mapping[str, bool]]]:
    if term.operation == "read":
        key = term.attributes[0]
        assert isinstance(key, tuple)
        moves = {kind: earlier(row) for kind, row in zip(key[0], term.arguments, strict=True) if kind in scope}
        yield key, {kind: moved for kind, moved in moves.items() if moved is not None}
    elif term.operation in ("members", "group"):
        group = model.kinds[str(term.attributes[0])]
        for member in group.of:
            for name in group.by:
                yield ((member,), name), {}
