"""Portfolio margin over a grid, and what stands beside it, against the venue's answers and help pages."""

from __future__ import annotations

import datetime
import json
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.number import Ratio
from marginc.runtime.results import Result

RULEBOOK = Path(__file__).with_name("deribit.yaml")
VECTORS = "deribit.json"
Json = Any

INSTANT = "2024-06-17"
"""Of the cases that do not say when they were."""
STEPS = ("-100%", "-75%", "-50%", "-25%", "0%", "25%", "50%", "75%", "100%")
FAR = ("m66", "m33", "p50", "p100", "p200", "p300", "p400", "p500")
CONVERTED = {"initial_margin": "initial_in", "maintenance_margin": "maintenance_in", "available_funds": "available_in"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        path = metafunc.config.getoption("--vectors") / "vectors" / VECTORS
        cases = json.loads(path.read_text("utf-8"))["cases"] if path.is_file() else []
        metafunc.parametrize("case", cases, ids=[f"{case['name']}-{case['id']}" for case in cases])


# --- from a case to a snapshot -----------------------------------------------------------------------------------


def held(inputs: Json) -> tuple[str, Json]:
    """The currency of the positions, and their sizes: `positions_btc`."""
    name = next(name for name in inputs if name.startswith("positions_"))
    return name.removeprefix("positions_").upper(), inputs[name]


def currency(inputs: Json, name: str) -> Json:
    params = inputs["params"]
    own = params[name.lower()]
    return {
        "index": inputs["index"],
        "price_range": params["price_range"],
        "volatility_up": params["volatility_range_up"],
        "volatility_down": params["volatility_range_down"],
        "least_volatility": params["min_volatility_for_shock_up"],
        "short_power": params["short_term_vega_power"],
        "long_power": params["long_term_vega_power"],
        "extended_factor": params["extended_table_factor"],
        "dampener": own["extended_dampener_usd"],
        "pnl_offset": own["pnl_offset"],
        "most_offset": own["max_offsetable_pnl_usd"],
        "annual_move": own["annualised_move_risk"],
        "least_move": own["min_annualised_move"],
        "delta_threshold": params["delta_total_liq_shock_threshold_usd"],
        "delta_slope": params["m_inc"],
        "most_delta_shock": params["max_delta_shock"],
    }


def expiry(instrument: str) -> Json:
    """`BTC-28JUN24` expires at 8:00 on that day; a perpetual never."""
    day = instrument.split("-")[1]
    if not re.match(r"\d", day):
        return {}
    moment = datetime.datetime.strptime(f"{day} 08:00 +0000", "%d%b%y %H:%M %z")
    return {"at": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}


def simulated(case: Json) -> Json:
    inputs = case["inputs"]
    name, sizes = held(inputs)
    marks = inputs.get("marks", {})  # of futures they do not matter: what they earn hangs on the move alone
    reserves = {"orders": "open_orders_margin", "quotes": "mmp_margin", "spot": "spot_margin"}
    return {
        "as_of": case["source"].get("date", INSTANT),
        "currencies": {name: currency(inputs, name)},
        "expiries": {instrument.split("-")[1]: expiry(instrument) for instrument in sizes},
        "instruments": {
            instrument: {
                "currency": name,
                "expiry": instrument.split("-")[1],
                "mark": marks.get(instrument, inputs["index"]),
            }
            for instrument in sizes
        },
        "accounts": [
            {
                "account": case["id"],
                "positions": [{"instrument": instrument, "size": size} for instrument, size in sizes.items()],
                "reserves": [{"currency": name} | {to: inputs[of] for to, of in reserves.items() if of in inputs}],
            }
        ],
    }


def linear(case: Json) -> Json:
    inputs = case["inputs"]
    market = {
        "mark": inputs["price"],
        "initial_base": inputs["im_base"],
        "maintenance_base": inputs["mm_base"],
        "slope": inputs["m_inc_per_coin"],
    }
    return {
        "as_of": INSTANT,
        "linear_markets": {"market": market},
        "accounts": [{"account": case["id"], "linears": [{"market": "market", "size": inputs["qty"]}]}],
    }


def converted(case: Json) -> Json:
    """The answer has no prices: each is the one at which the whole balance is what it says in that currency."""
    inputs = case["inputs"]
    balance = Decimal(inputs["total_margin_balance_usd"])
    prices = {name: balance / Decimal(given["margin_balance"]) for name, given in case["expected"].items()}
    return {
        "as_of": INSTANT,
        "currencies": {name: {"index": str(price)} for name, price in prices.items()},
        "accounts": [
            {
                "account": case["id"],
                "margin_balance": inputs["total_margin_balance_usd"],
                "other_initial_margin": inputs["total_initial_margin_usd"],
                "other_maintenance_margin": inputs["total_maintenance_margin_usd"],
            }
        ],
    }


def settling(case: Json) -> Json:
    """A call of which the venue gives delta and price, so that the price of its future does not matter."""
    inputs = case["inputs"]
    left = datetime.timedelta(minutes=inputs["window_min"] - inputs["elapsed_min"])
    at = datetime.datetime.fromisoformat(INSTANT) + left
    option = {"currency": "BTC", "expiry": "today", "mark": "60000", "strike": "40000", "right": "call"}
    return {
        "as_of": INSTANT,
        "currencies": {"BTC": {"index": "60000", "price_range": "0.16"}},
        "expiries": {"today": {"at": f"{at.isoformat()}Z"}},
        "instruments": {"call": {**option, "delta": inputs["delta"], "price": inputs["mark"]}},
        "accounts": [{"account": case["id"], "positions": [{"instrument": "call", "size": "1"}]}],
    }


SNAPSHOTS = {
    "pme_simulate": simulated,
    "size_linear_margin": linear,
    "cross_currency_conversion": converted,
    "settlement_window": settling,
}


def snapshot(case: Json) -> Json:
    return SNAPSHOTS[case["kind"]](case)


def rules(case: Json) -> dict[str, str]:
    """Parameters that the case has its own values of."""
    inputs = case["inputs"]
    if case["kind"] == "pme_simulate":
        return {"maintenance_share": inputs["params"]["mm_factor"]}
    return {"settlement_window": f"{inputs['window_min']} min"} if case["kind"] == "settlement_window" else {}


# --- what is expected, by the place of the result it stands at ---------------------------------------------------


def expected(case: Json) -> dict[str, Fraction]:
    wanted = case["expected"]
    if case["kind"] == "size_linear_margin":
        places = {"im": "initial", "mm": "maintenance"}
        return {f"linears/market/linear_{places[name]}_margin": Fraction(value) for name, value in wanted.items()}
    if case["kind"] == "settlement_window":
        return {"positions/call/net_delta": Fraction(wanted["net_delta"])}
    if case["kind"] == "cross_currency_conversion":
        return {
            f"currencies/{name}/{CONVERTED[figure]}": Fraction(value)
            for name, given in wanted.items()
            for figure, value in given.items()
            if figure in CONVERTED
        }
    name, sizes = held(case["inputs"])
    perpetual = next((instrument for instrument in sizes if "PERPETUAL" in instrument), "")
    future = next((instrument for instrument in sizes if instrument != perpetual), "")
    tables = {
        "perp_standard_9": (f"positions, shocks/{perpetual}", STEPS, "/flat/pnl"),
        "fut_standard_9": (f"positions, shocks/{future}", STEPS, "/flat/pnl"),
        "aggregated_standard_9": (f"units, shocks/{name}", STEPS, "/flat/counted"),
        "aggregated_extended_8": (f"units, extremes/{name}", FAR, "/far_counted"),
        "extended_moves_perp_vector": (f"positions, extremes/{perpetual}", FAR, "/far_pnl"),
    }
    figures = {
        "worst_case": "largest_loss",
        "roll_shock": "roll_shock",
        "delta_shock": "delta_shock",
        "risk_matrix_margin": "risk_matrix",
        "initial_margin": "unit_initial_margin",
        "maintenance_margin": "unit_maintenance_margin",
    }
    found: dict[str, Fraction] = {}
    for figure, value in wanted.items():
        if figure in tables:
            before, moves, after = tables[figure]
            found |= {f"{before}/{move}{after}": Fraction(v) for move, v in zip(moves, value, strict=True)}
        else:
            found[f"units/{name}/{figures[figure]}"] = Fraction(value)
    return found


def tolerance(case: Json, place: str) -> Fraction:
    """The venue computes with doubles; what it converts is rounded to the currency's last digit."""
    if case["kind"] != "cross_currency_conversion":
        return Fraction(1, 10**15)
    given = case["expected"][place.split("/")[1]]
    return Fraction(1, 10 ** max(len(value.partition(".")[2]) for value in given.values()))


def fraction(value: object) -> Fraction:
    assert isinstance(value, Decimal | Ratio)
    return Fraction(*(value.as_integer_ratio() if isinstance(value, Decimal) else (value.numerator, value.denominator)))


def figures(result: Result) -> dict[str, object]:
    """Outputs of rows by their place: `positions, shocks/BTC-PERPETUAL/-100%/flat/pnl`."""
    return {
        "/".join([plural, *(getattr(key, "key", str(key)) for key in row.key.values()), name]): value
        for plural, rows in result.rows.items()
        for row in rows
        for name, value in row.outputs.items()
    }


@pytest.fixture(scope="module")
def rulebook() -> marginc.Rulebook:
    return marginc.compile(RULEBOOK)


def test_the_venues_own_number(rulebook: marginc.Rulebook, case: Json) -> None:
    (result,) = rulebook.evaluate(snapshot(case), set=rules(case))
    assert result.errors == ()
    found = figures(result)
    wanted = expected(case)
    assert wanted
    for place, value in wanted.items():
        assert abs(fraction(found[place]) - value) <= tolerance(case, place), (place, found[place], float(value))


def test_the_arithmetic_by_hand(run_cli: Any) -> None:
    done = run_cli("test", RULEBOOK.parent / "cases" / RULEBOOK.name)
    assert done.returncode == 0, done.stdout
