"""Findings about types and dimensions: what cannot be added, compared, chosen or read."""

from __future__ import annotations

import re
from collections.abc import Iterable

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

    A quantity counts units of its own row: HYPE for the row HYPE, BTC for the row BTC. Adding or comparing them over
    rows has no meaning; their values in money do.

    ```yaml
    total: sum(balances.amount)                                        # HYPE + BTC
    total: sum(b.amount * b.asset.price for b in balances)             # money
    ```

    Fix: multiply by the price at the place the note shows, before the rows are added.
    """
    verb = "adds" if function == "sum" else "compares"
    examples = examples if function == "sum" else examples.replace(" + ", " against ")
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

    Only the literal `0` fits every dimension. Quantities of an asset and money meet only through a price.

    Fix: multiply the ratio by the amount it is a share of, and a quantity by its price.
    """
    if one.is_ratio or other.is_ratio:
        way_out = "multiply the ratio by the amount it is a share of, as in `95% * required`"
    elif one.units() or other.units():
        way_out = "multiply the quantity by its price, as in `amount * asset.price`"
    else:
        way_out = "turn one into the other with a price or a rate"
    return Diagnostic(f"{_quantity(other)} cannot go with {_quantity(one)}", right, _quantity(other),
                      notes=(Note(left, _quantity(one)),), help=way_out)  # fmt: skip


@code("MC233")
def may_be_none(place: Span, text: str) -> Diagnostic:
    """a value that may be none, used as if it were there

    What may be `none` is settled first: by `default(x, y)`, or by a test in the `if`, `when`, `where` or `and` around
    it. `min`, `max`, `clamp` and aggregations pass over it: `min(amount, none)` is `amount`.

    ```yaml
    room: cap - supplied                                         # cap may be none
    room: if cap is none then none else cap - supplied
    ```

    Fix: say what holds where there is no value.
    """
    return Diagnostic(
        f"`{text}` may be none here",
        place,
        "none is no value to compute with",
        help=f"test it (`{text} is not none`) or give a value for none: `default({text}, 0)`",
    )


@code("MC234")
def number_wanted(place: Span, text: str, what: str) -> Diagnostic:
    """something that is no number where a number is wanted

    Arithmetic, ordering and aggregations compute with numbers: ratios and amounts. Labels, dates, rows and true or
    false are none, and are not turned into numbers silently.

    ```yaml
    equity: cash + mode                     # mode is a label
    equity: if mode == "cross" then cash else 0
    ```

    Fix: use a number, or choose between numbers with `if`.
    """
    return Diagnostic(
        f"{_quoted(text)} is {what}, not a number",
        place,
        what,
        help="compute with numbers; choose between two with `if ... then ... else`",
    )


@code("MC235")
def truth_wanted(place: Span, text: str, what: str) -> Diagnostic:
    """something that is neither true nor false where a condition is wanted

    ```yaml
    counted: if ltv then amount else 0            # ltv is a ratio
    counted: if ltv > 0% then amount else 0
    ```

    Fix: compare the value with another one.
    """
    way_out = f"compare it, as in `{text} > 0`" if text != "this" else "compare it with another value"
    return Diagnostic(f"{_quoted(text)} is {what}, not true or false", place, what, help=way_out)


def unknown_unit(place: Span, text: str, unit: str, known: list[str], factors: Iterable[str]) -> Diagnostic:
    """The finding for a word behind a number; `factors` are the names a person may have wanted to multiply by."""
    if re.fullmatch(r"[eE]\d*", unit):
        number = text.replace(" ", "")
        return exponent_number(number, 0, len(number), lambda start, end: place)
    return no_unit(place, text, unit, known, unit in factors)


