"""Findings about parameters: names the model does not know, and values that are none of their type."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC204")
def unknown_parameter(
    place: Span, plural: str, name: str, meant: str | None, known: list[str], notes: tuple[Note, ...]
) -> Diagnostic:
    """a parameter the model does not have

    A misspelt parameter would silently leave the old value in force. The message says which value that is.

    ```yaml
    parameters:
      assets:
        HYPE: {user_suply_cap: 1_000_000}      # did you mean user_supply_cap?
    ```

    Fix: correct the name. Parameters are declared in the model, under `parameters:` of their kind; a field under
    `observed:` comes with the snapshot and cannot be set by rules.
    """
    owner = f"`{plural}` has" if plural else "this rulebook has"
    message = f"{owner} no parameter `{name}`"
    if meant:
        return Diagnostic(message, place, "unknown name", notes, f"did you mean `{meant}`?", (Fix(place, meant),),
                          f"did you mean `{meant}`?")  # fmt: skip
    way_out = f"its parameters are {', '.join(sorted(known))}" if known else "declare it in the model first"
    return Diagnostic(message, place, "unknown name", notes, way_out)


@code("MC211")
def bad_value(place: Span, message: str, help_text: str) -> Diagnostic:
    """a value that does not fit its field

    ```yaml
    ltv: 65 USDC        # an ltv is a ratio: 65%
    cash: yes           # true or false
    ```

    The model says what each parameter is, and nothing is converted silently: 65 would be 6500 %.

    Fix: write a value of the field's type.
    """
    return Diagnostic(message, place, "the wrong kind of value", help=help_text)


@code("MC212")
def set_observed(place: Span, name: str, declared: Span) -> Diagnostic:
    """a rule sets what the snapshot observes

    A value is decided by rules or observed, never both: otherwise nobody could say where a number came from. A child
    rulebook may turn an observed field into a parameter by declaring it again under `parameters:`.

    ```yaml
    parameters:
      assets:
        HYPE: {price: 84.114}      # the price comes with the snapshot
    ```

    Fix: leave the value to the snapshot, or declare the field as a parameter.
    """
    return Diagnostic(
        f"`{name}` is observed, rules cannot set it", place, "comes with the snapshot",
        notes=(Note(declared, "declared as observed here"),),
        help=f"declare `{name}` under `parameters:` of its kind, or leave the value to the snapshot",
    )  # fmt: skip


@code("MC213")
def rows_expected(place: Span, plural: str, each: str) -> Diagnostic:
    """a kind without rows

    ```yaml
    parameters:
      assets:
        HYPE: {ltv: 65%}       # key of the row, then its parameters
    ```

    A row may have many parameters, so each is written with its name, even where the kind has only one.

    Fix: write the row's key, then its parameters by name.
    """
    return Diagnostic(
        f"`{plural}` holds rows", place, "not a row",
        help=f"write the {each}'s key, then its parameters: `KEY: {{name: value}}`",
    )  # fmt: skip


@code("MC214")
def rows_are_observed(place: Span, plural: str) -> Diagnostic:
    """rules list rows that belong to accounts

    Only rows shared by all accounts (assets, markets, tables) stand in a rulebook. An account's rows come with the
    snapshot, because rules are the same for every account.

    ```yaml
    parameters:
      balances:                # belongs into the snapshot
        HYPE: {amount: 100}
    ```

    Fix: take the rows out of the rules.
    """
    return Diagnostic(f"`{plural}` belong to accounts", place, "come with the snapshot",
                      help="take them out of the rules; a snapshot brings them")  # fmt: skip


@code("MC215")
def no_value(place: Span, name: str) -> Diagnostic:
    """a parameter in its long form, without a value

    A parameter may be written as a block, to give it a source or a remark of its own; then `value:` says what it is.

    ```yaml
    liquidation_trigger: {source: https://...}                # and how much is it?
    liquidation_trigger: {value: 95%, source: https://...}
    ```

    Fix: add `value:`.
    """
    return Diagnostic(f"`{name}` has no value", place, "a block without `value:`", help="add `value:` to the block")


@code("MC216")
def plain_value_expected(place: Span, name: str, type_: str) -> Diagnostic:
    """a list where one value is wanted

    A parameter has one value at a time. Values that change with the date are amendments, values by size are a table.

    ```yaml
    HYPE: {ltv: [50%, 65%]}
    HYPE: {ltv: 65%}
    ```

    Fix: write one value; put the other into an amendment with its date, or declare a table.
    """
    return Diagnostic(f"`{name}` takes one value (`{type_}`)", place, "more than one value",
                      help="write one value; one that changes with the date is an amendment")  # fmt: skip


@code("MC217")
def table_expected(place: Span, name: str) -> Diagnostic:
    """a table that is no list of rows

    The model declares a table here: a list of ranges, each with the value at which it begins and its cells.

    ```yaml
    tiers: 20
    tiers: [{from: 0, max_leverage: 20}, {from: 70_000_000, max_leverage: 10}]
    ```

    Fix: list the rows, also where there is only one.
    """
    return Diagnostic(f"`{name}` is a table", place, "not its rows", help="list its rows: `[{from: 0, ...}, ...]`")


@code("MC218")
def table_row_expected(place: Span) -> Diagnostic:
    """a table's row that is no row

    Each row of a table says where it begins and names its cells, so that a reader need not count columns.

    ```yaml
    tiers: [20, 10]
    tiers: [{from: 0, max_leverage: 20}, {from: 70_000_000, max_leverage: 10}]
    ```

    Fix: write each row as a block of `from:` and the columns.
    """
    return Diagnostic("a table's row names its cells", place, "not a row", help="write `{from: 0, column: value}`")


@code("MC219")
def table_order(place: Span, name: str, low: str, before: Span, other: str) -> Diagnostic:
    """a table whose rows are not in ascending order

    Each range goes from its `from` to the next one's. Two rows that begin at the same place, or go back, leave open
    which one counts.

    ```yaml
    tiers: [{from: 0, rate: 1%}, {from: 5_000, rate: 3%}, {from: 500, rate: 2%}]
    ```

    Fix: sort the rows by `from`, each once; often a zero is missing.
    """
    return Diagnostic(f"the rows of `{name}` do not ascend: {low} comes after {other}", place, f"begins at {low}",
                      (Note(before, f"the row before begins at {other}"),),
                      "sort the rows by `from`, each once")  # fmt: skip


@code("MC220")
def table_cell_missing(place: Span, column: str) -> Diagnostic:
    """a table's row without one of its cells

    Every row says where it begins (`from:`) and gives each column a value. Nothing is taken over from the row above.

    ```yaml
    tiers: [{from: 0, max_leverage: 20}, {max_leverage: 10}]        # from where?
    ```

    Fix: add the cell.
    """
    return Diagnostic(
        f"this row has no `{column}`", place, f"`{column}` is missing", help=f"add `{column}:` to this row"
    )


@code("MC287")
def grid_too_large(place: Span, plural: str, rows: int, limit: int) -> Diagnostic:
    """a grid of too many combinations

    A grid has a row for each combination of its values, at most 10,000: two axes of nine and three values are 27 rows.

    ```yaml
    shocks:
      each: shock
      parameters: { move: ratio, vol: down | same | up }
      grid: { move: [-15%, 0%, 15%], vol: [down, same, up] }
    ```

    Take values out of an axis, or split the kind.
    """
    return Diagnostic(
        f"the grid of `{plural}` has {rows:,} rows, more than {limit:,}", place, "", help="take values out of an axis"
    )
