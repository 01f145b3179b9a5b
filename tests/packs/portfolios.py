"""The example portfolios under every regime that knows their instruments, whole and row by row.

In `examples/portfolios`, REGIME.yaml says what own money is there, PORTFOLIO/REGIME.json what is held, in its terms.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import marginc
from marginc.program.number import Ratio
from marginc.tests.packs.vectors import exact

Json = dict[str, Any]

PORTFOLIOS = ("cash-and-carry", "delta-hedged-options", "long-short-equity", "unhedged-long")
REGIMES = {
    "call-money-1929": "call money, 1929",
    "regulation-t": "Regulation T, initial",
    "finra-4210": "FINRA 4210, maintenance",
    "occ-tims": "TIMS",
    "cme-span": "SPAN",
    "hyperliquid-standard": "Hyperliquid, standard",
    "hyperliquid-portfolio-margin": "Hyperliquid, portfolio margin",
    "aave-v3": "Aave v3, HyperLend testnet",
}


@dataclass(frozen=True, slots=True)
class Needed:
    """The own money that a portfolio needs under a regime, and that each of its rows needs where it is held alone."""

    portfolio: str
    regime: str
    whole: Fraction
    parts: tuple[Fraction, ...]

    @property
    def saved(self) -> Fraction:
        """What holding the parts together saves, as a share of what they need alone."""
        return 1 - self.whole / sum(self.parts)


def needed(examples: Path) -> Iterator[Needed]:
    """Every portfolio under every regime that has a snapshot of it."""
    for portfolio in PORTFOLIOS:
        for regime, words in REGIMES.items():
            path = examples / portfolio / f"{regime}.json"
            if path.is_file():
                document = json.loads(path.read_text("utf-8"))
                rulebook = compiled(examples / f"{regime}.yaml")
                whole, *parts = (own_money(rulebook, one) for one in (document, *alone(document)))
                yield Needed(portfolio, words, whole, tuple(parts))


def alone(document: Json) -> Iterator[Json]:
    """The same market with one row of the account after the other."""
    (account,) = document["accounts"]
    plain = {name: value for name, value in account.items() if not isinstance(value, list)}
    for name, rows in account.items():
        for row in rows if isinstance(rows, list) else ():
            yield {**document, "accounts": [{**plain, name: [row]}]}


def own_money(rulebook: marginc.Rulebook, document: Json) -> Fraction:
    (result,) = rulebook.evaluate(document)
    assert result.errors == ()
    money = result.outputs["own_money"]
    assert isinstance(money, Decimal | Ratio)
    return exact(money)


@functools.cache
def compiled(path: Path) -> marginc.Rulebook:
    return marginc.compile(path)
