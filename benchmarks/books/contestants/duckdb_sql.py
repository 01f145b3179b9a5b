"""DuckDB as an expert writes it: rows in long form in tables of an in-memory database, one query, columns out."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ..book import Book
from ..table import columns_of
from ..tables import TIERS, assets_of, markets_of, trigger_of
from .contestant import VALUES, Contestant, Missing, Outcome, Run

QUERY = """
with collateral as (
    select account,
           sum(least(greatest(amount, 0), cap) * collateral) as collateral,
           sum(least(greatest(amount, 0), cap) * borrowable) as borrowable
    from balances join assets using (asset) group by account
), margin as (
    select account,
           sum(case when notional >= begin_3 then notional * rate_3 - less_3
                    when notional >= begin_2 then notional * rate_2 - less_2
                    when notional >= begin_1 then notional * rate_1 - less_1
                    else notional * rate_0 end) as maintenance_margin,
           sum(size * (mark - entry)) as pnl
    from (select *, abs(size) * mark as notional from positions join markets using (market)) group by account
), account as (
    select account,
           cash + coalesce(pnl, 0) as equity,
           coalesce(maintenance_margin, 0) as maintenance_margin,
           coalesce(collateral, 0) as collateral,
           coalesce(borrowable, 0) as borrowable,
           greatest(0, coalesce(maintenance_margin, 0) - cash - coalesce(pnl, 0)) as borrowed
    from accounts left join collateral using (account) left join margin using (account)
)
select maintenance_margin + borrowed as required,
       equity + borrowed + collateral as backing,
       equity + borrowable - maintenance_margin as available,
       maintenance_margin,
       cast(maintenance_margin + borrowed <= $trigger * (equity + borrowed + collateral) as utinyint) as status
from account order by account
"""


def prepare(book: Book, threads: int) -> Run:
    """An in-memory database with the book in long form."""
    try:
        import duckdb
    except ImportError as failure:
        raise Missing("duckdb is not installed") from failure
    database = duckdb.connect()
    database.execute(f"set threads to {threads}")
    for name, table in _tables(book).items():
        database.register("arrow_table", table)
        database.execute(f"create table {name} as select * from arrow_table")
        database.unregister("arrow_table")
    trigger = trigger_of(book)

    def once() -> Outcome:
        columns = database.execute(QUERY, {"trigger": trigger}).fetchnumpy()
        return Outcome(columns["status"], {name: columns[name] for name in VALUES})

    return once


def _tables(book: Book) -> dict[str, pa.Table]:
    columns, assets, markets = columns_of(book.table), assets_of(book), markets_of(book)
    number = np.arange(columns.count, dtype=np.int32)
    tiers = {
        f"{name}_{tier}": getattr(markets, name)[:, tier] for name in ("begin", "rate", "less") for tier in range(TIERS)
    }
    return {
        "accounts": pa.table({"account": number, "cash": columns.cash}),
        "balances": pa.table(
            {
                "account": np.repeat(number, np.diff(columns.balance_offsets)),
                "asset": columns.asset,
                "amount": columns.amount,
            }
        ),
        "positions": pa.table(
            {
                "account": np.repeat(number, np.diff(columns.position_offsets)),
                "market": columns.market,
                "size": columns.size,
                "entry": columns.entry,
            }
        ),
        "assets": pa.table(
            {
                "asset": np.arange(len(assets), dtype=np.int32),
                "collateral": assets.collateral,
                "borrowable": assets.borrowable,
                "cap": assets.cap,
            }
        ),
        "markets": pa.table({"market": np.arange(len(markets.mark), dtype=np.int32), "mark": markets.mark, **tiers}),
    }


CONTESTANTS = [Contestant("DuckDB, SQL", lambda book: prepare(book, 2), threads=2, package="duckdb")]
