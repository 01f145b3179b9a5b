"""Reference rows as the flat number tables of contestants that are given no rulebook, one value a row of the kind."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import cast

import numpy as np

from .book import Book
from .draw import Floats
from .rules import RATE, SHARE, MarginTable, rules

TIERS = 4
"""At most, of a market."""


@dataclass(frozen=True, slots=True)
class Assets:
    """What a unit counts for as collateral and what may be borrowed against it, in USD; `cap` in units.

    Each is the double nearest to the decimal, so that an engine that computes in decimals finds the decimal again.
    """

    collateral: Floats
    borrowable: Floats
    cap: Floats

    def __len__(self) -> int:
        return len(self.cap)


@dataclass(frozen=True, slots=True)
class Markets:
    """By market: `begin` (infinite where there is no such tier) and `rate` of four tiers, USD and shares.

    less        what the tiers below save: `notional * rate - less` is the margin slice by slice
    """

    mark: Floats
    begin: Floats
    rate: Floats
    less: Floats
    lot: Floats
    loss_limit: Floats
    surcharge: Floats


def assets_of(book: Book) -> Assets:
    """The assets of a book under one of the study's rulebooks."""
    observed = cast("dict[str, dict[str, str]]", book.reference["assets"])
    prices = [Decimal(row["price"]).scaleb(-SHARE) for row in observed.values()]
    rows = list(zip(prices, rules(book.rulebook).assets.values(), strict=True))
    return Assets(
        collateral=np.array([float(price * row.threshold) for price, row in rows]),
        borrowable=np.array([float(price * row.ltv) for price, row in rows]),
        cap=np.array([float(row.cap) for _, row in rows]),
    )


def markets_of(book: Book) -> Markets:
    """The markets of a book under one of the study's rulebooks."""
    tables = rules(book.rulebook).tables
    observed = cast("dict[str, dict[str, str]]", book.reference["markets"])
    own = [tables[row["margin_table"]] for row in observed.values()]
    return Markets(
        mark=_observed(book, "markets", "mark"),
        begin=np.array([_filled([float(b) for b in table.begins], np.inf) for table in own]),
        rate=np.array([_filled([rate / 10.0**RATE for rate in table.rates], 0.0) for table in own]),
        less=np.array([_filled(_less(table), 0.0) for table in own]),
        lot=_observed(book, "markets", "lot", "1"),
        loss_limit=np.array([float(table.loss_limit) for table in own]),
        surcharge=np.array([table.surcharge / 10.0**SHARE for table in own]),
    )


def trigger_of(book: Book) -> float:
    return rules(book.rulebook).trigger / 10.0**SHARE


def _observed(book: Book, plural: str, name: str, absent: str = "") -> Floats:
    rows = cast("dict[str, dict[str, str]]", book.reference[plural])
    return np.array([float(row.get(name, absent)) for row in rows.values()])


def _less(table: MarginTable) -> list[float]:
    less, total = [0.0], 0
    for begin, before, rate in zip(table.begins[1:], table.rates, table.rates[1:], strict=False):
        total += begin * (rate - before)
        less.append(total / 10.0**RATE)
    return less


def _filled(values: list[float], rest: float) -> list[float]:
    return values + [rest] * (TIERS - len(values))
