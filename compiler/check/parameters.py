"""The numbers the rules decide: each value read under its field's type, with the story of what it replaced."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from ...program import program as ir
from ...program.codes import closest
from ...program.diagnostic import Diagnostic, Note, Span
from ...program.literal import LiteralError, instant_text, read_literal
from ...program.number import Value
from ...program.types import Table, Type, Vector
from ..diagnostics import parameters as findings
from ..rulebook import Effective, KindText, Layer, ParameterText
from ..source import Mapping, Node, Scalar
from .model import Model
from .table_values import read_table

Key = tuple[str, str, str]
"""Kind name, row key, field; the first two are empty for the rulebook's own parameters."""


@dataclass(slots=True)
class Parameters:
    """values: kind, row key, field · history: newest first · later: the first amendment that will set a value."""

    values: dict[str, dict[str, dict[str, ir.Constant]]] = field(default_factory=dict)
    history: dict[Key, list[tuple[ir.Constant, ir.Origin]]] = field(default_factory=dict)
    later: dict[Key, Layer] = field(default_factory=dict)


def read_parameters(model: Model, effective: Effective) -> tuple[Parameters, list[Diagnostic]]:
    reader = _Reader(model)
    for kind, grid in model.grids.items():
        reader.read_grid(model.kinds[kind], grid)
    for text in effective.parameters:
        reader.read(text)
    for text in effective.later:
        reader.note_later(text)
    return reader.result, reader.found


MOST_ROWS = 10_000
"""Rows of one grid."""


