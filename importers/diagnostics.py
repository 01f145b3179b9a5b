"""Findings about a venue's answers, MC451 to MC457: what is missing in them, and what an import leaves out."""

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
    it does not. An account is therefore never read as if it were in another mode.

    Example: `"userAbstraction": "unifiedAccount"`, where only portfolio margin is read.

    Fix: import an account of a mode that is read, or write the snapshot by hand.
    """
    names = ", ".join(f"`{name}`" for name in known)
    return Diagnostic(f"accounts of mode {mode} are not imported", span, help=f"modes that are imported: {names}")


@code("MC454", "warning")
def balance_left_out(span: Span, coin: str, amount: str) -> Diagnostic:
    """a balance is left out of the snapshot, because the venue lends nothing against it

    Only tokens with a lending reserve have a price in these answers, and only they count as cash or collateral.

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
def collateral_not_imported(span: Span, dex: str, token: str) -> Diagnostic:
    """positions are margined in a token that the importer does not read

    Profit and margin of such positions are amounts of that token, not of USDC. Adding them up as they are would be a
    sum of different currencies.

    Example: a dex whose `collateralToken` is 360.

    Fix: import an account whose cross positions settle in USDC (token 0).
    """
    return Diagnostic(
        f"positions of dex {dex} are margined in token {token}, and only USDC (token 0) is imported",
        span,
        help="import an account whose positions settle in USDC",
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
