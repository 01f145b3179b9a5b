"""Expressions written out again: with the names they are made of, or with the values put in."""

from __future__ import annotations

from typing import Any

from ...program.dimension import Dimension
from ...program.literal import instant_text
from ...program.number import Value
from ..exact.evaluate import outward
from ..format import value_text
from .figures import is_whole, operand
from .reading import Place, Reader

_BUDGET = 150
"""Operations written out for one note; longer ones are not read by anyone."""
_OR, _AND, _NOT, _COMPARE, _ADD, _MULTIPLY, _NEGATE, _POWER, _ATOM = range(9)
_SIGNS = {
    "add": ("+", _ADD), "subtract": ("-", _ADD), "multiply": ("*", _MULTIPLY), "divide": ("/", _MULTIPLY),
    "less": ("<", _COMPARE), "less_equal": ("<=", _COMPARE), "equal": ("==", _COMPARE),
}  # fmt: skip
_FUNCTIONS = {
    "absolute": "abs", "minimum": "min", "maximum": "max", "square_root": "sqrt", "exponential": "exp",
    "logarithm": "ln",
}  # fmt: skip
_VALUES = frozenset({"load", "read", "cell", "reduce", "as_of"})


class TooLong(Exception):
    """More operations than a note can hold."""


class Words:
    """Writes nodes of one program."""

    def __init__(self, reader: Reader):
        self.reader = reader
        self.program = reader.program
        self.nodes = reader.nodes

    def name(self, node: int) -> str:
        """A path of names, `market.margin_table`; empty for the row of the scope or a binder itself."""
        names: list[str] = []
        while True:
            found = self.nodes[node]
            match found.operation:
                case "load":
                    names.append(str(found.attributes[1]))
                case "read":
                    names.append(self.program.definitions[int(str(found.attributes[0]))].name)
                case "cell":
                    names.append(str(found.attributes[0]))
                case "owner" | "previous":
                    names.append("account" if found.operation == "owner" else "previous")
                case "keyed":
                    names.append(f'{found.attributes[0]}("{found.attributes[1]}")')
                case "bracket" | "reduce":
                    names.append(found.operation if found.operation == "bracket" else str(found.attributes[0]))
            if found.operation in ("owner", "keyed", "bracket", "reduce") or not found.arguments:
                return ".".join(reversed(names))
            node = found.arguments[0]

    def named(self, node: int) -> str:
        """The expression in names; empty where it is too long for a note."""
        return self._written(node, None)

    def calculated(self, node: int, at: Place) -> str:
        """The expression with values put in, by the branch taken. Raises Failure."""
        return self._written(node, at)

    def _written(self, node: int, at: Place | None) -> str:
        try:
            return _Writing(self, at).write(node, None)[0]
        except TooLong:
            return ""


