"""Findings about rules that are right and could be better: style, sources, things that do nothing."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC801", "warning")
def left_alone(place: Span) -> Diagnostic:
    """a file that `fmt` leaves alone

    YAML can be written in more ways than rulebooks are. Where `fmt` meets one it does not know, like a key behind `?`,
    or where what it would write could be read otherwise, it changes nothing.

    ```yaml
    formulas:
      ? account
      : margin: 1 USDC
    ```

    Fix: write plain `key: value`.
    """
    return Diagnostic(
        "`fmt` does not know this way of writing YAML and leaves the file alone",
        place,
        "from here on",
        help="write plain `key: value` lines",
    )


@code("MC802", "warning")
def without_source(place: Span, what: str, names: list[str], way_out: str) -> Diagnostic:
    """a number that nobody can look up

    A parameter is what a venue or an authority decided. Whoever reviews the rules, or argues about a liquidation years
    later, has to find where it was said. The values of an amendment need the amendment's `source:`, the ones without a
    date that of their file; a value in the long form may have its own.

    ```yaml
    amendments:
      - effective: 2026-08-17
        source: https://t.me/s/hyperliquid_announcements/575
        parameters: { assets: { HYPE: { ltv: 65% } } }
    ```

    Fix: write the address of the announcement, or the title and section of the document.
    """
    first, others = names[0], len(names) - 1
    told = f"`{first}`" + (f" and {others} more" if others else "")
    return Diagnostic(
        f"{what} {'set' if others else 'sets'} {told} without a source", place, "no `source:`", help=way_out
    )


@code("MC803", "warning")
def repeats_parameter(place: Span, text: str, name: str, declared: Span, value: str) -> Diagnostic:
    """a number in an expression that a parameter has too

    When the venue changes the value, somebody edits the parameter, and the copy in the expression stays behind.
    Whole numbers up to ten and powers of ten are not looked at: they count things.

    ```yaml
    parameters:
      liquidation_trigger: 95%
    status:
      - is: liquidatable
        when: required > 95% * backing                    # the same 95 %?
        when: required > liquidation_trigger * backing
    ```

    Fix: write the parameter's name. If the two are equal by chance, say so: `# marginc: allow MC803 WHY`.
    """
    return Diagnostic(
        f"`{text}` is also the value of the parameter `{name}`",
        place,
        "a copy",
        (Note(declared, f"{value} here"),),
        f"write `{name}`; if they are equal by chance, add `# marginc: allow MC803 WHY`",
    )


@code("MC804", "warning")
def out_of_order(place: Span, key: str, before: str, other: Span, fixes: tuple[Fix, ...]) -> Diagnostic:
    """sections in an order that readers do not expect

    Every rulebook reads from the same beginning: what it is; `model` and `functions`; `parameters`; `amendments` and
    the rules, in the order that explains them best; `status`; `outputs`.

    ```yaml
    outputs: [margin_ratio]
    parameters: { liquidation_trigger: 95% }      # belongs above
    ```

    Fix: move the section; `marginc lint --fix` does, with the comments above it.
    """
    return Diagnostic(
        f"the section `{key}` stands behind `{before}`",
        place,
        f"belongs before `{before}`",
        (Note(other, f"`{before}` begins here"),),
        "move it up; `marginc lint --fix` does",
        fixes,
    )


@code("MC805", "warning")
def tier_leaps(place: Span, column: str, text: str, before: str, times: str, other: Span) -> Diagnostic:
    """a tier that is many times its neighbour

    Tiers climb in steps. One that is more than five times the tier beside it is mostly a slipped decimal point, and the
    largest positions are the ones that pay for it. Amounts that jump at a bound, whatever the step, are `MC339`.

    ```yaml
    tiers: [{ from: 0, rate: 1% }, { from: 100_000, rate: 25% }, { from: 500_000, rate: 5% }]      # 2.5%?
    ```

    Fix: look the number up; where it is right, say so: `# marginc: allow MC805 WHY`.
    """
    return Diagnostic(
        f"`{column}` goes from {before} to {text} at one bound, {times} times",
        place,
        f"{times} times its neighbour",
        (Note(other, f"{before} here"),),
        "look the number up; if it is right, add `# marginc: allow MC805 WHY`",
    )


@code("MC806", "warning")
def changes_nothing(place: Span, date: str) -> Diagnostic:
    """an amendment after which everything is as before

    Each of its values held already, and still would without it. Mostly a value was mistyped, or stands under the wrong
    date.

    ```yaml
    parameters: { liquidation_trigger: 95% }
    amendments:
      - effective: 2026-08-17
        parameters: { liquidation_trigger: 95% }      # 92%?
    ```

    Fix: correct the value, or leave the amendment out.
    """
    return Diagnostic(
        f"the amendment of {date} changes nothing",
        place,
        "every value held before",
        help="correct what it says, or leave it out",
    )


@code("MC807", "warning")
def unreached(place: Span, name: str, scope: str) -> Diagnostic:
    """a definition that decides nothing

    No output, check, status, message or key of a group needs it, so no evaluation ever computes it. It may be a
    leftover, or a rule that somebody believes to be in force. Nothing is looked at in a rulebook that is made to be
    extended: one without `status` and `outputs`, or with definitions left to a child.

    ```yaml
    formulas:
      account:
        margin: 10% * notional
        old_margin: 5% * notional
    outputs: [margin]
    ```

    Fix: use it, list it under `outputs`, or delete it. One that only `explain` and cases read: `# marginc: allow MC807
    WHY`.
    """
    return Diagnostic(
        f"nothing needs `{name}` of {scope}",
        place,
        "reached by no output, check or status",
        help="list it under `outputs`, or delete it; for one kept to be explained, add `# marginc: allow MC807 WHY`",
    )


@code("MC808", "warning")
def allows_nothing(place: Span, number: str, fixes: tuple[Fix, ...]) -> Diagnostic:
    """a suppression that suppresses nothing

    What it allowed is gone, or stands on another line. Left there, it would hide the next finding of that code.

    ```yaml
    liquidation_trigger: 95%      # marginc: allow MC805 as announced
    ```

    Fix: delete the comment; `marginc lint --fix` does.
    """
    return Diagnostic(
        f"nothing here is found as {number}",
        place,
        "allows nothing",
        (),
        "delete the comment; `marginc lint --fix` does",
        fixes,
    )


@code("MC809", "warning")
def allows_without_reason(place: Span, number: str) -> Diagnostic:
    """a suppression without a reason

    Whoever reads it later has to know why the finding does not count, and when it would again. Without a reason it
    suppresses nothing.

    ```yaml
    kept: 2 * margin      # marginc: allow MC807
    kept: 2 * margin      # marginc: allow MC807 shown by `explain` in the monthly report
    ```

    Fix: write the reason behind the code.
    """
    return Diagnostic(
        f"this allows {number} and does not say why",
        place,
        "no reason",
        help=f"write `# marginc: allow {number} WHY`",
    )


@code("MC810", "warning")
def cannot_be_allowed(place: Span, number: str, error: bool) -> Diagnostic:
    """a suppression of something that cannot be suppressed

    Warnings and lints can be allowed, where they stand. An error means that the rules have no meaning yet, and a code
    that nothing has is mostly misspelt.

    ```yaml
    # marginc: allow MC203 we know
    margin: notionl * 10%
    ```

    Fix: mend the error, or correct the code.
    """
    if not number:
        message, help_ = "this allows nothing, as it names no code", "write `# marginc: allow CODE WHY`"
    elif error:
        message, help_ = (
            f"`{number}` is an error and cannot be allowed",
            f"mend it; `marginc explain {number}` says how",
        )
    else:
        message, help_ = f"no warning about rules has the code `{number}`", "write the code that the finding has"
    return Diagnostic(message, place, "allows nothing", help=help_)
