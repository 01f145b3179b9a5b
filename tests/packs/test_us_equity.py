"""A thousand accounts of shares and options, and options against the best way to pair them."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from typing import Any

import pytest

import marginc
from marginc.program.number import Ratio, multiply

Json = dict[str, Any]


@pytest.fixture(scope="module")
def maintenance() -> marginc.Rulebook:
    return marginc.compile("us-equity/finra-4210")


@pytest.mark.parametrize("name", ["call-money-1929", "regulation-t", "finra-4210"])
def test_a_thousand_accounts_and_twice_the_position_needs_twice_the_margin(name: str) -> None:
    draw = random.Random(5)
    rulebook = marginc.compile(f"us-equity/{name}")
    figure = "margin" if name == "call-money-1929" else "requirement"
    for _ in range(10):
        underlyings = {u: underlying(draw) for u in "ABC"}
        accounts = []
        for number in range(50):
            held = [leg(draw, underlyings) for _ in range(draw.randint(0, 8))]
            for times in (1, 2):
                legs = [{**one, "quantity": str(one["quantity"] * times)} for one in held]
                accounts.append(
                    {"account": f"{number} times {times}", "cash": str(draw.randint(-999, 999)), "legs": legs}
                )
        results = list(rulebook.evaluate({"as_of": "2026-01-05", "underlyings": underlyings, "accounts": accounts}))
        assert [error for result in results for error in result.errors] == []
        for once, twice in zip(results[::2], results[1::2], strict=True):
            needed, doubled = once.outputs[figure], twice.outputs[figure]
            assert isinstance(needed, Decimal | Ratio)
            assert doubled == multiply(needed, Decimal(2))


def underlying(draw: random.Random) -> Json:
    return {
        "price": str(draw.choice([0, 2, 4, 50, 100])),
        "option_class": draw.choice(["equity", "broad_index", "currency"]),
        "leverage": str(draw.choice([1, 1, 2, 3, 5])),
    }


def leg(draw: random.Random, underlyings: Json) -> Json:
    name = draw.choice("ABC")
    place: Json = {"pair": draw.choice("xy"), "underlying": name, "quantity": draw.randint(-3, 3) * 100}
    if draw.random() < 0.4:
        return {**place, "price": underlyings[name]["price"]}
    option = {
        "right": draw.choice(["call", "put"]),
        "price": str(draw.randint(0, 9)),
        "strike": str(draw.randint(1, 120)),
    }
    expiry = {"expiry": f"2026-0{draw.randint(1, 6)}-16"} if draw.random() < 0.9 else {}
    return {**place, **option, **expiry}


SPOT = Decimal(100)
Option = tuple[str, int, Decimal, Decimal]
"""Right, units, strike and price."""


def test_options_need_no_less_than_under_the_best_pairing(maintenance: marginc.Rulebook) -> None:
    """Every way to leave units naked or in straddles is tried, with the rest as one spread."""
    draw = random.Random(6)
    books = [[option(draw) for _ in range(draw.randint(1, 5))] for _ in range(400)]
    books += [[(right, units, *option(draw)[2:]) for right in ("call", "put") for units in (-1, 1)] for _ in range(100)]
    accounts = [
        {"account": str(n), "legs": [{"underlying": "X", "expiry": "2026-05-15", **as_leg(one)} for one in book]}
        for n, book in enumerate(books)
    ]
    underlyings = {"X": {"price": str(SPOT), "option_class": "equity"}}
    document = {"as_of": "2026-01-05", "underlyings": underlyings, "accounts": accounts}
    for n, (book, result) in enumerate(zip(books, maintenance.evaluate(document), strict=True)):
        needed, best = result.outputs["requirement"], best_pairing(book)
        assert isinstance(needed, Decimal | Ratio)
        assert needed >= best, book
        if n >= 400:  # one sold and one bought of each kind: nothing is left for pairs of their own
            assert needed == best, book


def option(draw: random.Random) -> Option:
    return (
        draw.choice(["call", "put"]),
        draw.choice([-2, -1, -1, 1]),
        Decimal(draw.randint(70, 130)),
        Decimal(draw.randint(0, 9)),
    )


def as_leg(one: Option) -> Json:
    return {"right": one[0], "quantity": str(one[1]), "strike": str(one[2]), "price": str(one[3])}


def best_pairing(book: list[Option]) -> Decimal:
    sold = [one for one in book if one[1] < 0 for _ in range(-one[1])]
    bought = [one for one in book if one[1] > 0 for _ in range(one[1])]
    found = []
    for size in range(len(sold) + 1):
        for left in itertools.combinations(range(len(sold)), size):
            spread = [one for n, one in enumerate(sold) if n not in left]
            if all(sum(o[0] == r for o in spread) <= sum(o[0] == r for o in bought) for r in ("call", "put")):
                at = [Decimal(0), *(one[2] for one in book)]
                loss = max(sum(paid(o, x) for o in spread) - sum(paid(o, x) for o in bought) for x in at)
                found.append(best_straddles([sold[n] for n in left]) + max(Decimal(0), loss))
    return min(found)


def best_straddles(left: list[Option]) -> Decimal:
    calls, puts = ([one for one in left if one[0] == right] for right in ("call", "put"))
    few, many = sorted((calls, puts), key=len)
    sums = []
    for order in itertools.permutations(many, len(few)):
        rest = list(many)
        for one in order:
            rest.remove(one)
        sums.append(sum(map(naked, rest), Decimal(0)) + sum(map(straddle, few, order), Decimal(0)))
    return min(sums)


def straddle(one: Option, other: Option) -> Decimal:
    dearer, cheaper = (one, other) if naked(one) >= naked(other) else (other, one)
    return naked(dearer) + cheaper[3]


def naked(one: Option) -> Decimal:
    right, _, strike, price = one
    out = max(Decimal(0), strike - SPOT if right == "call" else SPOT - strike)
    return price + max(SPOT / 5 - out, (SPOT if right == "call" else strike) / 10)


def paid(one: Option, at: Decimal) -> Decimal:
    return max(Decimal(0), at - one[2] if one[0] == "call" else one[2] - at)
