"""Checked conditions to formulas: linear comparisons, labels, truths and tests for none; the rest stays opaque."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from ....program.number import Value
from ....program.program import Moment
from ....program.types import Date, Label, Number, Row, Truth
from ..term import Term
from .formula import ALWAYS, NEVER, Among, Bound, Direction, Fact, Formula, Variables, all_of, any_of, fraction

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_DENIED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(slots=True)
class _Linear:
    """A sum of variables times factors, and a constant."""

    factors: dict[int, Fraction]
    constant: Fraction

    def plus(self, other: _Linear, times: Fraction) -> _Linear:
        factors = dict(self.factors)
        for variable, factor in other.factors.items():
            factors[variable] = factors.get(variable, Fraction(0)) + factor * times
        return _Linear({v: f for v, f in factors.items() if f}, self.constant + other.constant * times)

    def minus(self, other: _Linear) -> _Linear:
        if not other.factors:
            return _Linear(self.factors, self.constant - other.constant)
        return self.plus(other, Fraction(-1))

    def scaled(self, times: Fraction) -> _Linear:
        return _Linear({}, Fraction(0)).plus(self, times)


@dataclass(frozen=True, slots=True)
class _Form:
    """direction - limit, times a positive or a negative number; without a direction the constant `limit`.

    The terms it is of are kept, so that their ids stay theirs.
    """

    direction: Direction | None
    limit: Fraction
    positive: bool
    terms: tuple[Term, Term]


@dataclass(slots=True)
class Reader:
    """Reads the conditions of one table; equal terms become the same variable."""

    variables: Variables = field(default_factory=Variables.none_yet)
    tested: set[int] = field(default_factory=set)
    """Variables that some condition tests for none."""
    _known: dict[tuple[int, bool], tuple[Term, Formula]] = field(default_factory=dict)
    _forms: dict[tuple[int, int], _Form] = field(default_factory=dict)

    def condition(self, term: Term, holds: bool) -> Formula:
        """The formula that says that `term` came out as `holds`."""
        key = (id(term), holds)
        if key not in self._known:
            self._known[key] = (term, self._condition(term, holds))  # the term is kept: its id stays its own
        return self._known[key][1]

    def _condition(self, term: Term, holds: bool) -> Formula:
        arguments = term.arguments
        match term.operation:
            case "constant":
                return ALWAYS if bool(term.attributes[0]) == holds else NEVER
            case "not":
                return self.condition(arguments[0], not holds)
            case "select":
                return self._choice(arguments[0], arguments[1], arguments[2], holds)
            case "less" | "less_equal":
                return self._compared(arguments[0], "<" if term.operation == "less" else "<=", arguments[1], holds)
            case "chain":
                return self._chain(term, holds)
            case "equal":
                return self._equal(arguments[0], arguments[1], term, holds)
            case "is_none":
                return self._absent(arguments[0], holds)
            case "member":
                words = term.attributes[0]
                assert isinstance(words, tuple)
                return self._among(arguments[0], frozenset(str(word) for word in words), holds)
            case _:
                return Fact(self.variables.of(term), holds)

    def _choice(self, test: Term, yes: Term, no: Term, holds: bool) -> Formula:
        """`if test then yes else no` of truths, which `and` and `or` are too."""
        self.condition(test, True)  # read first: variables are numbered as a person comes past them
        first, second = self.condition(yes, holds), self.condition(no, holds)
        if first is ALWAYS:
            return any_of([self.condition(test, True), second])
        if second is ALWAYS:
            return any_of([self.condition(test, False), first])
        return any_of(
            [all_of([self.condition(test, True), first]), all_of([self.condition(test, False), second])]
        )  # fmt: skip

    def _chain(self, term: Term, holds: bool) -> Formula:
        """`a < b <= c`: each neighbour compared with the next."""
        operators = term.attributes[0]
        assert isinstance(operators, tuple)
        parts: list[Formula] = []
        for operator, left, right in zip(operators, term.arguments[:-1], term.arguments[1:], strict=True):
            if operator in ("==", "!="):
                parts.append(self._equal(left, right, term, (operator == "==") == holds))
            else:
                parts.append(self._compared(left, str(operator), right, holds))
        return all_of(parts) if holds else any_of(parts)

    # ---- atoms

    def _compared(self, left: Term, relation: str, right: Term, holds: bool) -> Formula:
        return self._bound(self._difference(left, right), relation if holds else _DENIED[relation])

    def _difference(self, left: Term, right: Term) -> _Form:
        """left - right with the first factor brought to 1, read once for a comparison and its contrary."""
        key = (id(left), id(right))
        if key not in self._forms:
            form = self._linear(left).minus(self._linear(right))
            numbers = sorted(form.factors)
            if not numbers:
                self._forms[key] = _Form(None, form.constant, True, (left, right))
            else:
                first = form.factors[numbers[0]]
                factors = tuple((number, form.factors[number] / first) for number in numbers)
                limit = -form.constant if first == 1 else -form.constant / first
                self._forms[key] = _Form(self.variables.direction(factors), limit, first > 0, (left, right))
        return self._forms[key]

    def _equal(self, left: Term, right: Term, term: Term, holds: bool) -> Formula:
        for one, other in ((left, right), (right, left)):
            if one.operation == "constant" and one.attributes[0] is None:
                return self._absent(other, holds)
        if self.variables.shape(left) == self.variables.shape(right):
            return ALWAYS if holds else NEVER
        equal = self._same_value(left, right, term, holds)
        optional = [side for side in (left, right) if side.type.optional]
        absent = [self._absent(side, True) for side in optional]
        present = [self._absent(side, False) for side in optional]
        if not optional:
            return equal
        if len(optional) == 1:
            return all_of([*present, equal]) if holds else any_of([*absent, all_of([*present, equal])])
        both, neither = all_of(absent), all_of([*present, equal])
        if holds:
            return any_of([both, neither])
        return any_of([all_of([absent[0], present[1]]), all_of([present[0], absent[1]]), neither])

    def _same_value(self, left: Term, right: Term, term: Term, holds: bool) -> Formula:
        """Equality of two values that are there."""
        match left.type:
            case Number() | Date():
                form = self._difference(left, right)
                return self._bound(form, "=") if holds else any_of([self._bound(form, "<"), self._bound(form, ">")])
            case Truth():
                one, other = self.condition(left, True), self.condition(left, False)
                return any_of(
                    [all_of([one, self.condition(right, holds)]), all_of([other, self.condition(right, not holds)])]
                )
            case Label() | Row():
                for word, value in ((left, right), (right, left)):
                    known = _word(word)
                    if known is not None:
                        return self._among(value, frozenset({known}), holds)
        return Fact(self.variables.equality(left, right, term), holds)

    def _among(self, value: Term, words: frozenset[str], holds: bool) -> Formula:
        known = _word(value)
        if known is not None:
            return ALWAYS if (known in words) == holds else NEVER
        return Among(self.variables.of(value), words, holds)

    def _absent(self, value: Term, holds: bool) -> Formula:
        if value.operation == "constant":
            return ALWAYS if (value.attributes[0] is None) == holds else NEVER
        if value.operation == "select":  # `if t then none else x` is none where t holds
            test, yes, no = value.arguments
            if yes.operation == "constant" and yes.attributes[0] is None and not no.type.optional:
                return self.condition(test, holds)
        number = self.variables.of(value)
        if not value.type.optional and number not in self.tested:
            return NEVER if holds else ALWAYS  # (what a row above has tested is known below it)
        self.tested.add(number)
        return Fact(number, holds, absence=True)

    def _bound(self, form: _Form, relation: str) -> Formula:
        """`form RELATION 0`."""
        if form.direction is None:
            value = form.limit
            holds = {"<": value < 0, "<=": value <= 0, ">": value > 0, ">=": value >= 0, "=": value == 0}[relation]
            return ALWAYS if holds else NEVER
        return Bound(form.direction, relation if form.positive else _TURNED[relation], form.limit)

    def _linear(self, term: Term) -> _Linear:
        arguments = term.arguments
        match term.operation:
            case "constant":
                value = term.attributes[0]
                assert isinstance(value, Value | Moment)
                return _Linear({}, fraction(value.seconds if isinstance(value, Moment) else value))
            case "add" | "subtract":
                sign = Fraction(1 if term.operation == "add" else -1)
                return self._linear(arguments[0]).plus(self._linear(arguments[1]), sign)
            case "negate":
                return self._linear(arguments[0]).scaled(Fraction(-1))
            case "multiply" | "divide":
                one, other = self._linear(arguments[0]), self._linear(arguments[1])
                if not other.factors and (other.constant or term.operation == "multiply"):
                    return one.scaled(other.constant if term.operation == "multiply" else 1 / other.constant)
                if not one.factors and term.operation == "multiply":
                    return other.scaled(one.constant)
            case "power":
                if term.attributes[0] == 1:
                    return self._linear(arguments[0])
        return _Linear({self.variables.of(term): Fraction(1)}, Fraction(0))


def limits(variables: Variables) -> list[Bound]:
    """What is so of computed values whatever they are computed from: an even power is not negative, and the like."""
    found: list[Bound] = []
    for number, variable in enumerate(variables.known):
        operation, attributes = variable.term.operation, variable.term.attributes
        even = operation == "power" and isinstance(attributes[0], int) and attributes[0] % 2 == 0
        direction = variables.direction(((number, Fraction(1)),))
        if even or operation in ("absolute", "square_root", "exponential", "normal_cdf") or _counts(variable.term):
            found.append(Bound(direction, ">=", Fraction(0)))
        if operation == "normal_cdf":
            found.append(Bound(direction, "<=", Fraction(1)))
    return found


def _counts(term: Term) -> bool:
    return term.operation == "reduce" and term.attributes[0] == "count"


def _word(term: Term) -> str | None:
    """The label or the row's key that a term is, whatever the account."""
    if term.operation == "constant" and isinstance(term.attributes[0], str):
        return term.attributes[0]
    return str(term.attributes[1]) if term.operation == "keyed" else None
