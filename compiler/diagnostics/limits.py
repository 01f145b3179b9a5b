"""Findings about limits: what keeps exact numbers short and checking quick, whatever a file says."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Span


@code("MC260")
def degree_limit(place: Span, name: str, degree: int) -> Diagnostic:
    """a value that multiplies too many inputs

    Numbers are exact, so a product has the digits of all its factors together. At most 64 inputs may be multiplied with
    one another, counted through all definitions on the way; repeated squaring would double the digits at each step.
    What is read on the row before may not be multiplied with itself at all: there may be any number of rows.

    ```yaml
    a: (price / strike) ^ 16
    b: a ^ 5                        # 160 inputs multiplied
    ```

    Fix: use a smaller power, `exp` and `ln` for large ones, or `round` in between with a step.
    """
    if not degree:
        sentence = f"`{name}` multiplies what it was on the row before with itself"
        way_out = "round it with a step, as in `round(x, 0.0001)`, or multiply it with inputs only"
        return Diagnostic(sentence, place, "too many digits", help=way_out)
    return Diagnostic(f"`{name}` multiplies {degree} inputs with one another, more than 64", place, "too many digits",
                      help="use a smaller power, or `exp` and `ln`, whose results are short again")  # fmt: skip


@code("MC262")
def too_much_text(place: Span, limit: int) -> Diagnostic:
    """a rulebook with more formulas than anyone can review

    All expressions of a rulebook together have at most 150,000 characters. A longer one was generated; nobody can
    tell what a change to it does.

    Split it, or let parameters and tables say what the formulas repeat.
    """
    return Diagnostic(f"the expressions of this rulebook have more than {limit:,} characters", place, "not read",
                      help="let parameters and tables say what the formulas repeat, or split the rulebook")  # fmt: skip
