"""The kinds of a rulebook with typed fields: types and dimensions over each row's own paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from ...program import program as ir
from ...program.diagnostic import Diagnostic, Note, Span
from ...program.dimension import RATIO, TIME, Dimension, Path, currency, unit
from ...program.literal import LiteralError, infer_literal, read_literal
from ...program.types import Date, Label, Number, Row, Truth, Type, Vector, optional
from ..diagnostics import functions as function_findings
from ..diagnostics import imports as import_findings
from ..diagnostics import model as findings
from ..rulebook import Effective, FieldText, KindText, Layer, Rulebook
from ..source import Mapping as YamlMapping
from ..source import Scalar
from ..syntax import Declared, ast, parse_declaration
from .table_types import Declaring, table_type

_PLAIN: dict[str, Type] = {
    "ratio": Number(RATIO),
    "integer": Number(RATIO, integer=True),
    "time": Number(Dimension(((TIME, 1),))),
    "bool": Truth(),
    "date": Date(),
    "label": Label(),
}


@dataclass(frozen=True, slots=True)
class Model:
    """Kinds by the name of one row; where each kind and field is declared."""

    numeraire: str
    currencies: frozenset[str]
    kinds: Mapping[str, ir.Kind]
    spans: Mapping[tuple[str, str], Span]
    """By kind and field; the kind itself under the field ""."""
    resolver: _Resolver
    grids: Mapping[str, KindText] = field(default_factory=dict)
    """The last word on the grid of a kind, for kinds whose rows are combinations of values."""

    def by_plural(self, plural: str) -> ir.Kind | None:
        return next((kind for kind in self.kinds.values() if plural and kind.plural == plural), None)

    def declared(self, kind: str, declared: Declared, layer: Layer) -> tuple[Type | None, list[Diagnostic]]:
        """The type a definition on `kind` declares for itself."""
        resolver = _Resolver(self.currencies, self.resolver.drafts, [])
        type_ = resolver.type(resolver.drafts[kind], "", declared, layer)
        return (Row(type_.kind, None, type_.optional) if isinstance(type_, Row) else type_), resolver.found

    def given(self, declared: Declared, layer: Layer) -> tuple[Type | None, list[Diagnostic]]:
        """The type of a function's parameter or result, in which `$d` stands for any dimension."""
        resolver = _Resolver(self.currencies, self.resolver.drafts, [], variables=True)
        return resolver.type(resolver.drafts[""], "", declared, layer), resolver.found


@dataclass(slots=True)
class _Draft:
    name: str
    plural: str
    role: ir.Role
    fields: dict[str, FieldText]
    key: tuple[Scalar, ...]
    labels: tuple[str, ...]
    texts: list[KindText]
    of: tuple[Scalar, ...] = ()
    by: tuple[Scalar, ...] = ()


def resolve_model(rulebook: Rulebook, effective: Effective) -> tuple[Model, list[Diagnostic]]:
    """Every kind the layers declare, with its fields typed."""
    found: list[Diagnostic] = []
    drafts = _drafts(effective, found)
    resolver = _Resolver(rulebook.currencies, drafts, found)
    kinds: dict[str, ir.Kind] = {}
    spans: dict[tuple[str, str], Span] = {}
    for draft in drafts.values():
        fields = [resolver.field(draft, text) for text in draft.fields.values()]
        for text in draft.texts:
            spans[draft.name, ""] = text.span
        spans |= {(draft.name, name): text.layer.span(text.name) for name, text in draft.fields.items()}
        for key in draft.key:
            if key.text not in draft.fields:
                found.append(findings.unknown_key_field(draft.texts[0].layer.span(key), key.text, list(draft.fields)))
        kinds[draft.name] = ir.Kind(
            draft.name, draft.plural, draft.role, tuple(f for f in fields if f is not None),
            tuple(key.text for key in draft.key), draft.labels,
            _members(draft, drafts, found), tuple(name.text for name in draft.by),
        )  # fmt: skip
    kinds = _members_first(kinds, spans, found)
    kinds[""] = _with_inferred(kinds[""], rulebook, kinds)
    grids = {draft.name: text for draft in drafts.values() for text in draft.texts if text.grid}
    return Model(rulebook.numeraire, rulebook.currencies, kinds, spans, resolver, grids), found


