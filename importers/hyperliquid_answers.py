"""Hyperliquid's recorded answers as typed values: what every margin mode is read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

from ..program.number import ZERO
from .payload import Answer

USDC_TOKEN = 0
USDC = "USDC"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TABLE_IDS_FROM = 50
"""Smaller `marginTableId`s are the maximum leverage itself, at any size (margin tiers page of the venue)."""


@dataclass(frozen=True, slots=True)
class Balance:
    """A row of `spotClearinghouseState.balances`. `token` is None for outcome rows, which have none."""

    coin: str
    token: int | None
    total: Decimal
    borrowed: Decimal
    answer: Answer


@dataclass(frozen=True, slots=True)
class Reserve:
    """A token's row of `allBorrowLendReserveStates`: its price in USDC, and the share of it that is lent out."""

    price: Decimal
    utilization: Decimal | None


@dataclass(frozen=True, slots=True)
class Market:
    """A row of a dex's `universe`. `margin_table` is None where one maximum leverage holds at any size."""

    max_leverage: Decimal
    margin_table: str | None


@dataclass(frozen=True, slots=True)
class Position:
    """A perpetual position. `value` is positionValue with the sign of `size`; USDC amounts, or the dex's own token."""

    coin: str
    size: Decimal
    value: Decimal
    unrealized: Decimal
    leverage: Decimal
    margin: Literal["cross", "isolated"]
    isolated_raw: Decimal | None
    max_leverage: Decimal | None
    answer: Answer


@dataclass(frozen=True, slots=True)
class Dex:
    """An exchange's positions of the account. `collateral` is the token they are margined in, None if not recorded."""

    name: str
    collateral: int | None
    positions: tuple[Position, ...]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Recording:
    """All answers about one account.

    as_of      instant as text
    mode       the venue's word for the margin mode
    reserves   by token; None where the endpoint was not recorded
    markets    of all dexes, by coin
    """

    as_of: str
    mode: str
    mode_answer: Answer
    balances: tuple[Balance, ...]
    reserves: Mapping[int, Reserve] | None
    markets: Mapping[str, Market]
    dexes: tuple[Dex, ...]
    answers: Answer


def read_recording(top: Answer) -> Recording:
    """The typed answers of a recording: `{"captured_at", "responses"}`, or the answers alone. Raises SnapshotError."""
    responses = top.get("responses")
    answers = Answer(responses.value, responses.path, 1, top.source) if responses else top
    spot = answers.need("spotClearinghouseState")
    states = _by_dex(answers.need("clearinghouseState"), "assetPositions")
    metas = _by_dex(answers.get("meta"), "universe")
    mode, mode_answer = _mode(answers, spot)
    return Recording(
        as_of=_as_of(top, states),
        mode=mode,
        mode_answer=mode_answer,
        balances=_balances(spot),
        reserves=_reserves(answers.get("allBorrowLendReserveStates")),
        markets=_markets(metas),
        dexes=_dexes(states, metas),
        answers=answers,
    )


def _as_of(top: Answer, states: Mapping[str, Answer]) -> str:
    captured = top.get("captured_at")
    if captured is not None:
        return _in_utc(captured)
    for state in states.values():
        time = state.get("time")
        if time is not None:
            milliseconds = time.whole()
            if not 0 <= milliseconds < 10**14:
                raise time.differs("milliseconds since 1970")
            return _written(_EPOCH + timedelta(milliseconds=milliseconds))
    return _in_utc(top.need("captured_at"))


def _in_utc(captured: Answer) -> str:
    """The instant in UTC, to the microsecond; a date alone is its first moment."""
    text = captured.text()
    try:
        instant = datetime.fromisoformat(f"{text}T00:00Z" if len(text) == len("2026-09-08") else text)
        if instant.tzinfo is None:
            raise captured.differs("an instant with its zone")
        return _written(instant.astimezone(UTC))
    except (ValueError, OverflowError):
        raise captured.differs("an instant in ISO 8601") from None


