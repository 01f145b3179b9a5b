"""A book for the shipped rulebook of Hyperliquid portfolio margin: its tokens and tables, and 195 other tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .draw import (
    LARGEST,
    MARKETS,
    WITHOUT_POSITIONS,
    Accounts,
    Floats,
    Ints,
    counts_of,
    distinct_rows,
    offsets_of,
    prices,
    quantities,
    sums,
)
from .rules import AMOUNT, AS_OF, PRICE
from .table import keys_of, numbers_of, rows_of

RULEBOOK = "hyperliquid/portfolio-margin"
LISTED = {"USDC": 1, "HYPE": 84.114, "UBTC": 78_730, "USDT0": 0.99974, "USDH": 1}
"""Tokens of the rulebook with the prices of a recorded answer (`examples/hype-borrow.json`)."""
OTHERS = 195
SECURED = np.array([0, 0.825, 0.825] + [0] * (OTHERS + 2))
"""What they count for at liquidation, (1 + ltv) / 2; only for drawing cash around the line."""
LEVERAGE = {"50": 50, "51": 10, "52": 10, "53": 20, "54": 20, "55": 25, "56": 40, None: 3}
"""The largest by margin table, as in the rulebook's `base.yaml`; a market without a table has a rate of its own."""
TABLES = list(LEVERAGE)
ISOLATED = 0.15
"""Of the positions."""


@dataclass(frozen=True, slots=True)
class _Choices:
    """What an account chose for each position; `apart` is the margin set aside for an isolated one, in USD."""

    leverage: Ints
    isolated: NDArray[np.bool_]
    apart: Floats


def book(random: np.random.Generator, count: int, decimal: bool) -> tuple[pa.Table, dict[str, object]]:
    """Accounts in portfolio mode as a table, and a snapshot without accounts."""
    listed = np.array([round(price * 10**PRICE) for price in LISTED.values()])
    price, mark = np.concatenate((listed, prices(random, OTHERS))), prices(random, MARKETS)
    accounts, choices = _draw(random, count, price, mark)
    return _table(accounts, choices, decimal), _reference(price, mark)


def _tokens() -> list[str]:
    return [*LISTED, *(f"S{number:03}" for number in range(OTHERS))]


def _markets() -> list[str]:
    return [f"M{number:03}" for number in range(MARKETS)]


def _largest() -> Ints:
    """The largest leverage of each market."""
    return np.array([LEVERAGE[TABLES[number % len(TABLES)]] for number in range(MARKETS)])


def _draw(random: np.random.Generator, count: int, price: Ints, mark: Ints) -> tuple[Accounts, _Choices]:
    """Each account holds or owes USDC, then HYPE, UBTC and so on; cash lies around the line, a third of it below."""
    held, taken = counts_of(random, count, mean=4.0), counts_of(random, count, mean=6.0 / (1 - WITHOUT_POSITIONS))
    taken = np.where(random.random(count) < WITHOUT_POSITIONS, 0, taken)
    within = np.arange(held.sum()) - np.repeat(offsets_of(held)[:-1], held)
    asset = np.where(within < len(LISTED), within, len(LISTED) + distinct_rows(random, held, OTHERS))
    market = distinct_rows(random, taken, MARKETS)
    amount = quantities(random, price[asset], 2_000.0)
    size = np.where(random.random(len(market)) < 0.5, -1, 1) * quantities(random, mark[market], 8_000.0)
    entry = np.maximum(np.rint(mark[market] * np.exp(random.normal(0, 0.12, len(market)))).astype(np.int64), 1)
    accounts = Accounts(offsets_of(held), asset, amount, offsets_of(taken), market, size, entry, np.zeros(count, int))
    leverage = 1 + np.floor(random.random(len(market)) * _largest()[market]).astype(np.int64)
    isolated = random.random(len(market)) < ISOLATED
    apart = np.where(isolated, _value(size, mark[market]) / leverage, 0)
    choices = _Choices(leverage, isolated, np.abs(apart))
    amount[accounts.balance_offsets[:-1]] = _cash(random, accounts, choices, price, mark)
    return replace(accounts, amount=amount), choices


