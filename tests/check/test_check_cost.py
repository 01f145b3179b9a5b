"""Checking an expression looks at each part once, however deep it nests."""

from __future__ import annotations

from pathlib import Path

import pytest

from marginc.compiler.check.expression import Checker
from marginc.compiler.pipeline import read

HEAD = """\
rulebook: demo
language: 1
numeraire: USDC
model:
  account:
    observed: { a: USDC = 1 }
formulas:
  account:
"""


@pytest.mark.parametrize(
    "expression",
    [
        " + ".join(["a"] * 100),
        "(" * 60 + "a" + " * 2)" * 60,
        "if a < 1 USDC then a else (" * 30 + "a" + ")" * 30,
        " and ".join(["a < 2 USDC"] * 60) + " and a == a",
    ],
    ids=["sum", "products", "conditionals", "conjunction"],
)
def test_each_part_is_checked_once(expression: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text(f"{HEAD}    x: {expression}\n")
    visits = 0
    once = Checker._check

    def counted(self: Checker, *arguments: object) -> object:
        nonlocal visits
        visits += 1
        assert visits < 2_000, "parts are checked again and again"
        return once(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Checker, "_check", counted)
    source, found, _ = read(path, "demo.yaml")
    assert source is not None
    assert found + source.findings() == []
