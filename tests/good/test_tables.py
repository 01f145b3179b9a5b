"""Tables of every form, each in a rulebook small enough to check by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.runtime.results import Result

HEAD = "rulebook: demo\nlanguage: 1\nnumeraire: USDC\n"
STATUS = "status: [{ is: healthy }]\n"


def results(tmp_path: Path, rulebook: str, snapshot: dict[str, Any]) -> Result:
    path = tmp_path / "demo.yaml"
    path.write_text(HEAD + rulebook + STATUS)
    (result,) = marginc.compile(path).evaluate({"as_of": "2026-01-01", **snapshot})
    return result


def evaluated(tmp_path: Path, rulebook: str, snapshot: dict[str, Any]) -> Result:
    result = results(tmp_path, rulebook, snapshot)
    assert result.errors == ()
    return result


def ranges(options: str = "") -> str:
    end = "to: 400, " if "beyond" in options else ""
    return f"""\
model:
  parameters: {{ tiers: {{ by: USDC, columns: {{ rate: ratio }}{options} }} }}
  account: {{ observed: {{ x: USDC }} }}
parameters:
  tiers: [{{from: 0, to: 100, rate: 1%}}, {{from: 100, {end}rate: 2%}}]
formulas:
  account:
    rate: bracket(tiers, x).rate
    called: tiers(x).rate
    each: sum(s.width * s.rate for s in slices(tiers, x))
outputs: [rate, called, each]
"""


def at(tmp_path: Path, options: str, x: str) -> dict[str, Any]:
    return dict(evaluated(tmp_path, ranges(options), {"accounts": [{"account": "a", "x": x}]}).outputs)


def test_a_bound_belongs_to_the_range_that_begins_there(tmp_path: Path) -> None:
    assert at(tmp_path, "", "99.99")["rate"] == Decimal("0.01")
    assert at(tmp_path, "", "100") == {"rate": Decimal("0.02"), "called": Decimal("0.02"), "each": Decimal(1)}
    # 100 at 1 % and 150 at 2 %: 1 + 3
    assert at(tmp_path, "", "250")["each"] == Decimal(4)
    assert at(tmp_path, "", "0") == {"rate": Decimal("0.01"), "called": Decimal("0.01"), "each": Decimal(0)}


def test_closed_upper_lets_a_bound_belong_to_the_range_below(tmp_path: Path) -> None:
    upper = ", closed: upper"
    assert at(tmp_path, upper, "100") == {"rate": Decimal("0.01"), "called": Decimal("0.01"), "each": Decimal(1)}
    assert at(tmp_path, upper, "100.01")["rate"] == Decimal("0.02")
    assert at(tmp_path, upper, "0")["rate"] == Decimal("0.01"), "the first row has its own `from` too"


@pytest.mark.parametrize(
    ("options", "x", "fine"),
    [
        (", beyond: error", "399.99", {"rate", "called", "each"}),
        (", beyond: error", "400", {"each"}),  # the end belongs to the range above, and there is none
        (", beyond: error", "400.01", set()),
        (", beyond: error, closed: upper", "400", {"rate", "called", "each"}),
        (", beyond: error, closed: upper", "400.01", set()),
        ("", "-1", {"each"}),
    ],
)
def test_a_number_outside_of_the_ranges_is_an_error(tmp_path: Path, options: str, x: str, fine: set[str]) -> None:
    result = results(tmp_path, ranges(options), {"accounts": [{"account": "a", "x": x}]})
    assert set(result.outputs) == fine
    assert {error.code for error in result.errors} == (set() if len(fine) == 3 else {"MC509" if x == "-1" else "MC521"})


AAVE = """\
model:
  emodes: { each: emode, observed: { label: label = "" } }
  assets:
    each: asset
    parameters:
      ltv: ratio
      emodes: { by: emode, columns: { ltv: ratio, cap: USDC | none }, missing: none }
  account:
    observed: { emode: emode | none = none }
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: USDC } }
parameters:
  assets:
    ETH: { ltv: 80%, emodes: { 1: { ltv: 93%, cap: none }, 2: { ltv: 85%, cap: 50 } } }
    BTC: { ltv: 70%, emodes: {} }
formulas:
  balance:
    ltv: default(asset.emodes(account.emode).ltv, asset.ltv)
    counted: min(amount, asset.emodes(account.emode).cap)
    special: asset.emodes(account.emode) is not none
    uncapped: asset.emodes(account.emode) is not none and asset.emodes(account.emode).cap is none
