"""Findings about names: those that nothing could read, and those that nothing reads."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Fix, Span


@code("MC259")
def unreadable(place: Span, name: str, reserved: bool) -> Diagnostic:
    """a name that no expression could read

    Names of fields, definitions, functions and of the rows of a kind are letters, digits and `_`, not beginning with a
    digit, and no words of the language: an expression would read something else in their place.

    ```yaml
    formulas:
      account:
        net equity: cash - debt       # two names
        per: cash / 2                 # a word, as in `5% per year`
    ```

    Fix: write a name, `net_equity`.
    """
    what = "is a word of the language" if reserved else "is no name"
    help_text = "take another name" if reserved else "letters, digits and `_`, not beginning with a digit"
    return Diagnostic(f"`{name[:80]}` {what}", place, "no expression could read it", help=help_text)


@code("MC205", severity="warning")
def misspelt_parameter(place: Span, name: str, meant: str) -> Diagnostic:
    """a parameter that nothing reads, spelt like another

    A parameter of the rulebook's own needs no declaration, so a slip of the pen makes a new one, and the one that was
    meant keeps its value.

    ```yaml
    parameters:
      liquidation_triger: 85%         # liquidation_trigger stays what it was
    ```

    Fix: correct the name, or remove what nothing reads.
    """
    return Diagnostic(
        f"nothing reads the parameter `{name}`", place, "unread", help=f"did you mean `{meant}`?",
        fixes=(Fix(place, meant),),
    )  # fmt: skip
