"""Findings about books, MC421 to MC431: tables that cannot be read as accounts, and snapshots that cannot be packed."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Span
from .snapshot import quoted


@code("MC421")
def damaged(span: Span, reason: str) -> Diagnostic:
    """a book is damaged

    What the file says about itself does not fit together: rows of a collection that begin before the ones ahead of
    them end, a word that its dictionary does not have, text that goes on beyond its buffer. Some of it would be read
    from the wrong place, so nothing of it is believed.

    Example: the second half of a file that was copied while it was written.

    Fix: write the file again, or copy it again from where it came.
    """
    return Diagnostic(f"this book is damaged: {reason}", span, help="write it again, or copy it again")


@code("MC422")
def column_type(span: Span, what: str, found: str, expected: str, way_out: str = "") -> Diagnostic:
    """a column of a book has a type that its field does not take

    A number is its exact value: decimals and integers as they are, a float64 the shortest decimal that reads back as
    it. float32 and float16 have lost digits already, and a time without a zone is no instant, so they are refused
    rather than guessed at. Labels and references are text or a dictionary of text; a collection is a list of structs.

    Example: `price: float`, which is Arrow's 32 bits, where the model says `USDC/unit`.

    Fix: `table.set_column(i, "price", table["price"].cast(pa.decimal64(18, 8)))`, or float64 where the values were
    float64 before.
    """
    return Diagnostic(
        f"{what} is a column of `{found}`, but it takes {expected}", span, help=way_out or f"write {expected}"
    )


@code("MC423")
def column_repeated(span: Span, owner: str, name: str) -> Diagnostic:
    """a book has two columns of one name

    Which of the two would count depends on the program that reads the file, so neither does.

    Example: a join that left `amount` of both of its sides in the struct.

    Fix: drop or rename one of them.
    """
    return Diagnostic(f"{owner} has two columns {quoted(name)}", span, help="drop or rename one of the two")


@code("MC424")
def no_reference(span: Span, beside: str) -> Diagnostic:
    """a book comes without its instant and reference rows

    A book holds accounts. Prices, marks and the instant they were seen at are the same for all of them and are
    written once: in the file itself, as `marginc pack` does, or as a JSON snapshot without accounts beside it.

    Example: `book.parquet` from a query, and no `book.reference.json`.

    Fix: write `book.reference.json`: `{"as_of": "2026-09-08T04:25:36Z", "assets": {"HYPE": {"price": "84.114"}}}`, or
    name the file with `--reference FILE`.
    """
    return Diagnostic(
        "this book does not say its instant and its reference rows",
        span,
        help=f"write them as a snapshot without accounts to `{beside}`, or name a file with `--reference`",
    )


@code("MC425")
def reference_twice(span: Span, beside: str) -> Diagnostic:
    """a book has reference rows in itself and beside it

    Two sets of prices for one book: whichever counted, somebody would take it for the other.

    Example: a packed `book.arrow`, and an older `book.reference.json` in the same folder.

    Fix: delete or rename the file beside it; or say which one counts with `--reference FILE`.
    """
    return Diagnostic(
        f"this book carries its reference rows, and `{beside}` gives others",
        span,
        help="delete one of the two, or name the file that counts with `--reference`",
    )


@code("MC426")
def vector_length(span: Span, what: str, found: int, kind: str, rows: int) -> Diagnostic:
    """a vector does not have one value for each row of its kind

    `T by KIND` is a value for each row of the kind. Written as a list, the values are those of the kind's rows in the
    order of the rulebook, then of the reference rows; one too few and every value behind it is another row's.

    Example: `loss: [0, 120, -80]`, where there are four scenarios.

    Fix: write all values, null where one is missing; or a struct or map by the rows' keys.
    """
    return Diagnostic(
        f"{what} has {found:,} values for {rows:,} rows of `{kind}`",
        span,
        help="write one value for each row, or a struct or map by the rows' keys",
    )


@code("MC427")
def several_instants(span: Span, as_of: str, other: Span, other_as_of: str) -> Diagnostic:
    """snapshots of several instants cannot become one book

    A book has one instant and one set of reference rows: its accounts are judged by the same rules at the same prices.

    Example: `marginc pack rules.yaml monday.json tuesday.json -o book.arrow`.

    Fix: pack a book for each instant.
    """
    return Diagnostic(
        f"this snapshot is of {as_of}, and `{other.file}` of {other_as_of}", span, help="pack a book for each instant"
    )


@code("MC428")
def reference_differs(span: Span, other: Span, what: str) -> Diagnostic:
    """snapshots that disagree about a reference row cannot become one book

    Joined into one book, both snapshots' accounts would be judged at one of the two prices.

    Example: `a.json` has HYPE at 84.114 and `b.json` at 84.2, at the same instant.

    Fix: pack a book for each, or correct the row that is wrong.
    """
    return Diagnostic(
        f"{what} is not what it is in `{other.file}`", span, help="pack a book for each, or correct the row"
    )


@code("MC429")
def account_in_two(span: Span, account: str, first: str) -> Diagnostic:
    """two snapshots of one book share an account

    Each snapshot may name an account once, and a book is one snapshot: its money would count twice.

    Example: `marginc pack rules.yaml desk-a.ndjson desk-b.ndjson -o book.arrow`, where both have the account `fund`.

    Fix: delete the copy, or name sub-accounts apart (`fund/1`, `fund/2`).
    """
    return Diagnostic(
        f"account {quoted(account)} is in `{first}` too", span, help="delete the copy, or rename one of the two"
    )


@code("MC430")
def none_beside_default(span: Span, name: str, owner: str) -> Diagnostic:
    """a value is `none` where a book could only say "the default"

    In a book a null stands for the field's default, because a column has a place for every account. A field that has
    a default and may be `none` too needs a word for each of them, and a column has one.

    Example: `cap: USD | none = 100` in the model, and `"cap": null` in the snapshot.

    Fix: give the field the default `none` in the model, and write 100 where it is 100.
    """
    return Diagnostic(
        f"`{name}` of {owner} is `null`, which in a book would be the field's default",
        span,
        help="evaluate the snapshot as it is, or let the model's default be `none`",
    )


@code("MC431")
def left_out(span: Span, name: str, owner: str) -> Diagnostic:
    """a field is left out where a book could only say `none`

    A field that is left out, has no default and may be `none` is an error where the rules use it, because nobody said
    that there is none. In a book it would be a null, which says `none`.

    Example: `cap: USD | none` in the model, and a row without `cap`.

    Fix: write `"cap": null` where there is none, or give the field a default in the model.
    """
    return Diagnostic(
        f"{owner} has no `{name}`, which in a book would be `none`",
        span,
        help=f'write `"{name}": null` where there is none, or give the field a default',
    )
