"""The books of the benchmarks: made once by name, size and seed, kept in a folder outside the tree."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from . import hyperliquid
from .draw import MARKETS, Accounts, Reference, draw_accounts, draw_reference
from .exact import decisions
from .rules import AMOUNT, AS_OF, PRICE, Rules, rules
from .table import table_of
from .ties import with_ties

SEED = 20260908
VERSION = 1
"""Of what is drawn; another one makes the kept books anew."""
TIES = 0.25
"""Of the accounts of the adversarial book."""
RULEBOOKS = {
    "continuous": "continuous",
    "discontinuous": "discontinuous",
    "adversarial": "continuous",
    "hyperliquid": hyperliquid.RULEBOOK,
}
"""By book: which rules it is evaluated under."""


@dataclass(frozen=True, slots=True)
class Book:
    """A book in memory.

    rulebook    a name in `benchmarks/rules`, or of a shipped rulebook
    file        the same accounts as an Arrow file of one batch
    reference   a snapshot without accounts
    decisions   the exact rung of every account; empty where only the exact executor knows it
    ties        accounts that are exactly on the line by construction
    """

    name: str
    rulebook: str
    file: Path
    table: pa.Table
    reference: dict[str, object]
    decisions: NDArray[np.uint8]
    ties: int = 0

    @property
    def count(self) -> int:
        return int(self.table.num_rows)


def default_folder() -> Path:
    """Where books are kept when nobody says where."""
    return Path(tempfile.gettempdir()) / f"marginc-books-{os.getuid()}"


def open_book(name: str, count: int, folder: Path, decimal: bool = False) -> Book:
    """The book, made if it is not there. `decimal`: its numbers as decimal64 instead of float64."""
    home = folder / f"{name}{'-decimal' if decimal else ''}-{count}-{SEED}-v{VERSION}"
    if not home.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=folder, prefix="partial-"))
        _make(name, count, decimal, partial)
        try:
            partial.rename(home)
        except OSError:  # another run was faster
            shutil.rmtree(partial)
    with pa.ipc.open_file(home / "book.arrow") as reader:  # into memory: what is measured is not the disk
        table = reader.read_all()
    kept = json.loads((home / "book.json").read_text("utf-8"))
    return Book(
        name, RULEBOOKS[name], home / "book.arrow", table, kept["reference"], np.load(home / "exact.npy"), kept["ties"]
    )


def drawn(name: str, count: int) -> tuple[Accounts, Reference, int]:
    """The accounts of one of the study's books in whole numbers, its reference rows, and how many are on the line."""
    own = rules(RULEBOOKS[name])
    random = np.random.default_rng([SEED, count])
    reference = draw_reference(random, len(own.tables))
    accounts = draw_accounts(random, count, reference, rules("continuous"))
    if name != "adversarial":
        return accounts, reference, 0
    accounts, ties = with_ties(random, accounts, reference, own, TIES)
    return accounts, reference, int(ties.sum())


def market_keys() -> list[str]:
    return [f"M{number:03}" for number in range(MARKETS)]


def reference_of(reference: Reference, own: Rules, lots: bool) -> dict[str, object]:
    """The reference rows as a snapshot without accounts; `lots` where the rulebook observes them."""
    tables = list(own.tables)
    markets: dict[str, dict[str, str]] = {
        key: {"mark": decimal_text(mark, PRICE), "margin_table": tables[table]}
        for key, mark, table in zip(market_keys(), reference.mark.tolist(), reference.table.tolist(), strict=True)
    }
    if lots:
        for market, lot in zip(markets.values(), reference.lot.tolist(), strict=True):
            market["lot"] = decimal_text(lot, AMOUNT)
    prices = zip(own.assets, reference.price.tolist(), strict=True)
    assets = {key: {"price": decimal_text(price, PRICE)} for key, price in prices}
    return {"as_of": AS_OF, "assets": assets, "markets": markets}


def decimal_text(value: int, places: int) -> str:
    """A whole number of the last place as decimal text."""
    digits = f"{abs(value):0{places + 1}}"
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def _make(name: str, count: int, decimal: bool, folder: Path) -> None:
    """Writes a book: its table, its reference rows, its exact decisions."""
    if name == "hyperliquid":
        table, reference = hyperliquid.book(np.random.default_rng([SEED, count]), count, decimal)
        exact, ties = np.empty(0, np.uint8), 0
    else:
        own = rules(RULEBOOKS[name])
        accounts, rows, ties = drawn(name, count)
        exact = decisions(accounts, rows, own, discontinuous=name == "discontinuous")
        table = table_of(accounts, list(own.assets), market_keys(), decimal)
        reference = reference_of(rows, own, lots=name == "discontinuous")
    with pa.OSFile(str(folder / "book.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        for batch in table.to_batches():
            writer.write_batch(batch)
    np.save(folder / "exact.npy", exact)
    (folder / "book.json").write_text(json.dumps({"reference": reference, "ties": ties}), "utf-8")
