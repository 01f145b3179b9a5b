"""The accounts that show what a changed rulebook means: those of its cases, and random changes of them.

Compared is the changed definition on every row, whether it is output or not.
"""

from __future__ import annotations

import decimal
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from marginc.cli.cases import Case, CaseFile, open_case, read_cases
from marginc.compiler.check import DefinitionKey
from marginc.program.number import EXACT, Ratio, canonical
from marginc.program.program import Constant, Field, Program, RowKey
from marginc.program.types import Label, Number, Truth
from marginc.program.types import Row as RowType
from marginc.runtime.exact import Bound, bind
from marginc.runtime.exact.chain import deep_frames
from marginc.runtime.exact.failure import Failure
from marginc.runtime.exact.rows import Row, account_row
from marginc.runtime.snapshot import read_snapshot
from marginc.runtime.snapshot.data import AccountData, RowData, Snapshot

ROOT = Path(__file__).resolve().parents[2]
Parameters = Mapping[str, Mapping[str, Mapping[str, Constant]]]
"""By kind, row and field."""
WORLDS = 8
"""Random reference rows and parameters, each with some recorded accounts changed at random."""
ACCOUNTS = 10
INPUTS = 10
"""Random inputs of the changed definition in each world, where no account shows a difference."""


@dataclass(frozen=True, slots=True)
class Difference:
    """meaningful, or crash; the definition and account that show it."""

    outcome: str
    told: str


@dataclass(frozen=True, slots=True)
class World:
    """Reference rows, parameters and instant, and accounts to evaluate with them."""

    name: str
    snapshot: Snapshot
    parameters: Parameters
    accounts: list[AccountData]


@dataclass(slots=True)
class Accounts:
    """The accounts of a rulebook; the shipped rules are bound to each world once."""

    path: Path
    program: Program
    worlds: list[World] = field(default_factory=list)
    bound: dict[int, Bound] = field(default_factory=dict)

    def difference(self, changed: Program, key: DefinitionKey | None) -> Difference | None:
        """The first account on which the changed definition, or the status, has another value.

        What reads the definition can differ only where it differs itself.
        """
        self.worlds = self.worlds or list(_worlds(self.path, self.program))
        wanted = (
            [(d.scope, d.name) for d in self.program.definitions if d.section == "status"] if key is None else [key]
        )
        if key is not None and changed.find(key[1], *key[0]) is None:
            return Difference("meaningful", f"{key[1]} is gone, and nothing reads it")
        bounds: list[tuple[World, Bound, Bound]] = []
        for number, world in enumerate(self.worlds):
            if number not in self.bound:
                self.bound[number] = _bind(self.program, world)
            bounds.append((world, self.bound[number], _bind(changed, world)))
            for account in world.accounts:
                found = _compare(wanted, *bounds[-1], account)
                if found is not None:
                    return found
        return self._on_inputs(changed, wanted, bounds)

    def _on_inputs(
        self, changed: Program, wanted: list[DefinitionKey], bounds: list[tuple[World, Bound, Bound]]
    ) -> Difference | None:
        """The changed definition alone, what it reads being any small number: equal numbers are frequent there."""
        chance = random.Random(7)
        read = set().union(*(_read_by(program, key) for program in (self.program, changed) for key in wanted))
        read = {key for key in read if all(p.find(key[1], *key[0]) is not None for p in (self.program, changed))}
        for world, before, now in bounds:
            for number in range(INPUTS):
                account = _varied(self.program, chance.choice(world.accounts), world.snapshot, chance, strong=True)
                before.machine.replaced = _forced(self.program, read, random.Random(number))
                now.machine.replaced = _forced(changed, read, random.Random(number))
                try:
                    found = _compare(wanted, world, before, now, account)
                finally:
                    before.machine.replaced = {}
                if found is not None:
                    return Difference(found.outcome, f"{found.told}, for chosen inputs")
        return None


