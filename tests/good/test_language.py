"""Constructs of the language, each in a rulebook small enough to check by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.number import Ratio
from marginc.runtime.results import Result


def evaluated(tmp_path: Path, rulebook: str, snapshot: dict[str, Any]) -> Result:
    path = tmp_path / "demo.yaml"
    path.write_text(rulebook)
    (result,) = marginc.compile(path).evaluate({"as_of": "2026-01-01", **snapshot})
    assert result.errors == ()
    return result


def rows(result: Result, plural: str, name: str) -> dict[str, object]:
    return {next(iter(row.key.values())).key: row.outputs[name] for row in result.rows[plural]}  # type: ignore[union-attr]


UNIFIED = """\
rulebook: demo/unified
language: 1
numeraire: USDC
model:
  assets:
    each: asset
    observed: { price: USDC/unit }
  dexes:
    each: dex
    observed: { collateral: asset }
  markets:
    each: market
    observed: { dex: dex, mark: dex.collateral.unit/unit, max_leverage: ratio }
  account:
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit } }
      positions:
        each: position
        key: [market]
        observed: { market: market, size: market.unit, entry_value: market.dex.collateral.unit }
      dex_accounts: { each: dex_account, of: positions, by: [dex] }
      holdings: { each: holding, of: [balances, positions], by: [token] }
formulas:
  balance:
    token: asset
  position:
    dex: market.dex
    token: market.dex.collateral
    notional: abs(size) * market.mark
    unrealized: size * market.mark - entry_value
    room: holding.equity - holding.maintenance_margin
  dex_account:
    notional: sum(positions.notional)
  holding:
    equity: sum(balances.amount) + sum(positions.unrealized)
    maintenance_margin: sum(p.notional / (2 * p.market.max_leverage) for p in positions)
    ratio: if equity > 0 then maintenance_margin / equity else none
  account:
    worst: max(holdings.ratio)
    total: sum(h.equity * h.token.price for h in holdings)
outputs: [worst, total, holding.equity, holding.ratio, position.room, dex_account.notional]
"""

TWO_DEXES: dict[str, Any] = {
    "assets": {"USDC": {"price": "1"}, "USDH": {"price": "0.5"}},
    "dexes": {"main": {"collateral": "USDC"}, "flx": {"collateral": "USDH"}},
    "markets": {
        "BTC": {"dex": "main", "mark": "100", "max_leverage": "10"},
        "ETH": {"dex": "main", "mark": "10", "max_leverage": "5"},
        "X": {"dex": "flx", "mark": "4", "max_leverage": "2"},
    },
    "accounts": [
        {
            "account": "a",
            "balances": [{"asset": "USDC", "amount": "50"}, {"asset": "USDH", "amount": "8"}],
            "positions": [
                {"market": "BTC", "size": "1", "entry_value": "90"},
                {"market": "ETH", "size": "-2", "entry_value": "-25"},
                {"market": "X", "size": "3", "entry_value": "12"},
            ],
        }
    ],
}


def test_a_group_joins_two_collections_and_adds_quantities_of_its_own_token(tmp_path: Path) -> None:
    result = evaluated(tmp_path, UNIFIED, TWO_DEXES)
    # USDC: 50 + (100 - 90) + (-20 + 25) = 65;  USDH: 8 + (12 - 12) = 8
    assert rows(result, "holdings", "equity") == {"USDC": Decimal(65), "USDH": Decimal(8)}
    # USDC: 100 / 20 + 20 / 10 = 7 of 65;  USDH: 12 / 4 = 3 of 8
    assert rows(result, "holdings", "ratio") == {"USDC": Ratio(7, 65), "USDH": Decimal("0.375")}
    assert result.outputs["worst"] == Decimal("0.375")
    assert result.outputs["total"] == Decimal(69)  # 65 x 1 + 8 x 0.5


def test_a_member_reads_the_group_it_is_in(tmp_path: Path) -> None:
    result = evaluated(tmp_path, UNIFIED, TWO_DEXES)
    assert rows(result, "positions", "room") == {
        "BTC": Decimal(58),
        "ETH": Decimal(58),
        "X": Decimal(5),
    }  # 65 - 7, 8 - 3


def test_a_group_by_a_definition_follows_its_path(tmp_path: Path) -> None:
    result = evaluated(tmp_path, UNIFIED, TWO_DEXES)
    assert rows(result, "dex_accounts", "notional") == {"main": Decimal(120), "flx": Decimal(12)}  # 100 + 20; 12


def test_adding_two_tokens_is_refused_outside_their_group(tmp_path: Path) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text(
        UNIFIED.replace("total: sum(h.equity * h.token.price for h in holdings)", "total: sum(holdings.equity)")
    )
    with pytest.raises(marginc.RulebookError) as caught:
        marginc.compile(path)
    assert [finding.code for finding in caught.value.diagnostics] == ["MC231"]


def test_a_row_without_a_key_is_in_no_group(tmp_path: Path) -> None:
    rulebook = """\
