"""Findings for machines: one a line, a JSON list, a JSON object a line, GitHub workflow commands."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...program.diagnostic import Diagnostic, Fix, Note, Span
from .screen import one_line, shown


def concise(finding: Diagnostic) -> str:
    """`path:line:col: CODE message, hint`."""
    hint = f", {finding.hint}" if finding.hint else ""
    return one_line(f"{finding.span}: {finding.code} {finding.message}{hint}")


def json_list(findings: Sequence[Diagnostic]) -> str:
    """A JSON list with one object a finding; positions as in `Span`, 0 where a finding knows only its file."""
    return json.dumps([_as_json(finding) for finding in findings], indent=2) + "\n"


def json_line(finding: Diagnostic) -> str:
    """The object of `json_list` on a line of its own, for readers that take one at a time."""
    return json.dumps(_as_json(finding))


def github(finding: Diagnostic) -> str:
    """A workflow command that annotates the lines of a pull request, with the way out on a second line.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions, "Setting an error message".
    """
    span = finding.span
    place = [("file", span.file)]
    if span.line:
        place += [("line", str(span.line)), ("col", str(span.column))]
        place += [("endLine", str(span.end_line)), ("endColumn", str(span.end_column))]
    properties = ",".join(f"{name}={_property(value)}" for name, value in [*place, ("title", finding.code)])
    text = f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message
    return f"::{finding.severity} {properties}::{_data(text)}"


def _as_json(finding: Diagnostic) -> dict[str, object]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        **_span(finding.span),
        "label": finding.label,
        "help": finding.help,
        "hint": finding.hint,
        "notes": [_stretch(note) for note in finding.notes],
        "fixes": [_stretch(fix) for fix in finding.fixes],
    }


def _stretch(part: Note | Fix) -> dict[str, object]:
    return {**_span(part.span), "text": part.text}


def _span(span: Span) -> dict[str, object]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _data(text: str) -> str:
    return shown(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
