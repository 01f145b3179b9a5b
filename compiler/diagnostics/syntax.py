"""Findings about the text of an expression: what the grammar does not take, and what a person meant by it."""

from __future__ import annotations

import re
from collections.abc import Callable

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Fix, Span

Place = Callable[[int, int], Span]

_RANGE = "write at most 60 digits, grouped with `_`, for a value between 1e-40 and 1e40"
_GROUPS = "digits are grouped with `_`, as in `1_000`; a comma separates arguments"
_POWERS = "write a whole number from -16 to 16; other powers are `exp(y * ln(x))`"


@code("MC150")
def unexpected_text(text: str, position: int, length: int, span: Place, expected: list[str]) -> Diagnostic:
    """unexpected text in an expression

    The expression is right up to the marked place and cannot go on with what stands there.

    ```yaml
    equity: cash + * unrealized
    #              ^ nothing to multiply
    ```

    Fix: the help names what may stand there.
    """
    found = " ".join(text[position : position + length].split())
    way_out = f"here may stand {_listed(expected)}" if expected else "take it out, or see the language reference"
    if found.startswith("'"):
        way_out = 'labels stand in double quotes, as in `margin == "cross"`'
    elif found == "," and re.search(r"\d$", text[:position]) and re.match(r",\d{3}\b", text[position:]):
        way_out = "digits are grouped with `_`, as in `1_000`"
    return Diagnostic(f"`{found}` cannot stand here", span(position, position + length), "not understood", help=way_out)


@code("MC151")
def foreign_operator(text: str, position: int, span: Place, foreign: str, ours: str) -> Diagnostic:
    """an operator of another language

    `&&`, `||`, `!` and `**` are written `and`, `or`, `not` and `^` here; `<>` is `!=`, and keywords are in lower case.
    One way to write each thing, so that a rule reads the same whoever wrote it.

    ```yaml
    collateral: ltv > 0% && cash    # write: ltv > 0% and cash
    ```

    Fix: the one the message names.
    """
    place = span(position, position + len(foreign))
    padded = _padded(text, position, position + len(foreign), ours)
    return Diagnostic(
        f"`{foreign}` is written `{ours}` here", place, "another language's", help=f"write `{ours}`",
        fixes=(Fix(place, padded),), hint=f"write `{ours}`",
    )  # fmt: skip


@code("MC152")
def single_equals(position: int, span: Place) -> Diagnostic:
    """`=` in an expression

    An expression computes and never assigns. Two values are compared with `==`.

    ```yaml
    cross: margin = "cross"     # write: margin == "cross"
    ```

    Fix: `==` compares; a value gets its name on the left of the YAML colon.
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

    Fix: say what holds otherwise, `none` where there is no value. An `if` inside another one has its own `else`.
    """
    return Diagnostic(
        "this `if` has no `else`", place, "what is the value otherwise?",
        help="say what holds otherwise, for example `else 0`",
        fixes=(Fix(insert_at, " else 0"),), hint="add `else 0`",
    )  # fmt: skip


@code("MC154")
def unclosed(place: Span) -> Diagnostic:
    """a parenthesis that is never closed

    Each `(` has its `)`. The one shown is the innermost that has none, though the `)` may be missing further left.

    ```yaml
    cap: max(0, amount          # one `)` short
    ```

    Fix: write `)` where the bracket ends.
    """
    return Diagnostic("this `(` is never closed", place, "opened here", help="close it with `)`")


@code("MC155")
def ends_early(place: Span, last: str) -> Diagnostic:
    """an expression that stops in the middle

    An operator, a comma or a word like `then` is the last thing written, and what it needs is missing. A line further
    down that was meant to go on may be indented too little.

    ```yaml
    equity: cash +              # plus what?
    ```

    Fix: write the missing part; an expression over several lines begins with `>-` behind its name.
    """
    return Diagnostic(f"the expression stops after `{last}`", place, "something must follow",
                      help=f"write what follows `{last}`, or take it out")  # fmt: skip


@code("MC156")
def exponent_number(text: str, position: int, end: int, span: Place) -> Diagnostic:
    """a number with an exponent

    Numbers are written out, with `_` between groups of digits, so that a reviewer counts no zeros.

    ```yaml
    cap: 1e6          # write: 1_000_000
    ```

    Fix: write the digits out. Snapshots, which machines write, may have exponents.
    """
    place = span(position, end)
    return Diagnostic(
        f"`{text[position:end]}` is a number with an exponent", place, "how many zeros?",
        help="write the digits out, `1_000_000` or `0.001`",
    )  # fmt: skip


