"""What the recorded accounts are: each file's rulebook, what is taken as given, and its account after import."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.importers import IMPORTERS
from marginc.program.diagnostic import Diagnostic
from marginc.program.number import Ratio
from marginc.runtime.results import Result

ANSWERS = {
    "portfolioMarginRatio", "crossMaintenanceMarginUsed", "tokenToAvailableAfterMaintenance", "marginUsed",
    "totalMarginUsed", "liquidationPx", "hold", "spotHold", "healthFactor", "health", "withdrawable", "accountValue",
    "tokenToPortfolioBorrowRatio", "tokenToPortfolioSupplyRatio", "borrowYearlyRate", "supplyYearlyRate",
    "maxTradeSzs", "activeAssetData", "supplied",
}  # fmt: skip
"""What the venue computed: deleted before an import, so that nothing compared can have been read."""

Json = Any


def exact(value: object) -> Fraction | None:
    """A result as a fraction; none stays none."""
    if value is None:
        return None
    assert isinstance(value, Decimal | Ratio)
    return (
        Fraction(*value.as_integer_ratio())
        if isinstance(value, Decimal)
        else Fraction(value.numerator, value.denominator)
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules say of an account, as fractions. `rows` are by collection, and by the first field of their key."""

    status: str | None
    errors: tuple[Diagnostic, ...]
    outputs: Mapping[str, Fraction | None]
    rows: Mapping[str, Mapping[str, Mapping[str, Fraction | None]]]


def verdict(result: Result) -> Verdict:
    def fractions(outputs: Mapping[str, object]) -> dict[str, Fraction | None]:
        return {name: exact(value) for name, value in outputs.items() if not isinstance(value, str)}

    keyed = {
        collection: {str(next(iter(row.key.values())).key): fractions(row.outputs) for row in found if row.key}  # type: ignore[union-attr]
        for collection, found in result.rows.items()
    }
    return Verdict(result.status, result.errors, fractions(result.outputs), keyed)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded account, and its verdicts under a rulebook. `given` is what the file says to take as given."""

    name: str
    rulebook: str
    document: Json
    snapshot: dict[str, Any]
    given: Mapping[str, str]

    @property
    def answers(self) -> Json:
        """The venue's responses, its own results included."""
        return self.document["responses"]

    @property
    def is_scaled(self) -> bool:
        """Whether every amount was multiplied by one unknown factor, and rounded after that."""
        return bool(self.document.get("amounts_scaled", False)) or "amounts scaled" in self.document["source"].get(
            "note", ""
        )

    def verdict(self, shock: str = "") -> Verdict:
        (result,) = compiled(self.rulebook).evaluate(self.snapshot, set=self.given, shock=shock)
        return verdict(result)


@functools.cache
def compiled(rulebook: str) -> marginc.Rulebook:
    return marginc.compile(rulebook)


@dataclass(frozen=True, slots=True)
class File:
    """A recording: its rulebook, what the file says to take as given, and whether its positions are cut short."""

    name: str
    rulebook: str
    given: Mapping[str, str] = field(default_factory=dict)
    positions_cut: bool = False


FILES = (
    File("pm-borrow-hype-2026-09-08", "hyperliquid/portfolio-margin"),
    File("pm-collateral-hype-2026-09-14", "hyperliquid/portfolio-margin"),
    File(
        "pm-no-collateral-2026-07-18",
        "hyperliquid/portfolio-margin",
        {"account.maintenance_margin": "23.104792"},  # crossMaintenanceMarginUsed
        positions_cut=True,
    ),
    File("unified-hip3-2026-09-14", "hyperliquid/unified"),
    File("unified-isolated-2026-09-22", "hyperliquid/unified"),
    File("standard-cross-2023-03-27", "hyperliquid/standard"),
    File(
        "standard-cross-partial-2026-09-14",
        "hyperliquid/standard",
        {
            "dex_account.value": "841908.1973619562",  # crossMarginSummary.accountValue
            "dex_account.maintenance_margin": "95381.6331481185",  # crossMaintenanceMarginUsed
        },
    ),
)


def without_answers(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: without_answers(inner) for key, inner in value.items() if key not in ANSWERS}
    return [without_answers(inner) for inner in value] if isinstance(value, list) else value


@pytest.fixture(scope="session")
def accounts(shared: Path) -> dict[str, Recorded]:
    """Every recorded account, by file."""
    read: dict[str, Recorded] = {}
    for file in FILES:
        document = json.loads((shared / "vectors" / "hyperliquid" / f"{file.name}.json").read_text("utf-8"))
        stripped = without_answers(document)
        if file.positions_cut:
            stripped["responses"]["clearinghouseState"][""]["assetPositions"] = []
        snapshot = IMPORTERS["hyperliquid"](stripped, f"{file.name}.json").snapshot
        read[file.name] = Recorded(file.name, file.rulebook, document, snapshot, file.given)
    return read


@pytest.fixture(scope="session")
def verdict_of() -> Callable[[Result], Verdict]:
    """A result as fractions, where a test makes its own snapshot."""
    return verdict


@pytest.fixture(params=[file.name for file in FILES])
def account(request: pytest.FixtureRequest, accounts: dict[str, Recorded]) -> Recorded:
    """One recorded account after the other."""
    return accounts[request.param]
