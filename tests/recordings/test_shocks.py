"""Recorded accounts under moved prices: no move is an error, and the status flips where an independent search says.

The formulas of the search are those that reproduce the venue's answers, written here a second time in fractions:
E cash with the profit of cross positions less isolated equity, M their maintenance, C the collateral at its threshold,
B = max(0, M - E), and the ratio (M + B) / (E + B + C).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

MOVES = [-99, -95, -90, -80, -70, -60, -50, -40, -30, -20, -10, -5, 0, 5, 10, 25, 50, 100, 150, 200, 300]
"""Per cent."""
COLLATERAL = frozenset({"HYPE", "UBTC"})
LIQUIDATABLE = frozenset({"liquidatable", "backstop"})


def of_snapshot(account: Any, collection: str) -> list[Any]:
    return list(account.snapshot["accounts"][0].get(collection, []))


def marks(account: Any) -> dict[str, Fraction]:
    return {coin: Fraction(row["mark"]) for coin, row in account.snapshot["markets"].items()}


def by_notional(account: Any) -> list[str]:
    """Markets of cross positions, the largest first."""
    mark = marks(account)
    cross = [row for row in of_snapshot(account, "positions") if row["margin"] == "cross"]
    ordered = sorted(cross, key=lambda row: -abs(Fraction(row["size"]) * mark[row["market"]]))
    return [row["market"] for row in ordered]


def shock_of(coins: list[str], move: int) -> str:
    return ", ".join(f"{coin} {move:+}%" for coin in coins)


def backs(account: Any, verdict: Any) -> list[tuple[Fraction, Fraction]]:
    """Maintenance and what backs it, of every pool that is liquidated by itself."""
    if "portfolio" in account.rulebook:
        out = verdict.outputs
        borrowed = out["borrowed_for_maintenance"]
        return [(out["maintenance_margin"] + borrowed, out["equity"] + borrowed + out["collateral_value"])]
    if "unified" in account.rulebook:
        return [(row["maintenance_margin"], row["equity"]) for row in verdict.rows["holdings"].values()]
    return [(row["maintenance_margin"], row["value"]) for row in verdict.rows["dex_accounts"].values()]


def test_no_move_of_all_prices_is_an_error(account: Any) -> None:
    coins = sorted(account.snapshot["markets"])
    for move in MOVES if coins else ():
        verdict = account.verdict(shock_of(coins, move))
        assert (verdict.errors, verdict.status is None) == ((), False), move


def test_no_move_of_the_largest_position_is_an_error(account: Any) -> None:
    for coin in by_notional(account)[:1]:
        for move in MOVES:
            verdict = account.verdict(shock_of([coin], move))
            assert (verdict.errors, verdict.status is None) == ((), False), (coin, move)


def test_a_move_by_zero_changes_nothing(account: Any) -> None:
    coins = sorted(account.snapshot["markets"])
    if coins:
        assert account.verdict(shock_of(coins, 0)) == account.verdict()


def side_in(account: Any, coin: str) -> int:
    """1 where the account only gains by a higher price of the coin, -1 where it only loses, 0 where it does both."""
    sizes = [Fraction(row["size"]) for row in of_snapshot(account, "positions") if row["market"] == coin]
    if "portfolio" in account.rulebook and coin in COLLATERAL:
        sizes += [Fraction(row["amount"]) for row in of_snapshot(account, "balances") if row["asset"] == coin]
    signs = {1 if size > 0 else -1 for size in sizes if size}
    return signs.pop() if len(signs) == 1 else 0


ONE_SIDED = [
    ("pm-borrow-hype-2026-09-08", 1, ["ZEC", "XMR", "ARB"]),
    ("unified-hip3-2026-09-14", 1, ["BTC", "ETH", "SOL", "BNB", "HYPE"]),
    ("standard-cross-2023-03-27", 1, ["BNB", "LTC", "AVAX"]),
    ("standard-cross-2023-03-27", -1, ["APE", "DYDX", "BTC"]),
]


@pytest.mark.parametrize(("name", "side", "coins"), ONE_SIDED, ids=[f"{n}{s:+}" for n, s, _ in ONE_SIDED])
@pytest.mark.parametrize("together", [True, False], ids=["together", "largest"])
def test_where_the_account_is_one_sided_a_worse_price_is_never_better(
    accounts: dict[str, Any], name: str, side: int, coins: list[str], together: bool
) -> None:
    """What is left above maintenance falls with every adverse step, by the size times the move, less the maintenance
    that a smaller long gives back. The ratio rises: of a short always; of a long, maintenance falls with its price
    too, so only from the maintenance rate of the position on (below it, a larger long is a larger ratio).
    """
    account = accounts[name]
    moved = coins if together else coins[:1]
    assert {side_in(account, coin) for coin in moved} == {side}
    rate = max(maintenance_rate(account, coin) for coin in moved)
    left: list[Fraction] = []
    ratios: list[Fraction | None] = []
    for move in sorted(MOVES, reverse=side > 0):  # from the best price to the worst
        ((need, have),) = backs(account, account.verdict(shock_of(moved, move)))
        left.append(have - need)
        ratios.append(need / have if have > 0 else None)
    assert all(better > worse for better, worse in pairwise(left))
    rising = 0
    for better, worse in pairwise(ratios):
        if side < 0 or better is None or better > rate:
            assert worse is None or (better is not None and worse > better)
            rising += 1
    assert rising > 0


def maintenance_rate(account: Any, coin: str) -> Fraction:
    """Of the position's notional, in the first tier; one per cent in 2023."""
    if account.snapshot["as_of"].startswith("2023"):
        return Fraction(1, 100)
    row = next(row for row in of_snapshot(account, "positions") if row["market"] == coin)
    return 1 / (2 * Fraction(row.get("max_leverage") or account.snapshot["markets"][coin]["max_leverage"]))


