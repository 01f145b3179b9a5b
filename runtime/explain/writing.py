"""One expression as text: operators by how tightly they bind, paths, look-ups and aggregations as rules write them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from ...program.dimension import Dimension
from ...program.literal import instant_text
from ...program.number import Value
from ...program.program import Node
from ..exact.rows import Row
from ..exact.told import outward
from ..format import value_text
from .figures import is_whole, operand
from .reading import Place, Reader
from .roots import row_of, told_apart
from .sides import is_turned

_BUDGET = 150
"""Operations written out for one note; longer ones are not read by anyone."""
_OR, _AND, _NOT, _COMPARE, _ADD, _MULTIPLY, _NEGATE, _POWER, _ATOM = range(9)
_SIGNS = {
    "add": ("+", _ADD), "subtract": ("-", _ADD), "multiply": ("*", _MULTIPLY), "divide": ("/", _MULTIPLY),
    "less": ("<", _COMPARE), "less_equal": ("<=", _COMPARE), "equal": ("==", _COMPARE),
}  # fmt: skip
_TURNED = {"less": ">", "less_equal": ">="}
_FUNCTIONS = {
    "absolute": "abs", "minimum": "min", "maximum": "max", "square_root": "sqrt", "exponential": "exp",
    "logarithm": "ln",
}  # fmt: skip
_VALUES = frozenset({"argument", "load", "read", "cell", "reduce", "as_of"})
_PATHS = frozenset(
    {"argument", "load", "read", "cell", "index", "owner", "keyed", "previous", "as_of", "all", "members"}
)
_ROWS = frozenset({"index", "owner", "keyed", "previous"})


class TooLong(Exception):
    """More operations than a note can hold."""


class Writing:
    """Writes one expression: in `names`, in names by the branch `taken`, or with `values` put in."""

    def __init__(self, reader: Reader, at: Place, mode: Literal["names", "taken", "values"]):
        self.reader = reader
        self.nodes = reader.nodes
        self.at = at
        self.mode = mode
        self.left = _BUDGET

    def write(self, node: int, like: Dimension | None) -> tuple[str, int]:
        """Text and how tightly it binds. `like` is the dimension a bare constant is understood in."""
        self._spend()
        found = self.nodes[node]
        operation, arguments = found.operation, found.arguments
        if operation == "constant":
            value = found.attributes[0]
            return self._figure(value, None if isinstance(value, Value) and is_whole(value) else like)
        if self.mode != "names":
            if operation == "select" and not self.reader.is_logic(found):
                return self.write(arguments[1 if self.reader.value(arguments[0], self.at) else 2], like)
            if operation == "default":
                return self.write(arguments[self.reader.value(arguments[0], self.at) is None], like)
        if self.mode == "values":
            if operation in _VALUES and found.shape == "d":
                return instant_text(self.reader.value(node, self.at)), _ATOM
            if operation in _VALUES or operation in _ROWS or operation == "absolute":
                return self._figure(self.reader.value(node, self.at), self.reader.dimension(node, self.at))
        if operation == "reduce":
            return self._reduction(node), _ATOM
        if operation in _PATHS:
            return self.path(node), _ATOM
        if operation in _SIGNS:
            return self._binary(operation, arguments)
        return self._other(node, like)

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise TooLong

    def _figure(self, value: Any, dimension: Dimension | None) -> tuple[str, int]:
        if isinstance(value, Value):
            text = operand(value, dimension)
            return text, _NEGATE if text.startswith("-") else _ATOM
        if isinstance(value, Row):
            return value.name, _ATOM
        return (f'"{value}"' if isinstance(value, str) else value_text(outward(value, None), None)), _ATOM

    # ---- paths

    def path(self, node: int) -> str:
        """A path of names, from the row it was written with."""
        names: list[str] = []
        while True:
            self._spend()
            found = self.nodes[node]
            match found.operation:
                case "load":
                    names.append(str(found.attributes[1]))
                case "read":
                    names.append(self.reader.program.definitions[int(str(found.attributes[0]))].name)
                case "cell":
                    names.append(str(found.attributes[0]))
                case "previous":
                    names.append("previous")
                case "lookup":
                    names = names[:-1] if names == ["value"] else names  # a table of single values
            row = row_of(self.nodes, found) if found.operation in ("load", "read", "cell", "previous") else None
            if row is None:
                names += self._root(node, found, not names)
                return ".".join(reversed(names))
            node = row

    def _root(self, node: int, found: Node, alone: bool) -> list[str]:
        """What a path begins with; nothing where it is the row of the scope or the binder."""
        match found.operation:
            case "load" | "read" | "cell":
                return []
            case "index":
                slot, kind = int(str(found.attributes[0])), found.shape.partition(" ")[2] or "row"
                known = self.at.told_apart.get(slot)
                return [known or kind] if alone or known else []
            case "owner":
                return ["account"]
            case "keyed":
                return [f'{found.attributes[0]}("{found.attributes[1]}")']
            case "bracket" | "as_of":
                return [found.operation]
            case "reduce":
                return [str(found.attributes[0])]
            case "lookup":
                return [self.looked_up(node)]
            case "all" | "members":
                return [self.reader.program.kinds[str(found.attributes[0])].plural]
            case "argument":
                functions, position = self.reader.program.functions, int(str(found.attributes[0]))
                given = functions[self.at.function].parameters if self.at.function >= 0 else ()
                return [given[position][0] if position < len(given) else "argument"]
        return [f"({self.write(node, None)[0]})"]

    def looked_up(self, node: int) -> str:
        table, *keys = self.nodes[node].arguments
        return f"{self.path(table)}({', '.join(self.write(key, None)[0] for key in keys)})"

    def _reduction(self, node: int) -> str:
        found = self.nodes[node]
        source, body, where = found.arguments
        function, slot = str(found.attributes[0]), int(str(found.attributes[1]))
        rows = self.write(source, None)[0]
        outside, self.at = self.at, told_apart(self.reader, self.at, node)
        inside = "" if function == "count" else self.write(body, None)[0]
        simple = self.nodes[body].operation in ("load", "read", "cell") and slot not in self.at.told_apart
        row = f"{self.at.told_apart[slot]} in {rows}" if slot in self.at.told_apart else rows
        text = f"{rows}.{inside}" if simple else f"{inside} for {row}" if inside else row
        if not self.reader.is_constant(where, True):
            text += f" where {self.write(where, None)[0]}"
        self.at = outside
        return f"{function}({text})"

    # ---- operators

    def _binary(self, operation: str, arguments: tuple[int, ...], negated: bool = False) -> tuple[str, int]:
        sign, strength = _SIGNS[operation]
        scaling = strength == _MULTIPLY
        if operation in _TURNED and is_turned(self.reader, arguments[0], arguments[1], self.at, self._named):
            sign, arguments = _TURNED[operation], arguments[::-1]
        dimensions = [None if scaling else self._dimension(argument) for argument in arguments]
        if self.mode == "values" and sign == "*":
            sign = "x"
        left, right = arguments
        one = self._inside(left, strength, dimensions[1])
        other = self._inside(right, strength + (operation not in ("add", "multiply")), dimensions[0])
        if self.mode == "values" and other.startswith("-"):
            other = f"({other})"
        return f"{one} {'!=' if negated else sign} {other}", strength

    def _named(self, node: int) -> str:
        try:
            return Writing(self.reader, self.at, "names").write(node, None)[0]
        except TooLong:
            return ""

    def _dimension(self, node: int) -> Dimension | None:
        nowhere = replace(self.at, rows=tuple(self.reader.machine.spare))
        return self.reader.dimension(node, self.at if self.mode == "values" else nowhere)

    def _inside(self, node: int, strength: int, like: Dimension | None) -> str:
        text, own = self.write(node, like)
        return text if own >= strength else f"({text})"

    def _other(self, node: int, like: Dimension | None) -> tuple[str, int]:
        found = self.nodes[node]
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
                inner = self._inside(arguments[0], _NEGATE, like)
                return f"-({inner})" if inner.startswith("-") else f"-{inner}", _NEGATE
            case "power":
                return f"{self._inside(arguments[0], _ATOM, None)}^{found.attributes[0]}", _POWER
            case "not":
                return self._not(arguments[0])
            case "is_none":
                return f"{self._inside(arguments[0], _ADD, None)} is none", _COMPARE
            case "chain":
                operators = (f" {sign} " for sign in (*found.attributes[0], ""))  # type: ignore[misc]  # a tuple of signs
                operands = (self._inside(argument, _ADD, None) for argument in arguments)
                return "".join(map("".join, zip(operands, operators, strict=True))).rstrip(), _COMPARE
            case "call":
                name = self.reader.program.functions[int(str(found.attributes[0]))].name
                return f"{name}({', '.join(self.write(argument, None)[0] for argument in arguments)})", _ATOM
            case "member":
                return f"{self.write(arguments[0], None)[0]} in {{{self._labels(found.attributes[0])}}}", _COMPARE
            case "select":
                condition, yes, no = (self.write(argument, like)[0] for argument in arguments)
                return f"if {condition} then {yes} else {no}", _OR
            case "lookup":
                return self.looked_up(node), _ATOM
            case "minimum" | "maximum" | "clamp" if self.mode != "names":
                return self._bounds(operation, arguments, like)
        return self._function(operation, arguments, like)

    def _not(self, inside: int) -> tuple[str, int]:
        found = self.nodes[inside]
        if found.operation == "is_none":
            return f"{self._inside(found.arguments[0], _ADD, None)} is not none", _COMPARE
        if found.operation == "equal":
            return self._binary("equal", found.arguments, negated=True)
        return f"not {self._inside(inside, _NOT, None)}", _NOT

    def _bounds(self, operation: str, arguments: tuple[int, ...], like: Dimension | None) -> tuple[str, int]:
        """What is none bounds nothing and is passed over."""
        present = [one for one in arguments if self.reader.value(one, self.at) is not None]
        if operation == "clamp" and len(present) == 2 and arguments[0] in present:
            operation = "maximum" if arguments[1] in present else "minimum"
        if len(present) == 1:
            return self.write(present[0], like)
        return self._function(operation, tuple(present) or arguments, like)

    def _function(self, operation: str, arguments: tuple[int, ...], like: Dimension | None) -> tuple[str, int]:
        shared = next((d for argument in arguments if (d := self._dimension(argument)) is not None), like)
        inside = ", ".join(self.write(argument, shared)[0] for argument in arguments)
        return f"{_FUNCTIONS.get(operation, operation)}({inside})", _ATOM

    @staticmethod
    def _labels(labels: Any) -> str:
        return ", ".join(f'"{label}"' for label in labels)
