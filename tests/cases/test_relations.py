"""Relations: which way a value goes when something of the snapshot or of the rules changes."""

from __future__ import annotations

from typing import Any

import pytest


def relation(name: str, way: str, move: str) -> str:
    return (
        f"  - name: a case\n    base: two ounces\n    expect: {{ relations: {{ {name}: {{ {way} when: {move} }} }} }}\n"
    )


@pytest.mark.parametrize(
    ("name", "way", "move"),
    [
        ("lent", "rises", "{ balances.GOLD.amount: +10% }"),
        ("lent", "falls", "{ balances.GOLD.amount: -0.5 }"),
        ("lent", "rises", "{ balances.GOLD.amount: 3 }"),
        ("lent", "rises", "{ assets.GOLD.price: +1 }"),
        ("lent", "falls", "{ assets.GOLD.ltv: -1% }"),  # a parameter: 50 % x 0.99
        ("lent", "falls", "{ assets.GOLD.ltv: 49% }"),
        ("lent", "unchanged", "{ debt: +50% }"),
        ("room", "falls", "{ debt: +50% }"),
        ("status", "unchanged", "{ debt: 81 }"),  # 81 > 80 % of 100
        ("lent", "unchanged", "[{ trigger: 10% }, { debt: 0 }]"),
        ("lent", "unchanged", "{ balances.GOLD.amount: +100%, assets.GOLD.price: -50% }"),
        ("balances.GOLD.lent", "rises", "{ assets.GOLD.price: +1% }"),
    ],
)
def test_a_relation_that_holds(name: str, way: str, move: str, bench: Any) -> None:
    done = bench.test(relation(name, way, move))
    assert (done.code, done.out) == (0, "1 case in 1 file: 1 passed.\n"), done.out


@pytest.mark.parametrize(
    ("name", "way", "move", "says"),
    [
        ("lent", "falls", "{ debt: 5, trigger: 1% }", "`lent` stays the same with `debt: 5, trigger: 1%`"),
        (
            "lent",
            "falls",
            "{ assets.GOLD.price: +1 }",
            "`lent` rises with `assets.GOLD.price: +1`, where it should fall",
        ),
        ("lent", "rises", "{ debt: 5 }", "`lent` stays the same with `debt: 5`, where it should rise"),
        ("status", "unchanged", "{ debt: 80 }", "`status` changes with `debt: 80`, where it should stay the same"),
        ("room", "unchanged", "{ debt: +1 }", "from 0 to -1"),
    ],
)
def test_a_relation_that_does_not(name: str, way: str, move: str, says: str, bench: Any) -> None:
    done = bench.test(relation(name, way, move))
    assert done.code == 1
    assert done.out.startswith("error[MC708]: case `a case`: ")
    assert says in done.out


@pytest.mark.parametrize(
    ("name", "move", "code", "says"),
    [
        ("lend", "{ debt: 5 }", "MC703", "did you mean `lent`?"),
        ("lent", "{ dept: 5 }", "MC705", "there is nothing `dept` to change"),
        ("lent", "{ balances.IRON.amount: 5 }", "MC705", "there is nothing `balances.IRON.amount` to change"),
        ("lent", "{ balances.GOLD.asset: +5% }", "MC705", "`+5%` moves a number, and `GOLD` is there"),
        ("lent", "{ assets.SILVER.price: +5% }", "MC705", "`+5%` moves a number, and there is none"),
        ("lent", "{ balances.GOLD.amount: many }", "MC702", "MC410"),
    ],
)
def test_what_cannot_be_moved_says_why(name: str, move: str, code: str, says: str, bench: Any) -> None:
    done = bench.test(relation(name, "rises", move))
    assert done.code == 1
    assert done.out.startswith(f"error[{code}]"), done.out
    assert says in done.out
