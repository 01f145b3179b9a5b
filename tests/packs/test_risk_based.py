"""SPAN and portfolio margin: the small markets that extend them, and a thousand accounts."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.number import Ratio, multiply

Json = dict[str, Any]

MARKETS = Path(marginc.__file__).parent / "tests" / "good"
SCENARIOS = [str(n) for n in range(1, 17)]


@pytest.mark.parametrize("market", ["span", "tims"])
def test_the_cases_pass(market: str, run_cli: Any) -> None:
    done = run_cli("test", MARKETS / "cases" / f"{market}.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def grain(draw: random.Random) -> Json:
    return {
        "as_of": draw.choice(["2026-03-02", "2026-06-01"]),
        "contracts": {
            name: {
                "delta": str(Decimal(draw.randint(-100, 100)) / 100),
                "value": str(draw.randint(0, 900)),
                "risk_array": {n: str(draw.randint(-2000, 2000)) for n in SCENARIOS},
            }
            for name in ("corn_c500", "soy_p900")
        },
    }


def equities(draw: random.Random) -> Json:
    values = ("SPX_future", "NDX_fund", "RUT_future", "SSO", "IBM", "MSFT")
    return {"as_of": "2026-01-05", "contracts": {name: {"value": str(draw.randint(1, 5000))} for name in values}}


@pytest.mark.parametrize(
    ("market", "observed", "quantity", "margin", "contracts"),
    [
        (
            "span", grain, "quantity", "maintenance_margin",
            ["corn_mar", "corn_may", "corn_jul", "corn_dec", "corn_c500", "soy_may", "soy_p900"],
        ),
        (
            "tims", equities, "size", "margin",
            ["SPX_future", "NDX_fund", "RUT_future", "SSO", "IBM", "IBM_p95", "MSFT"],
        ),
    ],
)  # fmt: skip
def test_a_thousand_accounts_and_twice_the_position_needs_twice_the_margin(
    market: str, observed: Any, quantity: str, margin: str, contracts: list[str]
) -> None:
    draw = random.Random(4)
    rulebook = marginc.compile(MARKETS / f"{market}.yaml")
    for _ in range(10):
        accounts = []
        for number in range(50):
            held = {contract: draw.randint(-9, 9) for contract in draw.sample(contracts, draw.randint(0, 5))}
            for times in (1, 2):
                positions = [{"contract": contract, quantity: str(n * times)} for contract, n in held.items()]
                accounts.append({"account": f"{number} times {times}", "positions": positions})
        results = list(rulebook.evaluate({**observed(draw), "accounts": accounts}))
        assert [error for result in results for error in result.errors] == []
        for once, twice in zip(results[::2], results[1::2], strict=True):
            needed, doubled = once.outputs[margin], twice.outputs[margin]
            assert isinstance(needed, Decimal | Ratio)
            assert doubled == multiply(needed, Decimal(2))
