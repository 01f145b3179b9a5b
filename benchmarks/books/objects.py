"""Accounts as nested dictionaries, everything a row needs in the row, for engines that evaluate one at a time."""

from __future__ import annotations

from typing import TypeAlias

from .book import Book
from .table import columns_of
from .tables import TIERS, assets_of, markets_of

Row: TypeAlias = dict[str, float]
UNREACHED = 1e15
"""Where a tier begins that a market does not have: USD nobody has, and a number that every engine reads."""


def objects_of(book: Book, count: int) -> list[dict[str, float | list[Row]]]:
    """The first accounts of a book: `cash`, `balances` and `positions`, prices and tiers written into the rows."""
    columns, assets, markets = columns_of(book.table), assets_of(book), markets_of(book)
    asset_rows: list[Row] = [
        {"collateral": collateral, "borrowable": borrowable, "cap": cap}
        for collateral, borrowable, cap in zip(
            assets.collateral.tolist(), assets.borrowable.tolist(), assets.cap.tolist(), strict=True
        )
    ]
    tiers = {
        f"{name}_{tier}": getattr(markets, name)[:, tier].clip(max=UNREACHED).tolist()
        for name in ("begin", "rate", "less")
        for tier in range(TIERS)
    }
    market_rows: list[Row] = [
        {"mark": mark, **{name: values[number] for name, values in tiers.items()}}
        for number, mark in enumerate(markets.mark.tolist())
    ]
    of_balances = columns.balance_offsets[: count + 1].tolist()
    of_positions = columns.position_offsets[: count + 1].tolist()
    held, taken = of_balances[-1], of_positions[-1]
    amount, asset = columns.amount[:held].tolist(), columns.asset[:held].tolist()
    size, entry, market = (values[:taken].tolist() for values in (columns.size, columns.entry, columns.market))
    balances = [{"amount": a, **asset_rows[row]} for a, row in zip(amount, asset, strict=True)]
    positions = [{"size": s, "entry": e, **market_rows[row]} for s, e, row in zip(size, entry, market, strict=True)]
    return [
        {
            "cash": cash,
            "balances": balances[of_balances[number] : of_balances[number + 1]],
            "positions": positions[of_positions[number] : of_positions[number + 1]],
        }
        for number, cash in enumerate(columns.cash[:count].tolist())
    ]
