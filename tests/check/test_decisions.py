"""Decision tables: gaps, overlaps and dead rows against the executor on every kind of input."""

from __future__ import annotations

import itertools
import re
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import marginc
from marginc.compiler.check.decisions.domains import Interval
from marginc.compiler.check.decisions.formula import Variables
from marginc.compiler.check.decisions.linear import friendly, solution
from marginc.compiler.pipeline import read
from marginc.program.diagnostic import Diagnostic

FIELDS = (
    "u: ratio, v: ratio, cash: USDC, debt: USDC, n: integer, side: buy | sell, tag: label, ok: bool, day: date, "
    "wait: time, apr: ratio/time, lim: USDC | none = none, hint: x | y | none = none"
)
HEAD = f"""\
rulebook: demo/decisions
language: 1
numeraire: USDC
model:
  account:
    observed: {{ {FIELDS} }}
formulas:
  account:
"""


def table(conditions: list[str], otherwise: bool = False, unique: bool = False) -> str:
    text = HEAD + "    a:\n" + ("      unique: true\n" if unique else "") + "      cases:\n"
    text += "".join(f"        - when: {c}\n          then: {i + 1}\n" for i, c in enumerate(conditions))
    return text + ("        - else: 0\n" if otherwise else "") + "outputs: [a]\n"


def findings(folder: Path, text: str) -> list[Diagnostic]:
    path = folder / "demo.yaml"
    path.write_text(text)
    source, found, _ = read(path, "demo.yaml")
    return found if source is None else found + source.findings()


def said(folder: Path, conditions: list[str], otherwise: bool = False, unique: bool = False) -> list[str]:
    return [f"{f.code} {f.message}" for f in findings(folder, table(conditions, otherwise, unique))]


@pytest.mark.parametrize(
    "conditions",
    [
        ["u < 80%", "u >= 80%"],
        ["u < v", "u == v", "u > v"],
        ["2 * (cash - debt) > 10 USDC", "cash / 2 - debt / 2 <= 2.5 USDC"],  # both say cash - debt against 5
        ["cash > 0 and debt > 0", "cash <= 0", "-debt >= 0"],
        ['side == "buy"', 'side == "sell"'],
        ['side in {"buy"}', 'side != "buy"'],
        ['tag == "x"', 'not (tag in {"x", "y"})', 'tag == "y"'],
        ["ok", "not ok"],
        ["ok == (u > 0)", "ok != (u > 0)"],
        ["lim is none", "lim > cash", "lim <= cash"],
        ["lim == cash", "lim != cash"],
        ["hint is not none", "hint == none"],
        ["n <= 3", "n >= 4"],  # there is no integer between
        ["day < 2026-01-01", "day - 2026-01-01 >= 0 d"],
        ["wait < 8 h", "wait * 3 >= 1 d"],
        ["0 < u < 1", "u <= 0 or u >= 1"],
        ["if ok then u > 1 else u > 2", "if ok then u <= 1 else u <= 2"],
        ["u ^ 2 >= 0"],
        ["u * v > 1", "v * u <= 1"],  # a product is a value of its own
        ["abs(u) + 1 > 0"],
        ["cash + debt < 10 USDC", "cash >= 5 USDC", "debt >= 5 USDC", "cash < 5 USDC and debt < 5 USDC"],
        ["u > 0", "u < 0 or v > 0", "u == 0 and v <= 0"],
        ["true"],
    ],
)  # fmt: skip
def test_what_covers_everything_needs_no_else(conditions: list[str], tmp_path: Path) -> None:
    assert [text for text in said(tmp_path, conditions) if not text.startswith("MC342")] == []


@pytest.mark.parametrize(
    ("conditions", "example"),
    [
        (["u < 80%", "u > 80%"], "u = 80%"),
        (['side == "sell"', 'side == "buy" and u < 80%'], 'side = "buy", u = 80%'),
        (["u > 0", "v > 0"], "u = 0%, v = 0%"),
        (["cash > debt", "cash < debt"], "cash = 0, debt = 0"),
        (["cash > debt + 5 USDC", "cash < debt + 5 USDC"], "cash = 5 USDC, debt = 0"),
        (["cash <= 5 USDC", "cash >= 6 USDC"], "cash = 5.1 USDC"),
        (["cash <= 5 USDC"], "cash = 6 USDC"),
        (["n <= 3", "n >= 5"], "n = 4"),
        (['tag in {"x", "y"}'], 'tag other than "x", "y"'),
        (["ok"], "ok = false"),
        (["ok and u > 0", "not ok"], "ok = true, u = 0%"),
        (["lim is not none"], "lim = none"),
        (['hint == "x"', 'hint == "y"'], "hint = none"),
        (["day < 2026-01-01", "day > 2026-01-01"], "day = 2026-01-01"),
        (["day < 2026-01-01"], "day = 2026-01-01"),
        (["wait < 8 h"], "wait = 8h"),
        (["apr < 5% per year", "apr > 5% per year"], "apr = 5% per year"),
        (["0 < u <= 1"], "u = 0%"),
        (["tag == tag and ok"], "ok = false"),
    ],
)
def test_a_gap_is_told_by_an_input(conditions: list[str], example: str, tmp_path: Path) -> None:
    assert said(tmp_path, conditions) == [f"MC340 no case of `a` takes `{example}`"]


