"""Choices, bounds, aggregations and failures, on a small rulebook."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marginc.runtime.explain import Step, UnknownNameError

RULES = """\
rulebook: tests/example
language: 1
numeraire: USDC
model:
  assets:
    each: asset
    parameters:
      ltv: ratio = 0%
      cap: unit | none = none
    observed:
      price: USDC/unit
  account:
    observed:
      mode: gold | plain = plain
      fee: USDC | none = none
    rows:
      balances:
        each: balance
        key: [asset]
        observed: { asset: asset, amount: asset.unit, debt: USDC = 0 }
parameters:
  floor: 10 USDC
  trigger: 80%
  assets:
    BTC: { ltv: 50%, cap: 3 }
    ETH: { ltv: 20% }
amendments:
  - effective: 2026-02-01
    about: spring review
    parameters:
      assets:
        BTC: { ltv: 60% }
formulas:
  balance:
    counted: clamp(amount, 0, asset.cap)
    value: counted * asset.price * asset.ltv
    share: debt / (amount * asset.price)
    tier:
      cases:
        - when: debt > 100 USDC
          then: 2
        - when: debt > 0 USDC
          then: 1
        - else: 0
  account:
    collateral: sum(balances.value)
    debt: sum(b.debt for b in balances where b.debt > 5 USDC)
    charge: max(floor, default(fee, 0))
    largest: max(balances.value)
    holders: count(b for b in balances where b.amount > 0)
    indebted: any(b.debt > 0 for b in balances)
    net: collateral - debt - charge
    used: if mode == "gold" then 0% else if collateral == 0 then none else debt / collateral
    discount: if mode == "gold" then 5% else 0%
status:
  - is: broke
    when: net < 0
  - is: warned
    when: debt > trigger * collateral or mode == "gold"
  - is: fine
outputs: [net, used]
"""


def snapshot(*balances: tuple[str, str, str], as_of: str = "2026-06-01", **account: str) -> dict[str, object]:
    rows = [{"asset": asset, "amount": amount, "debt": debt} for asset, amount, debt in balances]
    return {
        "as_of": as_of,
        "assets": {"BTC": {"price": "100"}, "ETH": {"price": "10"}, "DOGE": {}},
        "accounts": [{"account": "a", "balances": rows, **account}],
    }


TWO = snapshot(("BTC", "5", "50"), ("ETH", "2", "0"))


def below(step: Step, *labels: str) -> Step:
    for label in labels:
        (step,) = [child for child in step.children if child.label == label]
    return step


def test_a_cap_that_binds_is_named_and_explained(example: Any) -> None:
    counted = example(RULES, TWO).explain("balances.BTC.counted").root
    assert (counted.value, counted.note) == (Decimal(3), "cap 3 (line 25), of 5")
    assert below(counted, "cap").origin.span.line == 25


def test_a_clamp_without_cap_and_one_at_its_floor(example: Any) -> None:
    case = example(RULES, snapshot(("ETH", "2", "0"), ("BTC", "-1", "0")))
    assert case.explain("balances.ETH.counted").root.note == "all of it; no cap"
    assert case.explain("balances.BTC.counted").root.note == "floor 0; amount is -1"


def test_only_the_branch_taken_is_told(example: Any) -> None:
    case = example(RULES, TWO)
    second, last = case.explain("balances.BTC.tier").root, case.explain("balances.ETH.tier").root
    assert second.because == "row 2 holds, debt 50 is above 0; row 1 does not, debt 50 is not above 100"
    assert last.because == "row 1 does not hold, debt 0 is not above 100; row 2 does not hold, debt 0 is not above 0"
    used = case.explain("used").root
    # collateral: 3 BTC x 100 x 60 % + 2 ETH x 10 x 20 %; the debt rests on the snapshot alone and has no line
    assert (used.note, used.because) == ("50 / 184", "mode is plain")
    assert [child.label for child in used.children] == ["collateral"]
    used = example(RULES, TWO).explain("used", full=True).root
    assert (used.note, [child.label for child in used.children]) == ("debt / collateral", ["debt", "collateral"])


def test_the_larger_of_two_says_what_the_other_was(example: Any) -> None:
    charge = example(RULES, TWO).explain("charge").root
    assert (charge.note, [child.label for child in charge.children]) == ("floor binds; without it 0", ["floor"])
    paid = example(RULES, snapshot(fee="25")).explain("charge").root
    assert (paid.value, paid.note) == (Decimal(25), "floor 10 (line 22) does not bind")


def test_a_default_says_why_it_stands_in(example: Any) -> None:
    note = example(RULES, TWO, "floor=0").explain("charge", full=True).root
    assert note.value == 0


NEXT = """\
rulebook: tests/next
language: 1
numeraire: USDC
model:
  assets: { each: asset, observed: { price: USDC = 3, next: asset | none = none } }
  account: { observed: { held: asset | none = none, worth: USDC = 0 } }
