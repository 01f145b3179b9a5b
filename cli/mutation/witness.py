"""Looking for a snapshot that tells a mutant from the rules: those of the cases, changed until the results differ."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ...compiler.pipeline import Source
from ...program.diagnostic import Diagnostic, MargincError
from ...program.program import Output, Program
from ...runtime.coverage import Distances, comparing
from ...runtime.results import Result
from ..cases.prepare import ready, with_expected
from ..cases.snapshot import Document, Misplaced, open_case, open_document
from ..refusal import Refusal, Stopped
from ..rules import moment
from .bench import Bench, Standing
from .boundary import boundaries, comparisons_of
from .inputs import GONE, Input, inputs_of, other_values, renamed
from .mutants import Mutant
from .written import changes_between, differences, written_case

_RUNS = 3_000
"""Evaluations for one mutant: seconds for most rulebooks, and the same answer on every machine."""
_CASES = 8
_UNLISTED = "OTHER"
"""A row that no rulebook lists, so that it has the defaults."""
_PAIRS = 150
"""Two inputs changed at once, drawn by a fixed seed, for each case."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A case that kills a mutant, as text for its file; empty where none was found, with what was `tried`."""

    case: str
    file: str
    tried: str


@dataclass(slots=True)
class _Trial:
    """A case under the rules and under the mutant, whatever its snapshot becomes."""

    standing: Standing
    mutant: Mutant
    before: Source
    after: Source
    document: Document
    as_of: int | None
    runs: int = 0
    distances: Distances = field(default_factory=dict)

    def programs(self, as_of: int | None) -> tuple[Program, Program] | None:
        one, other = self.before.program_at(as_of)[0], self.after.program_at(as_of)[0]
        if one is None or other is None:
            return None
        return self._shown(one), self._shown(other)

    def _shown(self, program: Program) -> Program:
        """The program with the changed definition among its outputs."""
        program = with_expected(program, self.standing.case)
        key = self.mutant.touched.key
        number = program.find(key[-1], *key[:-1]) if self.mutant.touched.what == "definition" else None
        if number is None or any(output.definition == number for output in program.outputs):
            return program
        if sum(kind != "account" for kind in program.definitions[number].scope) > 1:
            return program
        return replace(program, outputs=(*program.outputs, Output(number, key[-1])))

    def result(self, program: Program, document: Document, as_of: int | None) -> Result | None:
        self.runs += 1
        raw = open_document(document, self.standing.case.name)
        raw = raw if as_of is None else replace(raw, as_of=Decimal(as_of))
        try:
            return ready(program, raw, self.standing.case).result()
        except (MargincError, Stopped, Refusal):
            return None

    def differs(self, document: Document, as_of: int | None) -> tuple[Result, Result] | None:
        """The results under both, where they are not the same."""
        programs = self.programs(as_of)
        if programs is None:
            return None
        one = self.result(programs[0], document, as_of)
        other = self.result(programs[1], document, as_of)
        if one is None or other is None or not differences(one, other):
            return None
        return one, other

    def measured(self, program: Program, document: Document, nodes: frozenset[int]) -> Distances:
        """How far the comparisons of the changed definition are from their boundaries."""
        self.runs += 1
        found: Distances = {}
        raw = open_document(document, self.standing.case.name)
        raw = raw if self.as_of is None else replace(raw, as_of=Decimal(self.as_of))
        try:
            ready(program, raw, self.standing.case).result(comparing(found, nodes))
        except (MargincError, Stopped, Refusal):
            return {}
        return found


def find_witness(bench: Bench, mutant: Mutant) -> Witness:
    """A case that kills a mutant, found among changes of the snapshots of the cases that compute it."""
    changed = bench.changed(mutant)
    assert not isinstance(changed, Diagnostic)
    concerned = list(bench.concerned(mutant)) or bench.standing
    concerned.sort(key=lambda standing: len(standing.seen.definitions))
    runs = cases = 0
    for standing in _spread(concerned):
        trial = _trial(standing, mutant, bench.books[standing.book], changed[standing.book])
        if trial is None:
            continue
        cases += 1
        most = (_RUNS - runs) // max(1, min(_CASES, len(concerned)) - cases + 1)
        for document, as_of in _candidates(trial):
            found = trial.differs(document, as_of)
            text = _case_text(trial, document, as_of, *found) if found is not None else ""
            if text:
                return Witness(text, standing.file.source.name, "")
            if trial.runs > most:
                break
        runs += trial.runs
    tried = f"{cases} snapshots of cases, {runs:,} evaluations of them with numbers doubled, halved, zero, turned and"
    return Witness("", "", f"{tried} at every boundary, words and references exchanged, rows left out, in pairs")


