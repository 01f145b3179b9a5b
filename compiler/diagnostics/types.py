"""Findings about types and dimensions: what cannot be added, compared, chosen or read."""

from __future__ import annotations

import re

from ...program.codes import closest, code
from ...program.diagnostic import Diagnostic, Fix, Note, Span
from ...program.dimension import Dimension
from ...program.literal import article
from .syntax import exponent_number


@code("MC231")
def adds_units(
    place: Span, function: str, examples: str, notes: tuple[Note, ...], help_text: str, fixes: tuple[Fix, ...]
) -> Diagnostic:
    """an aggregation over quantities of different assets

    A quantity counts units of its own row: HYPE for the row HYPE, BTC for the row BTC. Adding or comparing them over rows
    has no meaning; their values in money do.

    ```yaml
    total: sum(balances.amount)                                        # HYPE + BTC
    total: sum(b.amount * b.asset.price for b in balances)             # money
    ```
    """
    verb = {"sum": "adds", "min": "compares", "max": "compares"}.get(function, "compares")
    return Diagnostic(f"`{function}` {verb} quantities of different assets", place, f"{examples} has no meaning", notes,
                      help_text or "turn each quantity into money first, with its price", fixes)  # fmt: skip


@code("MC232")
def dimensions_differ(left: Span, one: Dimension, right: Span, other: Dimension) -> Diagnostic:
    """money against a ratio, or two different units

    Both sides of `+`, `-`, a comparison, `min`, `max`, `clamp` and the branches of `if` have one dimension.

    ```yaml
    enough: equity > 95%                 # an amount against a ratio
    enough: equity > 95% * required      # two amounts
    ```

    Only the literal `0` fits every dimension.
    """
    return Diagnostic(f"{article(other)} cannot go with {article(one)}", right, f"{_named(other)}",
                      notes=(Note(left, _named(one)),),
                      help="multiply one side by what is missing, a price or a share")  # fmt: skip


@code("MC233")
def may_be_none(place: Span, text: str) -> Diagnostic:
    """a value that may be none, used as if it were there

    What may be `none` is settled first: by `default(x, y)`, or by a test in the `if`, `when`, `where` or `and` around it.
    `min`, `max`, `clamp` and aggregations pass over it: `min(amount, none)` is `amount`.

    ```yaml
    room: cap - supplied                                         # cap may be none
    room: if cap is none then none else cap - supplied
    ```
    """
    return Diagnostic(f"`{text}` may be none here", place, "none is no value to compute with",
                      help=f"test it (`{text} is not none`) or give a value for none: `default({text}, 0)`")  # fmt: skip


@code("MC234")
def number_wanted(place: Span, text: str, what: str) -> Diagnostic:
    """something that is no number where a number is wanted"""
    return Diagnostic(f"{_quoted(text)} is {what}, not a number", place, what, help="compute with numbers only")


@code("MC235")
def truth_wanted(place: Span, text: str, what: str) -> Diagnostic:
    """something that is neither true nor false where a condition is wanted

    ```yaml
    counted: if ltv then amount else 0            # ltv is a ratio
    counted: if ltv > 0% then amount else 0
    ```
    """
    return Diagnostic(f"{_quoted(text)} is {what}, not true or false", place, what, help="compare it with something")


@code("MC236")
def unknown_unit(place: Span, text: str, unit: str, known: list[str]) -> Diagnostic:
    """an unknown unit after a number

    Units stand only after a number: `%`, `bp`, the rulebook's currencies, and `s min h d week year`.

    ```yaml
    floor: 5 price          # 5 * price
    ```
    """
    if re.fullmatch(r"[eE]\d*", unit):
        number = text.replace(" ", "")
        return exponent_number(number, 0, len(number), lambda start, end: place)
    meant = closest(unit, known)
    way_out = f"did you mean `{text[: -len(unit)]}{meant}`?" if meant and text.endswith(unit) else ""
    return Diagnostic(f"`{unit}` is no unit", place, "unknown unit",
                      help=way_out or f"to multiply, write `*`: `{text.replace(unit, '* ' + unit)}`")  # fmt: skip


@code("MC237")
def kinds_differ(place: Span, other: str, first: Span, one: str) -> Diagnostic:
    """two values of different types

    The branches of an `if`, both sides of `==` and the rows of a decision table have one type.

    ```yaml
    tier: if big then "upper" else 0        # a label or a number?
    ```
    """
    return Diagnostic(f"{other} cannot go with {one}", place, other, notes=(Note(first, one),), help="make both of one type")


