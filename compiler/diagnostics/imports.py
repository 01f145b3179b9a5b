"""Findings about imports: the prefix they stand under, and how many files there are."""

from __future__ import annotations

from ...program.codes import closest, code
from ...program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC370")
def no_prefix(place: Span, text: str) -> Diagnostic:
    """an import without a plain name before it

    Everything of an imported rulebook is read behind its prefix, `options.black76(...)`, so the prefix is a name:
    letters, digits and `_`, not beginning with a digit.

    ```yaml
    imports:
      black-76: ../lib/options.yaml          # reads as black minus 76
      options: ../lib/options.yaml
    ```

    Fix: write a name.
    """
    return Diagnostic(f"`{text[:80]}` is no prefix", place, "no plain name", help="letters, digits and `_`: `options`")


@code("MC371")
def prefix_twice(place: Span, prefix: str, first: Span) -> Diagnostic:
    """one prefix for two files

    The rulebook, or one it extends, imports another file under this prefix. Which of them a name behind it means could
    not be told.

    ```yaml
    imports: {options: ../lib/options.yaml}     # base.yaml
    imports: {options: ../lib/exotic.yaml}      # extends base.yaml
    ```

    Fix: take another prefix.
    """
    return Diagnostic(f"`{prefix}` stands for another file already", place, "the second",
                      (Note(first, "the first"),), "take another prefix")  # fmt: skip


@code("MC372")
def too_many_files(place: Span, limit: int) -> Diagnostic:
    """a rulebook of too many files

    At most 64 files make one rulebook, with all they extend and import.

    ```yaml
    imports: {a: a.yaml, b: b.yaml}       # each of which imports two more, and so on
    ```

    Fix: import what is used; put what belongs together into one file.
    """
    return Diagnostic(f"more than {limit} files make this rulebook", place, "one too many", help="import less")


@code("MC373")
def prefix_taken(place: Span, prefix: str, what: str) -> Diagnostic:
    """a prefix that means something else

    `evm.price` would be the price of `evm`, or what the import calls `price`: so no kind, field, parameter, definition
    or function is called like a prefix.

    ```yaml
    imports: {asset: ../lib/assets.yaml}      # `asset` is a kind
    ```

    Fix: take another prefix.
    """
    return Diagnostic(f"`{prefix}` is {what} already", place, "taken", help="take another prefix")


@code("MC374")
def nothing_to_replace(place: Span, name: str, known: list[str]) -> Diagnostic:
    """a definition behind a prefix that replaces nothing

    A definition of the account with a prefix, `evm.debt`, replaces the one that the import has. An import has no other
    definitions than those of its file, so a name it does not have is a slip of the pen.

    ```yaml
    imports: {evm: loan.yaml}
    formulas:
      account:
        evm.detb: 0 USD         # loan.yaml has `debt`
    ```

    Fix: correct the name, or take one without a dot for a definition of this rulebook.
    """
    meant = closest(name, known)
    help_text = f"did you mean `{meant}`?" if meant else "a definition of this rulebook has a name without a dot"
    fixes = (Fix(place, meant),) if meant else ()
    return Diagnostic(f"`{name}` replaces nothing", place, "not in the import", (), help_text, fixes)


@code("MC375")
def each_differs(place: Span, given: str, each: str, first: Span) -> Diagnostic:
    """a kind whose rows are called otherwise than before

    One row of a kind has one name, in all layers that say something of the kind. Behind a prefix the name has it too.

    ```yaml
    imports: {evm: loan.yaml}       # its assets say `each: asset`
    model:
      evm.assets: {each: asset, parameters: {tier: ratio = 0%}}          # here it is `evm.asset`
    ```

    Fix: write the name that is there.
    """
    return Diagnostic(f"one of these rows is called `{each}`, not `{given}`", place, "another name",
                      (Note(first, "called so here"),), f"write `each: {each}`", (Fix(place, each),))  # fmt: skip
