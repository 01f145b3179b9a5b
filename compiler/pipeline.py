"""The stages in order: files, layers, what holds at an instant, checks, program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..program.diagnostic import Diagnostic, in_order
from ..program.program import Program
from .check import Structure, check_structure, read_parameters
from .diagnostics.types import open_definition
from .lower import lower, too_high_degrees, too_large, with_parameters
from .rulebook import Effective, Rulebook, effective_at, load_files, read_rulebook
from .rulebook.tighten_only import check_layers, is_tighten_only

if TYPE_CHECKING:
    from .tighten import Tightening

Interval = tuple[int | None, int | None]


@dataclass(slots=True)
class Source:
    """A rulebook that was read; compiles at any instant and remembers what it found out."""

    rulebook: Rulebook
    sources: Mapping[str, str]
    """Texts of its files by name, for showing findings."""
    _structures: dict[tuple[int, ...], tuple[Structure, Program | None, list[Diagnostic]]] = field(default_factory=dict)
    _programs: dict[Interval, tuple[Program | None, list[Diagnostic]]] = field(default_factory=dict)
    tightening: Tightening | None = None
    """What its tighten-only layers are held to; None where it has none."""

    def program_at(self, instant: int | None) -> tuple[Program | None, list[Diagnostic]]:
        """The program in force at an instant (seconds since 1970; None: before every date), or why there is none."""
        from ..program.codec import sealed

        interval = self.rulebook.interval(instant)
        program, found = self._compiled(interval)
        open_ends = self._open_ends(interval) if program is not None else []
        if open_ends:
            return None, in_order([*found, *open_ends])
        if program is not None and not program.hash:
            program = sealed(program)
            self._programs[interval] = program, found
        return program, found

    def structure_at(self, instant: int | None) -> Structure:
        """What the rules say at an instant, whatever their numbers are; complete only where it has no errors."""
        return self._structure(effective_at(self.rulebook, self.rulebook.interval(instant)[0]))[0]

    def _open_ends(self, interval: Interval) -> list[Diagnostic]:
        """Definitions that are left to a child: such rules check, and cannot be evaluated."""
        structure = self._structure(effective_at(self.rulebook, interval[0]))[0]
        return [
            open_definition(checked.text.layer.span(checked.text.name), checked.text.name.text)
            for checked in structure.definitions.checked.values()
            if checked.term is None
        ]

    def findings(self) -> list[Diagnostic]:
        """All findings of all intervals, each once."""
        found: list[Diagnostic] = []
        for instant in (None, *self.rulebook.instants):
            found += self._compiled(self.rulebook.interval(instant))[1]
        if self.tightening is not None and not _has_errors(found):
            found += self.tightening.not_needed()
        return in_order(found)

    def _compiled(self, interval: Interval) -> tuple[Program | None, list[Diagnostic]]:
        if interval not in self._programs:
            self._programs[interval] = self._compile(interval)
        return self._programs[interval]

    def _compile(self, interval: Interval) -> tuple[Program | None, list[Diagnostic]]:
        effective = effective_at(self.rulebook, interval[0])
        structure, program, found = self._structure(effective)
        parameters, problems = read_parameters(structure.model, effective)
        found = found + problems
        if program is None or _has_errors(found):
            return None, in_order(found)
        program, problems = with_parameters(program, parameters, interval)
        found += problems
        if self.tightening is not None:
            found += self.tightening.at(interval[0])
        return (None if _has_errors(found) else program), in_order(found)

    def _structure(self, effective: Effective) -> tuple[Structure, Program | None, list[Diagnostic]]:
        if effective.structure not in self._structures:
            structure = check_structure(self.rulebook, effective)
            found = list(structure.found)
            program = None if _has_errors(found) else lower(structure)
            if program is not None:
                large = too_large(program)
                found += large or too_high_degrees(program)
            self._structures[effective.structure] = (structure, program, found)
        return self._structures[effective.structure]


def read(
    path: Path, name: str, root: Path | None = None, unsaved: Mapping[Path, str] | None = None
) -> tuple[Source | None, list[Diagnostic], Mapping[str, str]]:
    """The rulebook at `path`, shown to people as `name`: the source (None where it cannot be read), findings, texts.

    unsaved   texts that count instead of what the disk holds, by resolved path: standard input, an editor's buffers
    """
    files, found, texts = load_files(path, name, root, unsaved)
    if not files:
        return None, in_order(found), texts
    rulebook, problems = read_rulebook(files)
    found += [*problems, *check_layers(files)]
    if _has_errors(found):
        return None, in_order(found), texts
    return Source(rulebook, texts, tightening=_tightening(rulebook)), in_order(found), texts


def _tightening(rulebook: Rulebook) -> Tightening | None:
    if not any(is_tighten_only(file) for file in rulebook.files):
        return None
    from .tighten import Tightening  # what few rulebooks promise, the others need not load

    return Tightening(rulebook)


def _has_errors(found: list[Diagnostic]) -> bool:
    return any(finding.severity == "error" for finding in found)
