"""docs/linting.md: every command prints what the page says, and no lint is left out."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from marginc.program.codes import SEVERITIES

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("docs", "conformance")]  # tests/ is no package

import documents  # noqa: E402

LINTING = ROOT / "docs" / "linting.md"
TEXT = LINTING.read_text("utf-8")


def test_the_page_is_true(tmp_path: Path, write_docs: bool) -> None:
    wrong = []
    for block in documents.blocks(TEXT):
        if block.language == "yaml":
            (tmp_path / block.name).write_text(block.text, "utf-8")
        elif block.language == "diff":
            documents.edit(tmp_path, block.text)
        elif block.language == "console":
            for command, expected in documents.commands(block.text):
                printed = documents.run(tmp_path, command, {}).strip("\n")
                if write_docs:
                    documents.rewritten(LINTING, command, expected.strip("\n"), printed)
                elif printed != expected.strip("\n"):
                    wrong.append(f"{block.line}: `{command}` prints\n{printed}")
        else:
            assert block.language == "toml"
            (tmp_path / "marginc.toml").write_text(block.text, "utf-8")
            assert not documents.run(tmp_path, "marginc lint --quiet --select MC805", {})
    assert not wrong, "\n".join(wrong)


def test_every_lint_is_in_the_table() -> None:
    import marginc.compiler.diagnostics.lint  # noqa: F401  # makes its codes known

    codes = {code for code in SEVERITIES if code.startswith("MC8")}
    assert set(re.findall(r"^\| `(MC\d+)` \|", TEXT, re.MULTILINE)) == codes
    assert len(codes) == 10


@pytest.mark.parametrize("code", [f"MC8{number:02}" for number in range(1, 11)])
def test_every_lint_has_its_page(code: str, run_cli: Any) -> None:
    printed = run_cli("explain", code).stdout
    assert printed.startswith(f"{code}: ")
    assert "Fix: " in printed
