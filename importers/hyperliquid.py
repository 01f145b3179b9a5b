"""Hyperliquid: recorded answers of `POST /info` to a snapshot. Portfolio margin; other modes join `MODES`.

What is taken from where (the venue's own results, such as `marginUsed` or `liquidationPx`, are never read):

- `as_of`: `captured_at` of the recording, else `time` of the first clearinghouse state.
- `assets`: coins of `spotClearinghouseState.balances` that have a price. A coin's `price` is `oraclePx` of its token in
  `allBorrowLendReserveStates`; USDC (token 0) is the numeraire, 1 where not listed. `utilization` stands beside it.
- `balances`: `amount` is `total`, but USDC's is `total` less the unrealized profit of cross positions, which the venue
  includes: without it, a moved price moves equity as it does on the venue. Zero rows are left out, USDC's never is.
- `markets`: those with a position. `mark` is positionValue / |szi|, exactly, or to 40 significant digits where the
  quotient has more than 60. `margin_table` is the id in `meta`; ids below 50 are not tables but a maximum leverage.
- `positions`: `entry_value` is signed positionValue less unrealizedPnl, the exact cost (`entryPx` is rounded);
  `isolated_raw` is `leverage.rawUsd`; `isolated_equity` is rawUsd plus signed positionValue; `max_leverage` only where
  it is not the market's.

Margin tables, caps and loan-to-value ratios are the rulebook's and are not exported.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import PurePath
from types import MappingProxyType

from ..program.diagnostic import SnapshotError
from ..program.number import EXACT, ZERO, divide, plain
from . import ImportResult, Locate
from . import diagnostics as pages
from .hyperliquid_answers import USDC, USDC_TOKEN, Balance, Dex, Market, Position, Recording, read_recording
from .payload import Answer, Source, Warnings, quoted

_MARK_DIGITS = decimal.Context(prec=40, rounding=decimal.ROUND_HALF_EVEN)

Row = dict[str, object]
Margining = Callable[[Recording, Warnings], tuple[str, list[Row]]]
"""A margin mode: the model's word for it, and the account's balances as that mode counts them."""


def import_payload(
    document: object, file: str, *, account: str | None = None, locate: Locate | None = None
) -> ImportResult:
    """The snapshot of one recorded account.

    document   the parsed recording, `{"captured_at": ..., "responses": {...}}`, or the `responses` alone
    file       what people call the recording; its stem names the account unless `account` does
    locate     finds the place of a value in the recording's text; without it findings name the file alone

    Raises SnapshotError, naming endpoint and key, where an answer is missing or not as documented.
    """
    with decimal.localcontext(EXACT):
        recording = read_recording(Answer(document, (), 0, Source(file, locate)))
        warnings = Warnings()
        if recording.mode not in MODES:
            raise SnapshotError(
                [pages.mode_not_imported(recording.mode_answer.span(), quoted(recording.mode), tuple(MODES))]
            )
        mode, balances = MODES[recording.mode](recording, warnings)
        markets, positions = _markets_and_positions(recording, warnings)
        return ImportResult(
            {
                "as_of": recording.as_of,
                "assets": _assets(recording),
                "markets": markets,
                "accounts": [
                    {
                        "account": account or PurePath(file).stem.strip("-") or "account",
                        "mode": mode,
                        "balances": balances,
                        "positions": positions,
                    }
                ],
            },
            warnings.diagnostics(),
        )


def _portfolio_margin(recording: Recording, warnings: Warnings) -> tuple[str, list[Row]]:
    """One pool: USDC's spot total includes the unrealized profit of the cross positions of every dex."""
    cross_unrealized = ZERO
    for dex in recording.dexes:
        if dex.positions:
            _check_collateral(dex, warnings)
        cross_unrealized += sum((p.unrealized for p in dex.positions if p.margin == "cross"), ZERO)
    rows: list[Row] = []
    cash = next((balance for balance in recording.balances if balance.token == USDC_TOKEN), None)
    if cash is None:
        rows.append({"asset": USDC, "amount": plain(recording.answers.fits(-cross_unrealized))})
    for balance in recording.balances:
        if balance is cash:
            amount = balance.answer.fits(balance.total - cross_unrealized)
            rows.append(_balance_row(balance, amount))
        elif (balance.total or balance.borrowed) and _is_priced(balance, recording, warnings):
            rows.append(_balance_row(balance, balance.total))
    return "portfolio", rows


