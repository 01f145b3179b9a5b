"""Checked expressions: operations of the IR as a tree, each with its type and its place, names resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ...program.diagnostic import Diagnostic, Span
from ...program.dimension import Dimension, Path
from ...program.types import Number, Row, Rows, Table, TableKey, Type, Vector

Attribute = object
DefinitionKey = tuple[tuple[str, ...], str]
"""Scope and name."""


@dataclass(frozen=True, slots=True)
class Term:
    """operation and attributes as in `program.operations`, except that rows are named, not yet put into slots:
    `index` holds the name of its row, `reduce` the name of its binder, `read` the key of its definition."""

    operation: str
    arguments: tuple[Term, ...]
    attributes: tuple[Attribute, ...]
    type: Type
    span: Span

    def typed(self, type_: Type) -> Term:
        return replace(self, type=type_)


class Refused(Exception):
    """An expression that does not check; carries the one finding that says why."""

    def __init__(self, finding: Diagnostic):
        self.finding = finding


class Needs(Exception):
    """A definition that must be checked first; raised while checking, caught by the driver."""

    def __init__(self, key: DefinitionKey, span: Span):
        self.key = key
        self.span = span


class Spoilt(Exception):
    """An expression that reads a definition which does not check: nothing to add to that finding."""


def parts(root: Term | None) -> Iterator[Term]:
    """A term and everything it is made of, each once: a part that stands in several places may be large."""
    stack = [root] if root is not None else []
    seen: set[int] = set()
    while stack:
        part = stack.pop()
        if id(part) not in seen:
            seen.add(id(part))
            yield part
            stack += reversed(part.arguments)


def relocate(type_: Type, roots: Mapping[str, Path]) -> Type:
    """A type told from elsewhere: paths that begin at a scope's row begin at the row it is read through."""
    if not roots:
        return type_
    return moved(type_, lambda path: roots[path.root].join(path.steps) if path.root in roots else path)


def moved(type_: Type, change: Callable[[Path], Path]) -> Type:
    """A type with every path in it changed."""
    match type_:
        case Number(dimension=Dimension() as dimension) if dimension.units():
            return replace(type_, dimension=dimension.map_paths(change))
        case Table(keys=keys, columns=columns):
            return replace(
                type_,
                keys=tuple(_moved_key(key, change) for key in keys),
                columns=tuple((name, moved(column, change)) for name, column in columns),
            )
        case Vector(item=item):
            inner = moved(item, change)
            assert isinstance(inner, Number)
            return replace(type_, item=inner)
        case Row(path=path, table=table) if path is not None or table is not None:
            return replace(type_, path=change(path) if path is not None else None, table=_moved_table(table, change))
        case Rows(table=Table() as table):
            return replace(type_, table=_moved_table(table, change))
        case _:
            return type_


def _moved_key(key: TableKey, change: Callable[[Path], Path]) -> TableKey:
    number = moved(key.type, change)
    return replace(key, type=number) if isinstance(number, Number) else key


def _moved_table(table: Table | None, change: Callable[[Path], Path]) -> Table | None:
    if table is None:
        return None
    told = moved(table, change)
    assert isinstance(told, Table)
    return told


def roots_of(type_: Type) -> set[str]:
    """The rows that a type's paths begin at."""
    found: set[str] = set()

    def note(path: Path) -> Path:
        found.add(path.root)
        return path

    moved(type_, note)
    return found
