"""Random accounts of every rulebook, many of them in error: whatever was asked for, there is an explanation."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from random_books import Books
from recorded import name_of, recorded, rulebooks

from marginc.runtime.exact import bind
from marginc.runtime.explain import Target, explain

ACCOUNTS, ASKED, WORLDS = 15, 3, (7, 10)
MISSING, EXTREMES = 0.04, 0.03
PATHS = [path for path in rulebooks() if recorded(path) is not None]


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_random_accounts_are_explained(path: Path) -> None:
    """A value that is there is the one of the verdict; one that failed says why."""
    one = recorded(path)
    assert one is not None
    program = one.program
    books = Books(program, one.snapshots, missing=MISSING, extremes=EXTREMES)
    own = [o.definition for o in program.outputs if program.definitions[o.definition].scope == ("account",)]
    for number in WORLDS:
        chance = random.Random(number)
        world = books.world(number)
        bound = bind(program, world.as_of, world.reference)
        for account in books.accounts(world, ACCOUNTS, number):
            outputs = bound.evaluate(account).outputs
            for definition in chance.sample(own, min(ASKED, len(own))):
                full = chance.random() < 0.5
                tree = explain(program, world.as_of, world.reference, account, Target(definition), full=full)
                name = program.definitions[definition].name
                assert (name in outputs) == (not tree.root.error)
                if name in outputs:
                    assert tree.root.value == outputs[name]
