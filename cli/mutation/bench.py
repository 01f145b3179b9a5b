"""A rule file with the cases of every rulebook it is part of, and what they say of its mutants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal

from ...api import shown
from ...compiler.pipeline import Source, read
from ...compiler.rulebook import RuleFile
from ...program.diagnostic import Diagnostic
from ...program.program import Program
from ...runtime.coverage import Seen, recording
from ..cases import Case, CaseFile, inside, read_cases
from ..cases.run import Executors, Outcome, outcome_of
from ..cases.snapshot import Misplaced
from ..refusal import Refusal, Stopped
from ..rules import Rules, named_rulebook, open_source
from ..validate import CASES
from .mutants import Mutant, whole_number

Fate = Literal["killed", "refused", "same", "survived"]
"""A case fails; the check refuses the rules; it compiles to the same program; nothing notices."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant, and what noticed: the case that failed, or the code of the refusal."""

    mutant: Mutant
    fate: Fate
    by: str = ""


@dataclass(slots=True)
class Standing:
    """A case that passes under the rules as they are, and what it comes past.

    program   it runs under; None where the case is that there is none
    kills     mutants it noticed, by the name of what they are in
    """

    file: CaseFile
    case: Case
    book: Path
    instant: int | None
    program: Program | None
    seen: Seen
    kills: Counter[str] = field(default_factory=Counter)

    def promise(self, mutant: Mutant) -> tuple[int, int, int]:
        """How soon to ask it about a mutant: first who noticed others in the same place, then who noticed most."""
        return -self.kills[mutant.name], -self.kills.total(), len(self.seen.definitions)


@dataclass(slots=True)
class Bench:
    """A rule file, the rulebooks that have it (by path), and their cases."""

    path: Path
    file: RuleFile
    books: Mapping[Path, Source]
    standing: list[Standing] = field(default_factory=list)

    def try_mutant(self, mutant: Mutant) -> Verdict:
        """Runs the cases that compute what a mutant is in, those first that noticed most so far."""
        verdict = self._try(mutant)
        if verdict.fate == "refused" and mutant.operator == "a number one per cent off":
            whole = whole_number(mutant)
            if whole is not None:
                return self._try(whole)
        return verdict

    def _try(self, mutant: Mutant) -> Verdict:
        changed = self.changed(mutant)
        if isinstance(changed, Diagnostic):
            return Verdict(mutant, "refused", changed.code)
        for standing in sorted(self.concerned(mutant), key=lambda one: one.promise(mutant)):
            refused: list[Diagnostic] = []
            failing = _outcome(standing, rules_of(changed[standing.book], refused)).differences
            if refused:
                return Verdict(mutant, "refused", refused[0].code)
            if failing:
                standing.kills[mutant.name] += 1
                return Verdict(mutant, "killed", standing.case.name)
        for source in changed.values():
            errors = [finding for finding in source.findings() if finding.severity == "error"]
            if errors:
                return Verdict(mutant, "refused", errors[0].code)
        same = all(_same(self.books[book], source) for book, source in changed.items())
        return Verdict(mutant, "same" if same else "survived")

    def changed(self, mutant: Mutant) -> dict[Path, Source] | Diagnostic:
        """The rulebooks with a mutant in them, read as far as reading goes; or why they are refused."""
        unsaved = {self.path.resolve(): mutant.applied(self.file.source.text)}
        changed: dict[Path, Source] = {}
        for path, before in self.books.items():
            source, found, _ = read(path, shown(path), unsaved=unsaved)
            errors = [finding for finding in found if finding.severity == "error"]
            if source is None or errors:
                return (errors or found)[0]
            if mutant.values:  # the same definitions need no second check
                source = Source(source.rulebook, source.sources, before._structures, tightening=source.tightening)
            changed[path] = source
        return changed

    def concerned(self, mutant: Mutant) -> Iterator[Standing]:
        """The cases that come past what a mutant is in."""
        for standing in self.standing:
            if standing.program is not None and _is_concerned(mutant, standing.program, standing):
                yield standing


def _outcome(standing: Standing, rules: Rules) -> Outcome:
    return outcome_of(standing.file, standing.case, lambda _: rules)


def _is_concerned(mutant: Mutant, program: Program, standing: Standing) -> bool:
    key, seen = mutant.touched.key, standing.seen
    match mutant.touched.what:
        case "definition":
            number = program.find(key[-1], *key[:-1])
            return number is None or number in seen.definitions
        case "function":
            numbers = [-1 - n for n, function in enumerate(program.functions) if function.name.endswith(key[0])]
            return not numbers or any(number in seen.definitions for number in numbers)
        case "parameter":
            kind = program.collection(key[0])
            if kind is None:
                return ("", "", key[0]) in seen.parameters
            return len(key) < 3 or (kind.name, key[1], key[2]) in seen.parameters
        case _:
            return True


