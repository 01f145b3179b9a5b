"""Findings about the shape of a rulebook file: which keys stand where, with what kind of value (MC131 to MC139)."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Fix, Span


@code("MC131")
def unknown_key(span: Span, key: str, owner: str, allowed: list[str], meant: str | None) -> Diagnostic:
    """a key that does not exist

    A block has a fixed set of keys, and this one is not among them. It would have no effect, and what its author
    wanted would silently not hold; so no unknown key is accepted anywhere.

    Example: `formula:` at the outermost level, where the section is called `formulas:`.

    Fix: the message names the nearest key, or all keys the block takes. Notes belong under `about:` or in a
    comment.
    """
    message = f"`{_short(key)}` is not a key of {_with_article(owner)}"
    if meant is None:
        return Diagnostic(message, span, "unknown key", help=f"it takes {_listed(allowed)}")
    question = f"did you mean `{meant}`?"
    return Diagnostic(message, span, "unknown key", help=question, hint=question, fixes=(Fix(span, meant),))


@code("MC132")
def missing_key(span: Span, key: str, owner: str, message: str) -> Diagnostic:
    """a key is missing

    A block lacks a key without which it means nothing: a rulebook its name, a kind the word for one of its rows,
    an amendment its date.

    Example:

        model:
          assets:
            observed: { price: USDC/unit }

    Fix: add the key the message names; here `each: asset`.
    """
    return Diagnostic(
        message or f"{_with_article(owner)} needs `{key}`",
        span,
        f"`{key}` is missing",
        help=f"add `{key}:` to this block",
    )


@code("MC133")
def wrong_shape(span: Span, name: str, what: str, wanted: str) -> Diagnostic:
    """a value of the wrong kind

    Where a block of keys belongs stands a single text, or a list, or nothing; or the other way round. A frequent
    cause: a definition written right under its section, without the scope between them.

    Example:

        haircuts:
          borrow_haircut: 1 - ltv

    Fix: write what the message asks for; here `asset:` above the definition, and the definition indented below.
    """
    way_out = f"write {wanted or 'another value'}"
    return Diagnostic(f"{_named(name)} is {what}", span, f"is {what}", help=way_out, hint=way_out)


@code("MC134")
def not_one_of(span: Span, text: str, name: str, allowed: list[str], meant: str | None, message: str) -> Diagnostic:
    """a value that is not among the possible ones

    Some keys take one of a few words, and this is none of them.

    Example: `severity: fatal`, where a check is an `error` or a `warning`.

    Fix: choose one of the words the message lists.
    """
    way_out = f"write {_listed(allowed)}"
    message = message or f"`{_short(text)}` is not {_with_article(name)}"
    if meant is None:
        return Diagnostic(message, span, help=way_out, hint=way_out)
    question = f"did you mean `{meant}`?"
    return Diagnostic(message, span, help=question, hint=question, fixes=(Fix(span, meant),))


@code("MC135")
def wrong_count(span: Span, name: str, wanted: str) -> Diagnostic:
    """too many or too few entries

    A list or block that needs entries has none, or one that takes a single entry has several.

    Example: `status: []`, a ladder without a rung; or `outputs: [{ margin_ratio: ratio, equity: equity }]`, two
    labels in one item.

    Fix: add what is missing, or write one entry an item.
    """
    return Diagnostic(f"{_named(name)} has the wrong number of entries", span, help=f"write {wanted}")


@code("MC136")
def excluded(span: Span, message: str) -> Diagnostic:
    """two keys that exclude each other

    A definition is an expression (`let:`) or a decision by cases (`cases:`), and a case has a condition or is the
    last one (`else:`). With both in one block, one of them would be ignored.

    Example: `- { when: size > 0, else: 0 }`

    Fix: delete one of the two, or make two entries of them.
    """
    return Diagnostic(message, span, "one key too many", help="delete this key, or the one it excludes")


@code("MC137")
def else_not_last(span: Span) -> Diagnostic:
    """an `else` before the last case

    Cases are tried from the top, and `else` always holds: what stands below it could never be reached.

    Example:

        cases:
          - else: 0
          - when: size > 0
            then: size

    Fix: move the `else` to the end of the list, and keep only one.
    """
    return Diagnostic("cases below `else` are never reached", span, help="move `else` to the end, and keep only one")


@code("MC139")
def other_shape(span: Span) -> Diagnostic:
    """a file of another shape

    The file does not fit the schema of rulebooks, in a way no other finding describes.

    Example: none is known; please report the file.

    Fix: compare it with a shipped rulebook (`marginc list`), or point your editor at `rulebook.schema.json`.
    """
    return Diagnostic(
        "this does not have the shape of a rulebook",
        span,
        help="compare it with a shipped rulebook, see `marginc list`",
    )


def _named(name: str) -> str:
    return f"`{_short(name)}`" if name else "this entry"


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


def _with_article(noun: str) -> str:
    noun = noun or "block"
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _listed(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words[:-1]) + (" or " if len(words) > 1 else "") + f"`{words[-1]}`"
