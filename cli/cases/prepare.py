"""A case made ready: the program of its day under what it sets, and its account as the snapshot has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from ...compiler.source import Mapping as Block
from ...program.number import Value
from ...program.program import Output, Program
from ...runtime.exact import evaluate
from ...runtime.results import Result
from ...runtime.shock import ShockError, apply_shock, parse_shocks
from ...runtime.snapshot import AccountData, Raw, Snapshot, read_snapshot
from ...runtime.what_if import Setting
from ..judge import Question, changed_program
from ..refusal import Stopped
from ..rules import Rules, moment
from .read import Case, CaseFile, entries
from .snapshot import inside, open_case

OpenRules = Callable[[Path], Rules]
Evaluate = Callable[[Program, Snapshot, Mapping[int, Value]], Iterator[Result]]
"""An executor: every account of a snapshot under a program, definitions by number replaced."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is evaluated for a case: `program` under the values it sets, `snapshot` with its account alone.

    rules   the program of the day as the rulebook has it
    raw     the snapshot as it was opened
    """

    rules: Program
    program: Program
    replaced: Mapping[int, Value]
    raw: Raw
    snapshot: Snapshot
    account: AccountData

    def result(self, run: Evaluate = evaluate) -> Result:
        return next(iter(run(self.program, self.snapshot, self.replaced)))


def prepare(file: CaseFile, case: Case, open_rules: OpenRules) -> Prepared:
    """A case with its rules. Raises Misplaced, SnapshotError, Refusal, Stopped."""
    rules = open_rules(inside(file, file.rulebook))
    as_of = moment(case.as_of.text) if case.as_of else None
    raw = open_case(file, case)
    program = rules.at(raw.as_of if as_of is None else as_of)
    if case.changes:
        raw = open_case(file, case, program)
    raw = raw if as_of is None else replace(raw, as_of=Decimal(as_of))
    return ready(with_expected(program, case), raw, case)


def ready(program: Program, raw: Raw, case: Case, more: Sequence[Setting] = ()) -> Prepared:
    """A case with its program and an open snapshot; `more` is set besides. Raises as `prepare`."""
    try:
        shocks = parse_shocks(case.shock) if case.shock else ()
    except ShockError as error:
        raise Stopped(str(error)) from None
    changed = changed_program(program, Question((*case.settings, *more)))
    data = read_snapshot(raw, changed.program)
    if shocks:
        data, _ = apply_shock(data, changed.program, shocks)
    accounts = list(data.accounts)
    wanted = [one for one in accounts if case.account is None or one.account == case.account.text]
    if len(wanted) != 1:
        names = ", ".join(f"`{one.account}`" for one in accounts) or "none"
        raise Stopped(f"a case is about one account, and the snapshot's are {names}; name one with `account:`")
    return Prepared(program, changed.program, changed.replaced, raw, replace(data, accounts=wanted), wanted[0])


def with_expected(program: Program, case: Case) -> Program:
    """The program with all that a case names among its outputs: cases may expect what no table shows."""
    shown_already = {output.definition for output in program.outputs}
    more = []
    for plural, name in dict.fromkeys(_named(case)):
        number = definitions_on(program, plural).get(name)
        if number is not None and number not in shown_already:
            more.append(Output(number, name))
    return replace(program, outputs=(*program.outputs, *more)) if more else program


def _named(case: Case) -> Iterator[tuple[str, str]]:
    """What a case expects: rows it is on, and its name."""
    for entry in entries(case.expect, "outputs"):
        yield "", entry.key.text
    for entry in entries(case.expect, "relations"):
        rows, _, name = entry.key.text.rpartition(".")
        yield rows.partition(".")[0], name
    for collection in entries(case.expect, "rows"):
        for row in collection.value.entries if isinstance(collection.value, Block) else ():
            for entry in row.value.entries if isinstance(row.value, Block) else ():
                yield collection.key.text, entry.key.text


def definitions_on(program: Program, plurals: str) -> dict[str, int]:
    """Definitions by name whose rows stand under plurals, `positions` or `positions, shocks`; "" is the account."""
    kinds = [program.collection(plural.strip()) for plural in plurals.split(",")] if plurals else []
    names = tuple(kind.name for kind in kinds if kind is not None)
    if len(names) < len(kinds):
        return {}
    scopes = (tuple(kind for kind in definition.scope if kind != "account") for definition in program.definitions)
    return {program.definitions[number].name: number for number, scope in enumerate(scopes) if scope == names}