@pytest.mark.parametrize("condition", ["u * v > 0", "sqrt(u) > 1", "max(u, v) > 1", "u / v > 1", "abs(u) > 1"])
def test_what_is_not_linear_asks_for_an_else(condition: str, tmp_path: Path) -> None:
    (text,) = said(tmp_path, [condition])
    assert text.startswith("MC341 it cannot be shown that the cases of `a` cover everything")
    assert said(tmp_path, [condition], otherwise=True) == []


@pytest.mark.parametrize(
    ("conditions", "code", "dead", "takers"),
    [
        (["u > 1", "u > 2"], "MC342", "u > 2", ["u > 1"]),
        (["u > 1", "v > 1", "u > 2 and v > 2"], "MC342", "u > 2 and v > 2", ["u > 1"]),
        (["u > 1", "u <= 0", "u > 0 and u <= 1", "v > 0"], "MC342", "v > 0", ["u > 1", "u <= 0", "u > 0 and u <= 1"]),
        (['side == "buy"', 'side != "sell"'], "MC342", 'side != "sell"', ['side == "buy"']),
        (["u > 1 and u < 0"], "MC343", "u > 1 and u < 0", []),
        (["cash > debt and debt > cash"], "MC343", "cash > debt and debt > cash", []),
        (["cash > debt and debt > 2 * cash and cash > 0"], "MC343", "cash > debt and debt > 2 * cash and cash > 0", []),
        (["lim is none and lim is not none"], "MC343", "lim is none and lim is not none", []),
        (['tag == "x" and tag == "y"'], "MC343", 'tag == "x" and tag == "y"', []),
        (["n > 3 and n < 4"], "MC343", "n > 3 and n < 4", []),
    ],
)  # fmt: skip
def test_a_dead_row_is_told_with_those_that_take_its_inputs(
    conditions: list[str], code: str, dead: str, takers: list[str], tmp_path: Path
) -> None:
    text = table(conditions, otherwise=True)
    lines = text.split("\n")
    found = [f for f in findings(tmp_path, text) if f.code != "MC344"]
    assert [f.code for f in found] == [code]
    places = [found[0].span, *(note.span for note in found[0].notes)]
    assert [lines[p.line - 1][p.column - 1 : p.end_column - 1] for p in places] == [dead, *takers]
    assert found[0].severity == "warning"


def test_a_dead_else_is_told(tmp_path: Path) -> None:
    assert [f.code for f in findings(tmp_path, table(["ok", "not ok"], otherwise=True))] == ["MC344"]
    assert findings(tmp_path, table(["ok", "not ok and u > 0"], otherwise=True)) == []


@pytest.mark.parametrize(
    ("conditions", "example"),
    [
        (["u <= 10%", "u >= 10%"], "u = 10%"),
        (["u < 0", "v < 0", "u >= 0 and v >= 0"], "u = -1%, v = -1%"),
        (["cash > debt", "cash <= debt", "ok"], "ok = true"),
    ],
)
def test_unique_cases_never_hold_together(conditions: list[str], example: str, tmp_path: Path) -> None:
    found = said(tmp_path, conditions, unique=True)
    assert next(text for text in found if text.startswith("MC345")).endswith(f"{example}`")
    assert not [text for text in said(tmp_path, conditions, otherwise=True) if text.startswith("MC345")]


def test_unique_cases_of_what_may_be_none(tmp_path: Path) -> None:
    assert said(tmp_path, ["lim is none", "lim is not none"], unique=True) == []
    assert said(tmp_path, ["lim is not none", "not (lim is not none)"], unique=True) == []


def test_unique_cases_that_share_nothing(tmp_path: Path) -> None:
    assert said(tmp_path, ["u < 0", "u >= 0 and v < 0", "u >= 0 and v >= 0"], unique=True) == []
    assert said(tmp_path, ["lim is none", "lim > cash", "lim <= cash"], unique=True) == []


def test_the_last_case_is_what_remains(tmp_path: Path) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text(table(["u < 10%", "u < 20%", "u >= 20%"]))
    accounts = [{"account": u, **VALUES, "u": u} for u in ("0.05", "0.1", "0.2", "5")]
    results = marginc.compile(path).evaluate({"as_of": "2026-01-01", "accounts": accounts})
    assert [int(str(result.outputs["a"])) for result in results] == [1, 2, 3, 3]


VALUES = {
    "u": "0", "v": "0", "cash": "0", "debt": "0", "n": "0", "side": "buy", "tag": "x", "ok": False,
    "day": "2026-01-01", "wait": "0", "apr": "0",
}  # fmt: skip
GRID = ["-1", "0", "0.5", "1", "1.5", "2", "3"]
limits = st.sampled_from(["0", "1", "2"])
operators = st.sampled_from(["<", "<=", "==", "!=", ">=", ">"])
comparisons = st.builds("{} {} {}".format, st.sampled_from(["u", "v"]), operators, limits)
others = st.sampled_from(
    ["ok", 'side == "buy"', 'side != "buy"', "u < v", "u + v <= 1", "u - v == 1", "0 < u < 2", "u <= v == 1"]
)
conditions = st.recursive(
    comparisons | others,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("not ({})".format, inner)
        | st.builds("(if {} then {} else {})".format, inner, inner, inner)
    ),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(conditions, min_size=1, max_size=4))
