"""Findings as SARIF 2.1.0: code scanning, and editors that show such files.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; section numbers below are of that document.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from ... import __version__
from ...program.codes import PAGES, page
from ...program.diagnostic import Diagnostic, Fix, Note, Span
from .fingerprint import fingerprints
from .screen import shown

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "margincFinding/v1"


def sarif(findings: Sequence[Diagnostic], sources: Mapping[str, str]) -> str:
    """A log of one run; its rules are the codes that were found, each with its page."""
    codes = sorted({finding.code for finding in findings})
    severities = {finding.code: finding.severity for finding in findings}
    names = fingerprints(findings, sources)
    results = [_result(one, codes.index(one.code), name) for one, name in zip(findings, names, strict=True)]
    driver = {
        "name": "marginc",
        "semanticVersion": __version__,
        "rules": [_rule(code, severities[code]) for code in codes],
    }
    # Columns count code points (3.14.17), as in `Span`; the default would be UTF-16 units.
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, severity: str) -> dict[str, object]:
    title, _, rest = (page(code) if code in PAGES else code).partition("\n")
    title, rest = title.rstrip("."), rest.strip()
    rule: dict[str, object] = {"id": code, "shortDescription": {"text": title}}
    if rest:
        rule["fullDescription"] = {"text": " ".join(rest.split("\n\n")[0].split())}
        rule["help"] = {"text": f"{title}\n\n{rest}", "markdown": f"**{code}: {title}**\n\n{rest}"}
    return {**rule, "defaultConfiguration": {"level": severity}, "properties": {"problem.severity": severity}}


def _result(finding: Diagnostic, rule: int, fingerprint: str) -> dict[str, object]:
    text = f"{finding.message}. {finding.help[:1].upper()}{finding.help[1:]}" if finding.help else finding.message
    result: dict[str, object] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": _message(text),
        "locations": [{"physicalLocation": _place(finding.span)}],
        "partialFingerprints": {FINGERPRINT: fingerprint},
    }
    if finding.notes:
        result["relatedLocations"] = [_related(note, number) for number, note in enumerate(finding.notes)]
    if finding.fixes and all(fix.span.line for fix in finding.fixes):
        result["fixes"] = [_fix(finding)]
    return result


def _message(text: str) -> dict[str, object]:
    """Braces are doubled, or they could be placeholders (3.11.5); `](` is parted, or it could be a link (3.11.6)."""
    return {"text": shown(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _place(span: Span) -> dict[str, object]:
    # GitHub takes no result without a line: what is known of a file only stands at its first.
    return {"artifactLocation": _artifact(span.file), "region": _region(span) if span.line else {"startLine": 1}}


def _artifact(file: str) -> dict[str, object]:
    """A file in the folder of the run, which is the repository's root in CI; another by its whole address."""
    if Path(file).is_absolute() or file.startswith("../"):
        return {"uri": "file://" + quote(os.fsencode(Path(os.path.normpath(Path.cwd() / file)).as_posix()))}
    return {"uri": quote(os.fsencode(file)), "uriBaseId": "%SRCROOT%"}


def _region(span: Span) -> dict[str, int]:
    """Lines and columns count from 1 (3.30.5); what is not known of a place is left out."""
    known = {"startLine": span.line, "startColumn": span.column, "endLine": span.end_line, "endColumn": span.end_column}
    return {name: number for name, number in known.items() if number > 0}


def _related(note: Note, number: int) -> dict[str, object]:
    return {"id": number, "message": _message(note.text), "physicalLocation": _place(note.span)}


def _fix(finding: Diagnostic) -> dict[str, object]:
    """Its replacements are made together."""
    files: dict[str, list[Fix]] = {}
    for fix in finding.fixes:
        files.setdefault(fix.span.file, []).append(fix)
    changes = [
        {"artifactLocation": _artifact(file), "replacements": [_replacement(fix) for fix in fixes]}
        for file, fixes in files.items()
    ]
    return {"description": _message(finding.help or finding.message), "artifactChanges": changes}


def _replacement(fix: Fix) -> dict[str, object]:
    return {"deletedRegion": _region(fix.span), "insertedContent": {"text": fix.text}}
