"""Evaluation: a program bound to a snapshot's reference rows, then account after account."""

from __future__ import annotations

import decimal
import sys
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ...program.diagnostic import Diagnostic, Span
from ...program.literal import instant_text
from ...program.number import EXACT, Ratio, Value
from ...program.program import Constant, Definition, Moment, Piece, Program, RowKey
from ...program.types import Date
from ..diagnostics import evaluation as findings
from ..format import value_text
from ..results import CheckResult, Result, RowResult
from ..snapshot.data import AccountData, Snapshot
from .closures import Machine
from .failure import Failure
from .rows import Row, account_row, reference_rows

_DEPTH = 60_000
"""Python frames for chains of definitions; closures call each other without the machine's own stack."""


class Bound:
    """A program with reference rows: evaluates accounts one by one. Not for several threads at once."""

    def __init__(
        self,
        program: Program,
        as_of: Decimal,
        observed: Mapping[str, Mapping[str, Mapping[str, Constant]]],
        replaced: Mapping[int, Value],
    ):
        self.program = program
        self.as_of = as_of
        self.replaced = dict(replaced)
        with decimal.localcontext(EXACT):
            self.reference, own = reference_rows(program, observed)
            self.machine = Machine(program, self.reference, own, as_of, self.replaced)

    def evaluate(self, account: AccountData) -> Result:
        """The verdict on one account. What cannot be computed becomes an error of the result, never an exception."""
        if account.errors:
            return Result(account.account, None, errors=account.errors, labels=account.labels)
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _DEPTH))
        try:
            with decimal.localcontext(EXACT):
                return _Account(self, account).result()
        finally:
            sys.setrecursionlimit(limit)
            self.machine.forget_account()


def bind(
    program: Program,
    as_of: Decimal,
    observed: Mapping[str, Mapping[str, Mapping[str, Constant]]],
    replaced: Mapping[int, Value] | None = None,
) -> Bound:
    """A program over reference observations (kind name, key, field). `replaced` gives definitions by number a value."""
    return Bound(program, as_of, observed, replaced or {})


def evaluate(program: Program, snapshot: Snapshot, replaced: Mapping[int, Value] | None = None) -> Iterator[Result]:
    """Every account of a snapshot, in its order."""
    bound = bind(program, snapshot.as_of, snapshot.reference, replaced)
    for account in snapshot.accounts:
        yield bound.evaluate(account)


class _Account:
    """One account while it is evaluated."""

    def __init__(self, bound: Bound, data: AccountData):
        self.program = bound.program
        self.machine = bound.machine
        self.data = data
        self.row = account_row(bound.program, data, bound.reference)
        self.errors: dict[tuple[str, Span, str], Diagnostic] = {}

    def result(self) -> Result:
        outputs, rows = self._outputs()
        checks = self._checks()
        status, message, rung = self._status()
        return Result(
            self.data.account, status, message, checks, outputs, rows,
            tuple(self.errors.values()), self.data.labels, rung,
        )  # fmt: skip

    def _value(self, definition: int, *rows: Row) -> tuple[bool, Any]:
        try:
            return True, self.machine.value(definition, *rows)
        except Failure as failure:
            finding = explain_failure(self.program, failure)
        except (TypeError, AttributeError, KeyError, IndexError, decimal.DecimalException, RecursionError):
            finding = findings.inconsistent_program(Span(self.program.rulebook), self.data.account)
        self._add(finding)
        return False, None

    def _members(self, kind: str) -> list[Row] | None:
        """The account's rows of a kind, groups formed; None for kinds that are not the account's."""
        if self.program.kinds[kind].role == "group" and kind not in self.row.members:
            try:
                self.machine.form_groups(self.row, kind)
            except Failure as failure:
                self._add(explain_failure(self.program, failure))
                return []
        return self.row.members.get(kind)

    def _add(self, finding: Diagnostic) -> None:
        self.errors.setdefault((finding.code, finding.span, finding.message), finding)

    def _outputs(self) -> tuple[dict[str, Constant], dict[str, tuple[RowResult, ...]]]:
        account: dict[str, Constant] = {}
        by_kind: dict[str, list[int]] = {}
        for output in self.program.outputs:
            definition = self.program.definitions[output.definition]
            if definition.scope == ("account",):
                fine, value = self._value(output.definition, self.row)
                if fine:
                    account[definition.name] = outward(value, definition)
            elif len(definition.scope) == 1 and self._members(definition.scope[0]) is not None:
                by_kind.setdefault(definition.scope[0], []).append(output.definition)
        rows = {
            self.program.kinds[kind].plural: tuple(self._row(row, wanted) for row in self._members(kind) or ())
            for kind, wanted in by_kind.items()
        }
        return account, rows

    def _row(self, row: Row, wanted: list[int]) -> RowResult:
        outputs: dict[str, Constant] = {}
        for number in wanted:
            fine, value = self._value(number, row)
            if fine:
                definition = self.program.definitions[number]
                outputs[definition.name] = outward(value, definition)
        kind = self.program.kinds[row.kind]
        names = kind.key or kind.by or tuple(field.name for field in kind.fields[:1])
        key = {name: outward(row.values.get(name), None) for name in names}
        return RowResult(key, outputs)

    def _status(self) -> tuple[str | None, str, int]:
        for position, rung in enumerate(self.program.ladder):
            fine, holds = (True, True) if rung.definition < 0 else self._value(rung.definition, self.row)
            if not fine:
                return None, "", -1
            if holds:
                return (None if self.errors else rung.name), self._message(rung.message, self.row), position
        return None, "", -1

    def _checks(self) -> tuple[CheckResult, ...]:
        results = []
        for check in self.program.checks:
            definition = self.program.definitions[check.definition]
            rows = [self.row] if definition.scope == ("account",) else self._members(definition.scope[0]) or []
            failing: list[str] = []
            message = ""
            known = True
            for row in rows:
                fine, holds = self._value(check.definition, row)
                known = known and fine
                if fine and not holds:
                    failing.append("" if row is self.row else row.key)
                    message = message or self._message(check.message, row)
            if not known and not failing:
                continue  # the account is in error: nobody knows whether it holds
            results.append(
                CheckResult(definition.full_name, not failing, check.severity, message, tuple(k for k in failing if k))
            )
        return tuple(results)

    def _message(self, pieces: tuple[Piece, ...], row: Row) -> str:
        text = ""
        for piece in pieces:
            text += piece.text
            if piece.definition >= 0:
                fine, value = self._value(piece.definition, row)
                definition = self.program.definitions[piece.definition]
                text += value_text(outward(value, definition), definition.type, piece.format) if fine else "?"
        return text


