"""The recorded account, figure by figure: every number below is printed in the project's mock-ups, section 3."""

from __future__ import annotations

import decimal
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from marginc.program.number import EXACT, Value, total
from marginc.runtime.explain import Step, UnknownNameError
from marginc.runtime.explain.figures import in_full

FOLDER = Path(__file__).resolve().parents[2] / "rules/hyperliquid"
RATIO = ("settlement_ratio",)
REQUIRED, BACKING = (*RATIO, "required"), (*RATIO, "backing")
MARGIN, BORROWED = (*REQUIRED, "maintenance_margin"), (*REQUIRED, "borrowed_for_maintenance")
COLLATERAL = (*BACKING, "collateral_value", "secured", "HYPE")

FIGURES = {
    (): ("36.6102384781", "%", ""),
    RATIO: ("36.6102384781", "%", "required / backing"),
    REQUIRED: ("2,737.36837907", "USDC", ""),
    MARGIN: ("534.55234000", "USDC", "4 of 18 positions, margin is cross"),
    (*MARGIN, "HYPE"): ("126.138", "USDC", "2,522.76 / (2 x 10)"),
    (*MARGIN, "XMR"): ("51.1651", "USDC", "511.651 / (2 x 5)"),
    BORROWED: ("2,202.81603907", "USDC", "max(0, maintenance_margin - equity)"),
    (*BORROWED, "equity"): ("-1,668.26369907", "USDC", ""),
    (*BORROWED, "equity", "cash_value of USDC"): ("1,905.14219093", "USDC", "1,905.14219093 x 1"),
    (*BORROWED, "equity", "cross_unrealized"): (
        "1,415.35770300", "USDC", "ZEC 1,367.036777, XMR 47.439404, HYPE 7.42746, ARB -6.545938",
    ),
    (*BORROWED, "equity", "isolated_equity"): (
        "4,988.76359300", "USDC", "14 positions: WLD 843.46971, LIT 810.412197, 12 more",
    ),
    BACKING: ("7,477.05694599", "USDC", ""),
    (*BACKING, "collateral_value"): ("6,942.50460599", "USDC", "borrow_cap 50,000,000 does not bind"),
    (*BACKING, "collateral_value", "secured"): ("6,942.50460599", "USDC", "1 of 2 balances, counted is not 0"),
    COLLATERAL: ("6,942.50460599", "USDC", "100.04466674 x 84.114 x (1 - 17.5 %)"),
    (*COLLATERAL, "counted"): ("100.04466674", "HYPE", None),
    (*COLLATERAL, "maintenance_haircut"): ("17.5", "%", "(1 - ltv) / 2"),
    (*COLLATERAL, "maintenance_haircut", "ltv"): ("65", "%", None),
}  # fmt: skip
"""Value, unit and note; a note with a line number in it (None) has a test of its own."""


def line_of(text: str, file: str = "portfolio-margin.yaml") -> int:
    """The line of a shipped rulebook that holds this text, runs of spaces as one."""
    lines = (FOLDER / file).read_text("utf-8").splitlines()
    (found,) = [number for number, line in enumerate(lines, 1) if text in " ".join(line.split())]
    return found


def walked(step: Step, labels: tuple[str, ...]) -> Step:
    for label in labels:
        (step,) = [child for child in step.children if child.label == label]
    return step


@pytest.mark.parametrize("path", FIGURES, ids="/".join)
def test_figures_of_the_margin_ratio(hype: Any, path: tuple[str, ...]) -> None:
    step = walked(hype.explain("margin_ratio").root, path)
    number, unit, note = FIGURES[path]
    assert in_full(step.value, step.type.dimension) == (number, unit)
    assert note is None or step.note == note


def test_nothing_else_stands_in_the_tree(hype: Any) -> None:
    """The tiers' rows have a test of their own; what is told further up is told once."""
    seen: list[tuple[str, ...]] = []
    stack: list[tuple[tuple[str, ...], Step]] = [((), hype.explain("margin_ratio").root)]
    while stack:
        path, step = stack.pop()
        seen.append(path)
        stack += [((*path, child.label), child) for child in step.children if not child.repeated]
    assert set(seen) - set(FIGURES) == {(*MARGIN, "ZEC"), (*MARGIN, "ARB")}


def test_tiers_name_their_slice_and_the_file_of_the_table(hype: Any) -> None:
    margin = hype.explain("maintenance_margin").root
    assert [child.label for child in margin.children] == ["ZEC", "HYPE", "XMR", "ARB"]
    figures = [in_full(child.value, child.type.dimension) for child in margin.children]
    assert figures == [("350.532", "USDC"), ("126.138", "USDC"), ("51.1651", "USDC"), ("6.71724", "USDC")]
    zec, _, _, arb = margin.children
    # by 1: tiers are in dollars, and USDC is settled at par
    table = f"base.yaml:{line_of('52: { tiers:', 'base.yaml')}"
    assert zec.note == f"7,010.64 / (2 x 10) / 1, slice 0 to 20,000,000 ({table})"
    assert zec.because == "row 1 holds, market.margin_table is not none and max_leverage is none"
    table = f"base.yaml:{line_of('51: { tiers:', 'base.yaml')}"
    assert arb.note == f"134.3448 / (2 x 10) / 1, slice 0 to 3,000,000 ({table})"


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
    *tried, healthy = hype.explain().rungs
    assert (healthy.name, healthy.holds, [rung.holds for rung in tried]) == ("healthy", True, [False] * 8)
    because = {rung.because: rung for rung in tried}
    assert list(because) == [
        # 2/3 x 534.55234; -1,668.26369907 + 6,942.50460599
        "equity + collateral_value = 5,274.24 is not below 66.6667 % of maintenance_margin 356.37",
        "loan_value 3,714.92 is not at least full_threshold 7,433.39",
        "backing 7,477.06 is not 0",
        "for none of 5 assets: unbacked",
        "required 2,737.37 is not above 95 % of backing 7,103.20",
        "no assets come into it",
        "loan_value 3,714.92 is not above partial_threshold 6,942.50",
        "loan_value 3,714.92 is not above sum(balances.borrow_value) 5,469.85",
    ]
    ratio = because["required 2,737.37 is not above 95 % of backing 7,103.20"]
    assert ratio.origin.span.line == line_of("when: required > liquidation_trigger * backing")
    loan = because["loan_value 3,714.92 is not at least full_threshold 7,433.39"]
    assert loan.origin.span.line == line_of("loan_value >= full_threshold")


