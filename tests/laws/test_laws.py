"""Laws that hold for every rulebook and every snapshot, tried on random ones."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import marginc
from marginc.compiler.syntax import ast, parse_text, print_expression

KEYWORDS = {"if", "then", "else", "or", "and", "not", "for", "in", "is", "where", "per", "true", "false", "none"}

names = st.from_regex(r"[a-z][a-z_]{0,6}", fullmatch=True).filter(lambda name: name not in KEYWORDS)
numbers = st.decimals(min_value=0, max_value=10**12, allow_nan=False, allow_infinity=False, places=6)
words = st.from_regex(r"[a-z ]{0,6}", fullmatch=True)

leaves: st.SearchStrategy[ast.Expr] = st.one_of(
    st.builds(
        ast.Quantity, st.just(0), st.just(0), numbers, st.sampled_from(["", "%", "bp", "USDC", "h"]),
        st.sampled_from(["", "year"]),
    ),
    st.builds(ast.Word, st.just(0), st.just(0), words),
    st.builds(ast.Day, st.just(0), st.just(0), st.just("2026-08-17")),
    st.builds(ast.Truth, st.just(0), st.just(0), st.booleans()),
    st.builds(ast.Nothing, st.just(0), st.just(0)),
    st.builds(ast.Name, st.just(0), st.just(0), names),
)  # fmt: skip


def made(node: Callable[..., ast.Expr], *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[ast.Expr]:
    return st.builds(node, st.just(0), st.just(0), *parts)


def larger(inner: st.SearchStrategy[ast.Expr]) -> st.SearchStrategy[ast.Expr]:
    name = st.builds(ast.Name, st.just(0), st.just(0), names)
    binder = st.builds(ast.Binder, st.just(0), st.just(0), names, name)
    return st.one_of(
        made(ast.Member, inner, names),
        made(ast.Call, name, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        made(ast.Aggregate, name, inner, st.lists(binder, min_size=1, max_size=2).map(tuple), st.none() | inner),
        made(ast.Negate, inner),
        made(ast.Not, inner),
        made(ast.Arithmetic, st.sampled_from("+-*/"), inner, inner),
        made(ast.Power, inner, st.integers(-16, 16)),
        st.integers(1, 3).flatmap(
            lambda count: made(
                ast.Comparison,
                st.lists(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), min_size=count, max_size=count).map(
                    tuple
                ),
                st.lists(inner, min_size=count + 1, max_size=count + 1).map(tuple),
            )
        ),
        made(ast.Membership, inner, st.lists(words, min_size=1, max_size=3).map(tuple)),
        made(ast.NoneTest, inner, st.booleans()),
        made(ast.Logical, st.sampled_from(["and", "or"]), inner, inner),
        made(ast.Conditional, inner, inner, inner),
    )


@given(st.recursive(leaves, larger, max_leaves=25))
@settings(max_examples=300, deadline=None)
def test_parsing_what_was_printed_gives_the_same_tree(tree: ast.Expr) -> None:
    assert parse_text(print_expression(tree)) == tree


HEAD = """\
rulebook: demo
language: 1
numeraire: USDC
model:
  assets:
    each: asset
    parameters: { ltv: ratio = 0%, cap: unit | none = none }
    observed: { price: USDC/unit }
  account:
    rows:
      balances:
        each: balance
        key: [asset]
        observed: { asset: asset, amount: asset.unit }
"""
BALANCE = [
    "value: amount * asset.price",
    "counted: clamp(amount, 0, asset.cap) * asset.price * asset.ltv",
    "debt: max(0, -value)",
]
ACCOUNT = [
    "equity: sum(balances.value)",
    "backing: sum(balances.counted)",
    "debt: sum(balances.debt)",
    "ratio: if backing == 0 then none else debt / backing",
]
STATUS = """\
status:
  - is: liquidatable
    when: debt > trigger * backing
  - is: healthy
