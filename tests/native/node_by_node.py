"""Holds machine code against the exact executor: every verdict, every output, and every definition on every row.

Three runs of the same accounts: the exact executor; machine code for the rulebook as it is, whose word counts where it
gives one; and machine code that shows every definition, whose every value must be within its bound or be left open.
"""

from __future__ import annotations

import contextlib
import decimal
import itertools
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from marginc.program.number import EXACT, Ratio
from marginc.program.program import Output, Program
from marginc.program.types import Date, Label, Number, Truth
from marginc.program.types import Row as RowType
from marginc.runtime.book import Block, open_book
from marginc.runtime.book.columns import NONE_BITS
from marginc.runtime.exact import Bound, bind
from marginc.runtime.exact.chain import deep_frames
from marginc.runtime.exact.evaluate import _Account
from marginc.runtime.exact.failure import Failure
from marginc.runtime.exact.rows import Row
from marginc.runtime.native.accounts import blocks_of
from marginc.runtime.native.answers import first_cell
from marginc.runtime.native.evaluate import BEYOND
from marginc.runtime.native.jobs import Found
from marginc.runtime.native.run import Kernel
from marginc.runtime.native.verdict import NO_RUNG, UNDECIDED
from marginc.runtime.results import Result
from marginc.runtime.snapshot.data import AccountData, Snapshot

FAILED = object()
"""What stands for a value that is an error of the account."""
OPEN = object()
"""What stands for a value that machine code leaves to the exact executor."""
MOST_TOLD = 20


@dataclass(slots=True)
class Tally:
    """What was compared, and what differed.

    decided   accounts on which machine code gave its word, at once or (`later`) in its exact second stage
    open      values that machine code did not know
    worst     the largest share of its bound that a value was away from the exact one
    """

    accounts: int = 0
    decided: int = 0
    later: int = 0
    values: int = 0
    open: int = 0
    worst: float = 0.0
    differences: list[str] = field(default_factory=list)
    count: int = 0

    def differs(self, what: str) -> None:
        self.count += 1
        if len(self.differences) < MOST_TOLD:
            self.differences.append(what)

    def add(self, other: Tally) -> None:
        self.accounts += other.accounts
        self.decided += other.decided
        self.later += other.later
        self.values += other.values
        self.open += other.open
        self.worst = max(self.worst, other.worst)
        self.count += other.count
        self.differences = (self.differences + other.differences)[:MOST_TOLD]


def everything(program: Program) -> Program:
    """The program with every definition of an account or its rows among its outputs."""
    shown = tuple(
        Output(number, definition.name)
        for number, definition in enumerate(program.definitions)
        if any(program.kinds[kind].role != "reference" for kind in definition.scope)
        and isinstance(definition.type, Number | Truth | Date | Label | RowType)
        and getattr(definition.type, "table", None) is None
    )
    return replace(program, outputs=shown)


