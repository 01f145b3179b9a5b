"""Numbers as they are written: thousands apart by `_`, no zeros at the end of a fraction, units as they came."""

from __future__ import annotations

import re

_QUANTITY = re.compile(
    r"\s*(?P<sign>[+-]?)(?P<number>\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?)(?:/(?P<below>\d+(?:_\d+)*))?"
    r"\s*(?P<suffix>%|[A-Za-z_][A-Za-z0-9_]*)?(?:\s+per\s+(?P<per>[A-Za-z_]+))?\s*\Z",
    re.ASCII,
)
"""A value under `parameters`, as `program.literal.quantity` reads it."""
_MOST_DIGITS = 60


def canonical_number(text: str) -> str:
    """`1_000_000` for `1000000`, `0.05` for `0.050`, `5` for `5.0`; the same value always.

    text   digits, with or without a point and `_`
    """
    whole, _, fraction = text.replace("_", "").partition(".")
    if len(whole) > _MOST_DIGITS:
        return text
    fraction = fraction.rstrip("0")
    return f"{int(whole):_}" + (f".{fraction}" if fraction else "")


def canonical_quantity(text: str) -> str:
    """A number with its unit: `50%` for `50 %`, `20 USDC` for `20USDC`; text that is no number as it is."""
    match = _QUANTITY.match(text)
    if match is None:
        return text
    number = ("-" if match["sign"] == "-" else "") + canonical_number(match["number"])
    if match["below"]:
        number += f"/{canonical_number(match['below'])}"
    suffix = match["suffix"] or ""
    if suffix and suffix not in ("%", "bp"):
        number += _gap_before(match, suffix)
    return number + suffix + (f" per {match['per']}" if match["per"] else "")


def _gap_before(match: re.Match[str], suffix: str) -> str:
    """A short unit of time stands at its number (`8h`) where it was written so; a currency never does."""
    attached = match.start("suffix") == max(match.end("number"), match.end("below"))
    return "" if attached and suffix in SHORT_UNITS else " "


SHORT_UNITS = frozenset({"s", "min", "h", "d", "y"})
