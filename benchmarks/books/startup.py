"""How long it takes from a rulebook's file to a kernel that has run, imports excluded, and with machine code kept.

Each figure is from processes of their own. `cold` has an empty cache, `kept` what the one before left there.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .book import RULEBOOKS, open_book

ACCOUNTS = 1_000
"""Of the book that shows that the kernel runs: whatever was put off is done by then. They take 0.1 ms themselves."""


@dataclass(frozen=True, slots=True)
class Startup:
    """Milliseconds, medians.

    rules       text to Program: reading, checking, lowering
    cold        Program and reference rows to the results of 1,000 accounts, with nothing kept
    kept        the same with the machine code of the run before
    """

    rules: float
    cold: float
    kept: float

    @property
    def total(self) -> float:
        """From the rulebook's file to first results, cold."""
        return self.rules + self.cold


def startup(book: str, repeats: int, folder: Path) -> Startup | str:
    """The startup of a book's rulebook, or why there is none."""
    open_book(book, ACCOUNTS, folder)
    cold: list[dict[str, float]] = []
    kept: list[dict[str, float]] = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as cache:
            for times in (cold, kept):
                done = subprocess.run(
                    [sys.executable, "-m", __name__, "--book", book, "--folder", str(folder)],
                    env={**os.environ, "MARGINC_CACHE_DIR": cache}, capture_output=True, encoding="utf-8", check=False,
                )  # fmt: skip
                if done.returncode:
                    return (done.stderr.strip().splitlines() or ["no answer"])[-1]
                times.append(json.loads(done.stdout))
    return Startup(
        rules=statistics.median(one["rules"] for one in cold),
        cold=statistics.median(one["kernel"] for one in cold),
        kept=statistics.median(one["kernel"] for one in kept),
    )


def _measured(book_name: str, folder: Path) -> dict[str, float]:
    """Milliseconds of one process; everything that is imported on the way is imported before."""
    import jsonschema  # noqa: F401
    import lark  # noqa: F401
    import llvmlite.binding  # noqa: F401

    import marginc
    from marginc.compiler import check, lower, pipeline, schema, source, syntax  # noqa: F401
    from marginc.compiler.tighten import forms  # noqa: F401

    from .contestants.compiled import snapshot_of
    from .rules import AS_OF, FOLDER

    try:
        from marginc.runtime.native import prepare
    except ImportError as failure:
        sys.exit(f"marginc's native executor cannot be imported: {failure}")
    book = open_book(book_name, ACCOUNTS, folder)
    file = FOLDER / f"{RULEBOOKS[book_name]}.yaml"
    begin = time.perf_counter()
    compiled = marginc.compile(file if file.is_file() else RULEBOOKS[book_name]).at(AS_OF).compiled
    rules = time.perf_counter() - begin
    snapshot = snapshot_of(book)
    begin = time.perf_counter()
    kernel = prepare(compiled, snapshot.reference, snapshot.as_of)
    kernel.run(kernel.load(book.table), threads=1, mode="certified")
    return {"rules": rules * 1e3, "kernel": (time.perf_counter() - begin) * 1e3}


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--book", required=True, choices=list(RULEBOOKS))
    options.add_argument("--folder", type=Path, required=True)
    given = options.parse_args()
    print(json.dumps(_measured(given.book, given.folder)))


if __name__ == "__main__":
    main()
