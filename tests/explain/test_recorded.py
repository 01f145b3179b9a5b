"""The recorded account, figure by figure: every number below is printed in the project's mock-ups, section 3."""

from __future__ import annotations

import decimal
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marginc.program.number import EXACT, Value, total
from marginc.runtime.explain import Step
from marginc.runtime.explain.figures import in_full

RULES = Path(__file__).resolve().parents[2] / "rules/hyperliquid/portfolio-margin.yaml"

FIGURES = {
    (): ("36.6102384781", "%", "required / backing"),
    ("required",): ("2,737.36837907", "USDC", ""),
    ("required", "maintenance_margin"): ("534.55234000", "USDC", "4 of 18 positions, margin is cross"),
    ("required", "maintenance_margin", "HYPE"): ("126.13800000", "USDC", "2,522.76 / (2 x 10)"),
    ("required", "maintenance_margin", "XMR"): ("51.16510000", "USDC", "511.651 / (2 x 5)"),
    ("required", "borrowed_for_maintenance"): ("2,202.81603907", "USDC", "max(0, maintenance_margin - equity)"),
    ("required", "borrowed_for_maintenance", "equity"): ("-1,668.26369907", "USDC", ""),
    ("required", "borrowed_for_maintenance", "equity", "cash_value of USDC"): (
        "1,905.14219093", "USDC", "1,905.14219093 x 1",
    ),
    ("required", "borrowed_for_maintenance", "equity", "cross_unrealized"): (
        "1,415.35770300", "USDC", "ZEC 1,367.04, XMR 47.44, HYPE 7.43, ARB -6.55",
    ),
    ("required", "borrowed_for_maintenance", "equity", "isolated_equity"): (
        "4,988.76359300", "USDC", "14 positions: WLD 843.47, LIT 810.41, 12 more",
    ),
    ("backing",): ("7,477.05694599", "USDC", ""),
    ("backing", "collateral_value"): ("6,942.50460599", "USDC", "borrow_cap 50,000,000 does not bind"),
    ("backing", "collateral_value", "HYPE"): ("6,942.50460599", "USDC", "100.04466674 x 84.114 x (1 - 17.5 %)"),
    ("backing", "collateral_value", "HYPE", "maintenance_haircut"): ("17.5", "%", "(1 - ltv) / 2"),
}  # fmt: skip


def line_of(text: str) -> int:
    """The line of the shipped rulebook that holds this text."""
    lines = RULES.read_text("utf-8").splitlines()
    (found,) = [number for number, line in enumerate(lines, 1) if text in line]
    return found


def walked(step: Step, labels: tuple[str, ...]) -> Step:
    for label in labels:
        (step,) = [child for child in step.children if child.label == label]
    return step


@pytest.mark.parametrize("path", FIGURES, ids="/".join)
def test_figures_of_the_margin_ratio(hype: Any, path: tuple[str, ...]) -> None:
    step = walked(hype.explain("margin_ratio").root, path)
    assert (*in_full(step.value, step.type.dimension), step.note) == FIGURES[path]


def test_tiers_name_their_slice_and_the_file_of_the_table(hype: Any) -> None:
    margin = hype.explain("maintenance_margin").root
    assert [child.label for child in margin.children] == ["ZEC", "HYPE", "XMR", "ARB"]
    assert margin.children[0].note == "7,010.64 / (2 x 10), slice 0 to 20,000,000 (base.yaml:57)"
    assert margin.children[0].because == "market.margin_table is not none and max_leverage is none"
    assert in_full(margin.children[3].value, margin.children[3].type.dimension) == ("6.71724000", "USDC")


def test_a_parameter_tells_its_amendment_and_what_it_replaced(hype: Any) -> None:
    haircut = hype.explain("assets.HYPE.maintenance_haircut").root
    (ltv,) = haircut.children
    assert ltv.value == Decimal("0.65")
    assert ltv.origin.span.line == line_of("HYPE: { ltv: 65%")
    assert ltv.note == f"beta, since 2026-08-17; 50 % before (line {line_of('HYPE: { ltv: 50%')})"


def test_a_clamp_says_where_its_cap_stands(hype: Any) -> None:
    counted = hype.explain("balances.HYPE.counted").root
    assert counted.note == f"all of it; cap 1,000,000 (line {line_of('HYPE: { ltv: 65%')})"
    assert counted.because == "asset.collateral"
    assert in_full(counted.value, counted.type.dimension) == ("100.04466674", "HYPE")


def test_the_status_shows_both_sides_of_each_rung(hype: Any) -> None:
    first, second, healthy = hype.explain().rungs
    assert first.because == "backing 7,477.06 is not 0"
    assert second.because == "required 2,737.37 is not above 95 % of backing 7,103.20"
    assert second.origin.span.line == line_of("required > liquidation_trigger")
    assert (first.holds, second.holds, healthy.holds, healthy.name) == (False, False, True, "healthy")


def test_a_definition_is_explained_once(hype: Any) -> None:
    steps = list(hype.explain("margin_ratio").root.walk())
    equity = [step for step in steps if step.label == "equity"]
    assert [step.repeated for step in equity] == [False, True]
    assert equity[1].children == ()


def test_the_definition_says_what_it_is_not(hype: Any) -> None:
    root = hype.explain("positions.ZEC.liquidation_price").root
    assert "not the price at which the account's status flips" in root.about
    assert root.label == "liquidation_price of ZEC"


@pytest.mark.parametrize("name", ["margin_ratio", "available_after_maintenance", "positions.ZEC.liquidation_price"])
@pytest.mark.parametrize("full", [False, True])
def test_every_step_is_what_the_executor_computes(hype: Any, name: str, full: bool) -> None:
    steps = [step for step in hype.explain(name, full=full).root.walk() if step.definition >= 0]
    assert len(steps) > 8
    for step in steps:
        assert step.value == hype.value(step), step.label


@pytest.mark.parametrize("full", [False, True])
def test_children_of_a_sum_add_up_to_it_exactly(hype: Any, full: bool) -> None:
    sums = {"required", "backing", "equity", "maintenance_margin", "cross_unrealized", "isolated_equity"}
    found = set()
    with decimal.localcontext(EXACT):
        for step in hype.explain("margin_ratio", full=full).root.walk():
            if step.label in sums and step.children:
                parts: list[Value] = [-child.value if child.subtracted else child.value for child in step.children]
                assert total(parts) == step.value, step.label
                found.add(step.label)
    assert found == (sums if full else sums - {"cross_unrealized", "isolated_equity"})


def test_the_same_question_has_the_same_answer(hype: Any) -> None:
    assert hype.explain("margin_ratio") == hype.explain("margin_ratio")


def test_every_row_of_a_collection_takes_one_line(hype: Any) -> None:
    root = hype.explain("position.margin_used").root
    assert len(root.children) == 18
    assert all(not child.children for child in root.children)
    # the venue's own marginUsed of ZEC, a cross position: 6.24 ZEC at 1,123.5 and leverage 10
    zec = next(child for child in root.children if child.label == "ZEC")
    assert (zec.value, zec.note) == (Decimal("701.064"), "7,010.64 / 10")
