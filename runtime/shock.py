"""Price shocks: the same snapshot with the prices of some rows moved by a share, exactly."""

from __future__ import annotations

import decimal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from ..program.dimension import TIME, Path, Unit
from ..program.number import EXACT, ONE, NumberError, Ratio, multiply, read_number
from ..program.program import Constant, Field, Kind, Program
from ..program.types import Number
from .snapshot.data import Snapshot

_LOWEST = Decimal(-1)
_LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class Shock:
    """Every price of the rows named `key` times `factor` (`HYPE -30%` is 0.7), whatever kind they are of."""

    key: str
    factor: Decimal


class ShockError(ValueError):
    """Text that is not a price shock; the message says how to write one."""


def parse_shock(text: str) -> Shock:
    """One shock, as `HYPE -30%`. Raises ShockError."""
    shocks = parse_shocks(text)
    if len(shocks) > 1:
        raise ShockError(f"`{_short(text)}` names several shocks where one is expected")
    return shocks[0]


def parse_shocks(text: str) -> tuple[Shock, ...]:
    """Shocks separated by commas, as `ZEC -70%, HYPE +10%`, each row once. Raises ShockError."""
    if len(text) > _LONGEST:
        raise ShockError(f"a shock of {len(text)} characters is more than can be meant; write one as `HYPE -30%`")
    shocks: dict[str, Shock] = {}
    for part in text.split(","):
        shock = _parse_one(part.strip())
        if shock.key in shocks:
            raise ShockError(f"`{_short(shock.key)}` is shocked twice; write one move for it")
        shocks[shock.key] = shock
    return tuple(shocks.values())


def apply_shock(snapshot: Snapshot, program: Program, shocks: Iterable[Shock]) -> tuple[Snapshot, frozenset[str]]:
    """The snapshot with every price of the shocked rows moved, and the keys of shocks that found a price.

    A price is an observed field of a reference kind in something per unit of the row itself (`USDC/unit`).
    """
    factors = {shock.key: shock.factor for shock in shocks}
    found: set[str] = set()
    reference = dict(snapshot.reference)
    for kind in program.kinds.values():
        prices = [field.name for field in kind.fields if is_price(kind, field)]
        rows = snapshot.reference.get(kind.name, {})
        moved = {key: _move(rows[key], prices, factor) for key, factor in factors.items() if key in rows}
        changed = {key: row for key, row in moved.items() if row is not rows[key]}
        if changed:
            found.update(changed)
            reference[kind.name] = {**rows, **changed}
    return replace(snapshot, reference=reference), frozenset(found)


def is_price(kind: Kind, field: Field) -> bool:
    """Whether this field is an amount of something per one unit of its own row."""
    if kind.role != "reference" or field.origin != "observed" or not isinstance(field.type, Number):
        return False
    own = Unit(Path(kind.name))
    powers = dict(field.type.dimension.factors) if field.type.dimension else {}
    own_power = powers.pop(own, 0)
    return own_power == -1 and bool(powers) and all(power > 0 and atom != TIME for atom, power in powers.items())


def _move(row: Mapping[str, Constant], prices: list[str], factor: Decimal) -> Mapping[str, Constant]:
    """The row with its prices times `factor`; the very same row where it has none."""
    moved: dict[str, Constant] = {}
    with decimal.localcontext(EXACT):
        for name in prices:
            price = row.get(name)
            if isinstance(price, Decimal | Ratio):
                moved[name] = multiply(price, factor)
    return {**row, **moved} if moved else row


def _parse_one(text: str) -> Shock:
    if not text:
        raise ShockError("a shock is missing; write one as `HYPE -30%`")
    words = text.rsplit(maxsplit=1)
    if len(words) < 2:
        raise ShockError(f"`{_short(text)}` is not a shock; write a row's key, a space and a move, as `HYPE -30%`")
    key, move = words
    if not move.endswith("%"):
        raise ShockError(f"`{_short(move)}` is not a move in per cent; write `{_short(key)} -30%`")
    if move[0] not in "+-":
        raise ShockError(
            f"`{_short(move)}` does not say up or down; write `{_short(key)} +{_short(move)}` or `-{_short(move)}`"
        )
    try:
        share = read_number(move[:-1]).scaleb(-2, EXACT)
    except NumberError as error:
        raise ShockError(f"`{_short(move)}` {error}; write a move as `{_short(key)} -30%`") from None
    if share < _LOWEST:
        raise ShockError(
            f"`{_short(move)}` would make the price of `{_short(key)}` negative; at most -100% is possible"
        )
    return Shock(key, EXACT.add(ONE, share))


def _short(text: str) -> str:
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return shown if len(shown) <= 40 else shown[:40] + "..."