def _forced(program: Program, read: set[DefinitionKey], chance: random.Random) -> dict[int, Any]:
    """Small numbers for the numbers that are read, truths for truths; the rest is computed."""
    forced: dict[int, Any] = {}
    often = chance.choice((0.05, 0.5, 0.95))
    for scope, name in sorted(read):
        number = program.find(name, *scope)
        assert number is not None
        type_ = program.definitions[number].type
        if isinstance(type_, Number):
            none = type_.optional and chance.random() < 0.3
            forced[number] = None if none else Decimal(chance.choice((0, 0, 1, 1, 2, 3, -1, -2)))
        elif isinstance(type_, Truth):
            forced[number] = chance.random() < often
    return forced


def _read_by(program: Program, key: DefinitionKey) -> set[DefinitionKey]:
    number = program.find(key[1], *key[0])
    if number is None:
        return set()
    found: set[DefinitionKey] = set()
    waiting = [program.definitions[number].node]
    while waiting:
        node = program.nodes[waiting.pop()]
        waiting += node.arguments
        if node.operation == "read":
            definition = program.definitions[int(str(node.attributes[0]))]
            found.add((definition.scope, definition.name))
    return found - {key}


# ---- values


def _bind(program: Program, world: World) -> Bound:
    program = replace(program, parameters=world.parameters)
    return bind(program, world.snapshot.as_of, world.snapshot.reference)


def _compare(
    wanted: list[DefinitionKey], world: World, before: Bound, now: Bound, account: AccountData
) -> Difference | None:
    then, later = _values(before, account, wanted), _values(now, account, wanted)
    for name, value in later.items():
        if value.startswith("crash"):
            return Difference("crash", f"{name} on {world.name}: {value}")
        if then.get(name, "absent") != value:
            return Difference(
                "meaningful", f"{name} is {value[:40]}, not {then.get(name, 'absent')[:40]}: {world.name}"
            )
    return None


def _values(bound: Bound, data: AccountData, wanted: list[DefinitionKey]) -> dict[str, str]:
    """Definitions at every row: the exact value as text, or why there is none."""
    found: dict[str, str] = {}
    machine = bound.machine
    with deep_frames(), decimal.localcontext(EXACT):
        machine.forget_account()
        machine.reference_memo.clear()
        for row in (row for rows in bound.reference.values() for row in rows.values()):
            row.memo.clear()
        account = account_row(bound.program, data, bound.reference)
        for scope, name in wanted:
            number = bound.program.find(name, *scope)
            assert number is not None
            try:
                places = _rows(bound, account, scope)
            except Failure as failure:
                found[name] = failure.reason
                continue
            for rows in places:
                place = ", ".join(row.key for row in rows if row is not account)
                found[f"{name} of {place}" if place else name] = _value(machine, number, rows)
    return found


def _rows(bound: Bound, account: Row, scope: tuple[str, ...]) -> list[list[Row]]:
    places: list[list[Row]] = [[]]
    for kind in scope:
        role = bound.program.kinds[kind].role
        if role == "account":
            rows = [account]
        elif role == "reference":
            rows = list(bound.reference[kind].values())
        else:
            if role == "group" and kind not in account.members:
                bound.machine.form_groups(account, kind)
            rows = account.members[kind]
        places = [[*place, row] for place in places for row in rows]
    return places


def _value(machine: Any, number: int, rows: list[Row]) -> str:
    try:
        value = machine.value(number, *rows)
    except Failure as failure:
        return f"no value: {failure.reason}"
    except Exception as error:
        return f"crash: {type(error).__name__}: {error}"
    if isinstance(value, Decimal | Ratio):
        return canonical(value)
    return getattr(value, "key", None) or str(value)


# ---- accounts


def _worlds(path: Path, program: Program) -> Iterator[World]:
    """The accounts of this rulebook's case files as recorded, then changed at random with other reference rows."""
    chance = random.Random(3)
    recorded: list[World] = []
    for file in sorted((path.parent / "cases").glob("*.yaml")):
        cases, found, _ = read_cases(file, file.name)
        assert cases is not None, found
        if _is_about(cases, path):
            recorded += [_of_case(cases, case, program) for case in cases.cases]
    recorded = [world for world in recorded if world.accounts]
    accounts = [account for world in recorded for account in world.accounts]
    reference: dict[str, dict[str, Mapping[str, Constant]]] = {}
    for world in recorded:
        for kind, rows in world.snapshot.reference.items():
            reference.setdefault(kind, {}).update(rows)
    for number in range(WORLDS if recorded else 0):
        snapshot = replace(chance.choice(recorded).snapshot, reference=reference)
        snapshot = replace(snapshot, reference=_changed_rows(program, reference, "observed", snapshot, chance))
        parameters = program.parameters
        if number % 2:
            parameters = _changed_rows(program, program.parameters, "parameter", snapshot, chance)
        some = chance.sample(accounts, min(ACCOUNTS, len(accounts)))
        varied = [_varied(program, account, snapshot, chance, strong=number % 3 == 2) for account in some]
        yield World(f"changed at random, world {number}", snapshot, parameters, varied)
    yield from recorded


