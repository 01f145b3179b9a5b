"""The benchmarks' two rules in whole numbers, account by account: what the decisions of every contestant are held to.

Python's integers have no largest one and round nothing. A test holds these lines to marginc's exact executor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .draw import Accounts, Reference
from .rules import AMOUNT, PRICE, RATE, SHARE, Rules

LIQUIDATABLE, HEALTHY = 0, 1
"""Rungs of the ladder, worst first."""
SCALE = AMOUNT + PRICE + RATE
"""Decimal places of the figures: a notional times a rate; all other terms have fewer."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the decision is made of, in units of 10 ** -SCALE USD."""

    maintenance: int
    collateral: int
    equity: int

    @property
    def required(self) -> int:
        return self.maintenance + max(0, self.maintenance - self.equity)

    @property
    def backing(self) -> int:
        return self.equity + max(0, self.maintenance - self.equity) + self.collateral


def decisions(accounts: Accounts, reference: Reference, rules: Rules, discontinuous: bool) -> NDArray[np.uint8]:
    """The rung of every account."""
    trigger, whole = rules.trigger, 10**SHARE
    rungs = (
        LIQUIDATABLE if f.required * whole > trigger * f.backing else HEALTHY
        for f in figures(accounts, reference, rules, discontinuous)
    )
    return np.fromiter(rungs, np.uint8, accounts.count)


def figures(accounts: Accounts, reference: Reference, rules: Rules, discontinuous: bool) -> Iterator[Figures]:
    """The figures of every account, in order."""
    collateral = _collateral(accounts, reference, rules)
    maintenance = _whole_amount(reference, rules) if discontinuous else _slices(reference, rules)
    mark = reference.mark.tolist()
    balances, positions = accounts.balance_offsets.tolist(), accounts.position_offsets.tolist()
    market, size, entry = accounts.market.tolist(), accounts.size.tolist(), accounts.entry.tolist()
    finer = 10**RATE  # pnl has no rate in it, cash no price either
    for account, cash in enumerate(accounts.cash.tolist()):
        margin = pnl = 0
        for row in range(positions[account], positions[account + 1]):
            gain = size[row] * (mark[market[row]] - entry[row])
            pnl += gain
            margin += maintenance(market[row], size[row], gain)
        yield Figures(
            maintenance=margin,
            collateral=sum(collateral[balances[account] : balances[account + 1]]) * (finer // 10**SHARE),
            equity=cash * 10 ** (PRICE + RATE) + pnl * finer,
        )


def _collateral(accounts: Accounts, reference: Reference, rules: Rules) -> Sequence[int]:
    """The collateral of each balance, in units of 10 ** -(AMOUNT + PRICE + SHARE) USD."""
    assets = list(rules.assets.values())
    worth = [price * asset.threshold for price, asset in zip(reference.price.tolist(), assets, strict=True)]
    cap = [asset.cap * 10**AMOUNT for asset in assets]
    rows = zip(accounts.asset.tolist(), accounts.amount.tolist(), strict=True)
    return [min(max(amount, 0), cap[asset]) * worth[asset] for asset, amount in rows]


Maintenance = Callable[[int, int, int], int]
"""Market, size and gain of a position to its maintenance margin in units of 10 ** -SCALE USD."""


def _slices(reference: Reference, rules: Rules) -> Maintenance:
    """Each slice of the notional at its own rate, as the steps from rate to rate above each beginning."""
    dollar = 10 ** (AMOUNT + PRICE)
    tables = [
        [(begin * dollar, rate - before) for begin, rate, before in zip(t.begins, t.rates, (0, *t.rates), strict=False)]
        for t in rules.tables.values()
    ]
    steps = [tables[table] for table in reference.table.tolist()]
    mark = reference.mark.tolist()

    def maintenance(market: int, size: int, _gain: int) -> int:
        notional = abs(size) * mark[market]
        margin = 0
        for begin, step in steps[market]:
            if notional <= begin:
                break
            margin += (notional - begin) * step
        return margin

    return maintenance


def _whole_amount(reference: Reference, rules: Rules) -> Maintenance:
    """All of the notional of the whole lots at the rate of the tier it is in, and the surcharge behind a loss."""
    dollar = 10 ** (AMOUNT + PRICE)
    tables = list(rules.tables.values())
    markets = [tables[table] for table in reference.table.tolist()]
    mark, lot = reference.mark.tolist(), reference.lot.tolist()
    finer: int = 10 ** (RATE - SHARE)

    def maintenance(market: int, size: int, gain: int) -> int:
        table = markets[market]
        notional = abs(size) // lot[market] * lot[market] * mark[market]
        rate = 0
        for begin, next_rate in zip(table.begins, table.rates, strict=True):
            if notional >= begin * dollar:
                rate = next_rate
        if gain < -table.loss_limit * dollar:
            rate += table.surcharge * finer
        margin: int = notional * rate
        return margin

    return maintenance
