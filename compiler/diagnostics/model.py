"""Findings about the model: kinds, fields, and their types."""

from __future__ import annotations

from ...program.codes import closest, code
from ...program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC201")
def unknown_type(place: Span, text: str, known: list[str]) -> Diagnostic:
    """an unknown type or unit in a declaration

    A field is `ratio`, `integer`, `bool`, `date`, `time`, `label`, an amount (`USDC`, `unit`, `asset.unit`,
    `USDC/unit`), a row of a kind, or one of several labels (`cross | isolated`). Currencies other than the numeraire
    are listed under `currencies:`.

    ```yaml
    price: USDX/unit      # did you mean USDC?
    ```

    Fix: correct the word; other currencies go into `currencies: [USDC, EUR]` at the top of the file.
    """
    meant = closest(text, known)
    help_text = f"did you mean `{meant}`?" if meant else "name other currencies under `currencies:`"
    fixes = (Fix(place, meant),) if meant else ()
    return Diagnostic(f"there is no type or unit `{text}`", place, "unknown", help=help_text, fixes=fixes,
                      hint=help_text)  # fmt: skip


@code("MC202")
def declared_twice(place: Span, name: str, first: Span) -> Diagnostic:
    """a name that means two things

    Nothing shadows anything: a bare name is the scope's own field, definition or a parameter, and exactly one of them.

    ```yaml
    model:
      assets:
        parameters: {price: USDC/unit}
        observed:   {price: USDC/unit}     # which of the two would `price` be?
    ```

    Fix: rename one of them, or delete the copy.
    """
    return Diagnostic(
        f"`{name}` is declared twice", place, "the second", notes=(Note(first, "the first"),),
        help="rename one of them",
    )  # fmt: skip


@code("MC206")
def kind_name_taken(place: Span, name: str) -> Diagnostic:
    """a name for a row that is already taken

    One row of a kind has a name of its own: not the plural, not another kind's, not a type's like `ratio` or `date`.
    Otherwise `leverage: ratio` could mean a number or a row.

    ```yaml
    model:
      assets:
        each: assets       # one row needs a word of its own: asset
    ```

    Fix: choose another word for one row.
    """
    return Diagnostic(f"`{name}` is already a name of something else", place, "taken",
                      help="choose another word for one row")  # fmt: skip


@code("MC207")
def unknown_key_field(place: Span, name: str, fields: list[str]) -> Diagnostic:
    """a key that is no field

    `key:` lists the fields that tell rows of the kind apart: two rows with the same key are an error of the snapshot.

    ```yaml
    balances:
      each: balance
      key: [aset]                  # did you mean asset?
      observed: {asset: asset, amount: asset.unit}
    ```

    Fix: name fields that the kind declares.
    """
    meant = closest(name, fields)
    help_text = f"did you mean `{meant}`?" if meant else f"its fields are {', '.join(fields)}"
    return Diagnostic(f"the key `{name}` is no field of this kind", place, "no such field", help=help_text,
                      fixes=(Fix(place, meant),) if meant else (), hint=help_text)  # fmt: skip


@code("MC208")
def no_reference(place: Span, step: str, kind: str, fields: list[str]) -> Diagnostic:
    """a unit of something that is no row

    `asset.unit` is one unit of the row that the field `asset` refers to, so each name before `.unit` is a field of the
    kind that refers to a row.

    ```yaml
    observed: {desk: label, amount: desk.unit}        # a desk has no unit
    observed: {asset: asset, amount: asset.unit}
    ```

    Fix: name the field that refers to the row whose units are counted, or declare a currency.
    """
    known = step in fields
    message = f"`{step}` of `{kind}` refers to no row" if known else f"`{kind}` has no field `{step}`"
    return Diagnostic(
        message, place, "has no unit", help="only a field that refers to a row, as `asset: asset`, has a unit"
    )


@code("MC209")
def bad_default(place: Span, message: str, help_text: str) -> Diagnostic:
    """a default that is no value of its type

    ```yaml
    ltv: ratio = none           # ratio | none = none
    ```

    The default holds for every row that says nothing, so it has to be a value that rules can compute with.

    Fix: write a value of the type, or let the type be `| none`.
    """
    return Diagnostic(message, place, "the default", help=help_text)


