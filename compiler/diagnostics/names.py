"""Findings about names in expressions."""

from __future__ import annotations

from ...program.codes import closest, code
from ...program.diagnostic import Diagnostic, Fix, Note, Span

_MOST_NAMES = 500
"""Names that are compared with a misspelt one; comparing is slow, and a hostile file has thousands."""


@code("MC203")
def unknown_name(place: Span, name: str, visible: list[str], elsewhere: str, quoted: Span | None = None) -> Diagnostic:
    """a name that means nothing here

    A bare name is a binder, a field or definition of the scope's own rows, a parameter of the rulebook, or a
    collection. Values of other rows are read through the row: `account.equity` from a position, `asset.price` from a
    balance, `p.size` for a binder.

    ```yaml
    formulas:
      balance:
        value: amount * price        # asset.price
    ```

    A label alone needs quotes of its own, because YAML takes the outer ones: `then: '"long"'`.

    Fix: correct the name, or read the value through its row.
    """
    if quoted is not None:
        label = f"'\"{name}\"'"
        return Diagnostic(f"`{name}` means nothing here", quoted, "a name: YAML takes the quotes",
                          help=f"a label alone is written `{label}`",
                          fixes=(Fix(quoted, label),), hint=f"write `{label}`")  # fmt: skip
    meant = elsewhere or closest(name, visible[:_MOST_NAMES])
    if meant:
        return Diagnostic(f"`{name}` means nothing here", place, "unknown name", help=f"did you mean `{meant}`?",
                          fixes=(Fix(place, meant),), hint=f"did you mean `{meant}`?")  # fmt: skip
    return Diagnostic(f"`{name}` means nothing here", place, "unknown name",
                      help="a bare name is the scope's own, a binder, a parameter or a collection")  # fmt: skip


@code("MC221")
def two_meanings(place: Span, name: str, meanings: list[str]) -> Diagnostic:
    """a bare name with two meanings

    Nothing shadows anything, so a bare name that could be two values is neither.

    ```yaml
    parameters:
      ltv: 50%                       # the rulebook's own
    haircuts:
      asset:
        borrow_haircut: 1 - ltv      # this one, or the asset's?
    ```

    Fix: read the value through its row (`asset.ltv`, `account.x`), or rename one of the two.
    """
    return Diagnostic(f"`{name}` means two things here", place, " and ".join(meanings),
                      help="read it through its row, or rename one")  # fmt: skip


@code("MC222")
def unknown_member(place: Span, kind: str, name: str, known: list[str]) -> Diagnostic:
    """a row that has no such value

    ```yaml
    value: amount * asset.prise      # did you mean price?
    ```

    A row has the fields its kind declares and the definitions on its scope.

    Fix: correct the name, or define the value on that scope.
    """
    meant = closest(name, known)
    help_text = f"did you mean `{meant}`?" if meant else f"its names are {', '.join(sorted(set(known))[:12])}"
    return Diagnostic(f"`{kind}` has no `{name}`", place, "unknown name", help=help_text,
                      fixes=(Fix(place, meant),) if meant else (), hint=help_text)  # fmt: skip


@code("MC223")
def unknown_function(place: Span, name: str, known: list[str]) -> Diagnostic:
    """a function that does not exist

    Functions are `abs min max clamp sqrt exp ln normal_cdf default floor ceil trunc round slices bracket`, aggregations
    `sum min max count any all argmin argmax`, and a kind's name reads a row by its key: `asset("USDC")`.

    ```yaml
    equity: maximum(0, cash - debt)        # max
    ```

    Fix: use one of these; a longer computation gets a name as a definition.
    """
    meant = closest(name, known)
    help_text = f"did you mean `{meant}`?" if meant else f"functions are {', '.join(known)}"
    return Diagnostic(f"there is no function `{name}`", place, "unknown", help=help_text,
                      fixes=(Fix(place, meant),) if meant else (), hint=help_text)  # fmt: skip


@code("MC224")
def no_account_here(place: Span, plural: str, scope: str) -> Diagnostic:
    """an account's rows in a scope that no account reaches

    A definition on `asset` is computed once for all accounts, so it cannot read one account's rows.

    ```yaml
    formulas:
      asset:
        held: sum(b.amount for b in balances)        # whose?
    ```

    Fix: put the definition on `account`, or on `account, asset` for a value of each pair.
    """
    return Diagnostic(f"`{plural}` belong to an account, and `{scope}` to none", place, "whose?",
                      help=f"put the definition on `account` or on `account, {scope}`")  # fmt: skip


