"""Every definition to a term, each after what it reads; cycles and clashes of names found on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...program.diagnostic import Diagnostic, Span
from ...program.dimension import RATIO
from ...program.types import Label, Nothing, Number, Row, Rows, Table, Truth, Type, Vector
from ..diagnostics import limits as limit_findings
from ..diagnostics import model as model_findings
from ..diagnostics import names as name_findings
from ..diagnostics import types as findings
from ..diagnostics.decisions import too_many_cases
from ..rulebook import DefinitionText, Effective, FunctionText
from ..syntax import LONGEST, Expression, parse_declaration, parse_expression
from .approximate import approximate_uses
from .cases import check_cases
from .decisions import LONGEST_TABLE, DecisionTable, Effort, examine
from .expression import Checker, what
from .functions import CheckedFunction, check_functions, declared_functions
from .groups import key_type
from .model import Model
from .recursion import endless_recursion
from .scope import Scope, World
from .term import DefinitionKey, Needs, Refused, Spoilt, Term
from .whole import inferred as known_type

FINDING_LIMIT = 100
"""Findings after which checking stops: enough to mend, and bounded whatever the file holds."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A definition that checks. `term` is None where it is open and left to a child."""

    text: DefinitionText
    key: DefinitionKey
    type: Type
    term: Term | None
    expression: Expression | None


@dataclass(slots=True)
class Definitions:
    """All definitions of a rulebook at an instant; `checked` in an order in which each follows what it reads."""

    world: World
    checked: dict[DefinitionKey, Checked] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)
    functions: dict[str, CheckedFunction] = field(default_factory=dict)


@dataclass(slots=True)
class _Parsed:
    text: DefinitionText | FunctionText
    expression: Expression | None
    cases: tuple[tuple[Expression | None, Expression], ...]
    declared: Type | None


def check_definitions(
    model: Model,
    effective: Effective,
    rows: Mapping[str, tuple[str, ...]],
    filled: frozenset[str],
    prefixes: frozenset[str] = frozenset(),
) -> Definitions:
    """Checks every definition in force.

    rows       keys the rulebook lists, by kind, for examples in messages
    filled     kinds that are never empty: a minimum over them is never none
    prefixes   what stands before the names of imported rulebooks
    """
    driver = _Driver(model, effective, rows, filled, prefixes)
    for _ in range(_ROUNDS):
        for key in driver.parsed:
            if len(driver.found) >= FINDING_LIMIT:
                break
            driver.check(key)
        if not driver.begin_again():
            break
    else:
        driver.give_up()
    driver.check_groups()
    driver.check_functions(effective)
    driver.examine_tables()
    driver.found += endless_recursion(model, driver.result.checked)
    driver.found += approximate_uses(driver.result.checked, driver.result.functions)
    return driver.result


LONGEST_RULES = 150_000
"""Characters of all expressions of a rulebook together."""
_OF_TYPES = ("MC234", "MC235", "MC237", "MC239", "MC241", "MC256", "MC257")
"""Findings about a value of another type than wanted."""
_ROUNDS = 12
"""Checks of a rulebook whose definitions read the row before: until the types assumed for it are the real ones."""


def _fits_declared(inferred: Type, declared: Type) -> bool:
    """Whether a value of the inferred type is one of the declared type, none apart."""
    match inferred, declared:
        case Nothing(), _:
            return declared.optional
        case Number(dimension=one, integer=whole), Number(dimension=other, integer=integer):
            return one in (None, other) and (whole or not integer)
        case Row(kind=one_kind), Row(kind=other_kind):
            return one_kind == other_kind
        case Label(choices=some), Label(choices=allowed):
            return allowed is None or (some is not None and set(some) <= set(allowed))
        case _:
            return type(inferred) is type(declared) and not isinstance(inferred, Table | Vector | Rows)


