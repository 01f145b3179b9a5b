"""Random and adversarial accounts of every rulebook: machine code and the exact executor say the same.

The bounded form of `make soak`, with fixed seeds.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from adversary import adversarial
from node_by_node import Both, Tally
from random_books import Books
from recorded import name_of, recorded, rulebooks

RANDOM, ON_EDGES, NODE_BY_NODE = 200, 30, 50
UNDECIDED = {"hyperliquid/base", "us-equity/base"}
"""Bases of other rulebooks: nobody evaluates them."""
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
