"""The inputs of a snapshot that can be changed: observed fields of its account, of its rows and of reference rows."""

from __future__ import annotations

import copy
import decimal
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ...program.number import EXACT, NumberError, Value, canonical, finite_decimal, multiply, read_number
from ...program.program import Field, Program
from ...program.types import Label, Number, Row, Truth
from ..cases import Case
from ..cases.snapshot import Document, Misplaced, account_of
from ..result_data import value_json

_FACTORS = (
    Decimal(2),
    Decimal("0.5"),
    Decimal(10),
    Decimal("0.1"),
    Decimal(-1),
    Decimal(0),
    Decimal(1000),
    Decimal("0.001"),
)
_NUMBERS = ("1", "0", "10", "-1", "0.5", "100000")
GONE = object()
"""In the place of a value: it is left out."""


@dataclass(frozen=True, slots=True)
class Input:
    """A field: `plural` ("" for the account's own) and the place of its row, or its key among reference rows."""

    case: Case
    plural: str
    row: str | int
    field: Field

    @property
    def numeric(self) -> bool:
        return isinstance(self.field.type, Number)

    def value(self, document: Document) -> object:
        default = value_json(self.field.default) if self.field.has_default else None
        row = self._row(document)
        return row.get(self.field.name, default) if row is not None else default

    def put(self, document: Document, value: object) -> Document:
        """A copy of the snapshot with this input at another value."""
        changed = copy.deepcopy(document)
        row = self._row(changed)
        if row is None:
            return changed
        if value is GONE:
            row.pop(self.field.name, None)
        else:
            row[self.field.name] = value
        return changed

    def _row(self, document: Document) -> Document | None:
        owner = document if isinstance(self.row, str) and self.plural else account_of(document, self.case)
        if not self.plural:
            return owner
        rows = owner.get(self.plural)
        row: object = None
        if isinstance(rows, dict) and isinstance(self.row, str):
            row = rows.get(self.row)
        elif isinstance(rows, list) and isinstance(self.row, int) and self.row < len(rows):
            row = rows[self.row]
        return row if isinstance(row, dict) else None


def inputs_of(document: Document, case: Case, program: Program) -> Iterator[Input]:
    """Every observed field of every row that is there."""
    try:
        account = account_of(document, case)
    except Misplaced:
        return
    for field in program.kinds["account"].fields:
        if field.origin == "observed":
            yield Input(case, "", 0, field)
    for kind in program.kinds.values():
        holder = account if kind.role == "rows" else document if kind.role == "reference" else {}
        rows = holder.get(kind.plural)
        places: list[str | int] = (
            list(rows) if isinstance(rows, dict) else list(range(len(rows))) if isinstance(rows, list) else []
        )
        for place in places:
            for field in kind.fields:
                if field.origin == "observed" and not (
                    kind.role == "rows"
                    and field.name in kind.key
                    and len(kind.key) == 1
                    and isinstance(field.type, Label)
                ):
                    yield Input(case, kind.plural, place, field)


def other_values(one: Input, program: Program, document: Document) -> Iterator[object]:
    """Values that an input might have instead."""
    now, type_ = one.value(document), one.field.type
    found: list[object] = []
    match type_:
        case Number():
            try:
                number = read_number(str(now))
                with decimal.localcontext(EXACT):
                    found = [_text(multiply(number, factor)) for factor in _FACTORS]
            except NumberError:
                found = list(_NUMBERS)
            found += ["1"]
        case Truth():
            found = [True, False]
        case Label(choices=choices):
            found = list(choices or ("other",))
        case Row(kind=kind):
            listed = document.get(program.kinds[kind].plural)
            found = list(
                dict.fromkeys((*program.parameters.get(kind, {}), *(listed if isinstance(listed, dict) else ())))
            )
        case _:
            return
    if type_.optional:
        found.append(None)
    if one.field.has_default:
        found.append(GONE)
    yield from (value for value in found if value != now)


def _text(value: Value) -> str:
    exact = finite_decimal(value)
    return canonical(exact if exact is not None else value)


def renamed(document: Document, program: Program, plural: str, key: str) -> Iterator[Document]:
    """The snapshot with each reference row of a kind called `key` instead, wherever it is named."""
    kind = program.collection(plural)
    if kind is None:
        return
    listed = document.get(plural)
    names = list(listed) if isinstance(listed, dict) else []
    for name in names:
        if name != key:
            yield _renamed(document, program, kind.name, plural, name, key)
    for other in program.parameters.get(kind.name, {}):
        if other not in names and other != key:
            yield _renamed(document, program, kind.name, plural, other, key)


def _renamed(document: Document, program: Program, kind: str, plural: str, name: str, key: str) -> Document:
    changed = copy.deepcopy(document)
    rows = changed.get(plural)
    if isinstance(rows, dict) and name in rows:
        rows.setdefault(key, rows.pop(name))
    accounts = changed.get("accounts")
    for account in accounts if isinstance(accounts, list) else ():
        _point(account, program.kinds["account"].fields, kind, name, key)
        for other in program.kinds.values():
            if other.role == "rows":
                for row in account.get(other.plural) or ():
                    _point(row, other.fields, kind, name, key)
    for other in program.kinds.values():
        held = changed.get(other.plural) if other.role == "reference" else None
        for row in held.values() if isinstance(held, dict) else ():
            _point(row, other.fields, kind, name, key)
    return changed


def _point(row: Document, fields: tuple[Field, ...], kind: str, name: str, key: str) -> None:
    for field in fields:
        if isinstance(field.type, Row) and field.type.kind == kind and row.get(field.name) == name:
            row[field.name] = key