MODES: Mapping[str, Margining] = MappingProxyType({"portfolioMargin": _portfolio_margin})
"""By the venue's word for the mode."""


def _check_collateral(dex: Dex, warnings: Warnings) -> None:
    if dex.collateral is None and dex.name:
        warnings.note(dex.answer, lambda span: pages.collateral_assumed(span, quoted(dex.name)))
    elif dex.collateral not in (None, USDC_TOKEN):
        span = dex.answer.span()
        raise SnapshotError([pages.collateral_not_imported(span, quoted(dex.name), str(dex.collateral))])


def _is_priced(balance: Balance, recording: Recording, warnings: Warnings) -> bool:
    """Whether the balance's token has a lending reserve; if not, it counts for nothing and a warning says so."""
    if recording.reserves is None:
        recording.answers.need("allBorrowLendReserveStates")
    if balance.token is not None and balance.token in (recording.reserves or {}):
        return True
    amount = quoted(plain(balance.total))
    warnings.note(balance.answer, lambda span: pages.balance_left_out(span, quoted(balance.coin), amount))
    return False


def _balance_row(balance: Balance, amount: Decimal) -> Row:
    row: Row = {"asset": balance.coin, "amount": plain(amount)}
    if balance.borrowed:
        row["borrowed"] = plain(balance.borrowed)
    return row


def _assets(recording: Recording) -> Row:
    """Coins with a price, also those the account holds none of: caps and loans are counted over all assets."""
    reserves = recording.reserves or {}
    assets: Row = {USDC: {"price": "1"}}
    for balance in recording.balances:
        reserve = reserves.get(balance.token) if balance.token is not None else None
        if reserve is not None:
            row: Row = {"price": plain(reserve.price)}
            if reserve.utilization is not None:
                row["utilization"] = plain(reserve.utilization)
            assets[balance.coin] = row
    return assets


def _markets_and_positions(recording: Recording, warnings: Warnings) -> tuple[Row, list[Row]]:
    markets: Row = {}
    rows: list[Row] = []
    for position in (position for dex in recording.dexes for position in dex.positions):
        market = recording.markets.get(position.coin)
        if market is None:
            _warn_not_listed(position, warnings)
        markets[position.coin] = _market_row(position, market)
        rows.append(_position_row(position, market))
    return markets, rows


def _warn_not_listed(position: Position, warnings: Warnings) -> None:
    leverage = plain(position.answer.need("maxLeverage").number())
    warnings.note(position.answer, lambda span: pages.market_not_listed(span, quoted(position.coin), leverage))


def _market_row(position: Position, market: Market | None) -> Row:
    row: Row = {"mark": plain(_mark(position)), "margin_table": market.margin_table if market else None}
    if market is not None:
        row["max_leverage"] = plain(market.max_leverage)
    return row


def _mark(position: Position) -> Decimal:
    exact = divide(abs(position.value), abs(position.size))
    if isinstance(exact, Decimal):
        return position.answer.fits(exact)
    return position.answer.fits(_MARK_DIGITS.divide(abs(position.value), abs(position.size)))


def _position_row(position: Position, market: Market | None) -> Row:
    row: Row = {
        "market": position.coin,
        "size": plain(position.size),
        "entry_value": plain(position.answer.fits(position.value - position.unrealized)),
        "leverage": plain(position.leverage),
        "margin": position.margin,
    }
    if position.isolated_raw is not None:
        row["isolated_equity"] = plain(position.answer.fits(position.isolated_raw + position.value))
        row["isolated_raw"] = plain(position.isolated_raw)
    if position.max_leverage is not None and (market is None or market.max_leverage != position.max_leverage):
        row["max_leverage"] = plain(position.max_leverage)
    return row