def _drafts(effective: Effective, found: list[Diagnostic]) -> dict[str, _Draft]:
    drafts = {
        "": _Draft("", "", "globals", {}, (), (), []),
        "account": _Draft("account", "", "account", {}, (), (), []),
    }
    for plural, texts in effective.kinds.items():
        first, each = next(((text, text.each) for text in texts if text.each is not None), (texts[0], None))
        name = plural if plural in ("", "account") else first.layer.named(each.text) if each else ""
        if plural not in ("", "account"):
            assert each is not None  # the shape of the file is checked before: every kind says `each`
            if name in drafts or name == plural or name in _PLAIN:
                found.append(findings.kind_name_taken(texts[0].layer.span(each), name))
                continue
            grouped = any(text.of for text in texts)
            role: ir.Role = "group" if grouped else "rows" if texts[0].of_account else "reference"
            drafts[name] = _Draft(name, plural, role, {}, (), (), [])
        draft = drafts[name]
        for text in texts:
            draft.texts.append(text)
            if each is not None and text.each is not None and text.layer.named(text.each.text) != name:
                place, said = text.layer.span(text.each), first.layer.span(each)
                found.append(import_findings.each_differs(place, text.each.text, name, said))
            draft.key = text.key if text.key is not None else draft.key
            draft.labels += text.labels
            draft.of, draft.by = text.of or draft.of, text.by or draft.by
            for declared in text.fields:
                known = declared.known_as(name)
                earlier = draft.fields.pop(known, None)
                if earlier is not None and earlier.layer == declared.layer:
                    span = declared.layer.span(declared.name)
                    found.append(findings.declared_twice(span, declared.name.text, earlier.layer.span(earlier.name)))
                draft.fields[known] = declared
    return drafts


def _members_first(
    kinds: Mapping[str, ir.Kind], spans: Mapping[tuple[str, str], Span], found: list[Diagnostic]
) -> dict[str, ir.Kind]:
    """The kinds in their order, each group after what it is made of."""
    placed: dict[str, ir.Kind] = {}
    waiting = dict(kinds)
    while waiting:
        ready = [name for name, kind in waiting.items() if all(member in placed for member in kind.of)]
        if not ready:
            first, *others = sorted(waiting)
            notes = tuple(Note(spans[name, ""], "waits for the other") for name in others)
            found.append(findings.group_of_itself(spans[first, ""], waiting[first].plural, notes))
            return {**placed, **{name: replace(kind, of=(), by=()) for name, kind in waiting.items()}}
        for name in ready:
            placed[name] = waiting.pop(name)
    return placed


def _members(draft: _Draft, drafts: Mapping[str, _Draft], found: list[Diagnostic]) -> tuple[str, ...]:
    """The kinds a group is made of, by the names of their rows."""
    names: list[str] = []
    for collection in draft.of:
        plural = draft.texts[-1].layer.named(collection.text)
        member = next((d for d in drafts.values() if d.plural == plural and d.role in ("rows", "group")), None)
        if member is None or member is draft:
            known = [d.plural for d in drafts.values() if d.role in ("rows", "group") and d is not draft]
            found.append(findings.unknown_collection(draft.texts[-1].layer.span(collection), collection.text, known))
        else:
            names.append(member.name)
    if draft.of and not draft.by:
        found.append(findings.group_without_key(draft.texts[-1].span, draft.plural))
    return tuple(names)