def has_cases(path: Path) -> bool:
    """Whether a case file beside a rulebook is about it."""
    read = (read_cases(file, file.name)[0] for file in (path.parent / "cases").glob("*.yaml"))
    return any(cases is not None and _is_about(cases, path) for cases in read)


def _is_about(cases: CaseFile, path: Path) -> bool:
    return (cases.path.parent / cases.rulebook.text).resolve() == path.resolve()


def _of_case(file: CaseFile, case: Case, program: Program) -> World:
    snapshot = read_snapshot(open_case(file, case, program), program)
    accounts = [account for account in snapshot.accounts if not account.errors]
    return World(f"{file.path.name}, {case.name}", snapshot, program.parameters, accounts)


def _changed_rows(
    program: Program, rows: Parameters, origin: str, snapshot: Snapshot, chance: random.Random
) -> dict[str, dict[str, Mapping[str, Constant]]]:
    return {
        kind: {
            key: _changed(program, program.kinds[kind].fields, values, origin, snapshot, chance, chance.random() < 0.2)
            for key, values in found.items()
        }
        for kind, found in rows.items()
    }


def _varied(
    program: Program, account: AccountData, snapshot: Snapshot, chance: random.Random, strong: bool
) -> AccountData:
    """The same account with other numbers, words and references, some missing."""
    kinds = {kind.plural: kind.fields for kind in program.kinds.values()}
    rows = {
        plural: tuple(
            RowData(row.name, _changed(program, kinds[plural], row.values, "observed", snapshot, chance, strong))
            for row in found
            if chance.random() > 0.1
        )
        for plural, found in account.rows.items()
    }
    fields = program.kinds["account"].fields
    return replace(
        account, values=_changed(program, fields, account.values, "observed", snapshot, chance, strong), rows=rows
    )


def _changed(
    program: Program, fields: tuple[Field, ...], values: Mapping[str, Constant], origin: str, snapshot: Snapshot,
    chance: random.Random, strong: bool,
) -> dict[str, Constant]:  # fmt: skip
    changed: dict[str, Constant] = dict(values)
    for declared in fields:
        if declared.origin != origin or chance.random() > (0.9 if strong else 0.35):
            continue
        if origin == "observed" and chance.random() < 0.04:
            changed.pop(declared.name, None)
            continue
        value = _other(program, declared, changed.get(declared.name, declared.default), snapshot, chance, strong)
        if value is not None or declared.type.optional:
            changed[declared.name] = value
    return changed


def _other(
    program: Program, declared: Field, value: Constant, snapshot: Snapshot, chance: random.Random, strong: bool
) -> Constant:
    match declared.type:
        case Number(optional=optional):
            if optional and chance.random() < 0.3:
                return None
            if strong or not isinstance(value, Decimal):
                return Decimal(chance.choice(("0", "1", "2", "3", "-1", "-2", "0.5", "10", "1000", "5_000_000")))
            return value * Decimal(chance.choice(("0", "-1", "0.1", "0.5", "2", "10", "1000")))
        case Truth():
            return chance.random() < 0.5
        case Label(choices=choices) if choices:
            return chance.choice(choices)
        case RowType(kind=kind, optional=optional):
            keys = list(dict.fromkeys((*program.parameters.get(kind, {}), *snapshot.reference.get(kind, {}))))
            if optional and chance.random() < 0.3:
                return None
            return RowKey(kind, chance.choice(keys)) if keys else value
        case _:
            return value
