"""Values consumed in order: `previous` reads the row before, over as many rows as there are."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.program import Node
from marginc.program.validate import check_nodes
from marginc.runtime.exact import evaluate
from marginc.runtime.results import Result
from marginc.runtime.snapshot import open_snapshot, read_snapshot

HEAD = """\
rulebook: demo/order
language: 1
numeraire: USDC
model:
  spreads:
    each: spread
    observed: { need: USDC, first: bool = false, marked: bool = false }
  account:
    observed: { cash: USDC = 0 }
"""

ALLOCATION = (
    HEAD
    + """\
formulas:
  account, spread:
    left: (if spread.previous is none then cash else spread.previous.left) - taken
    taken: min(need, if spread.previous is none then cash else spread.previous.left)
  account:
    served: count(s for s in spreads where s.taken == s.need)
    last: min(s.left for s in spreads)
outputs: [served, last]
"""
)


def compiled(tmp_path: Path, text: str) -> marginc.Rulebook:
    path = tmp_path / "demo.yaml"
    path.write_text(text)
    return marginc.compile(path)


def codes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(marginc.RulebookError) as caught:
        compiled(tmp_path, text)
    return [finding.code for finding in caught.value.diagnostics]


def spreads(count: int) -> dict[str, Any]:
    return {str(number): {"need": str(number % 7 + 1)} for number in range(count)}


def one(rulebook: marginc.Rulebook, snapshot: dict[str, Any]) -> Result:
    (result,) = rulebook.evaluate({"as_of": "2026-01-01", **snapshot})
    return result


def test_cash_is_given_to_spreads_in_order_until_it_is_gone(tmp_path: Path) -> None:
    # needs 1, 2, 3, 4 of 5: 1 + 2 are served, the third gets 2, the fourth nothing
    result = one(compiled(tmp_path, ALLOCATION), {"spreads": spreads(4), "accounts": [{"account": "a", "cash": "5"}]})
    assert result.errors == ()
    assert result.outputs == {"served": Decimal(2), "last": Decimal(0)}


def test_twenty_thousand_rows_in_order(tmp_path: Path) -> None:
    text = (
        HEAD
        + """\
formulas:
  spread:
    total: need + (if spread.previous is none then 0 else spread.previous.total)
  account:
    largest: max(spreads.total)
outputs: [largest]
"""
    )
    result = one(compiled(tmp_path, text), {"spreads": spreads(20_000), "accounts": [{"account": "a"}]})
    assert result.errors == ()
    # 2,857 rounds of 1 + 2 + ... + 7 = 28, and one more 1: 20,000 = 7 x 2,857 + 1
    assert result.outputs["largest"] == Decimal(28 * 2_857 + 1)


def test_twenty_thousand_rows_that_each_account_consumes(tmp_path: Path) -> None:
    accounts = [{"account": "a", "cash": "1000000"}, {"account": "b", "cash": "3"}]
    rulebook = compiled(tmp_path, ALLOCATION)
    rich, poor = rulebook.evaluate({"as_of": "2026-01-01", "spreads": spreads(20_000), "accounts": accounts})
    assert rich.errors == poor.errors == ()
    assert rich.outputs == {"served": Decimal(20_000), "last": Decimal(1_000_000 - 28 * 2_857 - 1)}
    assert poor.outputs == {"served": Decimal(2), "last": Decimal(0)}  # 1 + 2, then nothing


def test_a_chain_stops_where_the_rules_stop_it(tmp_path: Path) -> None:
    text = (
        HEAD
        + """\
formulas:
  spread:
    total: need + (if first or spread.previous is none then 0 else spread.previous.total)
  account:
    last: sum(s.total for s in spreads where s.marked)
outputs: [last]
"""
    )
    rows: dict[str, Any] = {str(number): {"need": "1"} for number in range(5_000)}
    rows["3999"] = {}  # nobody asks for its need
    rows["4000"] = {"need": "1", "first": True}
    rows["4999"] = {"need": "5", "marked": True}
    result = one(compiled(tmp_path, text), {"spreads": rows, "accounts": [{"account": "a"}]})
    assert result.errors == ()
    assert result.outputs["last"] == Decimal(999 + 5)  # rows 4,000 to 4,998, and the last


def test_what_is_missing_far_back_is_named(tmp_path: Path) -> None:
    text = (
        HEAD
        + """\
formulas:
  spread:
    total: need + (if spread.previous is none then 0 else spread.previous.total)
  account:
    largest: max(spreads.total)
