"""Conditions as formulas: atoms over variables, joined by all-of and any-of; negation is pushed down to the atoms."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ....program.number import Ratio, Value
from ....program.program import Moment
from ..term import Term

Factors = tuple[tuple[int, Fraction], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """A linear form without its constant: variables in order with their factors, the first factor 1.

    Made once for each form of a table by `Variables.direction`, so that two are the same where they are one object.
    """

    factors: Factors


@dataclass(frozen=True, slots=True)
class Bound:
    """`direction RELATION limit`; relation is one of < <= > >= =."""

    direction: Direction
    relation: str
    limit: Fraction


@dataclass(frozen=True, slots=True)
class Among:
    """A label variable that is one of `words`, or (`among` false) none of them."""

    variable: int
    words: frozenset[str]
    among: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """A variable that is true or false; or, where `absence`, one that is none or is not."""

    variable: int
    holds: bool
    absence: bool = False


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Formula, ...]


Atom = Bound | Among | Fact
Formula = Atom | All | Any
ALWAYS = All(())
NEVER = Any(())

_INPUTS = frozenset(
    {"load", "read", "argument", "as_of", "index", "keyed", "cell", "owner", "group", "previous", "reduce"}
)
"""Operations that give what the rest of the table says nothing about; the others compute something from it."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A term that formulas speak of without looking inside.

    computed   whether its value is computed from others, so that not every value of its type need be possible
    whole      whether it is an integer
    """

    term: Term
    computed: bool
    whole: bool


@dataclass(slots=True)
class Variables:
    """The variables of a decision table: terms that are written alike are one."""

    known: list[Variable]
    numbers: dict[object, int]
    shapes: dict[object, int]
    read: dict[int, tuple[Term, int]]
    directions: dict[Factors, Direction]

    @staticmethod
    def none_yet() -> Variables:
        return Variables([], {}, {}, {}, {})

    def direction(self, factors: Factors) -> Direction:
        return self.directions.setdefault(factors, Direction(factors))

    def of(self, term: Term) -> int:
        """The number of the variable that stands for `term`."""
        shape = self.shape(term)
        number = self.numbers.get(shape)
        if number is None:
            number = self.numbers[shape] = len(self.known)
            self.known.append(Variable(term, term.operation not in _INPUTS, _whole(term)))
        return number

    def equality(self, left: Term, right: Term, term: Term) -> int:
        """The variable that says whether two terms are equal, whichever comes first."""
        shape = ("equal", *sorted((self.shape(left), self.shape(right))))
        number = self.numbers.get(shape)
        if number is None:
            number = self.numbers[shape] = len(self.known)
            self.known.append(Variable(term, False, False))
        return number

    def shape(self, term: Term) -> int:
        """A number that two terms share when they compute the same; types and places do not count."""
        if id(term) not in self.read:  # each part once: it may stand in several places
            self.read[id(term)] = (term, self._shape(term))
        return self.read[id(term)][1]

    def _shape(self, term: Term) -> int:
        if not term.arguments and term.operation == "index":
            return self.shapes.setdefault(("index", term.attributes), len(self.shapes))
        parts = [self.shape(argument) for argument in term.arguments]
        if term.operation in ("multiply", "add"):
            parts.sort()
        key = (term.operation, tuple(parts), tuple(_identity(attribute) for attribute in term.attributes))
        return self.shapes.setdefault(key, len(self.shapes))


def all_of(parts: list[Formula]) -> Formula:
    if any(part is NEVER for part in parts):
        return NEVER
    kept: list[Formula] = []
    for part in parts:
        kept += part.parts if isinstance(part, All) else (part,)
    return kept[0] if len(kept) == 1 else All(tuple(kept)) if kept else ALWAYS


def any_of(parts: list[Formula]) -> Formula:
    if any(part is ALWAYS for part in parts):
        return ALWAYS
    kept: list[Formula] = []
    for part in parts:
        kept += part.parts if isinstance(part, Any) else (part,)
    return kept[0] if len(kept) == 1 else Any(tuple(kept)) if kept else NEVER


def fraction(value: Value) -> Fraction:
    return Fraction(value.numerator, value.denominator) if isinstance(value, Ratio) else Fraction(value)


def _whole(term: Term) -> bool:
    return getattr(term.type, "integer", False) or _counts(term)


def _counts(term: Term) -> bool:
    return term.operation == "reduce" and term.attributes[0] == "count"


def _identity(attribute: object) -> object:
    """Attributes compare by what they are: 1 and true differ, 0.5 and 0.50 do not."""
    if isinstance(attribute, Value):
        return ("number", fraction(attribute))
    if isinstance(attribute, Moment):
        return ("date", fraction(attribute.seconds))
    return (type(attribute).__name__, attribute)
