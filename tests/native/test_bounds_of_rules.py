"""Rulebooks at the edges of docs/certified-floats.md: every value within its bound, every verdict the exact one."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from node_by_node import Both, Tally

import marginc
from marginc.runtime.snapshot import open_snapshot, read_snapshot

pytestmark = pytest.mark.filterwarnings("ignore")

MODEL = """\
rulebook: edges
language: 1
numeraire: USD
model:
  parameters:
    tiers: { by: USD, columns: { rate: ratio } }
  steps: { each: step, parameters: { size: ratio = 1 } }
  account:
    observed: { x: USD = 0, y: USD = 0, ratio: ratio = 1 }
    rows:
      lots: { each: lot, key: [name], observed: { name: label, worth: USD = 0, price: USD = 0, share: ratio = 1 } }
parameters:
  steps: { a: {}, b: { size: 1.3 }, c: { size: 0.7 } }
"""
TINY = "0." + "0" * 39 + "1"


def compare(
    folder: Path, rules: str, accounts: Sequence[Mapping[str, Any]], tiers: str = "[{ from: 0, rate: 1% }]"
) -> Tally:
    """Both executors over these accounts; asserts that they agree."""
    path = folder / "rules.yaml"
    path.write_text(f"{MODEL}  tiers: {tiers}\n{rules}")
    named = [{"account": str(place), **account} for place, account in enumerate(accounts)]
    snapshot = folder / "snapshot.json"
    snapshot.write_text(json.dumps({"as_of": "2026-09-01T00:00:00Z", "accounts": named}))
    raw = open_snapshot(snapshot, str(snapshot))
    program = marginc.compile(path).at(raw.as_of).compiled
    data = read_snapshot(raw, program)
    tally = Both(program, data).compare(list(data.accounts))
    assert not tally.differences, "\n".join(tally.differences)
    return tally


def status(condition: str, outputs: str, message: str = "") -> str:
    told = f'    message: "{message}"\n' if message else ""
    return f"status:\n  - is: over\n    when: {condition}\n{told}  - is: fine\noutputs: [{outputs}]\n"


def test_constants_of_one_double_are_two(tmp_path: Path) -> None:
    """0.5 and 0.5 - 1e-30 are one double; the lesser one is below 0.5, which machine code may not deny."""
    least = "0.4" + "9" * 29
    rules = f"formulas:\n  account:\n    least: min(0.5, {least}, ratio)\n" + status("least < 0.5", "least")
    compare(tmp_path, rules, [{"ratio": ratio} for ratio in ("0.5", "7", least[:20], "0.1")])


def test_constants_beyond_doubles_are_left_alone(tmp_path: Path) -> None:
    """The product of eleven such constants is 1e-440: no double, and above 0 all the same."""
    rules = f"formulas:\n  account:\n    tiny: ratio{f' * {TINY}' * 9}\n" + status("tiny > 0", "tiny")
    assert compare(tmp_path, rules, [{"ratio": "1"}, {"ratio": "0"}, {"ratio": "-3"}]).accounts == 3


def test_a_literal_keeps_all_its_digits(tmp_path: Path) -> None:
    """30 of them: more than Python's decimals keep by themselves."""
    path = tmp_path / "rules.yaml"
    least = "0.4" + "9" * 29
    path.write_text(
        f"{MODEL}formulas:\n  account:\n    least: ratio * {least}\n    share: ratio + {least}%\noutputs: [least]\n"
    )
    nodes = marginc.compile(path).at(Decimal(1_800_000_000)).compiled.nodes
    constants = {node.attributes[0] for node in nodes if node.operation == "constant"}
    assert constants >= {Decimal(least), Decimal(f"0.00{least[2:]}")}


SIDES = """\
formulas:
  account:
    told: if x + y >= ratio * 1 USD then 1 else ratio / (ratio - ratio)
    shown: ratio / 3
"""
SUMS = """\
formulas:
  account:
    told: sum(1 / (p.share - p.share) for p in lots where p.worth + p.price < p.share * 1 USD)
    shown: ratio / 3
"""


