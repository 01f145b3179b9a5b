"""The IR of a definition walked again, with the executor's own values, into steps a person can follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ...program.number import Value
from ...program.program import Definition, Origin
from ...program.types import Number, Type
from ..exact.closures import ROW_LIMIT
from ..exact.evaluate import explain_failure, outward
from ..exact.failure import Failure
from ..exact.rows import Row
from .extremes import bounded
from .figures import named_units
from .neutral import is_one, is_zero
from .parts import Body, Here, joined
from .reading import Reader
from .reasons import Reasons
from .rows import in_one_line, reduced, reduction
from .sources import Sources
from .tree import Step
from .words import Words

STEPS = 3_000
"""Steps of one explanation; what lies beyond is cut."""
VISITS = 5 * ROW_LIMIT
"""Rows that its aggregations visit before it is cut."""
_WIDEST = 64
"""Characters a calculation may take with its values put in; a longer one is shown by its names."""
_LEAVES = frozenset({"load", "read", "reduce"})
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
        self.shown: set[tuple[Any, ...]] = set()

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
            return self._with(step, self.attempt(definition.node, here, self.folded))
        if self._too_far(depth):
            return replace(step, cut=True)
        self.shown.add((number, *rows))
        body = self.attempt(definition.node, here, self.body)
        text = _rule_text(origin)
        if text and body.note == self.words.named(definition.node):
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
        return Step(label, _outward(value, type_), type_, origin, "" if error else note, error=error)

    def operand(self, node: int, here: Here) -> Step:
        """A value that another is made of, as its child."""
        found = self.nodes[node]
        if found.operation == "load":
            return self.field(node, here, self.label(node, here))
        if found.operation == "read":
            try:
                rows = self.reader.rows_of_read(found, here.place)
            except Failure as failure:
                return Step(self.words.name(node), None, error=self.told(failure))
            number = int(str(found.attributes[0]))
            return self.definition(number, rows, self.label(node, here), here.depth + 1, here.key)
        return reduction(self, node, here)

    def value_step(self, node: int, here: Here, label: str, body: Callable[[int, Here], Body]) -> Step:
        """A value that is no definition's: an aggregation, or what it takes from one row."""
        self.left -= 1
        value, error = self.measured(lambda: self.reader.value(node, here.place))
        dimension = self.reader.dimension(node, here.place)
        type_ = Number(dimension, integer=self.reader.counts(node)) if isinstance(value, Value) else None
        step = Step(label, _outward(value, type_), type_, error=error)
        if self._too_far(here.depth):
            return replace(step, cut=True)
        return self._with(step, self.attempt(node, here, body))

    def label(self, node: int, here: Here) -> str:
        """The last name of a path, and whose it is where that is not the row at hand."""
        name = self.words.name(node).rpartition(".")[2]
        arguments = self.nodes[node].arguments
        keys = [row.key for a in arguments if (row := self.reader.row(a, here.place)) and row.kind != "account"]
        told = ", ".join(key for key in keys if key != here.key)
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
        below = [one for one in operands if not self.folds(one in self.reader.ruled_nodes)]
        if not self.full:
            below = [one for one in below if not is_one(self.reader, node, one, here)]
        note = self.words.calculated(node, here.place) if len(below) < len(operands) or not operands else ""
        if not note or len(note) > _WIDEST:
            note, below = self.words.named(node), operands
        return Body(note, tuple(self.operand(one, here) for one in below))

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
            elif one.operation in _LEAVES and one.shape[0] not in "rRt":
                found[number] = None
            elif one.operation in ("select", "default"):
                stack += reversed(self._taken(number, here))
            elif one.operation not in _ROWS:
                stack += reversed(one.arguments)
        return list(found)

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
        return replace(inner, because=joined(*reasons, inner.because))

    def _default(self, node: int, here: Here) -> Body:
        first, otherwise = self.nodes[node].arguments
        if self.reader.value(first, here.place) is not None:
            return self.body(first, here)
        inner = self.body(otherwise, here)
        reason = f"{self.words.name(first) or self.words.named(first)} is none"
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

    def attempt(self, node: int, here: Here, body: Callable[[int, Here], Body]) -> Body:
        """The body, or, where it fails, what was read up to there."""
        try:
            return body(node, here)
        except Failure:
            if self._too_far(here.depth):
                return Body()
            children = tuple(self.operand(one, here) for one in self.operands(node, here))
            return Body(self.words.named(node), children)

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

    def _too_far(self, depth: int) -> bool:
        return depth >= self.deepest or self.left < 0 or self.visits > VISITS

    @staticmethod
    def _with(step: Step, body: Body) -> Step:
        return replace(step, note=body.note, children=body.children, because=body.because)


def _outward(value: Any, type_: Type | None) -> Any:
    if isinstance(value, Value | None) or type_ is None:
        return outward(value, Definition("", (), "", 0, type_) if type_ is not None else None)
    return outward(value, None)


def _rule_text(origin: Origin | None) -> str:
    return " ".join(origin.text.split()) if origin is not None else ""
