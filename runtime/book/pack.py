"""Snapshots to a book: the first pass finds out what the columns must hold, the second writes them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ...program.diagnostic import Diagnostic, Span
from ...program.program import Constant, Kind, Program
from ...program.types import Row, Type, Vector
from ..diagnostics import book as pages
from ..diagnostics import snapshot as snapshot_pages
from ..snapshot.data import AccountData, RowData
from .columns import BLOCK
from .survey import Survey, Surveys

MOST = 100
"""Findings after which looking for more is given up."""
_ROWS = 1 << 20
"""Rows of a record batch that has more than one account."""


@dataclass(frozen=True, slots=True)
class Packing:
    """What the accounts of the snapshots need, as far as they were looked at.

    own, rows   by field, of the account, and of each collection by its plural name
    findings    why they cannot become a book
    """

    program: Program
    own: Surveys
    rows: Mapping[str, Surveys]
    labels: tuple[str, ...]
    findings: list[Diagnostic]
    names: dict[str, str] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)
    """The collections that have rows."""

    @property
    def schema(self) -> Any:
        """The columns of the book."""
        columns = [("account", pa.string()), *((label, pa.string()) for label in self.labels)]
        columns += [(name, survey.arrow()) for name, survey in self.own.items() if survey.seen]
        filled = [(plural, surveys) for plural, surveys in self.rows.items() if plural in self.filled]
        columns += [(plural, pa.list_(pa.struct(_fields(surveys)))) for plural, surveys in filled]
        return pa.schema(columns)


def packing(program: Program, reference: Mapping[str, Iterable[str]]) -> Packing:
    """Nothing seen yet. `reference` has the keys of the reference rows by kind, in their order."""
    account = program.kinds.get("account") or Kind("account", "", "account")
    rows = {kind.plural: _surveys(kind, reference) for kind in program.kinds.values() if kind.role == "rows"}
    return Packing(program, _surveys(account, reference), rows, account.labels, [])


def look_at(accounts: Iterable[AccountData], file: str, packing: Packing) -> int:
    """Takes note of the accounts of one snapshot; gives their number. What cannot be packed goes to `findings`."""
    count = 0
    span = Span(file)
    for account in accounts:
        count += 1
        packing.findings.extend(account.errors)
        first = packing.names.setdefault(account.account, file)
        if first != file:
            packing.findings.append(pages.account_in_two(span, account.account, first))
        owner = f"account {snapshot_pages.quoted(account.account)}"
        _look_at(account.values, packing.own, owner, span, packing.findings)
        for plural, rows in account.rows.items():
            packing.filled.update((plural,) if rows else ())
            for row in rows:
                where = f"`{plural}` {snapshot_pages.quoted(row.name)} of {owner}"
                _look_at(row.values, packing.rows[plural], where, span, packing.findings)
        if len(packing.findings) > MOST:
            break
    return count


def record_batches(accounts: Iterable[AccountData], packing: Packing) -> Iterator[Any]:
    """The accounts that were looked at before, as record batches of `packing.schema`."""
    some: list[AccountData] = []
    rows = 0
    for account in accounts:
        some.append(account)
        rows += sum(len(found) for found in account.rows.values())
        if len(some) == BLOCK or rows >= _ROWS:
            yield _batch(some, packing)
            some, rows = [], 0
    if some:
        yield _batch(some, packing)


def _surveys(kind: Kind, reference: Mapping[str, Iterable[str]]) -> dict[str, Survey]:
    observed = [one for one in kind.fields if one.origin == "observed"]
    return {one.name: Survey(one, _rows_of(one.type, reference)) for one in observed}


def _rows_of(type_: Type, reference: Mapping[str, Iterable[str]]) -> Iterable[str]:
    return reference.get(type_.kind, ()) if isinstance(type_, Row | Vector) else ()


def _look_at(
    values: Mapping[str, Constant], surveys: Surveys, owner: str, span: Span, findings: list[Diagnostic]
) -> None:
    for name, survey in surveys.items():
        declared = survey.field
        if name in values:
            survey.add(values[name])
            if values[name] is None and declared.has_default and declared.default is not None:
                findings.append(pages.none_beside_default(span, name, owner))
        elif declared.type.optional and not declared.has_default:
            findings.append(pages.left_out(span, name, owner))


def _given(surveys: Surveys) -> dict[str, Survey]:
    """The fields that have values; of rows without any the first, because rows need a column to be counted by."""
    given = {name: survey for name, survey in surveys.items() if survey.seen}
    return given or dict(itertools.islice(surveys.items(), 1))


def _fields(surveys: Surveys) -> list[tuple[str, Any]]:
    return [(name, survey.arrow()) for name, survey in _given(surveys).items()]


def _batch(accounts: Sequence[AccountData], packing: Packing) -> Any:
    columns = [pa.array([account.account for account in accounts], pa.string())]
    columns += [pa.array([account.labels.get(label) for account in accounts], pa.string()) for label in packing.labels]
    columns += [
        survey.array([account.values.get(name) for account in accounts])
        for name, survey in packing.own.items()
        if survey.seen
    ]
    for plural, surveys in packing.rows.items():
        if plural not in packing.filled:
            continue
        ends = [0]
        rows: list[RowData] = []
        for account in accounts:
            rows += account.rows.get(plural, ())
            ends.append(len(rows))
        arrays = [survey.array([row.values.get(name) for row in rows]) for name, survey in _given(surveys).items()]
        struct = pa.StructArray.from_arrays(arrays, fields=[pa.field(*one) for one in _fields(surveys)])
        columns.append(pa.ListArray.from_arrays(pa.array(ends, pa.int32()), struct))
    return pa.RecordBatch.from_arrays(columns, schema=packing.schema)