formulas:
  asset:
    twice: price * 2
  account:
    spare: worth / 2
    following: default(held.next.twice, 5 USDC) + spare
    chosen: if worth / (worth - worth) > 1 then held.next.twice else spare
outputs: [following, chosen]
"""


def test_what_would_be_read_at_no_row_is_none(example: Any) -> None:
    """A row that is none has no definitions: shown as such, on the way to a value and to what failed."""
    account = {"account": "a", "held": "A", "worth": "12"}
    case = example(NEXT, {"as_of": "2026-01-01", "assets": {"A": {}}, "accounts": [account]})
    following = case.explain("following", full=True).root
    assert following.value == 11  # 5 + 12 / 2
    absent, spare = following.children
    assert (absent.label, absent.value, absent.note) == ("held.next.twice", None, "no such row")
    assert (spare.label, spare.value) == ("spare", 6)
    chosen = case.explain("chosen", full=True).root
    assert chosen.error == "`chosen` divides by zero"
    assert [(one.label, one.value) for one in chosen.children] == [("worth", 12)]


@pytest.mark.parametrize(
    ("as_of", "value", "note"),
    [
        ("2026-01-01", "0.5", ""),
        ("2026-02-01", "0.6", "spring review, since 2026-02-01; 50 % before (line 25)"),
    ],
)
def test_a_parameter_before_and_after_its_amendment(example: Any, as_of: str, value: str, note: str) -> None:
    root = example(RULES, snapshot(("BTC", "1", "0"), as_of=as_of)).explain("balances.BTC.value").root
    ltv = below(root, "ltv")
    assert (ltv.value, ltv.note) == (Decimal(value), note)


def test_what_ifs_are_told_as_such(example: Any) -> None:
    case = example(RULES, TWO, "assets.BTC.ltv=10%", "account.debt=1")
    assert below(case.explain("balances.BTC.value").root, "ltv").note == "set for this question; 60 % in force"
    assert below(case.explain("net").root, "debt").note == "set for this question"
    # 3 BTC x 100 x 10 % + 2 ETH x 10 x 20 % - 1 - 10
    assert case.explain("net").root.value == Decimal(30 + 4 - 1 - 10)


def test_rows_are_the_largest_first_and_zeros_are_left_out(example: Any) -> None:
    case = example(RULES, snapshot(("ETH", "2", "0"), ("BTC", "5", "50")))
    collateral = case.explain("collateral").root
    assert [child.label for child in collateral.children] == ["BTC", "ETH"]
    assert collateral.note == "2 balances"
    (only,) = case.explain("net").root.children[1:2]
    assert (only.label, only.subtracted, only.note) == ("debt", True, "BTC 50")
    assert case.explain("debt").root.note == "1 of 2 balances, b.debt > 5 USDC"


def test_counting_and_any(example: Any) -> None:
    case = example(RULES, TWO)
    assert case.explain("holders").root.note == "2 balances, b.amount > 0"
    assert case.explain("holders").root.type.integer
    assert case.explain("indebted").root.note == "holds for BTC"
    assert example(RULES, snapshot()).explain("indebted").root.note == "does not hold for all of 0 balances"


def test_more_than_twenty_rows_are_cut_to_twelve_and_the_rest_together(example: Any) -> None:
    many = snapshot(*((f"T{i}", "1", str(i)) for i in range(6, 31)))  # 25 debts of 6 to 30
    root = example(RULES, many).explain("debt").root
    assert [child.label for child in root.children] == [*(f"T{i}" for i in range(30, 18, -1)), "13 more"]
    assert root.children[-1].value == sum(range(6, 19))
    assert sum(child.value for child in root.children) == root.value == sum(range(6, 31))


def test_a_failure_stands_in_the_place_of_its_value(example: Any) -> None:
    case = example(RULES, snapshot(("DOGE", "1", "3"), ("BTC", "1", "50")))
    root = case.explain("collateral").root
    assert root.value is None
    assert "does not bring it" in root.error
    assert below(root, "DOGE", "price").error == root.error
    assert below(root, "BTC").value == Decimal(60)  # 1 x 100 x 60 %
    assert case.explain().rungs[-1].error == root.error


def test_a_division_by_zero_keeps_what_was_read(example: Any) -> None:
    share = example(RULES, snapshot(("ETH", "0", "7"))).explain("balances.ETH.share").root
    assert share.error == "`balance.share` of `ETH` divides by zero"
    assert share.note == "7 / (0 x 10)"


def test_observed_values_quote_the_snapshot(example: Any) -> None:
    root = example(RULES, TWO).explain("balances.ETH.counted", full=True).root
    assert below(root, "amount").note == "snapshot: 2"
    used = example(RULES, snapshot(mode="gold")).explain("discount").root
    assert (used.value, used.because) == (Decimal("0.05"), "mode is gold")


@pytest.mark.parametrize(
    ("balances", "account", "status", "because"),
    [
        # net 0 - 50 - 10
        ([("ETH", "0", "50")], {}, "broke", "net -60 is below 0"),
        # 180 > 80 % x 200: 2 BTC x 100 x 60 % = 120, 40 ETH x 10 x 20 % = 80; net 200 - 180 - 10
        ([("BTC", "2", "180"), ("ETH", "40", "0")], {}, "warned", "debt 180 is above 80 % of collateral 160"),
        ([("BTC", "2", "0")], {"mode": "gold"}, "warned", "mode is gold"),
    ],
)
def test_the_rung_that_holds_says_which_part_decided(
    example: Any, balances: list[tuple[str, str, str]], account: dict[str, str], status: str, because: str
) -> None:
    last = example(RULES, snapshot(*balances, **account)).explain().rungs[-1]
    assert (last.name, last.holds, last.because) == (status, True, because)


def test_a_rung_that_does_not_hold_says_why_both_parts_fail(example: Any) -> None:
    _, warned, fine = example(RULES, snapshot(("BTC", "2", "12"))).explain().rungs
    assert warned.because == "debt 12 is not above 80 % of collateral 96 and mode is plain"
    assert fine.name == "fine"


def test_two_sides_that_look_equal_are_told_apart(example: Any) -> None:
    # collateral 120, 80 % of it 96; the debt is above it by less than a cent
    last = example(RULES, snapshot(("BTC", "2", "96.000001"))).explain().rungs[-1]
    assert last.because == "debt 96.00000100 is above 80 % of collateral 96.00000000"


def test_a_chain_of_thousands_of_definitions_is_cut(example: Any) -> None:
    chain = "".join(f"    d{i}: d{i - 1} + step\n" for i in range(1, 2000))
    rules = (
        "rulebook: tests/chain\nlanguage: 1\nnumeraire: USDC\n"
        "model:\n  account:\n    observed: { start: USDC }\n"
        "parameters:\n  step: 1 USDC\n"
        f"formulas:\n  account:\n    d0: start + step\n{chain}"
        "status:\n  - is: fine\noutputs: [d1999]\n"
    )
    case = example(rules, {"as_of": "2026-01-01", "accounts": [{"account": "a", "start": "5"}]})
    steps = list(case.explain().root.walk())
    assert steps[0].value == Decimal(2005)
    assert [step.label for step in steps if step.cut] == ["d1987"]
    everything = list(case.explain(depth=5000).root.walk())
    assert {"d0", "d1999"} <= {step.label for step in everything}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nett", "there is no definition `nett`; did you mean `net`?"),
        ("balances.BTX.tier", "there is no balance `BTX`; did you mean `balances.BTC.tier`?"),
        ("balances.BTC.teir", "no definition `teir` on balance; did you mean `balances.BTC.tier`?"),
    ],
)
def test_an_unknown_name_is_answered_with_a_known_one(example: Any, name: str, message: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        example(RULES, TWO).explain(name)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["balance.tier", "tier"])
def test_a_definition_of_rows_lists_them_all(example: Any, name: str) -> None:
    root = example(RULES, TWO).explain(name).root
    assert [(child.label, child.value) for child in root.children] == [("BTC", Decimal(1)), ("ETH", Decimal(0))]


GROUPS = """\
rulebook: tests/groups
language: 1
numeraire: USDC
model:
  assets:
    each: asset
    parameters: { rate: ratio = 0%, scale: ratio = 1 }
    observed: { price: USDC/unit }
  account:
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit } }
      loans: { each: loan, key: [asset], observed: { asset: asset, owed: asset.unit } }
      holdings: { each: holding, of: [balances, loans], by: [asset] }