outputs: [balance.ltv, balance.counted, balance.special, balance.uncapped]
"""


def emode(tmp_path: Path, emode: str | None) -> dict[str, dict[str, Any]]:
    balances = [{"asset": name, "amount": "60"} for name in ("ETH", "BTC")]
    account = {"account": "a", "emode": emode, "balances": balances}
    result = evaluated(tmp_path, AAVE, {"emodes": {"1": {}, "2": {}, "3": {}}, "accounts": [account]})
    return {name: dict(row.outputs) for name, row in zip(("ETH", "BTC"), result.rows["balances"], strict=True)}


def test_a_row_that_is_absent_is_none_where_the_table_says_so(tmp_path: Path) -> None:
    ordinary = {"counted": Decimal(60), "special": False, "uncapped": False}
    for mode in (None, "3"):  # a none key finds nothing, nor does an emode the table has no row for
        assert emode(tmp_path, mode)["ETH"] == {"ltv": Decimal("0.8"), **ordinary}
    assert emode(tmp_path, "1")["ETH"] == {"ltv": Decimal("0.93"), **ordinary, "special": True, "uncapped": True}
    assert emode(tmp_path, "2")["ETH"] == {
        "ltv": Decimal("0.85"), "counted": Decimal(50), "special": True, "uncapped": False,
    }  # fmt: skip
    assert emode(tmp_path, "1")["BTC"] == {"ltv": Decimal("0.7"), **ordinary}


SIMM = """\
model:
  buckets: { each: bucket }
  parameters:
    gamma: { by: [bucket, bucket], value: ratio, symmetric: true, diagonal: 100% }
    psi: { by: { one: bucket, other: bucket }, value: ratio | none, missing: 5% }
  account:
    rows: { cells: { each: cell, key: [bucket], observed: { bucket: bucket, s: USDC } } }
parameters:
  gamma: { 1: { 2: 18%, 3: 19% }, 2: { 3: 22% } }
  psi: { 1: { 2: 18%, 3: none } }
formulas:
  account:
    squared: sum(gamma(b.bucket, c.bucket) * b.s * c.s for b in cells for c in cells)
    pairs: count(gamma)
    from_one: sum(default(p.value, 1) for p in psi where p.one == bucket("1"))
  cell:
    towards_one: psi(bucket, bucket("1"))
    from_bucket_one: default(psi(bucket("1"), bucket), 50%)
outputs: [squared, pairs, from_one, cell.towards_one, cell.from_bucket_one]
"""


def test_a_symmetric_table_answers_for_both_orders_and_its_diagonal(tmp_path: Path) -> None:
    cells = [{"bucket": bucket, "s": s} for bucket, s in (("1", "10"), ("2", "-20"), ("3", "30"))]
    result = evaluated(
        tmp_path, SIMM, {"buckets": {"1": {}, "2": {}, "3": {}}, "accounts": [{"account": "a", "cells": cells}]}
    )
    # 10² + 20² + 30² = 1400; 2 x (18 % x 10 x -20 + 19 % x 10 x 30 + 22 % x -20 x 30) = 2 x (-36 + 57 - 132) = -222
    assert result.outputs["squared"] == Decimal(1178)
    assert result.outputs["pairs"] == Decimal(6), "each pair in both orders"


def test_an_absent_value_is_the_tables_own_and_a_none_in_it_stays_none(tmp_path: Path) -> None:
    cells = [{"bucket": bucket, "s": "0"} for bucket in ("1", "2", "3")]
    result = evaluated(
        tmp_path, SIMM, {"buckets": {"1": {}, "2": {}, "3": {}}, "accounts": [{"account": "a", "cells": cells}]}
    )
    assert [row.outputs["towards_one"] for row in result.rows["cells"]] == [Decimal("0.05")] * 3
    # 1 to 1 is absent: 5 %; 1 to 2 is 18 %; 1 to 3 is written as none, so 50 %
    found = [row.outputs["from_bucket_one"] for row in result.rows["cells"]]
    assert found == [Decimal("0.05"), Decimal("0.18"), Decimal("0.5")]
    assert result.outputs["from_one"] == Decimal("1.18")


NEXT = """\
model:
  grades: { each: grade, parameters: { weight: ratio } }
  parameters:
    next: { by: { one: grade, two: grade }, value: grade, symmetric: true, diagonal: A }
    least: { by: grade, value: grade, missing: B }
  account:
    observed: { at: grade }
parameters:
  grades: { A: { weight: 1 }, B: { weight: 2 }, C: { weight: 4 } }
  next: { A: { B: C } }
  least: { C: A }
