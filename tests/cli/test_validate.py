"""`marginc validate`: what people see of mistakes, which files are read, and which exit code says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOK = "rules/hyperliquid/portfolio-margin.yaml"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the shipped rules with a misspelt parameter and a price left out."""
    alone = shutil.ignore_patterns("with-*")  # what imports rules of another folder
    shutil.copytree(ROOT / "rules" / "hyperliquid", tmp_path / "rules" / "hyperliquid", ignore=alone)
    book = tmp_path / BOOK
    text = book.read_text("utf-8")
    for right, wrong in (
        ("ltv: 65%, user_supply_cap", "ltv: 65%, user_suply_cap"),
        ("collateral_value: counted * asset.price * ", "collateral_value: counted * "),
    ):
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    book.write_text(text, "utf-8")
    return tmp_path


def line_of(path: Path, text: str) -> int:
    """The number of the only line that holds `text`."""
    (number,) = (number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)
    return number


def place_of(path: Path, text: str) -> tuple[int, str]:
    """The column (from 1) at which the only line that holds `text` has it, and that line."""
    line = path.read_text("utf-8").splitlines()[line_of(path, text) - 1]
    return line.index(text) + 1, line


def test_two_mistakes_with_what_explains_them(broken: Path, marginc: Any) -> None:
    book = broken / BOOK
    misspelt = line_of(book, "user_suply_cap")
    before = line_of(book, "user_supply_cap: 50_000,")
    summed = line_of(book, "sum(b.collateral_value")
    column, shown = place_of(book, "user_suply_cap")
    priceless = line_of(book, "counted * (1 -")
    done = marginc("validate", "rules/hyperliquid", cwd=broken)
    assert (done.code, done.err) == (1, "")
    blocks = done.out.split("\n\n")
    assert len(blocks) == 3
    assert blocks[0].splitlines() == [
        "error[MC204]: `assets` has no parameter `user_suply_cap`",
        f"  ┌─ {BOOK}:{misspelt}:{column}",
        f"{misspelt}│ {shown}",
        f"  │ {' ' * (column - 1)}^^^^^^^^^^^^^^ unknown name",
        *blocks[0].splitlines()[4:7],
        "  help: did you mean `user_supply_cap`?",
    ]
    assert f"{BOOK}:{before}:" in blocks[0].splitlines()[4]
    assert blocks[0].splitlines()[6].endswith("without it, HYPE keeps 50_000 from 2026-03-10")
    assert blocks[1].startswith("error[MC231]: `sum` adds quantities of different assets")
    assert f"{BOOK}:{summed}:" in blocks[1]
    assert f"{BOOK}:{priceless}:23" in blocks[1]
    assert blocks[1].endswith(
        "help: value it with its price: `counted * asset.price * (1 - asset.maintenance_haircut)`"
    )
    assert blocks[2] == "4 files: 2 errors. `marginc explain MC231` tells more.\n"


def test_formats_for_machines_stand_alone_on_stdout(broken: Path, marginc: Any) -> None:
    column, _ = place_of(broken / BOOK, "user_suply_cap")
    concise = marginc("validate", "rules", "--format", "concise", cwd=broken)
    assert concise.code == 1
    assert concise.out.splitlines()[0] == (
        f"{BOOK}:{line_of(broken / BOOK, 'user_suply_cap')}:{column}: MC204 "
        "`assets` has no parameter `user_suply_cap`, did you mean `user_supply_cap`?"
    )
    assert concise.err == "4 files: 2 errors. `marginc explain MC231` tells more.\n"
    found = json.loads(marginc("validate", "rules", "--format", "json", cwd=broken).out)
    assert [one["code"] for one in found] == ["MC204", "MC231"]
    github = marginc("validate", "rules", "--format", "github", cwd=broken)
    assert [line.split(" ")[0] for line in github.out.splitlines()] == ["::error", "::error"]


def test_the_box_has_no_findings(marginc: Any) -> None:
    box = sum(path.parent.name != "cases" for path in (ROOT / "rules").rglob("*.yaml"))
    for arguments, files in (
        (("rules",), box),
        (("hyperliquid",), 6),  # base, standard, unified, portfolio-margin, with-hyperevm-loan and what it imports
        (("rules", "--no-cache"), box),
        (("hyperliquid/portfolio-margin",), 2),  # with what it extends
        ((BOOK,), 2),
    ):
        done = marginc("validate", *arguments)
        assert (done.code, done.out, done.err) == (0, f"{files} files: no findings.\n", "")
    assert marginc("validate", "rules/hyperliquid/base.yaml").out == "1 file: no findings.\n"
    assert json.loads(marginc("validate", "rules", "--format", "json").out) == []


def test_a_finding_of_a_parent_is_told_once(tmp_path: Path, marginc: Any) -> None:
    """Both rulebooks contain the parent's mistake: the one that extends it, and the parent on its own."""
    (tmp_path / "parent.yaml").write_text("rulebook: parent\nlanguage: 1\nparameters: { x: 1 USC }\n", "utf-8")
    (tmp_path / "child.yaml").write_text("rulebook: child\nlanguage: 1\nextends: parent.yaml\n", "utf-8")
    done = marginc("validate", "--format", "concise", cwd=tmp_path)
    assert done.code == 1
    assert len(done.out.splitlines()) == 1
    assert done.out.startswith("parent.yaml:3:")
    assert done.err.startswith("2 files: 1 error.")


def test_a_folder_is_its_rulebooks(rules: Path, marginc: Any) -> None:
    """Not its cases, its hidden folders, and YAML that is no rulebook; but a rulebook however broken."""
    for other in ("cases/x.yaml", ".hidden/y.yaml"):
        (rules / other).parent.mkdir()
        (rules / other).write_text("rulebook: ../cap.yaml\nnonsense: 1\n", "utf-8")
    (rules / "workflow.yaml").write_text("on: push\n", "utf-8")
    assert marginc("validate", ".", cwd=rules).out == "1 file: no findings.\n"
    (rules / "deep").mkdir()
    (rules / "deep" / "broken.yaml").write_text("rulebook: broken\n\tlanguage: 1\n", "utf-8")
    (rules / "deep" / "utf16.yaml").write_text("rulebook: wide\n", "utf-16")
    done = marginc("validate", ".", "--format", "concise", cwd=rules)
    assert done.code == 1
    assert [line.partition(":")[0] for line in done.out.splitlines()] == ["deep/broken.yaml", "deep/utf16.yaml"]
    assert done.err.startswith("3 files: 2 errors.")


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ("hyperliquid/portfolio-margn", "did you mean `hyperliquid/portfolio-margin`?"),
        ("nothing.yaml", "there is no rulebook `nothing.yaml`"),
        ("empty", "there is no rulebook in `empty`"),
    ],
)
def test_what_is_not_there_is_exit_code_2(argument: str, sentence: str, tmp_path: Path, marginc: Any) -> None:
    (tmp_path / "empty").mkdir()
    done = marginc("validate", argument, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert done.err.count("\n") == 1