rulebook: demo/keys
language: 1
numeraire: USDC
model:
  account:
    rows:
      legs: { each: leg, observed: { pair: label | none = none, amount: USDC } }
      pairs: { each: pairing, of: legs, by: [pair] }
formulas:
  pairing: { net: sum(legs.amount) }
  account: { paired: sum(pairs.net) }
outputs: [paired, pairing.net]
"""
    legs = [
        {"pair": "x", "amount": "5"},
        {"amount": "100"},
        {"pair": "x", "amount": "-2"},
        {"pair": "y", "amount": "1"},
    ]
    result = evaluated(tmp_path, rulebook, {"accounts": [{"account": "a", "legs": legs}]})
    assert [row.outputs["net"] for row in result.rows["pairs"]] == [Decimal(3), Decimal(1)]  # 5 - 2; 1
    assert result.outputs["paired"] == Decimal(4)


SPREADS = """\
rulebook: demo/spreads
language: 1
numeraire: USD
model:
  spreads:
    each: spread
    parameters: { charge: USD, near: ratio, far: ratio }
  account:
    observed: { near: ratio = 0, far: ratio = 0 }
formulas:
  account, spread:
    near_open: default(spread.previous.near_left, account.near)
    far_open: default(spread.previous.far_left, account.far)
    formed: max(0, min(near_open / spread.near, -far_open / spread.far))
    near_left: near_open - formed * spread.near
    far_left: far_open + formed * spread.far
  account:
    charges: sum(s.formed * s.charge for s in spreads)
parameters:
  spreads:
    first: { charge: 10, near: 2, far: 1 }
    second: { charge: 30, near: 1, far: 1 }
outputs: [charges]
"""


@pytest.mark.parametrize(
    ("near", "far", "charges"),
    [
        (10, -7, 50),  # first: min(10 / 2, 7) = 5 at 10 uses up the near leg; nothing is left for the second
        (10, -3, 30),  # first: min(5, 3) = 3 at 10 uses up the far leg
        (20, -8, 80),  # first: min(10, 8) = 8 at 10
        (6, -8, 30),  # first: min(3, 8) = 3 at 10; near is used up
        (0, -8, 0),
    ],
)
def test_spreads_are_formed_in_order_from_what_is_left(tmp_path: Path, near: int, far: int, charges: int) -> None:
    snapshot = {"accounts": [{"account": "a", "near": str(near), "far": str(far)}]}
    assert evaluated(tmp_path, SPREADS, snapshot).outputs["charges"] == Decimal(charges)


def test_the_order_of_rows_is_the_order_of_use(tmp_path: Path) -> None:
    swapped = SPREADS.replace(
        "first: { charge: 10, near: 2, far: 1 }",
        "zero: { charge: 0, near: 1, far: 1 }\n    first: { charge: 10, near: 2, far: 1 }",
    )
    snapshot = {"accounts": [{"account": "a", "near": "10", "far": "-12"}]}
    # zero takes min(10, 12) = 10 of the near leg for nothing; none is left
    assert evaluated(tmp_path, swapped, snapshot).outputs["charges"] == Decimal(0)
    assert evaluated(tmp_path, SPREADS, snapshot).outputs["charges"] == Decimal(50)  # min(5, 12) = 5 at 10


def test_a_definition_that_reads_itself_on_its_own_row_is_a_cycle(tmp_path: Path) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text(SPREADS.replace("default(spread.previous.near_left, account.near)", "near_left"))
    with pytest.raises(marginc.RulebookError) as caught:
        marginc.compile(path)
    assert [finding.code for finding in caught.value.diagnostics] == ["MC228"]


SCENARIOS = """\
rulebook: demo/scenarios
language: 1
numeraire: USD
model:
  scenarios:
    each: scenario
    parameters: { weight: ratio = 100% }
  contracts:
    each: contract
    observed: { risk_array: USD by scenario, option: bool = false }
  account:
    rows:
      positions: { each: position, key: [contract], observed: { contract: contract, quantity: integer } }
parameters:
  scenarios: { up: {}, down: {}, far: { weight: 35% } }
formulas:
  position, scenario:
    loss: quantity * contract.risk_array * scenario.weight
  account, scenario:
    loss_of_all: sum(positions.loss)
  account:
    scan: max(0, max(scenarios.loss_of_all))
    worst: argmax(scenarios.loss_of_all)
    far_loss: scenario("far").loss_of_all
