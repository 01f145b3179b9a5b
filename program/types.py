"""The types of values. `optional` means the value may be `none`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from .dimension import Dimension, Path

if TYPE_CHECKING:
    from .program import Constant


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
class TableKey:
    """What the rows of a table are told apart by, under a name: a row, a label, a truth, or the number of a range."""

    name: str
    type: Number | Row | Label | Truth


@dataclass(frozen=True, slots=True)
class Table:
    """Rows found by `keys`; where the last key is a number, by the range it falls in.

    columns    what is read from a row; in a table of single values one column, `value`
    single     whether it is a table of single values
    closed     where a bound between two ranges belongs: `lower`, the range that begins there; `upper`, the one below
    beyond     whether the last range goes on without end (`last`), or a number above it is an `error`
    missing    what a look-up by keys that no row has gives: an `error`, `none`, or `default` (`value`)
    symmetric  whether both orders of its two keys have one value; a table's value holds both
    diagonal   the value of two equal keys; None where rows have to say it
    """

    keys: tuple[TableKey, ...]
    columns: tuple[tuple[str, Type], ...]
    single: bool = False
    closed: Literal["lower", "upper"] = "lower"
    beyond: Literal["last", "error"] = "last"
    missing: Literal["error", "none", "value"] = "error"
    default: Constant = None
    symmetric: bool = False
    diagonal: Constant = None
    optional: bool = False

    @property
    def range(self) -> Number | None:
        """The number by which ranges are found, None in a table of exact keys."""
        last = self.keys[-1].type
        return last if isinstance(last, Number) else None

    @property
    def exact(self) -> tuple[TableKey, ...]:
        """The keys before the range."""
        return self.keys if self.range is None else self.keys[:-1]

    def __str__(self) -> str:
        keys = ", ".join(str(key.type) for key in self.keys)
        columns = ", ".join(str(type_) if self.single else f"{name}: {type_}" for name, type_ in self.columns)
        return _or_none(f"table by {keys} of {columns}", self.optional)


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
