"""Expressions made for a type, out of what can be read where they stand."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from random_rules import RATIO, TIME, USD, Dimension, Rules, Type, times


@dataclass(frozen=True)
class Reached:
    """A row that an expression can read: its text ("" for the scope's own), its kind and its path."""

    text: str
    kind: str
    path: str


@dataclass(frozen=True)
class Atom:
    text: str
    type: Type
    degree: int


@dataclass(frozen=True)
class Around:
    scope: tuple[str, ...]
    rows: tuple[Reached, ...]
    aliases: tuple[tuple[str, str], ...] = ()

    def located(self, path: str) -> str:
        for before, after in self.aliases:
            if path == before or path.startswith(before + "."):
                return after + path[len(before) :]
        return path

    def bound(self, kind: str) -> list[Reached]:
        return [row for row in self.rows if row.kind == kind]


class Maker:
    """Makes expressions of a wanted type. Every method gives the text and its degree."""

    def __init__(self, rules: Rules, chance: random.Random):
        self.rules = rules
        self.chance = chance
        self.binders = 0
        self.keyed = chance.random() < 0.2
        """Whether a row is read by its key."""

    # -- reading

    def atoms(self, around: Around) -> list[Atom]:
        found = [Atom(name, type_, 1) for name, (type_, _) in self.rules.own.items()]
        rows = list(around.rows)
        if self.keyed:
            rows.append(Reached('scenario("s0")', "scenario", 'scenario("s0")'))
        for row in around.rows:
            if row.kind in ("position", "order"):
                path = f"{row.path}.holding"
                shared = (f"{path}.asset", around.located(f"{row.path}.asset"))
                around = replace(around, aliases=(*around.aliases, shared))
                rows.append(Reached(self._read(row, "holding"), "holding", path))
            for declared in self.rules.kinds[row.kind].fields:
                if declared.type.kind == "row":
                    path = around.located(f"{row.path}.{declared.name}")
                    rows.append(Reached(self._read(row, declared.name), declared.type.of, path))
            if row.kind == "holding" and "holding" in around.scope:
                rows.append(Reached(self._read(row, "asset"), "asset", around.located(f"{row.path}.asset")))
        if "account" not in around.scope and any(self.rules.kinds[kind].role != "reference" for kind in around.scope):
            rows.append(Reached("account", "account", "account"))
        for row in rows:
            found += [
                Atom(self._read(row, f.name), self._told(f.type, {row.kind: row.path}, around), 1)
                for f in self.rules.kinds[row.kind].fields
                if f.type.kind != "vector" or len(around.bound(f.type.of)) == 1
            ]
            found += self._definitions(row, around)
        return found

    def _definitions(self, row: Reached, around: Around) -> list[Atom]:
        found = []
        for definition in self.rules.definitions:
            if row.kind not in definition.scope:
                continue
            roots, clear = {row.kind: row.path}, row.text != "" or set(definition.scope) <= set(around.scope)
            for other in definition.scope:
                if other != row.kind:
                    bound = around.bound(other)
                    clear = clear and (len(bound) == 1 or other == "account")
                    roots[other] = bound[0].path if len(bound) == 1 else other
            of_account = any(self.rules.kinds[k].role != "reference" for k in definition.scope)
            here = any(self.rules.kinds[r.kind].role != "reference" for r in around.rows)
            if clear and (here or not of_account):
                told = self._told(definition.type, roots, around)
                found.append(Atom(self._read(row, definition.name), told, definition.degree))
        return found

    def _read(self, row: Reached, name: str) -> str:
        return f"{row.text}.{name}" if row.text else name

    def _told(self, type_: Type, roots: dict[str, str], around: Around) -> Type:
        moved: dict[str, int] = {}
        for base, exponent in type_.dimension:
            root, dot, rest = base.partition(".")
            path = around.located(roots[root] + dot + rest) if root in roots else base
            moved[path] = moved.get(path, 0) + exponent
        return replace(type_, dimension=tuple(sorted((b, e) for b, e in moved.items() if e)))

    # -- numbers

    def number(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        """A number of this dimension that is never none."""
        atoms = [a for a in self.atoms(around) if a.type.dimension == dimension and a.type.kind in ("number", "vector")]
        sure = [a for a in atoms if not a.type.optional]
        if depth <= 0:
            if sure and (self.chance.random() < 0.8 or not self._writable(dimension)):
                atom = self.chance.choice(sure)
                return atom.text, atom.degree
            return self._smallest(around, dimension)
        ways = [
            self._sum,
            self._sum,
            self._extreme,
            self._signed,
            self._choice,
            self._scaled,
            self._product,
            self._rounded,
        ]
        if [a for a in atoms if a.type.optional]:
            ways += [self._settled] * 2
        if dimension in (RATIO, USD):
            ways += [self._aggregate] * (6 if len(around.rows) == len(around.scope) else 1)
            ways += [self._sliced, self._function]
        if dimension == TIME:
            ways = [self._sum, self._age, self._age, self._extreme, self._scaled]
        return self.chance.choice(ways)(around, dimension, depth - 1)

    def _writable(self, dimension: Dimension) -> bool:
        return dimension in (RATIO, USD, TIME)

    def _literal(self, dimension: Dimension) -> str:
        number = self.chance.choice(("1", "2", "0.5", "3", "12.25", "1_000", "0.001", "7"))
        if dimension == RATIO:
            return self.chance.choice((number, f"{number}%", f"{number}bp"))
        return f"{number} USD" if dimension == USD else f"{number}h"

    def _smallest(self, around: Around, dimension: Dimension) -> tuple[str, int]:
        """Something of any dimension: a literal, or atoms multiplied until it fits."""
        if self._writable(dimension):
            return self._literal(dimension), 0
        text, degree = self._literal(RATIO), 0
        atoms = [a for a in self.atoms(around) if a.type.kind == "number" and not a.type.optional]
        for base, exponent in dimension:
            single = [a for a in atoms if a.type.dimension == ((base, 1),)]
            inverse = [a for a in atoms if a.type.dimension == times(USD, ((base, 1),), -1)]
            for _ in range(abs(exponent)):
                if base == "USD":
                    text = f"{text} {'*' if exponent > 0 else '/'} {self._literal(USD)}"
                elif single:
                    text = f"{text} {'*' if exponent > 0 else '/'} {self.chance.choice(single).text}"
                else:
                    assert inverse, (dimension, around)
                    worth = f"({self.chance.choice(inverse).text} / 1 USD)"
                    text = f"{text} {'/' if exponent > 0 else '*'} {worth}"
                degree += 1
        return f"({text})", degree + 2

    def _sum(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        one, other = self.number(around, dimension, depth), self.number(around, dimension, depth - 1)
        return f"({one[0]} {self.chance.choice('+-')} {other[0]})", max(one[1], other[1])

    def _extreme(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        parts = [self.number(around, dimension, depth), self.number(around, dimension, depth - 1)]
        degree = max(part[1] for part in parts)
        if self.chance.random() < 0.3:
            return f"clamp({parts[0][0]}, 0, {parts[1][0]})", degree
        texts = [part[0] for part in parts] + (["0"] if self.chance.random() < 0.3 else [])
        return f"{self.chance.choice(('min', 'max'))}({', '.join(texts)})", degree

    def _signed(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        text, degree = self.number(around, dimension, depth)
        return (f"abs({text})" if self.chance.random() < 0.5 else f"(-{text})"), degree

    def _choice(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        one, other = self.number(around, dimension, depth), self.number(around, dimension, depth - 1)
        return f"(if {self.truth(around, depth)} then {one[0]} else {other[0]})", max(one[1], other[1])

    def _scaled(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        one, other = self.number(around, dimension, depth), self.number(around, RATIO, depth - 1)
        return f"({one[0]} {self.chance.choice('**/')} {other[0]})", one[1] + other[1]

    def _product(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        atoms = [a for a in self.atoms(around) if a.type.kind in ("number", "vector") and not a.type.optional]
        atoms = [a for a in atoms if a.type.dimension and all(base != "time" for base, _ in a.type.dimension)]
        if not atoms:
            return self._scaled(around, dimension, depth)
        atom = self.chance.choice(atoms)
        divides = self.chance.random() < 0.5
        wanted = times(dimension, atom.type.dimension, 1 if divides else -1)
        if sum(abs(exponent) for _, exponent in wanted) > 3:
            return self._scaled(around, dimension, depth)
        rest = self.number(around, wanted, min(depth, 1))
        return f"({rest[0]} {'/' if divides else '*'} {atom.text})", rest[1] + atom.degree

    def _settled(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        found = [a for a in self.atoms(around) if a.type == Type("number", dimension, None, True)]
        atom, (text, degree) = self.chance.choice(found), self.number(around, dimension, depth)
        form = self.chance.choice(
            ("default({0}, {1})", "min({0}, {1})", "clamp({1}, 0, {0})", "(if {0} is not none then {0} else {1})")
        )
        return form.format(atom.text, text), max(atom.degree, degree)

    def _rounded(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        text, degree = self.number(around, dimension, depth)
        if dimension not in (RATIO, USD):
            return text, degree
        step, name = self._literal(dimension), self.chance.choice(("floor", "ceil", "trunc", "round"))
        mode = self.chance.choice(("up", "down", "ceil", "floor", "half_even", "half_up"))
        return f"{name}({text}, {step}{f', {chr(34)}{mode}{chr(34)}' if name == 'round' else ''})", degree

    def _function(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        text, degree = self.number(around, dimension, depth)
        if dimension == USD:
            return f"sqrt(abs({text} * {self.number(around, USD, 0)[0]}))", 1
        form = self.chance.choice(("exp(clamp({0}, -5, 5))", "ln(max({0}, 1%))", "sqrt(abs({0}))", "({0}) ^ 2"))
        return form.format(text), degree * 2 if "^" in form else 1

    def _age(self, around: Around, *_: object) -> tuple[str, int]:
        return f"({self.date(around)} - {self.date(around)})", 1

    def _sliced(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        tables = [a for a in self.atoms(around) if a.type.kind == "table"]
        if not tables:
            return self._sum(around, dimension, depth)
        table, at = self.chance.choice(tables).text, self.number(around, USD, min(depth, 1))
        self.binders += 1
        b = f"s{self.binders}"
        if dimension == USD:
            return f"sum({b}.width * {b}.rate for {b} in slices({table}, {at[0]}))", at[1] + 2
        return f"bracket({table}, max(0, {at[0]})).rate", max(1, at[1])

    def _aggregate(self, around: Around, dimension: Dimension, depth: int) -> tuple[str, int]:
        collections = self.collections(around)
        if not collections:
            return self._sum(around, dimension, depth)
        plural, kind, aliases = self.chance.choice(collections)
        self.binders += 1
        name = f"b{self.binders}"
        moved = tuple((before.replace("*", name), after) for before, after in aliases)
        inner = Around(around.scope, (*around.rows, Reached(name, kind, name)), (*around.aliases, *moved))
        where = f" where {self.truth(inner, depth - 1)}" if self.chance.random() < 0.5 else ""
        if dimension == RATIO and self.chance.random() < 0.4:
            return f"count({plural})" if not where else f"count({name} for {name} in {plural}{where})", 1
        text, degree = self.number(inner, dimension, depth)
        if dimension == RATIO and kind == "scenario" and self.chance.random() < 0.4:
            chosen = f"{self.chance.choice(('argmin', 'argmax'))}({text} for {name} in {plural}{where})"
            return f"default({chosen}.weight, {self._literal(RATIO)})", max(1, degree)
        if self.chance.random() < 0.6:
            return f"sum({text} for {name} in {plural}{where})", degree
        other = self.number(around, dimension, 0)
        function = self.chance.choice(("min", "max"))
        return f"default({function}({text} for {name} in {plural}{where}), {other[0]})", max(degree, other[1])

    def collections(self, around: Around) -> list[tuple[str, str, tuple[tuple[str, str], ...]]]:
        """Plurals with the kind of their rows and, in a group, the paths of a member (`*`) that are the group's."""
        if len(around.rows) > len(around.scope) + 1:
            return []  # two loops inside one another are enough
        bound = {row.kind for row in around.rows}
        found: list[tuple[str, str, tuple[tuple[str, str], ...]]] = []
        group = next((self.rules.kinds[kind] for kind in around.scope if self.rules.kinds[kind].role == "group"), None)
        for kind in self.rules.kinds.values():
            of_account = kind.role in ("rows", "group")
            if not kind.plural or kind.name in bound:
                continue
            if of_account and all(self.rules.kinds[k].role == "reference" for k in around.scope):
                continue
            shared: tuple[tuple[str, str], ...] = ()
            if group is not None and kind.name in group.of and group.name == "holding":
                shared = (("*.asset", "holding.asset"),)
            found.append((kind.plural, kind.name, shared))
        return found

    # -- the rest

    def date(self, around: Around) -> str:
        sure = [a.text for a in self.atoms(around) if a.type.kind == "date" and not a.type.optional]
        return self.chance.choice([*sure, "as_of", "2026-02-28", "2025-12-31T23:59:59Z"])

    def truth(self, around: Around, depth: int) -> str:
        chance, atoms = self.chance, self.atoms(around)
        ways: list[str] = []
        ways += [a.text for a in atoms if a.type.kind == "bool" and not a.type.optional]
        ways += [f"{a.text} is {chance.choice(('none', 'not none'))}" for a in atoms if a.type.optional]
        labels = [a for a in atoms if a.type.kind == "label"]
        for a in labels:
            word = chance.choice(a.type.of)
            ways += [f'{a.text} {chance.choice(("==", "!="))} "{word}"']
            if not a.type.optional:
                ways += [f'{a.text} in {{"{a.type.of[0]}", "{word}"}}']
        if depth <= 0 or (ways and chance.random() < 0.3):
            return chance.choice(ways or ["true"])
        dimension = chance.choice((RATIO, USD))
        match chance.randrange(6):
            case 0 | 1:
                one, other = self.number(around, dimension, depth - 1)[0], self.number(around, dimension, 0)[0]
                return f"({one} {chance.choice(('<', '<=', '>', '>=', '==', '!='))} {other})"
            case 2:
                return (
                    f"({self.truth(around, depth - 1)} {chance.choice(('and', 'or'))} {self.truth(around, depth - 1)})"
                )
            case 3:
                return f"(not {self.truth(around, depth - 1)})"
            case 4:
                low, high = self.number(around, dimension, 0)[0], self.number(around, dimension, 0)[0]
                return f"({low} <= {self.number(around, dimension, depth - 1)[0]} < {high})"
            case _:
                return f"({self.date(around)} {chance.choice(('<', '>='))} {self.date(around)})"
