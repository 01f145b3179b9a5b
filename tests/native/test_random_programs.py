"""Random rulebooks over random snapshots: machine code gives what the exact executor gives, node by node."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from arrow_books import table_of
from node_by_node import BEYOND, Both, Tally
from random_rulebooks import random_rulebook, random_snapshot
from random_rules import Rules
from test_hostile import hold
from test_random_rulebooks import compiled
from test_replaced import drawn as drawn_replaced
from test_single import agree, mapping_of

from marginc.program.program import Program
from marginc.runtime.exact import evaluate
from marginc.runtime.native.evaluate import evaluate_snapshot
from marginc.runtime.native.floating import Floats
from marginc.runtime.native.values import Num
from marginc.runtime.one_account import BoundProgram
from marginc.runtime.snapshot import Snapshot, open_snapshot, read_snapshot

SEEDS = range(25)
SNAPSHOTS = 12
"""Of two accounts each, over the reference rows of the first."""
ROADS = (*range(100, 110), 5_007, 5_034, 5_045)
"""Of rulebooks whose accounts come as tables and one by one too; the last have shown rows that nobody describes."""
FEWEST_COMPILED = 0.9
"""Share of the rulebooks that are to become machine code at all."""


def drawn(folder: Path, seed: int) -> tuple[Rules, Program, Snapshot]:
    rules = random_rulebook(seed)
    documents = [random_snapshot(rules, 1_000 * seed + number) for number in range(SNAPSHOTS)]
    accounts = [account for document in documents for account in document["accounts"]]
    named = [{**account, "account": str(number)} for number, account in enumerate(accounts)]
    program = compiled(folder, rules.yaml())
    text = json.dumps({**documents[0], "accounts": named}).encode()
    return rules, program, read_snapshot(open_snapshot(None, "snapshot", text), program)


def test_random_rulebooks_are_the_same_as_machine_code(tmp_path: Path) -> None:
    tally, beyond = Tally(), []
    for seed in SEEDS:
        rules, program, data = drawn(tmp_path, seed)
        try:
            found = Both(program, data).compare(list(data.accounts))
        except BEYOND as reason:
            beyond.append(f"{seed}: {type(reason).__name__} {reason}")
            continue
        assert not found.count, f"seed {seed}:\n" + "\n".join([*found.differences, rules.yaml()])
        tally.add(found)
    assert len(beyond) <= (1 - FEWEST_COMPILED) * len(SEEDS), "\n".join(beyond)
    assert tally.values - tally.open > 1_000
    assert tally.decided > 0.1 * tally.accounts, tally


@pytest.mark.parametrize("seed", ROADS)
def test_every_road_into_machine_code_gives_the_exact_results(tmp_path: Path, seed: int) -> None:
    """Tables of results, accounts as plain mappings, and values in the place of definitions."""
    _, program, data = drawn(tmp_path, seed)
    accounts = [account for account in data.accounts if not account.errors]
    bound = BoundProgram(program, data)
    keys = {kind: list(rows) for kind, rows in bound.exact.reference.items()}
    hold(bound.exact, table_of(program, accounts, keys, seed))
    chance = random.Random(seed)
    for account in accounts:
        mapping = mapping_of(account, chance)
        found = bound.machine(mapping) if bound.machine is not None else None
        if found is not None:
            agree(found, bound.exact_result(mapping))
    replaced = drawn_replaced(program, chance)
    for exact, native in zip(
        evaluate(program, data, replaced), evaluate_snapshot(program, data, replaced), strict=True
    ):
        assert [error.code for error in native.errors] == [error.code for error in exact.errors]
        if not exact.errors:
            agree(native, exact)


def test_the_comparison_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Machine code whose sums lose something in 10^12 is noticed."""
    original = Floats.add

    def add(self: Floats, left: Num, right: Num) -> Num:
        found = original(self, left, right)
        return replace(found, v=self.b.fmul(found.v, self.constant(1 + 1e-12)))

    monkeypatch.setattr(Floats, "add", add)
    monkeypatch.setattr("marginc.runtime.native.run.writer_version", lambda: "sums that are a little too large")
    tally = Tally()
    for seed in SEEDS:
        _, program, data = drawn(tmp_path, seed)
        tally.add(Both(program, data).compare(list(data.accounts), second=False))
        if tally.count:
            return
    raise AssertionError(tally)
