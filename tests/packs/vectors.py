"""The systems with recorded cases: how a case is read, under which rulebook it is run, and how near its figures are.

A further system is an adapter beside this file (`snapshot`, `expected` and `within`, general over the format) and a row
of SYSTEMS.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import marginc
from marginc.program.number import Ratio
from marginc.program.program import Constant, RowKey
from marginc.runtime.results import Result
from marginc.tests.packs import aave_v3, cme_span, occ_tims, us_equity

Json = dict[str, Any]
Figure = Decimal | bool | str | None

HERE = Path(__file__).resolve().parent
ZERO = Fraction()


def no_settings(_: Json) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Reading:
    """A rulebook over the cases of a system.

    rulebook    a shipped name; `extension` is a file here that gives the account the figures the cases state
    snapshot    the case as a snapshot of it; None where the case does not state what the rulebook needs: `unread`
    expected    the figures that have to come out, by the name of the output
    within      how far the value of that name may lie from its figure; `tolerance` says it in words
    settings    parameters that the case states
    rounds      the source rounds a number without an end to the digits it prints
    """

    rulebook: str
    snapshot: Callable[[Json], Json | None]
    expected: Callable[[Json], Mapping[str, Figure]]
    within: Callable[[Json, str], Decimal]
    tolerance: str
    extension: str = ""
    unread: str = ""
    settings: Callable[[Json], Mapping[str, str]] = no_settings
    rounds: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """A figure that its own source contradicts: what it `states`, what comes of the rest of the row, and why.

    It is known by its case's name and by what it says, whatever its place in a file.
    """

    case: str
    figure: str
    states: Decimal
    right: Decimal
    because: str


@dataclass(frozen=True, slots=True)
class System:
    """Recorded cases of one system, in `files` of the folder `vectors`, and the readings that give their figures."""

    name: str
    files: tuple[str, ...]
    readings: tuple[Reading, ...]
    wrong: tuple[Wrong, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure: what the rules give, what the case states, and how far apart they may be."""

    name: str
    value: Constant
    figure: Figure
    within: Decimal = Decimal(0)
    rounds: bool = False
    wrong: Wrong | None = None

    @property
    def off(self) -> Fraction | None:
        """How far apart they are; None where they are no numbers and differ."""
        if isinstance(self.figure, Decimal) and isinstance(self.value, Decimal | Ratio):
            off = abs(exact(self.value) - Fraction(self.figure))
            digits = self.figure.as_tuple().exponent
            assert isinstance(digits, int)
            is_rounded = self.rounds and isinstance(self.value, Ratio) and off <= Fraction(10) ** digits / 2
            return ZERO if is_rounded else off
        value = self.value.key if isinstance(self.value, RowKey) else self.value
        return ZERO if type(value) is type(self.figure) and value == self.figure else None

    @property
    def holds(self) -> bool:
        return self.off is not None and self.off <= Fraction(self.within)


def read_cases(system: System, folder: Path) -> list[Json]:
    """The cases of a system below `folder`; none where it has no such files."""
    paths = [folder / "vectors" / file for file in system.files]
    texts = [path.read_text("utf-8") for path in paths if path.is_file()]
    return [case for text in texts for case in json.loads(text, parse_float=Decimal)["cases"]]


def compare(system: System, reading: Reading, case: Json) -> list[Compared] | None:
    """Every figure of a case under one rulebook; None where the case cannot be read for it."""
    document = reading.snapshot(case)
    if document is None:
        return None
    (result,) = compiled(reading).evaluate(document, set=reading.settings(case))
    assert result.errors == ()
    figures, found = reading.expected(case), outputs(result)
    return [known_wrong(system, reading, case, name, found[name], figure) for name, figure in figures.items()]


