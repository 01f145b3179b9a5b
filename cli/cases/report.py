"""What became of cases, as findings in every format; in text with where a wrong value comes from."""

from __future__ import annotations

from collections.abc import Sequence

from ..findings import Format, render
from ..findings.check import Check
from ..sources import with_sources
from .suite import FileRun

_INDENT = " " * 4


def text_of(runs: Sequence[FileRun], format_: Format, color: bool) -> str:
    """Findings of all cases; in `text`, where a wrong value comes from stands below the case."""
    found = [finding for run in runs for finding in (*run.found, *(one for case in run.cases for one in case.found))]
    texts = with_sources(found, {run.name: run.text for run in runs})
    if format_ != "text":
        return render(found, texts, format_, color, checks=_checks(runs))
    parts: list[str] = []
    for run in runs:
        if run.found:
            parts.append(render(run.found, texts, "text", color))
        for case in sorted((case for case in run.cases if case.found), key=lambda case: case.line):
            told = render(case.found, texts, "text", color)
            if case.explanation:
                told += "\n" + "".join(f"{_INDENT}{line}".rstrip() + "\n" for line in case.explanation.split("\n"))
            parts.append(told)
    return "\n".join(parts)


def _checks(runs: Sequence[FileRun]) -> list[Check]:
    """Every case with its findings, for formats that tell what passed too."""
    checks: list[Check] = []
    for run in runs:
        checks += [Check(finding.code, run.name, finding.span.line, (finding,)) for finding in run.found]
        checks += [Check(case.name, run.name, case.line, case.found) for case in run.cases]
    return checks


def counts(runs: Sequence[FileRun]) -> tuple[int, int]:
    """How many cases passed, and how many did not."""
    cases = [case for run in runs for case in run.cases]
    failed = sum(bool(case.found) for case in cases)
    return len(cases) - failed, failed
