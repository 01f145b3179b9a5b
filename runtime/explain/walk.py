"""The IR of a definition walked again, with the executor's own values, into steps a person can follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...program.dimension import RATIO
from ...program.number import Value
from ...program.program import Origin
from ...program.types import Number, Type
from ..exact.closures import ROW_LIMIT
from ..exact.failure import Failure
from ..exact.rows import Row
from ..exact.told import explain_failure, outward
from .calls import argument, called
from .decisions import cases_of, decided
from .extremes import bounded
from .figures import named_units, typed
from .neutral import is_one, is_zero
from .parts import Body, Here, joined
from .reading import Reader
from .reasons import Reasons
from .rows import in_one_line, reduced, reduction
from .sources import Sources
from .tables import looked_up
from .tree import Step
from .words import Words

STEPS = 3_000
"""Steps of one explanation; what lies beyond is cut."""
VISITS = 5 * ROW_LIMIT
"""Rows that its aggregations visit before it is cut."""
_WIDEST = 64
"""Characters a calculation may take with its values put in; a longer one is shown by its names."""
_LEAVES = frozenset({"load", "read", "reduce"})
_READ = _LEAVES | {"argument"}
_ROWS = frozenset({"index", "keyed", "all", "members", "owner", "previous", "constant", "as_of"})


class Walk:
    """One walk; definitions met again are not explained again."""

    def __init__(self, reader: Reader, sources: Sources, full: bool, depth: int):
        self.reader = reader
        self.nodes = reader.nodes
        self.program = reader.program
        self.sources = sources
        self.words = Words(reader)
        self.reasons = Reasons(reader, self.words)
        self.full = full
        self.deepest = depth
        self.left = STEPS
        self.visits = 0
        self.one_line = False
        """Every value in one line, with nothing below."""
        self.shown: dict[tuple[Any, ...], None] = {}

    # ---- steps

    def definition(self, number: int, rows: tuple[Row, ...], label: str, depth: int, key: str = "") -> Step:
        """A definition at rows."""
        self.left -= 1
        self._begin_count()
        definition = self.program.definitions[number]
        origin = self.program.origins.definitions.get(number)
        value, error = self.measured(lambda: self.reader.machine.value(number, *rows))
        step = Step(
            label, outward(value, definition), self._type(number, rows), origin, error=error,
            about=origin.about if origin is not None else "", definition=number, rows=tuple(row.key for row in rows),
        )  # fmt: skip
        if number in self.reader.machine.replaced:
            return replace(step, note="set for this question", origin=None)
        if (number, *rows) in self.shown:
            return replace(step, repeated=True, about="")
        key = next((row.key for row in rows if row.kind != "account"), key)
        here = Here(self.reader.place(number, rows), depth, key)
        if self.one_line or (depth > 0 and self.folds(number in self.reader.ruled_definitions)):
            return self._with(step, self.attempt(definition.node, here, self.folded, whole=True))
        if self.too_far(depth):
            text = _rule_text(origin)
            below = bool(self.operands(definition.node, here)) if self.left >= 0 else True
            short = not error and len(text) <= _WIDEST and not cases_of(self.reader, here.place)
            return replace(step, note=text if short else "", cut=below)
        self.shown[number, *rows] = None
        body = self.attempt(definition.node, here, self.body, whole=True)
        text = _rule_text(origin)
        if text and body.note == self.words.named(definition.node, here.place):
            body = replace(body, note=text)
        return self._with(step, body)

    def field(self, node: int, here: Here, label: str) -> Step:
        """A field of a row: observed, or a parameter."""
        self.left -= 1
        found = self.nodes[node]
        kind, name = str(found.attributes[0]), str(found.attributes[1])
        declared = self.program.kinds[kind].field(name)
        value, error = self.measured(lambda: self.reader.value(node, here.place))
        row = self.reader.row(found.arguments[0], here.place) if found.arguments else None
        origin, note = None, ""
        if declared is not None and (row is not None or not found.arguments):
            origin, note = self.sources.field(row, kind, declared)
        type_ = declared.type if declared is not None else None
        if type_ is not None and row is not None:
            type_ = named_units(type_, (row,))
        return Step(label, typed(value, type_), type_, origin, "" if error else note, error=error)

    def operand(self, node: int, here: Here) -> Step:
        """A value that another is made of, as its child."""
        found = self.nodes[node]
        if found.operation == "load":
            return self.field(node, here, self.label(node, here))
        if found.operation == "read":
            return self.read(node, here)
        if found.operation == "cell":
            return looked_up(self, node, here)
        if found.operation == "call":
            return called(self, node, here)
        if found.operation == "argument":
            return argument(self, node, here)
        return reduction(self, node, here)

    def read(self, node: int, here: Here) -> Step:
        """A definition as it is read; none where a row is none that it would be read at."""
        found = self.nodes[node]
        try:
            rows = self.reader.rows_of_read(found, here.place)
        except Failure as failure:
            return Step(self.words.name(node, here.place), None, error=self.told(failure))
        if None in rows:
            return Step(self.words.name(node, here.place), None, note="no such row")
        number = int(str(found.attributes[0]))
        return self.definition(number, rows, self.label(node, here), here.depth + 1, here.key)

    def value_step(self, node: int, here: Here, label: str, body: Callable[[int, Here], Body]) -> Step:
        """A value that is no definition's: an aggregation, or what it takes from one row."""
        self.left -= 1
        value, error = self.measured(lambda: self.reader.value(node, here.place))
        dimension = self.reader.dimension(node, here.place)
        nothing = dimension == RATIO and not value and self.nodes[node].operation == "reduce"  # neither 0 % nor 0 times
        type_ = Number(dimension, integer=nothing or self.reader.counts(node)) if isinstance(value, Value) else None
        step = Step(label, typed(value, type_), type_, error=error)
        if self.one_line:
            body = self.folded
        elif self.too_far(here.depth):
            return replace(step, cut=True)
        return self._with(step, self.attempt(node, here, body))

    def label(self, node: int, here: Here) -> str:
        """The last name of a path, and whose it is where that is not the row at hand."""
        name = self.words.name(node, here.place).rpartition(".")[2]
        arguments = self.nodes[node].arguments
        rows = [row for a in arguments if (row := self.reader.row(a, here.place)) and row.kind != "account"]
        told = ", ".join(row.name for row in rows if row.key != here.key)
        return f"{name} of {told}" if told else name

    # ---- bodies

    def body(self, node: int, here: Here) -> Body:
        """How a value comes about. Raises Failure."""
        found = self.nodes[node]
        match found.operation:
            case "require":
                return self.body(found.arguments[0], here)
            case "select" if not self.reader.is_logic(found):
                return self._choice(node, here, self.body)
            case "default":
                return self._default(node, here)
            case "minimum" | "maximum" | "clamp":
                return bounded(self, node, here)
            case "reduce":
                return reduced(self, node, here)
            case "cell" if self.is_found(node):
                return Body("", (looked_up(self, node, here),))
            case "call":
                return Body(self.words.named(node, here.place), (called(self, node, here),))
            case "add" | "subtract":
                terms = self._terms(node)
                if terms is not None:
                    return self._sum(terms, here)
        return self.calculation(node, here)

    def folded(self, node: int, here: Here) -> Body:
        """A value that rests on the snapshot alone, in one line. Raises Failure."""
        found = self.nodes[node]
        match found.operation:
            case "require":
                return self.folded(found.arguments[0], here)
            case "select" if not self.reader.is_logic(found):
                return self._choice(node, here, self.folded)
            case "reduce":
                return Body(in_one_line(self, node, here))
        return Body(self.words.calculated(node, here.place))

    def calculation(self, node: int, here: Here) -> Body:
        """Arithmetic: with its values put in where some of them are not shown below. Raises Failure."""
        operands = self.operands(node, here)
        below = [one for one in operands if not self.folds(self.reader.ruled(one, here.place))]
        if not self.full:
            below = [one for one in below if not is_one(self.reader, node, one, here)]
        note = self.words.calculated(node, here.place) if len(below) < len(operands) or not operands else ""
        if not note or len(note) > _WIDEST:
            note, below = self.words.named(node, here.place), operands
        because = joined(*self._branches(node, here))
        return Body(note, tuple(self.operand(one, here) for one in below), because)

    def _branches(self, node: int, here: Here) -> list[str]:
        """Why the choices inside a calculation went as they did, the first two of them. Raises Failure."""
        told: list[str] = []
        seen, stack = {node}, [node]
        while stack and len(told) < 2:
            number = stack.pop()
            found = self.nodes[number]
            below = found.arguments
            if found.operation == "select" and not self.reader.is_logic(found):
                holds = bool(self.reader.value(found.arguments[0], here.place))
                if holds or not self.reasons.is_guard(found.arguments[0]):
                    told.append(self.reasons.say(found.arguments[0], here.place, holds))
                below = found.arguments[1:2] if holds else found.arguments[2:]
            elif found.operation in (*_READ, *_ROWS, "call", "lookup") or found.shape[0] == "b":
                continue
            stack += [one for one in reversed(below) if one not in seen]
            seen.update(below)
        return told

    def operands(self, node: int, here: Here) -> list[int]:
        """What a calculation reads, each once, in order; of a choice only the branch taken."""
        found: dict[int, None] = {}
        seen: set[int] = set()
        stack = [node]
        while stack:
            number = stack.pop()
            if number in seen:
                continue
            seen.add(number)
            one = self.nodes[number]
            if one.operation == "reduce" and number == node:
                stack.append(one.arguments[0])
            elif self.is_leaf(number) and (number != node or one.operation in _READ):
                found[number] = None
            elif one.operation in ("select", "default"):
                stack += reversed(self._taken(number, here))
            elif one.operation not in _ROWS:
                stack += reversed(one.arguments)
        return list(found)

    def is_leaf(self, node: int) -> bool:
        """Whether a node is told on a line of its own."""
        found = self.nodes[node]
        read = found.operation in _READ and found.shape[0] not in "rRt"
        return read or found.operation == "call" or self.is_found(node)

    def is_found(self, node: int) -> bool:
        """Whether a node is a cell that a table was looked up for."""
        found = self.nodes[node]
        return found.operation == "cell" and self.nodes[found.arguments[0]].operation == "lookup"

    def _taken(self, node: int, here: Here) -> tuple[int, ...]:
        found = self.nodes[node]
        try:
            first = self.reader.value(found.arguments[0], here.place)
        except Failure:
            return found.arguments[:1]
        if found.operation == "default":
            return found.arguments[:1] if first is not None else found.arguments
        taken = found.arguments[1 if first else 2]
        return (found.arguments[0], taken) if self.reader.is_logic(found) else (taken,)

    def _choice(self, node: int, here: Here, body: Callable[[int, Here], Body]) -> Body:
        reasons: list[str] = []
        while self.nodes[node].operation == "select" and not self.reader.is_logic(self.nodes[node]):
            condition, yes, no = self.nodes[node].arguments
            holds = bool(self.reader.value(condition, here.place))
            if holds or not self.reasons.is_guard(condition):
                reasons = [self.reasons.say(condition, here.place, holds)]
            node = yes if holds else no
        inner = body(node, here)
        if self.reader.is_plain(node) and any(reasons):
            inner = replace(inner, note="")  # the value says it
        return replace(inner, because=joined(*reasons, inner.because))

    def _default(self, node: int, here: Here) -> Body:
        first, otherwise = self.nodes[node].arguments
        if self.reader.value(first, here.place) is not None:
            return self.body(first, here)
        inner = self.body(otherwise, here)
        reason = f"{self.words.named(first, here.place) or 'the first'} is none"
        if self.is_found(first):
            row = self.nodes[first].arguments[0]
            reason = f"{self.words.looked_up(row, here.place, 'values')} has no row"
        return replace(inner, because=joined(reason, inner.because))

    def _terms(self, node: int) -> list[tuple[int, bool]] | None:
        """The terms of a sum with whether each is taken off; None where it is a calculation rather than a list."""
        terms: list[tuple[int, bool]] = []
        stack = [(node, False)]
        while stack:
            number, minus = stack.pop()
            found = self.nodes[number]
            if found.operation in ("add", "subtract") and len(terms) < STEPS and found.shape == "n":
                left, right = found.arguments
                stack += [(right, minus != (found.operation == "subtract")), (left, minus)]
            elif found.operation in _LEAVES:
                terms.append((number, minus))
            else:
                return None
        return terms if any(self.nodes[number].operation != "load" for number, _ in terms) else None

    def _sum(self, terms: list[tuple[int, bool]], here: Here) -> Body:
        counting = [term for term in terms if self.full or not is_zero(self.reader, term[0], here)]
        steps = [(self.operand(number, here), minus) for number, minus in counting or terms[:1]]
        return Body("", tuple(replace(step, subtracted=minus) for step, minus in steps))

    # ---- what they share

    def folds(self, ruled: bool) -> bool:
        return not ruled and not self.full

    def attempt(self, node: int, here: Here, body: Callable[[int, Here], Body], whole: bool = False) -> Body:
        """The body, or, where it fails, what was read up to there. `whole`: of a definition or function."""
        cases = cases_of(self.reader, here.place) if whole else ()
        known = len(self.shown)
        try:
            return decided(self, cases, here, body) if cases else body(node, here)
        except Failure:
            while len(self.shown) > known:  # what was explained on the way there is not shown
                self.shown.popitem()
            if self.too_far(here.depth):
                return Body()
            children = tuple(self.operand(one, here) for one in self.operands(node, here))
            return Body("" if cases else self.words.named(node, here.place), children)

    def measured(self, value: Callable[[], Any]) -> tuple[Any, str]:
        try:
            return value(), ""
        except Failure as failure:
            return None, self.told(failure)

    def told(self, failure: Failure) -> str:
        return explain_failure(self.program, failure).message

    def _type(self, number: int, rows: tuple[Row, ...]) -> Type:
        """A definition's type; what counts things is whole, whatever is declared."""
        definition = self.program.definitions[number]
        type_ = named_units(definition.type, rows)
        if isinstance(type_, Number) and self.reader.counts(definition.node):
            return replace(type_, integer=True)
        return type_

    def _begin_count(self) -> None:
        """Each definition may visit as many rows as in an evaluation, all of them some times that."""
        self.visits += self.reader.machine.visits
        self.reader.machine.visits = 0

    def too_far(self, depth: int) -> bool:
        return depth >= self.deepest or self.left < 0 or self.visits > VISITS

    @staticmethod
    def _with(step: Step, body: Body) -> Step:
        return replace(step, note=body.note, children=body.children, because=body.because)


def _rule_text(origin: Origin | None) -> str:
    return " ".join(origin.text.split()) if origin is not None else ""
