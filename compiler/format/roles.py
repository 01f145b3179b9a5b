"""Which texts of a rule file may be written otherwise: expressions, declarations, and numbers under a number's type."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as Texts
from pathlib import Path
from typing import Literal

from ...program.types import Number, Table, Type, Vector
from ..check.model import Model, resolve_model
from ..check.written import LONGEST_RULES
from ..rulebook import KindText, RuleFile, effective_at, load_files, read_rulebook
from ..rulebook.layers import read_layers
from ..rulebook.texts import LayerText
from ..schema import check_shape
from ..source import Mapping, Node, Scalar, Sequence, SourceFile
from .expression import spaced_declaration, spaced_expression
from .numbers import canonical_quantity

Role = Literal["expression", "declaration", "declaration of a number", "number"]
Roles = dict[int, Role]
"""By the offset at which a scalar begins. What is not here is never touched."""


def canonical(text: str, role: Role | None) -> str:
    """A text of that role as it should be written."""
    match role:
        case "expression":
            return spaced_expression(text)
        case "declaration" | "declaration of a number":
            return spaced_declaration(text, role != "declaration")
        case "number":
            return canonical_quantity(text)
        case None:
            return text


def find_roles(file: SourceFile, root: Mapping, path: Path | None, unsaved: Texts[Path, str]) -> Roles:
    """The roles of a file's scalars; numbers only where their types are known.

    path      where the file stands, for what it extends and imports; None: it is looked at alone
    unsaved   texts that count instead of what the disk holds, by resolved path
    """
    if check_shape(file, root):
        return {}  # nobody knows what is what
    layers, _ = read_layers(file, root)
    model = _model(file, root, path, unsaved)
    roles: Roles = {}
    for layer in _affordable(layers):
        _rules(layer, roles)
        _fields(layer, model, roles)
        if model is not None:
            _parameters(layer, model, roles)
    return roles


def _rules(layer: LayerText, roles: Roles) -> None:
    for definition in layer.definitions:
        _mark([definition.expression, *_parts(definition.cases)], "expression", roles)
        _mark([definition.unit], "declaration", roles)
    for function in layer.functions:
        _mark([function.expression, *_parts(function.cases)], "expression", roles)
        _mark([function.gives, *(type_ for _, type_ in function.parameters)], "declaration", roles)
    _mark([rung.when for rung in layer.ladder or ()], "expression", roles)


def _parts(cases: Iterable[tuple[Scalar | None, Scalar]]) -> list[Scalar | None]:
    return [part for case in cases for part in case]


def _mark(scalars: Iterable[Scalar | None], role: Role, roles: Roles) -> None:
    roles.update({scalar.start: role for scalar in scalars if scalar is not None and scalar.style not in ("'", '"')})


def _affordable(layers: Iterable[LayerText]) -> list[LayerText]:
    """The layers up to where the compiler stops reading expressions; text behind stays as it is."""
    left = LONGEST_RULES
    kept = []
    for layer in layers:
        texts = [part for d in layer.definitions for part in (d.expression, *_parts(d.cases))]
        texts += [part for f in layer.functions for part in (f.expression, *_parts(f.cases))]
        left -= sum(len(part.text) for part in texts if part is not None)
        if left < 0:
            break
        kept.append(layer)
    return kept


# ---- numbers, where their types are known


def _model(file: SourceFile, root: Mapping, path: Path | None, unsaved: Texts[Path, str]) -> Model | None:
    """The kinds and fields of the rulebook that this text makes with what it extends and imports, if it can be read."""
    if root.get("extends") is None and root.get("imports") is None:
        files = [RuleFile(path or Path(file.name), file, root)]
    elif path is None:
        return None
    else:
        files, _, _ = load_files(path, file.name, unsaved={**unsaved, path.resolve(): file.text})
        if not files:
            return None
    rulebook, _ = read_rulebook(files)
    return resolve_model(rulebook, effective_at(rulebook, None))[0]


def _fields(layer: LayerText, model: Model | None, roles: Roles) -> None:
    """Declarations in the model; without it, a default could be the key of a row."""
    for kind in layer.kinds:
        known = _known(kind, model)
        for text in kind.fields:
            declared = known.get(text.known_as("account" if kind.of_account and not kind.plural else kind.plural))
            role: Role = "declaration of a number" if isinstance(declared, Number) else "declaration"
            if isinstance(text.value, Scalar):
                _mark([text.value], role, roles)
            elif isinstance(text.value, Mapping):
                columns = text.value.get("columns")
                types = list(columns.value.entries) if columns and isinstance(columns.value, Mapping) else []
                single = text.value.get("value")
                cells = [entry.value for entry in ([*types, single] if single is not None else types)]
                _mark([cell for cell in cells if isinstance(cell, Scalar)], "declaration", roles)
        for axis, values in kind.grid:
            if isinstance(known.get(axis.text), Number):
                _mark(values, "number", roles)


def _known(kind: KindText, model: Model | None) -> dict[str, Type]:
    if model is None:
        return {}
    name = "account" if kind.of_account else ""
    found = model.by_plural(kind.layer.named(kind.plural)) if kind.plural else model.kinds.get(name)
    return {field.name: field.type for field in found.fields} if found is not None else {}


def _parameters(layer: LayerText, model: Model, roles: Roles) -> None:
    own = {field.name: field.type for field in model.kinds[""].fields}
    for text in layer.parameters:
        kind = model.by_plural(text.name)
        if kind is None:
            _value(text.value, own.get(text.name), roles)
            continue
        types = {field.name: field.type for field in kind.fields}
        for row in text.value.entries if isinstance(text.value, Mapping) else ():
            for entry in row.value.entries if isinstance(row.value, Mapping) else ():
                _value(entry.value, types.get(entry.key.text), roles)


def _value(node: Node, type_: Type | None, roles: Roles) -> None:
    """The numbers of one value, its long form included."""
    inner = node.get("value") if isinstance(node, Mapping) else None
    if isinstance(type_, Number):
        node = inner.value if inner is not None else node
        _mark([node] if isinstance(node, Scalar) else [], "number", roles)
    elif isinstance(type_, Vector) and isinstance(node, Mapping):
        cells = inner.value if inner is not None and isinstance(inner.value, Mapping) else node
        _mark([entry.value for entry in cells.entries if isinstance(entry.value, Scalar)], "number", roles)
    elif isinstance(type_, Table):
        numbers = {name for name, column in type_.columns if isinstance(column, Number)}
        numbers |= {"from", "to"} if type_.range is not None else set()
        _cells(node, numbers - {key.name for key in type_.exact}, roles)


def _cells(node: Node, numbers: set[str], roles: Roles) -> None:
    """The numbers among the cells of a table; keys of its rows stay as they are."""
    if isinstance(node, Sequence):
        for item in node.items:
            _cells(item, numbers, roles)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            if not isinstance(entry.value, Scalar):
                _cells(entry.value, numbers, roles)
            elif entry.key.text in numbers:
                _mark([entry.value], "number", roles)
