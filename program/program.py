"""`Program`: a compiled rulebook, valid for an interval of time. Parameters are data, not folded constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .diagnostic import Span
from .number import Value
from .types import Type

Instant = int
"""Seconds since 1970-01-01T00:00Z."""


@dataclass(frozen=True, slots=True)
class RowKey:
    """A row of a reference kind, named by its key."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table, found by its exact `keys` (rows, labels, truths, by name) and its range.

    The range goes from `low` to `high` (None: without end); `low` is None in a table of exact keys only.
    """

    low: Value | None
    high: Value | None
    cells: tuple[tuple[str, Constant], ...]
    keys: tuple[tuple[str, Constant], ...] = ()


@dataclass(frozen=True, slots=True)
class TableValue:
    """The rows of a table. Ranges under the same exact keys stand together, in ascending order and without gaps."""

    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True)
class VectorValue:
    """A number for each row of a reference kind, by the row's key."""

    cells: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A date value: seconds since 1970 UTC."""

    seconds: Value


Constant = Value | bool | str | Moment | RowKey | TableValue | VectorValue | None
"""What a parameter or a constant node holds: number, truth, label, date, row, table, vector, or none."""


Role = Literal["reference", "account", "rows", "group", "globals"]

Attribute = str | int | Constant | tuple[str, ...]
"""A static value of a node: a kind, a field, a slot, a definition's number, a constant, labels."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a kind. `default` counts only where `has_default`: none is a default too."""

    name: str
    type: Type
    origin: Literal["parameter", "observed"]
    has_default: bool = False
    default: Constant = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of rows.

    name     what one row is called (`asset`); `account` for the account itself; "" for the rulebook's own parameters
    plural   its rows together (`assets`); "" for the account and for the rulebook's own parameters
    role     reference: shared by all accounts, told apart by a text key · account: one row an account ·
             rows: belong to one account · group: an account's rows made of other rows of it ·
             globals: the rulebook's own parameters, one row for all
    key      fields that tell rows of the role `rows` apart; empty where nothing does
    labels   undeclared words of the snapshot that are carried through to results (account only)
    of, by   of a group: the kinds of its members, and the fields or definitions that members of one row share
    """

    name: str
    plural: str
    role: Role
    fields: tuple[Field, ...] = ()
    key: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    by: tuple[str, ...] = ()

    def field(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)

    @property
    def told_by(self) -> tuple[str, ...]:
        """What results call a row by: its key, that of a group, or the first field where rows have none."""
        return self.key or self.by or tuple(field.name for field in self.fields[:1])


@dataclass(frozen=True, slots=True)
class Node:
    """One operation. `arguments` are numbers of earlier nodes; `attributes` are static.

    `shape` is what it gives: the letter of `operations`, followed by the kind for rows (`r asset`, `R position`).
    """

    operation: str
    arguments: tuple[int, ...]
    attributes: tuple[Attribute, ...]
    shape: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A named value on a scope. In its expression slot i is the row of `scope[i]`; binders take the slots after."""

    name: str
    scope: tuple[str, ...]
    section: str
    node: int
    type: Type
    approximate: bool = False

    @property
    def full_name(self) -> str:
        return ".".join((*(kind for kind in self.scope if kind != "account"), self.name))


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the rulebook or of a library it imports. In its expression argument i is that of `parameters[i]`.

    A dimension like `$d` stands for any; shapes are all an executor needs to know.
    """

    name: str
    parameters: tuple[tuple[str, Type], ...]
    type: Type
    node: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a message: literal `text`, then (where `definition` >= 0) the account's value in `format`."""

    text: str
    definition: int = -1
    format: str = ""


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of the status ladder. `definition` (bool, on the account) is -1 on the last, which always holds."""

    name: str
    definition: int
    message: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A bool definition that must hold for each row of its scope."""

    definition: int
    severity: Literal["error", "warning"]
    message: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """A definition people asked for, under the words they see it by, and the format of its numbers in a table."""

    definition: int
    label: str
    format: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from: place, the rule text, and for dated values the amendment."""

    span: Span
    text: str = ""
    about: str = ""
    source: str = ""
    effective: Instant | None = None


@dataclass(frozen=True, slots=True)
class Origins:
    """The story of a program, kept beside its body and left out of its hash.

    definitions   by number
    parameters    by (kind name or "", row key or "", field): newest first, the value in force at [0] with the
                  values it replaced behind it, each as (value, origin)
    functions     by number
    nodes         by (definition number, node number): where that operation stands, for operations that can fail
                  and for choices; operations of function f stand under -1 - f
    rungs         by position in the ladder
    fields        by (kind name, field): where the model declares it
    later         by (kind name, row key, field): when the first amendment after this interval sets it
    """

    definitions: Mapping[int, Origin] = field(default_factory=dict)
    functions: Mapping[int, Origin] = field(default_factory=dict)
    parameters: Mapping[tuple[str, str, str], tuple[tuple[Constant, Origin], ...]] = field(default_factory=dict)
    nodes: Mapping[tuple[int, int], Span] = field(default_factory=dict)
    rungs: Mapping[int, Origin] = field(default_factory=dict)
    fields: Mapping[tuple[str, str], Origin] = field(default_factory=dict)
    later: Mapping[tuple[str, str, str], Instant] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled rulebook.

    valid        [from, to) in instants; None is without bound
    kinds        by name (`asset`), in the order of the model
    parameters   by kind name ("" for the rulebook's own), then row key ("" there), then field
    functions    without recursion; `call` names them by number
    code_hash    of nodes and model: what machine code depends on
    hash         of everything but origins
    """

    rulebook: str
    numeraire: str
    valid: tuple[Instant | None, Instant | None]
    kinds: Mapping[str, Kind]
    parameters: Mapping[str, Mapping[str, Mapping[str, Constant]]]
    nodes: tuple[Node, ...]
    definitions: tuple[Definition, ...]
    ladder: tuple[Rung, ...]
    checks: tuple[Check, ...]
    outputs: tuple[Output, ...]
    functions: tuple[Function, ...] = ()
    origins: Origins = field(default_factory=Origins)
    code_hash: str = ""
    hash: str = ""

    def find(self, name: str, *scope: str) -> int | None:
        """The number of the definition `name` on `scope` (default: the account)."""
        wanted = scope or ("account",)
        return next((i for i, d in enumerate(self.definitions) if d.name == name and d.scope == wanted), None)

    def collection(self, plural: str) -> Kind | None:
        return next((kind for kind in self.kinds.values() if plural and kind.plural == plural), None)
