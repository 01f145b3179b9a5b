"""The columns of a book against a program: which field each is, how it is laid out, and what may not be there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from ...program.diagnostic import Diagnostic, SnapshotError, Span
from ...program.program import Field, Program
from ...program.types import Date, Label, Number, Row, Truth, Vector
from ..diagnostics import book as pages
from ..diagnostics import snapshot as snapshot_pages
from ..snapshot.read import Model, model_of
from ..snapshot.rows import RowReader
from .codes import instant_layout, instant_text_layout, label_layout, row_layout, truth_layout
from .layout import Layout
from .numbers import decimal_layout, double_layout, integer_layout, text_layout
from .vectors import is_list, is_text, vector_layout
from .words import Words

ACCOUNT = "account"
Orders = Mapping[str, Mapping[str, int]]
"""By kind, the numbers of its reference rows by key."""

_EXPECTED = {
    Number: "decimals, integers or float64",
    Truth: "booleans",
    Label: "text or a dictionary of text",
    Row: "text or a dictionary of text",
    Date: "timestamps with a zone, or dates",
    Vector: "a list of numbers in the order of the rows, or a struct or map of numbers by their keys",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A field and where it comes from: `place` among the columns or the struct's fields, -1 where it is absent."""

    field: Field
    place: int
    layout: Layout


@dataclass(frozen=True, slots=True)
class Collected:
    """A kind of role "rows", the place of its column (-1: absent), and the fields of its struct."""

    kind: str
    plural: str
    key: tuple[str, ...]
    place: int
    fields: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the columns of one Arrow schema are read against one program."""

    model: Model
    account: int
    own: tuple[Source, ...]
    collections: tuple[Collected, ...]
    labels: Mapping[str, int]


def plan_of(schema: Any, program: Program, orders: Orders, words: Words, file: str) -> Plan:
    """Every column matched with the model. Raises SnapshotError with all that may not be there."""
    try:
        return _Planner(model_of(program), orders, words, Span(file)).plan(schema)
    except UnicodeDecodeError:
        raise SnapshotError([pages.damaged(Span(file), "the name of a column is not UTF-8")]) from None


class _Planner:
    def __init__(self, model: Model, orders: Orders, words: Words, span: Span):
        self.model = model
        self.orders = orders
        self.words = words
        self.span = span
        self.found: list[Diagnostic] = []

    def plan(self, schema: Any) -> Plan:
        columns = [(field.name, field.type) for field in schema]
        places = self.places(columns, "the book")
        account = places.pop(ACCOUNT, -1)
        if account < 0:
            why = "the column of names that results go by"
            self.found.append(snapshot_pages.missing(self.span, "the book", ACCOUNT, why))
        elif not is_text(columns[account][1]):
            self.wrong("`account`", columns[account][1], _EXPECTED[Label])
        labels = {name: places.pop(name) for name in sorted(self.model.labels) if name in places}
        for name, place in labels.items():
            if not (is_text(columns[place][1]) or pa.types.is_null(columns[place][1])):
                self.wrong(f"`{name}`", columns[place][1], _EXPECTED[Label])
        collections = tuple(
            self.collection(rows, places.pop(plural, -1), columns) for plural, rows in self.model.collections.items()
        )
        own = self.fields(self.model.account, columns, "", places)
        known = (ACCOUNT, *self.model.collections, *self.model.labels)
        self.refuse_others(places, self.model.account, "the book", known)
        if self.found:
            raise SnapshotError(self.found)
        return Plan(self.model, account, own, collections, labels)

    def places(self, columns: Sequence[tuple[str, Any]], owner: str) -> dict[str, int]:
        for name, times in Counter(name for name, _ in columns).items():
            if times > 1:
                self.found.append(pages.column_repeated(self.span, owner, name))
        return {name: place for place, (name, _) in enumerate(columns)}

    def collection(self, rows: RowReader, place: int, columns: Sequence[tuple[str, Any]]) -> Collected:
        kind = rows.kind
        inner: list[tuple[str, Any]] = []
        if place >= 0:
            type_ = columns[place][1]
            if is_list(type_) and pa.types.is_struct(type_.value_type):
                struct = type_.value_type
                inner = [(struct.field(i).name, struct.field(i).type) for i in range(struct.num_fields)]
            elif pa.types.is_null(type_) or (is_list(type_) and pa.types.is_null(type_.value_type)):
                place = -1
            else:
                self.wrong(f"`{kind.plural}`", type_, f"a list of structs, one for each {kind.name}")
                place = -1
        owner = f"`{kind.plural}` of the book"
        places = self.places(inner, owner)
        fields = self.fields(rows, inner, f" of `{kind.plural}`", places)
        self.refuse_others(places, rows, owner, ())
        return Collected(kind.name, kind.plural, kind.key, place, fields)

    def fields(
        self, rows: RowReader, columns: Sequence[tuple[str, Any]], suffix: str, places: dict[str, int]
    ) -> tuple[Source, ...]:
        """The observed fields in the order of the model; takes those found out of `places`."""
        sources = []
        for name in rows.readers:
            field = rows.kind.field(name)
            assert field is not None
            place = places.pop(name, -1)
            type_ = columns[place][1] if place >= 0 else pa.null()
            if pa.types.is_null(type_):
                place = -1
            layout = self.layout(field, type_, name in rows.kind.key) if place >= 0 else self.absent(field)
            if layout is None:
                self.wrong(f"`{name}`{suffix}", type_, _EXPECTED.get(type(field.type), "nothing a book can hold"))
            else:
                sources.append(Source(field, place, layout))
        return tuple(sources)

    def layout(self, field: Field, type_: Any, key: bool = False) -> Layout | None:
        match field.type:
            case Number():
                return number_layout(field, type_)
            case Truth():
                return truth_layout(field) if pa.types.is_boolean(type_) else None
            case Label():
                return label_layout(field, self.words, key) if is_text(type_) else None
            case Row(kind=kind):
                return row_layout(field, self.orders.get(kind, {}), key) if is_text(type_) else None
            case Date():
                return date_layout(field, type_)
            case Vector(kind=kind):
                return self.vector(field, type_, kind)
            case _:
                return None

    def vector(self, field: Field, type_: Any, kind: str) -> Layout | None:
        order = self.orders.get(kind, {})
        if pa.types.is_fixed_size_list(type_) and type_.list_size != len(order):
            what = f"each `{field.name}`"
            self.found.append(pages.vector_length(self.span, what, type_.list_size, kind, len(order)))
        return vector_layout(field, type_, order, number_layout)

    def absent(self, field: Field) -> Layout | None:
        """A layout of the field's own, of which only the blank is used."""
        likely = {Number: pa.float64(), Truth: pa.bool_(), Date: pa.timestamp("s", "UTC")}
        if isinstance(field.type, Vector):
            return self.layout(field, pa.list_(pa.float64()))
        return self.layout(field, likely.get(type(field.type), pa.string()))

    def refuse_others(self, places: Mapping[str, int], rows: RowReader, owner: str, others: Collection[str]) -> None:
        for name in places:
            finding = rows.unknown(name, owner, others)(self.span)
            self.found.append(replace(finding, fixes=()))  # nothing in the file can be replaced as text

    def wrong(self, what: str, type_: Any, expected: str) -> None:
        self.found.append(pages.column_type(self.span, what, str(type_), expected, way_out(type_)))


