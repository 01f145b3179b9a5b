"""Findings about numbers that are rounded to 50 digits, where rules ask whether they are exactly something."""

from __future__ import annotations

from ...program.codes import code
from ...program.diagnostic import Diagnostic, Span


@code("MC350", severity="warning")
def compared(place: Span, function: str, text: str) -> Diagnostic:
    """an approximate number tested for equality

    Results of `sqrt`, `exp`, `ln` and `normal_cdf` are rounded to 50 digits. Two ways to the same number can differ in
    the last of them.

    ```yaml
    exact: sqrt(x) ^ 2 == x                  # may be false
    exact: round(sqrt(x) ^ 2, 0.000001) == x
    ```

    Fix: `round` with a step before the comparison, or compare with `<` and `>`.
    """
    return Diagnostic(f"`{text}` is approximate, by `{function}`: whether it equals something may surprise", place,
                      "compares all 50 digits", help=f"`round` it to a step first: `round({text}, STEP)`")  # fmt: skip


@code("MC351", severity="warning")
def rounded(place: Span, rounding: str, function: str, text: str) -> Diagnostic:
    """an approximate number rounded down, up or towards zero

    Results of `sqrt`, `exp`, `ln` and `normal_cdf` are rounded to 50 digits, to either side. What should be exactly a
    multiple of the step can come out a trifle below it, and `floor` then gives the multiple before.

    ```yaml
    lots: floor(exp(ln(8)), 1)               # 7 where exp(ln(8)) comes out as 7.99...9
    lots: floor(round(exp(ln(8)), 0.000001), 1)
    ```

    Fix: `round` with a finer step first.
    """
    return Diagnostic(
        f"`{text}` is approximate, by `{function}`, and `{rounding}` may give the multiple beside",
        place,
        "a step too far",
        help=f"`round` it to a finer step first: `{rounding}(round({text}, FINER), ...)`",
    )
