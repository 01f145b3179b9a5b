"""The importer in every margin mode, on a small recording: which mode it is, what backs what, and in which token."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from marginc.importers import ImportResult
from marginc.importers.hyperliquid import import_payload
from marginc.program.diagnostic import Diagnostic, SnapshotError

Json = Any
"""A recording is edited by these tests as people edit JSON."""


def snapshot_of(result: ImportResult) -> Json:
    return result.snapshot


def position_of(recording: Json) -> Json:
    return recording["responses"]["clearinghouseState"][""]["assetPositions"][0]["position"]


def refused(recording: Json) -> Diagnostic:
    with pytest.raises(SnapshotError) as caught:
        import_payload(recording, "x.json")
    (finding,) = caught.value.diagnostics
    assert finding.message.isprintable()
    return finding


def second_dex(recording: Json, **position: Json) -> Json:
    """A dex `io` with one cross position like the first one's; returns its answer."""
    other = copy.deepcopy(recording["responses"]["clearinghouseState"][""])
    other["assetPositions"][0]["position"] |= {"coin": "io:GOLD", **position}
    recording["responses"]["clearinghouseState"]["io"] = other
    return other


def test_profit_of_every_dex_is_in_the_total_and_an_unknown_collateral_is_warned_of(small: Json) -> None:
    second_dex(small, unrealizedPnl="-3")
    result = import_payload(small, "x.json")
    assert snapshot_of(result)["accounts"][0]["balances"][0]["amount"] == "93.5"  # 100.5 - 10 + 3
    assert sorted(w.code for w in result.warnings) == ["MC455", "MC457"]


def test_profit_counts_in_the_token_that_the_dex_settles_in(small: Json) -> None:
    small["responses"]["userAbstraction"] = "unifiedAccount"
    second_dex(small, unrealizedPnl="-3")
    meta = {"universe": [{"name": "io:GOLD", "maxLeverage": 20, "marginTableId": 20}], "collateralToken": 360}
    small["responses"]["meta"]["io"] = meta
    result = import_payload(small, "x.json")
    snapshot = snapshot_of(result)
    assert result.warnings == []
    assert snapshot["dexes"] == {"main": {"collateral": "USDC"}, "io": {"collateral": "USDH"}}
    assert snapshot["assets"]["USDH"] == {}
    balances = {row["asset"]: row["amount"] for row in snapshot["accounts"][0]["balances"]}
    assert balances == {"USDC": "90.5", "USDH": "3", "HYPE": "2"}  # no row of USDH was recorded: 0 + 3
    small["responses"]["spotClearinghouseState"]["balances"].append({"coin": "USDH", "token": 360, "total": "-7"})
    balances = snapshot_of(import_payload(small, "x.json"))["accounts"][0]["balances"]
    assert balances[-1] == {"asset": "USDH", "amount": "-4"}


def test_positions_in_a_token_without_price_are_no_part_of_portfolio_margin(small: Json) -> None:
    second_dex(small)
    small["responses"]["meta"]["io"] = {"universe": [], "collateralToken": 235}
    assert refused(small).code == "MC456"
    small["responses"]["allBorrowLendReserveStates"].append([235, {"oraclePx": "0.999"}])
    assert snapshot_of(import_payload(small, "x.json"))["assets"]["USDE"] == {"price": "0.999"}


def test_a_token_without_a_name_is_refused(small: Json) -> None:
    small["responses"]["meta"][""]["collateralToken"] = 412
    assert refused(small).code == "MC461"
    small["responses"]["meta"][""]["collateralToken"] = 150
    assert snapshot_of(import_payload(small, "x.json"))["dexes"] == {"main": {"collateral": "HYPE"}}


def test_tables_of_another_dex_are_not_those_of_the_rules(small: Json) -> None:
    second_dex(small)
    tiers = [{"lowerBound": "0.0", "maxLeverage": 20}, {"lowerBound": "1000.0", "maxLeverage": 5}]
    meta = {"universe": [{"name": "io:GOLD", "maxLeverage": 20, "marginTableId": 54}], "collateralToken": 0}
    small["responses"]["meta"]["io"] = meta | {"marginTables": [[54, {"marginTiers": tiers}]]}
    result = import_payload(small, "x.json")
    assert snapshot_of(result)["markets"]["io:GOLD"]["margin_table"] is None
    assert [w.code for w in result.warnings] == ["MC460"]
    small["responses"]["meta"]["io"]["marginTables"][0][1]["marginTiers"] = tiers[:1]
    assert import_payload(small, "x.json").warnings == []


