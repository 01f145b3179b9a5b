"""Operands that change nothing: a factor of exactly 1, a term of exactly 0. They are left to the calculation's line."""

from __future__ import annotations

from ...program.number import ONE, Value
from ..exact.failure import Failure
from .parts import Here
from .reading import Reader


def is_one(reader: Reader, root: int, operand: int, here: Here) -> bool:
    """Whether an operand is exactly 1 and `root` only multiplies with it or divides by it."""
    value = _value(reader, operand, here)
    if not isinstance(value, Value) or value != ONE:
        return False
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        number = waiting.pop()
        node = reader.nodes[number]
        if number in seen or number == operand:
            continue
        seen.add(number)
        if operand in node.arguments:
            divides = node.operation == "divide" and node.arguments[0] != operand
            if node.operation != "multiply" and not divides:
                return False
        waiting += node.arguments
    return root != operand


def is_zero(reader: Reader, operand: int, here: Here) -> bool:
    value = _value(reader, operand, here)
    return isinstance(value, Value) and not value


def _value(reader: Reader, operand: int, here: Here) -> object:
    try:
        return reader.value(operand, here.place)
    except Failure:
        return None
