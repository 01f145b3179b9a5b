"""Which values fit which types, and which computed numbers are whole whatever the inputs."""

from __future__ import annotations

from dataclasses import replace

from ...program.number import Value
from ...program.types import Date, Label, Nothing, Number, Row, Truth, Type
from .term import Term

_KEEP = frozenset({"add", "subtract", "multiply", "negate", "absolute", "minimum", "maximum", "clamp", "default"})
"""Operations that give a whole number of whole numbers."""
_ROUNDED = frozenset({"floor", "ceil", "trunc", "round"})


def is_whole(term: Term) -> bool:
    """Whether a number is known to be whole."""
    match term.operation:
        case "constant":
            value = term.attributes[0]
            return value is None or (isinstance(value, Value) and value == int(value))
        case "select":
            return all(is_whole(branch) for branch in term.arguments[1:])
        case "reduce":
            function = term.attributes[0]
            return function == "count" or (function in ("sum", "min", "max") and is_whole(term.arguments[1]))
        case operation if operation in _KEEP:
            return all(is_whole(argument) for argument in term.arguments)
        case operation if operation in _ROUNDED:
            return is_whole(term.arguments[1])
        case _:
            return isinstance(term.type, Number) and term.type.integer


def inferred(term: Term) -> Type:
    """A term's type, told that its numbers are whole where they are."""
    return replace(term.type, integer=is_whole(term)) if isinstance(term.type, Number) else term.type


def fits(given: Type, wanted: Type) -> bool:
    """Whether a value of one type can stand where another is declared."""
    if given.optional and not wanted.optional:
        return False
    match given, wanted:
        case Nothing(), _:
            return wanted.optional
        case Number(dimension=one), Number(dimension=other):
            # a dimension that only the literal 0 fixed leaves room for the literal 0
            return (one is None or one == other) and (given.integer or not wanted.integer)
        case Label(choices=some), Label(choices=allowed):
            return allowed is None or (some is not None and set(some) <= set(allowed))
        case Row(kind=one_kind), Row(kind=other_kind):
            return one_kind == other_kind
        case (Truth(), Truth()) | (Date(), Date()):
            return True
        case _:
            return False
