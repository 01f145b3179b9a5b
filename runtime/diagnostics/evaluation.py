"""Findings of an evaluation: why one account is in error. Each names definition, row and rule line."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Note, Span


@code("MC501")
def missing_observation(place: Span, reader: str, field: str, kind: str, row: str) -> Diagnostic:
    """a value the snapshot does not bring

    An observed field without a default has to be in the snapshot for every row that the rules ask for it.

    ```json
    {"assets": {"HYPE": {}}}            the price of HYPE is missing
    ```

    Only the accounts that need the value are in error; the others are evaluated.
    """
    return Diagnostic(f"{reader} needs `{field}` of {_row(kind, row)}, and the snapshot does not bring it", place,
                      "read here", help=f"add `{field}` to {_row(kind, row)} in the snapshot")  # fmt: skip


@code("MC502")
def missing_parameter(
    place: Span, reader: str, field: str, kind: str, row: str, first: str, listed: bool, note: Span | None
) -> Diagnostic:
    """a parameter without a value

    Before a value's first amendment it is as if unwritten: the declared default, or this error. The same goes for a
    row that only the snapshot brings: what the rules decide of it has its default, or no value.

    ```json
    {"assets": {"DOGE": {"price": "0.08"}}}      not listed under `parameters:`, so it has no ltv
    ```

    Fix: list the row with its value, declare a default, or, where the value is dated, evaluate at a later date.
    """
    of_row = f" of {_row(kind, row)}" if row else ""
    if first:
        why = f"which has no value on this date; its first amendment takes effect on {first}"
        way_out = "evaluate at a later date, write a value without a date, or declare a default"
    elif listed:
        why, way_out = "which the rulebook gives no value", f"write `{field}` under `parameters:`, or declare a default"
    else:
        why = "which the rulebook does not list"
        way_out = f"list `{row}` under `parameters:` with its `{field}`, or declare a default"
    return Diagnostic(
        f"{reader} needs `{field}`{of_row}, {why}", place, "read here",
        notes=(Note(note, "declared here"),) if note is not None else (), help=way_out,
    )  # fmt: skip


@code("MC503")
def unknown_row(place: Span, reader: str, kind: str, key: str) -> Diagnostic:
    """a row that neither the rules nor the snapshot have

    A reference names a row by its key, and nothing is known of that row: no parameter, no observation. It does not
    count as a row of defaults, for a misspelt key would then be worth nothing without a word.

    Example: `asset("HYPE").price`, or a balance in `HYPE`, where `assets` of the snapshot has no `HYPE`.

    Fix: add the row to the snapshot, with what it observes, or correct the key.
    """
    return Diagnostic(f"{reader} needs {_row(kind, key)}, which neither the rules nor the snapshot have", place,
                      "read here", help=f"add `{key}` to the snapshot, with what it observes")  # fmt: skip


@code("MC504")
def division_by_zero(place: Span, reader: str) -> Diagnostic:
    """a division by zero

    Guard the divisor where it can be zero. Comparing products instead of quotients needs no guard:

    ```yaml
    when: required / backing > 95%        # in error for the worst account of all
    when: required > 95% * backing
    ```
    """
    return Diagnostic(f"{reader} divides by zero", place, "zero here",
                      help="guard it: `if x == 0 then ... else y / x`, or compare products")  # fmt: skip


@code("MC505")
def contract_broken(place: Span, reader: str, contract: str, value: str) -> Diagnostic:
    """a value outside what its section allows

    Haircuts lie between 0 % and 100 %; borrow caps, initial and maintenance margin are not negative. A value outside
    would turn a requirement into a gift.
    """
    allowed = "between 0% and 100%" if contract == "share" else "not negative"
    return Diagnostic(f"{reader} is {value}, and its section wants it {allowed}", place, value,
                      help="correct the parameter or observation it comes from, or bound it with `clamp`")  # fmt: skip


@code("MC506")
def outside_domain(place: Span, reader: str, why: str) -> Diagnostic:
    """an argument outside a function's domain

    A square root below 0 and a logarithm of 0 or less have no value, so the account has none either.

    Example: `sqrt(variance)`, where rounded prices left a variance of -0.000001.

    Fix: bound the argument where the rules mean it to be bounded: `sqrt(max(0, variance))`.
    """
    return Diagnostic(
        f"{reader} cannot be computed: {why}", place, "", help="bound the argument, for example with `max`"
    )


@code("MC507")
def too_large(place: Span, reader: str) -> Diagnostic:
    """a value of 1e100 or more

    No amount of money is that large: a price or a quantity is wrong, mostly by its unit. The limit keeps the numbers of
    one account from taking the time of all others.

    Example: a quantity given in the token's smallest unit, 10^18 to one, and multiplied several times.

    Fix: correct the snapshot; the message names the definition in which the value grew.
    """
    return Diagnostic(f"{reader} is beyond 1e100", place, "", help="check the quantities and prices it multiplies")


@code("MC508")
def too_many_rows(place: Span, reader: str, limit: int) -> Diagnostic:
    """an account whose aggregations visit too many rows

    Aggregations nested over an account's rows multiply; the limit keeps one account from stopping a book.
    """
    return Diagnostic(
        f"{reader} visits more than {limit:,} rows", place, "", help="aggregate in steps, with definitions"
    )


@code("MC509")
def below_table(place: Span, reader: str, table: str, value: str, begin: str) -> Diagnostic:
    """a value below a table's first row

    A range table begins at the `from` of its first row; below, no row counts.

    ```yaml
    tiers: [{from: 100, rate: 1%}]        # and for 50?
    ```

    Fix: let the table begin lower, mostly at 0, or bound the number with `max`.
    """
    return Diagnostic(f"{reader} looks up {value} in `{table}`, which begins at {begin}", place, "no range here",
                      help="let the table begin lower, or bound the number with `max`")  # fmt: skip


@code("MC521")
def beyond_table(place: Span, reader: str, table: str, value: str, end: str) -> Diagnostic:
    """a value beyond a table's last range

    A table with `beyond: error` ends where its last range does. A number above it is outside of what the rules decide.

    ```yaml
    curve: { by: ratio, columns: { rate: ratio }, beyond: error }
    curve: [{from: 0, to: 100%, rate: 2%}]            # a utilization of 101% is a mistake somewhere
    ```

    The end itself belongs to the last range only with `closed: upper`; in `slices` it always does.

    Fix: correct the number, bound it with `min`, or add a range.
    """
    return Diagnostic(f"{reader} looks up {value} in `{table}`, which ends at {end}", place, "beyond the last range",
                      help="correct the number, bound it with `min`, or give the table one more range")  # fmt: skip


@code("MC522")
def absent_row(place: Span, reader: str, table: str, keys: str) -> Diagnostic:
    """a look-up by keys that no row of the table has

    A table by exact keys answers for the rows it lists. What an absent row means is for the rules to say.

    ```yaml
    gamma: { by: [bucket, bucket], value: ratio }                  # an absent pair is an error of the account
    gamma: { by: [bucket, bucket], value: ratio, missing: 0% }     # an absent pair is 0%
    emodes: { by: emode, columns: { ltv: ratio }, missing: none }  # an absent row is none
    ```

    Fix: add the row, or say with `missing:` what an absent one gives.
    """
    return Diagnostic(f"{reader} looks up `{keys}` in `{table}`, which has no such row", place, "no row",
                      help="add the row, or declare with `missing:` what an absent one gives")  # fmt: skip


@code("MC510")
def inconsistent_program(place: Span, account: str) -> Diagnostic:
    """a program whose operations do not fit together

    Programs made by `marginc build` always fit; this artifact was made or changed by something else.
    """
    return Diagnostic(
        f"the program cannot be evaluated for `{account}`", place, "", help="build it again from its rulebook"
    )


@code("MC511")
def missing_cell(place: Span, reader: str, field: str, kind: str, row: str, at: str, cell: str) -> Diagnostic:
    """a vector without a number for one of the rows it is by

    `risk_array: USD by scenario` has one number for each row of `scenarios`; none is filled in.

    ```json
    {"contracts": {"ES": {"risk_array": {"1": "0", "2": "-500"}}}}
    ```

    Add the missing number to the snapshot.
    """
    return Diagnostic(f"{reader} needs `{field}` of {_row(kind, row)} for {at} `{cell}`, and it is not there", place,
                      "read here", help=f"add `{cell}` to `{field}` of {_row(kind, row)}")  # fmt: skip


@code("MC525")
def too_deep(place: Span, reader: str) -> Diagnostic:
    """a value of operations that nest too deep

    Definitions that need one another may form chains of any length; the operations of one definition may not nest
    without bound. The compiler refuses expressions long before, so this program was made by something else.
    """
    return Diagnostic(
        f"{reader} nests its operations too deep to be computed", place, "",
        help="build the program again from its rulebook, or split the expression into definitions",
    )  # fmt: skip


@code("MC526")
def endless(place: Span, reader: str) -> Diagnostic:
    """a value that needs itself

    The compiler proves that recursion through `previous` ends, so this program was made or changed by something else.
    """
    return Diagnostic(
        f"{reader} needs itself, without end", place, "", help="build the program again from its rulebook"
    )


def _row(kind: str, key: str) -> str:
    if key.startswith("#"):  # a row that nothing tells apart
        return f"{kind} {key[1:]}"
    return f"{kind} `{key}`" if kind != "account" else "the account"
