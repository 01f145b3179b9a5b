"""What definitions and functions say: their expressions parsed, their scopes and names held against the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from ...program.diagnostic import Diagnostic, Span
from ...program.types import Type
from ..diagnostics import imports as import_findings
from ..diagnostics import limits as limit_findings
from ..diagnostics import model as model_findings
from ..diagnostics import names as name_findings
from ..diagnostics.decisions import too_many_cases
from ..rulebook import DefinitionText, FunctionText
from ..syntax import LONGEST, Expression, parse_declaration, parse_expression
from .decisions import LONGEST_TABLE
from .model import Model
from .term import DefinitionKey

LONGEST_RULES = 150_000
"""Characters of all expressions of a rulebook together."""
Text = TypeVar("Text", DefinitionText, FunctionText)


@dataclass(frozen=True, slots=True)
class Written(Generic[Text]):
    """A text with its expressions parsed, and the type it declares for itself."""

    text: Text
    expression: Expression | None
    cases: tuple[tuple[Expression | None, Expression], ...]
    declared: Type | None


class Reading:
    """Reads the texts of one rulebook; `scopes` by name are those read so far."""

    def __init__(self, model: Model, found: list[Diagnostic]):
        self.model = model
        self.found = found
        self.characters = 0
        self.scopes: dict[str, tuple[tuple[str, ...], ...]] = {}
        self.places: dict[DefinitionKey, Span] = {}

    def definition(self, key: DefinitionKey, texts: list[DefinitionText]) -> Written[DefinitionText] | None:
        """The word in force on a definition, behind those it replaced. None where it cannot be checked."""
        if not self.scope_exists(texts[-1]):
            return None
        self.note_clashes(key, texts)
        self.scopes[key[1]] = (*self.scopes.get(key[1], ()), key[0])
        return self.parse(texts[-1], self._declared(texts[-1]))

    def affordable(self, text: Text) -> bool:
        """Whether the expressions so far are short enough to parse: what a person wrote always is."""
        parts = (text.expression, *(part for case in text.cases for part in case))
        before = self.characters
        lengths = (len(part.text) for part in parts if part is not None)
        self.characters += sum(length for length in lengths if length <= LONGEST)  # a longer one is refused unread
        if before <= LONGEST_RULES < self.characters:
            self.found.append(limit_findings.too_much_text(text.layer.span(text.name), LONGEST_RULES))
        return self.characters <= LONGEST_RULES

    def scope_exists(self, text: DefinitionText) -> bool:
        kinds = {name: kind for name, kind in self.model.kinds.items() if name}
        place = text.layer.span(text.scope_key)
        for name in text.scope:
            if name not in kinds:
                self.found.append(name_findings.unknown_scope(place, name, list(kinds)))
                return False
        if sum(kinds[name].role in ("rows", "group", "account") for name in text.scope) > 1 and len(text.scope) > 1:
            self.found.append(name_findings.several_account_kinds(place, ", ".join(text.scope)))
            return False
        return True

    def note_clashes(self, key: DefinitionKey, texts: list[DefinitionText]) -> None:
        scope, name = key
        place = texts[-1].layer.span(texts[-1].name)
        if len(texts) > 1 and texts[-1].layer == texts[-2].layer:
            before = texts[-2]
            self.found.append(model_findings.declared_twice(place, name, before.layer.span(before.name)))
        own = texts[-1].layer.named(texts[-1].name.text)
        for kind, known in (*((kind, name) for kind in scope), ("", own)):
            if self.model.kinds[kind].field(known) is not None:
                first = self.model.spans.get((kind, known), place)
                self.found.append(model_findings.declared_twice(place, name, first))
        for other in self.scopes.get(name, ()):
            if other != scope and (set(other) <= set(scope) or set(scope) <= set(other)):
                first = self.places[other, name]
                self.found.append(model_findings.declared_twice(place, name, first))
        if len(texts) == 1 and "." in texts[0].name.text:
            imported = [other for other in self.scopes if "." in other]
            self.found.append(import_findings.nothing_to_replace(place, texts[0].name.text, imported))
        self.places[scope, name] = place
        plural = self.model.by_plural(own)
        if plural is not None:
            first = self.model.spans[plural.name, ""]
            self.found.append(model_findings.declared_twice(place, name, first))

    def parse(self, text: Text, declared: Type | None = None) -> Written[Text] | None:
        """A text with its expressions parsed; None where it is too long or says something that is no expression."""
        if not self.affordable(text):
            return None
        file, good = text.layer.file, True
        expression: Expression | None = None
        if text.expression is not None:
            parsed = parse_expression(file, text.expression)
            if isinstance(parsed, Diagnostic):
                self.found.append(parsed)
                return None
            expression = parsed
        cases: list[tuple[Expression | None, Expression]] = []
        if len(text.cases) > LONGEST_TABLE:
            place, name = text.layer.span(text.name), text.name.text
            self.found.append(too_many_cases(place, name, len(text.cases), LONGEST_TABLE))
            return None
        for when, then in text.cases:
            condition = parse_expression(file, when) if when is not None else None
            value = parse_expression(file, then)
            for part in (condition, value):
                if isinstance(part, Diagnostic):
                    self.found.append(part)
                    good = False
            if isinstance(value, Expression) and not isinstance(condition, Diagnostic):
                cases.append((condition, value))
        return Written(text, expression, tuple(cases), declared) if good else None

    def _declared(self, text: DefinitionText) -> Type | None:
        if text.unit is None:
            return None
        parsed = parse_declaration(text.layer.file, text.unit)
        if isinstance(parsed, Diagnostic):
            self.found.append(parsed)
            return None
        type_, problems = self.model.declared(text.scope[0], parsed, text.layer)
        self.found += problems
        return type_
