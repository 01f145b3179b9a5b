"""A checked rulebook to a `Program`: definitions numbered by name, equal operations written once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from ...program import program as ir
from ...program.degree import LIMIT, degrees, self_products
from ...program.diagnostic import Diagnostic, Span
from ...program.functions import MOST_OPERATIONS, sizes
from ...program.number import Value, canonical
from ...program.types import Nothing, shape
from ..check import CheckedFunction, DefinitionKey, Hole, Parameters, Scope, Structure, Term, key_of
from ..diagnostics import functions as function_findings
from ..diagnostics import limits as findings
from ..rulebook import Layer
from ..source import Scalar
from .approximate import approximate_definitions
from .contracts import broken_contracts
from .table_jumps import jumping_tables

_CONTRACTS = {
    "haircuts": "share",
    "borrow_caps": "nonnegative",
    "initial": "nonnegative",
    "maintenance": "nonnegative",
}
_CAN_FAIL = {
    *("load", "keyed", "divide", "power", "require", "bracket", "slices", "lookup", "floor", "ceil", "trunc", "round"),
    *("square_root", "logarithm", "exponential", "call"),
}
_PLACED = _CAN_FAIL | {"select"}
"""Operations whose place is kept: those that can fail, and choices, of which tests count both ways."""


def lower(structure: Structure) -> ir.Program:
    """The program of rules that check, still without parameters, validity and hashes."""
    return _Builder(structure).build()


def with_parameters(
    program: ir.Program, parameters: Parameters, valid: tuple[int | None, int | None]
) -> tuple[ir.Program, list[Diagnostic]]:
    """The program with the parameters of an interval, the contracts they break, and where tables make amounts jump."""
    origins = replace(
        program.origins,
        parameters={key: tuple(story) for key, story in parameters.history.items()},
        later={key: layer.effective or 0 for key, layer in parameters.later.items()},
    )
    program = replace(program, valid=valid, parameters=parameters.values, origins=origins)
    return program, [*broken_contracts(program), *jumping_tables(program)]


def too_large(program: ir.Program) -> list[Diagnostic]:
    """A finding for the first function or definition that is too large when its calls are written out."""
    origins = program.origins
    named = [(f.name, f.node, origins.functions[number].span) for number, f in enumerate(program.functions)]
    named += [(d.name, d.node, origins.definitions[number].span) for number, d in enumerate(program.definitions)]
    large = sizes(program, [node for _, node, _ in named])
    found = [
        function_findings.too_large(span, name, MOST_OPERATIONS)
        for (name, _, span), size in zip(named, large, strict=True)
        if size > MOST_OPERATIONS
    ]
    return found[:1]  # the others mostly call it


def too_high_degrees(program: ir.Program) -> list[Diagnostic]:
    """A finding for every definition whose exact numbers could grow without bound."""
    high = {number: degree for number, degree in enumerate(degrees(program)) if degree > LIMIT}
    high |= dict.fromkeys(self_products(program), 0)
    return [
        findings.degree_limit(program.origins.definitions[number].span, program.definitions[number].name, degree)
        for number, degree in sorted(high.items())
    ]


class _Builder:
    def __init__(self, checked: Structure):
        self.checked = checked
        self.nodes: list[ir.Node] = []
        self.known: dict[object, int] = {}
        self.spans: dict[tuple[int, int], Span] = {}
        self.extra: list[tuple[DefinitionKey, str, Term, ir.Origin]] = []
        """Definitions nobody wrote: the conditions of the ladder and what messages show."""
        self.numbers: dict[DefinitionKey, int] = {}
        self.functions: dict[str, int] = {}
        self.lowered: dict[tuple[int, int], tuple[Term, Mapping[str, int], int]] = {}
        """What the definition at hand is made of, by identity of term and slots."""

    def build(self) -> ir.Program:
        verdict = self.checked.verdict
        for position, rung in enumerate(verdict.ladder):
            origin = _origin(rung.text.layer, rung.text.when or rung.text.name, rung.text.about, rung.text.source)
            if rung.test is not None:
                text = rung.expression.slice(rung.expression.root) if rung.expression else ""
                self.extra.append(((("account",), f"status {position}"), "status", rung.test, _with_text(origin, text)))
            self._holes(rung.message, ("account",), f"status {position}", origin)
        for rule in verdict.checks:
            origin = _origin(self.checked.definitions.checked[rule.key].text.layer, self._name_scalar(rule.key), "", "")
            self._holes(rule.message, rule.key[0], rule.key[1], origin)
        written = [(key, c.text.section, c.term) for key, c in self.checked.definitions.checked.items()]
        everything = sorted(
            [*written, *((key, section, term) for key, section, term, _ in self.extra)], key=lambda e: e[0]
        )
        self.numbers = {key: number for number, (key, _, _) in enumerate(everything)}
        functions = self.checked.definitions.functions
        self.functions = {name: number for number, name in enumerate(sorted(functions))}
        called = [self._function(functions[name]) for name in self.functions]
        definitions = [self._definition(key, section, term) for key, section, term in everything]
        approximate = approximate_definitions(self.nodes, definitions, called)
        return ir.Program(
            rulebook=self.checked.rulebook.name,
            numeraire=self.checked.model.numeraire,
            valid=(None, None),
            kinds={name: self._with_keys(kind) for name, kind in self.checked.model.kinds.items()},
            parameters={},
            nodes=tuple(self.nodes),
            definitions=tuple(replace(d, approximate=n in approximate) for n, d in enumerate(definitions)),
            ladder=self._ladder(),
            checks=tuple(
                ir.Check(
                    self.numbers[rule.key],
                    _severity(rule.severity),
                    self._pieces(rule.message, rule.key[0], rule.key[1]),
                )
                for rule in verdict.checks
            ),
            outputs=tuple(ir.Output(self.numbers[key], label, form) for key, label, form in verdict.outputs),
            functions=tuple(called),
            origins=self._origins(),
        )

    def _with_keys(self, kind: ir.Kind) -> ir.Kind:
        """A group with its keys as fields, typed as its members have them."""
        if kind.role != "group":
            return kind
        scope = Scope(self.checked.definitions.world, (kind.name,))
        span = self.checked.model.spans[kind.name, ""]
        row = scope.row(kind.name, span)
        keys = ((name, key_of(scope, row, name, span)) for name in kind.by)
        fields = tuple(ir.Field(name, key.type, "observed") for name, key in keys if key is not None)
        return replace(kind, fields=fields)

    def _holes(self, message: tuple[Hole, ...], scope: tuple[str, ...], owner: str, origin: ir.Origin) -> None:
        for place, hole in enumerate(message):
            if hole.term is not None:
                self.extra.append(((scope, f"{owner} message {place}"), "message", hole.term, origin))

    def _pieces(self, message: tuple[Hole, ...], scope: tuple[str, ...], owner: str) -> tuple[ir.Piece, ...]:
        return tuple(
            ir.Piece(hole.text)
            if hole.term is None
            else ir.Piece(hole.text, self.numbers[scope, f"{owner} message {place}"], hole.format)
            for place, hole in enumerate(message)
        )

    def _ladder(self) -> tuple[ir.Rung, ...]:
        return tuple(
            ir.Rung(
                rung.text.name.text,
                self.numbers[("account",), f"status {position}"] if rung.test is not None else -1,
                self._pieces(rung.message, ("account",), f"status {position}"),
            )
            for position, rung in enumerate(self.checked.verdict.ladder)
        )

    def _function(self, checked: CheckedFunction) -> ir.Function:
        signature = checked.signature
        self.lowered.clear()
        node = self._lower(checked.term, {}, -1 - self.functions[signature.name])
        return ir.Function(signature.name, signature.parameters, signature.gives, node)

    def _definition(self, key: DefinitionKey, section: str, term: Term | None) -> ir.Definition:
        scope, name = key
        checked = self.checked.definitions.checked.get(key)
        type_ = checked.type if checked is not None else term.type if term is not None else Nothing()
        if term is None:
            node = self._node("constant", (), (None,), "v")
        else:
            contract = _CONTRACTS.get(section)
            if contract is not None:
                term = Term("require", (term,), (contract,), term.type, term.span)
            slots = {kind: slot for slot, kind in enumerate(scope)}
            self.lowered.clear()
            node = self._lower(term, slots, self.numbers[key])
        return ir.Definition(name, scope, section, node, type_)

    def _lower(self, term: Term, slots: Mapping[str, int], definition: int) -> int:
        """The node of a term; a term that stands in two places is lowered once."""
        made = self.lowered.get((id(term), id(slots)))
        if made is None or made[0] is not term or made[1] is not slots:
            made = self.lowered[id(term), id(slots)] = (term, slots, self._lower_new(term, slots, definition))
        return made[2]

    def _lower_new(self, term: Term, slots: Mapping[str, int], definition: int) -> int:
        attributes: tuple[ir.Attribute, ...] = term.attributes  # type: ignore[assignment]  # mapped below
        if term.operation == "index":
            attributes = (slots[str(term.attributes[0])],)
        elif term.operation == "call":
            attributes = (self.functions[str(term.attributes[0])],)
        elif term.operation == "read":
            attributes = (self.numbers[term.attributes[0]],)  # type: ignore[index]  # a read's attribute is its key
        elif term.operation == "reduce":
            function, binder = term.attributes
            slot = max(slots.values(), default=-1) + 1
            rows, body, where = term.arguments
            inner = {**slots, str(binder): slot}
            parts = (
                self._lower(rows, slots, definition),
                self._lower(body, inner, definition),
                self._lower(where, inner, definition),
            )
            return self._node("reduce", parts, (str(function), slot), shape(term.type))
        arguments = tuple(self._lower(argument, slots, definition) for argument in term.arguments)
        number = self._node(term.operation, arguments, attributes, shape(term.type))
        if term.operation in _PLACED:
            self.spans.setdefault((definition, number), term.span)
        return number

    def _node(
        self, operation: str, arguments: tuple[int, ...], attributes: tuple[ir.Attribute, ...], shape: str
    ) -> int:
        # one slot, one position, holds different things in different places
        what = shape if operation in ("index", "argument") else ""
        identity = (operation, arguments, tuple(_identity(attribute) for attribute in attributes), what)
        number = self.known.get(identity)
        if number is None:
            number = self.known[identity] = len(self.nodes)
            self.nodes.append(ir.Node(operation, arguments, attributes, shape))
        return number

    def _name_scalar(self, key: DefinitionKey) -> object:
        return self.checked.definitions.checked[key].text.name

    def _origins(self) -> ir.Origins:
        definitions: dict[int, ir.Origin] = {}
        for key, checked in self.checked.definitions.checked.items():
            text = checked.text
            place = text.expression or text.name
            origin = _origin(text.layer, place, text.about, text.source)
            if checked.expression is not None:
                origin = _with_text(origin, checked.expression.slice(checked.expression.root))
            elif text.cases:
                origin = _with_text(origin, _cases_text(text.cases))
            definitions[self.numbers[key]] = origin
        for key, _, _, origin in self.extra:
            definitions[self.numbers[key]] = origin
        rungs = {
            position: _origin(rung.text.layer, rung.text.when or rung.text.name, rung.text.about, rung.text.source)
            for position, rung in enumerate(self.checked.verdict.ladder)
        }
        fields = {key: ir.Origin(span) for key, span in self.checked.model.spans.items()}
        functions: dict[int, ir.Origin] = {}
        for name, function in self.checked.definitions.functions.items():
            said = function.text
            origin = _origin(said.layer, said.expression or said.name, said.about, said.source)
            if function.expression is not None:
                origin = _with_text(origin, function.expression.slice(function.expression.root))
            elif said.cases:
                origin = _with_text(origin, _cases_text(said.cases))
            functions[self.functions[name]] = origin
        return ir.Origins(definitions, functions, nodes=self.spans, rungs=rungs, fields=fields)


def _identity(attribute: ir.Attribute) -> object:
    """Constants compare by what they are: 1 and true differ, 0.5 and 0.50 do not."""
    if isinstance(attribute, Value):
        return ("number", canonical(attribute))
    return (
        type(attribute).__name__,
        attribute if not isinstance(attribute, ir.Moment) else canonical(attribute.seconds),
    )


def _severity(text: str) -> Literal["error", "warning"]:
    return "warning" if text == "warning" else "error"


def _origin(layer: Layer, place: object, about: str, source: str) -> ir.Origin:
    return ir.Origin(layer.span(place), "", about, source or layer.source, layer.effective)  # type: ignore[arg-type]


def _cases_text(cases: Iterable[tuple[Scalar | None, Scalar]]) -> str:
    """A decision table as it is written, a line for each condition and each value."""
    lines: list[str] = []
    for when, then in cases:
        value = " ".join(then.text.split())
        lines += [f"else: {value}"] if when is None else [f"when: {' '.join(when.text.split())}", f"then: {value}"]
    return "\n".join(lines)


def _with_text(origin: ir.Origin, text: str) -> ir.Origin:
    return ir.Origin(origin.span, text, origin.about, origin.source, origin.effective)