def number_layout(field: Field, type_: Any) -> Layout | None:
    """How numbers of this Arrow type are laid out, None where it is no type of numbers that is taken."""
    makers: list[tuple[Callable[[Any], bool], Callable[[], Layout]]] = [
        (pa.types.is_float64, lambda: double_layout(field)),
        (pa.types.is_integer, lambda: integer_layout(field, type_)),
        (pa.types.is_decimal, lambda: decimal_layout(field, type_)),
        (is_text, lambda: text_layout(field)),
    ]
    return next((make() for fits, make in makers if fits(type_)), None)


def date_layout(field: Field, type_: Any) -> Layout | None:
    """How dates of this Arrow type are laid out; a timestamp without a zone is no instant."""
    if (pa.types.is_timestamp(type_) and type_.tz is not None) or pa.types.is_date(type_):
        return instant_layout(field, type_)
    return instant_text_layout(field) if is_text(type_) else None


def way_out(type_: Any) -> str:
    """What to do about a column of a type that nothing takes, where there is more to say than what is taken."""
    if pa.types.is_float32(type_) or pa.types.is_float16(type_):
        return "write the values as they were before they were narrowed: decimals, or float64"
    if pa.types.is_timestamp(type_):
        return 'say the zone: `column.cast(pa.timestamp("us", "UTC"))`'
    if pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
        return "write it as text in UTF-8"
    return ""
