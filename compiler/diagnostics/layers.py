"""Findings about layers that promise to tighten only, and about the reasons for what does not."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Fix, Note, Span

_WAY_OUT = "keep it as tight as before, or say why it loosens with `loosen: REASON`"


@code("MC380")
def unknown_layer(place: Span, text: str) -> Diagnostic:
    """a layer that is none

    A rulebook that extends another may promise one thing about what it replaces: `layer: tighten-only`, requirements
    get higher or collateral lower. Without `layer:` it replaces what it likes.

    ```yaml
    extends: venue.yaml
    layer: tighten          # write: tighten-only
    ```

    Fix: write `tighten-only`, or leave `layer:` out.
    """
    return Diagnostic(
        f"there is no layer `{text[:80]}`", place, "no such layer",
        help="write `tighten-only`, or leave `layer:` out", fixes=(Fix(place, "tighten-only"),),
    )  # fmt: skip


@code("MC381")
def nothing_extended(place: Span) -> Diagnostic:
    """`layer: tighten-only` in a rulebook that extends nothing

    The promise is about what a rulebook replaces of the one it extends. Where nothing is extended, nothing is promised.

    ```yaml
    rulebook: desk
    layer: tighten-only     # tighter than what?
    ```

    Fix: name the rulebook it tightens under `extends:`, or leave `layer:` out.
    """
    return Diagnostic(
        "`layer: tighten-only` is said of a rulebook that extends nothing", place, "tighter than what?",
        help="name the rulebook it tightens under `extends:`",
    )  # fmt: skip


@code("MC382", "warning")
def nothing_promised(place: Span) -> Diagnostic:
    """`loosen` where nothing is promised

    A reason to loosen is asked for in a rulebook with `layer: tighten-only`. Elsewhere it says nothing, and someone may
    believe that changes without it are checked.

    ```yaml
    parameters:
      assets:
        HYPE: { ltv: { value: 65%, loosen: the desk hedges it } }     # in a rulebook without `layer:`
    ```

    Fix: begin the rulebook with `layer: tighten-only`, or write the reason under `about:`.
    """
    return Diagnostic(
        "`loosen` says nothing in a rulebook that does not promise to tighten", place, "says nothing here",
        help="begin the rulebook with `layer: tighten-only`, or write the reason under `about:`",
    )  # fmt: skip


@code("MC383")
def loosens(place: Span, what: str, target: str, label: str, notes: tuple[Note, ...]) -> Diagnostic:
    """a tighten-only layer that loosens

    The rulebook promises that what it replaces makes requirements higher or collateral lower: eligibility only ends,
    haircuts only rise, borrow caps only fall, initial and maintenance margin only rise, and a status that is not the
    last holds more often. This replacement does the opposite, for the row that is named.

    ```yaml
    extends: venue.yaml                 # ltv: 50%
    layer: tighten-only
    parameters:
      assets: { HYPE: { ltv: 60% } }    # borrow_haircut of HYPE 50% -> 40%
    ```

    Fix: keep the value as tight, or write `{ value: 60%, loosen: the desk hedges it }`.
    """
    whom = "what it replaces" if what == f"`{target}`" else f"`{target}`"
    return Diagnostic(f"{what} loosens {whom}", place, label, notes, _WAY_OUT)


@code("MC384")
def not_shown(place: Span, what: str, target: str, label: str, notes: tuple[Note, ...]) -> Diagnostic:
    """a replacement that cannot be shown to tighten

    What a tighten-only layer replaces is compared on every row the rules list, and proved by the signs of what it is
    added to and multiplied with where a snapshot decides. Here neither tells which way the requirement moves: it may be
    tighter, and nobody can promise it.

    ```yaml
    maintenance:
      position:
        maintenance: notional * rate - deduction      # a deduction that rises lowers it; so may this replacement
    ```

    Fix: write it so that it shows, `max(what it was, more)` in a margin and `min(what it was, less)` in a cap; or say
    why with `loosen: REASON`.
    """
    whom = "what it replaces" if what == f"`{target}`" else f"`{target}`"
    return Diagnostic(
        f"{what} cannot be shown to tighten {whom}", place, label, notes,
        "write `max(what it was, more)`, in a cap `min`, in eligibility `and`; or say why with `loosen: REASON`",
    )  # fmt: skip


@code("MC385")
def reaches_nothing(place: Span, what: str, notes: tuple[Note, ...]) -> Diagnostic:
    """a replacement that no requirement depends on

    Neither eligibility nor haircuts, borrow caps, initial or maintenance margin, checks or the status depend on what is
    replaced, so there is nothing by which it could be seen to tighten.

    ```yaml
    layer: tighten-only
    parameters: { base_rate: 6% per year }       # an interest rate: is more of it tighter?
    ```

    Fix: leave it as it was, or say why it changes with `loosen: REASON`.
    """
    return Diagnostic(
        f"{what} cannot be shown to tighten: no requirement depends on it", place, "replaces what was said before",
        notes, "leave it as it was, or say why it changes with `loosen: REASON`",
    )  # fmt: skip


@code("MC386", "warning")
def not_needed(place: Span) -> Diagnostic:
    """a reason to loosen where nothing loosens

    What it stands beside tightens, or replaces nothing. A reason that is not needed hides the next change: whatever is
    written there later is let through.

    ```yaml
    layer: tighten-only
    parameters:
      assets: { HYPE: { ltv: { value: 40%, loosen: agreed } } }      # it was 50%
    ```

    Fix: take `loosen:` away.
    """
    return Diagnostic("`loosen` is not needed: nothing here loosens", place, "not needed", help="take `loosen:` away")


@code("MC387")
def no_reason(place: Span) -> Diagnostic:
    """`loosen` without a reason

    The reason is what a reviewer reads when asking why a rulebook that promises to tighten does not.

    ```yaml
    - effective: 2026-12-01
      loosen:                  # write: the venue's limit is checked before the trade
    ```

    Fix: write the reason, in words.
    """
    return Diagnostic("`loosen` has no reason", place, "empty", help="write the reason in words")


@code("MC388")
def not_compared(place: Span, why: str, help_text: str) -> Diagnostic:
    """a tighten-only layer that cannot be compared

    What a layer replaces is compared with the rules as they are without it. Where those do not check by themselves, or
    where there is too much to compare, the promise cannot be kept.

    ```yaml
    extends: unfinished.yaml      # reads `ltv`, which only this rulebook declares
    layer: tighten-only
    ```

    Fix: mend the rulebook that is extended, or leave `layer:` out.
    """
    return Diagnostic(f"what this layer replaces cannot be compared: {why}", place, "promised here", help=help_text)
