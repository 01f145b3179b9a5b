"""What a verb looked at, one by one: for formats that tell what passed, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...program.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: a case in a file, or a file for one code.

    name       what a reader calls it
    file       where it stands; checks of one file are a suite
    line       its line in the file, 0 where it has none
    findings   of it alone; an error among them makes it fail, warnings stand beside it
    """

    name: str
    file: str
    line: int = 0
    findings: tuple[Diagnostic, ...] = ()

    @property
    def failed(self) -> bool:
        return any(finding.severity == "error" for finding in self.findings)


def checks_of(findings: Sequence[Diagnostic], files: Sequence[str]) -> list[Check]:
    """Each finding as a check of its file, and one that passes for each file in which nothing was found."""
    found = [
        Check(f"{one.code} at {one.span.line}:{one.span.column}", one.span.file, one.span.line, (one,))
        for one in findings
    ]
    clean = set(files) - {check.file for check in found}
    return sorted([*found, *(Check("no findings", file) for file in clean)], key=lambda check: (check.file, check.line))
