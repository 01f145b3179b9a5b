"""Constructs of larger rulebooks: crossed scopes, decision tables, functions, rows without a key."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marginc.runtime.explain import Step
from marginc.runtime.explain.figures import in_full

RULES = """\
rulebook: tests/larger
language: 1
numeraire: USDC
model:
  states: { each: state, parameters: { updated: integer } }
  markets:
    each: market
    parameters: { ratio: ratio = 10% }
    observed:
      { price: USDC/unit, stable: USDC/unit = 0, upper: USDC = 0, lower: USDC = 0, most: USDC/unit | none = none }
  account:
    observed: { cash: USDC }
    rows:
      positions: { each: position, key: [market], observed: { market: market, size: market.unit } }
      trades: { each: trade, observed: { market: market, size: market.unit } }
parameters:
  states: { before: { updated: 0 }, after: { updated: 1 } }
  markets: { 0: { ratio: 10% } }
functions:
  by_sign:
    of: { amount: $a, owned: $v, owed: $v }
    gives: $a * $v
    let: amount * (if amount >= 0 then owned else owed)
  added:
    of: { most: $a, part: $a, owned: $v, owed: $v }
    gives: $a * $v
    let: by_sign(most, owned, owed) - by_sign(most - part, owned, owed)
  charge:
    of: { amount: USDC }
    gives: USDC
    cases:
      - when: amount > 1_000 USDC
        then: amount * 2
      - else: amount
formulas:
  market:
    low: min(price, stable)
    capped: min(price * 3, most) * ratio
    weighted: price * ratio
  position:
    notional: size * market.price
    weight:
      cases:
        - when: notional >= market.upper
          then: 100%
        - when: notional >= market.lower
          then: market.ratio + 5%
        - else: market.ratio
    signed: by_sign(size, market.weighted, market.price)
    last: added(size, size / 2, market.weighted, market.price)
  account, state:
    held: sum(p.notional * state.updated for p in positions)
    need: sum(p.notional * p.weight for p in positions) + held
  account:
    before: state("before")
    after: state("after")
    change: after.need - 2 * before.need
    short:
      let: after.need > before.need + cash
    size_limit: sum(t.size * t.market.price for t in trades where t.size < 0)
    least_cash:
      cases:
        - when: short
          then: charge(after.need)
        - else: 0
status:
  - is: short
    when: short
  - is: fine