def _value(quantity: Ints, price: Ints) -> Floats:
    return quantity / 10.0**AMOUNT * (price / 10.0**PRICE)


def _cash(random: np.random.Generator, accounts: Accounts, choices: _Choices, price: Ints, mark: Ints) -> Ints:
    """The USDC of each account: what `0.95 * backing == required` leaves, give or take."""
    market, cross = accounts.market, ~choices.isolated
    maintenance = np.abs(_value(accounts.size, mark[market])) / (2 * _largest()[market]) * cross
    pnl = _value(accounts.size, mark[market] - accounts.entry) * cross
    margin, gain = (sums(rows, accounts.position_offsets) for rows in (maintenance, pnl))
    collateral = _value(accounts.amount, price[accounts.asset]) * SECURED[accounts.asset]
    secured = sums(collateral, accounts.balance_offsets)
    line = 1.05 * margin - 0.95 * secured - gain + sums(choices.apart, accounts.position_offsets)
    room = random.normal(0.41, 1, accounts.count) * (0.5 * (margin + secured) + 50)
    return np.clip(np.rint((line + room) * 10.0**AMOUNT), -LARGEST, LARGEST).astype(np.int64)


def _table(accounts: Accounts, choices: _Choices, decimal: bool) -> pa.Table:
    owed = np.where(accounts.asset == 0, np.maximum(-accounts.amount, 0), 0)
    entry_value = _value(accounts.size, accounts.entry)
    balances = {
        "asset": keys_of(accounts.asset, _tokens()),
        "amount": numbers_of(accounts.amount, AMOUNT, decimal),
        "borrowed": numbers_of(owed, AMOUNT, decimal),
    }
    positions = {
        "market": keys_of(accounts.market, _markets()),
        "size": numbers_of(accounts.size, AMOUNT, decimal),
        "entry_value": numbers_of(_rounded(entry_value), PRICE, decimal),
        "leverage": pa.array(choices.leverage),
        "margin": keys_of(choices.isolated.astype(np.int64), ["cross", "isolated"]),
        "isolated_equity": numbers_of(_rounded(choices.apart), PRICE, decimal),
        "isolated_raw": numbers_of(
            _rounded(np.where(choices.isolated, choices.apart - entry_value, 0)), PRICE, decimal
        ),
    }
    return pa.table(
        {
            "account": pa.array([f"account-{number:07}" for number in range(accounts.count)]),
            "mode": keys_of(np.zeros(accounts.count, np.int64), ["portfolio"]),
            "balances": rows_of(accounts.balance_offsets, balances),
            "positions": rows_of(accounts.position_offsets, positions),
        }
    )


def _rounded(usd: Floats) -> Ints:
    """USD in millionths, as whole numbers of at most 15 digits."""
    return np.clip(np.rint(usd * 10.0**PRICE), -LARGEST, LARGEST).astype(np.int64)


def _reference(price: Ints, mark: Ints) -> dict[str, object]:
    assets: dict[str, dict[str, str]] = {
        token: {"price": f"{value / 10**PRICE:.{PRICE}f}"}
        for token, value in zip(_tokens(), price.tolist(), strict=True)
    }
    assets["USDC"] |= {"utilization": "0.71", "total_supplied": "310000000", "total_borrowed": "220100000"}
    markets: dict[str, dict[str, str | None]] = {
        key: {
            "dex": "main",
            "mark": f"{value / 10**PRICE:.{PRICE}f}",
            "margin_table": TABLES[number % len(TABLES)],
            "max_leverage": str(LEVERAGE[TABLES[number % len(TABLES)]]),
        }
        for number, (key, value) in enumerate(zip(_markets(), mark.tolist(), strict=True))
    }
    return {"as_of": AS_OF, "assets": assets, "dexes": {"main": {"collateral": "USDC"}}, "markets": markets}
