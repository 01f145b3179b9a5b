"""The stages in order: files, layers, what holds at an instant, checks, program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..program.diagnostic import Diagnostic, in_order
from ..program.program import Program
from .check import CheckedRulebook, check_rulebook
from .lower import lower
from .rulebook import Rulebook, effective_at, load_files, read_rulebook


@dataclass(slots=True)
class Source:
    """A rulebook that was read; compiles at any instant and remembers each interval's program."""

    rulebook: Rulebook
    sources: Mapping[str, str]
    """Texts of its files by name, for showing findings."""
    _programs: dict[tuple[int | None, int | None], tuple[Program | None, list[Diagnostic]]] = field(default_factory=dict)

    def program_at(self, instant: int | None) -> tuple[Program | None, list[Diagnostic]]:
        """The program in force at an instant (seconds since 1970, None: before every amendment), or why there is none."""
        interval = self.rulebook.interval(instant)
        if interval not in self._programs:
            self._programs[interval] = self._compile(interval)
        return self._programs[interval]

    def _compile(self, interval: tuple[int | None, int | None]) -> tuple[Program | None, list[Diagnostic]]:
        checked, found = self.check_at(interval[0])
        if any(finding.severity == "error" for finding in found):
            return None, in_order(found)
        program, problems = lower(checked, interval)
        found += problems
        return program, in_order(found)

    def check_at(self, instant: int | None) -> tuple[CheckedRulebook, list[Diagnostic]]:
        return check_rulebook(self.rulebook, effective_at(self.rulebook, instant))

    def findings(self) -> list[Diagnostic]:
        """All findings of all intervals, each once."""
        found: list[Diagnostic] = []
        for instant in (None, *self.rulebook.instants):
            found += self.program_at(instant)[1]
        return in_order(found)


def read(path: Path, name: str, root: Path | None = None) -> tuple[Source | None, list[Diagnostic], Mapping[str, str]]:
    """The rulebook at `path`, shown to people as `name`: the source (None where it cannot be read), findings, texts."""
    files, found = load_files(path, name, root)
    texts = {file.source.name: file.source.text for file in files}
    if not files:
        return None, in_order(found), texts
    rulebook, problems = read_rulebook(files)
    found += problems
    if any(finding.severity == "error" for finding in found):
        return None, in_order(found), texts
    return Source(rulebook, texts), in_order(found), texts
