"""Polars as an expert writes it, reference columns gathered by row number.

Twice lazily over rows in long form, grouped and joined, on each of its engines; and once with the terms of the rows put
back into lists by the table's own offsets, which saves the grouping and the joins.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..book import Book
from ..draw import Floats
from ..table import Columns, columns_of
from ..tables import TIERS, Assets, Markets, assets_of, markets_of, trigger_of
from .contestant import VALUES, Contestant, Missing, Outcome, Run

OF_BALANCES, OF_POSITIONS = ("collateral", "borrowable"), ("maintenance_margin", "pnl")


def prepare_long(book: Book, engine: str) -> Run:
    """Rows in long form with their account, in order."""
    pl = _polars()
    columns = columns_of(book.table)
    number = np.arange(columns.count, dtype=np.uint32)
    accounts = pl.LazyFrame({"account": number, "cash": columns.cash})
    balances = pl.LazyFrame(
        {"account": np.repeat(number, np.diff(columns.balance_offsets)), **_balances(columns)}
    ).with_columns(pl.col("account").set_sorted())
    positions = pl.LazyFrame(
        {"account": np.repeat(number, np.diff(columns.position_offsets)), **_positions(columns)}
    ).with_columns(pl.col("account").set_sorted())
    of_balances, of_positions = _of_balances(pl, assets_of(book)), _of_positions(pl, markets_of(book))
    collateral = balances.select("account", *of_balances).group_by("account").agg(pl.col(*OF_BALANCES).sum())
    margin = positions.select("account", *of_positions).group_by("account").agg(pl.col(*OF_POSITIONS).sum())
    query = _verdict(
        pl,
        accounts.join(collateral, on="account", how="left")
        .join(margin, on="account", how="left")
        .with_columns(pl.col(*OF_BALANCES, *OF_POSITIONS).fill_null(0.0)),
        trigger_of(book),
    ).sort("account")
    return lambda: _outcome(query.collect(engine=engine))


def prepare_lists(book: Book) -> Run:
    """Rows as two frames; accounts know them by offsets."""
    pl = _polars()
    columns, trigger = columns_of(book.table), trigger_of(book)
    balances = pl.LazyFrame(_balances(columns)).select(*_of_balances(pl, assets_of(book)))
    positions = pl.LazyFrame(_positions(columns)).select(*_of_positions(pl, markets_of(book)))
    offsets = [
        pa.array(own.astype(np.int64), pa.int64()) for own in (columns.balance_offsets, columns.position_offsets)
    ]

    def once() -> Outcome:
        frames = pl.collect_all([balances, positions])
        sums = {
            name: _listed(pl, own, frame[name]).list.sum()
            for own, frame in zip(offsets, frames, strict=True)
            for name in frame.columns
        }
        accounts = pl.LazyFrame({"account": np.arange(columns.count), "cash": columns.cash, **sums})
        return _outcome(_verdict(pl, accounts, trigger).collect())

    return once


def _polars() -> Any:
    try:
        import polars
    except ImportError as failure:
        raise Missing("polars is not installed") from failure
    return polars


def _balances(columns: Columns) -> dict[str, NDArray[Any]]:
    return {"asset": columns.asset.view(np.uint32), "amount": columns.amount}


def _positions(columns: Columns) -> dict[str, NDArray[Any]]:
    return {"market": columns.market.view(np.uint32), "size": columns.size, "entry": columns.entry}


def _at(pl: Any, values: Floats, row: Any) -> Any:
    """The values of the reference rows that the rows refer to."""
    return pl.lit(pl.Series(values)).gather(row)


def _of_balances(pl: Any, assets: Assets) -> list[Any]:
    asset = pl.col("asset")
    counted = pl.col("amount").clip(0, _at(pl, assets.cap, asset))
    return [
        (counted * _at(pl, assets.collateral, asset)).alias("collateral"),
        (counted * _at(pl, assets.borrowable, asset)).alias("borrowable"),
    ]


def _of_positions(pl: Any, markets: Markets) -> list[Any]:
    market, size = pl.col("market"), pl.col("size")
    mark = _at(pl, markets.mark, market)
    notional = size.abs() * mark
    reached = [(notional >= _at(pl, markets.begin[:, tier], market)).cast(pl.UInt32) for tier in range(1, TIERS)]
    tier = sum(reached, market * TIERS)
    maintenance = notional * _at(pl, markets.rate.ravel(), tier) - _at(pl, markets.less.ravel(), tier)
    return [maintenance.alias("maintenance_margin"), (size * (mark - pl.col("entry"))).alias("pnl")]


def _listed(pl: Any, offsets: pa.Array, terms: Any) -> Any:
    """The terms of rows as one list an account."""
    return pl.Series(pl.from_arrow(pa.LargeListArray.from_arrays(offsets, terms.rechunk().to_arrow())))


def _verdict(pl: Any, accounts: Any, trigger: float) -> Any:
    col = pl.col
    borrowed = (col("maintenance_margin") - col("equity")).clip(0)
    return (
        accounts.with_columns(equity=col("cash") + col("pnl"))
        .with_columns(
            required=col("maintenance_margin") + borrowed,
            backing=col("equity") + borrowed + col("collateral"),
            available=col("equity") + col("borrowable") - col("maintenance_margin"),
        )
        .with_columns(status=(col("required") <= trigger * col("backing")).cast(pl.UInt8))
        .select("account", "status", *VALUES)
    )


def _outcome(result: Any) -> Outcome:
    return Outcome(result["status"].to_numpy(), {name: result[name].to_numpy() for name in VALUES})


CONTESTANTS = [
    Contestant("Polars, lazy", partial(prepare_long, engine="in-memory"), threads=2, package="polars"),
    Contestant("Polars, streaming", partial(prepare_long, engine="streaming"), threads=2, package="polars"),
    Contestant("Polars, lists", prepare_lists, threads=2, package="polars"),
]