class Both:
    """A program over the reference rows of a snapshot, under both executors. Raises what BEYOND holds."""

    def __init__(self, program: Program, snapshot: Snapshot):
        self.program = program
        self.bound: Bound = bind(program, snapshot.as_of, snapshot.reference)
        self.kernel = Kernel(program, snapshot.reference, snapshot.as_of)
        self.nodes = Kernel(everything(program), snapshot.reference, snapshot.as_of, words=self.kernel.words)

    def compare(self, accounts: Sequence[AccountData], node_by_node: bool = True, second: bool = True) -> Tally:
        """Accounts as a snapshot brings them; `second`: every definition in the exact second stage too."""
        tally = Tally()
        for some, block in blocks_of(self.kernel, accounts):
            self._compare(block, some, tally, node_by_node, second)
        return tally

    def compare_table(self, table: Any, node_by_node: bool = True, second: bool = True) -> Tally:
        """Accounts of an Arrow table; what they are is what the book itself says of them, read exactly."""
        tally = Tally()
        keys = {kind: list(rows) for kind, rows in self.bound.reference.items()}
        book = open_book(table, self.program, keys, words=self.kernel.words)
        for block in book.blocks():
            exact = [book.account(block.first + place, block) for place in range(block.count)]
            self._compare(block, exact, tally, node_by_node, second)
        return tally

    def _compare(
        self, block: Block, accounts: Sequence[AccountData], tally: Tally, node_by_node: bool, second: bool = True
    ) -> None:
        with ThreadPoolExecutor(1) as pool:
            found = self.kernel.run_block(block, pool, 1, "certified", True, True)
            at_once = found.status != UNDECIDED
            self.kernel.decide(block, found, pool, 1, True, True)
            stages: list[Found] = []
            if node_by_node:
                stages = [self.nodes.run_block(block, pool, 1, "certified", True, True) for _ in range(1 + second)]
                if second:
                    self.nodes.decide(block, stages[1], pool, 1, True, True)
        tally.accounts += len(accounts)
        tally.decided += int((found.status != UNDECIDED).sum())
        tally.later += int(((found.status != UNDECIDED) & ~at_once).sum())
        for place, account in enumerate(accounts):
            decided = found.status[place] != UNDECIDED
            if not decided and not stages:
                continue
            with _Exactly(self.bound, account) as exact:
                if decided:
                    self._verdict(tally, block, found, place, exact)
                if not account.errors and not block.unreadable[place]:
                    for shown in stages[: 2 if stages and stages[0].status[place] == UNDECIDED else 1]:
                        self._nodes(tally, block, shown, place, exact)

    # ---- a decided account

    def _verdict(self, tally: Tally, block: Block, found: Found, place: int, exact: _Exactly) -> None:
        name, result = exact.account.account, exact.result
        if result.errors:
            tally.differs(f"{name}: decided, but in error: {[e.message for e in result.errors][:2]}")
            return
        rung = -1 if found.status[place] == NO_RUNG else int(found.status[place])
        if rung != result.rung:
            tally.differs(f"{name}: rung {rung}, exactly {result.rung}")
        checks = {check.name: check.holds for check in result.checks}
        for check in self.program.checks:
            known = not found.failing[check.definition][place]
            if checks[self.program.definitions[check.definition].full_name] != known:
                tally.differs(f"{name}: check {self.program.definitions[check.definition].full_name} {known}")
        for output in self.program.outputs:
            self._definition(tally, self.kernel, block, found, place, exact, output.definition, True)

    def _nodes(self, tally: Tally, block: Block, shown: Found, place: int, exact: _Exactly) -> None:
        if not exact.groups_form():
            return
        for output in self.nodes.program.outputs:
            self._definition(tally, self.nodes, block, shown, place, exact, output.definition, False)

    def _definition(
        self, tally: Tally, kernel: Kernel, block: Block, found: Found, place: int, exact: _Exactly, number: int,
        known: bool,
    ) -> None:  # fmt: skip
        definition = self.program.definitions[number]
        cells, bounds = found.outputs[number], found.bounds.get(number)
        for kind in definition.scope:
            if self.program.kinds[kind].role == "group":
                native, own = int(found.groups[kind][place]), len(exact.rows(kind))
                if native != own:
                    tally.differs(f"{exact.account.account}: {native} {kind} rows, exactly {own}")
                    return
        for rows, cell in self._cells(kernel, block, place, exact, definition.scope):
            if cell >= len(cells):
                tally.differs(f"{exact.account.account}: {definition.full_name} has no cell {cell}")
                return
            bound = None if bounds is None else bounds[cell]
            value = native_value(kernel, definition.type, cells[cell], bound)
            true = exact.value(number, rows)
            tally.values += 1
            wrong = judged(tally, value, None if bound is None else float(bound), true)
            if known and (value is OPEN or true is FAILED):
                wrong = wrong or "left open in a decided account"
            if wrong:
                where = ", ".join(row.key for row in rows if row is not exact.row)
                tally.differs(f"{exact.account.account}: {definition.full_name} of [{where}]: {wrong}")

    def _cells(
        self, kernel: Kernel, block: Block, place: int, exact: _Exactly, scope: tuple[str, ...]
    ) -> Iterator[tuple[tuple[Row, ...], int]]:
        """Every combination of rows of a scope, and the cell that holds it."""
        for rows in itertools.product(*(exact.rows(kind) for kind in scope)):
            cell, shared = place, []
            for kind, row in zip(scope, rows, strict=True):
                declared = self.program.kinds[kind]
                if declared.role == "reference":
                    shared.append((kind, row.number))
                elif declared.role == "rows":
                    cell = int(block.offsets[kind][place]) + row.number
                elif declared.role == "group":
                    cell = first_cell(kernel, block, place, declared) + row.number
            for kind, number in shared:
                cell = cell * kernel.data.count(kind) + number
            yield rows, cell


