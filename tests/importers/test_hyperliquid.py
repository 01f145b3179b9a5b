"""The importer on recorded accounts, the venue's own results deleted first."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marginc.importers import IMPORTERS, ImportResult
from marginc.importers.hyperliquid import import_payload
from marginc.program.dimension import RATIO, currency
from marginc.program.program import Field, Kind, Program, RowKey
from marginc.program.types import Label, Number, Row, Type
from marginc.runtime.snapshot import open_snapshot, read_snapshot
from marginc.runtime.snapshot.document import read_document

ANSWERS = {
    "portfolioMarginRatio",
    "crossMaintenanceMarginUsed",
    "tokenToAvailableAfterMaintenance",
    "marginUsed",
    "liquidationPx",
    "hold",
    "healthFactor",
}
"""What the venue computed: an importer that reads one of them is caught."""

Json = Any
"""A recording is edited by these tests as people edit JSON."""


def without_answers(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: without_answers(inner) for key, inner in value.items() if key not in ANSWERS}
    return [without_answers(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture
def recorded(shared: Path) -> Callable[[str], Json]:
    def load(name: str) -> Json:
        return without_answers(json.loads((shared / "vectors/hyperliquid" / f"{name}.json").read_text("utf-8")))

    return load


BORROW, COLLATERAL = "pm-borrow-hype-2026-09-08", "pm-collateral-hype-2026-09-14"


def snapshot_of(result: ImportResult) -> Json:
    return result.snapshot


class TestBorrowAgainstHype:
    """18 positions, 4 of them cross; 100 HYPE of collateral, 3,715 USDC of debt."""

    @pytest.fixture
    def snapshot(self, recorded: Callable[[str], Json]) -> Json:
        return snapshot_of(IMPORTERS["hyperliquid"](recorded(BORROW), f"recorded/{BORROW}.json"))

    def test_account(self, snapshot: Json) -> None:
        (account,) = snapshot["accounts"]
        assert snapshot["as_of"] == "2026-09-08T04:25:36.336710Z"
        assert (account["account"], account["mode"]) == (BORROW, "portfolio")

    def test_balances_are_cash_without_cross_profit(self, snapshot: Json) -> None:
        # 3320.49989393 - 1415.357703; the profit is ZEC 1367.04.., XMR 47.44.., HYPE 7.42746, ARB -6.545938
        assert snapshot["accounts"][0]["balances"] == [
            {"asset": "USDC", "amount": "1905.14219093", "borrowed": "3714.92401507"},
            {"asset": "HYPE", "amount": "100.04466674"},
        ]

    def test_assets_have_prices_also_where_the_account_has_none(self, snapshot: Json) -> None:
        assert snapshot["assets"] == {
            "USDC": {"price": "1"},
            "HYPE": {"price": "84.114", "utilization": "0"},
            "UBTC": {"price": "78730", "utilization": "0"},
            "USDT0": {"price": "0.99974", "utilization": "0.4094321646"},
            "USDH": {"price": "1", "utilization": "0.1103850022"},
        }

    def test_positions_and_markets(self, snapshot: Json) -> None:
        positions = {position["market"]: position for position in snapshot["accounts"][0]["positions"]}
        assert len(positions) == len(snapshot["markets"]) == 18
        assert positions["SOL"] == {
            "market": "SOL",
            "size": "29.72",
            "entry_value": "3117.180536",  # 3062.0516 + 55.128936
            "leverage": "10",
            "margin": "isolated",
            "isolated_equity": "260.583269",  # -2801.468331 + 3062.0516
            "isolated_raw": "-2801.468331",
        }
        assert positions["HYPE"] == {
            "market": "HYPE",
            "size": "-30",
            "entry_value": "-2530.18746",  # -2522.76 - 7.42746
            "leverage": "10",
            "margin": "cross",
            "max_leverage": "10",  # the recorded meta lacks HYPE
        }
        assert snapshot["markets"]["SOL"] == {"mark": "103.03", "margin_table": "54", "max_leverage": "20"}
        assert snapshot["markets"]["XMR"] == {"mark": "511.651", "margin_table": None, "max_leverage": "5"}
        assert snapshot["markets"]["HYPE"] == {"mark": "84.092", "margin_table": None}
        equity = [Decimal(p["isolated_equity"]) for p in positions.values() if p["margin"] == "isolated"]
        assert (len(equity), sum(equity)) == (14, Decimal("4988.763593"))

    def test_markets_that_meta_lacks_are_warned_of_at_their_line(self, shared: Path) -> None:
        path = shared / "vectors/hyperliquid" / f"{BORROW}.json"
        document = read_document(path.read_bytes(), path.name)
        result = import_payload(document.value, path.name, locate=document.locate)
        lines = path.read_text("utf-8").split("\n")
        assert [w.code for w in result.warnings] == ["MC455"] * 5
        for warning, coin in zip(result.warnings, ("TAO", "ENA", "HYPE", "MORPHO", "VVV"), strict=True):
            assert f'"coin": "{coin}"' in lines[warning.span.line]  # the line after the bracket of `position`
            assert warning.severity == "warning"


def test_collateral_without_debt(recorded: Callable[[str], Json]) -> None:
    snapshot = snapshot_of(import_payload(recorded(COLLATERAL), "x.json", account="carry"))
    (account,) = snapshot["accounts"]
    assert account["account"] == "carry"
    # 342974.0291651194 + 47451.6543281497: the profit is negative
    assert account["balances"][0] == {"asset": "USDC", "amount": "390425.6834932691"}
    # -746325.2964964793 + 47451.6543281497
    assert account["positions"][0]["entry_value"] == "-698873.6421683296"
    # 746325.2964964793 / 9234.5962861982 has no end: 40 significant digits
    mark = snapshot["markets"]["HYPE"]["mark"]
    assert len(mark.replace(".", "")) == 40
    assert abs(Decimal(mark) * Decimal("9234.5962861982") - Decimal("746325.2964964793")) < Decimal("1e-20")


MONEY = Number(currency("USDC"))
SHARE = Number(RATIO)


def observed(name: str, type_: Type, *default: None) -> Field:
    return Field(name, type_, "observed", bool(default), None)


MODEL = (
    Kind("asset", "assets", "reference", (observed("price", MONEY), observed("utilization", SHARE))),
    Kind("margin_table", "margin_tables", "reference"),
    Kind(
        "market",
        "markets",
        "reference",
        (
            observed("mark", MONEY),
            observed("margin_table", Row("margin_table", optional=True), None),
            observed("max_leverage", SHARE),
        ),
    ),
    Kind("account", "", "account", (observed("mode", Label(("standard", "unified", "portfolio"))),)),
    Kind(
        "balance",
        "balances",
        "rows",
        (observed("asset", Row("asset")), observed("amount", MONEY), observed("borrowed", MONEY)),
        key=("asset",),
    ),
    Kind(
        "position",
        "positions",
        "rows",
        (
            observed("market", Row("market")),
            observed("margin", Label(("cross", "isolated"))),
            observed("leverage", Number(RATIO, integer=True)),
            *(observed(name, MONEY) for name in ("size", "entry_value", "isolated_equity", "isolated_raw")),
            observed("max_leverage", SHARE),
        ),
        key=("market",),
    ),
)


@pytest.mark.parametrize(("name", "positions"), [(BORROW, 18), (COLLATERAL, 1)])
def test_the_snapshot_is_read_by_a_model_with_these_names(
    recorded: Callable[[str], Json], name: str, positions: int
) -> None:
    program = Program("x", "USDC", (None, None), {k.name: k for k in MODEL}, {}, (), (), (), (), ())
    written = json.dumps(import_payload(recorded(name), "x.json").snapshot).encode()
    snapshot = read_snapshot(open_snapshot(None, "x.json", written), program)
    (account,) = snapshot.accounts
    assert account.errors == ()
    assert len(account.rows["positions"]) == positions
    # cash, and the profit of cross positions at the recorded marks, are the venue's own spot total again
    cash = next(row.values["amount"] for row in account.rows["balances"] if row.name == "USDC")
    assert isinstance(cash, Decimal)
    for row in account.rows["positions"]:
        if row.values["margin"] == "cross":
            market = row.values["market"]
            assert isinstance(market, RowKey)
            mark = snapshot.reference["market"][market.key]["mark"]
            size, entry = row.values["size"], row.values["entry_value"]
            assert isinstance(mark, Decimal)
            assert isinstance(size, Decimal)
            assert isinstance(entry, Decimal)
            cash += size * mark - entry
    total = recorded(name)["responses"]["spotClearinghouseState"]["balances"][0]["total"]
    assert abs(cash - Decimal(total)) < Decimal("1e-15")


@pytest.mark.parametrize("name", [BORROW, COLLATERAL])
def test_the_answers_alone_do_too(recorded: Callable[[str], Json], name: str) -> None:
    document = recorded(name)
    whole = snapshot_of(import_payload(document, "x.json"))
    alone = snapshot_of(import_payload(document["responses"], "x.json"))
    assert alone["accounts"] == whole["accounts"]
    assert alone["as_of"].startswith(whole["as_of"][:10])  # from `time`, seconds away
