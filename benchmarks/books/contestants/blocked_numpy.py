"""NumPy as an expert writes it: 4096 accounts at a time, so that everything stays in the cache, into buffers.

Twice: from the table's columns alone, as C and marginc read them; and with what `bincount` and `take` want of each row,
its owner and its 64-bit row number, made once and kept, which is as large again as the book.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..book import Book
from ..draw import Floats, Ints
from ..table import columns_of
from ..tables import TIERS, assets_of, markets_of, trigger_of
from .contestant import BLOCK, VALUES, Contestant, Outcome, Run


def prepare(book: Book, kept: bool) -> Run:
    """Columns in place, and buffers; owners and row numbers where they are `kept`."""
    columns, assets, markets, trigger = columns_of(book.table), assets_of(book), markets_of(book), trigger_of(book)
    count = columns.count
    per_unit, loan_per_unit = assets.price * assets.threshold, assets.price * assets.ltv
    balances, positions = columns.balance_offsets.tolist(), columns.position_offsets.tolist()
    within = np.arange(BLOCK)
    if kept:
        asset, market = columns.asset.astype(np.intp), columns.market.astype(np.intp)
        holder = np.repeat(np.arange(count) % BLOCK, np.diff(columns.balance_offsets))
        trader = np.repeat(np.arange(count) % BLOCK, np.diff(columns.position_offsets))
    begins, rates, less = np.ascontiguousarray(markets.begin.T), markets.rate.ravel(), markets.less.ravel()
    blocks = [(first, min(first + BLOCK, count)) for first in range(0, count, BLOCK)]
    rows = max(
        (max(balances[end] - balances[first], positions[end] - positions[first]) for first, end in blocks), default=0
    )
    buffers = np.empty((4, rows))
    flags, tiers, numbers = np.empty(rows, bool), np.empty(rows, np.intp), np.empty(rows, np.intp)

    def once() -> Outcome:
        values = {name: np.empty(count) for name in VALUES}
        status = np.empty(count, np.uint8)
        for first, end in blocks:
            collateral, borrowable = of_balances(first, end)
            maintenance, pnl = of_positions(first, end)
            decide(slice(first, end), collateral, borrowable, maintenance, pnl, values, status)
        return Outcome(status, values)

    def numbered(rows_of_kind: Any, first: int, end: int) -> Ints:
        """Row numbers as `take` wants them."""
        wide = numbers[: end - first]
        np.copyto(wide, rows_of_kind[first:end])
        return wide

    def of_balances(account: int, beyond: int) -> tuple[Floats, Floats]:
        """Collateral and what may be borrowed against it, of the accounts from one to another."""
        first, end, size = balances[account], balances[beyond], beyond - account
        if kept:
            own, owner = asset[first:end], holder[first:end]
        else:
            own = numbered(columns.asset, first, end)
            owner = np.repeat(within[:size], np.diff(columns.balance_offsets[account : beyond + 1]))
        counted, term = buffers[0, : end - first], buffers[1, : end - first]
        np.take(assets.cap, own, out=term, mode="clip")
        np.clip(columns.amount[first:end], 0, term, out=counted)
        np.multiply(counted, np.take(per_unit, own, out=term, mode="clip"), out=term)
        collateral = np.bincount(owner, term, size)
        np.multiply(counted, np.take(loan_per_unit, own, out=term, mode="clip"), out=term)
        return collateral, np.bincount(owner, term, size)

    def of_positions(account: int, beyond: int) -> tuple[Floats, Floats]:
        """Maintenance margin and profit."""
        first, end, size = positions[account], positions[beyond], beyond - account
        sizes = columns.size[first:end]
        if kept:
            own, owner = market[first:end], trader[first:end]
        else:
            own = numbered(columns.market, first, end)
            owner = np.repeat(within[:size], np.diff(columns.position_offsets[account : beyond + 1]))
        mark, notional, term = (buffers[number, : end - first] for number in range(3))
        flag, tier = flags[: end - first], tiers[: end - first]
        np.take(markets.mark, own, out=mark, mode="clip")
        np.multiply(np.abs(sizes, out=notional), mark, out=notional)
        np.multiply(own, TIERS, out=tier)
        for begin in begins[1:]:
            np.greater_equal(notional, np.take(begin, own, out=term, mode="clip"), out=flag)
            np.add(tier, flag, out=tier)
        np.multiply(notional, np.take(rates, tier, out=term, mode="clip"), out=notional)
        np.subtract(notional, np.take(less, tier, out=term, mode="clip"), out=notional)
        maintenance = np.bincount(owner, notional, size)
        np.multiply(sizes, np.subtract(mark, columns.entry[first:end], out=term), out=term)
        return maintenance, np.bincount(owner, term, size)

    def decide(
        part: slice, collateral: Floats, borrowable: Floats, maintenance: Floats, pnl: Floats,
        values: dict[str, Floats], status: np.ndarray,
    ) -> None:  # fmt: skip
        equity = np.add(columns.cash[part], pnl, out=pnl)
        borrowed = np.maximum(maintenance - equity, 0)
        required = np.add(maintenance, borrowed, out=values["required"][part])
        backing = np.add(equity, borrowed, out=values["backing"][part])
        backing += collateral
        available = np.add(equity, borrowable, out=values["available"][part])
        available -= maintenance
        values["maintenance_margin"][part] = maintenance
        np.less_equal(required, trigger * backing, out=status[part].view(bool))

    return once


CONTESTANTS = [
    Contestant("NumPy, blocked", partial(prepare, kept=False), package="numpy"),
    Contestant("NumPy, blocked, row owners kept", partial(prepare, kept=True), package="numpy"),
]
