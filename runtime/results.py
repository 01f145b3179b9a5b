"""What an evaluation gives back: one `Result` an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..program.diagnostic import Diagnostic
from ..program.program import Constant


@dataclass(frozen=True, slots=True)
class RowResult:
    """One row of a collection: the fields of its key (in order), then the outputs of its scope."""

    key: Mapping[str, Constant]
    outputs: Mapping[str, Constant]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check of the rulebook on this account; `rows` names the rows where it fails."""

    name: str
    holds: bool
    severity: str
    message: str = ""
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One account's verdict.

    status    the first rung of the ladder that holds; None where an error hides it
    outputs   account outputs by name, exact; an output that failed is absent
    rows      by the collection's plural name
    errors    why something could not be evaluated; an account with errors is in error
    labels    words of the snapshot carried through
    """

    account: str
    status: str | None
    message: str = ""
    checks: tuple[CheckResult, ...] = ()
    outputs: Mapping[str, Constant] = field(default_factory=dict)
    rows: Mapping[str, tuple[RowResult, ...]] = field(default_factory=dict)
    errors: tuple[Diagnostic, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    rung: int = -1
