"""How much memory a run needs beyond its input and its output, each contestant in a process of its own.

The process reads the book into memory and loads it, warms up on a small book, forgets its peak, runs once, and looks
at the peak: what is above the memory before the run and is no column of the output. Linux keeps the peak.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import gc
import json
import resource
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from .book import open_book
from .contestants import CONTESTANTS, Contestant, Missing

SMALL = 1_000
"""Accounts of the book that a contestant is warmed up with."""
MEGABYTE = 1e6


def extra_megabytes(contestant: Contestant, book: str, count: int, folder: Path) -> float | str:
    """Megabytes beyond input and output, or why there is no figure."""
    arguments = ["--contestant", contestant.name, "--book", book, "--accounts", str(count), "--folder", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", __name__, *arguments], capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["no answer"])[-1]
    told: float | str = json.loads(done.stdout)
    return told


def _measured(contestant: Contestant, book: str, count: int, folder: Path) -> float:
    contestant.prepare(open_book(book, min(SMALL, count), folder))()
    large = open_book(book, count, folder)
    run, file = contestant.prepare(large), large.file
    before = _forget_peak()
    given = run()
    peak = _status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if isinstance(given, pa.Table):
        known = _own_bytes(given, file) + file.stat().st_size
    else:
        outcome = contestant.outcome(large, given)
        known = outcome.status.nbytes + sum(column.nbytes for column in outcome.values.values())
    return float((peak - before) * 1024 - known) / MEGABYTE


def _own_bytes(results: pa.Table, file: Path) -> int:
    """What results hold themselves: columns of the input that they carry on lie in the file, which is mapped."""
    lines = Path("/proc/self/maps").read_text("utf-8").splitlines()
    mapped = [[int(end, 16) for end in line.split()[0].split("-")] for line in lines if line.endswith(str(file))]
    buffers = {
        buffer.address: buffer.size
        for column in results.columns
        for chunk in column.chunks
        for buffer in chunk.buffers()
        if buffer is not None
    }
    return sum(size for address, size in buffers.items() if not any(begin <= address < end for begin, end in mapped))


def _forget_peak() -> int:
    """Sets the peak back to the memory in use; that in kibibytes, or the peak where it cannot be set back."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # what is free is not in use: glibc gives it back
        ctypes.CDLL(None).malloc_trim(0)
    try:
        Path("/proc/self/clear_refs").write_text("5")
        return _status("VmRSS")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _status(name: str) -> int:
    """A line of /proc/self/status in kibibytes; 0 where there is none."""
    status = Path("/proc/self/status")
    lines = status.read_text("utf-8").splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith(name + ":")), 0)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--contestant", required=True)
    options.add_argument("--book", required=True)
    options.add_argument("--accounts", type=int, required=True)
    options.add_argument("--folder", type=Path, required=True)
    given = options.parse_args()
    contestant = next(c for c in CONTESTANTS if c.name == given.contestant and given.book in c.books)
    try:
        print(json.dumps(round(_measured(contestant, given.book, given.accounts, given.folder), 1)))
    except Missing as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
