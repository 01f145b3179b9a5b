"""Rows as the executor sees them: references resolved, defaults filled in, and what was computed on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...program.program import Constant, Field, Kind, Moment, Program, RowKey, TableValue, VectorValue
from ..snapshot.data import AccountData
from .tables import BoundTable


class Row:
    """One row.

    values    by field; lacks one that has neither value nor default
    number    its place among its kind's rows; below 0 for one that only a table names, which has no values
    memo      definitions by number
    members   rows by their kind: what an account or a group holds
    groups    by kind of group, the row this one is a member of
    """

    __slots__ = ("groups", "key", "kind", "members", "memo", "number", "owner", "values")

    def __init__(self, kind: str, key: str, owner: Row | None = None, number: int = 0):
        self.kind = kind
        self.key = key
        self.owner = owner
        self.number = number
        self.values: dict[str, Any] = {}
        self.memo: dict[int, Any] = {}
        self.members: dict[str, list[Row]] = {}
        self.groups: dict[str, Row | None] = {}

    def __repr__(self) -> str:
        return f"<{self.kind} {self.key}>"

    @property
    def name(self) -> str:
        """What people call it: its key, or `order 1` where nothing in it tells it apart."""
        return f"{self.kind} {self.key[1:]}" if self.key.startswith("#") else self.key


class Unknown:
    """A reference to a row that neither rulebook nor snapshot has."""

    __slots__ = ("key", "kind")

    def __init__(self, kind: str, key: str):
        self.kind = kind
        self.key = key


Reference = dict[str, dict[str, Row]]
"""Reference rows by kind and key, in the order of the rulebook, then of the snapshot."""


def resolved(value: Constant) -> Any:
    """A constant as the executor computes with it: dates as seconds, vectors by key."""
    match value:
        case Moment(seconds=seconds):
            return seconds
        case VectorValue(cells=cells):
            return dict(cells)
        case _:
            return value


def reference_rows(
    program: Program, observed: Mapping[str, Mapping[str, Mapping[str, Constant]]]
) -> tuple[Reference, Row]:
    """All reference rows, and the one row that holds the rulebook's own parameters."""
    reference: Reference = {}
    for kind in program.kinds.values():
        if kind.role == "reference":
            listed = program.parameters.get(kind.name, {})
            keys = dict.fromkeys((*listed, *observed.get(kind.name, {})))
            reference[kind.name] = {key: Row(kind.name, key, None, number) for number, key in enumerate(keys)}
    strangers: dict[RowKey, Row] = {}

    def find(key: RowKey) -> Row:
        """A row that a table names; one that is nowhere else can still be compared with others."""
        known = reference.get(key.kind, {}).get(key.key)
        return known or strangers.setdefault(key, Row(key.kind, key.key, None, -1))

    for name, rows in reference.items():
        kind = program.kinds[name]
        for key, row in rows.items():
            parameters = program.parameters.get(name, {}).get(key, {})
            _fill(row, kind.fields, {**parameters, **observed.get(name, {}).get(key, {})}, reference, find)
    own = Row("", "")
    _fill(own, program.kinds[""].fields, program.parameters.get("", {}).get("", {}), reference, find)
    return reference, own


def account_row(program: Program, account: AccountData, reference: Reference) -> Row:
    """The account's row with its members."""
    row = Row("account", account.account)
    _fill(row, program.kinds["account"].fields, account.values, reference)
    for kind in program.kinds.values():
        if kind.role == "rows":
            row.members[kind.name] = [
                _member(kind, row, data.name, data.values, number, reference)
                for number, data in enumerate(account.rows.get(kind.plural, ()))
            ]
    return row


def _member(
    kind: Kind, owner: Row, name: str, values: Mapping[str, Constant], number: int, reference: Reference
) -> Row:
    row = Row(kind.name, name, owner, number)
    _fill(row, kind.fields, values, reference)
    return row


def _fill(
    row: Row,
    fields: tuple[Field, ...],
    values: Mapping[str, Constant],
    reference: Reference,
    find: Callable[[RowKey], Row] | None = None,
) -> None:
    for field in fields:
        if field.name in values:
            value = values[field.name]
        elif field.has_default:
            value = field.default
        else:
            continue
        if isinstance(value, RowKey):
            row.values[field.name] = reference.get(value.kind, {}).get(value.key) or Unknown(value.kind, value.key)
        elif isinstance(value, TableValue) and find is not None:
            row.values[field.name] = BoundTable(value, find)
        else:
            row.values[field.name] = resolved(value)
