"""One model with a field of every type, and accounts of it seen both ways: laid out in blocks, and read exactly."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marginc.compiler.pipeline import read
from marginc.program.program import Field, Moment, Program, RowKey, VectorValue
from marginc.runtime.book import Book, open_book
from marginc.runtime.book.columns import (
    B8_MISSING,
    B8_NONE,
    I64_MISSING,
    I64_NONE,
    I128_MISSING,
    I128_NONE,
    ID_MISSING,
    ID_NONE,
    ID_UNKNOWN,
    NONE_BITS,
    Column,
)
from marginc.runtime.snapshot import AccountData

MODEL = """\
rulebook: everything
language: 1
numeraire: USD
model:
  scenarios:
    each: scenario
    parameters: { weight: ratio = 1 }
  assets:
    each: asset
    parameters: { haircut: ratio = 10% }
    observed: { price: USD/unit }
  account:
    labels: [desk]
    observed:
      mode: cash | margin = cash
      note: label | none = none
      limit: USD | none = none
      cushion: USD = 2.5
      opened: date | none = none
      vip: bool = false
      steps: integer = 0
      debt: USD
    rows:
      balances:
        each: balance
        key: [asset]
        observed: { asset: asset, amount: asset.unit }
      fills:
        each: fill
        observed: { share: ratio }
      notes:
        each: remark
        key: [tag]
        observed: { tag: label | none }
      options:
        each: option
        key: [strike, expiry, right]
        observed: { strike: USD, expiry: date, right: call | put, pnl: USD by scenario }
parameters:
  assets:
    GOLD: { haircut: 20% }
    SILVER: { haircut: 30% }
  scenarios:
    up: { weight: 1 }
    down: { weight: 1 }
    flat: { weight: 50% }
formulas:
  account:
    worth: sum(b.amount * b.asset.price * (1 - b.asset.haircut) for b in balances)
    risk: sum(o.pnl for o in options, s in scenarios where s == scenario("up"))
    room: worth - debt
status:
  - is: short
    when: room < 0
  - is: fine
outputs: [worth, room, balance.gross]
"""
MODEL = MODEL.replace('    risk: sum(o.pnl for o in options, s in scenarios where s == scenario("up"))\n', "").replace(
    "formulas:\n", "formulas:\n  balance:\n    gross: amount * asset.price\n"
)
ORDERS = {"asset": ("GOLD", "SILVER", "OIL"), "scenario": ("up", "down", "flat")}
MISSING = "(missing)"

Seen = Mapping[str, Any]
"""One account: its own fields by name, and for each collection a list of its rows."""


@pytest.fixture(scope="session")
def rulebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rulebook file of the model."""
    path = tmp_path_factory.mktemp("everything") / "everything.yaml"
    path.write_text(MODEL, "utf-8")
    return path


@pytest.fixture(scope="session")
def program(rulebook: Path) -> Program:
    source, found, _ = read(rulebook, rulebook.name)
    assert source is not None, found
    program, found = source.program_at(0)
    assert program is not None, found
    return program


@pytest.fixture(scope="session")
def orders() -> Mapping[str, tuple[str, ...]]:
    """Keys of the reference rows in the order they have in the rulebook, then in a snapshot that adds OIL."""
    return ORDERS


@pytest.fixture(scope="session")
def book(program: Program) -> Callable[[Any], Book]:
    return lambda source: open_book(source, program, ORDERS)


@pytest.fixture(scope="session")
def laid(book: Callable[[Any], Book]) -> Callable[[Any], list[Seen | None]]:
    """Every account as its blocks hold it; None where a block says that it cannot be read as it is."""

    def see(source: Any) -> list[Seen | None]:
        one = book(source)
        return [account for block in one.blocks() for account in accounts_of(block, one)]

    return see


@pytest.fixture(scope="session")
def exactly(book: Callable[[Any], Book], program: Program) -> Callable[[Any], list[Seen | None]]:
    """Every account as it is read one by one; None where it is in error."""
    return lambda source: [told(account, program) for account in book(source).accounts()]


@pytest.fixture(scope="session")
def seen(program: Program) -> Callable[[AccountData], Seen | None]:
    """An account as `exactly` shows it."""
    return lambda account: told(account, program)


def accounts_of(block: Any, book: Book) -> list[Seen | None]:
    fields = {(kind.name, field.name): field for kind in book.program.kinds.values() for field in kind.fields}
    values = {place: decoded(column, book, fields[place]) for place, column in block.columns.items()}
    found: list[Seen | None] = []
    for number in range(block.count):
        if block.unreadable[number]:
            found.append(None)
            continue
        account = {name: values[kind, name][number] for kind, name in values if kind == "account"}
        for kind, offsets in block.offsets.items():
            rows = range(int(offsets[number]), int(offsets[number + 1]))
            account[book.program.kinds[kind].plural] = [
                {name: values[kind, name][row] for of, name in values if of == kind} for row in rows
            ]
        found.append(account)
    return found


def decoded(column: Column, book: Book, field: Field) -> list[Any]:
    """What each value of a column means."""
    match column.encoding:
        case "f64":
            return [double(value) for value in column.data.tolist()]
        case "i64":
            return [scaled(value, column.scale, I64_MISSING, I64_NONE) for value in column.data.tolist()]
        case "i128":
            whole = [int(low) + (int(high) - (int(high) >> 63 << 64) << 64) for low, high in column.data.tolist()]
            return [scaled(value, column.scale, I128_MISSING, I128_NONE) for value in whole]
        case "b8":
            return [{B8_NONE: None, B8_MISSING: MISSING}.get(value, bool(value)) for value in column.data.tolist()]
        case "id32":
            kind = getattr(field.type, "kind", None)
            texts = book.words.texts if kind is None else ORDERS[kind]
            special = {ID_NONE: None, ID_MISSING: MISSING, ID_UNKNOWN: "(unknown)"}
            return [special[value] if value in special else texts[value] for value in column.data.tolist()]
        case _:
            keys = ORDERS[field.type.kind]  # type: ignore[union-attr]  # only vectors are v64
            rows = [dict(zip(keys, map(double, row), strict=True)) for row in column.data.tolist()]
            return [{key: value for key, value in row.items() if value != MISSING} for row in rows]


def double(value: float) -> Any:
    if value != value:
        return None if struct.pack("<d", value) == struct.pack("<Q", NONE_BITS) else MISSING
    return Decimal(repr(value))


def scaled(value: int, scale: int, missing: int, none: int) -> Any:
    return MISSING if value == missing else None if value == none else Decimal(f"{value}e{-scale}")


def told(account: AccountData, program: Program) -> Seen | None:
    """An account as it was read exactly, with defaults where it leaves something out."""
    if account.errors:
        return None
    kinds = {kind.plural: kind for kind in program.kinds.values() if kind.role == "rows"}
    found: dict[str, Any] = {field.name: plain(field, account.values) for field in program.kinds["account"].fields}
    for plural, kind in kinds.items():
        rows = account.rows.get(plural, ())
        found[plural] = [{field.name: plain(field, row.values) for field in kind.fields} for row in rows]
    return found


def plain(field: Field, values: Mapping[str, Any]) -> Any:
    value = values.get(field.name, field.default if field.has_default else MISSING)
    match value:
        case RowKey(kind=kind, key=key):
            return key if key in ORDERS[kind] else "(unknown)"
        case Moment(seconds=seconds):
            return seconds
        case VectorValue(cells=cells):
            return {key: number for key, number in cells if key in ORDERS["scenario"]}
        case str() if value == MISSING and hasattr(field.type, "item"):
            return {}
        case _:
            return value
