"""The page that tells what became of the mutants: counts by operator, and every one that is not accounted for."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulebook_mutants import Verdict

OUTCOMES = {
    "refused": "refused at the slip or at what reads it",
    "refused_farther": "refused at a reader of a reader: what lies between passes the unit on",
    "meaningful": "accepted, and an account shows another value or status",
    "same_program": "accepted, the same program to the letter",
    "no_difference": "accepted, equal on everything tried",
    "refused_elsewhere": "refused somewhere else: a defect",
    "crash": "ended with a traceback: a defect",
}
_CHANGE = re.compile(r"`(.*)` -> `(.*)`\Z")


def reason(verdict: Verdict) -> str:
    """Why an accepted mutant that shows no difference has none, as far as its text tells."""
    found = _CHANGE.search(verdict.mutant)
    before, after = found.groups() if found else ("", "")
    if verdict.operator == "swap operands" and (") + (" in after or ") * (" in after):
        return "sums and products commute"
    if verdict.operator in ("wrap in abs()", "negate", "unwrap a call"):
        return "the sign does not count there: under abs(), beside 0, or never below 0"
    if verdict.operator == "another reference of the same type" and {"asset", "token"} <= set(
        re.findall(r"\w+", f"{before} {after}")
    ):
        return "`token` of a balance is its `asset` by definition"
    return "equal on every account and input tried"


def page(verdicts: list[Verdict], books: list[str], seed: int) -> str:
    """Markdown: totals, a row for each operator, the survivors with their reasons."""
    totals = Counter(verdict.outcome for verdict in verdicts)
    lines = [
        "# Mutants of the shipped rulebooks",
        "",
        f"`make rulebook-mutants` made {len(verdicts):,} rulebooks with one slip each (seed {seed}) out of "
        + ", ".join(f"`{name}`" for name in dict.fromkeys(books))
        + ", checked each, and evaluated those that were accepted on the accounts of their cases, on random changes of "
        "these, and on random inputs of the changed definition.",
        "",
        "| | mutants |",
        "|---|--:|",
        *(f"| {told} | {totals[name]:,} |" for name, told in OUTCOMES.items()),
        "",
        "## By operator",
        "",
        "| operator | " + " | ".join(name.replace("_", " ") for name in OUTCOMES) + " |",
        "|---|" + "--:|" * len(OUTCOMES),
    ]
    for operator in sorted({verdict.operator for verdict in verdicts}):
        own = Counter(verdict.outcome for verdict in verdicts if verdict.operator == operator)
        lines.append(f"| {operator} | " + " | ".join(f"{own[name]:,}" for name in OUTCOMES) + " |")
    codes = Counter(verdict.code for verdict in verdicts if verdict.code)
    lines += ["", "## Codes they were refused with", "", ", ".join(f"{c} {n:,}" for c, n in codes.most_common()), ""]
    for name in ("crash", "refused_elsewhere"):
        if totals[name]:
            lines += [f"## {OUTCOMES[name].capitalize()}", ""]
            lines += [f"- {v.mutant}: {v.shown.splitlines()[-1]}" for v in verdicts if v.outcome == name] + [""]
    return "\n".join(lines + _survivors(verdicts)) + "\n"


def _survivors(verdicts: list[Verdict]) -> list[str]:
    survivors = [verdict for verdict in verdicts if verdict.outcome == "no_difference"]
    reasons = Counter(reason(verdict) for verdict in survivors)
    lines = ["## Accepted without a difference", "", "| why | mutants |", "|---|--:|"]
    lines += [f"| {why} | {count:,} |" for why, count in reasons.most_common()]
    lines += ["", "Those whose text does not tell why:", ""]
    unknown = [v for v in survivors if reason(v) == "equal on every account and input tried"]
    lines += sorted(f"- {v.operator}: {v.mutant}" for v in unknown)
    return lines