@code("MC236")
def no_unit(place: Span, text: str, unit: str, known: list[str], factor: bool) -> Diagnostic:
    """an unknown unit after a number

    Units stand only after a number: `%`, `bp`, the rulebook's currencies, and `s min h d week year`. Anything else
    there is a name, and a product needs its `*`.

    ```yaml
    floor: 5 price          # 5 * price
    floor: 5 USD            # where the numeraire is USDC
    ```

    Fix: correct the unit, or write `*`. Currencies other than the numeraire are listed under `currencies:`.
    """
    before = text[: -len(unit)] if text.endswith(unit) else ""
    product = f"{before.rstrip()} * {unit}"
    if factor and before:
        return Diagnostic(f"`{unit}` is no unit", place, "a name, not a unit", help=f"to multiply, write `{product}`",
                          fixes=(Fix(place, product),), hint=f"write `{product}`")  # fmt: skip
    meant = closest(unit, known)
    if meant and before:
        return Diagnostic(f"`{unit}` is no unit", place, "unknown unit", help=f"did you mean `{before}{meant}`?",
                          fixes=(Fix(place, f"{before}{meant}"),), hint=f"did you mean `{before}{meant}`?")  # fmt: skip
    return Diagnostic(f"`{unit}` is no unit", place, "unknown unit", help=f"units are {', '.join(known[:12])}")


@code("MC237")
def kinds_differ(place: Span, other: str, first: Span, one: str) -> Diagnostic:
    """two values of different types

    The branches of an `if`, both sides of `==` and the rows of a decision table have one type.

    ```yaml
    tier: if big then "upper" else 0        # a label or a number?
    ```

    Fix: make both of one type; where there is no value, write `none`.
    """
    return Diagnostic(
        f"{other} cannot go with {one}", place, other, notes=(Note(first, one),), help="make both of one type"
    )


@code("MC238")
def unknown_choice(place: Span, text: str, choices: list[str]) -> Diagnostic:
    """a label that is none of the declared ones

    ```yaml
    cross: margin == "crossed"        # margin is cross | isolated
    ```

    The comparison would never hold, and the rows it was meant for would silently be left out.

    Fix: write one of the labels the model declares, or add the label there.
    """
    meant = closest(text, choices)
    listed = ", ".join(f'`"{choice}"`' for choice in choices)
    help_text = f'did you mean `"{meant}"`?' if meant else f"write one of {listed}"
    return Diagnostic(f'`"{text}"` is none of {listed}', place, "never equal", help=help_text,
                      fixes=(Fix(place, f'"{meant}"'),) if meant else (), hint=help_text)  # fmt: skip


@code("MC239")
def label_wanted(place: Span, text: str, what: str) -> Diagnostic:
    """`in {...}` on something that is no label

    `in` asks whether a label is one of several words.

    ```yaml
    shared: margin in {"cross", "portfolio"}
    ```

    Fix: use it on a field or definition that is a label; numbers and rows are compared with `==`.
    """
    return Diagnostic(f"`{text}` is {what}, not a label", place, what, help='use `in {"a", "b"}` on a label')


@code("MC241")
def no_members(place: Span, text: str, what: str, name: str) -> Diagnostic:
    """a `.name` after something that is no row

    Only rows have values inside: a balance its amount, an asset its price. A number, a label or a date has none.

    ```yaml
    value: amount.price             # amount is a number
    value: amount * asset.price
    ```

    Fix: read the value through the row that has it.
    """
    return Diagnostic(f"`{text}` is {what}, it has no `{name}`", place, what, help="only rows have values inside")


@code("MC242")
def divides_by_zero(place: Span) -> Diagnostic:
    """a divisor that is always zero

    The divisor is the number 0 itself, so the definition is an error for every account.

    ```yaml
    share: debt / 0
    ```

    Fix: divide by the value that was meant. For a divisor that is only sometimes zero, see MC504.
    """
    return Diagnostic("this divides by zero", place, "always zero", help="write the divisor that was meant")


@code("MC243")
def date_arithmetic(place: Span) -> Diagnostic:
    """dates in arithmetic

    Two dates have a difference, a time; a time can be added to a date or taken from it. Nothing else has a meaning.

    ```yaml
    left: expiry - as_of            # a time
    end: as_of + 8h                 # a date
    sum: as_of + expiry             # neither
    ```

    Fix: subtract the dates, or add a time.
    """
    return Diagnostic("dates cannot be computed with like this", place, "",
                      help="`date - date` is a time, `date + 8h` a date")  # fmt: skip


