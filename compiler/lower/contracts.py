"""Section contracts held against the shipped parameters: a haircut of -30 % is found before any account is read.

The nodes under each contract are evaluated for every row the rulebook lists. What depends on an observation is
unknown and stays for the executor, which checks every contract on every evaluation anyway.
"""

from __future__ import annotations

import decimal
from decimal import Decimal

from ...program import number as exact
from ...program.diagnostic import Diagnostic, Fix, Note
from ...program.number import EXACT, ONE, ZERO, Ratio, Value
from ...program.program import Program, RowKey
from ..diagnostics import contracts as findings
from .constants import Evaluator, Reading

STEPS = 100_000
"""Operations tried on constants for one program; the executor checks every contract anyway."""


def broken_contracts(program: Program) -> list[Diagnostic]:
    """A finding for every listed row on which a contract cannot hold."""
    found: list[Diagnostic] = []
    steps = STEPS
    with decimal.localcontext(EXACT):
        for number, definition in enumerate(program.definitions):
            root = program.nodes[definition.node]
            if root.operation != "require" or len(definition.scope) != 1:
                continue
            for row in _rows(program, definition.scope[0]):
                reading, evaluator = Reading((row,)), Evaluator(program)
                value = evaluator.value(root.arguments[0], reading)
                steps -= evaluator.effort
                if steps < 0:
                    return found
                if isinstance(value, Value) and _outside(str(root.attributes[0]), value):
                    found.append(_finding(program, number, str(root.attributes[0]), value, row, reading))
    return found


def _rows(program: Program, kind: str) -> list[RowKey]:
    if program.kinds[kind].role == "reference":
        return [RowKey(kind, key) for key in program.parameters.get(kind, {})]
    return [RowKey(kind, "")]


def _outside(contract: str, value: Value) -> bool:
    return value < ZERO or (contract == "share" and value > ONE)


def _finding(program: Program, number: int, contract: str, value: Value, row: RowKey, reading: Reading) -> Diagnostic:
    definition = program.definitions[number]
    origin = program.origins.definitions[number]
    share = contract == "share"
    shown = _percent(value) if share else exact.result_text(value)
    whose = f" for {row.kind} `{row.key}`" if row.key else ""
    label = f"is {shown}{whose}"
    notes: tuple[Note, ...] = ()
    fixes: tuple[Fix, ...] = ()
    hint = ""
    cause = next((key for key in reading.seen if program.origins.parameters.get(key)), None)
    if cause is not None:
        given, story = program.origins.parameters[cause][0]
        notes = (Note(story.span, f"because {'its' if cause[1] else 'the'} {cause[2]} is {story.text} here"),)
        if share and isinstance(given, Decimal | Ratio) and given > ONE:
            tenth = _percent(exact.divide(given, Decimal(10)))
            hint = f"did you mean `{tenth}`?"
            fixes = (Fix(story.span, tenth),)
    if share:
        return findings.share_broken(origin.span, definition.name, value > ONE, label, notes, fixes, hint)
    return findings.negative(origin.span, definition.name, definition.section, label, notes)


def _percent(value: Value) -> str:
    return exact.result_text(exact.multiply(value, Decimal(100))) + "%"
