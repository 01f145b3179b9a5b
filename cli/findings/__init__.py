"""Findings as people and machines read them: with their lines, one a line, as JSON, as annotations on GitHub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from ...program.diagnostic import Diagnostic, in_order
from .machine import concise, github, json_list
from .text import framed

Format = Literal["text", "concise", "json", "github"]


def render(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str], format: Format, color: bool) -> str:
    """All findings in stable order, ending in a line break; the empty text where there are none.

    sources   text of each file by `Span.file`; a file that is missing here is named without its lines
    format    `text` with source lines and ways out, `concise` one line each, `json` a list (`[]` for none),
              `github` workflow commands
    color     whether `text` may use terminal colours; the other formats never do
    """
    ordered = in_order(list(diagnostics))
    if format == "json":
        return json_list(ordered)
    if format == "text":
        return "\n".join(framed(finding, sources, color) for finding in ordered)
    one_line = github if format == "github" else concise
    return "".join(f"{one_line(finding)}\n" for finding in ordered)


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