def test_what_is_said_of_a_table_is_what_the_executor_does(rows: list[str], tmp_path: Path) -> None:
    path = tmp_path / "with_else.yaml"
    path.write_text(table(rows, otherwise=True))
    found = findings(tmp_path, table(rows))
    gap = next((f for f in found if f.code in ("MC340", "MC341")), None)
    points = [
        {"u": u, "v": v, "ok": ok, "side": side}
        for u, v, ok, side in itertools.product(GRID, GRID, (True, False), ("buy", "sell"))
    ]
    if gap is not None and gap.code == "MC340":
        points.append(point(gap.message))
    accounts = [{"account": str(i), **VALUES, **p} for i, p in enumerate(points)]
    results = marginc.compile(path).evaluate({"as_of": "2026-01-01", "accounts": accounts})
    decided = [int(str(result.outputs["a"])) for result in results]
    if gap is None:
        assert 0 not in decided, "an input that no row takes was overlooked"
    else:
        assert gap.code == "MC340"  # all of it is linear
        assert decided[-1] == 0, "the example is taken after all"
    lines = {2 * i + HEAD.count("\n") + 3: i + 1 for i in range(len(rows))}
    dead = {lines[f.span.line] for f in found if f.code in ("MC342", "MC343")}
    assert not dead & set(decided), "a row that decides was called dead"
    if not any(" v" in row and re.search(r"u [<+-]|<= v", row) for row in rows):  # every region has a point of the grid
        assert dead == set(range(1, len(rows) + 1)) - set(decided)


def point(message: str) -> dict[str, object]:
    """The values of an example."""
    values: dict[str, object] = {}
    for name, value in re.findall(r'(u|v|ok|side) = ("?[^,"`]+"?)', message):
        if name == "ok":
            values[name] = value == "true"
        else:
            number = value.strip('"%')
            values[name] = number if name == "side" else str(Decimal(number) / (100 if "%" in value else 1))
    return values


@pytest.mark.parametrize(
    ("joined", "unique"), [(" or ", False), (" and ", False), (" and ", True), (" or ", True)],
    ids=["or", "and", "unique and", "unique or"],
)  # fmt: skip
def test_hostile_tables_cost_a_bounded_time(joined: str, unique: bool, tmp_path: Path) -> None:
    from marginc.compiler.check.decisions import Effort, analysis, examine

    fields = ", ".join(f"w{i}: ratio" for i in range(20))
    rows = [joined.join(f"w{j} > {(i * 37 + j * 11) % 97}" for j in range(20)) for i in range(200)]
    path = tmp_path / "demo.yaml"
    path.write_text(table(rows, unique=unique).replace(FIELDS, fields))
    tables: list[analysis.DecisionTable] = []
    source, found, _ = read(path, "demo.yaml")
    assert source is not None, found
    original = analysis.examine
    import marginc.compiler.check.definitions as definitions

    try:
        definitions.examine = lambda one, effort: tables.append(one) or []  # type: ignore[func-returns-value]
        source.findings()
    finally:
        definitions.examine = original
    begin = time.process_time()
    assert examine(tables[0], Effort())
    assert time.process_time() - begin < 2.5


def test_more_than_two_hundred_cases_are_a_table(tmp_path: Path) -> None:
    rows = [f"n == {number}" for number in range(201)]
    assert [text[:5] for text in said(tmp_path, rows, otherwise=True)] == ["MC347"]
    assert said(tmp_path, rows[:199], otherwise=True) == []


def test_two_hundred_neighbouring_ranges_are_unique(tmp_path: Path) -> None:
    rows = [f"{i} <= n < {i + 1}" for i in range(198)]
    assert said(tmp_path, ["n < 0", *rows, "n >= 198"], unique=True) == []


def test_a_system_of_inequalities_has_a_solution_that_keeps_it() -> None:
    from fractions import Fraction

    variables = Variables.none_yet()
    one = Fraction(1)
    total = variables.direction(((0, one), (1, one), (2, one)))
    ahead = variables.direction(((0, one), (1, -one)))
    bounds = {total: Interval(Fraction(10), Fraction(10)), ahead: Interval(Fraction(3), None, True)}
    point = solution(bounds, lambda _, interval: friendly(interval, one), lambda _: None)
    assert point is not None
    assert point[0] + point[1] + point[2] == 10
    assert point[0] - point[1] > 3
    bounds[variables.direction(((2, one),))] = Interval(Fraction(7), None)
    bounds[variables.direction(((1, one),))] = Interval(Fraction(0), None)
    assert solution(bounds, lambda _, interval: friendly(interval, one), lambda _: None) is None  # 0 + 3.. + 7 > 10
