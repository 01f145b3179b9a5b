"""Findings as people and machines read them; `FORMATS` is the one list of the ways."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from ...program.diagnostic import Diagnostic, in_order
from .check import Check, checks_of
from .machine import concise, github, json_line, json_list
from .text import framed

Format = Literal["text", "concise", "json", "jsonl", "github", "gitlab", "junit", "sarif"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a format is made of.

    findings   in stable order, each once
    sources    text of each file by `Span.file`; a file that is missing here is named without its lines
    checks     what was looked at, one by one, for formats that tell what passed
    color      whether `text` may use terminal colours; the other formats never do
    """

    findings: Sequence[Diagnostic]
    sources: Mapping[str, str]
    checks: Sequence[Check]
    color: bool = False


def _lines(report: Report, one_line: Callable[[Diagnostic], str]) -> str:
    return "".join(f"{one_line(finding)}\n" for finding in report.findings)


# Reports of CI servers are loaded by those who ask for them.


def _gitlab(report: Report) -> str:
    from .gitlab import gitlab

    return gitlab(report.findings, report.sources)


def _junit(report: Report) -> str:
    from .junit import junit

    return junit(report.checks, report.sources)


def _sarif(report: Report) -> str:
    from .sarif import sarif

    return sarif(report.findings, report.sources)


FORMATS: Mapping[Format, Callable[[Report], str]] = {
    "text": lambda report: "\n".join(framed(one, report.sources, report.color) for one in report.findings),
    "concise": lambda report: _lines(report, concise),
    "json": lambda report: json_list(report.findings),
    "jsonl": lambda report: _lines(report, json_line),
    "github": lambda report: _lines(report, github),
    "gitlab": _gitlab,
    "junit": _junit,
    "sarif": _sarif,
}
assert set(FORMATS) == set(get_args(Format))


def render(
    diagnostics: Sequence[Diagnostic],
    sources: Mapping[str, str],
    format: Format,
    color: bool,
    *,
    files: Sequence[str] = (),
    checks: Sequence[Check] | None = None,
) -> str:
    """All findings in stable order, ending in a line break; the empty text where a format has nothing to say.

    sources   text of each file by `Span.file`; a file that is missing here is named without its lines
    color     whether `text` may use terminal colours; the other formats never do
    files     what was read, for `junit`, where each file that is clean is a test that passes
    checks    instead of files: cases, each with its own findings
    """
    ordered = in_order(list(diagnostics))
    looked_at = checks_of(ordered, files) if checks is None else checks
    return FORMATS[format](Report(ordered, sources, looked_at, color))


def summary(diagnostics: Sequence[Diagnostic], files: int) -> str:
    """One closing sentence: how many files were read, what was found, and where to read more."""
    ordered = in_order(list(diagnostics))
    errors = [finding.code for finding in ordered if finding.severity == "error"]
    warnings = [finding.code for finding in ordered if finding.severity == "warning"]
    counts = [_counted(len(errors), "error")] if errors else []
    counts += [_counted(len(warnings), "warning")] if warnings else []
    told = f"{_counted(files, 'file')}: {', '.join(counts) or 'no findings'}."
    codes = errors or warnings
    return f"{told} `marginc explain {codes[-1]}` tells more." if codes else told


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
