"""Findings about the text of an expression: what the grammar does not take, and what a person meant by it."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Fix, Span

Place = Callable[[int, int], Span]


@code("MC150")
def unexpected_text(text: str, position: int, length: int, span: Place, expected: list[str]) -> Diagnostic:
    """unexpected text in an expression

    The expression is right up to the marked place and cannot go on with what stands there.

    ```yaml
    equity: cash + * unrealized
    #              ^ nothing to multiply
    ```

    The help names what may stand there.
    """
    found = " ".join(text[position : position + length].split())
    way_out = f"here may stand {_listed(expected)}" if expected else "take it out, or see the language reference"
    return Diagnostic(
        f"`{found}` cannot stand here", span(position, position + length), "not understood", help=way_out
    )


@code("MC151")
def foreign_operator(text: str, position: int, span: Place, foreign: str, ours: str) -> Diagnostic:
    """an operator of another language

    `&&`, `||`, `!` and `**` are written `and`, `or`, `not` and `^` here.

    ```yaml
    collateral: ltv > 0% && cash    # write: ltv > 0% and cash
    ```
    """
    place = span(position, position + len(foreign))
    padded = _padded(text, position, position + len(foreign), ours)
    return Diagnostic(
        f"`{foreign}` is written `{ours}` here", place, "", help=f"write `{ours}`",
        fixes=(Fix(place, padded),), hint=f"write `{ours}`",
    )  # fmt: skip


@code("MC152")
def single_equals(position: int, span: Place) -> Diagnostic:
    """`=` in an expression

    An expression computes and never assigns. Two values are compared with `==`.

    ```yaml
    cross: margin = "cross"     # write: margin == "cross"
    ```
    """
    place = span(position, position + 1)
    return Diagnostic(
        "`=` does not compare", place, "an expression never assigns", help="compare with `==`",
        fixes=(Fix(place, "=="),), hint="write `==`",
    )  # fmt: skip


@code("MC153")
def missing_else(place: Span, insert_at: Span) -> Diagnostic:
    """an `if` without `else`

    Every expression has a value in every case, so an `if` says what holds otherwise.

    ```yaml
    counted: if asset.collateral then amount          # otherwise?
    counted: if asset.collateral then amount else 0
    ```
    """
    return Diagnostic(
        "this `if` has no `else`", place, "what is the value otherwise?",
        help="say what holds otherwise, for example ` else 0`",
        fixes=(Fix(insert_at, " else 0"),), hint="add `else 0`",
    )  # fmt: skip


@code("MC154")
def unclosed(place: Span) -> Diagnostic:
    """a parenthesis that is never closed

    ```yaml
    cap: max(0, amount          # one `)` short
    ```
    """
    return Diagnostic("this `(` is never closed", place, "opened here", help="close it with `)`")


@code("MC155")
def ends_early(place: Span, last: str) -> Diagnostic:
    """an expression that stops in the middle

    ```yaml
    equity: cash +              # plus what?
    ```
    """
    return Diagnostic(f"the expression stops after `{last}`", place, "something must follow", help="finish it")


@code("MC156")
def exponent_number(text: str, position: int, end: int, span: Place) -> Diagnostic:
    """a number with an exponent

    Numbers are written out, with `_` between groups of digits, so that a reviewer counts no zeros.

    ```yaml
    cap: 1e6          # write: 1_000_000
    ```
    """
    place = span(position, end)
    return Diagnostic(
        f"`{text[position:end]}` is a number with an exponent", place, "",
        help="write the digits out, `1_000_000` or `0.001`",
    )  # fmt: skip


@code("MC157")
def hash_sign(position: int, span: Place) -> Diagnostic:
    """a `#` inside an expression

    In a folded text (`>-`) a `#` begins no comment: it and what follows would be part of the expression.

    Put the comment on a line of its own before the definition, or into `about:`.
    """
    return Diagnostic(
        "`#` begins no comment inside an expression", span(position, position + 1), "",
        help="put the comment before the definition, or into `about:`",
    )  # fmt: skip


@code("MC158")
def too_complex(place: Span, what: str, limit: int) -> Diagnostic:
    """an expression that is too long or nests too deep

    An expression has at most 20,000 characters and 120 levels (a chain of `+` is a level each). Nobody can review a
    longer one; give its parts names.
    """
    return Diagnostic(
        f"the expression {what}, more than {limit:,}", place, "", help="give its parts names, as definitions"
    )


@code("MC159")
def bad_number(place: Span, why: str) -> Diagnostic:
    """a number outside what the language takes

    Numbers have at most 60 significant digits and are 0 or between 1e-40 and 1e40; exponents of `^` are whole numbers
    from -16 to 16, written as digits.
    """
    return Diagnostic(f"a number in this expression {why}", place, help="numbers have at most 60 significant digits")


@code("MC160")
def empty(place: Span) -> Diagnostic:
    """an empty expression

    ```yaml
    equity:            # nothing follows
    equity: cash       # a definition needs an expression
    equity: {type: USDC}   # or a type alone, which leaves it to a child rulebook
    ```
    """
    return Diagnostic("an expression is missing", place, "nothing here", help="write one, or `{type: ...}` to leave it to a child")


def too_long(place: Span, length: int, limit: int) -> Diagnostic:
    return too_complex(place, f"has {length:,} characters", limit)


def too_deep(place: Span, limit: int) -> Diagnostic:
    return too_complex(place, "nests deeper than a person can follow", limit)


_FOREIGN = {"&&": "and", "||": "or", "**": "^", "&": "and", "!": "not"}


def unexpected(text: str, position: int, length: int, span: Place, expected: list[str]) -> Diagnostic:
    """The finding for the place at which the grammar gave up: a named mistake where we know it."""
    rest = text[position:]
    for foreign, ours in _FOREIGN.items():
        if rest.startswith(foreign) and not rest.startswith("!="):
            return foreign_operator(text, position, span, foreign, ours)
    if rest.startswith("*") and text[position - 1 : position] == "*":
        return foreign_operator(text, position - 1, span, "**", "^")
    if rest.startswith("="):
        return single_equals(position, span)
    if rest.startswith("#"):
        return hash_sign(position, span)
    number = re.search(r"(?<![\w.])\d[\d_.]*[eE]([+-]?\d+)$", text[: position + 1 + length].rstrip())
    if number:
        return exponent_number(text, number.start(), number.end(), span)
    return unexpected_text(text, position, length, span, expected)


def _padded(text: str, start: int, end: int, word: str) -> str:
    if not word.isalpha():
        return word
    before = "" if start == 0 or text[start - 1].isspace() or text[start - 1] == "(" else " "
    after = "" if text[end : end + 1].isspace() else " "
    return f"{before}{word}{after}"


def _listed(words: list[str]) -> str:
    quoted = [word if " " in word else f"`{word}`" for word in words]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
