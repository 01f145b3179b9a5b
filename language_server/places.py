"""Every named place of a rule file: what is declared, set and read there, as the rulebook it belongs to knows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..compiler.check import Scope, Structure
from ..compiler.rulebook import DefinitionText, FieldText, FunctionText, KindText, Layer, ParameterText
from ..compiler.rulebook.texts import LayerText
from ..compiler.source import Mapping, Scalar, expression_text
from ..compiler.syntax import Declared, Expression, parse_declaration, parse_expression
from ..program.diagnostic import Diagnostic
from ..program.types import Row
from .names import Named, Symbol, definition_symbol, names_of, own_symbol

Around = Callable[[Scalar], bool]
"""Whether a scalar is of interest; only those are parsed."""
_HOLE = re.compile(r"\{([^{}:]*)(?::[^{}]*)?\}")
_STEP = re.compile(r"\$?[A-Za-z_][A-Za-z0-9_]*")


def named_places(
    layers: Iterable[LayerText],
    structure: Structure,
    around: Around = lambda _: True,
    expressions: bool = True,
    wanted: Symbol | None = None,
) -> Iterator[Named]:
    """The named places of these layers that lie in scalars of interest.

    expressions   whether those in expressions are asked for
    wanted        the one name that is looked for
    """
    for named in _all_places(layers, structure, around, expressions, wanted):
        if wanted is None or named.symbol == wanted:
            yield named


def _all_places(
    layers: Iterable[LayerText], structure: Structure, around: Around, expressions: bool, wanted: Symbol | None
) -> Iterator[Named]:
    for layer in layers:
        places = _Places(structure, layer.layer, around, expressions, wanted)
        for kind in layer.kinds:
            yield from places.kind(kind)
        for parameter in layer.parameters:
            yield from places.parameter(parameter)
        for function in layer.functions:
            yield from places.function(function)
        for definition in layer.definitions:
            yield from places.definition(definition)
        for rung in layer.ladder or ():
            scope = places.scope(("account",))
            yield from places.read(rung.when, scope)
            yield from places.message(rung.message, scope)
        for output in layer.outputs or ():
            yield from places.output(output.name)


@dataclass(frozen=True, slots=True)
class _Places:
    structure: Structure
    layer: Layer
    around: Around
    expressions: bool
    wanted: Symbol | None

    def scope(self, rows: tuple[str, ...]) -> Scope:
        return Scope(self.structure.definitions.world, rows, prefix=self.layer.prefix)

    def name(self, scalar: Scalar, symbol: Symbol, declares: bool = False) -> Iterator[Named]:
        """A scalar that is a name as a whole."""
        if symbol == (self.wanted or symbol) and self.around(scalar):
            start, end = (
                (scalar.start + 1, scalar.end - 1) if scalar.style in ("'", '"') else (scalar.start, scalar.end)
            )
            yield Named(symbol, self.layer.file.span(start, end), declares=declares)

    # ---- the model

    def kind(self, text: KindText) -> Iterator[Named]:
        model = self.structure.model
        known = model.by_plural(text.plural)
        kind = known.name if known is not None else "account" if text.of_account else ""
        if text.each is not None:
            yield from self.name(text.each, Symbol("kind", "", kind), declares=True)
        for field in text.fields:
            yield from self.name(field.name, Symbol("field", kind, field.known_as(kind)), declares=True)
            yield from self._type(field, kind)
        for name in (*(text.key or ()), *text.by, *(axis for axis, _ in text.grid)):
            yield from self.name(name, own_symbol(self.structure.definitions.world, kind, name.text))
        for name in text.of:
            member = model.by_plural(self.layer.named(name.text))
            if member is not None:
                yield from self.name(name, Symbol("rows", "", member.name))

    def _type(self, field: FieldText, kind: str) -> Iterator[Named]:
        if isinstance(field.value, Scalar) and self.around(field.value):
            declared = parse_declaration(self.layer.file, field.value)
            if isinstance(declared, Declared) and declared.base is not None:
                yield from self._factors(declared, kind)

    def _factors(self, declared: Declared, kind: str) -> Iterator[Named]:
        """`asset.unit`: a field that leads to a row; `asset`: a kind."""
        assert declared.base is not None
        kinds = self.structure.model.kinds
        for factor in (factor for one in declared.root.alternatives for factor in one.factors):
            steps = list(_STEP.finditer(declared.text, factor.start, factor.end))
            here = kind
            for step in steps:
                place = self.layer.file.span(declared.base + step.start(), declared.base + step.end())
                field = kinds[here].field(step.group()) if here in kinds else None
                if len(steps) > 1 and field is not None:
                    yield Named(Symbol("field", here, step.group()), place, field.type)
                    here = field.type.kind if isinstance(field.type, Row) else ""
                elif len(steps) == 1 and self.layer.named(step.group()) in kinds:
                    yield Named(Symbol("kind", "", self.layer.named(step.group())), place)

    # ---- values

    def parameter(self, text: ParameterText) -> Iterator[Named]:
        kind = self.structure.model.by_plural(text.name)
        if kind is None:
            own = self.structure.model.kinds[""].field(text.name)
            declared = ("", text.name) in self.structure.model.spans
            yield from self.name(text.key, Symbol("field", "", text.name), declares=own is not None and not declared)
            return
        yield from self.name(text.key, Symbol("rows", "", kind.name))
        for row in text.value.entries if isinstance(text.value, Mapping) else ():
            yield from self.name(row.key, Symbol("row", kind.name, row.key.text))
            for entry in row.value.entries if isinstance(row.value, Mapping) else ():
                yield from self.name(entry.key, Symbol("field", kind.name, entry.key.text))

    # ---- rules

    def definition(self, text: DefinitionText) -> Iterator[Named]:
        if not self.expressions and self.wanted is not None and not _may_say(text, self.wanted):
            return  # of a thousand definitions one is looked for
        scope, name = text.key
        yield from self._scope_key(text)
        yield from self.name(text.name, definition_symbol(scope, name), declares=True)
        if any(kind not in self.structure.model.kinds for kind in scope):
            return
        here = self.scope(scope)
        for part in (text.expression, *(part for case in text.cases for part in case)):
            yield from self.read(part, here)
        yield from self.message(text.message, here)

    def _scope_key(self, text: DefinitionText) -> Iterator[Named]:
        other = self.wanted is not None and self.wanted.what != "kind"
        if not other and self.around(text.scope_key) and not text.scope_key.style:
            for kind, part in zip(text.scope, re.finditer(r"[^,\s]+", text.scope_key.text), strict=False):
                start = text.scope_key.start + part.start()
                yield Named(Symbol("kind", "", kind), self.layer.file.span(start, start + len(part.group())))

    def function(self, text: FunctionText) -> Iterator[Named]:
        known = self.layer.named(text.name.text)
        yield from self.name(text.name, Symbol("function", "", known), declares=True)
        for name, _ in text.parameters:
            yield from self.name(name, Symbol("argument", known, name.text), declares=True)
        signature = self.structure.definitions.world.functions.get(known)
        if signature is not None:
            scope = Scope(self.structure.definitions.world, (), prefix=self.layer.prefix, function=signature)
            for part in (text.expression, *(part for case in text.cases for part in case)):
                yield from self.read(part, scope)

    def read(self, scalar: Scalar | None, scope: Scope) -> Iterator[Named]:
        """The names of an expression, where it is one."""
        if scalar is None or not self.expressions or not self.around(scalar):
            return
        parsed = parse_expression(self.layer.file, scalar)
        if isinstance(parsed, Expression) and parsed.base is not None:
            yield from names_of(parsed, scope)

    def message(self, scalar: Scalar | None, scope: Scope) -> Iterator[Named]:
        """The names in the holes of a message."""
        wanted = scalar is not None and self.expressions and self.around(scalar)
        raw = expression_text(self.layer.file, scalar) if scalar is not None and wanted else None
        for hole in _HOLE.finditer(raw[0]) if raw is not None else ():
            start = (raw[1] if raw is not None else 0) + hole.start(1)
            parsed = parse_expression(self.layer.file, Scalar(hole[1], start, start + len(hole[1])))
            if not isinstance(parsed, Diagnostic):
                yield from names_of(parsed, scope)

    def output(self, scalar: Scalar) -> Iterator[Named]:
        if not self.around(scalar) or scalar.style:
            return
        known = self.structure.definitions.world.definitions
        before, _, last = scalar.text.rpartition(".")
        on = tuple(part.strip() for part in before.split(","))
        for scope, name in ((("account",), scalar.text.removeprefix("account.")), (on, last)):
            if scope in known.get(name, ()):
                place = self.layer.file.span(scalar.end - len(name), scalar.end)
                yield Named(definition_symbol(scope, name), place)


def _may_say(text: DefinitionText, wanted: Symbol) -> bool:
    """Whether a definition may be what is looked for, apart from its expressions."""
    return wanted.what == "kind" or text.name.text in (wanted.name, wanted.name.rpartition(".")[2])


def mentions(words: tuple[str, ...]) -> Around:
    """Interest in the scalars that hold one of some words: of a thousand expressions the few that may say a name."""
    return lambda scalar: any(word in scalar.text for word in words)


def scalar_at(offset: int) -> Around:
    """Interest in the scalars that touch an offset."""
    return lambda scalar: scalar.start <= offset <= scalar.end
