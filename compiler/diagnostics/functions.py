"""Findings about functions: what they declare, what they are given, and what they call."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Note, Span


@code("MC360")
def name_taken(place: Span, name: str, what: str, first: Span | None) -> Diagnostic:
    """a function with a name that means something else

    A call says only a name, so no function is called like a builtin, a kind or another function: a reader could not
    tell which is meant.

    ```yaml
    functions:
      max: {of: {x: $d, y: $d}, gives: $d, let: if x < y then y else x}    # `max` is there already
    ```

    Fix: give the function another name.
    """
    notes = (Note(first, "here"),) if first is not None else ()
    return Diagnostic(f"`{name}` is {what} already", place, "taken", notes, "give the function another name")


@code("MC361")
def no_value_type(place: Span, function: str, name: str, given: str) -> Diagnostic:
    """a function of something that is no single value

    A function takes and gives numbers, truths, labels and dates. Rows, tables and vectors are read where the rows are:
    in a definition, which can then call the function with what it read.

    ```yaml
    functions:
      worth: {of: {a: asset}, gives: USDC, let: a.price}             # a row
      worth: {of: {amount: $u, price: USDC}, gives: $u, let: ...}
    ```

    Fix: take the values that the function needs.
    """
    return Diagnostic(
        f"`{name}` of `{function}` is {given}", place, "no single value", help="take the values that are read from it"
    )


@code("MC362")
def unbound_variable(place: Span, function: str, variable: str) -> Diagnostic:
    """a dimension variable that no parameter fixes

    `$d` stands for the dimension of what a call gives. So at least one parameter is of type `$d` alone; from a product
    like `$d/time` it would have to be guessed.

    ```yaml
    functions:
      rate: {of: {x: $d/time}, gives: $d, let: x * 1h}        # what is $d?
      rate: {of: {x: $d, over: time}, gives: $d/time, let: x / over}
    ```

    Fix: add a parameter of that type, or write the dimension that is meant.
    """
    return Diagnostic(
        f"nothing fixes `{variable}` of `{function}`", place, "any dimension?",
        help=f"let one parameter be of type `{variable}` alone, or write the dimension that is meant",
    )  # fmt: skip


@code("MC363")
def argument_count(place: Span, name: str, parameters: list[str], given: int, declared: Span) -> Diagnostic:
    """a function of the rulebook with too many or too few arguments

    Arguments stand in the order of the parameters that the function declares; none of them has a default.

    ```yaml
    value: intrinsic("call", strike)
    value: intrinsic("call", strike, price)
    ```

    Fix: give the arguments the help shows, in that order.
    """
    wanted = "1 argument" if len(parameters) == 1 else f"{len(parameters)} arguments"
    return Diagnostic(
        f"`{name}` takes {wanted}, not {given}", place, "", (Note(declared, "declared here"),),
        f"write `{name}({', '.join(parameters)})`",
    )  # fmt: skip


@code("MC364")
def argument_differs(
    place: Span, name: str, parameter: str, wanted: str, given: str, declared: Span, help_text: str
) -> Diagnostic:
    """an argument of another type than the function declares

    A function says what it takes, so that a price is never taken for a volatility. `$d` is the dimension of the first
    argument that stands for it; the others have to agree.

    ```yaml
    functions:
      intrinsic: {of: {strike: $d, at: $d}, gives: $d, let: max(0, at - strike)}
    formulas:
      position:
        value: intrinsic(market.strike, size)            # a price and a quantity
        value: intrinsic(market.strike, market.mark)
    ```

    Fix: give what the parameter says, or see whether two arguments are in the wrong order.
    """
    return Diagnostic(
        f"`{parameter}` of `{name}` is {wanted}", place, given, (Note(declared, "declared here"),), help_text
    )


@code("MC365")
def calls_itself(place: Span, name: str, circle: list[tuple[str, Span]]) -> Diagnostic:
    """a function that calls itself

    Every rulebook ends: no function calls itself, neither directly nor through others. What goes on row by row is
    written with `previous`, over rows that are finite.

    ```yaml
    functions:
      power: {of: {x: ratio, n: integer}, gives: ratio, let: if n == 0 then 1 else x * power(x, n - 1)}
    ```

    Fix: write the closed form: `exp(n * ln(x))`, or a literal power `x ^ 3`.
    """
    notes = tuple(Note(span, f"which calls `{called}`") for called, span in circle)
    return Diagnostic(f"the function `{name}` needs itself", place, "comes back to it", notes,
                      "write the closed form, or go row by row with `previous`")  # fmt: skip


@code("MC366")
def gives_differs(place: Span, name: str, declared: str, inferred: str, body: Span) -> Diagnostic:
    """a function that gives something else than it says

    The type behind `gives:` is what every call counts on, so the expression has to be of that type whatever `$d` is.

    ```yaml
    functions:
      move: {of: {price: $d, share: ratio}, gives: ratio, let: price * share}     # of $d
    ```

    Fix: correct `gives`, or the expression.
    """
    return Diagnostic(
        f"`{name}` gives {inferred}, not {declared}", body, f"is {inferred}", (Note(place, f"declared {declared}"),),
        f"write `gives: {inferred}`, or correct the expression",
    )  # fmt: skip


@code("MC367")
def too_large(place: Span, name: str, limit: int) -> Diagnostic:
    """a function or definition that is too large when its calls are written out

    Functions that call functions multiply: ten that each call the one before twice are a thousand operations. At most
    20,000 are allowed, so that every evaluation is bounded.

    ```yaml
    functions:
      f9: {of: {x: ratio}, gives: ratio, let: f8(x) + f8(x / 2)}
    ```

    Fix: let definitions hold what is needed more than once; they are computed once and remembered.
    """
    return Diagnostic(
        f"`{name}` is more than {limit:,} operations when its calls are written out", place, "too large",
        help="let a definition hold what is needed more than once: it is computed once",
    )  # fmt: skip


@code("MC368")
def variable_outside(place: Span, variable: str) -> Diagnostic:
    """a dimension variable outside of a function

    `$d` stands for any dimension, and only a function has to do with any: a field or a definition has one.

    ```yaml
    observed: {price: $d}                # write USDC/unit
    ```

    Fix: write the dimension.
    """
    return Diagnostic(f"`{variable}` stands in functions only", place, "any dimension?", help="write the dimension")


@code("MC369")
def rows_in_function(place: Span, text: str) -> Diagnostic:
    """a function that reads what it is not given

    A function sees what it is given, and nothing else: so it means the same in every rulebook that imports it.

    ```yaml
    functions:
      worth: {of: {amount: ratio}, gives: USDC, let: amount * asset("HYPE").price}
      worth: {of: {amount: ratio, price: USDC}, gives: USDC, let: amount * price}
    ```

    Fix: take the value as a parameter, and read it where the function is called.
    """
    return Diagnostic(f"a function cannot read `{text}`", place, "not given to it",
                      help="take it as a parameter, and read it where the function is called")  # fmt: skip