outputs: [largest]
"""
    )
    rows = spreads(5_000)
    del rows["17"]["need"]
    (error,) = one(compiled(tmp_path, text), {"spreads": rows, "accounts": [{"account": "a"}]}).errors
    assert error.code == "MC501"
    assert "spread `17`" in error.message


@pytest.mark.parametrize(
    ("formulas", "code"),
    [
        ("a: if spread.previous is none then need else spread.previous.b\n    b: sum(s.a for s in spreads)", "MC352"),
        ('a: if spread.previous is none then need else spread.previous.b\n    b: spread("x").a', "MC352"),
        ("a: if spread.previous is none then need else spread.previous.b\n    b: next.a\n    next: spread", "MC352"),
        ("a: sum(if s.previous is none then need else s.previous.a for s in spreads)", "MC228"),
    ],
    ids=["all rows", "a row by its key", "a row that a definition chose", "the row before another"],
)
def test_a_circle_that_leaves_its_row_is_refused(tmp_path: Path, formulas: str, code: str) -> None:
    text = HEAD.replace("observed: { need", "parameters: { x: bool = false }\n    observed: { need")
    text += f"parameters: {{ spreads: {{ x: {{ x: true }} }} }}\nformulas:\n  spread:\n    {formulas}\n"
    assert codes(tmp_path, text) == [code]


def test_two_orders_at_once_come_to_an_end(tmp_path: Path) -> None:
    text = """\
rulebook: demo/grid
language: 1
numeraire: USDC
model:
  ups: { each: up, parameters: { u: ratio } }
  downs: { each: down, parameters: { d: ratio } }
  account: { observed: { x: ratio = 1 } }
parameters:
  ups: { a: { u: 1 }, b: { u: 1 }, c: { u: 1 } }
  downs: { a: { d: 1 }, b: { d: 1 }, c: { d: 1 } }
formulas:
  up, down:
    ways: if up.previous is none or down.previous is none then 1 else up.previous.ways + down.previous.ways
  account:
    most: max(u.ways for u in ups for d in downs)
outputs: [most]
"""
    result = one(compiled(tmp_path, text), {"accounts": [{"account": "a"}]})
    assert result.errors == ()
    assert result.outputs["most"] == Decimal(6)  # Pascal's triangle: 1 1 1 / 1 2 3 / 1 3 6


def test_a_label_read_on_the_row_before_asks_for_its_type(tmp_path: Path) -> None:
    formula = 'state: if spread.previous is none then "open" else spread.previous.state'
    text = HEAD + f"formulas:\n  spread:\n    {formula}\n"
    with pytest.raises(marginc.RulebookError) as caught:
        compiled(tmp_path, text)
    (finding,) = caught.value.diagnostics
    assert "`type:`" in finding.help
    assert "`state`" in finding.help
    compiled(tmp_path, text.replace(formula, f"state: {{ type: open | closed, let: '{formula[7:]}' }}"))


def test_an_artifact_that_leaves_its_row_is_refused_and_would_not_hang(tmp_path: Path) -> None:
    text = (
        HEAD
        + """\
formulas:
  spread:
    total: need + (if spread.previous is none then 0 else spread.previous.total)
  account:
    largest: max(spreads.total)
outputs: [largest]
"""
    )
    program = compiled(tmp_path, text).at("2026-01-01").compiled
    check_nodes(program)
    assert any(node.operation == "previous" for node in program.nodes)
    # the row before becomes the first row: a row the recursion reads again and again
    nodes = tuple(
        Node("keyed", (), ("spread", "0"), node.shape) if node.operation == "previous" else node
        for node in program.nodes
    )
    broken = replace(program, nodes=nodes)
    with pytest.raises(Exception, match="needs itself"):
        check_nodes(broken)
    snapshot = {"as_of": "2026-01-01", "spreads": spreads(3), "accounts": [{"account": "a"}]}
    raw = open_snapshot(None, "snapshot", json.dumps(snapshot).encode())
    (result,) = evaluate(broken, read_snapshot(raw, broken))
    assert [error.code for error in result.errors] == ["MC526"]


def test_operations_that_nest_beyond_the_machine_have_a_finding_of_their_own(tmp_path: Path) -> None:
    text = HEAD + "formulas:\n  account:\n    a: -cash\noutputs: [a]\n"
    program = compiled(tmp_path, text).at("2026-01-01").compiled
    (root,) = (d.node for d in program.definitions)
    nodes = list(program.nodes)
    while len(nodes) < 100_000:
        nodes.append(Node("negate", (root if len(nodes) == len(program.nodes) else len(nodes) - 1,), (), "n"))
    deep = replace(
        program, nodes=tuple(nodes), definitions=(replace(program.definitions[0], node=len(nodes) - 1),)
    )  # fmt: skip
    raw = open_snapshot(None, "snapshot", json.dumps({"as_of": "2026-01-01", "accounts": [{"account": "a"}]}).encode())
    (result,) = evaluate(deep, read_snapshot(raw, deep))
    assert [error.code for error in result.errors] == ["MC525"]
