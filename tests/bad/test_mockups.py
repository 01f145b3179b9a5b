"""Two mistakes in the shipped rulebook itself, made as a person would make them in an editor."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from marginc.compiler.pipeline import read
from marginc.program.diagnostic import Diagnostic, Span

ROOT = Path(__file__).resolve().parents[2]
NAME = "rules/hyperliquid/portfolio-margin.yaml"
BETA = re.compile(r"(HYPE:\s*\{ ltv: 65%,\s*)user_supply_cap")
VALUE = "collateral_value: counted * asset.price * (1 - asset.maintenance_haircut)"


@pytest.fixture
def rulebook(tmp_path: Path) -> Path:
    copy = shutil.copytree(ROOT / "rules" / "hyperliquid", tmp_path / "hyperliquid")
    file = copy / "portfolio-margin.yaml"
    text = file.read_text("utf-8")
    assert len(BETA.findall(text)) == 1
    assert text.count(VALUE) == 1
    text = BETA.sub(r"\1user_suply_cap", text)
    file.write_text(text.replace(VALUE, VALUE.replace(" * asset.price", "")), "utf-8")
    return file


def findings(file: Path) -> list[Diagnostic]:
    source, found, _ = read(file, NAME)
    assert source is not None, found
    return source.findings()


def underlined(file: Path, span: Span) -> str:
    assert span.file == NAME
    assert span.line == span.end_line
    line = file.read_text("utf-8").splitlines()[span.line - 1]
    return line[span.column - 1 : span.end_column - 1]


def line_of(file: Path, text: str) -> int:
    return next(number for number, line in enumerate(file.read_text("utf-8").splitlines(), 1) if text in line)


def test_both_are_found_and_nothing_else(rulebook: Path) -> None:
    assert [finding.code for finding in findings(rulebook)] == ["MC204", "MC231"]


def test_a_misspelt_parameter_says_what_holds_instead(rulebook: Path) -> None:
    finding = findings(rulebook)[0]
    assert finding.message == "`assets` has no parameter `user_suply_cap`"
    assert underlined(rulebook, finding.span) == "user_suply_cap"
    assert finding.span.line == line_of(rulebook, "user_suply_cap")
    (note,) = finding.notes
    assert note.text == "without it, HYPE keeps 50_000 from 2026-03-10"
    assert note.span.line == line_of(rulebook, "user_supply_cap: 50_000")
    assert finding.help == "did you mean `user_supply_cap`?"
    assert [(underlined(rulebook, fix.span), fix.text) for fix in finding.fixes] == [
        ("user_suply_cap", "user_supply_cap")
    ]


def test_a_missing_price_is_found_where_it_is_missing(rulebook: Path) -> None:
    finding = findings(rulebook)[1]
    assert finding.message == "`sum` adds quantities of different assets"
    assert underlined(rulebook, finding.span) == "b.collateral_value"
    assert finding.span.line == line_of(rulebook, "sum(b.collateral_value for b in balances")
    assert finding.label == "HYPE + UBTC has no meaning"
    (note,) = finding.notes
    assert underlined(rulebook, note.span) == "counted"
    assert note.span.line == line_of(rulebook, "collateral_value: counted * (1 - asset.maintenance_haircut)")
    assert note.text == "a quantity of the balance's own asset, not money"
    assert finding.help == "value it with its price: `counted * asset.price * (1 - asset.maintenance_haircut)`"
    (fix,) = finding.fixes
    assert (fix.span.line, fix.text) == (note.span.line, " * asset.price")
