"""A rulebook as plain data, for the generator and the naive interpreter, and its text."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

Dimension = tuple[tuple[str, int], ...]
"""Exponents by currency, `time`, or the path of a row whose unit is counted; sorted."""
RATIO: Dimension = ()
USD: Dimension = (("USD", 1),)
TIME: Dimension = (("time", 1),)


def times(one: Dimension, other: Dimension, sign: int = 1) -> Dimension:
    powers = dict(one)
    for base, exponent in other:
        powers[base] = powers.get(base, 0) + sign * exponent
    return tuple(sorted((base, exponent) for base, exponent in powers.items() if exponent))


@dataclass(frozen=True)
class Type:
    """kind: number, bool, label, date, row, table, vector; `of` is a row's kind, a label's words, a vector's kind."""

    kind: str
    dimension: Dimension = RATIO
    of: Any = None
    optional: bool = False


@dataclass(frozen=True)
class Field:
    name: str
    type: Type
    text: str
    default: str | None
    observed: bool


@dataclass(frozen=True)
class Kind:
    name: str
    plural: str
    role: str
    fields: tuple[Field, ...] = ()
    of: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Definition:
    scope: tuple[str, ...]
    name: str
    text: str
    type: Type
    degree: int


@dataclass(frozen=True)
class Rules:
    """A rulebook: kinds by name, definitions, and parameters by kind, row and field, as they are written."""

    kinds: dict[str, Kind]
    definitions: tuple[Definition, ...]
    parameters: dict[str, dict[str, dict[str, Any]]]
    own: dict[str, tuple[Type, str]] = field(default_factory=dict)

    def yaml(self, order: random.Random | None = None) -> str:
        """The rulebook's text; definitions in another order where one is given."""
        definitions = list(self.definitions)
        if order is not None:
            order.shuffle(definitions)
        lines = ["rulebook: random", "language: 1", "numeraire: USD", "model:"]
        for kind in self.kinds.values():
            if kind.role == "reference":
                lines += [f"  {kind.plural}:", f"    each: {kind.name}", *_fields(kind, 4)]
        lines += ["  account:", *_fields(self.kinds["account"], 4), "    rows:"]
        for kind in self.kinds.values():
            if kind.role == "rows":
                lines += [f"      {kind.plural}:", f"        each: {kind.name}", *_fields(kind, 8)]
            elif kind.role == "group":
                plurals = ", ".join(self.kinds[of].plural for of in kind.of)
                lines += [f"      {kind.plural}: {{ each: {kind.name}, of: [{plurals}], by: [{', '.join(kind.by)}] }}"]
        lines += ["parameters:", *(f"  {name}: {text}" for name, (_, text) in self.own.items())]
        for kind_name, rows in self.parameters.items():
            lines.append(f"  {self.kinds[kind_name].plural}:")
            for key, values in rows.items():
                lines.append(f"    {key}:" if values else f"    {key}: {{}}")
                lines += [f"      {name}: {_written(value)}" for name, value in values.items()]
        lines.append("formulas:")
        for scope in dict.fromkeys(definition.scope for definition in definitions):
            lines.append(f"  {', '.join(scope)}:")
            lines += [f"    {d.name}: {d.text}" for d in definitions if d.scope == scope]
        shown = [d for d in self.definitions if len(d.scope) == 1 and self.kinds[d.scope[0]].role != "reference"]
        names = [d.name if d.scope == ("account",) else f"{d.scope[0]}.{d.name}" for d in shown]
        return "\n".join([*lines, f"outputs: [{', '.join(names)}]", ""])


def _fields(kind: Kind, indent: int) -> list[str]:
    lines = []
    for origin in ("parameters", "observed"):
        own = [declared for declared in kind.fields if declared.observed == (origin == "observed")]
        if own:
            lines.append(" " * indent + f"{origin}:")
        for declared in own:
            default = f" = {declared.default}" if declared.default is not None else ""
            lines.append(" " * (indent + 2) + f"{declared.name}: {declared.text}{default}")
    return lines


def _written(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(f"{{ from: {low}, rate: {rate} }}" for low, rate in value) + "]"
    return str(value)
