"""Hyperliquid's margin modes: which one an account is in, and what its balances back in each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from ..program.diagnostic import SnapshotError
from ..program.number import ZERO, plain
from . import diagnostics as pages
from .hyperliquid_answers import USDC, USDC_TOKEN, Balance, Dex, Recording
from .payload import Answer, Warnings, quoted

Row = dict[str, object]

_KNOWN_COINS: Mapping[int, str] = MappingProxyType({USDC_TOKEN: USDC, 235: "USDE", 268: "USDT0", 360: "USDH"})
"""Tokens that dexes settle in (`collateralToken` of their `meta`, 2026), for accounts that hold no balance of them."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A dex as a snapshot has it: the coin it settles in, and what the recording says about it."""

    name: str
    coin: str
    dex: Dex


@dataclass(frozen=True, slots=True)
class Margined:
    """An account as its mode counts it. `mode` is the model's word; `wallets` are those of standard accounts."""

    mode: str
    balances: list[Row]
    dexes: tuple[Settled, ...]
    wallets: list[Row] = field(default_factory=list)


def margin(recording: Recording, warnings: Warnings) -> Margined:
    """The account in its own mode. Raises SnapshotError where that mode is not read, or lacks what it needs."""
    word, answer = detect(recording, warnings)
    if word not in MODES:
        raise SnapshotError([pages.mode_not_imported(answer.span(), quoted(word), tuple(MODES))])
    return MODES[word](recording, warnings)


def detect(recording: Recording, warnings: Warnings) -> tuple[str, Answer]:
    """The venue's word for the mode, and where it stands.

    `userAbstraction` says it. Where that is missing or null, and for `default`, which is no choice of the account's,
    the spot state tells: `portfolioMarginEnabled` is true in portfolio margin alone, and
    `tokenToAvailableAfterMaintenance` is answered only where spot backs positions. A mode that was told by these signs
    is warned of. Raises SnapshotError where neither was recorded.
    """
    stated = recording.answers.get("userAbstraction")
    if stated is not None and stated.text() != "default":
        return stated.text(), stated
    sign = None if recording.spot is None else _sign(recording.spot)
    if sign is not None:
        word, answer = sign
        key = quoted(answer.where)
        warnings.note(answer, lambda span: pages.mode_detected(span, quoted(word), f"{key} is there"))
        return word, answer
    if stated is None:
        if recording.spot is None:
            recording.answers.need("userAbstraction")
        spot = recording.spot or recording.answers
        why = "the spot state has no sign of another mode"
        warnings.note(spot, lambda span: pages.mode_detected(span, quoted("disabled"), why))
        return "disabled", spot
    return stated.text(), stated


def _sign(spot: Answer) -> tuple[str, Answer] | None:
    enabled, ratio = spot.get("portfolioMarginEnabled"), spot.get("portfolioMarginRatio")
    if enabled is not None and not isinstance(enabled.value, bool):
        raise enabled.differs("true or false")
    if enabled is not None and enabled.value is True:
        return "portfolioMargin", enabled
    if enabled is None and ratio is not None:
        return "portfolioMargin", ratio
    available = spot.get("tokenToAvailableAfterMaintenance")
    return None if available is None else ("unifiedAccount", available)


def _portfolio_margin(recording: Recording, warnings: Warnings) -> Margined:
    """One pool of everything; only what has a price counts."""
    dexes = _settled(recording, warnings)
    for settled in dexes:
        token = recording.coins[settled.coin]
        if settled.dex.positions and token != USDC_TOKEN and token not in recording.reserves:
            span = settled.dex.answer.span()
            raise SnapshotError([pages.collateral_without_price(span, quoted(settled.name), quoted(settled.coin))])
    priced = [balance for balance in recording.balances if _counts(balance, recording, warnings)]
    return Margined("portfolio", _backing(recording, dexes, priced), dexes)


def _unified(recording: Recording, warnings: Warnings) -> Margined:
    """One pool a token."""
    dexes = _settled(recording, warnings)
    return Margined("unified", _backing(recording, dexes, list(recording.balances)), dexes)


def _standard(recording: Recording, warnings: Warnings) -> Margined:
    """One pool a dex; the spot balances back nothing."""
    dexes = _settled(recording, warnings)
    wallets: list[Row] = []
    for settled in dexes:
        raw = settled.dex.cross_raw()
        if raw or settled.dex.positions:
            wallets.append({"dex": settled.name, "raw": plain(raw)})
    held = [balance for balance in recording.balances if balance.total or balance.borrowed]
    return Margined("standard", [_balance_row(balance, balance.total) for balance in held], dexes, wallets)


MODES: Mapping[str, Callable[[Recording, Warnings], Margined]] = MappingProxyType(
    {
        "portfolioMargin": _portfolio_margin,
        "unifiedAccount": _unified,
        "disabled": _standard,
        "default": _standard,
    }
)
"""By the venue's word for the mode."""

_IS_STANDARD = frozenset({_standard})


def _settled(recording: Recording, warnings: Warnings) -> tuple[Settled, ...]:
    """The dexes that matter to the account, each with the coin it settles in."""
    coins = {token: coin for coin, token in recording.coins.items() if token is not None}
    dexes: list[Settled] = []
    for dex in recording.dexes:
        if not (dex.positions or dex.is_first or dex.holds_margin()):
            continue
        if dex.collateral is None and dex.positions and not dex.is_first:
            warnings.note(dex.answer, lambda span, name=dex.name: pages.collateral_assumed(span, quoted(name)))
        token = USDC_TOKEN if dex.collateral is None else dex.collateral
        coin = coins.get(token) or _KNOWN_COINS.get(token)
        if coin is None:
            raise SnapshotError([pages.collateral_not_known(dex.answer.span(), quoted(dex.name), str(token))])
        dexes.append(Settled(dex.name, coin, dex))
    return tuple(dexes)
