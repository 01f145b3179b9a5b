"""What `--set` puts in the place of definitions: machine code reads it wherever the exact executor does."""

from __future__ import annotations

import random
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from random_books import Books
from recorded import name_of, recorded, rulebooks
from test_single import agree

from marginc.program.program import Program
from marginc.program.types import Number
from marginc.runtime.exact import evaluate
from marginc.runtime.native.evaluate import evaluate_snapshot
from marginc.runtime.snapshot.data import Snapshot

ACCOUNTS, WORLDS = 40, range(4, 6)
VALUES = ("0", "1", "-1", "0.05", "12.5", "1000", "0.3333333333333333333333333")
CHOSEN = {"span", "cme-span/core", "hyperliquid/portfolio-margin", "us-equity/regulation-t"}
PATHS = [path for path in rulebooks() if name_of(path) in CHOSEN]


def drawn(program: Program, chance: random.Random) -> Mapping[int, Decimal]:
    """At most two numbers that are no row's own, replaced."""
    roles = {name: kind.role for name, kind in program.kinds.items()}
    wanted = [
        number
        for number, definition in enumerate(program.definitions)
        if isinstance(definition.type, Number) and not {roles[kind] for kind in definition.scope} & {"rows", "group"}
    ]
    return {number: Decimal(chance.choice(VALUES)) for number in chance.sample(wanted, min(2, len(wanted)))}


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_replaced_definitions_of_rulebooks(path: Path) -> None:
    """SPAN's spreads are taken one after another: what stands before the first is none, replaced or not."""
    one = recorded(path)
    assert one is not None
    books = Books(one.program, one.snapshots)
    answered = 0
    for number in WORLDS:
        chance = random.Random(number)
        world = books.world(number)
        replaced = drawn(one.program, chance)
        accounts = tuple(books.accounts(world, ACCOUNTS, number))
        snapshot = Snapshot("random", world.as_of, world.reference, accounts)
        both = zip(
            evaluate(one.program, snapshot, replaced), evaluate_snapshot(one.program, snapshot, replaced), strict=True
        )
        for exact, native in both:
            assert [error.code for error in native.errors] == [error.code for error in exact.errors]
            if not exact.errors:
                agree(native, exact)
                answered += 1
    assert answered
