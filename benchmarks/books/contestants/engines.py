"""Rule engines that evaluate one account at a time: CEL (Google's C++ runtime) and ZEN (GoRules, Rust)."""

from __future__ import annotations

import numpy as np

from ..book import Book
from ..objects import Row, objects_of
from ..tables import trigger_of
from .contestant import VALUES, Contestant, Missing, Outcome, Run

ACCOUNTS = 300
_CEL_COUNTED = "(b.amount < 0.0 ? 0.0 : b.amount > b.cap ? b.cap : b.amount)"
_CEL_NOTIONAL = "(p.size < 0.0 ? -p.size : p.size) * p.mark"
_CEL_TIERS = (
    "n >= p.begin_3 ? n * p.rate_3 - p.less_3 : n >= p.begin_2 ? n * p.rate_2 - p.less_2"
    " : n >= p.begin_1 ? n * p.rate_1 - p.less_1 : n * p.rate_0"
).replace("n ", f"{_CEL_NOTIONAL} ")
CEL_ROWS = f"""[
    balances.map(b, {_CEL_COUNTED} * b.collateral),
    balances.map(b, {_CEL_COUNTED} * b.borrowable),
    positions.map(p, {_CEL_TIERS}),
    positions.map(p, p.size * (p.mark - p.entry))
]"""
"""CEL has no sum: it computes the terms, Python adds them."""
CEL_ACCOUNT = """[
    maintenance + borrowed,
    equity + borrowed + collateral,
    equity + borrowable - maintenance,
    maintenance + borrowed > trigger * (equity + borrowed + collateral) ? 0.0 : 1.0
]"""
ZEN_ROWS = """{
    collateral: sum(map(balances, min([max([#.amount, 0]), #.cap]) * #.collateral)),
    borrowable: sum(map(balances, min([max([#.amount, 0]), #.cap]) * #.borrowable)),
    maintenance: sum(map(positions,
        abs(#.size) * #.mark >= #.begin_3 ? abs(#.size) * #.mark * #.rate_3 - #.less_3
        : abs(#.size) * #.mark >= #.begin_2 ? abs(#.size) * #.mark * #.rate_2 - #.less_2
        : abs(#.size) * #.mark >= #.begin_1 ? abs(#.size) * #.mark * #.rate_1 - #.less_1
        : abs(#.size) * #.mark * #.rate_0)),
    equity: cash + sum(map(positions, #.size * (#.mark - #.entry)))
}"""
ZEN_ACCOUNT = """{
    required: maintenance + max([0, maintenance - equity]),
    backing: equity + max([0, maintenance - equity]) + collateral,
    available: equity + borrowable - maintenance,
    status: maintenance + max([0, maintenance - equity])
        > trigger * (equity + max([0, maintenance - equity]) + collateral) ? 0 : 1
}"""


def prepare_cel(book: Book) -> Run:
    """Dictionaries, and two compiled expressions."""
    try:
        from cel_expr_python import cel
    except ImportError as failure:
        raise Missing("cel-expr-python is not installed") from failure
    rows = cel.NewEnv(variables={name: cel.Type.List(cel.Type.DYN) for name in ("balances", "positions")})
    names = ("maintenance", "borrowed", "equity", "collateral", "borrowable", "trigger")
    verdict = cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DOUBLE)).compile(CEL_ACCOUNT)
    terms, trigger, accounts = rows.compile(CEL_ROWS), trigger_of(book), objects_of(book, ACCOUNTS)

    def account(data: dict[str, float | list[Row]]) -> tuple[list[float], float]:
        of_rows = {"balances": data["balances"], "positions": data["positions"]}
        collateral, borrowable, maintenance, pnl = (sum(values) for values in terms.eval(data=of_rows).plain_value())
        equity = data["cash"] + pnl
        figures = {
            "maintenance": float(maintenance),
            "borrowed": max(0.0, maintenance - equity),
            "equity": equity,
            "collateral": float(collateral),
            "borrowable": float(borrowable),
            "trigger": trigger,
        }
        return verdict.eval(data=figures).plain_value(), maintenance

    def once() -> Outcome:
        told = [account(data) for data in accounts]
        figures = np.array([[*values[:3], maintenance] for values, maintenance in told])
        status = np.array([int(values[3]) for values, _ in told], np.uint8)
        return Outcome(status, dict(zip(VALUES, figures.T, strict=True)))

    return once


def prepare_zen(book: Book) -> Run:
    """Dictionaries, and two compiled expressions."""
    try:
        import zen
    except ImportError as failure:
        raise Missing("zen-engine is not installed") from failure
    terms, verdict = zen.compile_expression(ZEN_ROWS), zen.compile_expression(ZEN_ACCOUNT)
    trigger, accounts = trigger_of(book), objects_of(book, ACCOUNTS)

    def account(data: dict[str, float | list[Row]]) -> dict[str, float]:
        sums = terms.evaluate(data)
        result: dict[str, float] = verdict.evaluate({**sums, "trigger": trigger})
        return {**result, "maintenance_margin": sums["maintenance"]}

    def once() -> Outcome:
        told = [account(data) for data in accounts]
        status = np.array([int(one["status"]) for one in told], np.uint8)
        return Outcome(status, {name: np.array([one[name] for one in told]) for name in VALUES})

    return once


CONTESTANTS = [
    Contestant("CEL, per account", prepare_cel, at_most=ACCOUNTS, package="cel-expr-python"),
    Contestant("ZEN, per account", prepare_zen, at_most=ACCOUNTS, package="zen-engine"),
]