class TestStandard:
    """Spot stays outside, each dex has a wallet."""

    @pytest.fixture
    def standard(self, small: Json) -> Json:
        small["responses"]["userAbstraction"] = "disabled"
        return small

    def test_wallets_and_spot_totals(self, standard: Json) -> None:
        second_dex(standard, unrealizedPnl="-3")["crossMarginSummary"]["totalRawUsd"] = "-80.25"
        empty: Json = {"assetPositions": [], "crossMarginSummary": {"totalRawUsd": "0.0"}}
        funded: Json = {"assetPositions": [], "crossMarginSummary": {"totalRawUsd": "5"}}
        standard["responses"]["clearinghouseState"] |= {"empty": empty, "funded": funded}
        (account,) = snapshot_of(import_payload(standard, "x.json"))["accounts"]
        assert account["mode"] == "standard"
        assert account["balances"] == [{"asset": "USDC", "amount": "100.5"}, {"asset": "HYPE", "amount": "2"}]
        assert account["wallets"] == [
            {"dex": "main", "raw": "300"},
            {"dex": "io", "raw": "-80.25"},
            {"dex": "funded", "raw": "5"},
        ]

    def test_the_spot_state_may_be_missing_but_not_the_wallet(self, standard: Json) -> None:
        del standard["responses"]["spotClearinghouseState"]
        assert snapshot_of(import_payload(standard, "x.json"))["accounts"][0]["balances"] == []
        summary = standard["responses"]["clearinghouseState"][""]["crossMarginSummary"]
        summary["totalRawUsd2"] = summary.pop("totalRawUsd")
        assert '`[""].crossMarginSummary.totalRawUsd`' in refused(standard).message

    def test_a_maximum_leverage_that_nothing_states_is_left_out(self, standard: Json) -> None:
        del standard["responses"]["meta"], position_of(standard)["maxLeverage"]
        result = import_payload(standard, "x.json")
        snapshot = snapshot_of(result)
        assert snapshot["markets"]["SOL"] == {"dex": "main", "mark": "100", "margin_table": None}
        assert "max_leverage" not in snapshot["accounts"][0]["positions"][0]
        assert [w.code for w in result.warnings] == ["MC459"]


@pytest.mark.parametrize(
    ("stated", "signs", "mode"),
    [
        (None, {"portfolioMarginEnabled": True, "tokenToAvailableAfterMaintenance": []}, "portfolio"),
        (None, {"portfolioMarginRatio": "0.1", "tokenToAvailableAfterMaintenance": []}, "portfolio"),
        (None, {"tokenToAvailableAfterMaintenance": [[0, "5"]]}, "unified"),
        (None, {"tokenToAvailableAfterMaintenance": [[0, "5"]], "portfolioMarginEnabled": False}, "unified"),
        (None, {}, "standard"),
        ("default", {"tokenToAvailableAfterMaintenance": [[0, "5"]]}, "unified"),
    ],
)
@pytest.mark.parametrize("missing", ["absent", "null"])
def test_the_mode_is_told_by_what_only_it_answers(
    small: Json, stated: str | None, signs: Json, mode: str, missing: str
) -> None:
    del small["responses"]["userAbstraction"]
    if stated or missing == "null":
        small["responses"]["userAbstraction"] = stated
    small["responses"]["spotClearinghouseState"] |= signs
    result = import_payload(small, "x.json")
    assert snapshot_of(result)["accounts"][0]["mode"] == mode
    (warning,) = result.warnings
    assert (warning.code, warning.severity) == ("MC458", "warning")


@pytest.mark.parametrize(
    ("stated", "mode"),
    [
        ("portfolioMargin", "portfolio"),
        ("unifiedAccount", "unified"),
        ("disabled", "standard"),
        ("default", "standard"),
    ],
)
def test_a_stated_mode_is_taken_without_a_word(small: Json, stated: str, mode: str) -> None:
    small["responses"]["userAbstraction"] = stated
    result = import_payload(small, "x.json")
    assert (snapshot_of(result)["accounts"][0]["mode"], result.warnings) == (mode, [])


def test_no_mode_is_told_without_the_spot_state(small: Json) -> None:
    del small["responses"]["userAbstraction"], small["responses"]["spotClearinghouseState"]
    assert "`userAbstraction`" in refused(small).message


@pytest.mark.parametrize("mode", ["portfolioMargin", "unifiedAccount"])
def test_spot_that_backs_positions_must_be_there(small: Json, mode: str) -> None:
    small["responses"]["userAbstraction"] = mode
    del small["responses"]["spotClearinghouseState"]
    assert "`spotClearinghouseState`" in refused(small).message


@pytest.mark.parametrize("mode", ["dexAbstraction", "portfoliomargin", "portfoliomargin\x1b"])
def test_another_mode_is_never_read_as_one_of_these(small: Json, mode: str) -> None:
    small["responses"]["userAbstraction"] = mode
    assert refused(small).code in {"MC453", "MC452"}


def test_the_discontinued_mode_is_said_to_be_unsupported(small: Json) -> None:
    small["responses"]["userAbstraction"] = "dexAbstraction"
    assert refused(small).message.startswith("accounts of mode `dexAbstraction` are not supported")
