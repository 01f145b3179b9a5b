"""Random and adversarial accounts by the hundred thousand, machine code against the exact executor.

    make soak                                            everything, for many hours; what was done is kept
    make soak OPTIONS='--minutes 20 --only hyperliquid'  what fits into twenty minutes of it
    python tests/native/soak.py --accounts 1000          a thousandth part

It goes on where it stopped, as long as what writes machine code stays as it is. The page docs/native-soak.md tells how
far it came.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
import tempfile
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "laws")]

from adversary import adversarial  # noqa: E402  # its folder is put on the path above
from arrow_books import table_of  # noqa: E402
from node_by_node import BEYOND, Both, Tally  # noqa: E402
from random_books import MOST_ROWS, Books  # noqa: E402
from recorded import Recorded, name_of, recorded, rulebooks  # noqa: E402

from marginc.runtime.native.run import writer_version  # noqa: E402
from marginc.runtime.snapshot.data import AccountData  # noqa: E402

ROOT = HERE.parents[1]
STATE = ROOT / "build" / "native-soak.json"
PAGE = ROOT / "docs" / "native-soak.md"
RANDOM, ON_EDGES = 100_000, 30_000
MORE = {"hyperliquid/portfolio-margin": 10}
"""Rulebooks with so many times as many random accounts."""
BATCH, NODES, EDGES = 5_000, 100, 600
"""Accounts over the same reference rows: in all (four times as many where there are more), compared by every definition
too, and on edges."""
STRETCH, LONGEST = 2_500, 60
"""Accounts evaluated together, and CPU seconds of comparing after which a batch has enough of them."""
SORTS = ("random", "edges")
WRITER = writer_version()
"""Of the modules as they are when this begins."""


@dataclass(slots=True)
class Done:
    """What was run of one rulebook and sort of accounts; `batch` counts them, and is the seed of the next."""

    batch: int = 0
    seconds: float = 0.0
    tally: dict[str, Any] = field(default_factory=lambda: asdict(Tally()))

    def add(self, tally: Tally, seconds: float) -> None:
        known = Tally(**self.tally)
        known.add(tally)
        self.tally, self.seconds, self.batch = asdict(known), self.seconds + seconds, self.batch + 1


@functools.cache
def opened(path: str) -> Recorded | None:
    return recorded(Path(path))


def one_batch(path: str, sort: str, number: int) -> tuple[Tally, float]:
    """One world of a rulebook with its accounts."""
    begin = time.process_time()
    rulebook = opened(path)
    assert rulebook is not None
    books = Books(rulebook.program, rulebook.snapshots)
    world = books.world(number)
    tally = Tally()
    try:
        both = Both(rulebook.program, world)
        if sort == "random":
            count = 4 * BATCH if rulebook.name in MORE else BATCH
            accounts = list(books.accounts(world, count, number))
        else:
            drawn = list(books.accounts(world, 100, number))
            accounts = adversarial(rulebook.program, world, drawn, EDGES, number)
        ready = time.process_time()
        keys = {kind: list(rows) for kind, rows in both.bound.reference.items()}

        def compare(some: list[AccountData], node_by_node: bool) -> Tally:
            if number % 2 == 0:
                return both.compare(some, node_by_node)
            return both.compare_table(table_of(rulebook.program, some, keys, number), node_by_node)

        if not accounts:  # nothing in reach of them has an edge
            return tally, time.process_time() - begin
        tally.add(compare(accounts[:NODES], True))
        for first in range(NODES, len(accounts), STRETCH):
            if time.process_time() - ready < LONGEST:
                tally.add(compare(accounts[first : first + STRETCH], False))
    except BEYOND as reason:
        tally.differs(f"no machine code: {type(reason).__name__} {reason}")
    except Exception:  # told like a difference: the others go on
        tally.differs(f"stopped: {traceback.format_exc(limit=-3)}")
    tally.differences = [f"world {number}: {told}" for told in tally.differences]
    return tally, time.process_time() - begin


def wanted(name: str, sort: str, share: float) -> int:
    return int(share * (RANDOM * MORE.get(name, 1) if sort == "random" else ON_EDGES))


def soak(paths: list[Path], share: float, minutes: float, processes: int) -> dict[str, dict[str, Done]]:
    named = {name_of(path): path for path in paths}
    state = {name: {sort: Done() for sort in SORTS} for name in named} | load()
    until = time.monotonic() + 60 * minutes
    barren: set[tuple[str, str]] = set()
    with ProcessPoolExecutor(processes, initializer=os.nice, initargs=(19,)) as pool:
        running: dict[Future[tuple[Tally, float]], tuple[str, str]] = {}
        while True:
            busy = set(running.values())
            waiting = [
                (far, name, sort, path)
                for name, path in named.items()
                for sort in SORTS
                if (name, sort) not in busy | barren
                and (far := state[name][sort].tally["accounts"] / wanted(name, sort, share)) < 1
            ]
            for _, name, sort, path in sorted(waiting)[: processes - len(running)]:
                if time.monotonic() < until:
                    job = pool.submit(one_batch, str(path), sort, state[name][sort].batch)
                    running[job] = name, sort
            if not running:
                return state
            for job in wait(running, return_when=FIRST_COMPLETED).done:
                name, sort = running.pop(job)
                tally, seconds = job.result()
                state[name][sort].add(tally, seconds)
                if not tally.accounts:
                    barren.add((name, sort))
                save(state)
                told = state[name][sort].tally
                sys.stderr.write(f"{name} {sort}: {told['accounts']:,} accounts, {told['count']} differences\n")
                sys.stderr.writelines(f"    {difference}\n" for difference in tally.differences)


def load() -> dict[str, dict[str, Done]]:
    """What was done with machine code as it is written now."""
    if not STATE.exists():
        return {}
    kept = json.loads(STATE.read_text())
    if kept["writer"] != WRITER:
        return {}
    return {name: {sort: Done(**done) for sort, done in sorts.items()} for name, sorts in kept["done"].items()}


def save(state: dict[str, dict[str, Done]]) -> None:
    STATE.parent.mkdir(exist_ok=True)
    partial = STATE.with_suffix(".partial")
    done = {name: {sort: asdict(one) for sort, one in sorts.items()} for name, sorts in state.items()}
    partial.write_text(json.dumps({"writer": WRITER, "done": done}, indent=1))
    partial.replace(STATE)


def page(state: dict[str, dict[str, Done]]) -> str:
    """The page of what was run."""
    lines = [
        "| rulebook | accounts | asked for | decided at once | in the second stage | exactly | values compared | "
        "differences | worst share of a bound | CPU seconds |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    total = Tally()
    for name in sorted(state):
        for sort in SORTS:
            done = state[name][sort]
            one = Tally(**done.tally)
            total.add(one)
            label = name if sort == "random" else f"{name}, on edges"
            lines.append(
                f"| {label} | {one.accounts:,} | {wanted(name, sort, 1):,} | {one.decided - one.later:,} | "
                f"{one.later:,} | {one.accounts - one.decided:,} | {one.values - one.open:,} | {one.count} | "
                f"{one.worst:.3f} | {done.seconds:,.0f} |"
            )
    lines.append("")
    lines.append(
        f"Together {total.accounts:,} accounts, {total.decided:,} of them decided by machine code, "
        f"{total.values - total.open:,} values within their bounds, **{total.count} differences**. "
        f"Machine code as written by `{WRITER[:12]}`."
    )
    if total.differences:
        lines += ["", "Differences:", "", *(f"- {told}" for told in total.differences)]
    return "\n".join(lines)


def write_page(state: dict[str, dict[str, Done]]) -> None:
    """Replaces the part of the page between its marks."""
    begin, end = "<!-- soak: written by tests/native/soak.py -->\n", "\n<!-- end of soak -->"
    text = PAGE.read_text("utf-8")
    before, rest = text.split(begin)
    PAGE.write_text(f"{before}{begin}\n{page(state)}\n{end}{rest.split(end)[1]}", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=RANDOM, help=f"random accounts a rulebook (default {RANDOM:,})")
    parser.add_argument("--minutes", type=float, default=60 * 24, help="stop after so many minutes")
    parser.add_argument("--only", default="", help="rulebooks with this in their name")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write docs/native-soak.md")
    given = parser.parse_args()
    paths = [path for path in rulebooks() if given.only in name_of(path) and opened(str(path)) is not None]
    with tempfile.TemporaryDirectory() as cache:  # hardly any of the code is met again
        os.environ["MARGINC_CACHE_DIR"] = cache
        state = soak(paths, given.accounts / RANDOM, given.minutes, given.processes)
    if given.write:
        write_page(state)
    sys.exit(1 if any(one.tally["count"] for sorts in state.values() for one in sorts.values()) else 0)


if __name__ == "__main__":
    main()


__all__ = ["MOST_ROWS", "main"]
