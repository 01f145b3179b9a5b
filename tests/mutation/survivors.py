"""Why a mutant of a shipped rulebook survives: nothing that an account can have tells it from the rules.

A survivor is told by its file, the name of what it is in, and words of its slip. One without a reason fails the test.
"""

from __future__ import annotations

from dataclasses import dataclass

from marginc.cli.mutation import Mutant


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for the survivors of a file (its end) in a definition (all of its mutants with these words)."""

    file: str
    name: str
    words: str
    why: str


NOT_BELOW_ITSELF = "at the boundary both sides give the same number"
ZERO_ADDS_NOTHING = "a row of 0 adds nothing to the sum"
REASONS = (Reason("lib/rates.yaml", "rates.kinked()", "kink", f"the two slopes meet at the kink: {NOT_BELOW_ITSELF}"),)


def reason(file: str, mutant: Mutant) -> str:
    """Why this mutant of a file survives; empty where nobody has said."""
    found = (
        one.why
        for one in REASONS
        if file.endswith(one.file) and one.name == mutant.name and one.words in f"{mutant.operator}: {mutant.told}"
    )
    return next(found, "")
