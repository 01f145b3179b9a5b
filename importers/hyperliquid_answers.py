"""Hyperliquid's recorded answers as typed values: what every margin mode is read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from ..program.diagnostic import SnapshotError
from ..program.number import ZERO
from . import diagnostics as pages
from .payload import Answer, quoted

USDC_TOKEN = 0
USDC = "USDC"
FIRST_DEX = "main"
"""What the dex with the empty name is called in a snapshot."""
_KNOWN_COINS: Mapping[int, str] = MappingProxyType({USDC_TOKEN: USDC, 235: "USDE", 268: "USDT0", 360: "USDH"})
"""What dexes settle in (`collateralToken` of their `meta` in 2026): accounts need not hold a balance of it."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TABLE_IDS_FROM = 50
"""Smaller `marginTableId`s are the maximum leverage itself, at any size (margin tiers page of the venue)."""
_OF_A_RESERVE: Mapping[str, str] = MappingProxyType(
    {"utilization": "utilization", "total_supplied": "totalSupplied", "total_borrowed": "totalBorrowed"}
)
"""What a snapshot takes of a reserve beside its price, and the venue's key for it."""


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
    """A token's row of `allBorrowLendReserveStates`.

    price      USDC a unit
    observed   what else a snapshot takes of it, by the name it has there; amounts are units of the token
    """

    price: Decimal
    observed: Mapping[str, Decimal]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Market:
    """A row of a dex's `universe`.

    margin_table    None where one maximum leverage holds at any size, or where the table is not one of the rules
    tiers_unknown   whether larger positions have less leverage by a table that the rules do not have
    """

    max_leverage: Decimal
    margin_table: str | None
    tiers_unknown: bool


@dataclass(frozen=True, slots=True)
class Position:
    """A perpetual position. `value` is positionValue with the sign of `size`; amounts are of the dex's own token."""

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
    """An exchange's positions of the account. `coin` is what it settles in, assumed where no answer tells."""

    name: str
    coin: str
    is_assumed: bool
    positions: tuple[Position, ...]
    answer: Answer

    @property
    def is_first(self) -> bool:
        return self.name == FIRST_DEX


@dataclass(frozen=True, slots=True)
class Recording:
    """All answers about one account.

    as_of      instant as text
    spot       None where `spotClearinghouseState` was not recorded; there are no balances then
    tokens     ids by coin, of balances and of what dexes settle in
    reserves   by token; none where the endpoint was not recorded
    markets    of all dexes, by coin
    """

    as_of: str
    spot: Answer | None
    balances: tuple[Balance, ...]
    tokens: Mapping[str, int | None]
    reserves: Mapping[int, Reserve]
    markets: Mapping[str, Market]
    dexes: tuple[Dex, ...]
    answers: Answer


def read_recording(top: Answer) -> Recording:
    """The typed answers of a recording: `{"captured_at", "responses"}`, or the answers alone. Raises SnapshotError."""
    responses = top.get("responses")
    answers = Answer(responses.value, responses.path, 1, top.source) if responses else top
    spot = answers.get("spotClearinghouseState")
    states = _by_dex(answers.need("clearinghouseState"), "assetPositions")
    metas = _by_dex(answers.get("meta"), "universe")
    balances = () if spot is None else _balances(spot)
    return Recording(
        as_of=_as_of(top, states),
        spot=spot,
        balances=balances,
        tokens=_tokens(balances),
        reserves=_reserves(answers.get("allBorrowLendReserveStates")),
        markets=_markets(metas),
        dexes=_dexes(states, metas, balances),
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


def _by_dex(answer: Answer | None, own_key: str) -> dict[str, Answer]:
    """Answers by dex. One endpoint's bare answer is that of the venue's first dex, whose name is empty."""
    if answer is None:
        return {}
    if answer.get(own_key) is not None:
        return {FIRST_DEX: answer}
    named: dict[str, Answer] = {}
    for name, inner in answer.members():
        if (name or FIRST_DEX) in named or not (name or FIRST_DEX).isprintable():
            raise inner.differs("each dex once, by its name")
        named[name or FIRST_DEX] = inner
    return named


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
        if balance.token is not None and any(other.token == balance.token for other in balances.values()):
            raise row.need("token").differs("one balance for each token")
        balances[balance.coin] = balance
    return tuple(balances.values())


def _tokens(balances: tuple[Balance, ...]) -> dict[str, int | None]:
    tokens = {row.coin: row.token for row in balances}
    for token, coin in _KNOWN_COINS.items():
        tokens.setdefault(coin, token)
    return tokens


def _reserves(answer: Answer | None) -> dict[int, Reserve]:
    reserves: dict[int, Reserve] = {}
    for row in answer.elements() if answer is not None else ():
        token, state = row.pair()
        price = state.need("oraclePx")
        if price.number() < 0:
            raise price.differs("a price")
        if token.whole() in reserves:
            raise token.differs("one reserve for each token")
        told = {name: state.get(key) for name, key in _OF_A_RESERVE.items()}
        observed = {name: amount.number() for name, amount in told.items() if amount is not None}
        reserves[token.whole()] = Reserve(price.number(), observed, state)
    return reserves


def _markets(metas: Mapping[str, Answer]) -> dict[str, Market]:
    markets: dict[str, Market] = {}
    for dex, meta in metas.items():
        tiered = _tiered(meta)
        for row in meta.need("universe").elements():
            name, table = row.need("name"), row.need("marginTableId").whole()
            if name.text() in markets:
                raise name.differs("each market once")
            of_the_rules = dex == FIRST_DEX and table >= _TABLE_IDS_FROM
            markets[name.text()] = Market(
                _positive(row.need("maxLeverage")),
                str(table) if of_the_rules else None,
                table in tiered and not of_the_rules,
            )
    return markets


def _tiered(meta: Answer) -> set[int]:
    """The margin tables with more than one tier."""
    tables = meta.get("marginTables")
    rows = [row.pair() for row in tables.elements()] if tables is not None else []
    return {table.whole() for table, content in rows if len(content.need("marginTiers").elements()) > 1}


def _dexes(states: Mapping[str, Answer], metas: Mapping[str, Answer], balances: tuple[Balance, ...]) -> tuple[Dex, ...]:
    coins = {**_KNOWN_COINS, **{row.token: row.coin for row in balances if row.token is not None}}
    seen: set[str] = set()
    dexes: list[Dex] = []
    for name, state in states.items():
        meta = metas.get(name)
        collateral = meta.get("collateralToken") if meta is not None else None
        token = USDC_TOKEN if collateral is None else collateral.whole()
        if token not in coins:
            span = (collateral or state).span()
            raise SnapshotError([pages.collateral_not_known(span, quoted(name), str(token))])
        positions: list[Position] = []
        for row in state.need("assetPositions").elements():
            position = _position(row.need("position"))
            if position.coin in seen:
                raise position.answer.need("coin").differs("one position for each coin")
            seen.add(position.coin)
            positions.append(position)
        dexes.append(Dex(name, coins[token], collateral is None, tuple(positions), state))
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
