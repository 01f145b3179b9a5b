"""The standard schedule for derivatives that are not cleared, against the numbers of two public implementations."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.number import Ratio
from marginc.runtime.results import Result

RULEBOOK = Path(__file__).with_name("im-schedule.yaml")
VECTORS = "im-schedule.json"
Json = Any

VALUATION = datetime.datetime(2020, 12, 28, tzinfo=datetime.UTC)
"""Where a case gives none: the maturities of the trades that have both, 1.65202 years to 23/08/2022, are from here."""
FIGURES = {
    "multiplier": "multiplier",
    "gross_im": "gross_margin",
    "gross_rc": "gross_replacement",
    "net_rc": "net_replacement",
    "ngr": "net_to_gross",
    "im": "margin",
    "im_rounded_0dp": "margin",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        path = metafunc.config.getoption("--vectors") / "vectors" / VECTORS
        cases = json.loads(path.read_text("utf-8"), parse_float=str)["cases"] if path.is_file() else []
        metafunc.parametrize("case", cases, ids=[f"{case['name']}-{case['id']}" for case in cases])


def instant(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def day(text: str) -> datetime.datetime:
    """A day written `23/08/2022` or `2018-09-12`."""
    if "/" in text:
        text = "-".join(reversed(text.split("/")))
    return datetime.datetime.fromisoformat(f"{text}T00:00:00+00:00")


def snapshot(case: Json) -> Json:
    inputs = case["inputs"]
    valuation = day(inputs["valuation"]) if "valuation" in inputs else VALUATION
    if "trades" in inputs:  # a netting set
        trades = {name: (given["product_class"], day(given["end_date"])) for name, given in inputs["trades"].items()}
        notionals = {name: [given["notional"]] for name, given in inputs["trades"].items()}
        values = {name: [given["pv"]] for name, given in inputs["trades"].items()}
    elif "notionals" in inputs:  # trades of one class and maturity, each of several parts
        notionals, values = inputs["notionals"], inputs["pvs"]
        trades = {name: (inputs["product_class"], day(inputs["end"])) for name in {**notionals, **values}}
    else:  # one trade
        end = valuation + datetime.timedelta(days=365 * float(inputs["maturity_years"]))
        trades, notionals, values = {"trade": (inputs["product_class"], end)}, {"trade": [inputs["notional"]]}, {}
    return {
        "as_of": instant(valuation),
        "trades": {name: {"product": product, "end": instant(end)} for name, (product, end) in trades.items()},
        "accounts": [
            {
                "account": case["id"],
                "side": inputs.get("side", "Call").lower(),
                "notionals": [{"trade": t, "amount": amount} for t, parts in notionals.items() for amount in parts],
                "values": [{"trade": t, "amount": amount} for t, parts in values.items() for amount in parts],
            }
        ],
    }


def rounding(name: str, value: str) -> Fraction:
    """How far off a figure its last digit allows: rates are written in full, amounts to the cent or to the unit."""
    if name == "multiplier":
        return Fraction(0)
    least = 0 if name.endswith("_0dp") else 4 if name == "ngr" else 2
    return Fraction(1, 2 * 10 ** max(least, len(value.partition(".")[2])))


def expected(case: Json) -> dict[str, tuple[Fraction, Fraction]]:
    """Each figure and its rounding; the posting side writes costs as negative."""
    wanted = case["expected"].items()
    return {FIGURES[name]: (abs(Fraction(value)), rounding(name, str(value))) for name, value in wanted}


@pytest.fixture(scope="module")
def rulebook() -> marginc.Rulebook:
    return marginc.compile(RULEBOOK)


def fraction(value: object) -> Fraction:
    assert isinstance(value, Decimal | Ratio)
    return Fraction(*(value.as_integer_ratio() if isinstance(value, Decimal) else (value.numerator, value.denominator)))


def figures(result: Result) -> dict[str, object]:
    """Outputs of the account, and of its last trade."""
    of_trades = {name: value for row in result.rows["exposures"] for name, value in row.outputs.items()}
    return {**of_trades, **result.outputs}


def test_the_number_of_the_implementation(rulebook: marginc.Rulebook, case: Json) -> None:
    (result,) = rulebook.evaluate(snapshot(case))
    assert result.errors == ()
    found = figures(result)
    for name, (value, allowed) in expected(case).items():
        assert abs(fraction(found[name]) - value) <= allowed, (name, found[name])


def test_the_arithmetic_by_hand(run_cli: Any) -> None:
    done = run_cli("test", RULEBOOK.parent / "cases" / RULEBOOK.name)
    assert done.returncode == 0, done.stdout
