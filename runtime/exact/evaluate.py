"""Evaluation: a program bound to a snapshot's reference rows, then account after account."""

from __future__ import annotations

import decimal
import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from ...program.diagnostic import Diagnostic, Span
from ...program.number import EXACT, Value
from ...program.program import Constant, Piece, Program, RowKey
from ..diagnostics import evaluation as findings
from ..format import value_text
from ..results import CheckResult, Result, RowResult
from ..snapshot.data import AccountData, Snapshot
from .chain import deep_frames
from .closures import ROW_LIMIT, Machine
from .failure import Failure
from .rows import Reference, Row, account_row, reference_rows
from .told import explain_failure, outward

MakeMachine = Callable[[Program, Reference, Row, Decimal, dict[int, Value]], Machine]
"""What makes the closures of a program over reference rows, the rulebook's own row, an instant and what is replaced."""


class Bound:
    """A program with reference rows: evaluates accounts one by one. Not for several threads at once."""

    def __init__(
        self,
        program: Program,
        as_of: Decimal,
        observed: Mapping[str, Mapping[str, Mapping[str, Constant]]],
        replaced: Mapping[int, Value],
        machine: MakeMachine = Machine,
    ):
        self.program = program
        self.as_of = as_of
        self.observed = observed
        self.replaced = dict(replaced)
        with decimal.localcontext(EXACT):
            self.reference, own = reference_rows(program, observed)
            self.machine = machine(program, self.reference, own, as_of, self.replaced)

    def evaluate(self, account: AccountData) -> Result:
        """The verdict on one account. What cannot be computed becomes an error of the result, never an exception."""
        if account.errors:
            return Result(account.account, None, errors=account.errors, labels=account.labels)
        try:
            with deep_frames(), decimal.localcontext(EXACT):
                return _Account(self, account).result()
        finally:
            self.machine.forget_account()


def bind(
    program: Program,
    as_of: Decimal,
    observed: Mapping[str, Mapping[str, Mapping[str, Constant]]],
    replaced: Mapping[int, Value] | None = None,
    machine: MakeMachine = Machine,
) -> Bound:
    """A program over reference observations (kind name, key, field). `replaced` gives definitions by number a value.

    machine   what makes the closures; another than this package's own watches them
    """
    return Bound(program, as_of, observed, replaced or {}, machine)


def evaluate(
    program: Program,
    snapshot: Snapshot,
    replaced: Mapping[int, Value] | None = None,
    machine: MakeMachine = Machine,
) -> Iterator[Result]:
    """Every account of a snapshot, in its order."""
    bound = bind(program, snapshot.as_of, snapshot.reference, replaced, machine)
    for account in snapshot.accounts:
        yield bound.evaluate(account)