formulas:
  account:
    same: next(at, at).weight
    after: next(next(at, at), at).weight
    other: least(at).weight
    known: least(least(least(at))) == grade("B")
outputs: [same, after, other, known]
"""


def test_a_diagonal_and_an_absent_value_may_be_rows(tmp_path: Path) -> None:
    outputs = evaluated(tmp_path, NEXT, {"accounts": [{"account": "a", "at": "B"}]}).outputs
    # next(B, B) = A, of weight 1; next(A, B) = C, of weight 4; B is absent in `least`, so B, of weight 2, at every step
    assert (outputs["same"], outputs["after"], outputs["other"]) == (Decimal(1), Decimal(4), Decimal(2))
    assert outputs["known"] is True


SPAN = """\
model:
  tiers: { each: tier, parameters: { scale: ratio } }
  spreads:
    each: spread
    parameters:
      legs: { by: tier, columns: { sign: ratio, ratio: ratio } }
      numbered: { by: front | back, columns: { tier: tier, sign: ratio } }
  account:
    rows:
      positions: { each: position, observed: { tier: tier, delta: ratio } }
      books: { each: book, of: positions, by: [tier] }
parameters:
  largest: 2
  tiers: { T1: { scale: 2 }, T2: { scale: 3 } }
  spreads:
    A: { legs: { T1: { sign: 1, ratio: 2 }, T2: { sign: -1, ratio: 1 }, T9: { sign: 1, ratio: 7 } },
         numbered: { front: { tier: T1, sign: 1 }, back: { tier: T9, sign: -1 } } }
formulas:
  book, spread:
    weight: sum(l.sign * l.ratio for l in spread.legs where l.tier == tier)
    looked_up: spread.legs(tier).ratio
    sides: sum(n.sign for n in spread.numbered where n.tier == tier)
  book:
    weights: sum(spreads.weight)
    ratios: sum(spreads.looked_up)
    signs: sum(spreads.sides)
  spread:
    scaled: sum(l.tier.scale * l.ratio for l in legs where l.ratio <= largest)
    front: numbered("front").tier.scale
    unknown: numbered("back").tier.scale
  account:
    scaled: sum(spreads.scaled)
    front: sum(spreads.front)
    unknown: sum(spreads.unknown)
outputs: [book.weights, book.ratios, book.signs, scaled, front, unknown]
"""


def test_legs_are_rows_by_tier_and_cells_may_be_rows(tmp_path: Path) -> None:
    positions = [{"tier": tier, "delta": "1"} for tier in ("T1", "T2", "T2")]
    result = results(tmp_path, SPAN, {"accounts": [{"account": "a", "positions": positions}]})
    books = [dict(row.outputs) for row in result.rows["books"]]
    assert books == [
        {"weights": Decimal(2), "ratios": Decimal(2), "signs": Decimal(1)},
        {"weights": Decimal(-1), "ratios": Decimal(1), "signs": Decimal(0)},
    ]
    assert result.outputs == {"scaled": Decimal(7), "front": Decimal(2)}  # 2 x 2 + 3 x 1
    # T9 is nowhere but in the table: it compares, and reading its scale is an error
    assert [error.code for error in result.errors] == ["MC503"]
    assert "tier `T9`" in result.errors[0].message


def test_a_snapshot_may_bring_the_row_a_table_names(tmp_path: Path) -> None:
    rulebook = SPAN.replace("parameters: { scale: ratio }", "observed: { scale: ratio = 5 }")
    rulebook = rulebook.replace("  tiers: { T1: { scale: 2 }, T2: { scale: 3 } }\n", "")
    rulebook = rulebook.replace("largest: 2", "largest: 7")
    tiers: dict[str, Any] = {"T1": {}, "T2": {}, "T9": {}}
    result = evaluated(tmp_path, rulebook, {"tiers": tiers, "accounts": [{"account": "a"}]})
    assert result.outputs == {"scaled": Decimal(50), "front": Decimal(5), "unknown": Decimal(5)}  # 5 x (2 + 1 + 7)


MIXED = """\
model:
  markets: { each: market, observed: { mark: USDC/unit, spot: bool } }
  parameters:
    rates: { by: [market, long | short, USDC], columns: { rate: ratio, at: date }, missing: none, closed: upper }
    fees: { by: bool, value: USDC }
  account:
    rows: { positions: { each: position, observed: { market: market, side: long | short, notional: USDC } } }
