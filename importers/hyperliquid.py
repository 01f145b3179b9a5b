"""Hyperliquid: recorded answers of `POST /info` to a snapshot, in every margin mode but the discontinued one.

What is taken from where (the venue's own results, such as `marginUsed` or `liquidationPx`, are never read):

- `as_of`: `captured_at` of the recording, else `time` of the first clearinghouse state.
- `mode`: `userAbstraction`; where that is missing or null, what the venue answers in one mode only, with a warning.
- `assets`: the coins of balances and of what dexes settle in, and those with a reserve. `price` is `oraclePx` of the
  token in `allBorrowLendReserveStates`, and USDC (token 0), the numeraire, is 1; `utilization`, `total_supplied` and
  `total_borrowed` stand beside it. A coin without a reserve has no price: standard and unified accounts need none, and
  in portfolio margin its balance is left out with a warning.
- `dexes`: those with positions or a wallet, and always the first, whose name is empty on the wire and `main` here.
  `collateral` is the coin of `collateralToken` in that dex's `meta`; without it USDC, with a warning but for the first.
- `balances`: in portfolio margin and unified accounts `total` less the unrealized profit of the cross positions that
  settle in that token, which the venue includes: without it, a moved price moves equity as it does on the venue. In
  standard accounts `total`, and `wallets.raw` is `crossMarginSummary.totalRawUsd` of the dex. Zero rows are left out,
  but USDC is there wherever spot backs positions.
- `markets`: those with a position. `mark` is positionValue / |szi|, exactly, or to 40 significant digits where the
  quotient has more than 60. `margin_table` is the id in `meta`; ids below 50 are not tables but a maximum leverage, and
  the ids of other dexes are not those of the rules. `max_leverage` is left out where no answer states it.
- `positions`: `entry_value` is signed positionValue less unrealizedPnl, the exact cost (`entryPx` is rounded);
  `isolated_raw` is `leverage.rawUsd`; `isolated_equity` is rawUsd plus signed positionValue; `max_leverage` only where
  it is not the market's, as in vault accounts.

Margin tables, caps and loan-to-value ratios are the rulebook's and are not exported; `ImportResult.ltvs` tells what the
venue answered, for a comparison with the rulebook.
"""

from __future__ import annotations

import decimal
from decimal import Decimal
from pathlib import PurePath

from ..program.number import EXACT, divide, plain
from . import ImportResult, Locate
from . import diagnostics as pages
from .hyperliquid_answers import USDC, Dex, Market, Position, Recording, Reserve, read_recording
from .hyperliquid_modes import Margined, Row, margin
from .payload import Answer, Source, Warnings, quoted, spans

_MARK_DIGITS = decimal.Context(prec=40, rounding=decimal.ROUND_HALF_EVEN)


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
        margined = margin(recording, warnings)
        markets, positions = _markets_and_positions(recording, warnings)
        _warn_of_leverage(recording, warnings)
        row: Row = {
            "account": account or PurePath(file).stem.strip("-") or "account",
            "mode": margined.mode,
            "balances": margined.balances,
        }
        if margined.wallets is not None:
            row["wallets"] = margined.wallets
        row["positions"] = positions
        snapshot: dict[str, object] = {
            "as_of": recording.as_of,
            "assets": _assets(recording, margined),
            "dexes": {dex.name: {"collateral": dex.coin} for dex in margined.dexes},
            "markets": markets,
            "accounts": [row],
        }
        stated = _ltvs(recording)
        places = spans(list(stated.values()))
        return ImportResult(
            snapshot,
            warnings.diagnostics(),
            {coin: plain(answer.number()) for coin, answer in stated.items()},
            {coin: places[answer.path] for coin, answer in stated.items()},
        )


def _assets(recording: Recording, margined: Margined) -> Row:
    """Coins that rows refer to, and coins with a reserve also where the account holds none: caps count over all."""
    held = [str(row["asset"]) for row in margined.balances] + [dex.coin for dex in margined.dexes]
    assets: Row = {}
    for coin in dict.fromkeys([USDC, *recording.tokens, *held]):
        reserve = _reserve(recording, coin)
        if reserve is None and coin != USDC and coin not in held:
            continue
        row: Row = {"price": "1"} if coin == USDC else {"price": plain(reserve.price)} if reserve else {}
        if reserve is not None:
            row |= {name: plain(amount) for name, amount in reserve.observed.items()}
        assets[coin] = row
    return assets


def _reserve(recording: Recording, coin: str) -> Reserve | None:
    token = recording.tokens.get(coin)
    return None if token is None else recording.reserves.get(token)


def _ltvs(recording: Recording) -> dict[str, Answer]:
    """Where the venue states a coin's loan-to-value ratio: in its reserve, else beside the balance."""
    balances = {balance.coin: balance.answer for balance in recording.balances}
    stated: dict[str, Answer] = {}
    for coin in recording.tokens:
        reserve, balance = _reserve(recording, coin), balances.get(coin)
        for answer in (reserve.answer if reserve else None, balance):
            ltv = None if answer is None else answer.get("ltv")
            if ltv is not None and coin not in stated:
                ltv.number()
                stated[coin] = ltv
    return stated


def _markets_and_positions(recording: Recording, warnings: Warnings) -> tuple[Row, list[Row]]:
    markets: Row = {}
    rows: list[Row] = []
    for dex in recording.dexes:
        for position in dex.positions:
            market = recording.markets.get(position.coin)
            if market is None and position.max_leverage is not None:
                _warn_not_listed(position, position.max_leverage, warnings)
            if market is not None and market.tiers_unknown:
                _warn_of_tiers(position, dex, market, warnings)
            markets[position.coin] = _market_row(position, dex, market)
            rows.append(_position_row(position, market))
    return markets, rows


def _warn_not_listed(position: Position, max_leverage: Decimal, warnings: Warnings) -> None:
    leverage = plain(max_leverage)
    warnings.note(position.answer, lambda span: pages.market_not_listed(span, quoted(position.coin), leverage))


def _warn_of_tiers(position: Position, dex: Dex, market: Market, warnings: Warnings) -> None:
    leverage = plain(position.max_leverage or market.max_leverage)
    warnings.note(
        position.answer, lambda span: pages.tiers_not_known(span, quoted(position.coin), quoted(dex.name), leverage)
    )


def _warn_of_leverage(recording: Recording, warnings: Warnings) -> None:
    """One warning for all positions whose maximum leverage no answer states: recordings of 2023 have it nowhere."""
    unknown = [
        position
        for dex in recording.dexes
        for position in dex.positions
        if position.max_leverage is None and position.coin not in recording.markets
    ]
    if unknown:
        names = ", ".join(quoted(position.coin) for position in unknown[:3])
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        warnings.note(unknown[0].answer, lambda span: pages.leverage_not_known(span, names + more))


def _market_row(position: Position, dex: Dex, market: Market | None) -> Row:
    row: Row = {
        "dex": dex.name,
        "mark": plain(_mark(position)),
        "margin_table": market.margin_table if market else None,
    }
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