def outward(value: Any, definition: Definition | None) -> Constant:
    """A computed value as results carry it: rows by their key, dates as moments."""
    if isinstance(value, Row):
        return RowKey(value.kind, value.key)
    if definition is not None and isinstance(definition.type, Date) and isinstance(value, Decimal | Ratio):
        return Moment(value)
    if value is None or isinstance(value, bool | str | Decimal | Ratio):
        return value
    return str(value)


def explain_failure(program: Program, failure: Failure) -> Diagnostic:
    """The finding for a failure: definition, row, and the rule line."""
    origins = program.origins
    place = origins.nodes.get((failure.definition, failure.node))
    if place is None:
        origin = origins.definitions.get(failure.definition)
        place = origin.span if origin is not None else Span(program.rulebook)
    reader = "the account"
    if failure.definition >= 0:
        definition = program.definitions[failure.definition]
        written = definition.section not in ("status", "message")
        reader = f"`{definition.full_name}`" if written else f"the {definition.section}"
        reader += f" of `{failure.row}`" if failure.row else ""
    match failure.reason, failure.details:
        case "missing", (kind, key, name):
            return _missing(program, place, reader, kind, key, name)
        case "missing_cell", (kind, key, name, at, cell):
            return findings.missing_cell(place, reader, name, kind, key, at, cell)
        case "unknown_row", (kind, key):
            return findings.unknown_row(place, reader, kind, key)
        case "division_by_zero", _:
            return findings.division_by_zero(place, reader)
        case "contract", (contract, value):
            type_ = program.definitions[failure.definition].type
            return findings.contract_broken(place, reader, contract, value_text(value, type_))
        case "domain", (why,):
            return findings.outside_domain(place, reader, why)
        case "too_many_rows", (limit,):
            return findings.too_many_rows(place, reader, limit)
        case "below_table", (value,):
            return findings.below_table(place, reader, value_text(value, None))
        case _:
            return findings.too_large(place, reader)


def _missing(program: Program, place: Span, reader: str, kind: str, key: str, name: str) -> Diagnostic:
    declared = program.kinds[kind].field(name)
    if declared is None or declared.origin == "observed":
        return findings.missing_observation(place, reader, name, kind, key)
    later = program.origins.later.get((kind, key, name))
    origin = program.origins.fields.get((kind, name))
    first = instant_text(later) if later is not None else ""
    return findings.missing_parameter(place, reader, name, kind, key, first, origin.span if origin else None)