class _Resolver:
    """Turns declarations into types; needs all kinds at once because paths lead from one to another."""

    def __init__(
        self,
        currencies: frozenset[str],
        drafts: Mapping[str, _Draft],
        found: list[Diagnostic],
        variables: bool = False,
    ):
        self.currencies = currencies
        self.drafts = drafts
        self.found = found
        self.variables = variables
        """Whether `$d` may stand for any dimension."""

    def field(self, draft: _Draft, text: FieldText) -> ir.Field | None:
        name = text.known_as(draft.name)
        origin: Literal["parameter", "observed"] = "parameter" if text.parameter else "observed"
        if isinstance(text.value, YamlMapping):
            if not text.parameter:
                self.found.append(findings.observed_table(text.layer.span(text.name), name))
                return None
            shared = [known.name for known in self.drafts.values() if known.role == "reference"]
            read = partial(self._declared, draft, text)
            table = table_type(Declaring(text.layer, read, shared, self.currencies, self.found), text.value)
            return None if table is None else ir.Field(name, table, origin)
        if not isinstance(text.value, Scalar):
            return None
        declared = parse_declaration(text.layer.file, text.value)
        if isinstance(declared, Diagnostic):
            self.found.append(declared)
            return None
        type_ = self.type(draft, name, declared, text.layer)
        if type_ is None:
            return None
        if declared.default is None:
            return ir.Field(name, type_, origin)
        default = declared.default.strip('"')
        try:
            return ir.Field(name, type_, origin, True, read_literal(default, type_, self.currencies))
        except LiteralError as error:
            start, end = declared.root.default or (0, 0)
            self.found.append(findings.bad_default(declared.span(ast.Node(start, end)), str(error), error.help))
            return None

    def _declared(self, draft: _Draft, text: FieldText, scalar: Scalar) -> Type | None:
        declared = parse_declaration(text.layer.file, scalar)
        if isinstance(declared, Diagnostic):
            self.found.append(declared)
            return None
        return self.type(draft, text.name.text, declared, text.layer)

    def type(self, draft: _Draft, field: str, declared: Declared, layer: Layer) -> Type | None:
        given = [alternative for alternative in declared.root.alternatives if alternative.factors]
        may_be_none = len(given) < len(declared.root.alternatives)
        if len(given) == 1:
            type_ = self._single(draft, field, declared, given[0], layer)
        else:
            type_ = Label(tuple(alternative.factors[0].path[0] for alternative in given))
        if type_ is not None and declared.root.by:
            type_ = self._vector(type_, declared, layer)
        return optional(type_, may_be_none) if type_ is not None else None

    def _vector(self, item: Type, declared: Declared, layer: Layer) -> Type | None:
        kind = self.drafts.get(layer.named(declared.root.by))
        if kind is None or kind.role != "reference" or not isinstance(item, Number):
            known = [draft.name for draft in self.drafts.values() if draft.role == "reference"]
            self.found.append(findings.vector_kind(declared.span(), declared.root.by, str(item), known))
            return None
        return Vector(item, kind.name)

    def _single(
        self, draft: _Draft, field: str, declared: Declared, alternative: ast.Alternative, layer: Layer
    ) -> Type | None:
        first = alternative.factors[0]
        if len(alternative.factors) == 1 and first.exponent == 1:
            name = ".".join(first.path)  # kinds of an import have a prefix
            if name in _PLAIN:
                return _PLAIN[name]
            kind = self.drafts.get(layer.named(name))
            if kind is not None and kind.role in ("reference", "rows"):
                return Row(kind.name, Path(draft.name, (field,)))
        dimension = RATIO
        for factor in alternative.factors:
            part = self._factor(draft, declared, factor, layer)
            if part is None:
                return None
            dimension = dimension * part**factor.exponent
        return Number(dimension)

    def _factor(self, draft: _Draft, declared: Declared, factor: ast.Factor, layer: Layer) -> Dimension | None:
        *steps, last = factor.path
        if last == "unit" and (steps or draft.role == "reference"):
            if steps and draft.name in ("", "account"):
                steps[0] = layer.named(steps[0])
            return unit(Path(draft.name, tuple(steps))) if self._leads_to_row(draft, declared, factor, steps) else None
        if not steps and last == "ratio":
            return RATIO
        if not steps and last == "time":
            return Dimension(((TIME, 1),))
        if not steps and (last in self.currencies or (self.variables and last.startswith("$"))):
            return currency(last)
        if last.startswith("$"):
            self.found.append(function_findings.variable_outside(declared.span(factor), last))
            return None
        known = [*_PLAIN, *self.currencies, *(name for name in self.drafts if name), "unit"]
        self.found.append(findings.unknown_type(declared.span(factor), ".".join(factor.path), known))
        return None

    def _leads_to_row(self, draft: _Draft, declared: Declared, factor: ast.Factor, steps: list[str]) -> bool:
        here = draft
        for step in steps:
            text = here.fields.get(step)
            target = ""
            if text and isinstance(text.value, Scalar):
                target = text.layer.named(text.value.text.split("|")[0].split("=")[0].strip())
            if not target or target not in self.drafts:  # the draft without a name holds the rulebook's own parameters
                self.found.append(findings.no_reference(declared.span(factor), step, here.name, list(here.fields)))
                return False
            here = self.drafts[target]
        return True


def _with_inferred(own: ir.Kind, rulebook: Rulebook, kinds: Mapping[str, ir.Kind]) -> ir.Kind:
    """The rulebook's own parameters, those that no model declares typed by their literal."""
    plurals = {kind.plural for kind in kinds.values()}
    fields = {field.name: field for field in own.fields}
    for text in (parameter for layer in rulebook.layers for parameter in layer.parameters):
        name = text.name
        if name in plurals or name in fields:
            continue
        value = text.value
        if isinstance(value, YamlMapping):
            inner = value.get("value")
            value = inner.value if inner is not None else value
        if isinstance(value, Scalar):
            try:
                type_, _ = infer_literal(value.text, rulebook.currencies)
            except LiteralError:
                continue  # reported where the values are read
            fields[name] = ir.Field(name, type_, "parameter")
    return replace(own, fields=tuple(fields.values()))
