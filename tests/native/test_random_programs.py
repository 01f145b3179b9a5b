"""Random rulebooks over random snapshots: machine code gives what the exact executor gives, node by node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from node_by_node import BEYOND, Both, Tally
from random_rulebooks import random_rulebook, random_snapshot
from test_random_rulebooks import compiled

from marginc.runtime.snapshot import open_snapshot, read_snapshot

SEEDS = range(40)
SNAPSHOTS = 6
FEWEST_COMPILED = 0.9
"""Share of the rulebooks that are to become machine code at all."""


def test_random_rulebooks_are_the_same_as_machine_code(tmp_path: Path) -> None:
    tally, beyond = Tally(), []
    for seed in SEEDS:
        rules = random_rulebook(seed)
        program = compiled(tmp_path, rules.yaml())
        for number in range(SNAPSHOTS):
            document = random_snapshot(rules, 1_000 * seed + number)
            data = read_snapshot(open_snapshot(None, "snapshot", json.dumps(document).encode()), program)
            try:
                found = Both(program, data).compare(list(data.accounts))
            except BEYOND as reason:
                beyond.append(f"{seed}: {type(reason).__name__} {reason}")
                break
            assert not found.count, f"seed {seed}, snapshot {number}:\n" + "\n".join(found.differences) + rules.yaml()
            tally.add(found)
    assert len(beyond) <= (1 - FEWEST_COMPILED) * len(SEEDS), "\n".join(beyond)
    assert tally.values - tally.open > 3_000
    assert tally.decided > 0.2 * tally.accounts, tally


@pytest.mark.parametrize("seed", [7])
def test_the_comparison_can_fail(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums that leave out their first row are noticed."""
    from marginc.runtime.native import loops

    monkeypatch.setattr(loops._Sum, "update", lambda self, variable, value: None)
    monkeypatch.setattr("marginc.runtime.native.run.writer_version", lambda: "sums that stay 0")
    rules = random_rulebook(seed)
    program = compiled(tmp_path, rules.yaml())
    tally = Tally()
    for number in range(20):
        data = read_snapshot(
            open_snapshot(None, "snapshot", json.dumps(random_snapshot(rules, number)).encode()), program
        )
        tally.add(Both(program, data).compare(list(data.accounts)))
    assert tally.count
