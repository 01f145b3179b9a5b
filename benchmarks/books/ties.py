"""Accounts moved exactly onto the line: `required == trigger * backing` in decimals, no digit missing.

Quantities of such an account get fewer digits, so that every term of the equation has at most the places of cash;
then cash is what solves it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .draw import LARGEST, Accounts, Ints, Reference, with_cash
from .exact import SCALE, figures
from .rules import AMOUNT, PRICE, RATE, SHARE, Rules


def with_ties(
    random: np.random.Generator, accounts: Accounts, reference: Reference, rules: Rules, share: float
) -> tuple[Accounts, NDArray[np.bool_]]:
    """The accounts with `share` of them on the line, and which those are. Raises ValueError where too few can be."""
    chosen = random.random(accounts.count) < min(1.0, 2.5 * share)  # not all of them can be moved
    coarse = _coarse(accounts, reference, chosen)
    cash = _solved(coarse, reference, rules, chosen)
    moved = np.flatnonzero(cash <= LARGEST)
    wanted = round(share * accounts.count)
    if len(moved) < wanted:
        raise ValueError(f"{len(moved)} of {accounts.count} accounts can be moved onto the line, not {wanted}")
    ties = np.zeros(accounts.count, bool)
    ties[random.choice(moved, wanted, replace=False)] = True
    return with_cash(_coarse(accounts, reference, ties), np.where(ties, cash, accounts.cash)), ties


def _coarse(accounts: Accounts, reference: Reference, chosen: NDArray[np.bool_]) -> Accounts:
    """Rows of the chosen accounts with so few digits that no term has more places than cash."""
    of_balance = np.repeat(chosen, np.diff(accounts.balance_offsets))
    of_position = np.repeat(chosen, np.diff(accounts.position_offsets))
    # the terms are products of amount, price, threshold and trigger; of size, mark, rate and trigger; of size and entry
    amount_step = 10 ** np.maximum(PRICE + 2 * SHARE - _zeros(reference.price), 0)[accounts.asset]
    size_zeros = np.maximum(PRICE + RATE + SHARE - _zeros(reference.mark), 0)[accounts.market]
    entry_step = 10 ** np.maximum(PRICE - size_zeros, 0)
    return Accounts(
        accounts.balance_offsets,
        accounts.asset,
        np.where(of_balance, _rounded(accounts.amount, amount_step), accounts.amount),
        accounts.position_offsets,
        accounts.market,
        np.where(of_position, _rounded(accounts.size, 10**size_zeros), accounts.size),
        np.where(of_position, np.maximum(_rounded(accounts.entry, entry_step), entry_step), accounts.entry),
        accounts.cash,
    )


def _zeros(values: Ints) -> Ints:
    """How many zeros each number ends in."""
    zeros: Ints = np.sum([values % 10**places == 0 for places in range(1, 15)], axis=0)
    return zeros


def _rounded(values: Ints, step: Ints) -> Ints:
    """The multiple of the step towards zero; a step for what would be nothing, where a step is no more than that."""
    rounded: Ints = np.sign(values) * np.maximum(np.abs(values) // step, 1) * step
    return rounded


def _solved(accounts: Accounts, reference: Reference, rules: Rules, chosen: NDArray[np.bool_]) -> Ints:
    """The cash of each chosen account at which it is on the line; beyond `LARGEST` where there is none.

    With equity below the maintenance margin, `2 * maintenance - equity == trigger * (maintenance + collateral)`.
    """
    trigger, whole = rules.trigger, 10**SHARE
    unit = 10 ** (SCALE + SHARE - AMOUNT)
    cash = np.full(accounts.count, LARGEST + 1)
    without_cash = figures(with_cash(accounts, np.zeros_like(cash)), reference, rules, discontinuous=False)
    for account, (f, move) in enumerate(zip(without_cash, chosen.tolist(), strict=True)):
        equity = (2 * whole - trigger) * f.maintenance - trigger * f.collateral
        if move and f.collateral and equity < whole * f.maintenance:
            solution, rest = divmod(equity - whole * f.equity, unit)
            assert rest == 0, "a term has more places than cash"
            if abs(solution) <= LARGEST:
                cash[account] = solution
    return cash