def _spread(standing: list[Standing]) -> list[Standing]:
    """Some cases of all: the smallest, then others evenly up to the largest."""
    if len(standing) <= _CASES:
        return standing
    step = (len(standing) - 1) / (_CASES - 1)
    return [standing[round(number * step)] for number in range(_CASES)]


def _trial(standing: Standing, mutant: Mutant, before: Source, after: Source) -> _Trial | None:
    case = standing.case
    try:
        as_of = moment(case.as_of.text) if case.as_of else None
        program = before.program_at(standing.instant)[0]
        raw = open_case(standing.file, case, program)
    except (MargincError, Misplaced, Stopped, Refusal):
        return None
    document: Document = json.loads(json.dumps(raw.head))
    return _Trial(standing, mutant, before, after, document, int(raw.as_of) if as_of is None else as_of)


def _candidates(trial: _Trial) -> Iterator[tuple[Document, int | None]]:
    """Changed snapshots: other days, each input at other values and at boundaries, other rows, then pairs of these."""
    for as_of in _days(trial):
        yield trial.document, as_of
    programs = trial.programs(trial.as_of)
    if programs is None:
        return
    program, changed = programs
    inputs = list(inputs_of(trial.document, trial.standing.case, program))
    for document in _first(trial, program, inputs):
        yield document, trial.as_of
    yield from ((document, trial.as_of) for document in _at_boundaries(trial, changed, inputs))
    singles: list[tuple[Input, object]] = []
    for one in inputs:
        for value in other_values(one, program, trial.document):
            singles.append((one, value))
            yield one.put(trial.document, value), trial.as_of
    chance = random.Random(11)
    for _ in range(_PAIRS if len(singles) > 1 else 0):
        (one, value), (other, second) = chance.sample(singles, 2)
        document = other.put(one.put(trial.document, value), second)
        yield document, trial.as_of
    for document in _pairs_at_boundaries(trial, changed, inputs, singles, chance):
        yield document, trial.as_of


def _first(trial: _Trial, program: Program, inputs: list[Input]) -> Iterator[Document]:
    """What shows most of the mutants of values: the row that a parameter is of, a field left out that has a default."""
    what, key = trial.mutant.touched.what, trial.mutant.touched.key
    if what == "parameter" and len(key) == 3:
        yield from renamed(trial.document, program, *key[:2])
    if what == "default":
        yield from (one.put(trial.document, GONE) for one in inputs if one.field.name == key[1])
        yield from renamed(trial.document, program, key[0], _UNLISTED)


def _days(trial: _Trial) -> Iterator[int]:
    """The days on which rules change, and the last moment before each; first that of an amendment left out."""
    what, key = trial.mutant.touched.what, trial.mutant.touched.key
    if what not in ("amendment", "parameter"):
        return
    own = [int(key[0])] if what == "amendment" else []
    instants = [*own, *trial.before.rulebook.instants]
    yield from dict.fromkeys(itertools.chain.from_iterable((instant, instant - 1) for instant in instants))


def _at_boundaries(trial: _Trial, program: Program, inputs: list[Input]) -> Iterator[Document]:
    """Each numeric input at the value at which a comparison of the changed definition is even."""
    nodes = comparisons_of(program, trial.mutant)
    if not nodes:
        return
    base = trial.measured(program, trial.document, nodes)
    for one in inputs:
        yield from boundaries(one, trial.document, base, lambda document: trial.measured(program, document, nodes))


def _pairs_at_boundaries(
    trial: _Trial, program: Program, inputs: list[Input], singles: list[tuple[Input, object]], chance: random.Random
) -> Iterator[Document]:
    """The same with another input changed before."""
    nodes = comparisons_of(program, trial.mutant)
    if not nodes:
        return
    for _ in range(_PAIRS // 5):
        one, value = chance.choice(singles) if singles else (None, None)
        document = trial.document if one is None else one.put(trial.document, value)
        base = trial.measured(program, document, nodes)
        for other in chance.sample(inputs, min(4, len(inputs))):
            yield from boundaries(other, document, base, lambda d: trial.measured(program, d, nodes))


def _case_text(trial: _Trial, document: Document, as_of: int | None, one: Result, other: Result) -> str:
    programs = trial.programs(as_of)
    assert programs is not None
    change = changes_between(trial.document, document, trial.standing.case, programs[0])
    if change is None:
        return ""
    day = as_of if as_of != trial.as_of else None
    return written_case(trial.mutant, trial.standing, change, day, one, other)
