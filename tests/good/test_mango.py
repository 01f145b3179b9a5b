"""Health of token, order and perpetual accounts, against the numbers of the venue's own tests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.number import Ratio

RULEBOOK = Path(__file__).with_name("mango-v4.yaml")
CASES = RULEBOOK.parent / "cases" / RULEBOOK.name
VECTORS = "mango-v4.json"
Json = Any
RunCli = Callable[..., Any]

WEIGHTINGS = ("init", "maint")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        path = metafunc.config.getoption("--vectors") / "vectors" / VECTORS
        cases = json.loads(path.read_text("utf-8"))["cases"] if path.is_file() else []
        metafunc.parametrize("case", cases, ids=[case["id"] for case in cases])


def decimal(value: str | int) -> str:
    """A number of the format, which may be a fraction, as the text of a decimal."""
    number = Fraction(value)
    return str(Decimal(number.numerator) / Decimal(number.denominator))


def weights(of: Json, name: str) -> Json:
    return {weighting: decimal(of[f"{weighting}_{name}"]) for weighting in WEIGHTINGS if f"{weighting}_{name}" in of}


def prices(of: Json) -> Json:
    """Both prices, which the format writes as one where they are the same."""
    price = of["price"] if isinstance(of["price"], dict) else {"oracle": of["price"], "stable": of["price"]}
    return {name: decimal(price[name]) for name in ("oracle", "stable")}


def token(given: Json, priced: bool) -> Json:
    bank = given.get("bank") or {}
    row = {
        **prices(given),
        "asset_weights": weights(given, "asset_weight"),
        "debt_weights": weights(given, "liab_weight"),
        "deposits": bank.get("deposits"),
        "order_deposits": bank.get("potential_serum_tokens"),
        "borrows": bank.get("borrows"),
        "deposit_start": bank.get("deposit_weight_scale_start_quote"),
        "borrow_start": bank.get("borrow_weight_scale_start_quote"),
    }
    observed = {name: value for name, value in row.items() if value is not None}
    return observed if priced else {**observed, "oracle": None}


def perp_market(given: Json) -> Json:
    return {
        "settle": given["settle_token"],
        **prices(given),
        "lot": given["base_lot_size"],
        "base_asset_weights": weights(given, "base_asset_weight"),
        "base_debt_weights": weights(given, "base_liab_weight"),
        "overall_weights": weights(given, "overall_asset_weight"),
    }


def order(given: Json) -> Json:
    row = {
        name: given[name] for name in ("base", "quote", "base_free", "quote_free", "base_reserved", "quote_reserved")
    }
    if given.get("lowest_ask"):
        row["lowest_ask"] = decimal(given["lowest_ask"])
    if given.get("highest_bid_inv"):
        row["highest_bid"] = decimal(1 / Fraction(given["highest_bid_inv"]))
    return row


def reserved_order(side: str, of: str, amount: int, names: list[str]) -> Json:
    """`reserved_base(token1): 1` is an order in the market of that token and the other."""
    other = next(name for name in names if name != of)
    base, quote = (of, other) if side == "base" else (other, of)
    return {"base": base, "quote": quote, f"{side}_reserved": amount}


def snapshot(case: Json) -> Json:
    inputs = case["inputs"]
    tokens = inputs.get("tokens") or {name: given for name, given in inputs.items() if re.match(r"token\d+$", name)}
    unpriced = inputs.get("price_unavailable", [])
    perps = inputs.get("perps", [])
    reserved = [(re.match(r"reserved_(base|quote)\((\w+)\)$", name), amount) for name, amount in inputs.items()]
    return {
        "as_of": "2024-01-01",
        "tokens": {name: token(given, name not in unpriced) for name, given in tokens.items()},
        "perp_markets": {f"perp{place}": perp_market(given) for place, given in enumerate(perps)},
        "accounts": [
            {
                "account": case["id"],
                "balances": [{"token": name, "amount": decimal(given["balance"])} for name, given in tokens.items()],
                "orders": [
                    *(order(given) for given in inputs.get("spot_open_orders", [])),
                    *(reserved_order(*found.groups(), amount, list(tokens)) for found, amount in reserved if found),
                ],
                "perps": [
                    {
                        "market": f"perp{place}",
                        "lots": given["base_lots"],
                        "quote": decimal(given["quote"]),
                        "bid_lots": given["bids_base_lots"],
                        "ask_lots": given["asks_base_lots"],
                    }
                    for place, given in enumerate(perps)
                ],
            }
        ],
    }


def expected(case: Json) -> Json:
    """Outputs by name, or the status where the venue refuses to answer."""
    wanted = case["expected"]
    if "error" in wanted:
        return {"status": "unpriced"}
    if "health" in wanted:
        health_type = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", case["inputs"]["health_type"]).lower()
        return {f"{health_type}_health": Fraction(wanted["health"])}
    return {name: Fraction(value) for name, value in wanted.items()}


@pytest.fixture(scope="module")
def rulebook() -> marginc.Rulebook:
    return marginc.compile(RULEBOOK)


def fraction(value: object) -> Fraction:
    assert isinstance(value, Decimal | Ratio)
    return Fraction(value) if isinstance(value, Decimal) else Fraction(value.numerator, value.denominator)


def test_cases_with_their_arithmetic(run_cli: RunCli) -> None:
    done = run_cli("test", CASES)
    assert done.returncode == 0, done.stderr


def test_the_venues_own_number(rulebook: marginc.Rulebook, case: Json) -> None:
    (result,) = rulebook.evaluate(snapshot(case))
    wanted = expected(case)
    if "status" in wanted:
        assert result.status == wanted["status"]
        return
    allowed = 0 if case.get("recomputed_exact") else Fraction(case["tolerance_abs"])
    for name, value in wanted.items():
        assert name in result.outputs, result.errors
        assert abs(fraction(result.outputs[name]) - value) <= allowed, (name, result.outputs[name])
