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


def reserve(price: str, utilization: str, supplied: str, borrowed: str) -> Json:
    return {"price": price, "utilization": utilization, "total_supplied": supplied, "total_borrowed": borrowed}


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
            "HYPE": reserve("84.114", "0", "9872337.7088912595", "0"),
            "UBTC": reserve("78730", "0", "1818.1384852491", "0"),
            "USDT0": reserve("0.99974", "0.4094321646", "2013064.76068328", "824213.462465"),
            "USDH": reserve("1", "0.1103850022", "170998.33275777", "18875.65133793"),
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
        main = {"dex": "main"}
        assert snapshot["markets"]["SOL"] == main | {"mark": "103.03", "margin_table": "54", "max_leverage": "20"}
        assert snapshot["markets"]["XMR"] == main | {"mark": "511.651", "margin_table": None, "max_leverage": "5"}
        assert snapshot["markets"]["HYPE"] == main | {"mark": "84.092", "margin_table": None}
        assert snapshot["dexes"] == {"main": {"collateral": "USDC"}}
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


@pytest.mark.parametrize(("name", "positions"), [(BORROW, 18), (COLLATERAL, 1)])
def test_cash_and_profit_are_the_venues_total_again(recorded: Callable[[str], Json], name: str, positions: int) -> None:
    snapshot = snapshot_of(import_payload(recorded(name), "x.json"))
    (account,) = snapshot["accounts"]
    assert len(account["positions"]) == positions
    cash = Decimal(next(row["amount"] for row in account["balances"] if row["asset"] == "USDC"))
    for row in account["positions"]:
        if row["margin"] == "cross":
            mark = Decimal(snapshot["markets"][row["market"]]["mark"])
            cash += Decimal(row["size"]) * mark - Decimal(row["entry_value"])
    total = recorded(name)["responses"]["spotClearinghouseState"]["balances"][0]["total"]
    assert abs(cash - Decimal(total)) < Decimal("1e-15")


@pytest.mark.parametrize("name", [BORROW, COLLATERAL])
def test_the_answers_alone_do_too(recorded: Callable[[str], Json], name: str) -> None:
    document = recorded(name)
    whole = snapshot_of(import_payload(document, "x.json"))
    alone = snapshot_of(import_payload(document["responses"], "x.json"))
    assert alone["accounts"] == whole["accounts"]
    assert alone["as_of"].startswith(whole["as_of"][:10])  # from `time`, seconds away


class TestUnifiedOnTwoDexs:
    """Five cross positions on the first dex, an isolated one on dex `io`, whose `meta` was not recorded."""

    @pytest.fixture
    def result(self, recorded: Callable[[str], Json]) -> ImportResult:
        return import_payload(recorded("unified-hip3-2026-09-14"), "x.json")

    def test_dexes(self, result: ImportResult) -> None:
        snapshot = snapshot_of(result)
        assert snapshot["dexes"] == {"main": {"collateral": "USDC"}, "io": {"collateral": "USDC"}}
        assert snapshot["markets"]["io:ANTH"]["dex"] == "io"
        assert snapshot["markets"]["BTC"]["dex"] == "main"
        assert sorted(w.code for w in result.warnings) == ["MC455", "MC455", "MC457"]

    def test_one_balance_backs_the_cross_positions_of_all(self, result: ImportResult) -> None:
        (account,) = snapshot_of(result)["accounts"]
        # 252.9509201567 - (2.2342070144 - 0.3168368754 - 0.2207957937 - 2.0117778245 + 1.4838839652): ANTH is isolated
        assert account["balances"] == [{"asset": "USDC", "amount": "251.7822396707"}]
        assert (account["mode"], "wallets" in account) == ("unified", False)


def test_a_balance_without_a_price_is_kept_where_none_is_needed(recorded: Callable[[str], Json]) -> None:
    result = import_payload(recorded("unified-isolated-2026-09-22"), "x.json")
    snapshot = snapshot_of(result)
    assert result.warnings == []
    assert snapshot["assets"] == {"USDC": {"price": "1"}, "HYPE": {}, "BASED": {}}
    assert [row["asset"] for row in snapshot["accounts"][0]["balances"]] == ["USDC", "HYPE", "BASED"]


def test_a_standard_account_of_2023_has_a_wallet_and_no_spot(recorded: Callable[[str], Json]) -> None:
    result = import_payload(recorded("standard-cross-2023-03-27"), "x.json")
    snapshot = snapshot_of(result)
    (account,) = snapshot["accounts"]
    assert (snapshot["as_of"], account["mode"]) == ("2023-03-27T00:00:00Z", "standard")
    assert (account["balances"], account["wallets"]) == ([], [{"dex": "main", "raw": "86.549602"}])
    assert snapshot["markets"]["BTC"] == {"dex": "main", "mark": "26961.2", "margin_table": None}
    (warning,) = result.warnings  # one for twelve positions
    assert (warning.code, warning.message) == (
        "MC459",
        "no answer states the maximum leverage of `BTC`, `ETH`, `ATOM` and 9 more",
    )


def test_the_ltvs_that_the_venue_answered(recorded: Callable[[str], Json]) -> None:
    july = import_payload(recorded("standard-cross-partial-2026-09-14"), "x.json")
    assert july.ltvs == {}
    september = import_payload(recorded(BORROW), "x.json")
    assert september.ltvs == {"USDC": "0", "HYPE": "0.65", "UBTC": "0.5", "USDT0": "0", "USDH": "0"}
    assert september.ltv_spans.keys() == september.ltvs.keys()
