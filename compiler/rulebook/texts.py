"""What one layer of a rulebook says, still as text with its place."""

from __future__ import annotations

from dataclasses import dataclass

from ...program.diagnostic import Span
from ..source import Node, Scalar, SourceFile


@dataclass(frozen=True, slots=True)
class Layer:
    """Where a value was said: a file, and the amendment there (`effective` None: undated)."""

    file: SourceFile
    effective: int | None = None
    about: str = ""
    source: str = ""
    prefix: str = ""
    """What stands before the names of an imported rulebook; empty in the rulebook itself and what it extends."""

    def named(self, name: str) -> str:
        """A name of this layer's rulebook as the importing rulebook knows it."""
        return f"{self.prefix}.{name}" if self.prefix else name

    def span(self, node: Node) -> Span:
        return self.file.span_of(node)


@dataclass(frozen=True, slots=True)
class FieldText:
    """`name: TYPE [= default]` in a kind; `value` is the declaration, or the mapping of a table."""

    layer: Layer
    name: Scalar
    value: Node
    parameter: bool

    def known_as(self, kind: str) -> str:
        """Its name on a kind: the account and the rulebook's own parameters are shared with what imports it."""
        return self.layer.named(self.name.text) if kind in ("", "account") else self.name.text


@dataclass(frozen=True, slots=True)
class KindText:
    """What one layer says of one kind. `plural` is empty for the account and for the rulebook's own parameters."""

    layer: Layer
    plural: str
    span: Span
    each: Scalar | None
    of_account: bool
    fields: tuple[FieldText, ...]
    key: tuple[Scalar, ...] | None = None
    labels: tuple[str, ...] = ()
    of: tuple[Scalar, ...] = ()
    by: tuple[Scalar, ...] = ()
    grid: tuple[tuple[Scalar, tuple[Scalar, ...]], ...] = ()
    """Parameters with the values whose combinations are the kind's rows."""


@dataclass(frozen=True, slots=True)
class ParameterText:
    """`key: value` under `parameters`: a parameter of the rulebook's own, or the rows of a kind."""

    layer: Layer
    key: Scalar
    value: Node

    @property
    def name(self) -> str:
        return self.layer.named(self.key.text)


@dataclass(frozen=True, slots=True)
class FunctionText:
    """A function as written: its parameters with their types, and what it gives."""

    layer: Layer
    name: Scalar
    parameters: tuple[tuple[Scalar, Scalar], ...]
    gives: Scalar
    expression: Scalar | None
    cases: tuple[tuple[Scalar | None, Scalar], ...]
    about: str
    source: str
    unique: bool = False


@dataclass(frozen=True, slots=True)
class DefinitionText:
    """A definition as written. Without `expression` and `cases` it is open and left to a child."""

    layer: Layer
    section: str
    scope: tuple[str, ...]
    scope_key: Scalar
    name: Scalar
    expression: Scalar | None
    cases: tuple[tuple[Scalar | None, Scalar], ...] = ()
    unit: Scalar | None = None
    about: str = ""
    source: str = ""
    severity: str = "error"
    message: Scalar | None = None
    unique: bool = False
    """Whether at most one of the cases may hold."""

    @property
    def key(self) -> tuple[tuple[str, ...], str]:
        """Scope and name. What is the account's is told from the importing rulebook's own by its prefix."""
        name = self.layer.named(self.name.text) if "account" in self.scope else self.name.text
        return self.scope, name


@dataclass(frozen=True, slots=True)
class RungText:
    layer: Layer
    name: Scalar
    when: Scalar | None
    message: Scalar | None
    about: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class OutputText:
    """`label` is what people see it by; `format` that of `label {:.2f}`, which stands in `said`."""

    layer: Layer
    name: Scalar
    label: str
    format: str = ""
    said: Scalar | None = None


@dataclass(frozen=True, slots=True)
class LayerText:
    """Everything one layer says."""

    layer: Layer
    kinds: tuple[KindText, ...]
    parameters: tuple[ParameterText, ...]
    definitions: tuple[DefinitionText, ...]
    ladder: tuple[RungText, ...] | None
    outputs: tuple[OutputText, ...] | None
    functions: tuple[FunctionText, ...] = ()

    @property
    def only_values(self) -> bool:
        """Whether this layer changes parameters and nothing of the rules' structure."""
        said = self.kinds or self.definitions or self.functions or self.ladder is not None or self.outputs is not None
        return not said
