"""Findings about calls and aggregations: what a function is given, and what is left of several rows."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Fix, Span


@code("MC240")
def not_aggregated(place: Span, text: str) -> Diagnostic:
    """a column of several rows where one value is wanted

    ```yaml
    equity: balances.value            # one value for each row
    equity: sum(balances.value)
    ```

    Fix: aggregate the column with `sum`, `min`, `max`, `count`, `any` or `all`.
    """
    return Diagnostic(f"`{text}` is a value for each row", place, "several values",
                      help=f"aggregate it: `sum({text})`", fixes=(Fix(place, f"sum({text})"),))  # fmt: skip


@code("MC245")
def argument_count(place: Span, name: str, given: int, least: int, most: int) -> Diagnostic:
    """a function with too many or too few arguments

    Each function takes a fixed number of values, or a range of numbers of them; another number has no meaning that
    could be guessed.

    ```yaml
    counted: clamp(amount, 0)            # and the upper bound?
    counted: clamp(amount, 0, cap)
    ```

    Fix: give the arguments the help shows, in that order.
    """
    wanted = str(least) if least == most else f"{least} or more" if most > 9 else f"{least} to {most}"
    return Diagnostic(f"`{name}` takes {wanted} argument{'s' if wanted != '1' else ''}, not {given}", place, "",
                      help=f"write `{_CALLS.get(name, name + '(...)')}`")  # fmt: skip


@code("MC246")
def one_argument(place: Span, name: str, text: str) -> Diagnostic:
    """one argument that is no collection

    One argument aggregates over rows, several compare.

    ```yaml
    cap: min(amount)                          # of what?
    cap: min(amount, asset.user_supply_cap)
    cap: min(positions.notional)
    ```

    Fix: add the value to compare with, or name a column of rows.
    """
    return Diagnostic(
        f"`{name}` of one argument aggregates, and `{text}` is no collection",
        place,
        "of what?",
        help=f"give `{name}` several values, or a column of rows: `{name}(positions.notional)`",
    )


@code("MC247")
def not_a_collection(place: Span, text: str, what: str) -> Diagnostic:
    """a binder over something that is no collection

    `for p in ...` goes over rows: a collection of the account (`positions`), all rows of a shared kind (`assets`), or a
    table.

    ```yaml
    total: sum(p.notional for p in equity)
    total: sum(p.notional for p in positions)
    ```

    Fix: name a collection.
    """
    return Diagnostic(f"`{text}` is {what}, not rows", place, what, help="bind over a collection, such as `positions`")


@code("MC248")
def not_aggregable(place: Span, function: str, text: str) -> Diagnostic:
    """rows themselves under a function that wants their values

    Rows cannot be added or compared, their values can. Only `count` takes the rows themselves.

    ```yaml
    total: sum(positions)               # their sizes? their notionals?
    total: sum(positions.notional)
    ```

    Fix: name the value of each row.
    """
    return Diagnostic(f"`{function}` needs a value of each row of `{text}`", place, "rows",
                      help=f"say which: `{function}({text}.NAME)`")  # fmt: skip


@code("MC249")
def one_binder(place: Span, function: str) -> Diagnostic:
    """`argmin` or `argmax` with several binders

    They give the row at which a value is smallest or largest, one row of one collection. Of a pair, each half is
    found by an `argmax` of its own.

    ```yaml
    worst: argmax(a.risk * b.risk for a in positions for b in positions)
    worst: argmax(max(a.risk * b.risk for b in positions) for a in positions)
    ```

    Fix: aggregate over the second collection inside.
    """
    inner = function.removeprefix("arg")
    return Diagnostic(
        f"`{function}` gives one row and takes one binder",
        place,
        "several binders",
        help=f"aggregate over the others inside: `{function}({inner}(... for b in ...) for a in ...)`",
    )


@code("MC250")
def odd_root(place: Span, dimension: str) -> Diagnostic:
    """a square root that has no dimension

    The root of USDC^2 is USDC; the root of USDC is nothing.

    ```yaml
    deviation: sqrt(variance)            # fine where variance is in USDC^2
    ```

    Fix: take the root of a square of an amount, or of a ratio.
    """
    return Diagnostic(f"an amount in {dimension} has no square root", place, "not a square",
                      help="take the root of a square of an amount, or of a ratio")  # fmt: skip


@code("MC251")
def ratio_wanted(place: Span, name: str, dimension: str) -> Diagnostic:
    """`exp` or `ln` of something that is no ratio

    The logarithm of an amount would change with its unit, cents or dollars, and mean nothing.

    ```yaml
    growth: ln(price)
    growth: ln(price / reference_price)
    ```

    Fix: divide by an amount of the same unit first.
    """
    return Diagnostic(f"`{name}` takes a ratio, not an amount in {dimension}", place, f"in {dimension}",
                      help="divide by an amount of the same unit first")  # fmt: skip


@code("MC252")
def step_wanted(place: Span, name: str, dimension: str) -> Diagnostic:
    """rounding without a step

    Whole numbers of what? Dollars or cents? Only a ratio rounds to whole numbers; an amount needs a step of its
    dimension.

    ```yaml
    required: ceil(notional * rate, 0.01 USDC)
    ```

    Fix: write the step as the second argument.
    """
    step = f"0.01 {dimension}" if str(dimension).isalnum() else "STEP"
    return Diagnostic(f"`{name}` of an amount in {dimension} needs a step", place, "to whole what?",
                      help=f"say the step, as in `{name}(x, {step})`")  # fmt: skip


@code("MC253")
def key_wanted(place: Span, kind: str) -> Diagnostic:
    """a row read by something that is no key

    A row is named by its key, a text in double quotes: without them it would be a name of the rules.

    ```yaml
    cap: asset(USDC).user_borrow_cap
    cap: asset("USDC").user_borrow_cap
    ```

    Fix: put the key in quotes. The row of a balance or position is read through its field: `balance.asset`.
    """
    return Diagnostic(f"a row of `{kind}` is read by its key", place, "no key", help=f'write `{kind}("KEY")`')


@code("MC254")
def table_wanted(place: Span, name: str, text: str, what: str) -> Diagnostic:
    """`slices` or `bracket` of something that is no table

    `slices(table, x)` are the rows of a table with the part of x in each, `bracket(table, x)` the row x falls in. The
    table is a parameter declared with `by:` and `columns:`.

    ```yaml
    rate: bracket(market.margin_table.tiers, notional).max_leverage
    ```

    Fix: name the table first, then the value to find in it.
    """
    return Diagnostic(
        f"`{name}` takes a table, and `{text}` is {what}",
        place,
        what,
        help=f"name a table, as in `{name}(market.tiers, notional)`",
    )


@code("MC289")
def not_compared(place: Span) -> Diagnostic:
    """rows of a table, compared with one another

    A row of a table is a place in it and has no key; its cells can be compared.

    ```yaml
    same: bracket(tiers, x) == bracket(tiers, y)                  # compare what tells them apart
    same: bracket(tiers, x).from == bracket(tiers, y).from
    ```

    Compare a cell, for example where the range begins.
    """
    return Diagnostic(
        "rows of a table cannot be compared", place, "a row", help="compare a cell of them, for example `.from`"
    )


_CALLS = {
    "abs": "abs(x)",
    "min": "min(x, y)",
    "max": "max(x, y)",
    "clamp": "clamp(x, low, high)",
    "default": "default(x, otherwise)",
    "sqrt": "sqrt(x)",
    "exp": "exp(x)",
    "ln": "ln(x)",
    "normal_cdf": "normal_cdf(x)",
    "floor": "floor(x, step)",
    "ceil": "ceil(x, step)",
    "trunc": "trunc(x, step)",
    "round": 'round(x, step, "half_even")',
    "slices": "slices(table, x)",
    "bracket": "bracket(table, x)",
}
