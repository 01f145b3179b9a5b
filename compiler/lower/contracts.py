"""Section contracts held against the shipped parameters: a haircut of -30 % is found before any account is read.

The nodes under each contract are evaluated for every row the rulebook lists. What depends on an observation is
unknown and stays for the executor, which checks every contract on every evaluation anyway.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from ...program import number as exact
from ...program.diagnostic import Diagnostic, Fix, Note
from ...program.number import EXACT, ONE, ZERO, Ratio, Value
from ...program.program import Constant, Node, Program, RowKey
from ..diagnostics import contracts as findings


@dataclass(frozen=True, slots=True)
class _Unknown:
    """A value that only a snapshot can tell."""


UNKNOWN = _Unknown()
STEPS = 100_000
"""Operations tried on constants for one program; the executor checks every contract anyway."""
Known = Constant | _Unknown


@dataclass(slots=True)
class _Reading:
    """One evaluation: the rows in scope, and the parameters it came past."""

    rows: tuple[RowKey, ...]
    seen: list[tuple[str, str, str]] = field(default_factory=list)


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
                reading, evaluator = _Reading((row,)), _Evaluator(program)
                value = evaluator.value(root.arguments[0], reading)
                steps -= len(evaluator.memo)
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


class _Evaluator:
    """The IR on constants. Lazy where the language is; anything unknown makes what strictly needs it unknown."""

    def __init__(self, program: Program):
        self.program = program
        self.depth = 0
        self.memo: dict[tuple[int, tuple[RowKey, ...]], Known] = {}

    def value(self, number: int, reading: _Reading) -> Known:
        key = (number, reading.rows)
        if key not in self.memo:
            self.memo[key] = self._value(self.program.nodes[number], reading)
        return self.memo[key]

    def _value(self, node: Node, reading: _Reading) -> Known:
        match node.operation:
            case "constant":
                constant = node.attributes[0]
                return constant if not isinstance(constant, int | tuple) or isinstance(constant, bool) else UNKNOWN
            case "index":
                slot = node.attributes[0]
                return reading.rows[slot] if isinstance(slot, int) and slot < len(reading.rows) else UNKNOWN
            case "keyed":
                return RowKey(str(node.attributes[0]), str(node.attributes[1]))
            case "load":
                return self._load(node, reading)
            case "read":
                return self._read(node, reading)
            case "select":
                condition, yes, no = node.arguments
                test = self.value(condition, reading)
                return UNKNOWN if isinstance(test, _Unknown) else self.value(yes if test else no, reading)
            case "default":
                first = self.value(node.arguments[0], reading)
                return self.value(node.arguments[1], reading) if first is None else first
            case "require":
                return self.value(node.arguments[0], reading)
        operation = _OPERATIONS.get(node.operation)
        if operation is None:
            return UNKNOWN
        values = [self.value(argument, reading) for argument in node.arguments]
        if any(isinstance(value, _Unknown) for value in values):
            return UNKNOWN
        try:
            return operation(*values)
        except (ZeroDivisionError, TypeError):
            return UNKNOWN

    def _load(self, node: Node, reading: _Reading) -> Known:
        kind, name = str(node.attributes[0]), str(node.attributes[1])
        row: Known = RowKey("", "") if not node.arguments else self.value(node.arguments[0], reading)
        declared = self.program.kinds[kind].field(name)
        if not isinstance(row, RowKey) or declared is None or declared.origin == "observed" or len(node.arguments) > 1:
            return UNKNOWN
        values = self.program.parameters.get(kind, {}).get(row.key)
        if values is None:
            return UNKNOWN
        if name in values:
            reading.seen.append((kind, row.key, name))
            return values[name]
        return declared.default if declared.has_default else UNKNOWN

    def _read(self, node: Node, reading: _Reading) -> Known:
        rows = [self.value(argument, reading) for argument in node.arguments]
        definition = self.program.definitions[int(str(node.attributes[0]))]
        known = [row for row in rows if isinstance(row, RowKey)]
        if len(known) < len(rows) or self.depth > 100:
            return UNKNOWN
        inner = _Reading(tuple(known), reading.seen)
        self.depth += 1
        value = self.value(definition.node, inner)
        self.depth -= 1
        return value


def _extreme(least: bool) -> Callable[..., Known]:
    def choose(*values: Known) -> Known:
        numbers = [value for value in values if isinstance(value, Value)]
        best = numbers[0] if numbers else None
        for number in numbers[1:]:
            assert best is not None
            if number < best if least else number > best:
                best = number
        return best

    return choose


_OPERATIONS: dict[str, Callable[..., Known]] = {
    "add": exact.add,
    "subtract": exact.subtract,
    "multiply": exact.multiply,
    "divide": exact.divide,
    "negate": lambda value: -value,
    "absolute": abs,
    "minimum": _extreme(True),
    "maximum": _extreme(False),
    "less": lambda left, right: left < right,
    "less_equal": lambda left, right: left <= right,
    "equal": lambda left, right: left == right,
    "not": lambda value: not value,
    "is_none": lambda value: value is None,
}


def _finding(program: Program, number: int, contract: str, value: Value, row: RowKey, reading: _Reading) -> Diagnostic:
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
