"""A model with one field of every type, and snapshots written beside the tests that read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from marginc.program.diagnostic import Diagnostic, SnapshotError, Span
from marginc.program.dimension import RATIO, currency, unit
from marginc.program.dimension import Path as RowPath
from marginc.program.number import Decimal
from marginc.program.program import Definition, Field, Kind, Origin, Origins, Program, TableValue
from marginc.program.types import Date, Label, Number, Row, Table, TableKey, Truth
from marginc.runtime.snapshot import AccountData, Snapshot, open_snapshot, read_snapshot

USDC = currency("USDC")
MONEY = Number(USDC)
SHARE = Number(RATIO)
ASSET_PRICE = Number(USDC / unit(RowPath("asset")))


def observed(name: str, type_: object, *default: object) -> Field:
    return Field(name, type_, "observed", bool(default), *default)  # type: ignore[arg-type]


MODEL = {
    kind.name: kind
    for kind in (
        Kind("", "", "globals", (Field("liquidation_trigger", SHARE, "parameter", True, Decimal("0.95")),)),
        Kind(
            "asset",
            "assets",
            "reference",
            (
                Field("ltv", SHARE, "parameter", True, Decimal(0)),
                observed("price", ASSET_PRICE),
                observed("utilization", SHARE, Decimal(0)),
                observed("tiers", Table((TableKey("from", MONEY),), (("rate", SHARE),)), TableValue(())),
            ),
        ),
        Kind(
            "market",
            "markets",
            "reference",
            (
                observed("mark", Number(USDC / unit(RowPath("market")))),
                observed("margin_table", Row("margin_table", optional=True), None),
                observed("expiry", Date(optional=True), None),
            ),
        ),
        Kind("margin_table", "margin_tables", "reference", ()),
        Kind(
            "account",
            "",
            "account",
            (
                observed("mode", Label(("standard", "unified", "portfolio"))),
                observed("enabled", Truth(), True),
                observed("note", Label(None), "none"),
            ),
            labels=("desk",),
        ),
        Kind(
            "balance",
            "balances",
            "rows",
            (observed("asset", Row("asset")), observed("amount", Number(unit(RowPath("balance", ("asset",)))))),
            key=("asset",),
        ),
        Kind(
            "position",
            "positions",
            "rows",
            (
                observed("market", Row("market")),
                observed("size", Number(unit(RowPath("position", ("market",))))),
                observed("margin", Label(("cross", "isolated"))),
                observed("leverage", Number(RATIO, integer=True)),
            ),
            key=("market", "margin"),
        ),
        Kind("order", "orders", "rows", (observed("size", SHARE),)),
    )
}
DECLARED = Span("rules/base.yaml", 12, 7, 12, 10)
PROGRAM = Program(
    rulebook="test/base",
    numeraire="USDC",
    valid=(None, None),
    kinds=MODEL,
    parameters={},
    nodes=(),
    definitions=(Definition("margin_ratio", ("account",), "formulas", 0, SHARE),),
    ladder=(),
    checks=(),
    outputs=(),
    origins=Origins(
        fields={("asset", "ltv"): Origin(DECLARED)}, definitions={0: Origin(Span("rules/base.yaml", 40, 5, 40, 9))}
    ),
)

Read = Callable[..., Snapshot]


@pytest.fixture
def program() -> Program:
    return PROGRAM


@pytest.fixture
def read() -> Read:
    """Reads a snapshot's text (or its parsed form) against the model."""

    def read_text(text: str | dict[str, object], name: str = "demo.json") -> Snapshot:
        written = text if isinstance(text, str) else json.dumps(text)
        return read_snapshot(open_snapshot(None, name, written.encode()), PROGRAM)

    return read_text


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_file


@pytest.fixture
def refuse(read: Read) -> Callable[..., list[Diagnostic]]:
    """The findings of a snapshot: those of its head, or those of its accounts."""

    def findings(text: str, name: str = "demo.json") -> list[Diagnostic]:
        try:
            accounts: list[AccountData] = list(read(text, name).accounts)
        except SnapshotError as error:
            return error.diagnostics
        return [finding for account in accounts for finding in account.errors]

    return findings