class _Driver:
    def __init__(
        self,
        model: Model,
        effective: Effective,
        rows: Mapping[str, tuple[str, ...]],
        filled: frozenset[str],
        prefixes: frozenset[str],
    ):
        self.model = model
        self.found: list[Diagnostic] = []
        self.parsed: dict[DefinitionKey, _Parsed] = {}
        self.spoilt: set[DefinitionKey] = set()
        self.characters = 0
        scopes: dict[str, tuple[tuple[str, ...], ...]] = {}
        self.scopes_by_name = scopes
        self.places: dict[DefinitionKey, Span] = {}
        self.tables: dict[Span, DecisionTable] = {}
        expressions: dict[DefinitionKey, Expression] = {}
        for key, texts in effective.definitions.items():
            text = texts[-1]
            if not self._scope_exists(text):
                continue
            self._clashes(key, texts)
            scopes[key[1]] = (*scopes.get(key[1], ()), key[0])
            parsed = self._parse(text) if self._affordable(text) else None
            if parsed is None:
                self.spoilt.add(key)
                continue
            self.parsed[key] = parsed
            if parsed.expression is not None:
                expressions[key] = parsed.expression
        self.written = (list(self.found), set(self.spoilt))
        self.assumptions: dict[DefinitionKey, Type] = {}
        self.guessed = ""
        """A definition that the one being checked reads on the row before, while nothing is known of its type."""
        functions = declared_functions(model, effective, self.found)
        world = World(
            model, scopes, self._signature, self._assumed, expressions, rows, filled, functions, prefixes
        )
        self.result = Definitions(world, {}, self.found)

    # ---- what is written

    def _affordable(self, text: DefinitionText | FunctionText) -> bool:
        """Whether the expressions so far are short enough to parse: what a person wrote always is."""
        parts = (text.expression, *(part for case in text.cases for part in case))
        before = self.characters
        lengths = (len(part.text) for part in parts if part is not None)
        self.characters += sum(length for length in lengths if length <= LONGEST)  # a longer one is refused unread
        if before <= LONGEST_RULES < self.characters:
            self.found.append(limit_findings.too_much_text(text.layer.span(text.name), LONGEST_RULES))
        return self.characters <= LONGEST_RULES

    def _scope_exists(self, text: DefinitionText) -> bool:
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

    def _clashes(self, key: DefinitionKey, texts: list[DefinitionText]) -> None:
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
        for other in self.scopes_by_name.get(name, ()):
            if other != scope and (set(other) <= set(scope) or set(scope) <= set(other)):
                first = self.places[other, name]
                self.found.append(model_findings.declared_twice(place, name, first))
        self.places[scope, name] = place
        plural = self.model.by_plural(own)
        if plural is not None:
            first = self.model.spans[plural.name, ""]
            self.found.append(model_findings.declared_twice(place, name, first))

    def _parse(self, text: DefinitionText | FunctionText) -> _Parsed | None:
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
        declared = self._declared(text) if isinstance(text, DefinitionText) else None
        return _Parsed(text, expression, tuple(cases), declared) if good else None

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

    # ---- what it means

    def _signature(self, key: DefinitionKey) -> Type | None:
        if key in self.spoilt:
            raise Spoilt
        checked = self.result.checked.get(key)
        return checked.type if checked is not None else None

    def _assumed(self, key: DefinitionKey) -> Type:
        if key in self.spoilt:
            raise Spoilt
        checked = self.result.checked.get(key)
        declared = self.parsed[key].declared
        if declared is not None:
            return declared
        if key not in self.assumptions:
            self.assumptions[key] = checked.type if checked is not None else Number(None)
        if self.assumptions[key] == Number(None):
            self.guessed = key[1]
        return self.assumptions[key]

    def begin_again(self) -> bool:
        """Whether a type assumed for the row before was another than it turned out; then all is to be checked anew."""
        real = {key: self.result.checked[key].type for key in self.assumptions if key in self.result.checked}
        if all(self.assumptions[key] == type_ for key, type_ in real.items()):
            return False
        self.assumptions.update(real)
        self.result.checked.clear()
        self.found[:], self.spoilt = self.written[0], set(self.written[1])
        return True

    def give_up(self) -> None:
        """Types that never settle: each is to be declared."""
        for key in self.assumptions:
            text = self.parsed[key].text
            self.found.append(findings.needs_unit(text.layer.span(text.name), key[1]))

    def check(self, wanted: DefinitionKey) -> None:
        """Checks a definition and, before it, what it needs; an explicit stack, so chains may be long."""
        stack: list[tuple[DefinitionKey, Span]] = [(wanted, Span(""))]
        while stack:
            key, _ = stack[-1]
            if key in self.result.checked or key in self.spoilt:
                stack.pop()
                continue
            self.guessed = ""
            try:
                self.result.checked[key] = self._define(key, self.parsed[key])
                stack.pop()
            except Needs as need:
                waiting = [step for step, _ in stack]
                if need.key in waiting:
                    self._cycle(stack[waiting.index(need.key) :], need)
                    stack.pop()
                else:
                    stack.append((need.key, need.span))
            except Refused as refusal:
                self.found.append(self._about_guess(refusal.finding))
                self.spoilt.add(key)
            except Spoilt:
                self.spoilt.add(key)

    def _about_guess(self, finding: Diagnostic) -> Diagnostic:
        """What is read on the row before counts as a number until its type is known, or declared."""
        if not self.guessed or finding.code not in _OF_TYPES:
            return finding
        help_ = f"declare the `type:` of `{self.guessed}`, which is read on the row before"
        return replace(finding, help=help_, fixes=())

    def check_functions(self, effective: Effective) -> None:
        """Functions count on what they declare, so they are checked behind the definitions that call them."""
        self.result.functions, found = check_functions(self.result.world, effective, self._function)
        self.found += found

    def _function(self, text: FunctionText, scope: Scope) -> tuple[Term, Expression | None] | None:
        parsed = self._parse(text) if self._affordable(text) else None
        if parsed is None:
            return None
        if parsed.expression is None:
            return self._cases(parsed, scope), None
        return Checker(parsed.expression).check(parsed.expression.root, scope), parsed.expression

    def check_groups(self) -> None:
        """Keys that no definition reads must still be keys."""
        for kind in self.model.kinds.values():
            span = self.model.spans.get((kind.name, ""), Span(""))
            for name in kind.by if kind.of else ():
                try:
                    key_type(Scope(self.result.world, (kind.name,)), kind, name, span)
                except Refused as refusal:
                    if refusal.finding not in self.found:
                        self.found.append(refusal.finding)
                except Spoilt:
                    continue

    def _cycle(self, circle: list[tuple[DefinitionKey, Span]], need: Needs) -> None:
        steps = [(key[1], span) for key, span in circle]
        self.found.append(name_findings.cycle(need.span, need.key[1], steps))
        self.spoilt.update(key for key, _ in circle)

    def _define(self, key: DefinitionKey, parsed: _Parsed) -> Checked:
        text = parsed.text
        scope = Scope(self.result.world, key[0], prefix=text.layer.prefix)
        if parsed.expression is not None:
            term = Checker(parsed.expression).check(parsed.expression.root, scope)
        elif parsed.cases:
            term = self._cases(parsed, scope)
        else:
            if parsed.declared is None:
                raise Spoilt
            return Checked(text, key, parsed.declared, None, None)
        type_ = self._agreed(parsed, term)
        self._fits_section(text, type_, term)
        return Checked(text, key, type_, term, parsed.expression)

    def _cases(self, parsed: _Parsed, scope: Scope) -> Term:
        term, table = check_cases(parsed.text, parsed.cases, scope)
        self.tables[table.place] = table
        return term

    def examine_tables(self) -> None:
        """Gaps, overlaps and dead rows, once the types have settled."""
        effort = Effort()
        for table in self.tables.values():
            if len(self.found) < FINDING_LIMIT:
                self.found += examine(table, effort)

    def _agreed(self, parsed: _Parsed, term: Term) -> Type:
        """The inferred type, held against the declared one."""
        inferred, declared = term.type, parsed.declared
        place = parsed.text.layer.span(parsed.text.name)
        if isinstance(inferred, Number) and inferred.dimension is None and declared is None:
            raise Refused(findings.needs_unit(place, parsed.text.name.text))
        if declared is None:
            return inferred
        same = _fits_declared(known_type(term), declared)
        if not same or (inferred.optional and not declared.optional):
            unit = parsed.text.unit
            assert unit is not None
            where = parsed.text.layer.span(unit)
            raise Refused(findings.unit_differs(where, str(declared), str(inferred), term.span))
        return declared

    def _fits_section(self, text: DefinitionText, type_: Type, term: Term) -> None:
        wanted = ""
        if text.section in ("eligibility", "checks"):
            wanted = "" if isinstance(type_, Truth) and not type_.optional else "true or false"
        elif text.section == "haircuts":
            good = isinstance(type_, Number) and type_.dimension in (RATIO, None) and not type_.optional
            wanted = "" if good else "ratios"
        elif text.section == "borrow_caps":
            wanted = "" if isinstance(type_, Number) else "amounts, or none"
        elif text.section in ("initial", "maintenance"):
            good = isinstance(type_, Number) and type_.dimension != RATIO and not type_.optional
            wanted = "" if good else "amounts of money"
        if wanted:
            described = what(type_) + (" that may be none" if type_.optional else "")
            raise Refused(findings.section_type(term.span, text.section, wanted, described))
