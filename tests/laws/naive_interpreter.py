"""The language's meaning a second time, as plainly as can be: a walk over the tree with fractions, nothing remembered.

It knows a rulebook as `random_rules` made it and a snapshot as JSON, and shares nothing with the compiler but the
parser. For tests on small rulebooks only.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from naive_functions import FUNCTIONS, SCALES, Failed, number
from random_rules import Definition, Kind, Rules, Type

from marginc.compiler.syntax import ast, parse_text

LARGEST = Fraction(10**100)
MOST_STEPS = 150_000


class TooLong(Exception):
    """More steps than a test has time for."""


@dataclass(eq=False)
class Row:
    kind: str
    key: str
    values: dict[str, Any]
    owner: Row | None = None
    number: int = 0
    members: dict[str, list[Row]] = field(default_factory=dict)


@dataclass
class Place:
    """Where an expression stands: the rows of its scope by kind, and binders."""

    rows: dict[str, Row]
    binders: dict[str, Any]


def seconds(text: str) -> Fraction:
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return Fraction(int(moment.replace(tzinfo=datetime.UTC).timestamp()))


class Interpreter:
    """One account of a snapshot under a rulebook."""

    def __init__(self, rules: Rules, snapshot: dict[str, Any], account: dict[str, Any]):
        self.rules = rules
        self.steps = 0
        self.as_of = seconds(snapshot["as_of"])
        self.trees = {(d.scope, d.name): parse_text(d.text) for d in rules.definitions}
        self.own = {name: self.literal(text, type_) for name, (type_, text) in rules.own.items()}
        self.reference: dict[str, list[Row]] = {}
        for kind in self.kinds("reference"):
            listed, seen = rules.parameters.get(kind.name, {}), snapshot.get(kind.plural, {})
            self.reference[kind.name] = [
                Row(kind.name, key, {**listed.get(key, {}), **seen.get(key, {})}, None, number)
                for number, key in enumerate(dict.fromkeys((*listed, *seen)))
            ]
        self.account = Row("account", account["account"], account)
        for kind in self.kinds("rows"):
            self.account.members[kind.name] = [
                Row(kind.name, str(number), values, self.account, number)
                for number, values in enumerate(account.get(kind.plural, []))
            ]

    def kinds(self, role: str) -> Iterator[Kind]:
        return (kind for kind in self.rules.kinds.values() if kind.role == role)

    def places(self, definition: Definition) -> Iterator[tuple[Row, ...]]:
        """The rows a definition has values on. Raises Failed where they cannot be told."""
        choices = [
            self.reference[kind] if kind in self.reference else
            [self.account] if kind == "account" else self.members(self.account, kind)
            for kind in definition.scope
        ]  # fmt: skip
        return itertools.product(*choices)

    def value(self, definition: Definition, rows: tuple[Row, ...]) -> Any:
        tree = self.trees[definition.scope, definition.name]
        value = self.eval(tree, Place({row.kind: row for row in rows}, {}))
        if isinstance(value, Fraction) and abs(value) >= LARGEST:
            raise Failed
        return value

    # ---- rows

    def members(self, owner: Row, kind: str) -> list[Row]:
        if kind in owner.members:
            return owner.members[kind]
        group = self.rules.kinds[kind]
        found: dict[tuple[Any, ...], Row] = {}
        for of in group.of:
            for row in owner.members[of]:
                keys = tuple(self.field(row, name) for name in group.by)
                told = tuple(key.key if isinstance(key, Row) else key for key in keys)
                new = Row(kind, "", dict(zip(group.by, keys, strict=True)), owner, len(found))
                joined = found.setdefault(told, new)
                joined.members = joined.members or {each: [] for each in group.of}
                joined.members[of].append(row)
        return list(found.values())

    def field(self, row: Row, name: str) -> Any:
        kind = self.rules.kinds[row.kind]
        if kind.role == "group":
            return row.values[name]
        declared = next(f for f in kind.fields if f.name == name)
        if name not in row.values:
            if declared.default is None:
                raise Failed
            return self.literal(declared.default, declared.type)
        return self.literal(row.values[name], declared.type)

    def literal(self, written: Any, type_: Type) -> Any:
        if written is None or written == "none":
            return None
        match type_.kind:
            case "bool":
                return written if isinstance(written, bool) else written == "true"
            case "label":
                return written
            case "date":
                return seconds(written)
            case "table":
                return written
            case "vector":
                return written
            case "row":
                row = next((row for row in self.reference[type_.of] if row.key == written), None)
                if row is None:
                    raise Failed
                return row
        return number(str(written))

    def member(self, row: Any, name: str, place: Place) -> Any:
        if row is None:
            return None
        if isinstance(row, dict):
            return row[name]
        kind = self.rules.kinds[row.kind]
        declared = next((f for f in kind.fields if f.name == name), None)
        if declared is not None and declared.type.kind == "vector":
            vector, at = self.field(row, name), self.bound(declared.type.of, place)
            if at.key not in vector:
                raise Failed
            return number(vector[at.key])
        if declared is not None or name in kind.by:
            return self.field(row, name)
        for definition in self.rules.definitions:
            if definition.name == name:
                rows = tuple(row if of == row.kind else self.bound(of, place) for of in definition.scope)
                return self.value(definition, rows)
        if name == "previous":
            return self.reference[row.kind][row.number - 1] if row.number else None
        group = self.rules.kinds.get(name)
        if group is not None:
            groups = self.members(row.owner, name)
            return next(g for g in groups if any(row in members for members in g.members.values()))
        plural = next(k for k in self.rules.kinds.values() if k.plural == name)
        return self.members(row, plural.name)

    def bound(self, kind: str, place: Place) -> Row:
        rows = [row for row in place.binders.values() if isinstance(row, Row) and row.kind == kind]
        rows += [place.rows[kind]] if kind in place.rows else []
        if kind == "account" and not rows:
            return self.account
        (row,) = rows
        return row

    def name(self, name: str, place: Place) -> Any:
        if name in place.binders:
            return place.binders[name]
        if name == "as_of":
            return self.as_of
        if name in self.own:
            return self.own[name]
        definition = next((d for d in self.rules.definitions if d.name == name), None)
        if definition is not None:
            return self.value(definition, tuple(place.rows[kind] for kind in definition.scope))
        for row in place.rows.values():
            kind = self.rules.kinds[row.kind]
            if name in kind.by or any(f.name == name for f in kind.fields):
                return self.member(row, name, place)
        if name in place.rows:
            return place.rows[name]
        for kind in self.rules.kinds.values():
            if kind.plural == name:
                if kind.role == "reference":
                    return self.reference[kind.name]
                owner = next((r for r in place.rows.values() if kind.name in r.members), self.account)
                return self.members(owner, kind.name)
            if kind.name == name and kind.role == "group":
                row = next(r for r in place.rows.values() if r.kind in kind.of)
                return self.member(row, name, place)
        assert name == "account", name
        return self.account

    # ---- expressions

    def eval(self, node: ast.Expr, place: Place) -> Any:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooLong
        match node:
            case ast.Quantity(value=value, suffix=suffix):
                return Fraction(value) * SCALES[suffix]
            case ast.Word(text=text):
                return text
            case ast.Day(text=text):
                return seconds(text)
            case ast.Truth(value=truth):
                return truth
            case ast.Nothing():
                return None
            case ast.Name(name=name):
                return self.name(name, place)
            case ast.Member(owner=owner, name=name):
                return self.member(self.eval(owner, place), name, place)
            case ast.Call(callee=callee, arguments=arguments):
                return self.call(callee.name, arguments, place)
            case ast.Aggregate():
                return self.aggregate(node, place)
            case ast.Negate(operand=operand):
                return -self.eval(operand, place)
            case ast.Not(operand=operand):
                return not self.eval(operand, place)
            case ast.Arithmetic(operator=operator, left=left, right=right):
                return arithmetic(operator, self.eval(left, place), self.eval(right, place))
            case ast.Power(base=base, exponent=exponent):
                return self.eval(base, place) ** exponent
            case ast.Comparison(operators=operators, operands=operands):
                pairs = zip(operators, operands[:-1], operands[1:], strict=True)
                return all(compare(o, self.eval(one, place), self.eval(other, place)) for o, one, other in pairs)
            case ast.Membership(operand=operand, labels=labels):
                return self.eval(operand, place) in labels
            case ast.NoneTest(operand=operand, negated=negated):
                return (self.eval(operand, place) is None) != negated
            case ast.Logical(operator="and", left=left, right=right):
                return self.eval(left, place) and self.eval(right, place)
            case ast.Logical(left=left, right=right):
                return self.eval(left, place) or self.eval(right, place)
            case ast.Conditional(condition=condition, then=then, otherwise=otherwise):
                return self.eval(then if self.eval(condition, place) else otherwise, place)

    def call(self, name: str, arguments: tuple[ast.Expr, ...], place: Place) -> Any:
        if name in self.reference:
            (key,) = arguments
            return next(row for row in self.reference[name] if row.key == key.text)
        if name == "default":
            first = self.eval(arguments[0], place)
            return self.eval(arguments[1], place) if first is None else first
        if name == "count":
            return Fraction(len(self.eval(arguments[0], place)))
        values = [self.eval(argument, place) for argument in arguments]
        if name in ("min", "max"):
            numbers = [value for value in values if value is not None]
            return (min if name == "min" else max)(numbers, default=None)
        if name == "clamp":
            value, low, high = values
            value = low if low is not None and value < low else value
            return high if high is not None and value > high else value
        return FUNCTIONS[name](*values)

    def aggregate(self, node: ast.Aggregate, place: Place) -> Any:
        (binder,) = node.binders
        found = []
        for row in self.eval(binder.collection, place):
            inner = Place(place.rows, {**place.binders, binder.name: row})
            if node.where is None or self.eval(node.where, inner):
                found.append((row, None if node.function.name == "count" else self.eval(node.body, inner)))
        if node.function.name == "count":
            return Fraction(len(found))
        found = [(row, value) for row, value in found if value is not None]
        match node.function.name:
            case "sum":
                return sum((value for _, value in found), Fraction(0))
            case "min":
                return min((value for _, value in found), default=None)
            case "max":
                return max((value for _, value in found), default=None)
            case "argmin":
                return min(found, key=lambda pair: pair[1], default=(None,))[0]
            case _:
                return max(found, key=lambda pair: pair[1], default=(None,))[0]


def arithmetic(operator: str, left: Fraction, right: Fraction) -> Fraction:
    if operator == "/":
        if right == 0:
            raise Failed
        return left / right
    return left + right if operator == "+" else left - right if operator == "-" else left * right


def compare(operator: str, left: Any, right: Any) -> bool:
    match operator:
        case "==":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case _:
            return bool(left >= right)