def rules_of(source: Source, refused: list[Diagnostic]) -> Rules:
    """What a case sees of a rulebook; why there is no program at an instant is added to `refused`."""

    def at(moment: Decimal | int | None) -> Program:
        program, found = source.program_at(None if moment is None else int(moment // 1))
        if program is None:
            refused.extend(finding for finding in found if finding.severity == "error")
            raise Refusal(found, source.sources)
        return program

    return Rules(source.rulebook.name, {}, (), at)


def _same(before: Source, after: Source) -> bool:
    """Whether two rulebooks mean the same at every instant."""
    if before.rulebook.instants != after.rulebook.instants:
        return False
    for instant in (None, *before.rulebook.instants):
        one, two = before.program_at(instant)[0], after.program_at(instant)[0]
        if (one.hash if one else "") != (two.hash if two else ""):
            return False
    return True


@dataclass(slots=True)
class Stand:
    """Case files with the rulebooks they are about, each opened once; cases are run when a bench first needs them."""

    books: dict[Path, Source] = field(default_factory=dict)
    files: list[tuple[CaseFile, Path]] = field(default_factory=list)
    ran: dict[Path, list[Standing]] = field(default_factory=dict)

    def bench(self, path: Path) -> Bench | None:
        """The bench of a rule file; None where no case is about a rulebook that has it. Raises Refusal."""
        own = path.resolve()
        bench: Bench | None = None
        for file, book in self.files:
            source = self.books[book]
            mine = next((part for part in source.rulebook.files if part.path.resolve() == own), None)
            if mine is None:
                continue
            if file.path not in self.ran:
                self.ran[file.path] = list(_standing(file, book, source))
            bench = bench or Bench(path, mine, {})
            bench.books = {**bench.books, book: source}
            bench.standing += self.ran[file.path]
        return bench


def open_stand(case_files: Iterable[Path]) -> Stand:
    """The rulebooks of case files. Raises Stopped, and Refusal for what cannot be read and rules that do not check."""
    stand = Stand()
    for path in case_files:
        file, found, text = read_cases(path, shown(path))
        if file is None:
            raise Refusal(found, {shown(path): text})
        try:
            book = inside(file, file.rulebook).resolve()
        except Misplaced as misplaced:
            raise Stopped(f"{file.source.name}: {misplaced}") from None
        if book.suffix != ".json":  # an artifact has no text to change
            if book not in stand.books:
                stand.books[book] = open_source(shown(book))
            stand.files.append((file, book))
    return stand


def open_bench(rulebook: str) -> Bench:
    """The bench of a rulebook. Raises Stopped, and Refusal where its rules do not check or a case already fails."""
    path, _ = named_rulebook(rulebook)
    bench = open_stand(_case_files(path)).bench(path)
    if bench is None:
        raise Stopped(f"no case computes `{rulebook}`: none in `{path.parent / CASES}` is about a rulebook that has it")
    return bench


def _case_files(path: Path) -> list[Path]:
    """Case files beside a rule file, and beside rulebooks in the folders around it, which may extend or import it."""
    folder = path.resolve().parent
    near = sorted((folder / CASES).glob("*.yaml"))
    if near:
        return near
    return sorted(case for case in folder.rglob("*.yaml") if CASES in case.relative_to(folder).parts[:-1])


def _standing(file: CaseFile, book: Path, source: Source) -> Iterator[Standing]:
    rules = rules_of(source, [])
    for case in file.cases:
        seen = Seen()
        outcome = outcome_of(file, case, lambda _: rules, Executors(recording(seen)))
        if outcome.differences:
            raise Refusal(
                [difference.finding for difference in outcome.differences], {file.source.name: file.source.text}
            )
        instant = outcome.prepared.rules.valid[0] if outcome.prepared is not None else None
        yield Standing(file, case, book, instant, source.program_at(instant)[0], seen)


def counted(verdicts: list[Verdict]) -> Counter[Fate]:
    return Counter(verdict.fate for verdict in verdicts)


def killed_percent(verdicts: list[Verdict]) -> float:
    """Mutants that a case noticed, in per cent of those that compile to another program."""
    counts = counted(verdicts)
    tried = counts["killed"] + counts["survived"]
    return 100 * counts["killed"] / tried if tried else 100.0