class _Reader:
    def __init__(self, model: Model):
        self.model = model
        self.result = Parameters({"": {"": {}}})
        self.found: list[Diagnostic] = []
        self.said: dict[Key, Span] = {}
        """Where the name of the value in force stands."""

    def read(self, text: ParameterText) -> None:
        kind = self.model.by_plural(text.name)
        if kind is None:
            declared = self.model.kinds[""].field(text.name)
            if declared is None and isinstance(text.value, Mapping) and text.value.get("value") is None:
                self._unknown_kind(text)
                return
            self._set(text.layer, self.model.kinds[""], "", text.key, text.value)
            return
        if kind.role != "reference":
            self.found.append(findings.rows_are_observed(text.layer.span(text.key), kind.plural))
            return
        if not isinstance(text.value, Mapping):
            self.found.append(findings.rows_expected(text.layer.span(text.value), kind.plural, kind.name))
            return
        rows = self.result.values.setdefault(kind.name, {})
        for row in text.value.entries:
            rows.setdefault(row.key.text, {})
            if isinstance(row.value, Mapping):
                for entry in row.value.entries:
                    self._set(text.layer, kind, row.key.text, entry.key, entry.value)
            elif not (isinstance(row.value, Scalar) and row.value.text == ""):
                self.found.append(findings.rows_expected(text.layer.span(row.value), kind.plural, kind.name))

    def read_grid(self, kind: ir.Kind, text: KindText) -> None:
        """A row for each combination of the values, the last axis varying fastest; its key joins them with `/`."""
        combinations = 1
        for _, values in text.grid:
            combinations *= max(1, len(values))
        if combinations > MOST_ROWS:
            place = text.layer.span(text.grid[0][0])
            self.found.append(findings.grid_too_large(place, kind.plural, combinations, MOST_ROWS))
            return
        rows = self.result.values.setdefault(kind.name, {})
        for values in itertools.product(*(values for _, values in text.grid)):
            key = "/".join(value.text for value in values)
            rows.setdefault(key, {})
            for (axis, _), value in zip(text.grid, values, strict=True):
                self._set(text.layer, kind, key, axis, value)

    def note_later(self, text: ParameterText) -> None:
        kind = self.model.by_plural(text.name)
        if kind is None:
            self.result.later.setdefault(("", "", text.name), text.layer)
        elif isinstance(text.value, Mapping):
            for row in text.value.entries:
                for entry in row.value.entries if isinstance(row.value, Mapping) else ():
                    self.result.later.setdefault((kind.name, row.key.text, entry.key.text), text.layer)

    def _set(self, layer: Layer, kind: ir.Kind, row: str, name: Scalar, value: Node) -> None:
        known = name.text if kind.name else layer.named(name.text)
        declared = kind.field(known)
        if declared is None or declared.origin == "observed":
            self._refuse(layer, kind, row, name, declared)
            return
        about, source = layer.about, layer.source
        if isinstance(value, Mapping) and _is_long_form(value, declared.type):
            inner = value.get("value")
            if inner is None:
                self.found.append(findings.no_value(layer.span(name), name.text))
                return
            about, source = _text(value, "about") or about, _text(value, "source") or source
            value = inner.value
        constant = self._constant(layer, declared, value)
        if constant is _BAD:
            return
        assert not isinstance(constant, _Bad)
        text = value.text if isinstance(value, Scalar) else ""
        self.said[kind.name, row, known] = layer.span(name)
        origin = ir.Origin(layer.span(value), text, about, source, layer.effective)
        self.result.values.setdefault(kind.name, {}).setdefault(row, {})[known] = constant
        self.result.history.setdefault((kind.name, row, known), []).insert(0, (constant, origin))

    def _refuse(self, layer: Layer, kind: ir.Kind, row: str, name: Scalar, declared: ir.Field | None) -> None:
        place = layer.span(name)
        if declared is not None:
            self.found.append(findings.set_observed(place, name.text, self.model.spans[kind.name, declared.name]))
            return
        known = [f.name for f in kind.fields if f.origin == "parameter"]
        if not kind.name:
            known += [k.plural for k in self.model.kinds.values() if k.role == "reference"]
        meant = closest(name.text, known)
        notes: tuple[Note, ...] = ()
        story = self.result.history.get((kind.name, row, meant or ""))
        if story and meant:
            before = story[0][1]
            since = f" from {instant_text(before.effective)}" if before.effective is not None else ""
            place_before = self.said[kind.name, row, meant]
            notes = (Note(place_before, f"without it, {row or meant} keeps {before.text}{since}"),)
        self.found.append(findings.unknown_parameter(place, kind.plural, name.text, meant, known, notes))

    def _unknown_kind(self, text: ParameterText) -> None:
        known = [kind.plural for kind in self.model.kinds.values() if kind.role == "reference"]
        known += [f.name for f in self.model.kinds[""].fields]
        meant = closest(text.key.text, known)
        self.found.append(findings.unknown_parameter(text.layer.span(text.key), "", text.key.text, meant, known, ()))

    def _constant(self, layer: Layer, declared: ir.Field, value: Node) -> ir.Constant | _Bad:
        if isinstance(declared.type, Vector) and isinstance(value, Mapping):
            return self._vector(layer, declared.type, value)
        if isinstance(declared.type, Table):
            table = read_table(layer, declared.type, declared.name, value, self.model.currencies, self.found)
            return _BAD if table is None else table
        if not isinstance(value, Scalar):
            self.found.append(findings.plain_value_expected(layer.span(value), declared.name, str(declared.type)))
            return _BAD
        return self._scalar(layer, declared.type, value)

    def _scalar(self, layer: Layer, type_: Type, value: Scalar) -> ir.Constant | _Bad:
        try:
            return read_literal(value.text, type_, self.model.currencies)
        except LiteralError as error:
            self.found.append(findings.bad_value(layer.span(value), str(error), error.help))
            return _BAD

    def _vector(self, layer: Layer, type_: Vector, value: Mapping) -> ir.Constant | _Bad:
        cells: list[tuple[str, Value]] = []
        for entry in value.entries:
            if not isinstance(entry.value, Scalar):
                self.found.append(
                    findings.plain_value_expected(layer.span(entry.value), entry.key.text, str(type_.item))
                )
                return _BAD
            number = self._scalar(layer, type_.item, entry.value)
            if not isinstance(number, Value):
                return _BAD
            cells.append((entry.key.text, number))
        return ir.VectorValue(tuple(cells))


def _is_long_form(value: Mapping, type_: Type) -> bool:
    """Whether a block is a value with its story, not the rows of a table or the numbers of a vector."""
    if isinstance(type_, Table) and type_.exact:
        known = ("value", "about", "source", "loosen")
        return value.get("value") is not None and all(e.key.text in known for e in value.entries)
    return not isinstance(type_, Vector) or value.get("value") is not None


class _Bad:
    """A value that could not be read; the finding is already recorded. (None is a value.)"""


_BAD = _Bad()


def _text(mapping: Mapping, key: str) -> str:
    entry = mapping.get(key)
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else ""
