"""Random and adversarial accounts of every rulebook: machine code and the exact executor say the same.

The bounded form of `make soak`, with fixed seeds.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from adversary import adversarial
from arrow_books import table_of
from node_by_node import Both, Tally
from random_books import Books
from recorded import name_of, recorded, rulebooks
from test_hostile import hold

from marginc.runtime.exact import bind

RANDOM, ON_EDGES, NODE_BY_NODE = 200, 30, 50
UNDECIDED = {"hyperliquid/base", "us-equity/base"}
"""Bases of other rulebooks: nobody evaluates them."""
IN_TABLES = 60
AS_ARROW = {"tims", "aave-v3/core", "hyperliquid/portfolio-margin"}
RULEBOOKS = [path for path in rulebooks() if name_of(path) not in UNDECIDED]


@pytest.mark.parametrize("path", RULEBOOKS, ids=name_of)
def test_machine_code_agrees_on_every_verdict_and_every_definition(path: Path) -> None:
    rulebook = recorded(path)
    assert rulebook is not None
    books = Books(rulebook.program, rulebook.snapshots)
    world = books.world(0)
    both = Both(rulebook.program, world)
    accounts = list(books.accounts(world, RANDOM, 1))
    edges = adversarial(rulebook.program, world, accounts, ON_EDGES, 2)
    tally = Tally()
    thorough = path.parent.name == "good"  # the second stage of every definition takes long to compile
    tally.add(both.compare([*accounts[:NODE_BY_NODE], *edges], second=thorough))
    tally.add(both.compare(accounts[NODE_BY_NODE:], node_by_node=False))
    assert not tally.count, "\n".join(tally.differences)
    assert tally.worst <= 1
    assert tally.values - tally.open > 100
    assert tally.decided > 0


@pytest.mark.parametrize("path", [path for path in RULEBOOKS if name_of(path) in AS_ARROW], ids=name_of)
def test_columns_of_any_type_are_read_as_what_they_are(path: Path) -> None:
    """Decimals of all widths, integers, text, dictionaries, structs of vectors, lists with long offsets."""
    rulebook = recorded(path)
    assert rulebook is not None
    books = Books(rulebook.program, rulebook.snapshots)
    world = books.world(1)
    both = Both(rulebook.program, world)
    keys = {kind: list(rows) for kind, rows in both.bound.reference.items()}
    accounts = list(books.accounts(world, NODE_BY_NODE, 1))
    tally = both.compare_table(table_of(rulebook.program, accounts, keys, 1), second=False)
    assert not tally.count, "\n".join(tally.differences)
    assert tally.decided > 0.2 * tally.accounts


@pytest.mark.parametrize("path", RULEBOOKS, ids=name_of)
def test_tables_of_results_are_those_of_the_exact_executor(path: Path) -> None:
    """Statuses, checks, words and errors alike, numbers as near as doubles are; over a wild world too."""
    rulebook = recorded(path)
    assert rulebook is not None
    books = Books(rulebook.program, rulebook.snapshots)
    for number in (0, 3):
        world = books.world(number)
        bound = bind(rulebook.program, world.as_of, world.reference)
        keys = {kind: list(rows) for kind, rows in bound.reference.items()}
        accounts = list(books.accounts(world, IN_TABLES, number))
        answered = hold(bound, table_of(rulebook.program, accounts, keys, number))
        assert answered.num_rows == IN_TABLES
