"""Findings about tables: how they are declared, and how they are read."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Note, Span


@code("MC320")
def column_type(place: Span, column: str, type_: str) -> Diagnostic:
    """a column of a table that holds more than one value

    A cell is a number, a label, a date, true or false, or a row of a kind that all accounts share.

    ```yaml
    tiers: { by: USDC, columns: { losses: USD by scenario } }
    tiers: { by: USDC, columns: { loss: USD } }
    ```

    Fix: give the cell one value; what there is one of for each row of a kind makes that kind one more key.
    """
    return Diagnostic(
        f"the column `{column}` cannot be {type_}",
        place,
        "not one value",
        help="a cell is a number, a label, a date, a truth, or a row of a kind all accounts share",
    )


@code("MC321")
def number_stands_last(place: Span, type_: str) -> Diagnostic:
    """a number among a table's keys that is not the last

    A number finds the range it falls in, and ranges are listed under the keys before them: a table has one number at
    most, and it is the last of its keys.

    ```yaml
    rates: { by: [USDC, market], columns: { rate: ratio } }
    rates: { by: [market, USDC], columns: { rate: ratio } }
    ```

    Fix: put the number last.
    """
    return Diagnostic(
        f"the number `{type_}` is not the last of the table's keys",
        place,
        "a range",
        help="put it last: a range is found behind the keys that are exact",
    )


@code("MC322")
def idle_option(place: Span, option: str, why: str, way_out: str) -> Diagnostic:
    """an option that means nothing for this table

    `closed` and `beyond` say where ranges end, so the table needs a number among its keys. `missing` says what a
    look-up by exact keys gives that no row has, so it needs such a key; a value is for single ones.
    `diagonal` is the one value of equal keys.

    ```yaml
    weights: { by: bucket, value: ratio, closed: upper }       # there are no ranges
    legs: { by: tier, columns: { sign: ratio }, missing: 0 }    # 0 for which column?
    ```

    Fix: leave the option out, or give the table what it is about.
    """
    return Diagnostic(f"`{option}` means nothing here: {why}", place, "", help=way_out)


@code("MC323")
def not_mirrored(place: Span, option: str) -> Diagnostic:
    """a symmetric table that is not by two keys of one kind

    `symmetric: true` lets one row answer for both orders of its keys, and `diagonal` answers for equal keys. Both need
    exactly two keys that can change places.

    ```yaml
    gamma: { by: [bucket, issuer], value: ratio, symmetric: true }
    gamma: { by: [bucket, bucket], value: ratio, symmetric: true, diagonal: 100% }
    ```

    Fix: give the table two exact keys of one kind, or leave the option out.
    """
    return Diagnostic(
        f"`{option}` needs exactly two keys of one kind",
        place,
        "",
        help="write `by: [KIND, KIND]` with one kind twice, or leave it out",
    )


@code("MC324")
def column_taken(place: Span, name: str, what: str, of: str = "column") -> Diagnostic:
    """a column called like a key of its table, or like the end of a range

    A row of a table gives its keys and its columns by name: `l.tier`, `l.sign`. The ends of a range are `from` and
    `to`, and `slices` adds `width`; a column of such a name could not be read.

    ```yaml
    legs: { by: tier, columns: { tier: ratio } }
    legs: { by: tier, columns: { ratio: ratio } }
    ```

    Fix: call one of them otherwise; a key is named in the long form, `by: { of: tier }`.
    """
    return Diagnostic(
        f"the {of} `{name}` has the name of {what}",
        place,
        "named twice",
        help="call the column otherwise, or name the key: `by: { NAME: TYPE }`",
    )


@code("MC325")
def keys_without_names(place: Span, name: str) -> Diagnostic:
    """a key read by a name that two keys of the table have

    A key goes by the name of its kind. A look-up finds its row by the order of the keys, but to read them from a row
    they need names of their own.

    ```yaml
    gamma: { by: [bucket, bucket], value: ratio }                      # row.bucket: which of them?
    gamma: { by: { one: bucket, other: bucket }, value: ratio }        # row.one, row.other
    ```

    Fix: name the keys.
    """
    return Diagnostic(
        f"two keys of this table are called `{name}`",
        place,
        "which of them?",
        help="name the keys where the table is declared: `by: { one: KIND, other: KIND }`",
    )


@code("MC326")
def too_many_keys(place: Span, number: int, most: int) -> Diagnostic:
    """a table by no key at all, or by too many

    ```yaml
    rates: { by: [market, side, tier, venue, USDC], value: ratio }
    ```

    A table that hardly any two people can read aloud is better made of two.

    Fix: name one to four keys.
    """
    return Diagnostic(
        f"a table has 1 to {most} keys, and this one {number}",
        place,
        "",
        help="let a kind or a second table take some of them",
    )


@code("MC336")
def key_count(place: Span, text: str, given: int, names: list[str]) -> Diagnostic:
    """a look-up with too few or too many keys

    A table is looked up by all of its keys, in the order of its declaration.

    ```yaml
    gamma: { by: [bucket, bucket], value: ratio }
    rho: gamma(a.bucket)                   # and the other?
    rho: gamma(a.bucket, b.bucket)
    ```

    Fix: give one value for each key.
    """
    keys = "key" if len(names) == 1 else "keys"
    return Diagnostic(
        f"`{text}` is looked up by {len(names)} {keys}, not {given}",
        place,
        "",
        help=f"write `{text}({', '.join(names)})`",
    )


@code("MC337")
def key_differs(place: Span, table: str, name: str, wanted: str, given: str) -> Diagnostic:
    """a look-up by a value that is no key of the table

    ```yaml
    legs: { by: tier, columns: { sign: ratio } }
    sign: legs(position.contract).sign             # a contract is no tier
    sign: legs(position.contract.tier).sign
    ```

    Fix: give a row of the kind, a label or a truth, as the table declares its key.
    """
    return Diagnostic(
        f"the key `{name}` of `{table}` is {wanted}, not {given}", place, given, help=f"give {wanted} here"
    )


@code("MC338")
def ranges_wanted(place: Span, name: str, text: str, keys: str) -> Diagnostic:
    """`slices` or `bracket` of a table that is not of ranges alone

    `slices` and `bracket` find ranges of a number. A table with other keys is called, with all of them.

    ```yaml
    rates: { by: [market, USDC], columns: { rate: ratio } }
    rate: bracket(rates, notional).rate            # of which market?
    rate: rates(market, notional).rate
    ```

    Fix: look the row up by all of its keys.
    """
    return Diagnostic(
        f"`{name}` takes a table by one number, and `{text}` is by {keys}",
        place,
        f"by {keys}",
        help=f"look its rows up by all keys: `{text}({keys})`",
    )


@code("MC339", "warning")
def jumps(place: Span, sentence: str, label: str, notes: tuple[Note, ...], parts: str) -> Diagnostic:
    """an amount at the rate of the range it falls in, which jumps where the next range begins

    Read through `bracket`, the whole amount is charged at one rate. A position that grows by one cent past a bound then
    needs more all at once; few venues mean that. `slices` charges each part at the rate of its range. What they publish
    as a maintenance deduction makes up for the difference; it follows from the ranges and is never typed.

    ```yaml
    tiers: [{from: 0, rate: 1%}, {from: 10_000, rate: 2%}]
    margin: notional * bracket(tiers, notional).rate                    # 100 USDC at 9,999.99, 200 at 10,000
    margin: sum(s.width * s.rate for s in slices(tiers, notional))      # 100 at both
    ```

    Fix: use `slices`, unless the rules do mean the whole amount.
    """
    return Diagnostic(
        sentence,
        place,
        label,
        notes,
        f"{parts} charges each part at its own rate; nothing is wrong where the rules mean it",
    )
