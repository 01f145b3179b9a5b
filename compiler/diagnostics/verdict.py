"""Findings about the status ladder and messages."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Span


@code("MC270")
def ladder_without_end(place: Span, name: str) -> Diagnostic:
    """a status ladder without a last rung

    Every account has a status. The last rung has no `when` and holds where no other does.

    ```yaml
    status:
      - is: liquidatable
        when: required > equity
      - is: healthy
    ```
    """
    return Diagnostic(f"after `{name}` no status is left", place, "the last rung, and it has a condition",
                      help="add a last rung without `when`, for example `- is: healthy`")  # fmt: skip


@code("MC271")
def rung_without_when(place: Span, name: str) -> Diagnostic:
    """a rung that hides all that follow"""
    return Diagnostic(f"`{name}` always holds, the rungs after it never do", place, "no `when`",
                      help="give it a `when`, or move it to the end")  # fmt: skip


@code("MC272")
def unknown_format(place: Span, text: str) -> Diagnostic:
    """a format in a message that does not exist

    `{ratio:.2%}` is a percentage with two places, `{money:,.2f}` groups digits by three.
    """
    return Diagnostic(f"`{text}` is no format", place, "", help="use `.2%`, `.4f` or `,.2f`")
