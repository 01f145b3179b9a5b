"""Random books in whole numbers of a fixed scale: reference rows, and accounts with heavy-tailed counts of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .rules import AMOUNT, PRICE, RATE, SHARE, Rules

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

ASSETS = MARKETS = 200
MOST_ROWS = 150
"""Of one collection of one account."""
LARGEST = 10**15 - 1
"""Numbers of up to 15 digits survive the way into a double and back."""
WITHOUT_POSITIONS = 0.17


@dataclass(frozen=True, slots=True)
class Reference:
    """Prices and marks (millionths), what the markets refer to, and their lots (1e-8 of a unit)."""

    price: Ints
    mark: Ints
    table: Ints
    lot: Ints


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts as columns: rows of account i stand from offset i to offset i + 1.

    amount, size, cash   1e-8
    entry                millionths
    """

    balance_offsets: Ints
    asset: Ints
    amount: Ints
    position_offsets: Ints
    market: Ints
    size: Ints
    entry: Ints
    cash: Ints

    @property
    def count(self) -> int:
        return len(self.cash)


def draw_reference(random: np.random.Generator, tables: int) -> Reference:
    """Prices from a cent to 80,000 with five digits, tables in turn, lots worth about ten dollars."""
    price, mark = prices(random, ASSETS), prices(random, MARKETS)
    price[0] = 10**PRICE  # one asset is money
    lot = 10 ** np.clip(AMOUNT + 1 + PRICE - np.floor(np.log10(mark)).astype(np.int64), 2, AMOUNT + 3)
    return Reference(price, mark, np.arange(MARKETS) % tables, lot)


def prices(random: np.random.Generator, count: int) -> Ints:
    values = 10 ** random.uniform(-2, 4.9, count)
    exponent = np.floor(np.log10(values)) - 4
    digits = np.rint(values / 10**exponent).astype(np.int64)
    found: Ints = digits * 10 ** (exponent + PRICE).astype(np.int64)
    return found


def draw_accounts(random: np.random.Generator, count: int, reference: Reference, rules: Rules) -> Accounts:
    """Accounts of which about a third are liquidatable, by the margin that their cash is drawn around."""
    balances = counts_of(random, count, mean=4.0)
    positions = np.where(random.random(count) < WITHOUT_POSITIONS, 0, counts_of(random, count, mean=6.0 / 0.83))
    asset, market = distinct_rows(random, balances, ASSETS), distinct_rows(random, positions, MARKETS)
    amount = quantities(random, reference.price[asset], 2_000.0)
    side = np.where(random.random(len(market)) < 0.5, -1, 1)
    size = side * quantities(random, reference.mark[market], 8_000.0)
    entry = np.rint(reference.mark[market] * np.exp(random.normal(0, 0.12, len(market)))).astype(np.int64)
    accounts = Accounts(
        offsets_of(balances),
        asset,
        amount,
        offsets_of(positions),
        market,
        size,
        np.maximum(entry, 1),
        np.zeros(count, int),
    )
    return with_cash(accounts, _cash(random, accounts, reference, rules))


def with_cash(accounts: Accounts, cash: Ints) -> Accounts:
    """The same accounts with other cash."""
    a = accounts
    return Accounts(a.balance_offsets, a.asset, a.amount, a.position_offsets, a.market, a.size, a.entry, cash)


def counts_of(random: np.random.Generator, count: int, mean: float) -> Ints:
    """At least one, Pareto-tailed (exponent 2.5), at most `MOST_ROWS`."""
    scale = (mean - 0.5) * 1.5  # of the Lomax distribution; rounding down takes a half
    return np.minimum(1 + (scale * random.pareto(2.5, count)).astype(np.int64), MOST_ROWS)


def offsets_of(counts: Ints) -> Ints:
    return np.concatenate(([0], np.cumsum(counts)))


def distinct_rows(random: np.random.Generator, counts: Ints, kinds: int) -> Ints:
    """For each account as many different rows of a kind: a walk with a stride prime to their number."""
    strides = np.array([stride for stride in range(1, kinds) if np.gcd(stride, kinds) == 1])
    begin = np.repeat(random.integers(0, kinds, len(counts)), counts)
    stride = np.repeat(random.choice(strides, len(counts)), counts)
    within = np.arange(counts.sum()) - np.repeat(offsets_of(counts)[:-1], counts)
    rows: Ints = (begin + within * stride) % kinds
    return rows


def quantities(random: np.random.Generator, price: Ints, median: float) -> Ints:
    """Quantities whose value is log-normal around `median` USD."""
    value = median * np.exp(random.normal(0, 1.8, len(price)))
    quantity = value / price * 10.0 ** (PRICE + AMOUNT)
    return np.rint(np.clip(quantity, 1, LARGEST)).astype(np.int64)


def _cash(random: np.random.Generator, accounts: Accounts, reference: Reference, rules: Rules) -> Ints:
    """Cash around the line `required == trigger * backing`, a third of it below; in floats, for it is only a draw."""
    collateral, maintenance, pnl = approximate(accounts, reference, rules)
    trigger = rules.trigger / 10**SHARE
    line = (2 - trigger) * maintenance - trigger * collateral - pnl
    room = random.normal(0.41, 1, accounts.count) * (0.5 * (maintenance + collateral) + 50)
    cash = np.rint((line + room) * 10**AMOUNT)
    found: Ints = np.clip(cash, -LARGEST, LARGEST).astype(np.int64)
    return found


def approximate(accounts: Accounts, reference: Reference, rules: Rules) -> tuple[Floats, Floats, Floats]:
    """Collateral, maintenance margin and profit of each account in USD, in floats."""
    assets, tables = list(rules.assets.values()), list(rules.tables.values())
    threshold = np.array([a.threshold for a in assets]) / 10.0**SHARE
    counted = np.minimum(accounts.amount / 10.0**AMOUNT, np.array([a.cap for a in assets])[accounts.asset])
    collateral = counted * (reference.price / 10.0**PRICE * threshold)[accounts.asset]
    mark = (reference.mark / 10.0**PRICE)[accounts.market]
    notional = np.abs(accounts.size) / 10.0**AMOUNT * mark
    maintenance = np.zeros(len(notional))
    table = reference.table[accounts.market]
    for tier in range(max(len(t.begins) for t in tables)):
        begin = np.array([t.begins[tier] if tier < len(t.begins) else np.inf for t in tables])
        rates = [(0, *t.rates) for t in tables]
        step = np.array([r[tier + 1] - r[tier] if tier + 1 < len(r) else 0 for r in rates]) / 10.0**RATE
        maintenance += np.maximum(notional - begin[table], 0) * step[table]
    pnl = accounts.size / 10.0**AMOUNT * (mark - accounts.entry / 10.0**PRICE)
    return (
        sums(collateral, accounts.balance_offsets),
        sums(maintenance, accounts.position_offsets),
        sums(pnl, accounts.position_offsets),
    )


def sums(values: Floats, offsets: Ints) -> Floats:
    """The sum of each account's rows."""
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    return summed(owner, values, len(offsets) - 1)


def summed(owner: Ints, values: Floats, count: int) -> Floats:
    """The sum of the values of each of so many owners, added up in their order."""
    sums: Floats = np.bincount(owner, values, count).astype(np.float64, copy=False)
    return sums
