"""Findings about a venue's answers, MC451 to MC462: what is missing in them, and what an import leaves out."""

from __future__ import annotations

from ..program.codes import code
from ..program.diagnostic import Diagnostic, Span


@code("MC451")
def answer_lacks(span: Span, endpoint: str, where: str) -> Diagnostic:
    """a venue's answer lacks a field that the import needs

    The file was cut, an endpoint was not asked, or the venue renamed a field. What is missing is never guessed: an
    account without one of its positions would look healthier than it is.

    Example: `clearinghouseState` without `assetPositions`.

    Fix: record the answers again, all endpoints together; if the venue renamed the field, the importer needs an update.
    """
    lacks = f"the answer of `{endpoint}` lacks `{where}`" if where else f"the recording has no `{endpoint}`"
    return Diagnostic(lacks, span, help=f"record `{endpoint}` again and keep the whole answer")


@code("MC452")
def answer_differs(span: Span, endpoint: str, where: str, expected: str, found: str) -> Diagnostic:
    """a field of a venue's answer is not what it is documented to be

    Numbers come as decimals in text, sizes are not 0, a coin has one position. Anything else means that the file is
    damaged or the interface has changed, and then the other fields cannot be trusted either.

    Example: `"szi": "lots"`, `"szi": "0.0"`, or a position value below 0.

    Fix: record the answers again; do not edit them by hand.
    """
    answer = f"the answer of `{endpoint}`" if endpoint else "the recording"
    what = f"{answer} has {found} as `{where}`" if where else f"{answer} is {found}"
    return Diagnostic(
        f"{what}, where {expected} is expected",
        span,
        help="record it again; if the venue changed its interface, the importer needs an update",
    )


@code("MC453")
def mode_not_imported(span: Span, mode: str, known: tuple[str, ...]) -> Diagnostic:
    """the account is margined in a mode that the importer does not read

    The same balances mean different things in different modes: in one the spot balance backs positions, in another
    it does not. An account is therefore never read as if it were in another mode. `dexAbstraction` is one that the
    venue is giving up, and no rulebook states it.

    Example: `"userAbstraction": "dexAbstraction"`.

    Fix: import an account of a mode that is read, or write the snapshot by hand.
    """
    names = ", ".join(f"`{name}`" for name in known)
    return Diagnostic(
        f"accounts of mode {mode} are not supported: no rulebook states how they are margined",
        span,
        help=f"modes that are imported: {names}",
    )


@code("MC454", "warning")
def balance_left_out(span: Span, coin: str, amount: str) -> Diagnostic:
    """a balance is left out of the snapshot, because the venue lends nothing against it

    Only tokens with a lending reserve have a price in these answers, and only they count as cash or collateral
    in portfolio margin. In other modes such a balance is kept, for no price is needed there.

    Example: a balance of a token that is neither USDC nor listed in `allBorrowLendReserveStates`.

    Fix: nothing, if the token counts for nothing under these rules; else add the asset with its price and the balance
    to the snapshot by hand.
    """
    return Diagnostic(
        f"balance {amount} of {coin} is left out: no lending reserve states its price",
        span,
        help="it counts for nothing in portfolio margin; add it by hand if it should",
    )


@code("MC455", "warning")
def market_not_listed(span: Span, coin: str, leverage: str) -> Diagnostic:
    """a position's market is not in the list of markets that was recorded

    Its margin table is unknown then. The position's own maximum leverage is taken for its whole size, which is the
    venue's figure for its first tier: a large position may need more.

    Example: `meta` was recorded for another dex, or before the market was listed.

    Fix: record `meta` together with the account.
    """
    return Diagnostic(
        f"market {coin} is not in the answer of `meta`; its position counts at {leverage}x whatever its size",
        span,
        help="record `meta` together with the account",
    )


@code("MC456")
def collateral_without_price(span: Span, dex: str, coin: str) -> Diagnostic:
    """portfolio margin adds up positions that settle in a token without a price

    Profit and margin of such positions are amounts of that token. Portfolio margin counts everything in USDC, and only
    tokens with a lending reserve have a price in these answers; adding the amounts as they are would be a sum of
    different currencies.

    Example: positions on a dex whose `collateralToken` is 235, and no reserve of token 235.

    Fix: record `allBorrowLendReserveStates` together with the account, whole.
    """
    return Diagnostic(
        f"positions of dex {dex} settle in {coin}, and no lending reserve states its price",
        span,
        help="record `allBorrowLendReserveStates` together with the account",
    )