@code("MC244")
def bad_date_here(place: Span, message: str, help_text: str) -> Diagnostic:
    """a date that is not in the calendar

    A rule that waits for a day that never comes would wait for ever.

    ```yaml
    open: as_of < 2026-02-30        # February has 28 days
    ```

    Fix: write a day that exists, year first.
    """
    return Diagnostic(message, place, "no such day", help=help_text)


@code("MC255")
def needs_unit(place: Span, name: str) -> Diagnostic:
    """a definition whose dimension nobody can tell

    The literal `0` fits every dimension, so a definition that is only `0` (or 0 times something) says what it is.

    ```yaml
    fee: 0                          # 0 of what?
    fee: {let: 0, unit: USDC}
    ```

    Fix: write the definition in its long form and declare the unit.
    """
    return Diagnostic(f"nothing tells the dimension of `{name}`", place, "0 fits every dimension",
                      help="write it in long form with `unit:`: `{let: 0, unit: USDC}`")  # fmt: skip


@code("MC256")
def unit_differs(place: Span, declared: str, inferred: str, expression: Span) -> Diagnostic:
    """a declared unit that is not the expression's

    `unit:` (or `type:`) is a promise that the compiler keeps: the expression has to come out as that. Where it does
    not, one of the two is wrong.

    ```yaml
    required: {let: notional / leverage, unit: ratio}     # it is money
    required: {let: notional / leverage, unit: USDC}
    ```

    Fix: correct the expression, or what it is declared as.
    """
    return Diagnostic(
        f"declared as `{declared}`, but the expression is `{inferred}`",
        place,
        f"says {declared}",
        notes=(Note(expression, f"is {inferred}"),),
        help="correct the expression, or the declaration",
    )


@code("MC257")
def section_type(place: Span, section: str, wanted: str, what: str) -> Diagnostic:
    """a definition that is not what its section holds

    The section is a promise about the value: `eligibility` and `checks` hold true or false, `haircuts` ratios,
    `borrow_caps` amounts or none, `initial` and `maintenance` amounts of money. Everything else stands under
    `formulas`.

    ```yaml
    eligibility:
      asset:
        collateral: ltv             # a ratio
        collateral: ltv > 0%
    ```

    Fix: compute what the section holds, or move the definition to `formulas:`.
    """
    return Diagnostic(f"`{section}` holds {wanted}, and this is {what}", place, what,
                      help="move it to `formulas:`, or compute what the section holds")  # fmt: skip


@code("MC258")
def several_values(place: Span, name: str, what: str) -> Diagnostic:
    """a definition that is no single value

    A definition has one value on each row of its scope: a number, a truth, a label, a date or a row. Several rows and
    tables are read where they are needed.

    ```yaml
    formulas:
      account:
        held: positions                       # which of them?
        held: count(positions)
        notional: sum(positions.notional)
    ```

    Fix: aggregate the rows, or read one value.
    """
    return Diagnostic(f"`{name}` would be {what}", place, what,
                      help="a definition has one value: aggregate the rows, or read one of them")  # fmt: skip


@code("MC261")
def open_definition(place: Span, name: str) -> Diagnostic:
    """a definition left open that something needs

    `{type: USDC}` alone leaves a definition to a child rulebook. Such a rulebook validates, and cannot be evaluated:
    what needs the value would have none.

    ```yaml
    maintenance:
      account:
        required: {type: USDC}
    ```

    Fix: evaluate a rulebook that extends this one and says what it is, or write the expression here.
    """
    return Diagnostic(f"`{name}` is left open", place, "a child rulebook says what it is",
                      help="evaluate a rulebook that extends this one, or write the expression")  # fmt: skip


def _quantity(dimension: Dimension) -> str:
    """A dimension in a sentence; a plain count of a row's units is a quantity of that row."""
    units = list(dimension.units())
    if len(units) == 1 and str(dimension) == f"{units[0]}.unit":
        return f"a quantity of {units[0]}"
    return article(dimension)


def _quoted(text: str) -> str:
    return text if text == "this" else f"`{text}`"