class _Exactly:
    """One account under the exact executor, its rows and what was computed of them at hand."""

    def __init__(self, bound: Bound, account: AccountData):
        self.bound = bound
        self.account = account

    def __enter__(self) -> _Exactly:
        self.stack = contextlib.ExitStack()
        self.stack.enter_context(deep_frames())
        self.stack.enter_context(decimal.localcontext(EXACT))
        if not self.account.errors:
            self.own = _Account(self.bound, self.account)
            self.row = self.own.row
            self.result = self.own.result()
        else:
            self.result = Result(self.account.account, None, errors=self.account.errors)
        return self

    def __exit__(self, *_: object) -> None:
        self.bound.machine.forget_account()
        self.stack.close()

    def groups_form(self) -> bool:
        """Whether all groups can be formed; where one cannot, machine code gives the account up as a whole."""
        for kind in self.bound.program.kinds.values():
            if kind.role == "group" and kind.name not in self.row.members:
                try:
                    self.bound.machine.form_groups(self.row, kind.name)
                except Failure:
                    return False
        return True

    def rows(self, kind: str) -> list[Row]:
        role = self.bound.program.kinds[kind].role
        if role == "account":
            return [self.row]
        if role == "reference":
            return list(self.bound.reference[kind].values())
        if kind not in self.row.members:
            self.bound.machine.form_groups(self.row, kind)
        return self.row.members[kind]

    def value(self, number: int, rows: tuple[Row, ...]) -> Any:
        try:
            return self.bound.machine.value(number, *rows)
        except Failure:
            return FAILED


def native_value(kernel: Kernel, type_: Any, cell: Any, bound: Any) -> Any:
    """What machine code says: a double, True, False, None, a word, a key, or OPEN."""
    bits = int(np.float64(cell).view(np.int64))
    match type_:
        case Number() | Date():
            if bits == NONE_BITS:
                return None
            number = float(cell)
            return number if math.isfinite(number) and bound is not None and math.isfinite(bound) else OPEN
        case Truth():
            return OPEN if bound or bits not in (0, 1, 2) else (False, True, None)[bits]
        case Label():
            return None if bits in (-1, NONE_BITS) else OPEN if bits < 0 else kernel.words.texts[bits]
        case RowType(kind=kind):
            keys = list(kernel.data.reference[kind])
            return None if bits in (-1, NONE_BITS) else OPEN if not 0 <= bits < len(keys) else keys[bits]
    raise AssertionError(type_)


def judged(tally: Tally, value: Any, bound: float | None, true: Any) -> str:
    """What is wrong with a value of machine code, nothing where it is within its bound or left open."""
    if value is OPEN:
        tally.open += 1
        return ""
    if true is FAILED:
        return f"{value!r} where there is none"
    if isinstance(true, Row):
        true = true.key
    if isinstance(value, bool) or not isinstance(value, float) or not isinstance(true, Decimal | Ratio):
        return "" if value == true and (value is None) == (true is None) else f"{value!r}, exactly {true!r}"
    assert bound is not None
    exact = Fraction(true.numerator, true.denominator) if isinstance(true, Ratio) else true
    near = float(exact)
    away = abs(value - near)
    if away + 2.0**-52 * abs(near) > bound * max(tally.worst, 1e-3):
        apart = abs(Fraction(value) - Fraction(exact))
        share = float(apart / Fraction(bound)) if bound else (math.inf if apart else 0.0)
        if share > 1 or (apart and not bound):
            return f"{value!r} +- {bound!r}, exactly {float(exact)!r}"
        tally.worst = max(tally.worst, share)
    return ""


__all__ = ["BEYOND", "FAILED", "OPEN", "Both", "Tally", "everything"]
