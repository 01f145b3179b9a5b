"""Findings about decision tables: what no case takes, what never decides, what is decided twice."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Note, Span


@code("MC340")
def gap(place: Span, name: str, example: str) -> Diagnostic:
    """cases that leave something undecided

    Without an `else`, the conditions of `cases:` have to cover every input. The message names an input that none takes.

    ```yaml
    rate:
      cases:
        - when: utilization < 80%
          then: 5%
        - when: utilization > 80%       # and at 80%?
          then: 20%
    ```

    Fix: widen a condition (`>= 80%`), add a case, or end the list with `- else: EXPRESSION`.
    """
    where = f"`{example}`" if example else "any input"
    return Diagnostic(f"no case of `{name}` takes {where}", place, "not decided there",
                      help="widen a condition, add a case for it, or end with `- else: EXPRESSION`")  # fmt: skip


@code("MC341")
def not_provable(place: Span, name: str, example: str, opaque: Span | None) -> Diagnostic:
    """cases that may leave something undecided

    Conditions are proved to cover everything where they compare sums of values with one another, labels, truths and
    `none`. A product or a root of values is taken as a value of its own, about which nothing is known, and very long
    tables are not looked through.

    ```yaml
    kind:
      cases:
        - when: spread ^ 2 >= 0          # always so, but not for the compiler
          then: 1
    ```

    Fix: end the list with `- else: EXPRESSION`.
    """
    notes = (Note(opaque, "taken as a value of its own"),) if opaque is not None else ()
    left = f"; nothing is said where `{example}`" if example else ""
    return Diagnostic(f"it cannot be shown that the cases of `{name}` cover everything{left}", place, "not provable",
                      notes, "end with `- else: EXPRESSION`")  # fmt: skip


@code("MC342", severity="warning")
def dead_row(place: Span, takers: list[Span], count: int) -> Diagnostic:
    """a case that never decides

    The first case that holds decides. Wherever this one holds, one above it holds too, so its value is never used.

    ```yaml
    cases:
      - when: size > 10
        then: 5%
      - when: size > 20                  # 20 is above 10
        then: 10%
    ```

    Fix: put the narrower condition first, or delete the case.
    """
    notes = tuple(Note(taker, "takes its inputs" if count == 1 else "takes some of its inputs") for taker in takers)
    return Diagnostic("this case never decides: the cases above take all its inputs", place, "never reached", notes,
                      "move it above them, or delete it")  # fmt: skip


@code("MC343", severity="warning")
def never_holds(place: Span, text: str) -> Diagnostic:
    """a condition that contradicts itself

    No input makes it true, so its case never decides.

    ```yaml
    - when: size > 10 and size < 5
      then: 5%
    ```

    Fix: correct a bound or an `and` that should be an `or`, or delete the case.
    """
    return Diagnostic(f"`{text}` never holds", place, "contradicts itself",
                      help="correct a bound, or an `and` that should be an `or`")  # fmt: skip


@code("MC344", severity="warning")
def dead_else(place: Span) -> Diagnostic:
    """an `else` that is never reached

    The cases above cover every input. Such an `else` does no harm today, and hides the gap that a later change leaves.

    ```yaml
    cases:
      - when: side == "buy"
        then: 1
      - when: side == "sell"             # the only other side
        then: -1
      - else: 0
    ```

    Fix: delete the `else`; the compiler then tells when the cases no longer cover everything.
    """
    return Diagnostic("this `else` is never reached: the cases above cover everything", place, "never reached",
                      help="delete the `else`; a gap that a later change leaves is then found")  # fmt: skip


@code("MC345")
def overlap(place: Span, earlier: Span, example: str, unsure: bool) -> Diagnostic:
    """two cases that hold together in a table of unique cases

    `unique: true` promises that no input is taken by two cases, so that their order does not matter. The message names
    an input that both take.

    ```yaml
    tier:
      unique: true
      cases:
        - when: size <= 10
          then: 1
        - when: size >= 10               # 10 is both
          then: 2
    ```

    Fix: make one of the conditions narrower, or delete `unique: true` and let the first that holds decide.
    """
    where = f"`{example}`" if example else "any input"
    message = f"nothing keeps two cases from holding at {where}" if unsure else f"two cases hold at {where}"
    return Diagnostic(message, place, "holds there", (Note(earlier, "holds there too"),),
                      "make one of them narrower, or delete `unique: true` and let the first decide")  # fmt: skip


@code("MC346")
def overlap_not_decided(place: Span, name: str) -> Diagnostic:
    """a table too long to be shown unique

    Whether two cases can hold together is worked out exactly, within limits that no table written by a person reaches.

    Example: a hundred cases of twenty alternatives each, with `unique: true`.

    Fix: split the table into definitions, or delete `unique: true` and let the first that holds decide.
    """
    return Diagnostic(f"the cases of `{name}` are too many to show that no two hold together", place, "not decided",
                      help="split it, or delete `unique: true` and let the first case decide")  # fmt: skip


@code("MC347")
def too_many_cases(place: Span, name: str, count: int, limit: int) -> Diagnostic:
    """a definition with too many cases

    At most 200 cases decide one value. More of them are data, and data is shorter and easier to compare as a table.

    ```yaml
    model:
      markets:
        each: market
        parameters:
          tiers: { by: USDC, columns: { rate: ratio } }
    ```

    Fix: look the value up in a table, or split the definition.
    """
    return Diagnostic(f"`{name}` has {count:,} cases, more than {limit}", place, "too many",
                      help="look the value up in a table, or split the definition")  # fmt: skip