parameters:
  buffer: 0 USDC
  assets: { BTC: { rate: 10%, scale: 1 }, ETH: { rate: 20%, scale: 2 } }
formulas:
  holding:
    net: sum(balances.amount) - sum(loans.owed)
    need: abs(net) * asset.price * asset.rate
  account:
    need: sum(h.need * h.asset.scale for h in holdings)
    total: need + buffer
    paid: need / 2
status:
  - is: short
    when: total > paid or paid >= 100 USDC
  - is: fine
outputs: [total, holding.net]
"""


def held(balances: dict[str, str], loans: dict[str, str]) -> dict[str, object]:
    rows = {
        "balances": [{"asset": asset, "amount": amount} for asset, amount in balances.items()],
        "loans": [{"asset": asset, "owed": owed} for asset, owed in loans.items()],
    }
    prices = {"BTC": {"price": "100"}, "ETH": {"price": "10"}}
    return {"as_of": "2026-01-01", "assets": prices, "accounts": [{"account": "a", **rows}]}


def test_rows_of_a_group_stand_under_the_sum_over_it(example: Any) -> None:
    """(3 - 1) BTC x 100 x 10 % x 1 + (0 - 5) ETH: 5 x 10 x 20 % x 2."""
    case = example(GROUPS, held({"BTC": "3"}, {"BTC": "1", "ETH": "5"}))
    need = case.explain("account.need").root
    assert (need.value, need.note) == (Decimal(40), "2 holdings")
    assert [(child.label, child.value) for child in need.children] == [("BTC", Decimal(20)), ("ETH", Decimal(20))]
    btc, eth = need.children
    assert [child.label for child in btc.children] == ["need"]  # a scale of 1 changes nothing
    assert [child.label for child in eth.children] == ["need", "scale"]
    assert below(btc, "need").note == "2 x 100 x 10 %"


def test_a_sum_of_one_row_is_told_as_that_row_s_value(example: Any) -> None:
    """With BTC alone, its `need` times 1 is all there is: the sum is told as it, unless everything is asked for."""
    case = example(GROUPS, held({"BTC": "3"}, {}))
    need = case.explain("account.need").root
    assert (need.label, need.value, need.note) == ("need", Decimal(30), "3 x 100 x 10 %")
    assert [child.label for child in need.children] == ["rate"]
    full = case.explain("account.need", full=True).root
    assert [child.label for child in full.children] == ["BTC"]
    assert [child.label for child in full.children[0].children] == ["need", "scale"]


def test_a_sum_of_one_row_that_scales_is_not_hoisted(example: Any) -> None:
    """5 ETH x 10 x 20 % is 10, and the sum is 20: the factor of 2 must be seen."""
    need = example(GROUPS, held({"ETH": "5"}, {})).explain("account.need").root
    assert (need.value, [child.label for child in need.children]) == (Decimal(20), ["ETH"])
    assert below(need, "ETH", "need").value == Decimal(10)
    assert below(need, "ETH", "scale").value == Decimal(2)


def test_a_sum_of_one_row_that_a_constant_changes_is_not_hoisted(example: Any) -> None:
    """One operand, but the sum is not it: 3 x 100 x 10 % is 30, and -30 of it."""
    rules = GROUPS.replace("h.need * h.asset.scale", "-h.need")
    need = example(rules, held({"BTC": "3"}, {})).explain("account.need").root
    assert (need.value, [child.label for child in need.children]) == (Decimal(-30), ["BTC"])
    assert below(need, "BTC", "need").value == Decimal(30)


def test_a_term_of_zero_is_left_out_and_another_is_not(example: Any) -> None:
    snapshot = held({"BTC": "3"}, {})
    assert [child.label for child in example(GROUPS, snapshot).explain("total").root.children] == ["need"]
    full = example(GROUPS, snapshot).explain("total", full=True).root
    assert [(child.label, child.value) for child in full.children] == [("need", Decimal(30)), ("buffer", Decimal(0))]
    other = example(GROUPS.replace("buffer: 0", "buffer: 4"), snapshot).explain("total").root
    assert [(child.label, child.value) for child in other.children] == [("need", Decimal(30)), ("buffer", Decimal(4))]


def test_one_row_is_a_singular(example: Any) -> None:
    rules = GROUPS.replace("paid: need / 2", "paid: need / 2\n    most: max(holdings.need)")
    assert example(rules, held({"BTC": "3"}, {})).explain("most").root.note == "the only holding"
    assert example(rules, held({"BTC": "3", "ETH": "1"}, {})).explain("most").root.note == "largest of 2 holdings"


def test_a_group_without_rows(example: Any) -> None:
    case = example(GROUPS, held({}, {}))
    assert (case.explain("account.need").root.value, case.explain("account.need").root.note) == (0, "no holdings")
    assert case.explain("holding.net").root.note == "no rows"
    with pytest.raises(UnknownNameError, match="there is no holding `BTC`; there are no holdings"):
        case.explain("holdings.BTC.net")


def test_a_comparison_is_told_the_way_it_is_written(example: Any) -> None:
    """A program keeps `total > paid` as `paid < total`; the sentence does not turn it round."""
    (short,) = example(GROUPS, held({"BTC": "3"}, {})).explain().rungs
    assert short.because == "total 30 is above paid 15"
    turned = GROUPS.replace("total > paid", "paid < total")
    (short,) = example(turned, held({"BTC": "3"}, {})).explain().rungs
    assert short.because == "paid 15 is below total 30"


@pytest.mark.parametrize(
    ("amount", "status", "told"),
    [
        ("3", "liquidatable", "equity 3 is below maintenance_margin 5, for USDC"),  # 100 / (2 x 10) = 5
        ("30", "healthy", "for none of 1 holdings: equity < maintenance_margin"),
    ],
)
def test_a_rung_over_rows_names_the_row_that_decides(tmp_path: Path, amount: str, status: str, told: str) -> None:
    rulebook = """\
rulebook: demo
language: 1
numeraire: USDC
model:
  assets: { each: asset }
  account:
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit, notional: asset.unit } }
      holdings: { each: holding, of: balances, by: [asset] }
formulas:
  holding:
    equity: sum(balances.amount)
    maintenance_margin: sum(balances.notional) / (2 * 10)
status:
  - is: liquidatable
    when: any(h.equity < h.maintenance_margin for h in holdings)
  - is: healthy
outputs: [holding.equity]
"""
    path = tmp_path / "demo.yaml"
    path.write_text(rulebook)
    balance = {"asset": "USDC", "amount": amount, "notional": "100"}
    snapshot = {"as_of": "2026-01-01", "assets": {"USDC": {}}, "accounts": [{"account": "a", "balances": [balance]}]}
    (tmp_path / "one.json").write_text(json.dumps(snapshot))
    shown = subprocess.run(
        [sys.executable, "-m", "marginc", "explain", path, tmp_path / "one.json", "holding.equity"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    assert f"status: {status}, because {told}" in shown
