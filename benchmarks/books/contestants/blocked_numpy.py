"""NumPy as an expert writes it: 4096 accounts at a time, so that everything stays in the cache, into buffers."""

from __future__ import annotations

import numpy as np

from ..book import Book
from ..draw import Floats
from ..table import columns_of
from ..tables import TIERS, assets_of, markets_of, trigger_of
from .contestant import BLOCK, VALUES, Contestant, Outcome, Run


def prepare(book: Book) -> Run:
    """Columns in place; row owners within their block and 64-bit row ids, which `bincount` and `take` want, made once."""
    columns, assets, markets, trigger = columns_of(book.table), assets_of(book), markets_of(book), trigger_of(book)
    count = columns.count
    per_unit, loan_per_unit = assets.price * assets.threshold, assets.price * assets.ltv
    asset, market = columns.asset.astype(np.intp), columns.market.astype(np.intp)
    balances, positions = columns.balance_offsets.tolist(), columns.position_offsets.tolist()
    holder = np.repeat(np.arange(count) % BLOCK, np.diff(columns.balance_offsets))
    trader = np.repeat(np.arange(count) % BLOCK, np.diff(columns.position_offsets))
    begins, rates, less = np.ascontiguousarray(markets.begin.T), markets.rate.ravel(), markets.less.ravel()
    blocks = [(first, min(first + BLOCK, count)) for first in range(0, count, BLOCK)]
    rows = max(
        (max(balances[end] - balances[first], positions[end] - positions[first]) for first, end in blocks), default=0
    )
    buffers = np.empty((4, rows))
    flags, tiers = np.empty(rows, bool), np.empty(rows, np.intp)

    def once() -> Outcome:
        values = {name: np.empty(count) for name in VALUES}
        status = np.empty(count, np.uint8)
        for first, end in blocks:
            size = end - first
            collateral, borrowable = of_balances(balances[first], balances[end], size)
            maintenance, pnl = of_positions(positions[first], positions[end], size)
            decide(slice(first, end), collateral, borrowable, maintenance, pnl, values, status)
        return Outcome(status, values)

    def of_balances(first: int, end: int, size: int) -> tuple[Floats, Floats]:
        """Collateral and what may be borrowed against it."""
        own, owner = asset[first:end], holder[first:end]
        counted, term = buffers[0, : end - first], buffers[1, : end - first]
        np.take(assets.cap, own, out=term, mode="clip")
        np.clip(columns.amount[first:end], 0, term, out=counted)
        np.multiply(counted, np.take(per_unit, own, out=term, mode="clip"), out=term)
        collateral = np.bincount(owner, term, size)
        np.multiply(counted, np.take(loan_per_unit, own, out=term, mode="clip"), out=term)
        return collateral, np.bincount(owner, term, size)

    def of_positions(first: int, end: int, size: int) -> tuple[Floats, Floats]:
        """Maintenance margin and profit."""
        own, owner, sizes = market[first:end], trader[first:end], columns.size[first:end]
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


CONTESTANTS = [Contestant("NumPy, blocked", prepare, package="numpy")]