def test_a_definition_is_explained_once(hype: Any) -> None:
    steps = list(hype.explain("margin_ratio").root.walk())
    equity = [step for step in steps if step.label == "equity"]
    assert [step.repeated for step in equity] == [False, True]
    assert [len(step.children) for step in equity] == [3, 0]


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


def test_a_factor_of_one_is_left_to_the_calculation(hype: Any) -> None:
    """1,905.14219093 USDC at 1 USDC: the line shows the factor, and nothing below explains it."""
    cash = hype.explain("balances.USDC.cash_value").root
    assert (cash.note, cash.children) == ("1,905.14219093 x 1", ())
    everything = hype.explain("balances.USDC.cash_value", full=True).root
    assert [child.label for child in everything.children] == ["amount", "worth"]
    zec = hype.explain("positions.ZEC.maintenance").root
    assert zec.children == ()
    assert "par" in [step.label for step in hype.explain("positions.ZEC.maintenance", full=True).root.walk()]


def test_a_term_of_zero_is_left_out(hype: Any) -> None:
    """No borrow was needed for a small account: `required` is maintenance and what is borrowed for it."""
    labels = [child.label for child in hype.explain("required").root.children]
    assert labels == ["maintenance_margin", "borrowed_for_maintenance"]
    everything = hype.explain("required", full=True).root
    assert [(child.label, child.value) for child in everything.children] == [
        ("maintenance_margin", Decimal("534.55234")),
        ("small_offset", 0),
        ("borrowed_for_maintenance", everything.children[2].value),
    ]


def test_a_sum_of_one_holding_is_told_as_that_holding(hype: Any) -> None:
    """One token settles every position, at 1: its row would say the same figure again."""
    margin = hype.explain("maintenance_margin").root
    assert (margin.label, margin.note) == ("maintenance_margin", "4 of 18 positions, margin is cross")
    full = hype.explain("maintenance_margin", full=True).root
    assert [child.label for child in full.children] == ["USDC"]
    assert full.children[0].value == margin.value == Decimal("534.55234")


def test_full_shows_everything(hype: Any) -> None:
    """Each field that the ratio was computed from is there, as the snapshot brings it."""
    steps = list(hype.explain("margin_ratio", full=True).root.walk())
    assert len(steps) > 3 * len(list(hype.explain("margin_ratio").root.walk()))
    notes = [step.note for step in steps]
    for observed in ("6.24", "1123.5", "100.04466674", "84.114", "1905.14219093"):
        assert f"snapshot: {observed}" in notes, observed
    assert not any(step.cut or step.error for step in steps)
    assert {"WLD", "LIT"} <= {step.label for step in steps}  # rows of what folds to one line otherwise


def test_a_group_has_rows_like_any_collection(unified: Any) -> None:
    """The venue's own figures of 2026-09-14: crossMaintenanceMarginUsed 25.233635, of one token."""
    root = unified.explain("margin_ratio").root
    assert in_full(root.value, root.type.dimension) == ("10.3497717391", "%")
    usdc = walked(root, ("USDC",))
    assert usdc.note == "25.2336347337 / 243.8086111433"
    assert usdc.origin.span.line == line_of("margin_ratio: if equity", "unified.yaml")
    margin = walked(usdc, ("maintenance_margin",))
    assert margin.note == "5 of 6 positions, margin is cross"
    assert [child.label for child in margin.children] == ["HYPE", "BNB", "SOL", "ETH", "BTC"]
    with decimal.localcontext(EXACT):
        assert margin.value == total([child.value for child in margin.children])
    assert in_full(margin.value, margin.type.dimension) == ("25.233634733676", "USDC")
    for step in unified.explain("margin_ratio", full=True).root.walk():
        assert step.definition < 0 or step.value == unified.value(step), step.label


def test_a_row_of_a_group_is_named_like_any_row(unified: Any) -> None:
    """Alone, and in the definition that lists them all: 251.7822396707 + 1.168680486 - 9.1423090134."""
    for name in ("holdings.USDC.equity", "holding.equity"):
        root = unified.explain(name).root
        assert (root.label, *in_full(root.value, root.type.dimension)) == ("equity of USDC", "243.8086111433", "USDC")
    with pytest.raises(UnknownNameError, match=r"there is no holding `USD`; did you mean `holdings\.USDC\.equity`\?"):
        unified.explain("holdings.USD.equity")
    with pytest.raises(UnknownNameError, match=r"`equty` on holding; did you mean `holdings\.USDC\.equity`\?"):
        unified.explain("holdings.USDC.equty")