@code("MC210")
def table_key(place: Span, type_: str) -> Diagnostic:
    """a table by something that tells no rows apart

    The rows of a table are found by a kind, a label of a closed set, true or false, and last by a number, which finds
    the range it falls in. A date or any word at all is none of these, nor is what may be none.

    ```yaml
    tiers: { by: label, columns: { max_leverage: ratio } }
    tiers: { by: spot | perp, columns: { max_leverage: ratio } }
    tiers: { by: USDC, columns: { max_leverage: ratio } }
    ```

    Fix: write the type of the value by which rows are found.
    """
    return Diagnostic(
        f"a table cannot be looked up by {type_}", place, "no key",
        help="use a number's type, as `by: USDC`, a kind all accounts share, labels `a | b`, or `bool`",
    )  # fmt: skip


@code("MC281")
def unknown_collection(place: Span, name: str, known: list[str]) -> Diagnostic:
    """a group of something that is no collection of the account

    `of:` names collections of the account by their plural: rows that come with the snapshot, or other groups.

    ```yaml
    rows:
      positions: {each: position, observed: {...}}
      unit_books: {each: unit_book, of: positions, by: [underlying]}
    ```

    Name one of the account's collections, in its plural.
    """
    meant = closest(name, known)
    help_text = f"did you mean `{meant}`?" if meant else f"the account's collections are {', '.join(known)}"
    return Diagnostic(f"`{name}` is no collection of the account", place, "unknown", help=help_text,
                      fixes=(Fix(place, meant),) if meant else (), hint=help_text)  # fmt: skip


@code("MC282")
def group_without_key(place: Span, plural: str) -> Diagnostic:
    """a group that does not say what its members share

    `by:` lists fields or definitions that every member has; members with equal values are one row of the group.

    ```yaml
    unit_books: {each: unit_book, of: positions, by: [underlying]}
    ```
    """
    return Diagnostic(f"`{plural}` does not say what its members share", place, "", help="add `by: [NAME]`")


@code("MC283")
def group_key_differs(place: Span, group: str, name: str, why: str) -> Diagnostic:
    """a group's key that its members do not all have, or that cannot tell them apart

    Each name in `by:` is a field or a definition of every kind in `of:`, with one type: a row, a label, a date, true or
    false, or a number just as the snapshot brings it. Computed numbers are no keys.

    Give every member kind a definition of that name.
    """
    return Diagnostic(
        f"`{name}` cannot be a key of `{group}`: {why}", place, "", help="name what every member has, of one type"
    )


@code("MC284")
def group_of_itself(place: Span, plural: str, notes: tuple[Note, ...]) -> Diagnostic:
    """a group that is made of itself

    A group may be made of other groups, and those of rows; the chain ends at rows that come with the snapshot.

    ```yaml
    books: {each: book, of: shelves, by: [area]}
    shelves: {each: shelf, of: books, by: [area]}      # each waits for the other
    ```

    Let one of them be made of rows.
    """
    return Diagnostic(f"`{plural}` is made of itself, directly or through others", place, "", notes,
                      help="let one of the groups be made of rows")  # fmt: skip


@code("MC285")
def vector_kind(place: Span, kind: str, item: str, known: list[str]) -> Diagnostic:
    """a vector that is not of numbers, or not by a reference kind

    `USD by scenario` is one number for each row of `scenarios`. Only kinds that all accounts share stand behind `by`.

    ```yaml
    risk_array: USD by scenario
    ```

    Name one row of a reference kind, and a number's type before it.
    """
    return Diagnostic(f"`{item} by {kind}` is no vector of numbers by a reference kind", place, "",
                      help=f"one row of a reference kind is called {', '.join(known)}")  # fmt: skip


@code("MC286")
def observed_table(place: Span, name: str) -> Diagnostic:
    """a table that should come with the snapshot

    Tables are what the venue decides, so they are parameters. A snapshot brings numbers, labels, dates, references, and
    a number for each row of a kind (`USD by scenario`).

    ```yaml
    margin_tables:
      each: margin_table
      parameters: { tiers: { by: USDC, columns: { max_leverage: ratio } } }
    ```

    Declare the table under `parameters:`, and let the snapshot refer to its row.
    """
    return Diagnostic(f"the table `{name}` cannot be observed", place, "", help="declare it under `parameters:`")