def test_the_hedged_account_has_its_worst_price_on_neither_end(accounts: dict[str, Any]) -> None:
    """9,240 HYPE of collateral against 9,235 short: both sides, so no law of one direction, and never liquidatable."""
    account = accounts["pm-collateral-hype-2026-09-14"]
    assert side_in(account, "HYPE") == 0
    assert {account.verdict(f"HYPE {move:+}%").status for move in MOVES} == {"healthy"}


@dataclass(frozen=True, slots=True)
class Account:
    """The recorded account of 2026-09-08 in fractions, from the venue's answers and not from a snapshot.

    cash       spot total without the profit of cross positions, less isolated equity
    cross      size, mark, cost and maximum leverage by coin
    hype       units of collateral
    price      of HYPE as collateral
    debt       what is owed in USDC
    """

    cash: Fraction
    cross: Mapping[str, tuple[Fraction, Fraction, Fraction, int]]
    hype: Fraction
    price: Fraction
    debt: Fraction

    def is_liquidatable(self, factors: Mapping[str, Fraction]) -> bool:
        """With the marks of these coins times a factor, and the price of HYPE as collateral too."""
        equity, maintenance = self.cash, Fraction()
        for coin, (size, mark, cost, leverage) in self.cross.items():
            moved = mark * factors.get(coin, Fraction(1))
            equity += size * moved - cost
            maintenance += abs(size) * moved / (2 * leverage)  # the first tier: below 3 million dollars
        value = self.hype * self.price * factors.get("HYPE", Fraction(1))
        ltv = Fraction("0.65")
        borrowed = max(Fraction(), maintenance - equity)
        ratio = (maintenance + borrowed) / (equity + borrowed + value * (1 + ltv) / 2)
        return ratio > Fraction("0.95") or self.debt > value * (ltv + (1 - ltv) / 2)


@pytest.fixture
def recorded(accounts: dict[str, Any]) -> Account:
    answers = accounts["pm-borrow-hype-2026-09-08"].answers
    positions = [row["position"] for row in answers["clearinghouseState"][""]["assetPositions"]]
    balances = {row["coin"]: row for row in answers["spotClearinghouseState"]["balances"]}
    cash = Fraction(balances["USDC"]["total"])
    cross: dict[str, tuple[Fraction, Fraction, Fraction, int]] = {}
    for position in positions:
        size, value = Fraction(position["szi"]), Fraction(position["positionValue"])
        profit = Fraction(position["unrealizedPnl"])
        if position["leverage"]["type"] == "isolated":
            cash -= Fraction(position["marginUsed"])
            continue
        cash -= profit
        signed = value if size > 0 else -value
        cross[position["coin"]] = (size, value / abs(size), signed - profit, position["maxLeverage"])
    price = dict(answers["allBorrowLendReserveStates"])[150]["oraclePx"]
    hype, debt = Fraction(balances["HYPE"]["total"]), Fraction(balances["USDC"]["borrowed"])
    return Account(cash, cross, hype, Fraction(price), debt)