outputs: [scan, worst, far_loss]
"""


def test_a_risk_array_is_read_at_the_scenario_in_reach(tmp_path: Path) -> None:
    contracts = {
        "ES": {"risk_array": {"up": "-100", "down": "120", "far": "300"}},
        "NQ": {"risk_array": {"up": "90", "down": "-80", "far": "-200"}},
    }
    positions = [{"contract": "ES", "quantity": "2"}, {"contract": "NQ", "quantity": "1"}]
    result = evaluated(
        tmp_path, SCENARIOS, {"contracts": contracts, "accounts": [{"account": "a", "positions": positions}]}
    )
    # up: -200 + 90 = -110; down: 240 - 80 = 160; far: (600 - 200) x 35 % = 140
    assert result.outputs["scan"] == Decimal(160)
    assert result.outputs["far_loss"] == Decimal(140)
    assert result.outputs["worst"].key == "down"  # type: ignore[union-attr]


def test_a_missing_scenario_is_an_error_of_the_account_that_needs_it(tmp_path: Path) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text(SCENARIOS)
    snapshot = {
        "as_of": "2026-01-01",
        "contracts": {"ES": {"risk_array": {"up": "1", "down": "1"}}},
        "accounts": [
            {"account": "a", "positions": [{"contract": "ES", "quantity": "1"}]},
            {"account": "b", "positions": []},
        ],
    }
    first, second = marginc.compile(path).evaluate(snapshot)
    assert [error.code for error in first.errors] == ["MC511"]
    assert second.errors == ()
    assert second.outputs["scan"] == Decimal(0)


def test_a_grid_has_a_row_for_each_combination_in_order(tmp_path: Path) -> None:
    rulebook = """\
rulebook: demo/grid
language: 1
numeraire: USD
model:
  shocks:
    each: shock
    parameters: { move: ratio, vol: down | up, cover: ratio = 100% }
    grid: { move: [-10%, 0%, 10%], vol: [down, up] }
  account:
    observed: { delta: USD, vega: USD }
parameters:
  shocks:
    10%/up: { cover: 50% }
formulas:
  account, shock:
    pnl: (delta * move + vega * (if vol == "up" then 1 else -1)) * cover
  account:
    scan: -min(shocks.pnl)
    worst: argmin(shocks.pnl)
    shocks_tried: count(shocks)
outputs: [scan, worst, shocks_tried]
"""
    short = {"accounts": [{"account": "a", "delta": "-100", "vega": "-5"}]}
    # pnl by row: down 10 + 5, up 10 - 5; down 0 + 5, up 0 - 5; down -10 + 5, up (-10 - 5) x 50 % = -7.5
    result = evaluated(tmp_path, rulebook, short)
    assert result.outputs["scan"] == Decimal("7.5")
    assert result.outputs["worst"].key == "10%/up"  # type: ignore[union-attr]
    assert result.outputs["shocks_tried"] == Decimal(6)
    # without a vega the first of equal rows is the worst: 0 %/down before 0 %/up
    flat = {"accounts": [{"account": "a", "delta": "0", "vega": "0"}]}
    assert evaluated(tmp_path, rulebook, flat).outputs["worst"].key == "-10%/down"  # type: ignore[union-attr]


def test_rows_that_are_one_in_a_circle_have_one_unit(tmp_path: Path) -> None:
    rulebook = """\
rulebook: demo/circle
language: 1
numeraire: USDC
model:
  assets: { each: asset, observed: { price: USDC/unit } }
  account:
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit } }
formulas:
  account:
    thrice: >-
      sum((b.amount + c.amount + d.amount) * b.asset.price for b in balances for c in balances for d in balances
      where b.asset == c.asset and c.asset == d.asset and d.asset == b.asset)
outputs: [thrice]
"""
    balances = [{"asset": "BTC", "amount": "2"}, {"asset": "ETH", "amount": "3"}]
    snapshot = {
        "assets": {"BTC": {"price": "50"}, "ETH": {"price": "7"}},
        "accounts": [{"account": "a", "balances": balances}],
    }
    assert evaluated(tmp_path, rulebook, snapshot).outputs["thrice"] == 363  # 3 x (2 x 50 + 3 x 7)


def test_the_others_of_a_group_share_the_members_own_unit(tmp_path: Path) -> None:
    rulebook = """\
rulebook: demo/others
language: 1
numeraire: USDC
model:
  assets: { each: asset, observed: { price: USDC/unit } }
  account:
    rows:
      legs: { each: leg, observed: { asset: asset, quantity: asset.unit } }
      books: { each: book, of: legs, by: [asset] }
formulas:
  leg:
    others: sum(l.quantity for l in book.legs) - quantity
    alone: quantity > others
outputs: [leg.others, leg.alone]
"""
    legs = [{"asset": "BTC", "quantity": "2"}, {"asset": "BTC", "quantity": "5"}, {"asset": "ETH", "quantity": "3"}]
    snapshot = {"assets": {"BTC": {"price": "1"}, "ETH": {"price": "1"}}, "accounts": [{"account": "a", "legs": legs}]}
    result = evaluated(tmp_path, rulebook, snapshot)
    assert [row.outputs["others"] for row in result.rows["legs"]] == [5, 2, 0]
    assert [row.outputs["alone"] for row in result.rows["legs"]] == [False, True, True]
