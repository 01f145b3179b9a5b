"""Runs case files, one after the other or in processes, and keeps what became of each case."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ...api import shown
from ...compiler.pipeline import Interval
from ...program.diagnostic import Diagnostic
from ...runtime.coverage import Seen, recording
from ...runtime.exact import evaluate
from ..rules import Rules, open_rules
from .executors import native
from .explained import explained
from .read import Case, CaseFile, read_cases
from .run import Executors, Outcome, outcome_of
from .snapshot import Misplaced, inside
from .update import Edit, edits_of

Executor = Literal["exact", "native", "both"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of every file. `text` chooses cases by their name or file; `explain` and `seen` cost time."""

    text: str = ""
    executor: Executor = "exact"
    explain: bool = False
    seen: bool = False


@dataclass(frozen=True, slots=True)
class CaseRun:
    """A case that was run: it passed where nothing was found.

    explanation   of the first value that differs, drawn, or empty
    edits         that would make the case expect what came out
    rulebook      its file, and the interval of the program the case ran under; None where it could not be run
    """

    name: str
    line: int
    seconds: float
    found: tuple[Diagnostic, ...] = ()
    explanation: str = ""
    edits: tuple[Edit, ...] = ()
    rulebook: Path | None = None
    interval: Interval | None = None
    seen: Seen = field(default_factory=Seen)


@dataclass(frozen=True, slots=True)
class FileRun:
    """A case file, what keeps it from being read, and its cases."""

    path: Path
    name: str
    text: str
    cases: tuple[CaseRun, ...] = ()
    found: tuple[Diagnostic, ...] = ()


def run_files(paths: Sequence[Path], asked: Asked, processes: int = 1) -> Iterator[FileRun]:
    """Every file in order. Raises Stopped where an executor is not installed."""
    if asked.executor != "exact":
        native()  # before any process is started
    _rules.cache_clear()  # files may have changed since the last run in this process
    if processes < 2 or len(paths) < 2:
        yield from (run_file(path, asked) for path in paths)
        return
    with ProcessPoolExecutor(min(processes, len(paths))) as pool:
        yield from pool.map(run_file, paths, [asked] * len(paths))


def run_file(path: Path, asked: Asked) -> FileRun:
    """The cases of one file."""
    name = shown(path)
    file, found, text = read_cases(path, name)
    if file is None:
        return FileRun(path, name, text, found=tuple(found))
    wanted = asked.text.lower()
    cases = [case for case in file.cases if wanted in case.name.lower() or wanted in name.lower()]
    return FileRun(path, name, text, tuple(_run(file, case, asked) for case in cases))


def _run(file: CaseFile, case: Case, asked: Asked) -> CaseRun:
    seen = Seen()
    begin = time.perf_counter()
    outcome = outcome_of(file, case, _rules, _executors(asked, seen))
    seconds = time.perf_counter() - begin
    failing = bool(outcome.differences)
    try:
        rulebook: Path | None = inside(file, file.rulebook)
    except Misplaced:
        rulebook = None
    return CaseRun(
        case.name,
        file.source.span_of(case.place).line,
        seconds,
        tuple(difference.finding for difference in outcome.differences),
        _explanation(outcome) if failing and asked.explain else "",
        edits_of(file, case, outcome.differences) if failing else (),
        rulebook,
        outcome.prepared.rules.valid if outcome.prepared is not None else None,
        seen,
    )


def _executors(asked: Asked, seen: Seen) -> Executors:
    run = recording(seen) if asked.seen else evaluate
    if asked.executor == "native":
        return Executors(native(), rounds=True)
    return Executors(run, beside=native() if asked.executor == "both" else None)


def _explanation(outcome: Outcome) -> str:
    first = next((difference for difference in outcome.differences if difference.target), None)
    return explained(outcome.prepared, first.target) if first is not None and outcome.prepared is not None else ""


@functools.cache
def _rules(path: Path) -> Rules:
    return open_rules(str(path))