class _Writing:
    def __init__(self, words: Words, at: Place | None):
        self.words = words
        self.reader = words.reader
        self.at = at
        self.left = _BUDGET

    def write(self, node: int, like: Dimension | None) -> tuple[str, int]:
        """Text and how tightly it binds. `like` is the dimension a bare constant is understood in."""
        self.left -= 1
        if self.left < 0:
            raise TooLong
        found = self.reader.nodes[node]
        operation, arguments = found.operation, found.arguments
        if operation == "constant":
            value = found.attributes[0]
            return self._figure(value, None if isinstance(value, Value) and is_whole(value) else like)
        if self.at is not None:
            if operation in _VALUES and found.shape == "d":
                return instant_text(self.reader.value(node, self.at)), _ATOM
            if operation in _VALUES:
                return self._figure(self.reader.value(node, self.at), self.reader.dimension(node, self.at))
            if operation == "select" and not self.reader.is_logic(found):
                return self.write(arguments[1 if self.reader.value(arguments[0], self.at) else 2], like)
            if operation == "absolute":
                return self._figure(self.reader.value(node, self.at), self.reader.dimension(node, self.at))
            if operation == "default":
                return self.write(arguments[self.reader.value(arguments[0], self.at) is None], like)
        if operation == "reduce":
            return self._reduction(node), _ATOM
        if operation in ("load", "read", "cell", "index", "owner", "keyed", "previous", "as_of", "all", "members"):
            return self._path(node), _ATOM
        if operation in _SIGNS:
            return self._binary(operation, arguments)
        return self._other(node, like)

    def _figure(self, value: Any, dimension: Dimension | None) -> tuple[str, int]:
        if isinstance(value, Value):
            text = operand(value, dimension)
            return text, _NEGATE if text.startswith("-") else _ATOM
        return (f'"{value}"' if isinstance(value, str) else value_text(outward(value, None), None)), _ATOM

    def _path(self, node: int) -> str:
        found = self.reader.nodes[node]
        if found.operation in ("all", "members"):
            return self.reader.program.kinds[str(found.attributes[0])].plural
        return "as_of" if found.operation == "as_of" else self.words.name(node)

    def _reduction(self, node: int) -> str:
        found = self.reader.nodes[node]
        source, body, where = found.arguments
        function = str(found.attributes[0])
        rows = self.write(source, None)[0]
        inside = "" if function == "count" else self.write(body, None)[0]
        simple = self.reader.nodes[body].operation in ("load", "read", "cell")
        text = f"{rows}.{inside}" if simple else f"{inside} for {rows}" if inside else rows
        if not self.reader.is_constant(where, True):
            text += f" where {self.write(where, None)[0]}"
        return f"{function}({text})"

    def _binary(self, operation: str, arguments: tuple[int, ...]) -> tuple[str, int]:
        sign, strength = _SIGNS[operation]
        scaling = strength == _MULTIPLY
        dimensions = [None if scaling else self._dimension(argument) for argument in arguments]
        if self.at is not None and sign == "*":
            sign = "x"
        left, right = arguments
        one = self._inside(left, strength, dimensions[1])
        other = self._inside(right, strength + (operation not in ("add", "multiply")), dimensions[0])
        if self.at is not None and other.startswith("-"):
            other = f"({other})"
        return f"{one} {sign} {other}", strength

    def _dimension(self, node: int) -> Dimension | None:
        return self.reader.dimension(node, self.at or Place(0, tuple(self.reader.machine.spare)))

    def _inside(self, node: int, strength: int, like: Dimension | None) -> str:
        text, own = self.write(node, like)
        return text if own >= strength else f"({text})"

    def _other(self, node: int, like: Dimension | None) -> tuple[str, int]:
        found = self.reader.nodes[node]
        operation, arguments = found.operation, found.arguments
        logic = self.reader.is_logic(found)
        if logic:
            strength = _AND if logic == "and" else _OR
            pair = (arguments[0], arguments[1 if logic == "and" else 2])
            return f" {logic} ".join(self._inside(one, strength, None) for one in pair), strength
        match operation:
            case "require":
                return self.write(arguments[0], like)
            case "negate":
                return f"-{self._inside(arguments[0], _NEGATE, like)}", _NEGATE
            case "power":
                return f"{self._inside(arguments[0], _ATOM, None)}^{found.attributes[0]}", _POWER
            case "not":
                inner = self.reader.nodes[arguments[0]]
                if inner.operation == "is_none":
                    return f"{self._inside(inner.arguments[0], _ADD, None)} is not none", _COMPARE
                return f"not {self._inside(arguments[0], _NOT, None)}", _NOT
            case "is_none":
                return f"{self._inside(arguments[0], _ADD, None)} is none", _COMPARE
            case "member":
                return f"{self.write(arguments[0], None)[0]} in {{{self._labels(found.attributes[0])}}}", _COMPARE
            case "select":
                condition, yes, no = (self.write(argument, like)[0] for argument in arguments)
                return f"if {condition} then {yes} else {no}", _OR
        shared = next((d for argument in arguments if (d := self._dimension(argument)) is not None), like)
        inside = ", ".join(self.write(argument, shared)[0] for argument in arguments)
        return f"{_FUNCTIONS.get(operation, operation)}({inside})", _ATOM

    @staticmethod
    def _labels(labels: Any) -> str:
        return ", ".join(f'"{label}"' for label in labels)
