"""Functions of the language itself: typed, of any dimension, computed where they are needed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.number import Ratio
from marginc.runtime.results import Result

RULEBOOK = """\
rulebook: demo/functions
language: 1
numeraire: USDC
functions:
  intrinsic:
    of: { kind: call | put, strike: $d, at: $d }
    gives: $d
    let: max(0, if kind == "call" then at - strike else strike - at)
  spread:
    of: { low: $d, high: $d, at: $d }
    gives: $d
    let: intrinsic("call", low, at) - intrinsic("call", high, at)
  per_unit:
    of: { amount: $a, count: $b }
    gives: $a/$b
    let: amount / count
  charge:
    of: { utilization: ratio }
    gives: ratio
    cases:
      - when: utilization <= 80%
        then: 5%
      - else: 5% + 475% * (utilization - 80%)
  inverse: { of: { x: ratio }, gives: ratio, let: 1 / x }
  first: { of: { x: ratio, y: ratio }, gives: ratio, let: x }
  twice: { of: { x: ratio }, gives: ratio, let: x + x }
  or_else: { of: { x: $d | none, y: $d }, gives: $d, let: "default(x, y)" }
  steps: { of: { n: integer }, gives: integer, let: n * 2 + 1 }
model:
  assets: { each: asset, observed: { price: USDC/unit } }
  account:
    observed: { n: ratio = 0, cap: USDC | none = none }
    rows:
      positions: { each: position, key: [asset], observed: { asset: asset, size: asset.unit, strike: USDC/asset.unit } }
formulas:
  position:
    payoff: size * intrinsic("put", strike, asset.price)
    vertical: spread(strike, strike * 2, asset.price)
    rate: charge(n_of / 10)
    n_of: count(p for p in account.positions)
    price_again: per_unit(size * asset.price, size)
  account:
    guarded: if n == 0 then 7 else inverse(n)
    unneeded: first(1, 1 / n)
    needed: twice(inverse(n))
    total: sum(p.size * intrinsic("call", p.strike, p.asset.price) for p in positions)
    limit: or_else(cap, 50 USDC)
    most: or_else(max(positions.payoff), 0)
    odd: steps(count(positions))
outputs: [guarded, unneeded, total, limit, most, odd, position.payoff, position.vertical, position.rate,
          position.price_again]
"""
ACCOUNT: dict[str, Any] = {
    "account": "a",
    "positions": [
        {"asset": "BTC", "size": "2", "strike": "30"},
        {"asset": "ETH", "size": "-1", "strike": "3"},
    ],
}


def evaluated(tmp_path: Path, account: dict[str, Any], rulebook: str = RULEBOOK) -> Result:
    path = tmp_path / "demo.yaml"
    path.write_text(rulebook)
    assets = {"BTC": {"price": "50"}, "ETH": {"price": "2"}}
    (result,) = marginc.compile(path).evaluate({"as_of": "2026-01-01", "assets": assets, "accounts": [account]})
    return result


def column(result: Result, name: str) -> list[object]:
    return [row.outputs[name] for row in result.rows["positions"]]


def test_a_function_is_of_any_dimension(tmp_path: Path) -> None:
    result = evaluated(tmp_path, ACCOUNT)
    assert result.errors == ()
    assert column(result, "payoff") == [0, -1]  # 2 x max(0, 30 - 50);  -1 x max(0, 3 - 2)
    assert column(result, "vertical") == [20, 0]  # 50 - 30 less max(0, 50 - 60);  2 is below 3
    assert column(result, "price_again") == [50, 2]  # size x price / size
    assert result.outputs["total"] == 40  # 2 x (50 - 30) - 1 x 0
    assert (result.outputs["limit"], result.outputs["most"]) == (50, 0)


def test_a_function_of_cases_and_whole_numbers(tmp_path: Path) -> None:
    result = evaluated(tmp_path, ACCOUNT)
    assert column(result, "rate") == [Decimal("0.05")] * 2  # 2 / 10 = 20 % lies below the kink
    assert result.outputs["odd"] == 5  # 2 x 2 + 1


def test_what_a_function_does_not_need_cannot_fail(tmp_path: Path) -> None:
    result = evaluated(tmp_path, ACCOUNT)  # n is 0: 1 / n is an error where anybody asks for it
    assert result.errors == ()
    assert (result.outputs["unneeded"], result.outputs["guarded"]) == (1, 7)
    assert evaluated(tmp_path, {**ACCOUNT, "n": "3"}).outputs["guarded"] == Ratio(1, 3)


def test_a_failure_inside_says_where_and_who_called(tmp_path: Path) -> None:
    asked = RULEBOOK.replace("outputs: [guarded", "outputs: [needed, guarded")
    (error,) = evaluated(tmp_path, ACCOUNT, asked).errors
    assert error.message == "`needed` divides by zero"
    lines = asked.splitlines()
    assert lines[error.span.line - 1].strip().startswith("inverse:")
    (note,) = error.notes
    assert note.text == "called here"
    assert "needed: twice(inverse(n))" in lines[note.span.line - 1]


def test_a_failing_argument_is_told_where_it_stands(tmp_path: Path) -> None:
    asked = RULEBOOK.replace("unneeded: first(1, 1 / n)", "unneeded: first(1 / n, 1)")
    (error,) = evaluated(tmp_path, ACCOUNT, asked).errors
    lines = asked.splitlines()
    assert lines[error.span.line - 1][error.span.column - 1 : error.span.end_column - 1] == "1 / n"


def test_arguments_are_computed_once(tmp_path: Path) -> None:
    """Forty calls inside one another, each using its argument twice: 2^40 times, if it were computed anew."""
    nested = "n"
    for _ in range(40):
        nested = f"twice({nested})"
    asked = RULEBOOK.replace("guarded: if", f"deep: {nested}\n    guarded: if").replace(
        "outputs: [guarded", "outputs: [deep, guarded"
    )
    result = evaluated(tmp_path, {**ACCOUNT, "n": "1"}, asked)
    assert result.outputs["deep"] == 2**40


@pytest.mark.parametrize("depth", [30])
def test_optional_rows_and_chains_cost_their_length(tmp_path: Path, depth: int) -> None:
    """A reference through many optional rows, and comparisons in comparisons, are read once each."""
    chain = "(if 0 < n < 9 then 1 else 2)"
    for _ in range(depth):
        chain = f"(if 0 < {chain} < 9 then 1 else 2)"
    asked = RULEBOOK.replace("guarded: if", f"deep: {chain}\n    guarded: if").replace(
        "outputs: [guarded", "outputs: [deep, guarded"
    )
    assert evaluated(tmp_path, {**ACCOUNT, "n": "10"}, asked).outputs["deep"] == 1  # 2 at the heart, 1 around it