@pytest.mark.parametrize("rules", [SIDES, SUMS])
@pytest.mark.parametrize("ratio", ["0.3", "0.30000000000000004", "0.29999999999999999", "0.2", "0.4"])
def test_a_side_that_may_count_may_be_an_error(tmp_path: Path, rules: str, ratio: str) -> None:
    """0.1 + 0.2 is 0.30000000000000004 in doubles, and less than it: what then counts divides by zero. The message
    needs it, though machine code tells none."""
    lot = {"name": "a", "worth": "0.1", "price": "0.2", "share": ratio}
    account = {"x": "0.1", "y": "0.2", "ratio": ratio, "lots": [lot]}
    compare(tmp_path, rules + status("ratio > 0", "shown", "{told}"), [account])


TABLES = (
    "[{ from: -1000.1, rate: 1.7% }, { from: 0.3, rate: 3% }]",
    "[{ from: -0.3, rate: -2% }, { from: -0.1, rate: 1% }, { from: 7, rate: 0% }]",
    "[{ from: 0, rate: 1.1% }, { from: 0.1, rate: -3% }, { from: 0.7, rate: 0.3% }, { from: 1000000000000, rate: 9% }]",
    "[{ from: 0.1, rate: 1 }, { from: 0.3, rate: 0.1% }, { from: 100.7, rate: 0.000000000000000000000001% }]",
)


@pytest.mark.parametrize("tiers", TABLES)
def test_slices_next_to_bounds_below_and_above_zero(tmp_path: Path, tiers: str) -> None:
    rules = """\
formulas:
  account:
    at: x / 3
    charged: sum(s.width * s.rate for s in slices(tiers, x))
    computed: sum(s.width * s.rate for s in slices(tiers, at))
    widest: max(s.width for s in slices(tiers, at) where s.rate != 2)
    reached: count(slices(tiers, at))
""" + status("charged < computed", "charged, computed, widest, reached")
    chance = random.Random(3)
    edges = [
        "-1000.1",
        "0.3",
        "0.9",
        "-0.3",
        "-0.9",
        "-0.1",
        "7",
        "21",
        "0",
        "0.1",
        "0.7",
        "2.1",
        "1000000000000",
        "302.1",
    ]
    near = [f"{edge}{'' if '.' in edge else '.'}{'0' * 12}1" for edge in edges]
    accounts = [{"x": x} for x in (*edges, *near, *(str(round(chance.uniform(-2000, 2000), 6)) for _ in range(40)))]
    assert compare(tmp_path, rules, accounts, tiers).values > 100


def test_rows_that_cancel_and_rows_in_order(tmp_path: Path) -> None:
    """Sums of large numbers that leave little, extremes and counts of them, and a value that goes from row to row."""
    rules = """\
formulas:
  lot:
    gap: worth / 3 - price / 7
  account, step:
    carried: default(step.previous.carried, account.x) / 3 * step.size - account.y / 7
  account:
    gaps: sum(p.gap * p.share for p in lots)
    open_gaps: sum(p.worth / 7 for p in lots where p.gap > 0)
    least: min(p.gap for p in lots)
    most: max(abs(p.gap) for p in lots where p.share > 0.5)
    some: any(p.gap >= gaps for p in lots)
    last: step("c").carried
""" + status("gaps > last", "gaps, open_gaps, least, most, some, last")
    chance = random.Random(5)
    accounts = []
    for _ in range(60):
        lots = []
        for number in range(chance.randint(0, 12)):
            worth = round(chance.uniform(-1, 1) * 10.0 ** chance.randint(-3, 9), 4)
            price = chance.choice((round(worth * 7 / 3, 4), round(worth * 7 / 3, 2), 0))
            lots.append(
                {
                    "name": str(number),
                    "worth": f"{worth:f}",
                    "price": f"{price:f}",
                    "share": str(chance.choice((1, 1, 0.3, -1))),
                }
            )
        accounts.append({"lots": lots, "x": str(chance.randint(-9, 9)), "y": str(chance.randint(-9, 9))})
    tally = compare(tmp_path, rules, accounts)
    assert tally.values > 500
    assert tally.decided > 40
