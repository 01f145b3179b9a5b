"""Accounts one by one, as plain Python values: machine code says of them what the exact executor says, or nothing."""

from __future__ import annotations

import datetime
import random
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from random_books import Books
from recorded import name_of, recorded, rulebooks
from test_hostile import close
from test_random_rulebooks import compiled

from marginc.program.number import Ratio
from marginc.program.program import Constant, Moment, Program, RowKey, VectorValue
from marginc.runtime.one_account import BoundProgram
from marginc.runtime.results import Result
from marginc.runtime.snapshot import open_snapshot, read_snapshot
from marginc.runtime.snapshot.data import AccountData

ACCOUNTS = 150
WORLDS = (0, 1, 3)
PATHS = list(rulebooks())
RULES = """\
rulebook: single
language: 1
numeraire: USD
model:
  account:
    observed: { x: ratio = 0, y: ratio = 0, count: integer = 0, vip: bool = false, opened: date | none }
    rows: { lots: { each: lot, key: [name], observed: { name: label, size: ratio, mode: cash | margin = cash } } }
formulas:
  account:
    same: x == y
    above: sum(lot.size for lot in lots where lot.mode == "margin") >= x
    later: default(opened, 2025-01-01) > 2026-01-01
checks:
  account:
    few: { require: count < 3, message: "{count} lots" }
status: [{ is: flagged, when: vip }, { is: plain }]
outputs: [same, above, later]
"""


def plain(value: Constant, chance: random.Random) -> Any:
    """A value as callers have it: numbers as text, integers, doubles or Decimals."""
    match value:
        case Decimal():
            forms: list[Any] = [f"{value:f}", value]
            if value == value.to_integral_value():
                forms.append(int(value))
            if Decimal(repr(float(value))) == value:
                forms.append(float(value))
            return chance.choice(forms)
        case RowKey(key=key):
            return key
        case Moment(seconds=seconds):
            return datetime.datetime.fromtimestamp(float(seconds), datetime.UTC).isoformat()  # type: ignore[arg-type]
        case VectorValue(cells=cells):
            return {key: plain(cell, chance) for key, cell in cells}
    return value


def mapping_of(account: AccountData, chance: random.Random) -> dict[str, Any]:
    """The account as a mapping, its fields in any order."""
    found: dict[str, Any] = {name: plain(value, chance) for name, value in account.values.items()}
    for plural, rows in account.rows.items():
        found[plural] = [{name: plain(value, chance) for name, value in row.values.items()} for row in rows]
    found["account"] = account.account
    names = list(found)
    chance.shuffle(names)
    return {name: found[name] for name in names}


def told(value: Any) -> Any:
    """Numbers as doubles, which is what machine code gives."""
    if isinstance(value, Ratio):
        return value.numerator / value.denominator
    return float(value) if isinstance(value, Decimal) else value


def agree(machine: Result, exact: Result) -> None:
    assert not exact.errors, [error.message for error in exact.errors]
    assert (machine.account, machine.status, machine.rung) == (exact.account, exact.status, exact.rung)
    assert [(c.name, c.holds, c.severity) for c in machine.checks] == [
        (c.name, c.holds, c.severity) for c in exact.checks
    ]
    assert machine.labels == exact.labels
    assert machine.outputs.keys() == exact.outputs.keys()
    for name, value in exact.outputs.items():
        assert close(told(value), told(machine.outputs[name])), f"{name}: {machine.outputs[name]}, exactly {value}"
    for plural, rows in exact.rows.items():
        assert len(machine.rows[plural]) == len(rows)
        for one, other in zip(machine.rows[plural], rows, strict=True):
            assert one.key == other.key
            for name, value in other.outputs.items():
                assert close(told(value), told(one.outputs[name])), f"{name} of {other.key}: {one.outputs[name]}"


def bound_to(program: Program) -> BoundProgram:
    raw = open_snapshot(None, "snapshot", b'{"as_of": "2026-01-01", "accounts": []}')
    return BoundProgram(program, read_snapshot(raw, program))


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> BoundProgram:
    return bound_to(compiled(tmp_path_factory.mktemp("single"), RULES))


@pytest.mark.parametrize("path", PATHS, ids=[name_of(path) for path in PATHS])
def test_random_accounts_of_rulebooks(path: Path) -> None:
    one = recorded(path)
    if one is None:
        pytest.skip("a library without cases")
    books = Books(one.program, one.snapshots)
    answered = 0
    for number in WORLDS:
        world = books.world(number)
        bound = BoundProgram(one.program, world)
        if bound.machine is None:
            return  # outputs on groups, or vectors: such accounts come in books
        chance = random.Random(number)
        for account in books.accounts(world, ACCOUNTS, number):
            mapping = mapping_of(account, chance)
            found = bound.machine(mapping)
            if found is not None:
                agree(found, bound.exact_result(mapping))
                answered += 1
    assert answered