@code("MC457", "warning")
def collateral_assumed(span: Span, dex: str) -> Diagnostic:
    """the token that a dex margins its positions in was not recorded

    USDC is assumed, as on most dexes. Where that is wrong, profit in another token is counted as USDC.

    Example: positions of dex `io`, but `meta` only of the first dex.

    Fix: record `meta` of every dex the account has positions on.
    """
    return Diagnostic(
        f"`meta` of dex {dex} was not recorded; its positions are taken as margined in USDC",
        span,
        help="record `meta` of every dex with positions",
    )


@code("MC458", "warning")
def mode_detected(span: Span, mode: str, why: str) -> Diagnostic:
    """the mode of the account was not stated, and is told by what the venue answered

    `userAbstraction` is missing, null, or `default`. Some answers exist in one mode only, and they tell the mode;
    where it is wrong, every margin of the account is.

    Example: `"userAbstraction": null` beside a spot state with `tokenToAvailableAfterMaintenance`.

    Fix: record `userAbstraction` together with the account.
    """
    return Diagnostic(
        f"the mode is taken as {mode}, because {why}", span, help="record `userAbstraction` together with the account"
    )


@code("MC459", "warning")
def leverage_not_known(span: Span, coins: str) -> Diagnostic:
    """no answer states the maximum leverage of a market

    Neither does `meta` list the market, nor the position state `maxLeverage`. The snapshot leaves it out: rules that
    need it put the account in error, and nothing is assumed. The rules of 2023 did not need it.

    Example: positions recorded in March 2023, which have no `maxLeverage`.

    Fix: record `meta` together with the account.
    """
    return Diagnostic(
        f"no answer states the maximum leverage of {coins}",
        span,
        help="record `meta` together with the account; the rules of 2023 do without",
    )


@code("MC460", "warning")
def tiers_not_known(span: Span, coin: str, dex: str, leverage: str) -> Diagnostic:
    """a market's margin table is one that the rules do not have

    Ids of margin tables are each dex's own, and the rulebook has those of the first dex. The position counts at its
    maximum leverage whatever its size, which is right in the first tier: a large position may need more.

    Example: a market of dex `io` with a table of two tiers.

    Fix: nothing while the position is in the first tier; else add the table to the rulebook, and name it in the
    snapshot.
    """
    return Diagnostic(
        f"the margin table of {coin} on dex {dex} is not in the rules; it counts at {leverage}x whatever its size",
        span,
        help="nothing is wrong while the position is in the first tier of that table",
    )


@code("MC461")
def collateral_not_known(span: Span, dex: str, token: str) -> Diagnostic:
    """a dex settles in a token whose coin no answer tells

    A snapshot names tokens by their coin. Balances state coin and token together, and four tokens that dexes settle in
    are known without: 0, 235, 268 and 360.

    Example: `"collateralToken": 412`, and no balance of token 412.

    Fix: record `spotClearinghouseState` whole, with the row of that token.
    """
    return Diagnostic(
        f"dex {dex} settles in token {token}, and no row of `spotClearinghouseState.balances` names its coin",
        span,
        help="record `spotClearinghouseState` again and keep the whole answer",
    )


@code("MC462", "warning")
def ltv_drifted(span: Span, coin: str, answered: str, stated: str, rulebook: str) -> Diagnostic:
    """the venue's loan-to-value ratio is not that of the rulebook at this date

    The venue changes these ratios by announcement, and the rulebook follows with an amendment. Until it does, its
    collateral values are not the venue's.

    Example: the reserve of HYPE answers 0.6, where the rulebook has 65 % in force.

    Fix: add an amendment to the rulebook, or set the value for one evaluation: `--set assets.HYPE.ltv=60%`.
    """
    return Diagnostic(
        f"the venue answers an ltv of {answered} for `{coin}`, where `{rulebook}` has {stated} at this date",
        span,
        help=f"add an amendment to the rulebook, or evaluate with `--set assets.{coin}.ltv={answered}`",
    )
