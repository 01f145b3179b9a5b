"""A snapshot as typed data: observations at one instant, read against a program's kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ...program.diagnostic import Diagnostic
from ...program.program import Constant


@dataclass(frozen=True, slots=True)
class RowData:
    """One row of an account's collection: its observed fields (absent ones left out), and how people name it.

    `values` holds `RowKey` for references; the executor resolves them.
    """

    name: str
    values: Mapping[str, Constant]


@dataclass(frozen=True, slots=True)
class AccountData:
    """One account: its own fields, its rows by the collection's plural name, its labels, and what is wrong with it.

    An account with `errors` could be read but not understood: it is reported in error, the others go on.
    """

    account: str
    values: Mapping[str, Constant]
    rows: Mapping[str, tuple[RowData, ...]]
    labels: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Observations of reference rows (kind name, key, field) and the accounts, which may stream."""

    file: str
    as_of: Decimal
    reference: Mapping[str, Mapping[str, Mapping[str, Constant]]]
    accounts: Iterable[AccountData]
