"""Why a mutant of a shipped rulebook survives: nothing that an account can have tells it from the rules.

A survivor is told by its file, the name of what it is in, and words of its slip. One without a reason fails the test.
"""

from __future__ import annotations

from dataclasses import dataclass

from marginc.cli.mutation import Mutant


@dataclass(frozen=True, slots=True)
class Reason:
    """Why survivors of a file survive: those in what begins with `name` whose slip has these words."""

    file: str
    name: str
    words: str
    why: str


MEET = "the two sides meet there, so that it makes no difference which of them holds"
NO_SHARES = "only an account without shares has direction 0, and what is computed is multiplied by the shares it holds"
ONE_AT_MOST = "at most one row is left to choose from"
GUARDED = "what stands beside it is false wherever this is 0"
REASONS = (
    # aave-v3
    Reason(
        "aave-v3/core.yaml",
        "isolation_room",
        "min for max",
        f"{ONE_AT_MOST}: isolation is where there is one collateral",
    ),
    Reason(
        "aave-v3/core.yaml",
        "isolated_debt",
        "min for max",
        f"{ONE_AT_MOST}: isolation is where there is one collateral",
    ),
    Reason(
        "aave-v3/core.yaml", "debt_ceiling", "min for max", f"{ONE_AT_MOST}: isolation is where there is one collateral"
    ),
    Reason("aave-v3/core.yaml", "balance.emode_ltv", "min for max", f"{ONE_AT_MOST}: an asset is in a category once"),
    Reason(
        "aave-v3/core.yaml", "balance.emode_threshold", "min for max", f"{ONE_AT_MOST}: an asset is in a category once"
    ),
    Reason(
        "aave-v3/core.yaml",
        "request.obstacle",
        "account.debt > 0",
        "without collateral the request is refused before, and collateral secures more than nothing",
    ),
    Reason("aave-v3/core.yaml", "status liquidatable", "debt > 0", f"{GUARDED}: nothing is not below nothing"),
    Reason(
        "hyperlend-testnet.yaml",
        "default of ltv",
        "`0%` is `1%`",
        "what is not listed has a threshold of 0 and is no collateral, whatever its ltv",
    ),
    Reason(
        "hyperlend-testnet.yaml",
        "default of borrowable_in_isolation",
        "a default off",
        "no asset here has a debt ceiling, so that no account is isolated",
    ),
    # hyperliquid
    Reason(
        "hyperliquid/base.yaml",
        "position.side",
        "size < 0",
        "a position of size 0 has no distance and no liquidation price",
    ),
    Reason(
        "hyperliquid/base.yaml",
        "position.liquidation_root",
        "min for max",
        f"{ONE_AT_MOST}: where the price at one leverage lies in its tier, that at the other does not",
    ),
    Reason(
        "hyperliquid/standard.yaml",
        "position.liquidation_root",
        "min for max",
        f"{ONE_AT_MOST}: where the price at one leverage lies in its tier, that at the other does not",
    ),
    Reason(
        "hyperliquid/portfolio-margin.yaml",
        "reserve_room",
        "min for max",
        f"{ONE_AT_MOST}: USDC is the only token that is cash",
    ),
    Reason(
        "hyperliquid/portfolio-margin.yaml",
        "status at_risk",
        "loan_value > 0",
        f"{GUARDED}: a loan of 0 is not more than can be borrowed",
    ),
    Reason(
        "with-hyperevm-loan.yaml",
        "status at_risk",
        "loan_value > 0",
        f"{GUARDED}: a loan of 0 is not more than can be borrowed",
    ),
    Reason(
        "with-hyperevm-loan.yaml",
        "status loan_liquidatable",
        "evm.debt > 0",
        f"{GUARDED}: nothing is not below nothing",
    ),
    # lib
    Reason("lib/options.yaml", "options.deviation()", "years <= 0", f"{MEET}: the square root of 0 is 0"),
    Reason(
        "lib/options.yaml",
        "options.chance_in_the_money()",
        "forward > strike",
        "the case above decides where they are equal",
    ),
    Reason("lib/rates.yaml", "rates.kinked()", "kink", f"{MEET}: the slopes join at the kink"),
    # occ-tims
    Reason(
        "occ-tims/core.yaml",
        "underlying.point.move",
        "step < 0",
        "a step of 0 moves nothing, whichever range it is a part of",
    ),
    # us-equity
    Reason(
        "us-equity/base.yaml",
        "pairing.right.spread",
        "a floor or cap left out",
        "at the lowest strike of calls, and the highest of puts, nothing is exercised: the worst is 0 or more",
    ),
    Reason(
        "us-equity/base.yaml",
        "pairing.right.spread",
        "a filter left out",
        "between strikes of its own kind the loss is a straight line, and other strikes are never the worst",
    ),
    Reason(
        "us-equity/base.yaml", "pairing.as_straddles", "sign", "a leg of sign 0 is shares, of which no option is sold"
    ),
    Reason("us-equity/base.yaml", "pairing.direction", "a boundary", NO_SHARES),
    Reason("us-equity/base.yaml", "pairing.written_strike", "direction > 0", NO_SHARES),
    Reason("us-equity/call-money-1929.yaml", "bought", "l.shares > 0", "a leg of 0 shares adds nothing to the sum"),
    Reason(
        "us-equity/finra-4210.yaml",
        "short_stock()",
        "price < cheap",
        f"{MEET}: at the price that is cheap both give that price",
    ),
    Reason(
        "us-equity/finra-4210.yaml",
        "pairing.written_plain",
        "a case left out",
        "`min` and `max` pass over a strike that is none, and give what the case gives",
    ),
    Reason("us-equity/finra-4210.yaml", "pairing.", "direction > 0", NO_SHARES),
    Reason("us-equity/regulation-t.yaml", "pairing.stock_margin", "direction > 0", NO_SHARES),
)


def reason(file: str, mutant: Mutant) -> str:
    """Why this mutant of a file survives; empty where nobody has said."""
    found = (
        one.why
        for one in REASONS
        if file.endswith(one.file)
        and mutant.name.startswith(one.name)
        and one.words in f"{mutant.operator}: {mutant.told}"
    )
    return next(found, "")
