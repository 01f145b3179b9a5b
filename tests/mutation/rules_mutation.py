"""Every mutant of every shipped rulebook under its cases, written to docs/rule-mutants.md: `make rules-mutation`."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from survivors import reason

from marginc.cli.mutation import Mutant, Verdict, killed_percent, mutants_of, open_stand
from marginc.cli.validate import CASES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "rule-mutants.md"
LEAST = 90.0
"""Per cent of the mutants of each rulebook that its cases have to kill."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A rulebook, how many cases it has, and what became of its mutants."""

    name: str
    cases: int
    verdicts: tuple[Verdict, ...]


def rulebooks() -> list[str]:
    """Every rule file in the box that says anything, by path from the root."""
    files = (path.relative_to(ROOT) for path in sorted((ROOT / "rules").rglob("*.yaml")))
    return [path.as_posix() for path in files if CASES not in path.parts and "check" not in path.parts]


def sampled(mutants: Sequence[Mutant], share: float, seed: int) -> list[Mutant]:
    """Every so-manieth mutant, from one that the seed chooses on: spread over the whole file."""
    step = max(1, round(1 / share))
    return list(mutants[seed % step :: step])


def tried(folder: str, share: float = 1.0, seed: int = 0) -> list[Tried]:
    """The rulebooks of a folder with some of their mutants tried."""
    os.chdir(ROOT)
    stand = open_stand(sorted((ROOT / folder / CASES).glob("*.yaml")))
    found = []
    for name in rulebooks():
        bench = stand.bench(Path(name)) if Path(name).parent == Path(folder) else None
        if bench is not None:
            mutants = sampled(mutants_of(bench.file), share, seed)
            found.append(Tried(name, len(bench.standing), tuple(bench.try_mutant(mutant) for mutant in mutants)))
    return found


def folders() -> list[str]:
    return sorted({Path(name).parent.as_posix() for name in rulebooks()})


def all_tried(processes: int) -> Iterator[Tried]:
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for found in pool.imap(tried, folders(), chunksize=1):
            yield from found


# ---- the page


def page(results: Sequence[Tried]) -> str:
    verdicts = [verdict for one in results for verdict in one.verdicts]
    counts = Counter(verdict.fate for verdict in verdicts)
    lines = [
        "# Mutants of the shipped rulebooks under their cases",
        "",
        f"`make rules-mutation` made {len(verdicts):,} slips in the rulebooks in the box, one at a time, and ran"
        " the cases beside them on each. A mutant is killed where a case fails. Those that the check refuses, and those"
        " that compile to the same program, count for nothing.",
        "",
        f"Killed: {counts['killed']:,} of {counts['killed'] + counts['survived']:,}, {killed_percent(verdicts):.1f} %.",
        "",
        "| rulebook | cases | mutants | killed | survived | refused | same program | killed |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
        *(_row(one) for one in results),
        "",
        "## By slip",
        "",
        "| slip | killed | survived | refused |",
        "|---|--:|--:|--:|",
        *_by_operator(verdicts),
        "",
        "## Survivors",
        "",
        "`marginc mutate RULEBOOK` shows for each the case that would kill it, where it finds one.",
    ]
    for one in results:
        survivors = [verdict.mutant for verdict in one.verdicts if verdict.fate == "survived"]
        if survivors:
            lines += ["", f"### {_short(one.name)}", ""]
            lines += [_survivor(one.name, mutant) for mutant in survivors]
    return "\n".join(lines) + "\n"


def _row(one: Tried) -> str:
    counts = Counter(verdict.fate for verdict in one.verdicts)
    figures = [one.cases, len(one.verdicts), *(counts[fate] for fate in ("killed", "survived", "refused", "same"))]
    return (
        f"| {_short(one.name)} | {' | '.join(f'{n:,}' for n in figures)} | {killed_percent(list(one.verdicts)):.1f} % |"
    )


def _by_operator(verdicts: Sequence[Verdict]) -> Iterator[str]:
    for operator in sorted({verdict.mutant.operator for verdict in verdicts}):
        counts = Counter(verdict.fate for verdict in verdicts if verdict.mutant.operator == operator)
        yield f"| {operator} | {counts['killed']:,} | {counts['survived']:,} | {counts['refused']:,} |"


def _survivor(file: str, mutant: Mutant) -> str:
    why = reason(file, mutant) or "no reason known"
    return f"- line {mutant.line}, `{mutant.name}`, {mutant.operator}: {mutant.told}. Reason: {why}."


def _short(name: str) -> str:
    return name.removeprefix("rules/").removesuffix(".yaml")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--processes", type=int, default=min(2, os.cpu_count() or 1))
    chosen = options.parse_args()
    begin = time.monotonic()
    results: list[Tried] = []
    for one in all_tried(chosen.processes):
        results.append(one)
        sys.stderr.write(f"{_row(one)}\n")
    PAGE.write_text(page(results), encoding="utf-8")
    short = [one.name for one in results if killed_percent(list(one.verdicts)) < LEAST]
    unexplained = [
        f"{one.name}:{verdict.mutant.line}: {verdict.mutant.operator}"
        for one in results
        for verdict in one.verdicts
        if verdict.fate == "survived" and not reason(one.name, verdict.mutant)
    ]
    sys.stderr.write(f"{time.monotonic() - begin:.0f} s; below {LEAST:g} %: {short}; without a reason: {unexplained}\n")
    sys.exit(1 if short or unexplained else 0)


if __name__ == "__main__":
    main()
