"""Runs a case: its snapshot under its rulebook, and what comes out beside what it expects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...program.diagnostic import Diagnostic, MargincError, SnapshotError
from ...runtime.exact import evaluate
from ...runtime.results import Result
from .. import case_findings as findings
from ..refusal import Refusal, Stopped
from .compare import Difference, Looking, compare, compare_errors
from .executors import ROUNDING, disagreements
from .prepare import Evaluate, OpenRules, Prepared, prepare
from .read import Case, CaseFile
from .relations import compare_relations
from .snapshot import Misplaced


@dataclass(frozen=True, slots=True)
class Executors:
    """Who computes: the meaning itself, and beside or in the place of it another that has to agree.

    run      the executor whose results are compared with what is expected
    rounds   whether its numbers are exact only up to a share of 1e-9
    beside   a second one, whose results are compared with those of the first
    """

    run: Evaluate = evaluate
    rounds: bool = False
    beside: Evaluate | None = None


EXACT_ALONE = Executors()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case; it passes where nothing differs. `prepared` is None where it could not be run."""

    differences: tuple[Difference, ...]
    prepared: Prepared | None = None
    result: Result | None = None


def run_case(file: CaseFile, case: Case, open_rules: OpenRules) -> list[Diagnostic]:
    """What differs from what the case expects; empty where it passes."""
    return [difference.finding for difference in outcome_of(file, case, open_rules).differences]


def outcome_of(file: CaseFile, case: Case, open_rules: OpenRules, executors: Executors = EXACT_ALONE) -> Outcome:
    """Runs a case and compares. What keeps it from running is a difference too."""
    looking = Looking(file, case, ROUNDING) if executors.rounds else Looking(file, case)
    prepared: Prepared | None = None
    result: Result | None = None
    try:
        prepared = prepare(file, case, open_rules)
        result = prepared.result(executors.run)
        return Outcome(tuple(_compared(looking, prepared, result, executors)), prepared, result)
    except (SnapshotError, Refusal) as refused:
        return Outcome(tuple(compare_errors(looking, refused.diagnostics)))
    except MargincError as error:
        finding = findings.cannot_run(
            looking.span(case.place), case.name, error.diagnostics[0].message, "build the artifact again"
        )
    except Misplaced as misplaced:
        finding = findings.cannot_run(looking.span(misplaced.path), case.name, str(misplaced), misplaced.help)
    except Stopped as stopped:
        help_text = "`marginc test --help` shows a case file"
        finding = findings.cannot_run(looking.span(case.place), case.name, stopped.message, help_text)
    return Outcome((Difference(finding),), prepared, result)


def _compared(looking: Looking, prepared: Prepared, result: Result, executors: Executors) -> Iterator[Difference]:
    yield from compare(looking, result, prepared.program)
    if not result.errors:
        yield from compare_relations(looking, prepared, result, executors.run)
    if executors.beside is not None:
        yield from disagreements(looking, result, prepared.result(executors.beside))
