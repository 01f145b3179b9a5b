"""The numbers of the benchmarks' rulebooks, as contestants that cannot read a rulebook need them.

Whole numbers of a fixed scale stand for the decimals, so that nobody computes with another number than the rules say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

import marginc
from marginc.program.program import Constant, Program, TableValue

FOLDER = Path(__file__).resolve().parents[1] / "rules"
AMOUNT = 8
"""Decimal places of amounts, sizes, lots and cash."""
PRICE = 6
"""Decimal places of prices, marks and entries."""
RATE = 3
"""Decimal places of maintenance rates."""
SHARE = 2
"""Decimal places of thresholds, loan-to-values, surcharges and the trigger."""


@dataclass(frozen=True, slots=True)
class Asset:
    """What the rules say of an asset: shares in hundredths, the cap in whole units."""

    ltv: int
    threshold: int
    cap: int


@dataclass(frozen=True, slots=True)
class MarginTable:
    """Tiers from the first on: where they begin in whole USD, and their rates in thousandths.

    loss_limit   whole USD; 0 where the rulebook has none
    surcharge    hundredths
    """

    begins: tuple[int, ...]
    rates: tuple[int, ...]
    loss_limit: int = 0
    surcharge: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """The parameters of `continuous.yaml`, or of `discontinuous.yaml`. `trigger` is in hundredths."""

    assets: dict[str, Asset]
    tables: dict[str, MarginTable]
    trigger: int


@cache
def rules(name: str) -> Rules:
    """The parameters of `continuous` or `discontinuous`, read from the rulebook itself."""
    compiled = program(name)
    parameters = compiled.parameters
    defaults = {field.name: field.default for field in compiled.kinds["margin_table"].fields if field.has_default}
    return Rules(
        assets={
            key: Asset(_whole(row["ltv"], SHARE), _whole(row["liquidation_threshold"], SHARE), _whole(row["cap"]))
            for key, row in parameters["asset"].items()
        },
        tables={key: _margin_table({**defaults, **row}) for key, row in parameters["margin_table"].items()},
        trigger=_whole(parameters[""][""]["trigger"], SHARE),
    )


@cache
def program(name: str) -> Program:
    """A rulebook of the benchmarks, or a shipped one, compiled for the instant of the books."""
    path = FOLDER / f"{name}.yaml"
    return marginc.compile(path if path.is_file() else name).at(AS_OF).compiled


AS_OF = "2026-09-08T00:00:00Z"
"""The instant of every book."""


def _margin_table(row: Mapping[str, Constant]) -> MarginTable:
    tiers = row["tiers"]
    assert isinstance(tiers, TableValue)
    return MarginTable(
        begins=tuple(_whole(tier.low) for tier in tiers.rows),
        rates=tuple(_whole(dict(tier.cells)["rate"], RATE) for tier in tiers.rows),
        loss_limit=_whole(row.get("loss_limit", Decimal(0))),
        surcharge=_whole(row.get("surcharge", Decimal(0)), SHARE),
    )


def _whole(value: Constant, places: int = 0) -> int:
    """A decimal as a whole number of its last place."""
    assert isinstance(value, Decimal)
    whole = value.scaleb(places)
    assert whole == int(whole), f"{value} has more than {places} decimal places"
    return int(whole)
