"""Findings about a rulebook's files and dates: what it extends, and its amendments."""

from __future__ import annotations

from ...program.codes import closest, code
from ...program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC180")
def no_such_parent(place: Span, text: str, siblings: list[str], verb: str = "extend") -> Diagnostic:
    """`extends` or `imports` names a file that is not there

    The file was moved, renamed or misspelt. Without it nothing is known about the rules that this file builds on, so
    nothing else is said about them. The path is relative to the file that says it.

    ```yaml
    extends: bse.yaml      # did you mean base.yaml?
    ```

    Fix: write the path of the file as seen from this one.
    """
    meant = closest(text, siblings)
    help_text = f"did you mean `{meant}`?" if meant else "the path is relative to this file"
    fixes = (Fix(place, meant),) if meant else ()
    return Diagnostic(
        f"there is no file `{_short(text)}` to {verb}",
        place,
        "no such file",
        help=help_text,
        fixes=fixes,
        hint=help_text.rstrip("?"),
    )


@code("MC181")
def outside_tree(place: Span, text: str) -> Diagnostic:
    """`extends` or `imports` leads outside the rule tree

    A rulebook reads files of its own tree only: the nearest folder above it that holds `marginc.toml`,
    `pyproject.toml` or `.git`, else its own folder. So a rule file that came from elsewhere cannot read other files,
    neither by `..`, nor by an absolute path, nor through a link.

    ```yaml
    extends: ../../etc/passwd
    ```

    Fix: copy the file into the tree, or put an empty `marginc.toml` into the folder that holds both.
    """
    return Diagnostic(
        f"`{_short(text)}` lies outside the rule tree", place, "not read",
        help="copy the file into the tree, or mark the tree's top folder with a `marginc.toml`",
    )  # fmt: skip


@code("MC182")
def extends_itself(place: Span, text: str, verb: str = "extend") -> Diagnostic:
    """a rulebook that extends or imports itself

    A chain of `extends` ends at a rulebook that extends nothing; this one comes back to a file it began with, so no
    file says what holds first.

    ```yaml
    # a.yaml                  # b.yaml
    extends: b.yaml           extends: a.yaml
    ```

    Fix: let one of the files extend nothing.
    """
    return Diagnostic(
        f"`{_short(text)}` {verb}s itself, directly or through others", place, "comes back here",
        help=f"let one of the files in the circle {verb} nothing",
    )  # fmt: skip


@code("MC183")
def chain_too_long(place: Span, limit: int) -> Diagnostic:
    """a chain of `extends` that is too long

    At most 16 files extend one another. A reader has to hold them all to know what holds, and so has a reviewer.

    ```yaml
    extends: v16.yaml         # which extends v15.yaml, which extends ...
    ```

    Fix: merge some of the files; a change with a date is an amendment, not a file.
    """
    return Diagnostic(
        f"more than {limit} rulebooks extend one another", place, "one too many", help="merge some of them"
    )


@code("MC184")
def bad_date(place: Span, message: str, help_text: str) -> Diagnostic:
    """a date that cannot be read

    Dates are written year first: `2026-08-17`, which is 00:00 UTC, or `2026-08-17T12:30Z`. Other orders would be read
    one way by some and another way by others, and a rule would take effect on the wrong day.

    ```yaml
    effective: 17.8.2026      # write: 2026-08-17
    effective: 2026-06-31     # June has 30 days
    ```

    Fix: write a day of the calendar, year first.
    """
    return Diagnostic(message, place, "not a date", help=help_text)


@code("MC185")
def same_instant(place: Span, first: Span) -> Diagnostic:
    """two amendments of one instant

    Which of the two would hold? Amendments are layers in the order of their dates, so no two share one.

    ```yaml
    amendments:
      - effective: 2026-08-17
        parameters: {liquidation_trigger: 95%}
      - effective: 2026-08-17          # merge it into the first, or give it a time: 2026-08-17T12:00Z
        parameters: {liquidation_trigger: 90%}
    ```
    """
    return Diagnostic(
        "two amendments take effect at the same instant", place, "the second",
        notes=(Note(first, "the first"),), help="merge them, or give one a time: `2026-08-17T12:00Z`",
    )  # fmt: skip


@code("MC186", severity="warning")
def schema_is_stale(place: Span, name: str, exists: bool) -> Diagnostic:
    """a schema that is not that of its rulebook

    Editors complete and check names with the JSON Schema beside a rulebook. It was written before a name, a type, a
    default or an `about` of the rulebook or of what it extends changed, so an editor offers names that are gone and
    underlines names that are right. Changed values do not make it stale.

    ```yaml
    # yaml-language-server: $schema=./house.schema.json      # has `ltv`; the model says `loan_to_value` now
    ```

    Fix: `marginc schema --write RULEBOOK`, and commit the file. A rulebook without the comment and without
    NAME.schema.json beside it has no schema, and none can be stale.
    """
    told = "is not that of this rulebook any more" if exists else "is not there"
    return Diagnostic(f"the schema `{_short(name)}` {told}", place, "names this schema" if not exists else "",
                      help="write it anew with `marginc schema --write` and this rulebook",
                      hint="`marginc schema --write`")  # fmt: skip


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
