"""Strategies: random rulebooks that are well typed by construction, and snapshots for them.

The generator knows the language's types only and does not ask the compiler. Names are unique over all kinds, and a
definition reads those made before it.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from random_expressions import Around, Maker, Reached
from random_rules import RATIO, TIME, USD, Definition, Dimension, Field, Kind, Rules, Type, times

MOST_DEGREE = 40
"""The language takes 64; what is above this is made again, smaller."""
SCOPES = (
    ("asset",), ("scenario",), ("asset", "scenario"), ("position",), ("order",), ("position", "scenario"), ("book",),
    ("holding",), ("holding", "scenario"), ("account", "asset"), ("account", "scenario"), ("account",),
)  # fmt: skip
"""Inner kinds mostly before outer ones, so that there is something to read."""


def _number(
    name: str, dimension: Dimension, text: str, default: str | None, observed: bool, optional: bool = False
) -> Field:
    type_ = Type("number", dimension, None, optional)
    return Field(name, type_, text + (" | none" if optional else ""), default, observed)


def _kinds(chance: random.Random) -> dict[str, Kind]:
    tiers = Field("tiers", Type("table", USD), "{ by: USD, columns: { rate: ratio } }", None, False)
    risk_type = Type("vector", (("USD", 1), ("asset", -1)), "scenario")
    sides = Type("label", of=("long", "short"))
    kinds = [
        Kind("scenario", "scenarios", "reference", (
            _number("move", RATIO, "ratio", None, False),
            _number("weight", RATIO, "ratio", "100%", False),
            *_more("scenario", chance),
        )),
        Kind("asset", "assets", "reference", (
            _number("ltv", RATIO, "ratio", "10%", False),
            _number("cap", (("asset", 1),), "unit", "none", False, True),
            tiers,
            Field("listed", Type("bool"), "bool", "false", False),
            Field("since", Type("date", optional=True), "date | none", "none", False),
            _number("price", times(USD, (("asset", 1),), -1), "USD/unit", None, True),
            _number("vol", RATIO, "ratio", "none", True, True),
            Field("risk", risk_type, "USD/unit by scenario", None, True),
            *_more("asset", chance),
        )),
        Kind("account", "", "account", (
            _number("cash", USD, "USD", "0", True),
            Field("level", Type("label", of=("retail", "pro")), "retail | pro", "pro", True),
            Field("opened", Type("date"), "date", None, True),
            *_more("account", chance),
        )),
        Kind("position", "positions", "rows", (
            Field("asset", Type("row", of="asset"), "asset", None, True),
            _number("size", (("position.asset", 1),), "asset.unit", None, True),
            _number("entry", USD, "USD", "0", True),
            Field("side", sides, "long | short", None, True),
            _number("limit", (("position.asset", 1),), "asset.unit", "none", True, True),
            *_more("position", chance),
        )),
        Kind("order", "orders", "rows", (
            Field("asset", Type("row", of="asset"), "asset", None, True),
            _number("amount", (("order.asset", 1),), "asset.unit", None, True),
            Field("urgent", Type("bool"), "bool", "false", True),
        )),
        Kind("book", "books", "group", (Field("side", sides, "", None, True),), ("position",), ("side",)),
        Kind("holding", "holdings", "group", (), ("position", "order"), ("asset",)),
    ]  # fmt: skip
    return {kind.name: kind for kind in kinds}


def _more(kind: str, chance: random.Random) -> tuple[Field, ...]:
    """Fields of random types with defaults."""
    choices = (
        ("ratio", Type("number"), "25%"),
        ("ratio | none", Type("number", optional=True), "none"),
        ("USD", Type("number", USD), "7"),
        ("USD | none", Type("number", USD, None, True), "3"),
        ("time", Type("number", TIME), "8h"),
        ("bool", Type("bool"), "true"),
        ("red | blue | none", Type("label", of=("red", "blue"), optional=True), "none"),
        ("date", Type("date"), "2026-01-01"),
    )
    observed = kind not in ("asset", "scenario")
    return tuple(
        Field(f"{kind}_{place}", type_, text, default, observed)
        for place, (text, type_, default) in enumerate(chance.sample(choices, chance.randrange(3)))
    )


def _parameters(chance: random.Random) -> dict[str, dict[str, dict[str, Any]]]:
    scenarios = {f"s{n}": {"move": f"{chance.choice((-10, -3, 0, 5, 20))}%"} for n in range(chance.randint(1, 3))}
    assets: dict[str, dict[str, Any]] = {}
    for key in ("A", "B", "C")[: chance.randint(1, 3)]:
        lows = sorted(chance.sample((10, 50, 1_000, 25_000), chance.randrange(3)))
        assets[key] = {"tiers": [(str(low), f"{chance.randint(1, 40)}%") for low in (0, *lows)]}
        if chance.random() < 0.5:
            assets[key] |= {"cap": chance.choice(("0", "12.5", "1_000")), "listed": "true"}
        if chance.random() < 0.5:
            assets[key] |= {"ltv": chance.choice(("0%", "65%", "99.5%")), "since": "2025-06-30"}
    return {"scenario": scenarios, "asset": assets}


OWN = {
    "fee": (Type("number"), "1%"),
    "base": (Type("number", USD), "5 USD"),
    "start": (Type("date"), "2026-01-01"),
}


def random_rulebook(seed: int, most: int = 9) -> Rules:
    """A rulebook with up to that many definitions. (Drawn choice by choice, most would be the simplest there is.)"""
    chance = random.Random(seed)
    kinds = _kinds(chance)
    rules = Rules(kinds, (), _parameters(chance), OWN)
    scopes = [chance.choice((*SCOPES, ("holding",), ("position",))) for _ in range(chance.randint(2, most - 1))]
    scopes.sort(key=lambda scope: SCOPES.index(scope) + chance.uniform(-3, 3))
    for number, scope in enumerate((*scopes, ("account",))):
        rules = replace(rules, definitions=(*rules.definitions, _definition(rules, scope, f"d{number}", chance)))
    return rules


def _definition(rules: Rules, scope: tuple[str, ...], name: str, chance: random.Random) -> Definition:
    around = Around(scope, tuple(Reached("", kind, kind) for kind in scope))
    maker = Maker(rules, chance)
    dimensions: list[Dimension] = [USD, USD, RATIO, TIME]
    dimensions += [((f"{kind}.asset", 1),) for kind in scope if kind in ("position", "order", "holding")]
    dimensions += [(("USD", 1), ("asset", -1)), (("asset", 1),)] if "asset" in scope else []
    dimension = chance.choice(dimensions)
    if chance.random() < 0.15:
        return Definition(scope, name, maker.truth(around, 2), Type("bool"), 1)
    text, degree = maker.number(around, dimension, chance.randint(1, 4))
    if degree > MOST_DEGREE:
        text, degree = maker.number(around, dimension, 0)
    optional = chance.random() < 0.15
    if optional:
        text = f"if {maker.truth(around, 1)} then {text} else none"
    elif "scenario" in scope and dimension in (USD, RATIO) and chance.random() < 0.5:
        literal = "1 USD" if dimension == USD else "50%"
        text = f"default(scenario.previous.{name}, {literal}) / 2 + {text}"
    return Definition(scope, name, text, Type("number", dimension, None, optional), max(1, degree))


# ---- snapshots

NUMBERS = ("0", "1", "-1", "2.5", "100", "-40", "0.001", "12345.678", "1e40", "-1e40", "1e-40", "3")


def random_snapshot(rules: Rules, seed: int) -> dict[str, Any]:
    """Two accounts: extreme numbers, empty collections, prices and rows that are missing."""
    chance = random.Random(seed)
    scenarios = list(rules.parameters["scenario"])
    assets: dict[str, dict[str, Any]] = {}
    for key in (*rules.parameters["asset"], "NEW"):
        if chance.random() < 0.9:
            assets[key] = {"price": chance.choice(NUMBERS), "risk": {s: chance.choice(NUMBERS) for s in scenarios}}
        if key in assets and chance.random() < 0.5:
            assets[key]["vol"] = chance.choice((*NUMBERS, None))
        if key in assets and chance.random() < 0.1:
            del assets[key]["price"], assets[key]["risk"][scenarios[-1]]
    accounts = [_account([*assets, *rules.parameters["asset"]], number, chance) for number in range(2)]
    as_of = chance.choice(("2026-03-01T00:00:00Z", "2025-01-31T12:34:56Z"))
    return {"as_of": as_of, "assets": assets, "accounts": accounts}


@st.composite
def rulebooks_with_snapshots(draw: st.DrawFn) -> tuple[Rules, dict[str, Any]]:
    rules = random_rulebook(draw(st.integers(0, 2**40)))
    return rules, random_snapshot(rules, draw(st.integers(0, 2**40)))


def _account(keys: list[str], number: int, chance: random.Random) -> dict[str, Any]:
    keys = list(dict.fromkeys((*keys, "MISSING") if chance.random() < 0.05 else keys))
    positions = [
        {"asset": key, "size": chance.choice(NUMBERS), "side": chance.choice(("long", "short"))}
        for key in chance.sample(keys, min(len(keys), chance.randrange(4)))
    ]
    for row in positions:
        row |= {"entry": chance.choice(NUMBERS)} if chance.random() < 0.5 else {}
        row |= {"limit": chance.choice((*NUMBERS, None))} if chance.random() < 0.5 else {}
    orders = [
        {"asset": chance.choice(keys), "amount": chance.choice(NUMBERS), "urgent": chance.random() < 0.5}
        for _ in range(chance.randrange(3) if keys else 0)
    ]
    account: dict[str, Any] = {"account": str(number), "cash": chance.choice(NUMBERS)}
    account |= {"opened": "2024-02-29"} if chance.random() < 0.9 else {}
    account |= {"level": chance.choice(("retail", "pro"))} if chance.random() < 0.5 else {}
    account |= {"positions": positions} if positions or chance.random() < 0.5 else {}
    return account | ({"orders": orders} if orders else {})
