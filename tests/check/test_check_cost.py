"""Checking an expression looks at each part once, however deep it nests."""

from __future__ import annotations

import time
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


TABLES = """\
rulebook: demo
language: 1
numeraire: USDC
model:
  parameters:
    next: { by: { one: a | b, two: a | b }, value: a | b, symmetric: true, diagonal: a }
  account:
    observed: { at: a | b, x: ratio }
parameters:
  next: { a: { b: a } }
formulas:
  account:
"""


def _nested(depth: int) -> str:
    """A look-up in look-ups; each stands in its table's diagonal too."""
    text = "at"
    for _ in range(depth):
        text = f"next({text}, at)"
    return text


@pytest.mark.parametrize(
    ("definitions", "codes"),
    [
        ([f"grade: {_nested(40)}"], {"MC367"}),
        (
            ["rate:", "  cases:", f'    - when: {_nested(40)} == "a"', "      then: 1", "    - else: 2"],
            {"MC367"},
        ),
        (
            [
                "d0: sqrt(x)",
                *(f"d{n + 1}: d{n} * d{n} * d{n}" for n in range(19)),
                "nothing: if d19 == 0 then 1 else 2",
            ],
            {"MC260"},
        ),
    ],
    ids=["look-ups", "a condition of look-ups", "products compared with 0"],
)
def test_what_stands_in_several_places_is_gone_through_once(
    definitions: list[str], codes: set[str], tmp_path: Path
) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text(TABLES + "".join(f"    {line}\n" for line in definitions))
    begun = time.process_time()
    source, found, _ = read(path, "demo.yaml")
    assert source is not None
    assert {finding.code for finding in found + source.findings()} == codes
    assert time.process_time() - begun < 2, "2^40 steps would take years"