NEIGHBOURS = [
    ("9007199254740993", "9007199254740992"),
    ("-9007199254740993", "-9007199254740992"),
    ("9007199254.740993", "9007199254.740992"),
    ("0.1000000000000001", "0.1"),
    (9007199254740993, 9007199254740992),
    (Decimal("0.30000000000000001"), 0.3),
    ("00000000000000000.3", 0.3),
]


@pytest.mark.parametrize(("one", "other"), NEIGHBOURS, ids=[str(one) for one, _ in NEIGHBOURS])
def test_numbers_of_one_double_stay_apart(rules: BoundProgram, one: Any, other: Any) -> None:
    """Two decimals are one double from 16 digits on: they are compared as decimals all the same."""
    assert rules.evaluate({"account": "a", "x": one, "y": other, "opened": None}).outputs["same"] is (
        Decimal(one) == Decimal(str(other))
    )


LOT = {"name": "a", "size": "1", "mode": "margin"}
WRONG: list[Mapping[str, Any]] = [
    {"x": True}, {"x": None}, {"x": "1e400"}, {"x": " 1"}, {"x": "1_000"}, {"x": "٣"}, {"x": ""}, {"x": [1]}, {"x": {}},
    {"x": float("nan")}, {"x": float("inf")}, {"x": "nan"}, {"x": b"1"}, {"count": 0.5}, {"count": "1.5"}, {"vip": 1},
    {"vip": "true"}, {"vip": None}, {"opened": 5}, {"opened": "yesterday"}, {"zzz": 1}, {"lots": {}}, {"lots": "x"},
    {"lots": [1]}, {"lots": ""}, {"lots": [""]}, {"lots": [{**LOT, "mode": "gift"}]}, {"lots": [{**LOT, "zzz": 1}]},
    {"lots": [LOT, LOT]}, {"lots": [{**LOT, "name": ""}]}, {"lots": [{**LOT, "name": 5}]}, {"lots": [None]},
    {"lots": None}, {"account": ""}, {"account": None},
]  # fmt: skip
RIGHT: list[Mapping[str, Any]] = [
    {"x": "-0"}, {"x": "1e3"}, {"x": 10**15}, {"count": 2}, {"count": "3"}, {"count": 4.0}, {"vip": True},
    {"opened": None}, {"opened": "2026-01-01"}, {"opened": "2026-01-01T00:00:01Z"}, {"account": 7},
    {"lots": []}, {"lots": [{"name": "a"}]}, {"lots": [LOT]}, {"lots": (LOT, {**LOT, "name": "b", "size": -1})},
    {"lots": [{"name": "a", "size": 10**9}], "x": "0.1", "y": 0.1},
]  # fmt: skip


@pytest.mark.parametrize("given", RIGHT, ids=repr)
def test_what_is_handed_over_is_answered_as_by_the_exact_executor(
    rules: BoundProgram, given: Mapping[str, Any]
) -> None:
    assert rules.machine is not None
    account = {"account": "a", "opened": "2026-03-01", **given}
    found = rules.machine(account)
    if found is not None:
        agree(found, rules.exact_result(account))
    assert rules.evaluate(account).status == ("flagged" if given.get("vip") else "plain")


@pytest.mark.parametrize("given", WRONG, ids=repr)
def test_what_is_wrong_is_left_to_the_exact_executor(rules: BoundProgram, given: Mapping[str, Any]) -> None:
    assert rules.machine is not None
    account = {"account": "a", "opened": "2026-03-01", **given}
    assert rules.machine(account) is None
    assert rules.evaluate(account).errors


def test_an_optional_field_that_is_left_out_is_missing(rules: BoundProgram) -> None:
    assert rules.machine is not None
    assert rules.machine({"account": "a"}) is None
    assert [error.code for error in rules.evaluate({"account": "a"}).errors] == ["MC501"]


DEFAULTS = """\
rulebook: defaults
language: 1
numeraire: USD
model:
  assets: { each: asset, observed: { price: USD } }
  account:
    observed:
      %s
formulas:
  account:
    same: %s
status: [{ is: yes, when: same }, { is: no }]
"""
CASES = {
    "more digits than a double has": ("x: ratio = 0.1234567890123456789", "x == 0.1234567890123456789"),
    "a row that the snapshot lacks": ("x: asset = GOLD", "x.price > 0 USD"),
    "a date": ("x: date = 2026-03-01", "x == 2026-03-01"),
    "none": ("x: ratio | none = none", "x is none"),
    "a label": ("x: cash | margin = margin", 'x == "margin"'),
    "a truth": ("x: bool = true", "x"),
    "an integer": ("x: integer = 7", "x == 7"),
}


@pytest.mark.parametrize(("declared", "formula"), CASES.values(), ids=CASES)
def test_what_is_left_out_is_its_default(tmp_path: Path, declared: str, formula: str) -> None:
    bound = bound_to(compiled(tmp_path, DEFAULTS % (declared, formula)))
    exact = bound.exact_result({"account": "a"})
    answered = bound.evaluate({"account": "a"})
    assert (answered.status, [e.code for e in answered.errors]) == (exact.status, [e.code for e in exact.errors])
    assert exact.status == ("yes" if "GOLD" not in declared else None)
