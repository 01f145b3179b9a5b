"""Findings about the model: kinds, fields, and their types."""

from __future__ import annotations

from ...program.codes import closest, code
from ...program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC201")
def unknown_type(place: Span, text: str, known: list[str]) -> Diagnostic:
    """an unknown type or unit in a declaration

    A field is `ratio`, `integer`, `bool`, `date`, `time`, `label`, an amount (`USDC`, `unit`, `asset.unit`, `USDC/unit`),
    a row of a kind, or one of several labels (`cross | isolated`). Currencies other than the numeraire are listed under
    `currencies:`.

    ```yaml
    price: USDX/unit      # did you mean USDC?
    ```
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
    """
    return Diagnostic(
        f"`{name}` is declared twice", place, "the second", notes=(Note(first, "the first"),),
        help="rename one of them",
    )  # fmt: skip


@code("MC205")
def no_each(place: Span, plural: str) -> Diagnostic:
    """a kind that does not say what one row is called

    ```yaml
    model:
      assets:
        each: asset        # names are never made by dropping an s
    ```
    """
    return Diagnostic(f"`{plural}` does not say what one row is called", place, "", help="add `each: NAME`")


@code("MC206")
def kind_name_taken(place: Span, name: str) -> Diagnostic:
    """a name for a row that is already taken

    One row of a kind has a name of its own: not the plural, not another kind's, not a type's.
    """
    return Diagnostic(f"`{name}` is already a name of something else", place, "taken", help="choose another name for one row")


@code("MC207")
def unknown_key_field(place: Span, name: str, fields: list[str]) -> Diagnostic:
    """a key that is no field

    `key:` lists the fields that tell rows of the kind apart.
    """
    meant = closest(name, fields)
    help_text = f"did you mean `{meant}`?" if meant else f"its fields are {', '.join(fields)}"
    return Diagnostic(f"the key `{name}` is no field of this kind", place, "no such field", help=help_text,
                      fixes=(Fix(place, meant),) if meant else (), hint=help_text)  # fmt: skip


@code("MC208")
def no_reference(place: Span, step: str, kind: str, fields: list[str]) -> Diagnostic:
    """a unit of something that is no row

    `asset.unit` is one of the row that the field `asset` refers to, so each name on the way is a reference.
    """
    meant = closest(step, fields)
    help_text = f"did you mean `{meant}`?" if meant else "only a field that refers to a row has a unit"
    return Diagnostic(f"`{step}` refers to no row of `{kind}`" if kind else f"`{step}` refers to no row", place, "",
                      help=help_text)  # fmt: skip


@code("MC209")
def bad_default(place: Span, message: str, help_text: str) -> Diagnostic:
    """a default that is no value of its type

    ```yaml
    ltv: ratio = none           # ratio | none = none
    ```
    """
    return Diagnostic(message, place, "the default", help=help_text)


@code("MC210")
def table_key(place: Span, type_: str) -> Diagnostic:
    """a table by something that is no number

    Range tables are found by a number: `by: USDC`.
    """
    return Diagnostic(f"a table cannot be looked up by {type_}", place, "", help="use a number's type, as `by: USDC`")
