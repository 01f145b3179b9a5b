"""NumPy as an expert writes it: 4096 accounts at a time, so that everything stays in the cache, into buffers.

Twice: from the table's columns alone, as C and marginc read them; and with what `bincount` and `take` want of each row,
its owner and its 64-bit row number, made once and kept, which is as large again as the book.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..book import Book
from ..draw import Floats, Ints, summed
from ..table import columns_of
from ..tables import TIERS, assets_of, markets_of, trigger_of
from .contestant import BLOCK, Columns, Contestant, Outcome, Run


class _Rows:
    """The rows of a collection, block by block: their row of the reference kind, and their owner within the block."""

    def __init__(self, offsets: NDArray[np.int32], reference: NDArray[np.int32], kept: bool):
        self.offsets, self.reference = offsets, reference
        self.begins = [*offsets[::BLOCK].tolist(), int(offsets[-1])]
        self.kept = kept
        self.largest = max((end - begin for begin, end in zip(self.begins, self.begins[1:], strict=False)), default=0)
        self.accounts = np.arange(BLOCK)
        if kept:
            self.numbers = reference.astype(np.intp)
            self.owners = np.repeat(np.arange(len(offsets) - 1) % BLOCK, np.diff(offsets))
        else:
            self.numbers = np.empty(self.largest, np.intp)

    def block(self, account: int) -> tuple[slice, Ints, Ints]:
        """Where the rows of the block that begins at this account stand, their reference rows, and their owners."""
        number = account // BLOCK
        rows = slice(self.begins[number], self.begins[number + 1])
        if self.kept:
            return rows, self.numbers[rows], self.owners[rows]
        numbers = self.numbers[: rows.stop - rows.start]
        np.copyto(numbers, self.reference[rows])
        counts = np.diff(self.offsets[account : account + BLOCK + 1])
        return rows, numbers, np.repeat(self.accounts[: len(counts)], counts)


class _Kernel:
    """The study's rule over a book."""

    def __init__(self, book: Book, kept: bool):
        self.columns, assets, markets = columns_of(book.table), assets_of(book), markets_of(book)
        self.given = Columns(self.columns.count)
        self.trigger, self.cap, self.mark = trigger_of(book), assets.cap, markets.mark
        self.collateral, self.borrowable = assets.collateral, assets.borrowable
        self.begins = np.ascontiguousarray(markets.begin.T)[1:]
        self.rates, self.less = markets.rate.ravel(), markets.less.ravel()
        self.balances = _Rows(self.columns.balance_offsets, self.columns.asset, kept)
        self.positions = _Rows(self.columns.position_offsets, self.columns.market, kept)
        largest = max(self.balances.largest, self.positions.largest)
        self.buffers = np.empty((3, largest))
        self.flags, self.tiers = np.empty(largest, bool), np.empty(largest, np.intp)

    def run(self) -> Outcome:
        count = self.columns.count
        status, values = self.given.ready()
        for account in range(0, count, BLOCK):
            self._decide(slice(account, min(account + BLOCK, count)), values, status)
        return Outcome(status, values)

    def _decide(self, block: slice, values: dict[str, Floats], status: NDArray[np.uint8]) -> None:
        size = block.stop - block.start
        collateral, borrowable = self._of_balances(block.start, size)
        maintenance, equity = self._of_positions(block.start, size)
        equity += self.columns.cash[block]
        borrowed = np.maximum(maintenance - equity, 0)
        required = np.add(maintenance, borrowed, out=values["required"][block])
        backing = np.add(equity, borrowed, out=values["backing"][block])
        backing += collateral
        available = np.add(equity, borrowable, out=values["available"][block])
        available -= maintenance
        values["maintenance_margin"][block] = maintenance
        np.less_equal(required, self.trigger * backing, out=status[block].view(bool))

    def _of_balances(self, account: int, size: int) -> tuple[Floats, Floats]:
        """Collateral and what may be borrowed against it, by account."""
        rows, asset, owner = self.balances.block(account)
        counted, term = self.buffers[0, : len(asset)], self.buffers[1, : len(asset)]
        np.take(self.cap, asset, out=term, mode="clip")
        np.clip(self.columns.amount[rows], 0, term, out=counted)
        np.multiply(counted, np.take(self.collateral, asset, out=term, mode="clip"), out=term)
        collateral = summed(owner, term, size)
        np.multiply(counted, np.take(self.borrowable, asset, out=term, mode="clip"), out=term)
        return collateral, summed(owner, term, size)

    def _of_positions(self, account: int, size: int) -> tuple[Floats, Floats]:
        """Maintenance margin and profit, by account."""
        rows, market, owner = self.positions.block(account)
        mark, notional, term = (buffer[: len(market)] for buffer in self.buffers)
        flag, tier, sizes = self.flags[: len(market)], self.tiers[: len(market)], self.columns.size[rows]
        np.take(self.mark, market, out=mark, mode="clip")
        np.multiply(np.abs(sizes, out=notional), mark, out=notional)
        np.multiply(market, TIERS, out=tier)
        for begin in self.begins:
            np.greater_equal(notional, np.take(begin, market, out=term, mode="clip"), out=flag)
            np.add(tier, flag, out=tier)
        np.multiply(notional, np.take(self.rates, tier, out=term, mode="clip"), out=notional)
        np.subtract(notional, np.take(self.less, tier, out=term, mode="clip"), out=notional)
        maintenance = summed(owner, notional, size)
        np.multiply(sizes, np.subtract(mark, self.columns.entry[rows], out=term), out=term)
        return maintenance, summed(owner, term, size)


def prepare(book: Book, kept: bool) -> Run:
    """Columns in place, and buffers; owners and row numbers where they are `kept`."""
    return _Kernel(book, kept).run


CONTESTANTS = [
    Contestant("NumPy, blocked", partial(prepare, kept=False), package="numpy"),
    Contestant("NumPy, blocked, row owners kept", partial(prepare, kept=True), package="numpy"),
]
