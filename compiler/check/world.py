"""What is the same for every expression of a rulebook: kinds, definitions, functions, and the rows it lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...program.diagnostic import Span
from ...program.types import Type
from ..syntax import Expression
from .model import Model
from .term import DefinitionKey

Signature = Callable[[DefinitionKey], Type | None]
"""The type of a checked definition, None while it is unchecked. Raises Spoilt for one that failed."""


@dataclass(frozen=True, slots=True)
class World:
    """The same for every expression of a rulebook: kinds, and which definitions exist on which scope."""

    model: Model
    definitions: Mapping[str, tuple[tuple[str, ...], ...]]
    """Scopes by name."""
    signature: Signature
    assumed: Callable[[DefinitionKey], Type]
    """The type of a definition read on the row before, which may be the one being checked."""
    expressions: Mapping[DefinitionKey, Expression]
    """What each definition says, for advice in findings; a decision table has none."""
    rows: Mapping[str, tuple[str, ...]]
    """Keys of the rows the rulebook lists, by kind."""
    filled: frozenset[str] = frozenset()
    """Reference kinds that have a row at every date, whatever a snapshot brings."""
    functions: Mapping[str, Function] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    """Functions whose declaration is wrong: a call of one says nothing new."""
    prefixes: frozenset[str] = frozenset()
    """What stands before the names of imported rulebooks."""

    def expression(self, key: DefinitionKey) -> Expression | None:
        return self.expressions.get(key)

    def examples(self, kind: str) -> str:
        """Two rows of a kind that nobody can add, for a message."""
        keys = [key for key in self.rows.get(kind, ()) if key != self.model.numeraire][:2]
        return " + ".join(keys) if len(keys) == 2 else f"one {kind} + another"

    def names_on(self, kind: str) -> list[str]:
        """Every name that a row of a kind has: many, so for messages only."""
        names = [name for name, scopes in self.definitions.items() if any(kind in scope for scope in scopes)]
        return self._declared_on(kind) + names

    def has_name(self, kind: str, name: str) -> bool:
        """Whether `name` is among `names_on(kind)`."""
        return any(kind in scope for scope in self.definitions.get(name, ())) or name in self._declared_on(kind)

    def _declared_on(self, kind: str) -> list[str]:
        own = self.model.kinds[kind]
        fields = [f.name for f in own.fields] + [*own.by]
        fields += [k.plural for k in self.model.kinds.values() if k.name in own.of]
        return fields + [k.name for k in self.model.kinds.values() if kind in k.of]


@dataclass(frozen=True, slots=True)
class Function:
    """What a call needs to know of a function: types, in which `$d` stands for any dimension, and where it stands."""

    name: str
    parameters: tuple[tuple[str, Type], ...]
    gives: Type
    span: Span