def known_wrong(system: System, reading: Reading, case: Json, name: str, value: Constant, figure: Figure) -> Compared:
    for wrong in system.wrong:
        if (wrong.case, wrong.figure, wrong.states) == (case.get("name"), name, figure):
            return Compared(name, value, wrong.right, wrong=wrong)
    return Compared(name, value, figure, reading.within(case, name), reading.rounds)


@functools.cache
def compiled(reading: Reading) -> marginc.Rulebook:
    return marginc.compile(HERE / reading.extension if reading.extension else reading.rulebook)


def outputs(result: Result) -> Mapping[str, Constant]:
    """The account's outputs, and those of rows that are the only ones of their collection."""
    alone = [rows[0].outputs for rows in result.rows.values() if len(rows) == 1]
    return {name: value for own in (*alone, result.outputs) for name, value in own.items()}


def exact(value: Decimal | Ratio) -> Fraction:
    return Fraction(value) if isinstance(value, Decimal) else Fraction(value.numerator, value.denominator)


# ---- the systems ----------------------------------------------------------------------------------------------------

HELD = "maintenance"
"""What the adapter of US shares calls the figure that a rulebook of its own gives, and that calls it `requirement`."""


def bought(case: Json) -> Mapping[str, Figure]:
    return {name: figure for name, figure in stated(case).items() if name != HELD}


def held(case: Json) -> Mapping[str, Figure]:
    figures = stated(case)
    return {"requirement": figures[HELD]} if HELD in figures else {}


def stated(case: Json) -> Mapping[str, Figure]:
    known = us_equity.FIGURES.keys() | us_equity.NOT_OF_THE_RULES
    assert "kind" in case["expected"] or case["expected"].keys() <= known, "a figure that nothing is compared with"
    return us_equity.expected(case)


def within_of_held(case: Json, _: str) -> Decimal:
    return us_equity.within(case, HELD)


DOLLARS = "what the source rounds, or says it may be off by"
NO_ARRAY = "its options come without what they make at the ten prices"
NO_PRICE = "it has no options, or the price of what they are on is not stated"

SYSTEMS = (
    System(
        "us-equity",
        ("reg-t-4210.json", "option-strategies.json"),
        (
            Reading(
                "us-equity/regulation-t", us_equity.snapshot, bought, us_equity.within, DOLLARS,
                extension="us_equity.yaml", settings=us_equity.settings,
            ),
            Reading("us-equity/finra-4210", us_equity.snapshot, held, within_of_held, DOLLARS),
        ),
        wrong=(
            Wrong(
                "Cboe2007.Long Straddle.IBM.strategy", "deposit", Decimal(48_500), Decimal(48_600),
                "10,000 x (3.18 + 1.68) = 48,600 by the prices of its own row",
            ),
        ),
    ),
    System(
        "occ-tims",
        ("occ-tims.json",),
        (
            Reading(
                "occ-tims/core", occ_tims.snapshot, occ_tims.expected, occ_tims.within,
                "2 % with options, whose volatilities are inferred", unread=NO_ARRAY,
            ),
            Reading(
                "occ-tims/priced", occ_tims.priced, occ_tims.expected, occ_tims.within,
                "2 %, volatilities inferred", unread=NO_PRICE,
            ),
        ),
    ),
    System(
        "cme-span",
        ("cme-span.json",),
        (
            Reading(
                "cme-span/nse", cme_span.snapshot, cme_span.expected, cme_span.within,
                "half a rupee, where whole ones are printed",
                extension="cme_span.yaml", unread="its source states results without inputs",
            ),
        ),
    ),
    System(
        "aave-v3",
        ("aave-v3.json",),
        (
            Reading(
                "aave-v3/core", aave_v3.snapshot, aave_v3.expected, aave_v3.within,
                "what the case says", rounds=True,
            ),
        ),
    ),
)  # fmt: skip


def cases_of(systems: tuple[System, ...], folder: Path) -> Iterator[tuple[System, Json]]:
    for system in systems:
        for case in read_cases(system, folder):
            yield system, case