@code("MC225")
def index_not_clear(place: Span, name: str, kind: str, count: int, ways: list[str]) -> Diagnostic:
    """a definition on several kinds, read where one of its rows is not clear

    A definition on `position, shock` read through a position takes the shock of the scope, or of the one binder over
    shocks around it. With none around, or two, nobody could say which is meant.

    ```yaml
    worst: max(positions.pnl)                                          # in which shock?
    worst: max(sum(positions.pnl) for s in shocks)
    ```

    Fix: read it where exactly one such row is the scope's own, or bound by `for ... in`.
    """
    what = "none is here" if count == 0 else f"{count} are here"
    through = " or ".join(f"`{way}.{name}`" for way in ways[:3])
    return Diagnostic(
        f"`{name}` needs one `{kind}`, and {what}",
        place,
        f"of which {kind}?",
        help=f"read it through its row: {through}"
        if through
        else f"read it on a scope with `{kind}`, or inside `for ... in` over the rows of that kind",
    )


@code("MC226")
def unknown_scope(place: Span, text: str, known: list[str]) -> Diagnostic:
    """a scope that names no kind

    Definitions stand under the name of one row: `asset:`, `position:`, `account:`, or several: `account, asset:`. That
    name is the one the model gives behind `each:`, not the plural.

    ```yaml
    formulas:
      balances:            # write: balance
        value: amount * asset.price
    ```

    Fix: write the name of one row, or `account`.
    """
    meant = closest(text, known)
    help_text = f"did you mean `{meant}`?" if meant else f"scopes are {', '.join(known)}"
    return Diagnostic(f"`{text}` is no kind of row", place, "unknown scope", help=help_text,
                      fixes=(Fix(place, meant),) if meant else (), hint=help_text)  # fmt: skip


@code("MC227")
def unknown_output(place: Span, text: str, known: list[str]) -> Diagnostic:
    """an output that is no definition

    `outputs:` lists what results show: definitions of the account by their name alone, others with their scope.

    ```yaml
    outputs: [equty, position.maintenance]        # did you mean equity?
    ```

    Fix: correct the name, or define the value.
    """
    meant = closest(text, [name for name in known if name != text])
    help_text = f"did you mean `{meant}`?" if meant else "name a definition of the account, or `scope.name`"
    return Diagnostic(f"there is no definition `{text}`", place, "unknown", help=help_text,
                      fixes=(Fix(place, meant),) if meant else (), hint=help_text)  # fmt: skip


_LONGEST_WAY = 8
"""Steps of a cycle that a message shows."""


@code("MC228")
def cycle(place: Span, name: str, steps: list[tuple[str, Span]]) -> Diagnostic:
    """definitions that need each other

    Each value is computed from others, and never from itself. Only `previous` lets a definition read itself, on the row
    before.

    ```yaml
    equity: cash - required
    required: max(0, cash - equity)      # equity needs required, required needs equity
    ```

    Fix: compute one of them from values that need neither.
    """
    names = [step for step, _ in steps]
    if len(names) > _LONGEST_WAY:
        names = [*names[: _LONGEST_WAY - 1], f"{len(names) - _LONGEST_WAY} more", names[-1]]
    way = " -> ".join([*names, steps[0][0]])
    notes = tuple(Note(span, f"`{step}` is read here") for step, span in steps[1:_LONGEST_WAY])
    return Diagnostic(f"`{name}` needs itself: {way}", place, "comes back here", notes,
                      "let one of them be computed from something else")  # fmt: skip


@code("MC229")
def binder_taken(place: Span, name: str) -> Diagnostic:
    """a binder whose name already means something

    Nothing shadows anything: inside an aggregation, bare names keep their meaning, so the binder needs a fresh name.

    ```yaml
    total: sum(equity.size for equity in positions)        # equity is a definition
    total: sum(p.size for p in positions)
    ```

    Fix: choose another name, usually the first letter of the row.
    """
    return Diagnostic(
        f"`{name}` already means something here", place, "taken", help="choose another name for the binder"
    )


@code("MC230")
def several_account_kinds(place: Span, text: str) -> Diagnostic:
    """a scope with two kinds of account rows

    A scope is one kind or several, at most one of them an account's: an account with 1,000 balances and 1,000 positions
    would have a million pairs. Pairs are written where they are added up, with binders.

    ```yaml
    formulas:
      balance, position:                # write on `balance`, and aggregate over positions
        hedge: amount * position.delta
    ```

    Fix: keep one account kind in the scope, and aggregate over the other.
    """
    return Diagnostic(f"`{text}` crosses two kinds of account rows", place, "too many pairs",
                      help="keep one account kind in the scope, and aggregate over the other")  # fmt: skip


@code("MC288")
def chosen_row(place: Span, kind: str) -> Diagnostic:
    """a quantity of a row that was chosen on the spot

    `if`, `default`, `argmin` and `argmax` give one of several rows. A quantity counts units of its row, and a row
    chosen on the spot has no name to tell them by: two such quantities could be of different assets.

    ```yaml
    cap: argmax(a.price * a.cap for a in assets).cap      # units of which asset?
    largest: argmax(a.price * a.cap for a in assets)      # a definition has a name
    worth: largest.cap * largest.price
    ```

    Give the choice a definition of its own, and read the quantity through it.
    """
    return Diagnostic(f"this {kind} is chosen on the spot, and its units have no name", place, "units of which row?",
                      help="give the choice a definition of its own, and read through that")  # fmt: skip
