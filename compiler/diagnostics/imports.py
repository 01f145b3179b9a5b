"""Findings about imports: the prefix they stand under, and how many files there are."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Note, Span


@code("MC370")
def no_prefix(place: Span, text: str) -> Diagnostic:
    """an import without a plain name before it

    Everything of an imported rulebook is read behind its prefix, `options.black76(...)`, so the prefix is a name:
    letters, digits and `_`, not beginning with a digit.

    ```yaml
    imports:
      black-76: ../lib/options.yaml          # reads as black minus 76
      options: ../lib/options.yaml
    ```

    Fix: write a name.
    """
    return Diagnostic(f"`{text[:80]}` is no prefix", place, "no plain name", help="letters, digits and `_`: `options`")


@code("MC371")
def prefix_twice(place: Span, prefix: str, first: Span) -> Diagnostic:
    """one prefix for two files

    The rulebook, or one it extends, imports another file under this prefix. Which of them a name behind it means could
    not be told.

    ```yaml
    imports: {options: ../lib/options.yaml}     # base.yaml
    imports: {options: ../lib/exotic.yaml}      # extends base.yaml
    ```

    Fix: take another prefix.
    """
    return Diagnostic(f"`{prefix}` stands for another file already", place, "the second",
                      (Note(first, "the first"),), "take another prefix")  # fmt: skip


@code("MC372")
def too_many_files(place: Span, limit: int) -> Diagnostic:
    """a rulebook of too many files

    At most 64 files make one rulebook, with all they extend and import.

    ```yaml
    imports: {a: a.yaml, b: b.yaml}       # each of which imports two more, and so on
    ```

    Fix: import what is used; put what belongs together into one file.
    """
    return Diagnostic(f"more than {limit} files make this rulebook", place, "one too many", help="import less")


@code("MC373")
def prefix_taken(place: Span, prefix: str, what: str) -> Diagnostic:
    """a prefix that means something else

    `evm.price` would be the price of `evm`, or what the import calls `price`: so no kind, field, parameter, definition
    or function is called like a prefix.

    ```yaml
    imports: {asset: ../lib/assets.yaml}      # `asset` is a kind
    ```

    Fix: take another prefix.
    """
    return Diagnostic(f"`{prefix}` is {what} already", place, "taken", help="take another prefix")
