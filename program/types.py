"""The types of values. `optional` means the value may be `none`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .dimension import Dimension, Path


@dataclass(frozen=True, slots=True)
class Number:
    """A number of one dimension; None is the literal 0, which fits every dimension."""

    dimension: Dimension | None
    integer: bool = False
    optional: bool = False

    def __str__(self) -> str:
        name = "integer" if self.integer else "0" if self.dimension is None else str(self.dimension)
        return _or_none(name, self.optional)


@dataclass(frozen=True, slots=True)
class Truth:
    """true or false."""

    optional: bool = False

    def __str__(self) -> str:
        return _or_none("bool", self.optional)


@dataclass(frozen=True, slots=True)
class Label:
    """A word; one of `choices`, or any word where `choices` is None."""

    choices: tuple[str, ...] | None = None
    optional: bool = False

    def __str__(self) -> str:
        return _or_none("label" if self.choices is None else " | ".join(self.choices), self.optional)


@dataclass(frozen=True, slots=True)
class Date:
    """An instant, seconds since 1970 UTC."""

    optional: bool = False

    def __str__(self) -> str:
        return _or_none("date", self.optional)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a kind, or of a `table`. `path` says which row where that is known statically (checker only)."""

    kind: str
    path: Path | None = None
    optional: bool = False
    table: Table | None = None

    def __str__(self) -> str:
        return _or_none(self.kind, self.optional)


@dataclass(frozen=True, slots=True)
class Rows:
    """Several rows of a kind, in order. `table` is set where the rows are those of a table."""

    kind: str
    table: Table | None = None
    optional: bool = False

    def __str__(self) -> str:
        return f"rows of {self.kind}"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows found by `by`: ranges of a number that begin at `from`. `columns` are read from the row."""

    by: Number
    columns: tuple[tuple[str, Type], ...]
    optional: bool = False

    def __str__(self) -> str:
        columns = ", ".join(f"{name}: {type_}" for name, type_ in self.columns)
        return _or_none(f"table by {self.by} of {columns}", self.optional)


@dataclass(frozen=True, slots=True)
class Vector:
    """One `item` for each row of the reference kind `kind`: a risk array."""

    item: Number
    kind: str
    optional: bool = False

    def __str__(self) -> str:
        return _or_none(f"{self.item} by {self.kind}", self.optional)


@dataclass(frozen=True, slots=True)
class Nothing:
    """The type of the literal `none`."""

    optional: bool = True

    def __str__(self) -> str:
        return "none"


Type = Number | Truth | Label | Date | Row | Rows | Table | Vector | Nothing


def optional(type_: Type, flag: bool = True) -> Type:
    return replace(type_, optional=flag) if type_.optional != flag else type_


def _or_none(text: str, flag: bool) -> str:
    return f"{text} | none" if flag else text


def shape(type_: Type) -> str:
    """The letter of a type in the IR (see `operations`), with the kind for rows."""
    match type_:
        case Number():
            return "n"
        case Truth():
            return "b"
        case Label():
            return "l"
        case Date():
            return "d"
        case Table():
            return "t"
        case Row(kind=kind):
            return f"r {kind}"
        case Rows(kind=kind):
            return f"R {kind}"
        case Vector(item=item):
            return shape(item)  # always read at one of its rows
        case Nothing():
            return "v"
