"""Findings about a rulebook's files and dates: what it extends, and its amendments."""

from __future__ import annotations

from ...program.codes import closest, code
from ...program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC180")
def no_such_parent(place: Span, text: str, siblings: list[str]) -> Diagnostic:
    """`extends` names a file that is not there

    The path is relative to the file that says it.

    ```yaml
    extends: bse.yaml      # did you mean base.yaml?
    ```
    """
    meant = closest(text, siblings)
    help_text = f"did you mean `{meant}`?" if meant else "the path is relative to this file"
    fixes = (Fix(place, meant),) if meant else ()
    return Diagnostic(f"there is no file `{text}` to extend", place, "no such file", help=help_text, fixes=fixes,
                      hint=help_text.rstrip("?"))  # fmt: skip


@code("MC181")
def outside_tree(place: Span, text: str) -> Diagnostic:
    """`extends` leads outside the rule tree

    A rulebook reads files of its own tree only: the nearest folder above it that holds `marginc.toml`,
    `pyproject.toml` or `.git`, else its own folder. So a rule file that came from elsewhere cannot read other files.
    """
    return Diagnostic(
        f"`{text}` lies outside the rule tree", place, "not read",
        help="copy the parent into the tree, or mark the tree's top folder with a `marginc.toml`",
    )  # fmt: skip


@code("MC182")
def extends_itself(place: Span, text: str) -> Diagnostic:
    """a rulebook that extends itself

    A chain of `extends` ends at a rulebook that extends nothing; this one comes back to a file it began with.
    """
    return Diagnostic(
        f"`{text}` extends itself, directly or through others", place, "comes back here",
        help="let one of the files in the circle extend nothing",
    )  # fmt: skip


@code("MC183")
def chain_too_long(place: Span, limit: int) -> Diagnostic:
    """a chain of `extends` that is too long

    At most 16 files; a reader has to hold them all.
    """
    return Diagnostic(f"more than {limit} rulebooks extend one another", place, "", help="merge some of them")


@code("MC184")
def bad_date(place: Span, message: str, help_text: str) -> Diagnostic:
    """a date that cannot be read

    Dates are `2026-08-17`, which is 00:00 UTC, or `2026-08-17T12:30Z`.
    """
    return Diagnostic(message, place, "", help=help_text)


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
