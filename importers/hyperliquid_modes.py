"""Hyperliquid's margin modes: which one an account is in, and what its balances back in each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from ..program.diagnostic import SnapshotError
from ..program.number import ZERO, plain
from . import diagnostics as pages
from .hyperliquid_answers import USDC, USDC_TOKEN, Balance, Dex, Recording
from .payload import Answer, Warnings, quoted

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Margined:
    """An account as its mode counts it.

    mode       the model's word for the mode
    balances   rows of the snapshot; `wallets` too, of standard accounts alone
    dexes      those that the account has anything on, and the first
    """

    mode: str
    balances: list[Row]
    dexes: tuple[Dex, ...]
    wallets: list[Row] | None = None


def margin(recording: Recording, warnings: Warnings) -> Margined:
    """The account in its own mode. Raises SnapshotError where that mode is not read, or lacks what it needs."""
    word, answer = _mode(recording, warnings)
    if word not in MODES:
        raise SnapshotError([pages.mode_not_imported(answer.span(), quoted(word), tuple(MODES))])
    return MODES[word](recording, warnings)


def _mode(recording: Recording, warnings: Warnings) -> tuple[str, Answer]:
    """The venue's word for the mode, and where it stands.

    `userAbstraction` says it. Where that is missing or null, and for `default`, which is no choice of the account's,
    the spot state tells. A mode that was told by these signs is warned of.
    """
    stated = recording.answers.get("userAbstraction")
    if stated is not None and stated.text() != "default":
        return stated.text(), stated
    spot = recording.spot
    sign = None if spot is None else _sign(spot)
    if sign is not None:
        word, answer = sign
        why = f"{quoted(answer.where)} is answered in no other"
        warnings.note(answer, lambda span: pages.mode_detected(span, quoted(word), why))
        return word, answer
    if stated is not None:
        return stated.text(), stated
    if spot is None:
        spot = recording.answers.need("userAbstraction")
    why = "`spotClearinghouseState` has no sign of another"
    warnings.note(spot, lambda span: pages.mode_detected(span, "`disabled`", why))
    return "disabled", spot


def _sign(spot: Answer) -> tuple[str, Answer] | None:
    """What is answered in one mode only: `portfolioMarginEnabled` and the ratio in portfolio margin, and
    `tokenToAvailableAfterMaintenance` wherever spot backs positions. That it is there counts, its numbers do not.
    """
    enabled, ratio = spot.get("portfolioMarginEnabled"), spot.get("portfolioMarginRatio")
    if enabled is not None and not isinstance(enabled.value, bool):
        raise enabled.differs("`true` or `false`")
    if enabled is not None and enabled.value is True:
        return "portfolioMargin", enabled
    if enabled is None and ratio is not None:
        return "portfolioMargin", ratio
    available = spot.get("tokenToAvailableAfterMaintenance")
    return None if available is None else ("unifiedAccount", available)


def _portfolio_margin(recording: Recording, warnings: Warnings) -> Margined:
    """One pool of everything that has a price."""
    recording.answers.need("spotClearinghouseState")
    for dex in recording.dexes:
        if dex.positions and dex.coin != USDC and _price(recording, dex.coin) is None:
            span = dex.answer.span()
            raise SnapshotError([pages.collateral_without_price(span, quoted(dex.name), quoted(dex.coin))])
    counted = [balance for balance in recording.balances if _counts(balance, recording, warnings)]
    return Margined("portfolio", _backing(recording, counted), _with_positions(recording, warnings))


def _unified(recording: Recording, warnings: Warnings) -> Margined:
    """One pool a token."""
    recording.answers.need("spotClearinghouseState")
    return Margined("unified", _backing(recording, recording.balances), _with_positions(recording, warnings))


def _standard(recording: Recording, warnings: Warnings) -> Margined:
    """One pool a dex; the spot balances back nothing, and may be missing."""
    raws = {dex.name: dex.answer.need("crossMarginSummary").need("totalRawUsd").number() for dex in recording.dexes}
    dexes = _with_positions(recording, warnings, {name for name, raw in raws.items() if raw})
    return Margined(
        "standard",
        [_balance_row(balance, balance.total) for balance in recording.balances if balance.total or balance.borrowed],
        dexes,
        [{"dex": dex.name, "raw": plain(raws[dex.name])} for dex in dexes],
    )


MODES: Mapping[str, Callable[[Recording, Warnings], Margined]] = MappingProxyType(
    {
        "portfolioMargin": _portfolio_margin,
        "unifiedAccount": _unified,
        "disabled": _standard,
        "default": _standard,
    }
)
"""By the venue's word for the mode."""


def _with_positions(recording: Recording, warnings: Warnings, also: Iterable[str] = ()) -> tuple[Dex, ...]:
    """The dexes with positions, the first one, and those named; a warning where what they settle in is assumed."""
    dexes = tuple(dex for dex in recording.dexes if dex.positions or dex.is_first or dex.name in also)
    for dex in dexes:
        if dex.is_assumed and not dex.is_first:
            name = quoted(dex.name)
            warnings.note(dex.answer, lambda span, name=name: pages.collateral_assumed(span, name))  # type: ignore[misc]
    return dexes


def _backing(recording: Recording, balances: Iterable[Balance]) -> list[Row]:
    """Balances without the unrealized profit of the cross positions that settle in them, which `total` includes.

    A token in which cross positions settle has a row even where no balance was recorded: a missing one is 0.
    """
    unrealized: dict[str, Decimal] = {USDC: ZERO}
    for dex in recording.dexes:
        for position in dex.positions:
            if position.margin == "cross":
                unrealized[dex.coin] = unrealized.get(dex.coin, ZERO) + position.unrealized
    held = {balance.coin: balance for balance in balances}
    rows: list[Row] = []
    for coin in [*(coin for coin in unrealized if coin not in held), *held]:
        balance, profit = held.get(coin), unrealized.get(coin)
        if balance is None:
            rows.append({"asset": coin, "amount": plain(recording.answers.fits(-(profit or ZERO)))})
        elif profit is not None:
            rows.append(_balance_row(balance, balance.answer.fits(balance.total - profit)))
        elif balance.total or balance.borrowed:
            rows.append(_balance_row(balance, balance.total))
    return rows


def _balance_row(balance: Balance, amount: Decimal) -> Row:
    row: Row = {"asset": balance.coin, "amount": plain(amount)}
    if balance.borrowed:
        row["borrowed"] = plain(balance.borrowed)
    return row


def _counts(balance: Balance, recording: Recording, warnings: Warnings) -> bool:
    """Whether portfolio margin counts the balance: cash, or a token with a lending reserve. Left out with a warning
    otherwise, but a debt is never left out.
    """
    if balance.token == USDC_TOKEN or not (balance.total or balance.borrowed):
        return True
    reserves = recording.answers.need("allBorrowLendReserveStates")
    if _price(recording, balance.coin) is not None:
        return True
    if balance.total < 0 or balance.borrowed:
        raise SnapshotError([pages.answer_lacks(reserves.span(), reserves.endpoint, f"oraclePx of {balance.coin}")])
    amount = quoted(plain(balance.total))
    warnings.note(balance.answer, lambda span: pages.balance_left_out(span, quoted(balance.coin), amount))
    return False


def _price(recording: Recording, coin: str) -> Decimal | None:
    token = recording.tokens.get(coin)
    reserve = None if token is None else recording.reserves.get(token)
    return None if reserve is None else reserve.price
