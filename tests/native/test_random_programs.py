"""Random rulebooks over random snapshots: machine code gives what the exact executor gives, node by node."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from node_by_node import BEYOND, Both, Tally
from random_rulebooks import random_rulebook, random_snapshot
from random_rules import Rules
from test_random_rulebooks import compiled

from marginc.program.program import Program
from marginc.runtime.native.floating import Floats
from marginc.runtime.native.values import Num
from marginc.runtime.snapshot import Snapshot, open_snapshot, read_snapshot

SEEDS = range(25)
SNAPSHOTS = 12
"""Of two accounts each, over the reference rows of the first."""
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
