"""Findings as GitLab reads them: a Code Quality report.

https://docs.gitlab.com/ci/testing/code_quality/, "Code Quality report format".
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ...program.diagnostic import Diagnostic
from .fingerprint import fingerprints
from .screen import one_line

_SEVERITY = {"error": "major", "warning": "minor"}


def gitlab(findings: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """A JSON list; `[]` says that all was checked and nothing was found."""
    names = fingerprints(findings, sources)
    issues = [_issue(finding, name) for finding, name in zip(findings, names, strict=True)]
    return json.dumps(issues, indent=2) + "\n"


def _issue(finding: Diagnostic, fingerprint: str) -> dict[str, object]:
    help_text = f" (help: {finding.help})" if finding.help else ""
    # A line is required: what is known of a file only stands at its first.
    lines = {"begin": max(1, finding.span.line), "end": max(1, finding.span.end_line)}
    return {
        "check_name": finding.code,
        "description": one_line(f"{finding.code}: {finding.message}{help_text}"),
        "severity": _SEVERITY[finding.severity],
        "fingerprint": fingerprint,
        "location": {"path": one_line(finding.span.file), "lines": lines},
    }