@code("MC238")
def unknown_choice(place: Span, text: str, choices: list[str]) -> Diagnostic:
    """a label that is none of the declared ones

    ```yaml
    cross: margin == "crossed"        # margin is cross | isolated
    ```
    """
    meant = closest(text, choices)
    help_text = f"did you mean `{meant}`?" if meant else f"it is one of {', '.join(choices)}"
    return Diagnostic(f'"{text}" is none of {", ".join(choices)}', place, "never equal", help=help_text,
                      hint=help_text)  # fmt: skip


@code("MC239")
def label_wanted(place: Span, text: str, what: str) -> Diagnostic:
    """`in {...}` on something that is no label"""
    return Diagnostic(f"`{text}` is {what}, not a label", place, what, help='use `in {"a", "b"}` on a label')


@code("MC240")
def not_aggregated(place: Span, text: str) -> Diagnostic:
    """a column of several rows where one value is wanted

    ```yaml
    equity: balances.value            # one value for each row
    equity: sum(balances.value)
    ```
    """
    return Diagnostic(f"`{text}` is a value for each row", place, "several values",
                      help=f"aggregate it: `sum({text})`", fixes=(Fix(place, f"sum({text})"),))  # fmt: skip


@code("MC241")
def no_members(place: Span, text: str, what: str, name: str) -> Diagnostic:
    """a `.name` after something that is no row"""
    return Diagnostic(f"`{text}` is {what}, it has no `{name}`", place, what, help="only rows have values inside")


@code("MC242")
def divides_by_zero(place: Span) -> Diagnostic:
    """a divisor that is always zero"""
    return Diagnostic("this divides by zero", place, "always zero", help="divide by something else")


@code("MC243")
def date_arithmetic(place: Span) -> Diagnostic:
    """dates in arithmetic

    Two dates have a difference, a time; a time can be added to a date or taken from it. Nothing else.
    """
    return Diagnostic("dates cannot be computed with like this", place, "",
                      help="`date - date` is a time, `date + 8h` a date")  # fmt: skip


@code("MC244")
def bad_date_here(place: Span, message: str, help_text: str) -> Diagnostic:
    """a date that is not in the calendar"""
    return Diagnostic(message, place, "", help=help_text)


@code("MC245")
def argument_count(place: Span, name: str, given: int, least: int, most: int) -> Diagnostic:
    """a function with too many or too few arguments"""
    wanted = str(least) if least == most else f"{least} or more" if most > 9 else f"{least} to {most}"
    return Diagnostic(f"`{name}` takes {wanted} argument{'s' if wanted != '1' else ''}, not {given}", place, "",
                      help="see the language reference for its arguments")  # fmt: skip


@code("MC246")
def one_argument(place: Span, name: str, text: str) -> Diagnostic:
    """one argument that is no collection

    One argument aggregates over rows, several compare.

    ```yaml
    cap: min(amount)                          # of what?
    cap: min(amount, asset.user_supply_cap)
    cap: min(positions.notional)
    ```
    """
    return Diagnostic(f"`{name}` of one argument aggregates, and `{text}` is no collection", place, "",
                      help=f"give `{name}` several values, or a column of rows: `{name}(positions.notional)`")  # fmt: skip


@code("MC247")
def not_a_collection(place: Span, text: str, what: str) -> Diagnostic:
    """a binder over something that is no collection"""
    return Diagnostic(f"`{text}` is {what}, not rows", place, what, help="bind over a collection, such as `positions`")


@code("MC248")
def not_aggregable(place: Span, function: str, text: str) -> Diagnostic:
    """rows themselves under a function that wants their values"""
    return Diagnostic(f"`{function}` needs a value of each row of `{text}`", place, "rows",
                      help=f"say which: `{function}({text}.NAME)`")  # fmt: skip


@code("MC249")
def one_binder(place: Span, function: str) -> Diagnostic:
    """`argmin` or `argmax` with several binders"""
    return Diagnostic(f"`{function}` gives one row and takes one binder", place, "", help="nest two of them")


@code("MC250")
def odd_root(place: Span, dimension: str) -> Diagnostic:
    """a square root that has no dimension

    The root of USDC^2 is USDC; the root of USDC is nothing.
    """
    return Diagnostic(f"an amount in {dimension} has no square root", place, "", help="take the root of a square or a ratio")


