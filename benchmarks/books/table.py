"""Books as Arrow tables, one row an account, and as the columns that lie in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .draw import Accounts, Floats, Ints
from .rules import AMOUNT, PRICE

DIGITS = 18
"""Of a decimal64."""


def table_of(accounts: Accounts, assets: list[str], markets: list[str], decimal: bool = False) -> pa.Table:
    """The accounts as a table; numbers as float64, whose shortest decimals they are, or as decimal64.

    The dictionaries of `asset` and `market` hold the reference rows in their order.
    """
    balances = rows_of(
        accounts.balance_offsets,
        {"asset": keys_of(accounts.asset, assets), "amount": numbers_of(accounts.amount, AMOUNT, decimal)},
    )
    positions = rows_of(
        accounts.position_offsets,
        {
            "market": keys_of(accounts.market, markets),
            "size": numbers_of(accounts.size, AMOUNT, decimal),
            "entry": numbers_of(accounts.entry, PRICE, decimal),
        },
    )
    names = pa.array([f"account-{number:07}" for number in range(accounts.count)])
    cash = numbers_of(accounts.cash, AMOUNT, decimal)
    return pa.table({"account": names, "cash": cash, "balances": balances, "positions": positions})


def rows_of(offsets: Ints, fields: dict[str, pa.Array]) -> pa.ListArray:
    """A collection: rows of account i from offset i to offset i + 1."""
    rows = pa.StructArray.from_arrays(list(fields.values()), names=list(fields))
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), rows)


def keys_of(rows: Ints, keys: list[str]) -> pa.DictionaryArray:
    """Row numbers as words of a dictionary in the order of the rows."""
    return pa.DictionaryArray.from_arrays(pa.array(rows.astype(np.int32)), pa.array(keys))


def numbers_of(values: Ints, places: int, decimal: bool) -> pa.Array:
    """Whole numbers of the last of `places` as float64, whose shortest decimals they are, or as decimal64."""
    if not decimal:
        return pa.array(values / 10.0**places)  # a correctly rounded quotient of two exact doubles
    kind = pa.decimal64(DIGITS, places)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


@dataclass(frozen=True, slots=True)
class Columns:
    """What a kernel reads: the table's own memory, nothing copied. Rows of account i are offset i to i + 1."""

    balance_offsets: NDArray[np.int32]
    asset: NDArray[np.int32]
    amount: Floats
    position_offsets: NDArray[np.int32]
    market: NDArray[np.int32]
    size: Floats
    entry: Floats
    cash: Floats

    @property
    def count(self) -> int:
        return len(self.cash)


def columns_of(table: pa.Table) -> Columns:
    """The columns of a table of one chunk in float64, as `table_of` makes it and a file of one batch gives it."""
    balances, positions = table["balances"].chunk(0), table["positions"].chunk(0)
    assert table["cash"].num_chunks == 1, "a book is written as one batch"
    amount, size, entry = (
        rows.values.field(name).to_numpy()
        for rows, name in ((balances, "amount"), (positions, "size"), (positions, "entry"))
    )
    return Columns(
        balance_offsets=balances.offsets.to_numpy(),
        asset=balances.values.field("asset").indices.to_numpy(),
        amount=amount,
        position_offsets=positions.offsets.to_numpy(),
        market=positions.values.field("market").indices.to_numpy(),
        size=size,
        entry=entry,
        cash=table["cash"].chunk(0).to_numpy(),
    )