"""


def rulebook(balance: list[str], account: list[str], amendments: str = "", trigger: str = "90%") -> str:
    lines = "".join(f"    {line}\n" for line in balance)
    more = "".join(f"    {line}\n" for line in account)
    parameters = (
        f"parameters:\n  trigger: {trigger}\n  assets:\n    A: {{ ltv: 50% }}\n    B: {{ ltv: 30%, cap: 10 }}\n"
    )
    return f"{HEAD}{parameters}{amendments}formulas:\n  balance:\n{lines}  account:\n{more}{STATUS}"


amounts = st.decimals(min_value=-1000, max_value=1000, places=4).map(str)
prices = st.decimals(min_value=0, max_value=1000, places=4).map(str)


@st.composite
def snapshots(draw: st.DrawFn) -> dict[str, Any]:
    accounts = [
        {
            "account": str(number),
            "balances": [{"asset": "A", "amount": draw(amounts)}, {"asset": "B", "amount": draw(amounts)}],
        }
        for number in range(draw(st.integers(1, 3)))
    ]
    return {
        "as_of": "2026-06-01",
        "assets": {"A": {"price": draw(prices)}, "B": {"price": draw(prices)}},
        "accounts": accounts,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules")


@functools.cache
def compiled(folder: Path, name: str, text: str) -> marginc.Rulebook:
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return marginc.compile(path)


@given(snapshot=snapshots())
@settings(max_examples=40, deadline=None)
def test_a_program_that_was_saved_and_loaded_evaluates_the_same(folder: Path, snapshot: dict[str, Any]) -> None:
    program = compiled(folder, "saved", rulebook(BALANCE, ACCOUNT)).at("2026-06-01")
    program.save(folder / "program.json")
    loaded = marginc.Program.load(folder / "program.json")
    assert (loaded.hash, loaded.code_hash, loaded.valid) == (program.hash, program.code_hash, program.valid)
    assert list(loaded.evaluate(snapshot)) == list(program.evaluate(snapshot))


@given(snapshot=snapshots(), seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_order_of_definitions_means_nothing(folder: Path, snapshot: dict[str, Any], seed: int) -> None:
    shuffled = random.Random(seed)
    balance, account = BALANCE[:], ACCOUNT[:]
    shuffled.shuffle(balance)
    shuffled.shuffle(account)
    one = compiled(folder, "one", rulebook(BALANCE, ACCOUNT)).at("2026-06-01")
    other = compiled(folder, "other", rulebook(balance, account)).at("2026-06-01")
    assert one.hash == other.hash
    first, second = list(one.evaluate(snapshot)), list(other.evaluate(snapshot))
    assert [(r.status, r.outputs) for r in first] == [(r.status, dict(r.outputs)) for r in second]


@given(
    snapshot=snapshots(),
    month=st.integers(1, 12),
    ltv=st.integers(0, 100),
    trigger=st.integers(1, 100),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_amendment_changes_nothing_before_its_instant(
    folder: Path, snapshot: dict[str, Any], month: int, ltv: int, trigger: int
) -> None:
    amendment = (
        f"amendments:\n  - effective: 2026-{month:02}-01\n    about: a change\n    parameters:\n"
        f"      trigger: {trigger}%\n      assets: {{ A: {{ ltv: {ltv}% }} }}\n"
    )
    before = compiled(folder, "before", rulebook(BALANCE, ACCOUNT))
    after = compiled(folder, "after", rulebook(BALANCE, ACCOUNT, amendment))
    unchanged = [(r.status, r.outputs) for r in before.evaluate(snapshot)]
    changed = [(r.status, r.outputs) for r in after.evaluate(snapshot)]
    if month > 6:
        assert changed == unchanged
    expected = compiled(
        folder,
        "expected",
        rulebook(BALANCE, ACCOUNT, trigger=f"{trigger}%").replace("A: { ltv: 50% }", f"A: {{ ltv: {ltv}% }}"),
    )
    if month <= 6:
        assert changed == [(r.status, r.outputs) for r in expected.evaluate(snapshot)]


def test_a_value_of_the_instant_itself_is_the_new_one(folder: Path) -> None:
    amendment = "amendments:\n  - effective: 2026-06-01\n    parameters:\n      assets: { A: { ltv: 10% } }\n"
    book = compiled(folder, "instant", rulebook(BALANCE, ACCOUNT, amendment))
    snapshot: dict[str, Any] = {
        "as_of": "2026-05-31T23:59:59Z",
        "assets": {"A": {"price": "1"}},
        "accounts": [{"account": "a", "balances": [{"asset": "A", "amount": "100"}]}],
    }
    (early,) = book.evaluate(snapshot)
    (late,) = book.evaluate({**snapshot, "as_of": "2026-06-01T00:00:00Z"})
    assert (early.outputs["backing"], late.outputs["backing"]) == (Decimal(50), Decimal(10))