def _written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _mode(answers: Answer, spot: Answer) -> tuple[str, Answer]:
    """The margin mode: `userAbstraction`, and where that was not recorded, what only portfolio margin answers."""
    stated = answers.get("userAbstraction")
    if stated is not None:
        return stated.text(), stated
    enabled = spot.get("portfolioMarginEnabled")
    if enabled is not None and enabled.value is True:
        return "portfolioMargin", enabled
    missing = answers.need("userAbstraction")
    return missing.text(), missing


def _by_dex(answer: Answer | None, own_key: str) -> dict[str, Answer]:
    """Answers by dex. One endpoint's bare answer is that of the venue's first dex, whose name is empty."""
    if answer is None:
        return {}
    if answer.get(own_key) is not None:
        return {"": answer}
    return dict(answer.members())


def _balances(spot: Answer) -> tuple[Balance, ...]:
    balances: dict[str, Balance] = {}
    for row in spot.need("balances").elements():
        coin = row.need("coin")
        token, borrowed = row.get("token"), row.get("borrowed")
        balance = Balance(
            coin.text(),
            None if token is None else token.whole(),
            row.need("total").number(),
            ZERO if borrowed is None else borrowed.number(),
            row,
        )
        if (balance.token == USDC_TOKEN) != (balance.coin == USDC):
            raise coin.differs("USDC for token 0 and for no other")
        if balance.coin in balances:
            raise coin.differs("one balance for each coin")
        balances[balance.coin] = balance
    return tuple(balances.values())


def _reserves(answer: Answer | None) -> dict[int, Reserve] | None:
    if answer is None:
        return None
    reserves: dict[int, Reserve] = {}
    for row in answer.elements():
        token, state = row.pair()
        price, utilization = state.need("oraclePx"), state.get("utilization")
        if price.number() < 0:
            raise price.differs("a price")
        reserves[token.whole()] = Reserve(price.number(), None if utilization is None else utilization.number())
    return reserves


def _markets(metas: Mapping[str, Answer]) -> dict[str, Market]:
    markets: dict[str, Market] = {}
    for row in (row for meta in metas.values() for row in meta.need("universe").elements()):
        name, table = row.need("name"), row.need("marginTableId").whole()
        if name.text() in markets:
            raise name.differs("each market once")
        max_leverage = _positive(row.need("maxLeverage"))
        markets[name.text()] = Market(max_leverage, str(table) if table >= _TABLE_IDS_FROM else None)
    return markets


def _dexes(states: Mapping[str, Answer], metas: Mapping[str, Answer]) -> tuple[Dex, ...]:
    seen: set[str] = set()
    dexes: list[Dex] = []
    for name, state in states.items():
        meta = metas.get(name)
        collateral = meta.get("collateralToken") if meta is not None else None
        positions: list[Position] = []
        for row in state.need("assetPositions").elements():
            position = _position(row.need("position"))
            if position.coin in seen:
                raise position.answer.need("coin").differs("one position for each coin")
            seen.add(position.coin)
            positions.append(position)
        dexes.append(Dex(name, None if collateral is None else collateral.whole(), tuple(positions), state))
    return tuple(dexes)


def _position(row: Answer) -> Position:
    size, value, leverage = row.need("szi"), row.need("positionValue"), row.need("leverage")
    margin = leverage.need("type")
    max_leverage = row.get("maxLeverage")
    if not size.number():
        raise size.differs("a size other than 0")
    if value.number() < 0:
        raise value.differs("a value of 0 or more")
    if margin.value not in ("cross", "isolated"):
        raise margin.differs("`cross` or `isolated`")
    isolated = margin.value == "isolated"
    return Position(
        coin=row.need("coin").text(),
        size=size.number(),
        value=value.number() if size.number() > 0 else value.number().copy_negate(),
        unrealized=row.need("unrealizedPnl").number(),
        leverage=_positive(leverage.need("value")),
        margin="isolated" if isolated else "cross",
        isolated_raw=leverage.need("rawUsd").number() if isolated else None,
        max_leverage=None if max_leverage is None else _positive(max_leverage),
        answer=row,
    )


def _positive(answer: Answer) -> Decimal:
    number = answer.number()
    if number <= 0:
        raise answer.differs("a leverage above 0")
    return number
