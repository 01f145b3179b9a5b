"""The importer on a small recording, whole and damaged: each mistake names endpoint and key, and none is guessed at."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from marginc.importers import ImportResult
from marginc.importers.hyperliquid import import_payload
from marginc.program.codes import PAGES
from marginc.program.diagnostic import Diagnostic, SnapshotError
from marginc.runtime.snapshot.document import read_document

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


def test_a_small_recording(small: Json) -> None:
    result = import_payload(small, "x.json")
    assert result.warnings == []
    assert result.snapshot == {
        "as_of": "2026-09-08T04:25:36Z",
        "assets": {"USDC": {"price": "1"}, "HYPE": {"price": "80", "utilization": "0.1"}},
        "dexes": {"main": {"collateral": "USDC"}},
        "markets": {"SOL": {"dex": "main", "mark": "100", "margin_table": "54", "max_leverage": "20"}},
        "accounts": [
            {
                "account": "x",
                "mode": "portfolio",
                "balances": [{"asset": "USDC", "amount": "90.5"}, {"asset": "HYPE", "amount": "2"}],
                "positions": [
                    {"market": "SOL", "size": "-2", "entry_value": "-210", "leverage": "5", "margin": "cross"}
                ],
            }
        ],
    }


def test_numbers_read_strictly_give_the_same(small: Json) -> None:
    document = read_document(json.dumps(small).encode(), "x.json")
    assert import_payload(document.value, "x.json").snapshot == import_payload(small, "x.json").snapshot


def test_usdc_is_there_even_at_zero(small: Json) -> None:
    balances = small["responses"]["spotClearinghouseState"]["balances"]
    del balances[0]
    position_of(small)["unrealizedPnl"] = "0"
    snapshot = snapshot_of(import_payload(small, "x.json"))
    assert snapshot["accounts"][0]["balances"][0] == {"asset": "USDC", "amount": "0"}


def test_a_maximum_leverage_of_its_own_is_kept(small: Json) -> None:
    position_of(small)["maxLeverage"] = 50
    assert snapshot_of(import_payload(small, "x.json"))["accounts"][0]["positions"][0]["max_leverage"] == "50"


def test_a_table_id_below_50_is_no_table(small: Json) -> None:
    universe = small["responses"]["meta"][""]["universe"]
    for table, expected in ((49, None), (50, "50")):
        universe[0]["marginTableId"] = table
        assert snapshot_of(import_payload(small, "x.json"))["markets"]["SOL"]["margin_table"] == expected


def second_dex(recording: Json, **position: Json) -> Json:
    """A dex `io` with one cross position like the first one's; returns its answer."""
    other = copy.deepcopy(recording["responses"]["clearinghouseState"][""])
    other["assetPositions"][0]["position"] |= {"coin": "io:GOLD", **position}
    recording["responses"]["clearinghouseState"]["io"] = other
    return other


def test_a_balance_without_a_reserve_is_left_out_with_a_warning(small: Json) -> None:
    small["responses"]["spotClearinghouseState"]["balances"][2]["total"] = "7"
    result = import_payload(small, "x.json")
    assert [b["asset"] for b in snapshot_of(result)["accounts"][0]["balances"]] == ["USDC", "HYPE"]
    assert [w.code for w in result.warnings] == ["MC454"]
    assert "`DUST`" in result.warnings[0].message


def test_a_debt_is_never_left_out(small: Json) -> None:
    small["responses"]["spotClearinghouseState"]["balances"][2]["total"] = "-7"
    finding = refused(small)
    assert (finding.code, "`allBorrowLendReserveStates`" in finding.message) == ("MC451", True)
    assert "DUST" in finding.message


def test_a_reserves_ltv_goes_before_the_one_beside_the_balance(small: Json) -> None:
    balances = small["responses"]["spotClearinghouseState"]["balances"]
    balances[1]["ltv"], balances[0]["ltv"] = "0.5", "0.0"
    assert import_payload(small, "x.json").ltvs == {"USDC": "0", "HYPE": "0.65"}


NEEDED = [
    ("spotClearinghouseState",),
    ("clearinghouseState",),
    ("allBorrowLendReserveStates",),
    ("spotClearinghouseState", "balances"),
    ("spotClearinghouseState", "balances", 0, "coin"),
    ("spotClearinghouseState", "balances", 1, "total"),
    ("allBorrowLendReserveStates", 0, 1, "oraclePx"),
    ("clearinghouseState", "", "assetPositions"),
    *(
        ("clearinghouseState", "", "assetPositions", 0, "position", *key)
        for key in (("coin",), ("szi",), ("positionValue",), ("unrealizedPnl",), ("leverage",), ("leverage", "type"))
    ),
    ("meta", "", "universe"),
    ("meta", "", "universe", 0, "marginTableId"),
]


