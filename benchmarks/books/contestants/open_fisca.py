"""OpenFisca: rows are its persons and accounts its groups, formulas over NumPy vectors in its own float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..book import Book
from ..table import columns_of
from ..tables import TIERS, assets_of, markets_of, trigger_of
from .contestant import VALUES, Contestant, Missing, Outcome, Run

ACCOUNTS = 300
PERIOD = "2026-09"
INPUTS = (
    "amount", "cap", "collateral_per_unit", "loan_per_unit", "size", "entry", "mark",
    *(f"{name}_{tier}" for name in ("begin", "rate", "less") for tier in range(TIERS)),
)  # fmt: skip


def prepare(book: Book) -> Run:
    """Balances and positions in one vector of rows; a balance has no size, a position no amount."""
    try:
        from openfisca_core.simulations import SimulationBuilder
    except ImportError as failure:
        raise Missing("openfisca-core is not installed") from failure
    system = _system(trigger_of(book))
    owners, inputs, cash = _rows(book)
    count = len(cash)

    def once() -> Outcome:
        builder = SimulationBuilder()
        builder.create_entities(system)
        builder.declare_person_entity("row", np.arange(len(owners)))
        account = builder.declare_entity("account", np.arange(count))
        builder.join_with_persons(account, owners, roles=["member"] * len(owners))
        simulation = builder.build(system)
        for name, values in inputs.items():
            simulation.set_input(name, PERIOD, values)
        simulation.set_input("cash", PERIOD, cash)
        figures = {name: simulation.calculate(name, PERIOD).astype(float) for name in VALUES}
        return Outcome((~simulation.calculate("liquidatable", PERIOD)).astype(np.uint8), figures)

    return once


def _rows(book: Book) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """The owner of each row, its inputs, and the accounts' cash."""
    columns, assets, markets = columns_of(book.table), assets_of(book), markets_of(book)
    count = min(ACCOUNTS, columns.count)
    held, taken = columns.balance_offsets[count], columns.position_offsets[count]
    asset, market = columns.asset[:held], columns.market[:taken]
    number = np.arange(count)
    owners = np.concatenate(
        (
            np.repeat(number, np.diff(columns.balance_offsets[: count + 1])),
            np.repeat(number, np.diff(columns.position_offsets[: count + 1])),
        )
    )
    of_balances = {
        "amount": columns.amount[:held],
        "cap": assets.cap[asset],
        "collateral_per_unit": assets.collateral[asset],
        "loan_per_unit": assets.borrowable[asset],
    }
    of_positions = {"size": columns.size[:taken], "entry": columns.entry[:taken], "mark": markets.mark[market]} | {
        f"{name}_{tier}": getattr(markets, name)[market, tier]
        for name in ("begin", "rate", "less")
        for tier in range(TIERS)
    }
    inputs = {name: np.concatenate((values, np.zeros(taken))) for name, values in of_balances.items()}
    inputs |= {name: np.concatenate((np.zeros(held), values)) for name, values in of_positions.items()}
    return owners, inputs, columns.cash[:count]


def _system(trigger: float) -> Any:
    """The study's rulebook as variables of a tax and benefit system."""
    from openfisca_core.entities import build_entity
    from openfisca_core.periods import DateUnit
    from openfisca_core.taxbenefitsystems import TaxBenefitSystem
    from openfisca_core.variables import Variable

    row = build_entity("row", "rows", "a balance or a position", is_person=True)
    account = build_entity("account", "accounts", "an account", roles=[{"key": "member"}])
    system = TaxBenefitSystem([row, account])

    def variable(name: str, entity: Any, formula: Any = None, kind: type = float) -> None:
        body = {"value_type": kind, "entity": entity, "definition_period": DateUnit.MONTH, "label": name}
        system.add_variable(type(name, (Variable,), body | ({"formula": formula} if formula else {})))

    for name in INPUTS:
        variable(name, row)
    variable("cash", account)
    variable("counted", row, lambda r, p: np.clip(r("amount", p), 0, r("cap", p)))
    variable("row_collateral", row, lambda r, p: r("counted", p) * r("collateral_per_unit", p))
    variable("row_borrowable", row, lambda r, p: r("counted", p) * r("loan_per_unit", p))
    variable("notional", row, lambda r, p: abs(r("size", p)) * r("mark", p))
    variable("pnl", row, lambda r, p: r("size", p) * (r("mark", p) - r("entry", p)))
    variable("maintenance", row, _maintenance)
    for name, term in (
        ("collateral", "row_collateral"), ("borrowable", "row_borrowable"), ("maintenance_margin", "maintenance"),
    ):  # fmt: skip
        variable(name, account, _sum_of(term))
    variable("equity", account, lambda a, p: a("cash", p) + a.sum(a.members("pnl", p)))
    variable("borrowed", account, lambda a, p: np.maximum(0, a("maintenance_margin", p) - a("equity", p)))
    variable("required", account, lambda a, p: a("maintenance_margin", p) + a("borrowed", p))
    variable("backing", account, lambda a, p: a("equity", p) + a("borrowed", p) + a("collateral", p))
    variable("available", account, lambda a, p: a("equity", p) + a("borrowable", p) - a("maintenance_margin", p))
    variable("liquidatable", account, lambda a, p: a("required", p) > trigger * a("backing", p), bool)
    return system


def _sum_of(term: str) -> Any:
    """A formula takes two arguments, or a third, its parameters."""
    return lambda account, period: account.sum(account.members(term, period))


def _maintenance(rows: Any, period: Any) -> Any:
    notional = rows("notional", period)
    margin = [notional * rows(f"rate_{tier}", period) - rows(f"less_{tier}", period) for tier in range(TIERS)]
    reached = [notional >= rows(f"begin_{tier}", period) for tier in range(TIERS)]
    return np.select(reached[::-1], margin[::-1])


CONTESTANTS = [Contestant("OpenFisca", prepare, at_most=ACCOUNTS, package="openfisca-core")]
