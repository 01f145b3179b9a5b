"""Cases: what rules must give for an account, written in YAML beside the rules, and run by `marginc test`."""

from .read import Case, CaseFile, entries, read_cases, scalar
from .run import run_case
from .snapshot import inside, open_case, snapshot_json

__all__ = [
    "Case",
    "CaseFile",
    "entries",
    "inside",
    "open_case",
    "read_cases",
    "run_case",
    "scalar",
    "snapshot_json",
]
