"""What the cases of a pack compute of its rules, as `marginc test --coverage` counts it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from marginc.cli.cases.suite import Asked, run_files
from marginc.cli.coverage import FileCoverage, coverage_of, told
from marginc.cli.coverage.measure import What


@dataclass(frozen=True, slots=True)
class Coverage:
    """A pack: how many cases it has, its rule files, and what no case computes, in words."""

    cases: int
    files: tuple[FileCoverage, ...]
    unseen: tuple[str, ...]

    def count(self, what: What) -> str:
        """How many are computed, `of` how many where it is not all of them."""
        counts = [file.count(what) for file in self.files]
        covered, there = (sum(numbers) for numbers in zip(*counts, strict=True))
        return f"{covered} of {there}" if covered < there else f"{there}"


def coverage(folder: Path) -> Coverage:
    """The rule files of a folder under the cases beside them, which have to pass."""
    runs = list(run_files(sorted((folder / "cases").glob("*.yaml")), Asked(seen=True)))
    cases = [case for run in runs for case in run.cases]
    assert [finding for run in runs for finding in run.found] == []
    assert [str(finding) for case in cases for finding in case.found] == []
    files = tuple(file for file in coverage_of(runs) if Path(file.file).resolve().parent == folder)
    unseen = [f"{file.file}:{item.place.span.line}: {told(item)}" for file in files for item in file.uncovered()]
    return Coverage(len(cases), files, tuple(unseen))
