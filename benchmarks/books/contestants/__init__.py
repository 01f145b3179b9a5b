"""Everyone who is measured. A module gives a list `CONTESTANTS`; what cannot run here says so when it is prepared."""

from . import blocked_numpy, by_hand, compiled, duckdb_sql, engines, lazy_polars, open_fisca
from .contestant import Contestant, Missing, Outcome, Run

CONTESTANTS: list[Contestant] = [
    *by_hand.CONTESTANTS,
    *compiled.CONTESTANTS,
    *blocked_numpy.CONTESTANTS,
    *lazy_polars.CONTESTANTS,
    *duckdb_sql.CONTESTANTS,
    *engines.CONTESTANTS,
    *open_fisca.CONTESTANTS,
]

__all__ = ["CONTESTANTS", "Contestant", "Missing", "Outcome", "Run"]
