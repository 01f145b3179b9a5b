"""Instants from ISO 8601 text, exactly: seconds since 1970 UTC, never a float."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from ...program.number import plain

_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,12}))?)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?)?\Z",
    re.ASCII,
)
_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_FIRST = (date.min.toordinal() - _EPOCH) * _DAY
_END = (date.max.toordinal() - _EPOCH + 1) * _DAY
_LONGEST = 64


class InstantError(ValueError):
    """Text that is not an instant; the message goes on after "which" or "`as_of`"."""


def read_instant(text: str) -> Decimal:
    """Seconds since 1970 UTC. A date alone is 00:00 UTC; a time needs its zone. Raises InstantError."""
    found = _ISO.match(text) if len(text) <= _LONGEST else None
    if found is None:
        raise InstantError("is not a date or an instant in ISO 8601")
    year, month, day, hour, minute, second, fraction, zulu, sign, zone_hour, zone_minute = found.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        raise InstantError("is not a day of the calendar") from None
    if hour is None:
        return Decimal(days * _DAY)
    if not (zulu or sign):
        raise InstantError("does not say its zone; `Z` at the end is UTC")
    if (
        int(hour) > 23
        or int(minute) > 59
        or int(second or 0) > 59
        or int(zone_hour or 0) > 23
        or int(zone_minute or 0) > 59
    ):
        raise InstantError("is not a time of the day")
    seconds = days * _DAY + int(hour) * 3600 + int(minute) * 60 + int(second or 0)
    offset = int(zone_hour or 0) * 3600 + int(zone_minute or 0) * 60
    whole = seconds + offset if sign == "-" else seconds - offset
    if not _FIRST <= whole < _END:
        raise InstantError("is outside the years 1 to 9999 in UTC")
    return Decimal(whole) + Decimal(f"0.{fraction or 0}")


def instant_range() -> tuple[int, int]:
    """The first instant that can be written, and the first that cannot any more, in seconds since 1970."""
    return _FIRST, _END


def instant_text(seconds: Decimal) -> str:
    """The instant in UTC, `2026-09-08T04:25:36Z`; fractions of a second as many digits as they need."""
    whole = int(seconds // 1) - (1 if seconds < 0 and seconds % 1 else 0)
    fraction = plain(seconds - whole)[1:]
    days, rest = divmod(whole, _DAY)
    day = date.fromordinal(days + _EPOCH)
    return f"{day.isoformat()}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}{fraction}Z"