@pytest.mark.parametrize("path", NEEDED, ids=[".".join(map(str, path)) for path in NEEDED])
def test_what_is_missing_or_renamed_is_named(small: Json, path: tuple[str | int, ...]) -> None:
    holder = small["responses"]
    for step in path[:-1]:
        holder = holder[step]
    holder[f"{path[-1]}2"] = holder.pop(path[-1])
    finding = refused(small)
    assert finding.code in {"MC451", "MC452"}
    assert f"`{path[0]}`" in finding.message
    assert str(path[-1]) in finding.message


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("szi", "0.0", '`0.0` as `[""].assetPositions[0].position.szi`, where a size other than 0'),
        ("szi", "lots", "a decimal number in text"),
        ("szi", 1.5, "a number as"),
        ("szi", True, "`true` as"),
        ("szi", "1e999999999", "a decimal number in text"),
        pytest.param("szi", 10**5000, "a decimal number in text", id="szi-5001-digits"),
        ("szi", "9" * 5000, "a decimal number in text"),
        ("szi", "NaN", "a decimal number in text"),
        ("positionValue", "-5", "a value of 0 or more"),
        ("positionValue", [], "an array as"),
        ("coin", "", "text is expected"),
        ("coin", "SOL\x1b[2J", "text is expected"),
        ("leverage", {"type": "Cross", "value": 5}, "`cross` or `isolated`"),
        ("leverage", {"type": "cross", "value": 0}, "a leverage above 0"),
        ("leverage", {"type": "isolated", "value": 5}, "lacks"),
        ("unrealizedPnl", "1e-40", "from which no value comes"),
    ],
)
def test_what_is_not_as_documented_is_named(small: Json, key: str, value: Json, words: str) -> None:
    position_of(small)[key] = value
    if key == "unrealizedPnl":
        position_of(small)["positionValue"] = "1" + "0" * 30  # the difference would have 71 digits
    finding = refused(small)
    assert finding.code in {"MC451", "MC452"}
    assert words in finding.message
    assert "`clearinghouseState`" in finding.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r["spotClearinghouseState"]["balances"].append({"coin": "HYPE", "token": 7, "total": "1"}), "coin"),
        (lambda r: r["spotClearinghouseState"]["balances"][1].update(coin="USDC"), "USDC for token 0"),
        (lambda r: r["spotClearinghouseState"]["balances"][0].update(coin="UDSC"), "USDC for token 0"),
        (lambda r: r["spotClearinghouseState"]["balances"][1].update(token="150.5"), "a whole number"),
        (lambda r: r["clearinghouseState"].update(io=r["clearinghouseState"][""]), "one position for each coin"),
        (lambda r: r["meta"].update(io=r["meta"][""]), "each market once"),
        (lambda r: r["clearinghouseState"].update(main=r["clearinghouseState"][""]), "each dex once"),
        (lambda r: r["spotClearinghouseState"]["balances"][2].update(token=150), "one balance for each token"),
        (lambda r: r["allBorrowLendReserveStates"].append([150, {"oraclePx": "1"}]), "one reserve for each token"),
        (lambda r: r["allBorrowLendReserveStates"][0][1].update(totalSupplied="many"), "a decimal number in text"),
        (lambda r: r["allBorrowLendReserveStates"][0][1].update(ltv=True), "a decimal number in text"),
        (
            lambda r: (r.pop("userAbstraction"), r["spotClearinghouseState"].update(portfolioMarginEnabled="yes")),
            "true",
        ),
        (lambda r: r["allBorrowLendReserveStates"].append([1, {}, 3]), "an array of two"),
        (lambda r: r["allBorrowLendReserveStates"][0][1].update(oraclePx="-1"), "a price"),
        (lambda r: r.update(clearinghouseState=[]), "an object"),
    ],
)
def test_contradictions_are_refused(small: Json, change: Callable[[Json], None], words: str) -> None:
    change(small["responses"])
    finding = refused(small)
    assert finding.code == "MC452"
    assert words in finding.message


@pytest.mark.parametrize("captured", ["yesterday", "2026-02-30", "2026-09-08T04:25:36", 5, "9999-12-31T23:59:59-10:00"])
def test_an_instant_that_is_none(small: Json, captured: Json) -> None:
    small["captured_at"] = captured
    assert "captured_at" in refused(small).message


@pytest.mark.parametrize("document", [None, [], "x", 5, {}, {"responses": []}, {"responses": {}}])
def test_what_is_no_recording(document: Json) -> None:
    assert refused(document).code in {"MC451", "MC452"}


def test_a_truncated_file_says_where(small: Json) -> None:
    text = json.dumps(small, indent=1)
    for cut in range(1, len(text), 97):
        with pytest.raises(SnapshotError) as caught:
            read_document(text[:cut].encode(), "cut.json")
        assert caught.value.diagnostics[0].span.line > 0
    with pytest.raises(SnapshotError, match="MC404"):
        read_document(text.replace('"szi": "-2"', '"szi": "-2", "szi": "-3"').encode(), "twice.json")


@pytest.mark.parametrize("mode", ["portfolioMargin", "unifiedAccount", "disabled", None])
def test_any_field_deleted_or_replaced_gives_a_snapshot_or_a_finding(small: Json, mode: str | None) -> None:
    """Every place of the recording, each with something hostile in it: never another exception."""
    hostile: list[Json] = [None, True, [], {}, "", "x", "-1", -1, 1e308, "9" * 300, [[[]]], {"": {"": {}}}]
    small["responses"]["userAbstraction"] = mode
    second_dex(small)
    small["responses"]["meta"]["io"] = {"universe": [], "marginTables": [[51, {"marginTiers": [{}, {}]}]]}
    for path in every_path(small, ()):
        for value in hostile:
            damaged = copy.deepcopy(small)
            holder = damaged
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = value
            with contextlib.suppress(SnapshotError):
                json.dumps(import_payload(damaged, "x.json").snapshot)


def every_path(value: Json, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inner = [found for step, child in steps for found in every_path(child, (*path, step))]
    return [*([path] if path else []), *inner]


def test_every_code_of_the_family_has_its_page() -> None:
    family = [number for number in PAGES if "MC451" <= number <= "MC462"]
    assert len(family) == 12
    for number in family:
        assert 5 <= len(PAGES[number].splitlines()) <= 15