parameters:
  rates:
    BTC:
      long: [{from: 0, rate: 1%, at: 2026-01-01}, {from: 100, rate: 2%, at: 2026-02-01}]
      short: [{from: 0, rate: 3%, at: 2026-03-01}]
  fees: { true: 1, false: 2 }
formulas:
  position:
    rate: rates(market, side, notional).rate
    from_date: default(rates(market, side, notional).at, 2020-01-01) > 2026-01-15
    fee: fees(market.spot)
    rows: count(r for r in rates where r.market == market and r.key == side)
    steepest: max(r.rate for r in rates where r.from < notional)
outputs: [position.rate, position.from_date, position.fee, position.rows, position.steepest]
"""


def test_a_range_may_stand_behind_exact_keys(tmp_path: Path) -> None:
    positions = [
        {"market": market, "side": side, "notional": notional}
        for market, side, notional in (
            ("BTC", "long", "100"),
            ("BTC", "long", "101"),
            ("BTC", "short", "101"),
            ("X", "long", "5"),
        )
    ]
    markets = {"BTC": {"mark": "1", "spot": True}, "X": {"mark": "1", "spot": False}}
    result = evaluated(tmp_path, MIXED, {"markets": markets, "accounts": [{"account": "a", "positions": positions}]})
    rows = [row.outputs for row in result.rows["positions"]]
    assert [row["rate"] for row in rows] == [Decimal("0.01"), Decimal("0.02"), Decimal("0.03"), None]
    assert [row["from_date"] for row in rows] == [False, True, True, False]
    assert [row["fee"] for row in rows] == [Decimal(1), Decimal(1), Decimal(1), Decimal(2)]
    assert [row["rows"] for row in rows] == [Decimal(2), Decimal(2), Decimal(1), Decimal(0)]
    assert [row["steepest"] for row in rows] == [Decimal("0.03")] * 4


UNITS = """\
model:
  assets: { each: asset, observed: { price: USDC/unit } }
  markets:
    each: market
    observed: { settle: asset }
    parameters: { steps: { by: settle.unit, columns: { held: settle.unit, most: settle.unit } } }
  account:
    rows: { positions: { each: position, observed: { market: market, size: market.settle.unit } } }
parameters:
  markets: { X: { steps: [{from: 0, held: 1, most: 2}, {from: 10, held: 5, most: 9}] } }
formulas:
  position:
    held: bracket(market.steps, size).held * market.settle.price
    parts: sum(s.width for s in slices(market.steps, size)) * market.settle.price
outputs: [position.held, position.parts]
"""


def test_numbers_of_a_table_count_in_its_rows_own_units(tmp_path: Path) -> None:
    account = {"account": "a", "positions": [{"market": "X", "size": "12"}]}
    snapshot = {"assets": {"A": {"price": "3"}}, "markets": {"X": {"settle": "A"}}, "accounts": [account]}
    (row,) = evaluated(tmp_path, UNITS, snapshot).rows["positions"]
    assert row.outputs == {"held": Decimal(15), "parts": Decimal(36)}  # 5 x 3, 12 x 3
    wrong = UNITS.replace("bracket(market.steps, size).held", "bracket(market.steps, size * market.settle.price).held")
    path = tmp_path / "wrong.yaml"
    path.write_text(HEAD + wrong + STATUS)
    with pytest.raises(marginc.RulebookError) as refused:
        marginc.compile(path)
    assert [finding.code for finding in refused.value.diagnostics] == ["MC337"]


def test_an_amendment_replaces_a_table(tmp_path: Path) -> None:
    amended = ranges() + "amendments:\n  - effective: 2025-06-01\n    parameters: { tiers: [{from: 0, rate: 7%}] }\n"
    result = evaluated(tmp_path, amended, {"accounts": [{"account": "a", "x": "1000"}]})
    assert result.outputs["each"] == Decimal(70)


def test_a_table_may_have_a_source_of_its_own(tmp_path: Path) -> None:
    said = SIMM.replace(
        "gamma: { 1: { 2: 18%, 3: 19% }, 2: { 3: 22% } }",
        "gamma: { source: https://example.org, value: { 1: { 2: 18%, 3: 19% }, 2: { 3: 22% } } }",
    )
    cells = [{"bucket": "1", "s": "1"}, {"bucket": "2", "s": "1"}]
    result = evaluated(
        tmp_path, said, {"buckets": {"1": {}, "2": {}, "3": {}}, "accounts": [{"account": "a", "cells": cells}]}
    )
    assert result.outputs["squared"] == Decimal("2.36")  # 1 + 1 + 2 x 18 %
