"""Names for findings that stay when lines move, so that a platform knows an old finding from a new one."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence

from ...program.diagnostic import Diagnostic
from .text import line_of


def fingerprints(findings: Sequence[Diagnostic], sources: Mapping[str, str]) -> list[str]:
    """32 hexadecimal digits for each finding, all different.

    Made of code, file, sentence and the text of its line without the space around it; equal ones are counted.
    """
    seen: Counter[str] = Counter()
    names: list[str] = []
    for finding in findings:
        line = line_of(sources.get(finding.span.file, ""), finding.span.line) or ""
        what = f"{finding.code}\0{finding.span.file}\0{finding.message}\0{line.strip()}"
        names.append(hashlib.sha256(f"{what}\0{seen[what]}".encode("utf-8", "surrogatepass")).hexdigest()[:32])
        seen[what] += 1
    return names
