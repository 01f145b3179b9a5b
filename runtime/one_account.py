"""A program bound to reference observations, for one account after another: before each trade, in a loop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from ..program.diagnostic import SnapshotError
from ..program.program import Program
from .exact import bind
from .results import Result
from .snapshot.data import Snapshot
from .snapshot.json_text import parse_json
from .snapshot.read import model_of, read_account

_FILE = "account"


class BoundProgram:
    """Evaluates accounts given as mappings. Where the extra `marginc[native]` is installed, machine code does; what it
    leaves undecided, and everything without it, goes to the exact executor. Not for several threads at once."""

    def __init__(self, program: Program, reference: Snapshot):
        self.exact = bind(program, reference.as_of, reference.reference)
        self.model = model_of(program)
        self.machine = _machine(program, reference)

    def evaluate(self, account: Mapping[str, object]) -> Result:
        """The verdict on one account: a mapping as in a snapshot's `accounts`, numbers as text, int, float or Decimal.

        Where machine code decides, numbers are the shortest decimals of doubles within a proven bound, and the message
        is empty; `explain` and `exact_result` have both in full.
        """
        if self.machine is not None:
            found = self.machine(account)
            if found is not None:
                return found
        return self.exact_result(account)

    def exact_result(self, account: Mapping[str, object]) -> Result:
        """The same by the exact executor."""
        text = json.dumps(account, default=_told)
        try:
            data, findings = read_account(parse_json(text, _FILE), 1, self.model, {})
        except SnapshotError as error:
            return Result("#1", None, errors=tuple(error.diagnostics))
        return self.exact.evaluate(replace(data, errors=tuple(findings.diagnostics(_FILE, text))))


def _told(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    return repr(value)


def _machine(program: Program, reference: Snapshot) -> Callable[[Mapping[str, Any]], Result | None] | None:
    """Machine code for single accounts; None where it cannot be had."""
    try:
        from .native.single import single_accounts
    except ImportError:
        return None
    return single_accounts(program, reference)
