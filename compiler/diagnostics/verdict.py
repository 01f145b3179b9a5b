"""Findings about the status ladder and messages."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Span


@code("MC270")
def ladder_without_end(place: Span, name: str) -> Diagnostic:
    """a status ladder without an end

    Every account has a status. The last one has no `when` and holds where no other does.

    ```yaml
    status:
      - is: liquidatable
        when: required > equity
      - is: healthy
    ```

    Fix: add a last status without `when`.
    """
    return Diagnostic(
        f"an account that is not `{name}` would have no status",
        place,
        "the last one, and it has a condition",
        help="add a last status without `when`, for example `- is: healthy`",
    )


@code("MC271")
def rung_without_when(place: Span, name: str) -> Diagnostic:
    """a status that hides all that follow

    The ladder is read from the top, and the first status that holds is the account's. Only the last one has no `when`.

    ```yaml
    status:
      - is: healthy                       # every account is healthy
      - is: liquidatable
        when: required > equity
    ```

    Fix: give it a `when`, or move it to the end.
    """
    return Diagnostic(f"`{name}` always holds, so those below it never do", place, "no `when`",
                      help="give it a `when`, or move it to the end")  # fmt: skip


@code("MC272")
def unknown_format(place: Span, text: str) -> Diagnostic:
    """a format in a message that does not exist

    A message shows values in `{ }`, with a format behind a colon: `{ratio:.2%}` is a percentage with two places,
    `{money:,.2f}` groups digits by three, `{size:.4f}` has four places.

    ```yaml
    message: "margin ratio {margin_ratio:2%}"        # write: {margin_ratio:.2%}
    ```

    Fix: use one of these forms, or no format at all.
    """
    return Diagnostic(f"`{text}` is no format", place, "not a format", help="use `.2%`, `.4f` or `,.2f`")