@code("MC251")
def ratio_wanted(place: Span, name: str, dimension: str) -> Diagnostic:
    """`exp` or `ln` of something that is no ratio"""
    return Diagnostic(f"`{name}` takes a ratio, not an amount in {dimension}", place, "",
                      help="divide by an amount of the same unit first")  # fmt: skip


@code("MC252")
def step_wanted(place: Span, name: str, dimension: str) -> Diagnostic:
    """rounding without a step

    Whole numbers of what? Only a ratio rounds to whole numbers; an amount needs a step of its dimension.

    ```yaml
    required: ceil(notional * rate, 0.01 USDC)
    ```
    """
    return Diagnostic(f"`{name}` of an amount in {dimension} needs a step", place, "", help=f"`{name}(x, STEP)`")


@code("MC253")
def key_wanted(place: Span, kind: str) -> Diagnostic:
    """a row read by something that is no key

    ```yaml
    cap: asset("USDC").user_borrow_cap
    ```
    """
    return Diagnostic(f"a row of `{kind}` is read by its key", place, "", help=f'write `{kind}("KEY")`')


@code("MC254")
def table_wanted(place: Span, name: str, text: str, what: str) -> Diagnostic:
    """`slices` or `bracket` of something that is no table"""
    return Diagnostic(f"`{name}` takes a table, and `{text}` is {what}", place, what, help="name a table field")


@code("MC255")
def needs_unit(place: Span, name: str) -> Diagnostic:
    """a definition whose dimension nobody can tell

    The literal `0` fits every dimension, so a definition that is only `0` (or 0 times something) says what it is.

    ```yaml
    fee: 0                          # 0 of what?
    fee: {let: 0, unit: USDC}
    ```
    """
    return Diagnostic(f"nothing tells the dimension of `{name}`", place, "0 fits every dimension",
                      help="write it in long form with `unit:`: `{let: 0, unit: USDC}`")  # fmt: skip


@code("MC256")
def unit_differs(place: Span, declared: str, inferred: str, expression: Span) -> Diagnostic:
    """a declared unit that is not the expression's"""
    return Diagnostic(f"declared as {declared}, but the expression is {inferred}", place, declared,
                      notes=(Note(expression, inferred),), help="correct the expression, or the declaration")  # fmt: skip


@code("MC257")
def section_type(place: Span, section: str, wanted: str, what: str) -> Diagnostic:
    """a definition that is not what its section holds

    `eligibility` and `checks` hold true or false, `haircuts` ratios, `borrow_caps` amounts or none, `initial` and
    `maintenance` amounts of money. Everything else stands under `formulas`.
    """
    return Diagnostic(f"`{section}` holds {wanted}, and this is {what}", place, what,
                      help="move it to `formulas:`, or compute what the section holds")  # fmt: skip


@code("MC258")
def table_without_else(place: Span, name: str) -> Diagnostic:
    """a decision table without a last `else`

    Every definition has a value in every case. A table's last row says what holds when no other does.

    ```yaml
    rate:
      cases:
        - when: utilization <= 80%
          then: 5%
        - else: 100%
    ```
    """
    return Diagnostic(f"the table of `{name}` has no last `else`", place, "what is the value otherwise?",
                      help="add `- else: ...` as its last row")  # fmt: skip


@code("MC259")
def else_not_last(place: Span, name: str) -> Diagnostic:
    """rows of a decision table that can never count"""
    return Diagnostic(f"`else` ends the table of `{name}`", place, "rows after it never count",
                      help="move it to the end, and keep one")  # fmt: skip


@code("MC260")
def degree_limit(place: Span, name: str, degree: int) -> Diagnostic:
    """a value that multiplies too many inputs

    The polynomial degree of a definition is at most 64, so that exact numbers stay short. Repeated squaring through
    definitions doubles digits at each step.
    """
    return Diagnostic(f"`{name}` multiplies {degree} inputs with one another, more than 64", place, "",
                      help="split the computation, or round in between")  # fmt: skip


@code("MC261")
def open_definition(place: Span, name: str) -> Diagnostic:
    """a definition left open that something needs

    `{type: USDC}` alone leaves a definition to a child rulebook. Such a rulebook validates, and cannot be evaluated.
    """
    return Diagnostic(f"`{name}` is left open", place, "a child rulebook says what it is",
                      help="evaluate a rulebook that extends this one, or write the expression")  # fmt: skip


def _named(dimension: Dimension) -> str:
    return "a ratio" if dimension.is_ratio else str(dimension)


def _quoted(text: str) -> str:
    return text if text == "this" else f"`{text}`"