def bisect(is_liquidatable: Callable[[Fraction], bool], safe: Fraction, unsafe: Fraction) -> tuple[Fraction, Fraction]:
    """Two moves in per cent, 1e-9 apart or less: the account is not liquidatable at the first, and is at the second."""
    assert not is_liquidatable(safe)
    assert is_liquidatable(unsafe)
    while abs(unsafe - safe) > Fraction(1, 10**9):
        middle = (safe + unsafe) / 2
        safe, unsafe = (safe, middle) if is_liquidatable(middle) else (middle, unsafe)
    return safe, unsafe


# By hand, x the share by which the price falls. As recorded M = 534.5523, E = -1,668.2637, C = 6,942.5028; ZEC is worth
# 7,010.64 at 20 x of maintenance leverage (350.532), HYPE short 2,522.76 (126.138). The ratio is (2M - E) / (M + C).
SEARCHES = [
    # 2,737.3684 + 6,309.576 x = 95 % (7,477.0551 - 350.532 x), so x = 4,365.8339 / 6,642.5814
    pytest.param({}, "ZEC", -65.725, id="ZEC alone"),
    # The loan is what gives way: 3,714.92401507 / 6,942.5028 (82.5 % of the collateral) = 53.510 % of the price is left
    pytest.param({}, "HYPE", -46.490, id="HYPE alone"),
    # M = 324.2331, E = -5,874.6477: 6,523.1139 - 2,775.036 x = 95 % (7,266.7359 - 7,068.6408 x): 380.2852 / 3,940.1728
    pytest.param({"ZEC": -60}, "HYPE", -9.652, id="HYPE after ZEC"),
    # M = 496.7109, E = -911.4357, C = 4,859.752: 1,904.8575 + 6,309.576 x = 95 % (5,356.4629 - 350.532 x)
    pytest.param({"HYPE": -30}, "ZEC", -47.930, id="ZEC after HYPE"),
]


@pytest.mark.parametrize(("before", "coin", "by_hand"), SEARCHES)
def test_the_status_flips_where_a_search_says(
    accounts: dict[str, Any], recorded: Account, before: dict[str, int], coin: str, by_hand: float
) -> None:
    fixed = {moved: 1 + Fraction(move, 100) for moved, move in before.items()}
    safe, unsafe = bisect(
        lambda move: recorded.is_liquidatable({**fixed, coin: 1 + move / 100}), Fraction(0), Fraction(-99)
    )
    assert abs(float(unsafe) - by_hand) < 0.001
    account = accounts["pm-borrow-hype-2026-09-08"]
    given = "".join(f"{moved} {move:+}%, " for moved, move in before.items())
    for move, liquidatable in ((safe, False), (unsafe, True)):
        status = account.verdict(f"{given}{coin} {decimals(move)}%").status
        assert (status in LIQUIDATABLE) == liquidatable, (move, status)


@pytest.mark.parametrize("coin", ["ZEC", "HYPE"])
def test_every_step_has_the_status_of_the_search(accounts: dict[str, Any], recorded: Account, coin: str) -> None:
    account = accounts["pm-borrow-hype-2026-09-08"]
    for move in MOVES:
        liquidatable = recorded.is_liquidatable({coin: 1 + Fraction(move, 100)})
        assert (account.verdict(f"{coin} {move:+}%").status in LIQUIDATABLE) == liquidatable, move


def decimals(move: Fraction) -> str:
    """A move as text in full: halves of whole numbers end."""
    places = move.denominator.bit_length() - 1
    digits = move * 10**places
    assert digits.denominator == 1
    written = f"{abs(digits.numerator):0{places + 1}d}"
    return f"{'-' if move < 0 else '+'}{written[: len(written) - places]}.{written[len(written) - places :] or '0'}"
