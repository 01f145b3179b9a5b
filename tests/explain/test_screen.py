"""The tree as `marginc explain` prints it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from marginc.cli.explain_tree import show
from marginc.cli.refusal import Refusal, Stopped

RULEBOOK = "hyperliquid/portfolio-margin"
RULES = Path(__file__).resolve().parents[2] / "rules" / f"{RULEBOOK}.yaml"


def line_of(text: str) -> str:
    """The only line of the shipped rulebook that holds this text, as the tree prints it."""
    (found,) = [number for number, line in enumerate(RULES.read_text("utf-8").splitlines(True), 1) if text in line]
    return str(found)


@pytest.fixture
def written(tmp_path: Path, hype_snapshot: dict[str, object]) -> str:
    path = tmp_path / "hype-borrow.json"
    path.write_text(json.dumps(hype_snapshot), encoding="utf-8")
    return str(path)


def test_the_first_output_in_120_columns(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(RULEBOOK, written) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"hype-borrow, 2026-09-08T04:25:36Z, {RULEBOOK} ")
    assert lines[0].endswith(" lines of portfolio-margin.yaml")
    assert max(map(len, lines)) <= 120
    ratio = line_of("settlement_ratio: if")
    assert lines[2].split()[:4] == ["margin_ratio", "36.6102384781", "%", line_of("else max(settlement_ratio")]
    assert lines[2].endswith("because for none of 5 assets: unbacked")
    assert lines[3].split() == ["└─", "settlement_ratio", "36.6102384781", "%", ratio, "required", "/", "backing"]
    assert any(line.startswith("   │     └─ less equity ") and " -1,668.26369907 USDC " in line for line in lines)
    assert any(line.startswith("      ├─ equity ") and line.endswith(" above") for line in lines)
    words = [" ".join(line.split()) for line in lines]
    least, trigger = line_of("collateral_value < backstop_share"), line_of("required > liquidation_trigger * backing\n")
    told = "equity + collateral_value = 5,274.24 is not below 66.6667 % of maintenance_margin 356.37"
    assert f"status: healthy, because {told} {least}" in words
    assert f"and required 2,737.37 is not above 95 % of backing 7,103.20 {trigger}" in words


def test_decimal_points_stand_under_one_another(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    show(RULEBOOK, written, "equity")
    lines = [line for line in capsys.readouterr().out.splitlines() if " USDC " in line]
    assert len(lines) == 4
    assert len({line.rindex(" USDC ") for line in lines}) == 1


def test_what_it_is_about_and_what_was_asked_are_told(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        show(RULEBOOK, written, "positions.ZEC.liquidation_price", None, None, ["liquidation_trigger=90%"], "ZEC -70%")
        == 0
    )
    out = capsys.readouterr().out
    assert "shock: ZEC -70%, liquidation_trigger = 90%" in out
    assert "  The price the venue shows: what it would be if this mark moved alone" in out
    assert "status: liquidatable, because required 7,154.07 is above 90 % of backing " in out


def test_a_value_in_error_is_told_once_where_it_arises(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert show(RULEBOOK, written, set=["assets.HYPE.ltv=130%"]) == 1
    tree, _, status = capsys.readouterr().out.partition("\nstatus: ")
    assert tree.count("error: ") == 1
    told = [line for line in tree.splitlines() if line.endswith("in error, because of what is below")]
    labels = [line.lstrip("│├└─ ").split()[0] for line in told]
    assert labels == ["margin_ratio", "settlement_ratio", "backing", "collateral_value", "secured", "HYPE"]
    assert status.startswith("unknown, because `asset.maintenance_haircut` of `HYPE` is -15%")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "margn_ratio"}, "there is no definition `margn_ratio`; did you mean `margin_ratio`?"),
        ({"account": "hype-borow"}, "did you mean `hype-borrow`?"),
        ({"shock": "ZEK -10%"}, "--shock: the snapshot has no price of `ZEK`; did you mean `ZEC`?"),
        ({"set": ["liquidation_triger=1%"]}, "did you mean `liquidation_trigger`?"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(written: str, arguments: Any, message: str) -> None:
    with pytest.raises(Stopped) as caught:
        show(RULEBOOK, written, **arguments)
    assert message in caught.value.message


def test_several_accounts_want_a_choice(
    tmp_path: Path, hype_snapshot: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = hype_snapshot["accounts"]
    wrong = {**one, "account": "third", "mode": "silver"}
    book = {**hype_snapshot, "accounts": [one, {**one, "account": "second", "positions": []}, wrong]}
    path = tmp_path / "book.json"
    path.write_text(json.dumps(book), encoding="utf-8")
    with pytest.raises(Stopped, match="choose one with --account: hype-borrow, second, third"):
        show(RULEBOOK, str(path))
    assert show(RULEBOOK, str(path), "maintenance_margin", "second") == 0
    assert "0 of 2 holdings, count(h.positions) > 0" in capsys.readouterr().out
    with pytest.raises(Refusal) as caught:
        show(RULEBOOK, str(path), None, "third")
    assert any("silver" in finding.message for finding in caught.value.diagnostics)
