"""Findings about the rows of a table as parameters write them."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC327")
def rows_by_key(place: Span, name: str, key: str) -> Diagnostic:
    """a table by exact keys that is no block of rows

    Rows of a table by a kind, by labels or by truths stand under their keys, one block in another for several.

    ```yaml
    legs: [{tier: T1, sign: 1}]
    legs: { T1: {sign: 1}, T2: {sign: -1} }
    gamma: { 1: {2: 18%, 3: 19%}, 2: {3: 22%} }
    ```

    Fix: write each row under its key.
    """
    return Diagnostic(
        f"the rows of `{name}` stand under their {key}",
        place,
        "not a block of rows",
        help=f"write `{{ {key.upper()}: ... }}`, a row under each {key}",
    )


@code("MC328")
def gap(place: Span, low: str, high: str, before: Span, fixes: tuple[Fix, ...]) -> Diagnostic:
    """a gap between two ranges of a table

    A range ends where the next begins. A `to:` is there for people, and is held against the next `from:`; between the
    two no row would count.

    ```yaml
    tiers: [{from: 0, to: 50_000, rate: 1%}, {from: 60_000, rate: 2%}]
    ```

    Fix: correct one of the two bounds, or leave `to:` out.
    """
    return Diagnostic(
        f"no range covers {low} to {high}",
        place,
        f"begins at {high}",
        (Note(before, f"the range before ends at {low}"),),
        "let the range before end where this one begins, or leave its `to:` out",
        fixes,
    )


@code("MC329")
def overlap(place: Span, low: str, high: str, before: Span, fixes: tuple[Fix, ...]) -> Diagnostic:
    """two ranges of a table that overlap

    A range ends where the next begins. A `to:` above the next `from:` would let two rows count.

    ```yaml
    tiers: [{from: 0, to: 60_000, rate: 1%}, {from: 50_000, rate: 2%}]
    ```

    Fix: correct one of the two bounds, or leave `to:` out.
    """
    return Diagnostic(
        f"two ranges cover {low} to {high}",
        place,
        f"begins at {low}",
        (Note(before, f"the range before ends at {high}"),),
        "let the range before end where this one begins, or leave its `to:` out",
        fixes,
    )


@code("MC330")
def empty_range(place: Span, low: str, high: str) -> Diagnostic:
    """a range that ends where it begins, or before

    ```yaml
    tiers: [{from: 0, to: 50_000, rate: 1%}, {from: 50_000, to: 5_000, rate: 2%}]
    ```

    Nothing could ever fall into such a range; often a zero is missing.

    Fix: correct `from:` or `to:`.
    """
    return Diagnostic(
        f"this range goes from {low} to {high}", place, "ends no later than it begins", help="correct `from:` or `to:`"
    )


@code("MC331")
def no_end(place: Span) -> Diagnostic:
    """a table whose last range has no end, and should

    `beyond: error` says that a number above the last range is an error. Then that range says where it ends.

    ```yaml
    tiers: { by: ratio, columns: { rate: ratio }, beyond: error }
    tiers: [{from: 0, rate: 1%}, {from: 80%, rate: 9%}]                # up to where?
    tiers: [{from: 0, rate: 1%}, {from: 80%, to: 100%, rate: 9%}]
    ```

    Fix: add `to:` to the last row.
    """
    return Diagnostic(
        "the last range has no end, and its table says `beyond: error`",
        place,
        "up to where?",
        help="add `to:` to this row, or take `beyond: error` out of the declaration",
    )


@code("MC332")
def end_goes_on(place: Span, high: str) -> Diagnostic:
    """an end of the last range that nothing makes an end

    The last range of a table goes on without end, so a `to:` there would be read and not heeded, unless the table is
    declared with `beyond: error`.

    ```yaml
    tiers: { by: ratio, columns: { rate: ratio } }
    tiers: [{from: 0, rate: 1%}, {from: 80%, to: 100%, rate: 9%}]      # and 101%?
    ```

    Fix: declare the table with `beyond: error`, or leave the last `to:` out.
    """
    return Diagnostic(
        f"the last range would go on beyond its end {high}",
        place,
        "the last row",
        help="declare the table with `beyond: error`, or leave this `to:` out",
    )


@code("MC333")
def orders_differ(place: Span, keys: str, value: str, before: Span, other: str) -> Diagnostic:
    """a symmetric table that says two things of one pair

    In a symmetric table one row answers for both orders of its keys. Giving both is fine where they agree.

    ```yaml
    gamma: { 1: {2: 18%}, 2: {1: 19%} }        # symmetric: true
    ```

    Fix: give the pair once.
    """
    return Diagnostic(
        f"{keys} is {value} here and {other} in the other order",
        place,
        value,
        (Note(before, f"the same pair is {other} here"),),
        "a symmetric table has one value for a pair: give it once",
    )


@code("MC334")
def on_the_diagonal(place: Span, key: str) -> Diagnostic:
    """a row with equal keys in a table that declares its diagonal

    ```yaml
    gamma: { by: [bucket, bucket], value: ratio, symmetric: true, diagonal: 100% }
    gamma: { 1: {1: 50%, 2: 18%} }             # 100% or 50%?
    ```

    `diagonal` answers for all equal keys, and the row would never be read.

    Fix: take the row out, or `diagonal` out of the declaration.
    """
    return Diagnostic(
        f"the row of `{key}` with itself is never read",
        place,
        "its diagonal is declared",
        help="take this row out, or `diagonal:` out of the table's declaration",
    )


@code("MC335", "warning")
def turns_back(place: Span, column: str, label: str, notes: tuple[Note, ...], direction: str) -> Diagnostic:
    """a column that rises and then falls, or the reverse

    Rates by size mostly go one way: up for margins, down for leverage. One that turns back is often a digit too many or
    two rows exchanged. Nothing is wrong where the venue publishes it so.

    ```yaml
    tiers: [{from: 0, rate: 1%}, {from: 5_000, rate: 20%}, {from: 50_000, rate: 5%}]      # 2%?
    ```

    Fix: compare these rows with the venue's table.
    """
    return Diagnostic(
        f"the column `{column}` {direction}",
        place,
        label,
        notes,
        "compare these rows with the published table; nothing is wrong where they say so",
    )
