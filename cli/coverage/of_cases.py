"""What the cases of some files cover of the rulebooks they name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...compiler.pipeline import Interval
from ...runtime.coverage import Seen
from ..cases.suite import FileRun
from ..rules import open_source
from .measure import FileCoverage, measured


def coverage_of(runs: Sequence[FileRun]) -> list[FileCoverage]:
    """Coverage of every rule file of these rulebooks; artifacts have no rule text, and are left out. Raises Refusal."""
    by_rulebook: dict[Path, dict[Interval, list[Seen]]] = {}
    for run in runs:
        for case in run.cases:
            if case.rulebook is not None and case.rulebook.suffix != ".json":
                seen = by_rulebook.setdefault(case.rulebook, {})
                if case.interval is not None:
                    seen.setdefault(case.interval, []).append(case.seen)
    return measured((open_source(str(path)), seen) for path, seen in by_rulebook.items())
