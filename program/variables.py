"""Dimension variables: `$d` in a function's types stands for the dimension of what a call gives."""

from __future__ import annotations

from collections.abc import Iterable

from .dimension import Dimension
from .types import Number, Type

Bindings = dict[str, Dimension | None]
"""What each variable stands for in one call; None where only the literal 0 was given, which is of any dimension."""


def variables(type_: Type) -> set[str]:
    """The variables in a type."""
    dimension = type_.dimension if isinstance(type_, Number) else None
    return {atom for atom, _ in dimension.factors if isinstance(atom, str) and atom[0] == "$"} if dimension else set()


def alone(type_: Type) -> str | None:
    """The variable that a type consists of."""
    dimension = type_.dimension if isinstance(type_, Number) else None
    if dimension is None or len(dimension.factors) != 1:
        return None
    atom, exponent = dimension.factors[0]
    return atom if isinstance(atom, str) and atom[0] == "$" and exponent == 1 else None


def bindings(parameters: Iterable[Type], given: Iterable[Dimension | None]) -> Bindings:
    """What the variables of a function stand for: the first argument that a variable is the type of fixes it."""
    found: Bindings = {}
    for wanted, dimension in zip(parameters, given, strict=True):
        variable = alone(wanted)
        if variable is not None and found.get(variable) is None:
            found[variable] = dimension
    return found


def bound(type_: Type, known: Bindings) -> Type:
    """A declared type with its variables replaced by what they stand for."""
    if not isinstance(type_, Number) or type_.dimension is None or not variables(type_):
        return type_
    result = Dimension()
    for atom, exponent in type_.dimension.factors:
        meant = known.get(atom, Dimension(((atom, 1),))) if isinstance(atom, str) else Dimension(((atom, 1),))
        if meant is None:
            return Number(None, type_.integer, type_.optional)
        result = result * meant**exponent
    return Number(result, type_.integer, type_.optional)