class _Account:
    """One account while it is evaluated."""

    def __init__(self, bound: Bound, data: AccountData):
        self.program = bound.program
        self.machine = bound.machine
        self.data = data
        self.row = account_row(bound.program, data, bound.reference)
        self.unknown: dict[tuple[object, ...], bool] = {}
        """Rows that are not there, and whether the finding says what reads them."""
        self.errors: dict[tuple[object, ...], Diagnostic] = {}

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
            self._failed(failure)
            return False, None
        except RecursionError:
            finding = findings.too_deep(Span(self.program.rulebook), "the account")
        except (TypeError, AttributeError, KeyError, IndexError, decimal.DecimalException):
            finding = findings.inconsistent_program(Span(self.program.rulebook), self.data.account)
        self._add(finding)
        return False, None

    def _members(self, kind: str) -> list[Row] | None:
        """The account's rows of a kind, groups formed; None for kinds that are not the account's."""
        if self.program.kinds[kind].role == "group" and kind not in self.row.members:
            try:
                self.machine.form_groups(self.row, kind)
            except Failure as failure:
                self._failed(failure)
                return []
        return self.row.members.get(kind)

    def _failed(self, failure: Failure) -> None:
        """One finding for each row that is not there, whatever needs it; by what reads it, if anything does."""
        finding = explain_failure(self.program, failure)
        if failure.reason != "unknown_row":
            self._add(finding)
        elif failure.definition >= 0 and not self.unknown.get(failure.details, False):
            self.unknown[failure.details] = True
            self.errors[failure.details] = finding
        else:
            self.unknown.setdefault(failure.details, False)
            self.errors.setdefault(failure.details, finding)

    def _add(self, finding: Diagnostic) -> None:
        self.errors.setdefault((finding.code, finding.span, finding.message), finding)

    def _outputs(self) -> tuple[dict[str, Constant], dict[str, tuple[RowResult, ...]]]:
        account: dict[str, Constant] = {}
        by_kinds: dict[tuple[str, ...], list[int]] = {}
        for output in self.program.outputs:
            definition = self.program.definitions[output.definition]
            if definition.scope == ("account",):
                fine, value = self._value(output.definition, self.row)
                if fine:
                    account[definition.name] = outward(value, definition)
            else:
                kinds = tuple(kind for kind in definition.scope if kind != "account")
                by_kinds.setdefault(kinds, []).append(output.definition)
        rows = {
            ", ".join(self.program.kinds[kind].plural for kind in kinds): tuple(
                RowResult(self._key(rows), self._row(rows, wanted)) for rows in self._places(kinds)
            )
            for kinds, wanted in by_kinds.items()
        }
        return account, rows

    def _places(self, kinds: tuple[str, ...]) -> list[tuple[Row, ...]]:
        """Every combination of rows of these kinds, the account's own rows first in their order."""
        collections = [self._collection(kind) for kind in kinds]
        if math.prod(len(rows) for rows in collections) > ROW_LIMIT:
            self._add(explain_failure(self.program, Failure("too_many_rows", (ROW_LIMIT,))))
            return []
        return list(itertools.product(*collections))

    def _collection(self, kind: str) -> list[Row]:
        if self.program.kinds[kind].role == "reference":
            return list(self.machine.reference[kind].values())
        return [self.row] if kind == "account" else self._members(kind) or []

    def _row(self, rows: tuple[Row, ...], wanted: list[int]) -> dict[str, Constant]:
        outputs: dict[str, Constant] = {}
        by_kind = {"account": self.row, **{row.kind: row for row in rows}}
        for number in wanted:
            definition = self.program.definitions[number]
            fine, value = self._value(number, *(by_kind[kind] for kind in definition.scope))
            if fine:
                outputs[definition.name] = outward(value, definition)
        return outputs

    def _key(self, rows: tuple[Row, ...]) -> dict[str, Constant]:
        """What tells rows apart: the key of an account's row, the row itself of a reference kind."""
        key: dict[str, Constant] = {}
        for row in rows:
            kind = self.program.kinds[row.kind]
            if kind.role == "reference":
                key[kind.name] = RowKey(kind.name, row.key)
                continue
            for name in kind.told_by:
                key[name] = outward(row.values.get(name), None)
        return key

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
            failing: list[str] = []
            message = ""
            known = True
            for rows in self._places(definition.scope):
                fine, holds = self._value(check.definition, *rows)
                known = known and fine
                if fine and not holds:
                    failing.append(", ".join(row.key for row in rows if row is not self.row))
                    message = message or self._message(check.message, *rows)
            if not known and not failing:
                continue  # the account is in error: nobody knows whether it holds
            results.append(
                CheckResult(definition.full_name, not failing, check.severity, message, tuple(k for k in failing if k))
            )
        return tuple(results)

    def _message(self, pieces: tuple[Piece, ...], *rows: Row) -> str:
        text = ""
        for piece in pieces:
            text += piece.text
            if piece.definition >= 0:
                fine, value = self._value(piece.definition, *rows)
                definition = self.program.definitions[piece.definition]
                text += value_text(outward(value, definition), definition.type, piece.format) if fine else "?"
        return text
