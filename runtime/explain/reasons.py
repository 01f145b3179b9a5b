"""Why a condition holds or does not, in words: `required 2,737.37 is not above 95 % of backing 7,103.20`."""

from __future__ import annotations

from typing import Any

from ...program.dimension import RATIO, Dimension
from ...program.literal import instant_text
from ...program.number import ONE, ZERO, Value
from ...program.program import Node
from ..exact.rows import Row
from ..exact.told import outward
from ..format import value_text
from .decisions import cases_of
from .figures import briefly, in_full
from .reading import Place, Reader
from .roots import told_apart
from .sides import is_turned
from .words import Words

_ORDER = {"less": ("below", "above"), "less_equal": ("at most", "at least")}
"""How `left < right` is said, and how it is said from the right."""
_NAMED = ("load", "read", "cell", "argument")
_PARTS, _DEEP = 8, 6
"""Parts of a condition that are told, and how deeply they may be nested."""


class Reasons:
    """Conditions of one program in words."""

    def __init__(self, reader: Reader, words: Words):
        self.reader = reader
        self.words = words
        self.nodes = reader.nodes

    def say(self, node: int, at: Place, holds: bool, deep: int = 0) -> str:
        """The part of a condition that decides, with its values. Raises Failure."""
        found = self.nodes[node]
        if deep > _DEEP:
            return "..."
        match found.operation:
            case "not":
                return self.say(found.arguments[0], at, not holds, deep + 1)
            case "select" if self.reader.is_logic(found):
                return self._logic(found, at, holds, deep)
            case "is_none":
                return f"{self._subject(found.arguments[0], at)} is {'' if holds else 'not '}none"
            case "equal":
                return self._equal(found, at, holds)
            case "less" | "less_equal":
                return self._order(found, at, holds)
            case "chain":
                return f"{'' if holds else 'not '}{self.words.calculated(node, at)}"
            case "member":
                value = self.reader.value(found.arguments[0], at)
                return f"{self._subject(found.arguments[0], at)} is {value}"
            case "constant":
                return ""
            case "reduce" if found.attributes[0] in ("any", "all"):
                return self._quantified(node, at, holds, deep)
        return f"{'' if holds else 'not '}{self._subject(node, at)}"

    def opened(self, node: int, at: Place, holds: bool, deep: int = 0) -> str:
        """As `say`, but of a condition that is a definition by itself, what makes that one hold. Raises Failure."""
        found = self.nodes[node]
        if found.operation == "not":
            return self.opened(found.arguments[0], at, not holds, deep)
        if found.operation != "read" or deep > _DEEP:
            return self.say(node, at, holds)
        rows = self.reader.rows_of_read(found, at)
        number = int(str(found.attributes[0]))
        inside = self.reader.place(number, rows)
        if cases_of(self.reader, inside) or number in self.reader.machine.replaced:
            return self.say(node, at, holds)
        told = self.opened(self.reader.root(inside), inside, holds, deep + 1)
        others = [row.name for row in rows if row.kind != "account" and row not in at.rows]
        return f"{told}, for {', '.join(others)}" if told and others else told or self.say(node, at, holds)

    def _quantified(self, node: int, at: Place, holds: bool, deep: int) -> str:
        """`equity 5 is below required 7, for USDC`, or `for none of 2 holdings: equity < required`."""
        found = self.nodes[node]
        some, slot = found.attributes[0] == "any", int(str(found.attributes[1]))
        source, body, where = found.arguments
        table = self.reader.table(source, at)
        passing = 0
        for row in self.reader.value(source, at):
            inside = told_apart(self.reader, at, node).bind(slot, row, table)
            if not self.reader.value(where, inside):
                continue
            passing += 1
            if bool(self.reader.value(body, inside)) == some:
                told = self.say(body, inside, some, deep + 1)
                return f"{told}, for {row.name if isinstance(row, Row) else row.key}"
        rows = self.nodes[source]
        kind = self.reader.program.kinds.get(str(rows.attributes[0])) if rows.attributes else None
        plural = kind.plural if kind is not None else "rows"
        if not passing:
            return f"no {plural} come into it"
        told = self.words.named(body, told_apart(self.reader, at, node)) or "the condition"
        return f"for {'none' if holds != some else 'all'} of {passing} {plural}: {told}"

    def is_guard(self, node: int) -> bool:
        """A test for 0 or none: where it does not hold, nobody asks why."""
        found = self.nodes[node]
        if found.operation == "equal":
            return any(self._is_zero(argument) for argument in found.arguments)
        return found.operation == "is_none"

    def filter_text(self, node: int, at: Place) -> str:
        """A condition on rows as people say it, `margin is cross`; empty where it takes the rules' own words."""
        found = self.nodes[node]
        if found.operation in ("load", "read"):
            return self.words.name(node, at)
        if found.operation == "not":
            inner = self.nodes[found.arguments[0]]
            if inner.operation in ("load", "read"):
                return f"not {self.words.name(found.arguments[0], at)}"
            if inner.operation == "equal":
                return self._filter_equal(inner, at, "is not")
        return self._filter_equal(found, at, "is") if found.operation == "equal" else ""

    def _filter_equal(self, found: Node, at: Place, verb: str) -> str:
        left, right = found.arguments
        if self.reader.constant(left):
            left, right = right, left
        if self.nodes[left].operation not in ("load", "read", "cell") or not self.reader.constant(right):
            return ""
        value = self.nodes[right].attributes[0]
        text = value if isinstance(value, str) else self.words.named(right, at)
        return f"{self.words.name(left, at)} {verb} {text}"

    def _is_zero(self, node: int) -> bool:
        found = self.nodes[node]
        if found.operation != "constant":
            return False
        value = found.attributes[0]
        return value is None or (isinstance(value, Value) and value == 0)

    def _subject(self, node: int, at: Place) -> str:
        if self.nodes[node].operation in _NAMED:
            return self.words.name(node, at)
        return self.words.named(node, at) or "this"

    def _logic(self, found: Node, at: Place, holds: bool, deep: int) -> str:
        parts = self._parts(found)
        if holds == (self.reader.is_logic(found) == "and"):
            told = [self.say(part, at, holds, deep + 1) for part in parts]
            return " and ".join(dict.fromkeys(part for part in told if part))
        decided = (part for part in parts if bool(self.reader.value(part, at)) == holds)
        return self.say(next(decided, parts[-1]), at, holds, deep + 1)

    def _parts(self, found: Node) -> list[int]:
        """What a chain of `and`, or of `or`, joins, each once and in order."""
        logic = self.reader.is_logic(found)
        second = 1 if logic == "and" else 2
        parts: list[int] = []
        seen: set[int] = set()
        stack = [found.arguments[second], found.arguments[0]]
        while stack and len(parts) < _PARTS:
            part = stack.pop()
            if part in seen:
                continue
            seen.add(part)
            one = self.nodes[part]
            if self.reader.is_logic(one) == logic:
                stack += [one.arguments[second], one.arguments[0]]
            else:
                parts.append(part)
        return parts

    def _equal(self, found: Node, at: Place, holds: bool) -> str:
        left, right = found.arguments
        if self.reader.constant(left):
            left, right = right, left
        verb = "is" if holds else "is not"
        if self.nodes[left].shape == "n":
            one, other = self._sides(left, right, at)
            if holds and self.reader.constant(right):
                one = self._subject(left, at)
            return f"{one} {verb} {other}"
        value, wanted = self.reader.value(left, at), self.reader.value(right, at)
        if self.reader.constant(right) or (isinstance(value, str) and not holds):
            known = isinstance(value, str) or holds
            return f"{self._subject(left, at)} {'is' if known else verb} {self._plain(value if known else wanted)}"
        return f"{self._subject(left, at)} {self._plain(value)} {verb} {self._subject(right, at)}"

    def _order(self, found: Node, at: Place, holds: bool) -> str:
        left, right = found.arguments
        word, turned = _ORDER[found.operation]
        if is_turned(self.reader, left, right, at, lambda one: self.words.named(one, at)):
            left, right, word = right, left, turned
        one, other = self._sides(left, right, at)
        return f"{one} is {'' if holds else 'not '}{word} {other}"

    def _sides(self, left: int, right: int, at: Place) -> tuple[str, str]:
        """Both sides with their values; more digits where few would make them look equal."""
        one, other = self.reader.value(left, at), self.reader.value(right, at)
        dimension = self.reader.dimension(left, at) or self.reader.dimension(right, at)
        if dimension == RATIO and (self.reader.is_integer(left) or self.reader.is_integer(right)):
            dimension = None
        texts = self._figures(one, other, dimension, self.nodes[left].shape)
        return self._side(left, texts[0], at), self._side(right, texts[1], at)

    def _figures(self, one: Any, other: Any, dimension: Dimension | None, shape: str) -> tuple[str, str]:
        if not isinstance(one, Value) or not isinstance(other, Value):
            return self._plain(one), self._plain(other)
        if shape == "d":
            return instant_text(one), instant_text(other)
        texts = briefly(one, dimension), briefly(other, dimension)
        if one != other and texts[0].replace(".00", "") == texts[1].replace(".00", ""):
            return _at_length(one, dimension), _at_length(other, dimension)
        return texts

    def _side(self, node: int, figure: str, at: Place) -> str:
        found = self.nodes[node]
        if found.operation == "constant":
            return figure
        if found.operation == "multiply":
            share = self._share(found, at)
            if share:
                return f"{share} {figure}"
        if found.operation == "default":
            name = self._subject(found.arguments[0], at)
            none = self.reader.value(found.arguments[0], at) is None
            return f"{name} (none, so {figure})" if none else f"{name} {figure}"
        name = self._subject(node, at)
        return f"{name} {figure}" if found.operation in (*_NAMED, "reduce") else f"{name} = {figure}"

    def _share(self, found: Node, at: Place) -> str:
        """`95 % of backing`, where a ratio times one name is such a share."""
        for factor, whole in (found.arguments, found.arguments[::-1]):
            simple = self.nodes[whole].operation in ("load", "read")
            if simple and self.nodes[factor].operation in ("load", "constant"):
                dimension = self.reader.dimension(factor, at)
                value = self.reader.value(factor, at)
                known_ratio = self.reader.constant(factor) or (dimension is not None and dimension.is_ratio)
                if known_ratio and isinstance(value, Value) and ZERO < value < ONE:
                    return f"{briefly(value, Dimension())} of {self.words.name(whole, at)}"
        return ""

    @staticmethod
    def _plain(value: Any) -> str:
        return value_text(outward(value, None), None)


def _at_length(value: Value, dimension: Dimension | None) -> str:
    number, unit = in_full(value, dimension)
    return f"{number} {unit}" if unit.startswith("%") else number
