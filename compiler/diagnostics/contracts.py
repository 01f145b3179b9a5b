"""Findings about section contracts that the shipped parameters already break."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Fix, Note, Span


@code("MC312")
def share_broken(
    place: Span, name: str, above: bool, label: str, notes: tuple[Note, ...], fixes: tuple[Fix, ...], hint: str
) -> Diagnostic:
    """a haircut outside 0 % to 100 %

    A haircut is the share of an asset's value that does not count. Below 0 % the asset would count for more than it is
    worth, above 100 % it would be a debt.

    ```yaml
    parameters:
      assets:
        HYPE: {ltv: 130%}
    haircuts:
      asset:
        borrow_haircut: 1 - ltv        # -30% for HYPE
    ```

    Correct the parameter, or bound the haircut: `clamp(1 - ltv, 0%, 100%)`.
    """
    side = "above 100%" if above else "below 0%"
    way_out = "a share of an asset's value is at most 100%"
    help_text = f"{way_out}; {hint}" if hint else f"{way_out}: correct the parameter, or bound the haircut with `clamp`"
    return Diagnostic(f"haircut `{name}` can be {side}", place, label, notes, help_text, fixes, hint)


@code("MC313")
def negative(place: Span, name: str, section: str, label: str, notes: tuple[Note, ...]) -> Diagnostic:
    """a negative cap or margin

    Borrow caps, initial and maintenance margin are not negative; no limit at all is `none`.

    ```yaml
    USDC: {user_borrow_cap: -5}       # 0 borrows nothing, none has no cap
    ```
    """
    what = "borrow cap" if section == "borrow_caps" else f"{section} margin"
    way_out = "write 0 to allow nothing, or none for no cap" if section == "borrow_caps" else "a margin is 0 or more"
    return Diagnostic(f"{what} `{name}` can be below 0", place, label, notes, way_out)
