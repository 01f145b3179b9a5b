"""Cases that begin from a snapshot and change it: rows merged by their keys, fields replaced, rows left out."""

from __future__ import annotations

import json
from typing import Any

import pytest


def case(change: str, expect: str, base: str = "two ounces") -> str:
    return f"  - name: a case\n    base: {base}\n    change: {change}\n    expect: {expect}\n"


@pytest.mark.parametrize(
    ("change", "expect"),
    [
        # 2 x 100 x 50 % = 100; 100 > 80 % of 100
        ("{ debt: 100 }", "{ status: call, outputs: { lent: 100 } }"),
        ("{ debt: 80 }", "{ status: fine }"),
        ("{ debt: null }", "{ status: fine, outputs: { room: 100 } }"),  # its default is 0
        ("{ balances: { GOLD: { amount: 3 } } }", "{ status: fine, outputs: { lent: 150 } }"),  # 100 <= 120
        ("{ balances: { GOLD: null } }", "{ status: call, outputs: { lent: 0 } }"),
        ("{ assets: { GOLD: { price: 1_000 } } }", "{ outputs: { lent: 1_000 } }"),
        # 100 + 4 x 10 x 25 %
        (
            "{ assets: { SILVER: { price: 10 } }, balances: { SILVER: { amount: 4 } } }",
            "{ outputs: { lent: 110 }, rows: { balances: { SILVER: { lent: 10 } } } }",
        ),
        ("{ assets: { GOLD: null } }", "{ errors: [MC501] }"),
        ("{ as_of: 2026-03-01 }", "{ outputs: { lent: 100 } }"),
    ],
)
def test_a_change_of_a_base(change: str, expect: str, bench: Any) -> None:
    done = bench.test(case(change, expect))
    assert (done.code, done.out) == (0, "1 case in 1 file: 1 passed.\n"), done.out


def test_a_case_begins_from_one_above_with_its_changes(bench: Any) -> None:
    """Three ounces, then those at 200: 3 x 200 x 50 % = 300."""
    three = (
        "  - name: three\n    base: two ounces\n    change: { balances: { GOLD: { amount: 3 } } }\n"
        "    expect: { outputs: { lent: 150 } }\n"
    )
    dearer = case("{ assets: { GOLD: { price: 200 } } }", "{ outputs: { lent: 300 } }", "three")
    done = bench.test(three + dearer)
    assert (done.code, done.out) == (0, "2 cases in 1 file: 2 passed.\n"), done.out


def test_a_base_may_be_a_file_of_several_accounts(bench: Any) -> None:
    accounts = [
        {"account": name, "balances": [{"asset": "GOLD", "amount": amount}]}
        for name, amount in (("a", "1"), ("b", "6"))
    ]
    snapshot = {"as_of": "2026-02-01", "assets": {"GOLD": {"price": 100}}, "accounts": accounts}
    (bench.folder / "cases" / "two.json").write_text(json.dumps(snapshot), "utf-8")
    change = "{ balances: { GOLD: { amount: 7 } } }\n    account: b"
    done = bench.test(case(change, "{ outputs: { lent: 350 } }", "two.json"))  # 7 x 100 x 50 %
    assert (done.code, done.out) == (0, "1 case in 1 file: 1 passed.\n"), done.out
    done = bench.test(case("{ debt: 1 }", "{ status: fine }", "two.json"))
    assert "the base has 2 such accounts" in done.out


@pytest.mark.parametrize(
    ("cases", "code", "says"),
    [
        (case("{ debt: 1 }", "{ status: fine }", "two ounce"), "MC706", "did you mean `two ounces`?"),
        (case("{ debt: 1 }", "{ status: fine }", "x"), "MC706", "bases are `two ounces`, and JSON files"),
        (case("{ dept: 1 }", "{ status: fine }"), "MC705", "it can have `assets`, `balances`, `debt`"),
        (case("{ balances: { IRON: null } }", "{ status: fine }"), "MC705", "it has `GOLD`"),
        (case("{ balances: { GOLD: 5 } }", "{ status: fine }"), "MC705", "write its fields"),
        (case("{ balances: { GOLD: { amunt: 5 } } }", "{ status: fine }"), "MC702", "MC408"),
        ("  - name: a case\n    expect: { status: fine }\n", "MC705", "it has no snapshot"),
        ("  - name: a case\n    base: two ounces\n", "MC705", "it says nothing to expect"),
        (
            "  - name: a case\n    base: two ounces\n    snapshot: { accounts: [] }\n    expect: { status: fine }\n",
            "MC705",
            "it has a base and a snapshot of its own",
        ),
    ],
)
def test_what_cannot_be_changed_says_why(cases: str, code: str, says: str, bench: Any) -> None:
    done = bench.test(cases)
    assert done.code == 1
    assert done.out.startswith(f"error[{code}]"), done.out
    assert says in done.out


def test_a_base_lies_in_the_tree(bench: Any) -> None:
    (bench.folder.parent / "secret.json").write_text('{"as_of": "2026-01-01", "hunter2": {}}', "utf-8")
    done = bench.test(case("{ debt: 1 }", "{ status: fine }", "../../secret.json"))
    assert "lies outside the rule tree" in done.out
    assert "hunter2" not in done.out + done.err


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"as_of": "2026-02-01", "accounts": 5}',
        '{"as_of": "2026-02-01", "accounts": [5]}',
        '{"as_of": "2026-02-01", "assets": [], "accounts": [{}]}',
        '{"as_of": "2026-02-01", "assets": {"GOLD": 5}, "accounts": [{}]}',
        '{"as_of": "2026-02-01", "accounts": [{"balances": {}}]}',
        '{"as_of": "2026-02-01", "accounts": [{"balances": [5]}]}',
        '{"as_of": "2026-02-01", "accounts": [{"balances": [{"asset": ["GOLD"]}]}]}',
        "not json",
    ],
)
@pytest.mark.parametrize(
    "expect",
    [
        "{ status: fine }",
        "{ relations: { lent: { rises when: { balances.GOLD.amount: +1%, assets.GOLD.price: +1 } } } }",
    ],
)
def test_a_base_of_any_shape_is_refused_in_words(text: str, expect: str, bench: Any) -> None:
    (bench.folder / "cases" / "odd.json").write_text(text, "utf-8")
    done = bench.test(case("{ assets: { GOLD: { price: 5 } }, balances: { GOLD: { amount: 1 } } }", expect, "odd.json"))
    assert done.code in (0, 1), done.err
    assert "internal" not in done.out + done.err
    unchanged = f"  - name: a case\n    base: odd.json\n    expect: {expect}\n"
    done = bench.test(unchanged)
    assert done.code in (0, 1), done.err
    assert "internal" not in done.out + done.err