outputs: [change, size_limit]
"""


def snapshot(cash: str = "0", **market: str) -> dict[str, object]:
    return {
        "as_of": "2026-01-01",
        "markets": {"0": {"price": "100", **market}},
        "accounts": [
            {
                "account": "a",
                "cash": cash,
                "positions": [{"market": "0", "size": "3"}],
                "trades": [{"market": "0", "size": "-1"}],
            }
        ],
    }


def below(step: Step, *labels: str) -> Step:
    for label in labels:
        (step,) = [child for child in step.children if child.label == label]
    return step


def test_the_row_that_was_written_stands_before_the_name(example: Any) -> None:
    """300 x 100 % + 300 after, 300 before: 600 - 2 x 300 = 0. Both sides are called `need`."""
    change = example(RULES, snapshot()).explain("change").root
    assert (change.value, change.note) == (Decimal(0), "after.need - 2 * before.need")
    assert [child.label for child in change.children] == ["need of after", "need of before"]
    # written from the program's own form where there is no text of the rules, here in a status
    assert example(RULES, snapshot()).explain().rungs[0].because == "after.need 600 is above before.need + cash = 300"


def test_a_condition_that_is_a_definition_says_what_makes_it_hold(example: Any) -> None:
    short, fine = example(RULES, snapshot(cash="300")).explain().rungs
    assert (short.holds, short.because) == (False, "after.need 600 is not above before.need + cash = 600")
    assert fine.holds


@pytest.mark.parametrize(
    ("lower", "upper", "value", "note", "because"),
    [
        ("100", "200", "1", "", "row 1 holds, notional 300 is at least market.upper 200"),
        (
            "200",
            "400",
            "0.15",
            "market.ratio + 5%",
            "row 2 holds, notional 300 is at least market.lower 200; "
            "row 1 does not, notional 300 is not at least market.upper 400",
        ),
        (
            "350",
            "400",
            "0.1",
            "market.ratio",
            "row 1 does not hold, notional 300 is not at least market.upper 400; "
            "row 2 does not hold, notional 300 is not at least market.lower 350",
        ),
    ],
)
def test_a_decision_table_names_the_row_that_decided(
    example: Any, lower: str, upper: str, value: str, note: str, because: str
) -> None:
    root = example(RULES, snapshot(lower=lower, upper=upper)).explain("positions.0.weight").root
    assert (root.value, root.note, root.because) == (Decimal(value), note, because)


def test_what_a_deciding_condition_reads_is_told(example: Any) -> None:
    root = example(RULES, snapshot()).explain("least_cash").root
    assert (root.value, root.because) == (
        Decimal(600),
        "row 1 holds, after.need 600 is above before.need + cash = 300",
    )
    assert [child.label for child in root.children] == ["charge", "short"]
    charge = below(root, "charge")
    assert (charge.note, charge.because) == ("amount", "row 1 does not hold, amount 600 is not above 1,000")


def test_a_function_tells_the_branch_taken_and_what_it_was_given(example: Any) -> None:
    root = example(RULES, snapshot()).explain("positions.0.signed").root
    assert root.note == "by_sign(size, market.weighted, market.price)"
    call = below(root, "by_sign")
    assert (call.note, call.because) == ("amount * owned, with amount 3", "amount 3 is at least 0")
    weighted = below(call, "owned: weighted")  # 100 x 10 %; `owed` is not used, and not told
    assert (weighted.value, [child.label for child in call.children]) == (Decimal(10), ["owned: weighted"])


def test_what_a_function_hands_on_is_told_where_it_was_written(example: Any) -> None:
    """3 x 10 - (3 - 1.5) x 10, by a function that calls another."""
    call = below(example(RULES, snapshot()).explain("positions.0.last").root, "added")
    assert (call.value, call.note) == (Decimal(15), "by_sign(most, owned, owed) - by_sign(most - part, owned, owed)")
    first, second = call.children
    assert (first.value, first.note) == (Decimal(30), "amount * owned, with amount 3")
    assert (second.value, second.note) == (Decimal(15), "amount * owned, with amount 1.5")
    assert below(first, "owned: weighted").value == Decimal(10)


def test_a_unit_that_is_a_number_says_its_kind(example: Any) -> None:
    notional = example(RULES, snapshot()).explain("positions.0.signed", full=True).root
    size = below(notional, "by_sign", "amount: size")
    assert in_full(size.value, size.type.dimension) == ("3", "market 0")


def test_rows_without_a_key_are_counted(example: Any) -> None:
    case = example(RULES, snapshot())
    (row,) = case.explain("size_limit").root.children
    assert row.label == "trade 1"


def test_rows_of_two_collections_keep_the_names_of_their_binders(example: Any) -> None:
    rules = RULES.replace(
        "    change: after.need",
        "    unlike: any(t.market != p.market for t in trades for p in positions)\n    change: after.need",
    ).replace("when: short\n  - is: fine", "when: unlike\n  - is: fine")
    (first, _) = example(rules, snapshot()).explain().rungs
    assert first.because == "for none of 1 trades: any(t.market != p.market for p in positions)"


def test_what_is_none_bounds_nothing(example: Any) -> None:
    """min(300, none) x 10 %."""
    assert example(RULES, snapshot()).explain("markets.0.capped").root.note == "100 x 3 x 10 %"


def test_two_observed_values_are_compared_and_neither_is_a_bound(example: Any) -> None:
    low = example(RULES, snapshot(stable="90")).explain("markets.0.low").root
    assert (low.value, low.note) == (Decimal(90), "stable; smaller than price 100")


def test_what_is_exactly_zero_is_said_once(example: Any) -> None:
    rules = RULES.replace("when: short\n  - is: fine", "when: cash == 0\n  - is: fine")
    assert example(rules, snapshot()).explain().rungs[0].because == "cash is 0"


def test_minus_of_a_negative_is_written_with_brackets(tmp_path: Path) -> None:
    (tmp_path / "demo.yaml").write_text(
        "rulebook: demo\nlanguage: 1\nnumeraire: USDC\nmodel:\n  account: { observed: { pnl: USDC } }\n"
        "parameters: { buffer: 10% }\nformulas:\n  account:\n    profit: pnl * 2\n"
        "    loss: max(0, -profit) * (1 + buffer)\noutputs: [loss]\n"
    )
    (tmp_path / "one.json").write_text('{"as_of": "2026-01-01", "accounts": [{"account": "a", "pnl": "-5"}]}')
    asked = [sys.executable, "-m", "marginc", "explain", "demo.yaml", "one.json", "loss"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=tmp_path).stdout
    assert "max(0, -(-10)) x (1 + 10 %)" in told
