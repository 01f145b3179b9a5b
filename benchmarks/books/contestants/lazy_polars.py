"""Polars as an expert writes it: one lazy query over rows in long form, reference columns gathered by row number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..book import Book
from ..table import columns_of
from ..tables import TIERS, assets_of, markets_of, trigger_of
from .contestant import VALUES, Contestant, Missing, Outcome, Run


def prepare(book: Book, engine: str) -> Run:
    """Rows in long form, sorted by account; ids as Polars gathers with them."""
    try:
        import polars as pl
    except ImportError as failure:
        raise Missing("polars is not installed") from failure
    columns, trigger = columns_of(book.table), trigger_of(book)
    number = np.arange(columns.count, dtype=np.uint32)
    accounts = pl.DataFrame({"account": number, "cash": columns.cash}).with_columns(pl.col("account").set_sorted())
    balances = pl.DataFrame(
        {
            "account": np.repeat(number, np.diff(columns.balance_offsets)),
            "asset": columns.asset.view(np.uint32),
            "amount": columns.amount,
        }
    ).with_columns(pl.col("account").set_sorted())
    positions = pl.DataFrame(
        {
            "account": np.repeat(number, np.diff(columns.position_offsets)),
            "market": columns.market.view(np.uint32),
            "size": columns.size,
            "entry": columns.entry,
        }
    ).with_columns(pl.col("account").set_sorted())
    query = _query(pl, book, accounts.lazy(), balances.lazy(), positions.lazy(), trigger)

    def once() -> Outcome:
        result = query.collect(engine=engine).sort("account")
        values = {name: result[name].to_numpy() for name in VALUES}
        return Outcome(result["status"].to_numpy(), values)

    return once


def _query(pl: Any, book: Book, accounts: Any, balances: Any, positions: Any, trigger: float) -> Any:
    assets, markets, col = assets_of(book), markets_of(book), pl.col

    def of(values: np.ndarray, row: str) -> Any:
        return pl.lit(pl.Series(values)).gather(col(row))

    counted = col("amount").clip(0, of(assets.cap, "asset"))
    collateral = (
        balances.with_columns(counted=counted)
        .select(
            "account",
            collateral=col("counted") * of(assets.price * assets.threshold, "asset"),
            borrowable=col("counted") * of(assets.price * assets.ltv, "asset"),
        )
        .group_by("account")
        .agg(col("collateral").sum(), col("borrowable").sum())
    )
    tier = sum((col("notional") >= of(markets.begin[:, tier], "market")).cast(pl.UInt32) for tier in range(1, TIERS))
    margin = (
        positions.with_columns(mark=of(markets.mark, "market"))
        .with_columns(notional=col("size").abs() * col("mark"))
        .with_columns(row=col("market") * TIERS + tier)
        .select(
            "account",
            maintenance_margin=col("notional") * of(markets.rate.ravel(), "row") - of(markets.less.ravel(), "row"),
            pnl=col("size") * (col("mark") - col("entry")),
        )
        .group_by("account")
        .agg(col("maintenance_margin").sum(), col("pnl").sum())
    )
    borrowed = (col("maintenance_margin") - col("equity")).clip(0)
    return (
        accounts.join(collateral, on="account", how="left")
        .join(margin, on="account", how="left")
        .with_columns(col("collateral", "borrowable", "maintenance_margin", "pnl").fill_null(0.0))
        .with_columns(equity=col("cash") + col("pnl"))
        .with_columns(
            required=col("maintenance_margin") + borrowed,
            backing=col("equity") + borrowed + col("collateral"),
            available=col("equity") + col("borrowable") - col("maintenance_margin"),
        )
        .with_columns(status=(col("required") <= trigger * col("backing")).cast(pl.UInt8))
        .select("account", "status", *VALUES)
    )


def _contestant(name: str, engine: str) -> Contestant:
    return Contestant(name, lambda book: prepare(book, engine), threads=2, package="polars")


CONTESTANTS = [_contestant("Polars, lazy", "in-memory"), _contestant("Polars, streaming", "streaming")]
