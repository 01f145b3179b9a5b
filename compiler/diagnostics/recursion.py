"""Findings about definitions that read themselves on the row before."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Note, Span

_LONGEST_WAY = 6


@code("MC352")
def endless_recursion(place: Span, name: str, way: list[tuple[str, Span]]) -> Diagnostic:
    """recursion that need not end

    A definition may need itself on the row before, and that row the one before it, until the first. Every read on the
    way around stays on its row or goes to `previous`; one that goes to another row, or to all of them, leads back to
    rows that are not yet known.

    ```yaml
    formulas:
      spread:
        taken: share + (if spread.previous is none then 0 else spread.previous.taken)
        share: 1 / sum(spreads.taken)        # all rows, this one too
    ```

    Fix: let the read on the way around name the same row or the one before it.
    """
    names = [step for step, _ in way]
    if len(names) > _LONGEST_WAY:
        names = [*names[: _LONGEST_WAY - 1], f"{len(names) - _LONGEST_WAY} more", names[-1]]
    around = " -> ".join([*names, way[0][0]])
    notes = tuple(Note(span, f"`{step}` reads on here") for step, span in way[1:_LONGEST_WAY])
    return Diagnostic(f"`{way[0][0]}` may need itself without end: {around}", place,
                      f"`{name}` is read on other than earlier rows", notes,
                      "read only the same row or `previous` on the way around")  # fmt: skip