@code("MC157")
def hash_sign(position: int, span: Place) -> Diagnostic:
    """a `#` inside an expression

    In a folded text (`>-`) a `#` begins no comment: it and what follows would be part of the expression.

    Elsewhere ` #` begins a comment, and that is why it would be read in two ways here.

    ```yaml
    equity: >-
      cash - debt    # this is part of the text
    ```

    Fix: put the comment on a line of its own before the definition, or into `about:`.
    """
    return Diagnostic(
        "`#` begins no comment inside an expression", span(position, position + 1), "part of the text",
        help="put the comment before the definition, or into `about:`",
    )  # fmt: skip


@code("MC158")
def too_complex(place: Span, what: str, limit: int) -> Diagnostic:
    """an expression that is too long or nests too deep

    An expression has at most 20,000 characters and 120 levels (a chain of `+` is a level each). Nobody can review a
    longer one, and the limits keep a made-up one from exhausting the machine.

    ```yaml
    total: a1 + a2 + a3 + a4        # and so on, 300 times
    ```

    Fix: give its parts names, or aggregate over rows: `sum(positions.notional)`.
    """
    return Diagnostic(
        f"the expression {what}, more than {limit:,}", place, "begins here", help="give its parts names, as definitions"
    )


@code("MC159")
def bad_number(place: Span, text: str, why: str) -> Diagnostic:
    """a number outside what the language takes

    Numbers have at most 60 significant digits and are 0 or between 1e-40 and 1e40; exponents of `^` are whole numbers
    from -16 to 16. Digits are grouped with `_`, because a comma separates arguments: `max(0, 1,000)` would compare 0, 1
    and 000. So no number begins with a superfluous 0.

    ```yaml
    cap: min(amount, 1,000)        # write: 1_000
    cubed: side ^ 30               # at most 16
    ```

    Fix: write the number with digits, a point and `_` between groups.
    """
    shown = text if len(text) <= 40 else f"{text[:40]}..."
    way_out = _POWERS if "exponent" in why else _GROUPS if "begins with 0" in why else _RANGE
    return Diagnostic(f"`{shown}` {why}", place, "not a number here", help=way_out)


@code("MC160")
def empty(place: Span) -> Diagnostic:
    """an empty expression

    A name stands without what it means. YAML takes that for an empty text, which would be no error there.

    ```yaml
    equity:            # nothing follows
    equity: cash       # a definition needs an expression
    equity: {type: USDC}   # or a type alone, which leaves it to a child rulebook
    ```
    """
    return Diagnostic(
        "an expression is missing", place, "nothing here", help="write one, or `{type: ...}` to leave it to a child"
    )


def too_long(place: Span, length: int, limit: int) -> Diagnostic:
    return too_complex(place, f"has {length:,} characters", limit)


def too_deep(place: Span, levels: int, limit: int) -> Diagnostic:
    return too_complex(place, f"nests {levels:,} levels", limit)


_FOREIGN = {"&&": "and", "||": "or", "|": "or", "**": "^", "&": "and", "!": "not", "=<": "<=", "=>": ">="}
_BEGUN = {"**": "^", "<>": "!=", "===": "=="}
"""Those of which the grammar takes all but the last character."""
_KEYWORDS = frozenset(("if", "then", "else", "or", "and", "not", "for", "in", "is", "where", "per"))


def unexpected(text: str, position: int, length: int, span: Place, expected: list[str]) -> Diagnostic:
    """The finding for the place at which the grammar gave up: a named mistake where we know it."""
    rest = text[position:]
    for foreign, ours in _FOREIGN.items():
        if rest.startswith(foreign) and not rest.startswith("!="):
            return foreign_operator(text, position, span, foreign, ours)
    for foreign, ours in _BEGUN.items():
        begin = position - len(foreign) + 1
        if begin >= 0 and text.startswith(foreign, begin):
            return foreign_operator(text, begin, span, foreign, ours)
    before = re.search(r"[A-Za-z]+\s*\Z", text[:position])  # `0 AND x`: taken for a unit, and the error is behind it
    for begin, word in ((position, rest[:length]), (before.start(), before.group().strip()) if before else (0, "")):
        if word.lower() in _KEYWORDS and word not in _KEYWORDS:
            return foreign_operator(text, begin, span, word, word.lower())
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
