"""Mutants judged: verdict, and for survivors the case that would kill them; told as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .bench import Bench, Verdict, counted, killed_percent, open_bench
from .mutants import Mutant
from .witness import Witness, find_witness

__all__ = ["Judgement", "begin", "judge", "judge_in_process", "killed_percent", "text_of", "write_json"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with, for a survivor, what a search for a case that kills it came to."""

    verdict: Verdict
    witness: Witness | None = None


def judge(bench: Bench, mutant: Mutant, search: bool) -> Judgement:
    verdict = bench.try_mutant(mutant)
    if verdict.fate != "survived" or not search:
        return Judgement(verdict)
    return Judgement(verdict, find_witness(bench, verdict.mutant))


_BENCHES: list[tuple[Bench, bool]] = []


def begin(rulebook: str, search: bool) -> None:
    """Opens the bench of a process once, for all mutants it is given."""
    _BENCHES[:] = [(open_bench(rulebook), search)]


def judge_in_process(mutant: Mutant) -> Judgement:
    (bench, search) = _BENCHES[0]
    return judge(bench, mutant, search)


def text_of(bench: Bench, judged: Sequence[Judgement]) -> str:
    """Survivors with a case that would kill each, then the figures."""
    parts = [_survivor(bench, one) for one in judged if one.verdict.fate == "survived"]
    verdicts = [one.verdict for one in judged]
    counts = counted(verdicts)
    lines = [
        *parts,
        f"{_times(len(verdicts), 'mutant')} of {bench.file.source.name} under {_times(len(bench.standing), 'case')}:",
    ]
    lines.append(
        f"  {counts['killed']:,} killed by a case ({killed_percent(verdicts):.1f} % of those that mean something else)"
    )
    lines.append(f"  {counts['survived']:,} survived")
    lines.append(
        f"  {counts['refused']:,} refused by the check, {counts['same']:,} compile to the same program: not counted"
    )
    return "\n".join(lines) + "\n"


def _survivor(bench: Bench, one: Judgement) -> str:
    mutant = one.verdict.mutant
    head = f"{bench.file.source.name}:{mutant.line}: {mutant.name}: {mutant.operator}: {mutant.told}\n"
    if one.witness is None:
        return head
    if not one.witness.case:
        return f"{head}  no difference found: {one.witness.tried}\n"
    case = "".join(f"  {line}\n" if line else "\n" for line in one.witness.case.rstrip().split("\n"))
    return f"{head}  this case in {one.witness.file} would kill it:\n\n{case}"


def write_json(bench: Bench, judged: Sequence[Judgement]) -> str:
    """All mutants with their fates."""
    verdicts = [one.verdict for one in judged]
    counts = counted(verdicts)
    document = {
        "rulebook": bench.file.source.name,
        "cases": len(bench.standing),
        "killed_percent": round(killed_percent(verdicts), 2),
        "counts": {fate: counts[fate] for fate in ("killed", "survived", "refused", "same")},
        "operators": _by_operator(verdicts),
        "mutants": [_mutant_json(one) for one in judged],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _by_operator(verdicts: Sequence[Verdict]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.mutant.operator, Counter())[verdict.fate] += 1
    return {operator: dict(counts) for operator, counts in sorted(found.items())}


def _mutant_json(one: Judgement) -> dict[str, object]:
    mutant = one.verdict.mutant
    told: dict[str, object] = {
        "line": mutant.line, "name": mutant.name, "operator": mutant.operator, "before": mutant.before,
        "after": mutant.after, "fate": one.verdict.fate, "by": one.verdict.by,
    }  # fmt: skip
    if one.witness is not None:
        told |= {"file": one.witness.file, "case": one.witness.case or None, "tried": one.witness.tried}
    return told


def _times(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
