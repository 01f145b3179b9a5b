"""Every definition to a term, each after what it reads; cycles and clashes of names found on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...program.diagnostic import Diagnostic, Span
from ...program.types import Number, Type
from ..diagnostics import names as name_findings
from ..diagnostics import types as findings
from ..rulebook import DefinitionText, Effective, FunctionText
from ..syntax import Expression
from .agreement import agreed, check_section
from .approximate import approximate_uses
from .cases import check_cases
from .decisions import DecisionTable, Effort, examine
from .expression import Checker
from .functions import CheckedFunction, check_functions, declared_functions
from .groups import key_type
from .model import Model
from .recursion import endless_recursion
from .scope import Scope
from .term import DefinitionKey, Needs, Refused, Spoilt, Term
from .world import World
from .written import Reading, Written

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


_OF_TYPES = ("MC234", "MC235", "MC237", "MC239", "MC241", "MC256", "MC257")
"""Findings about a value of another type than wanted."""
_ROUNDS = 12
"""Checks of a rulebook whose definitions read the row before: until the types assumed for it are the real ones."""


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
        self.parsed: dict[DefinitionKey, Written[DefinitionText]] = {}
        self.spoilt: set[DefinitionKey] = set()
        self.tables: dict[Span, DecisionTable] = {}
        self.reading = Reading(model, self.found)
        for key, texts in effective.definitions.items():
            written = self.reading.definition(key, texts)
            if written is not None:
                self.parsed[key] = written
            else:
                self.spoilt.add(key)
        expressions = {
            key: written.expression for key, written in self.parsed.items() if written.expression is not None
        }
        functions = declared_functions(model, effective, self.found)
        self.written = (list(self.found), set(self.spoilt))
        self.assumptions: dict[DefinitionKey, Type] = {}
        self.guessed = ""
        """A definition that the one being checked reads on the row before, while nothing is known of its type."""
        refused = frozenset(effective.functions) - frozenset(functions)
        world = World(
            model, self.reading.scopes, self._signature, self._assumed, expressions, rows, filled, functions, refused,
            prefixes,
        )  # fmt: skip
        self.result = Definitions(world, {}, self.found)

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
        parsed = self.reading.parse(text)
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

    def _define(self, key: DefinitionKey, parsed: Written[DefinitionText]) -> Checked:
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
        type_ = agreed(parsed, term)
        check_section(text, type_, term)
        return Checked(text, key, type_, term, parsed.expression)

    def _cases(self, parsed: Written[DefinitionText] | Written[FunctionText], scope: Scope) -> Term:
        term, table = check_cases(parsed.text, parsed.cases, scope)
        self.tables[table.place] = table
        return term

    def examine_tables(self) -> None:
        """Gaps, overlaps and dead rows, once the types have settled."""
        effort = Effort()
        for table in self.tables.values():
            if len(self.found) < FINDING_LIMIT:
                self.found += examine(table, effort)
