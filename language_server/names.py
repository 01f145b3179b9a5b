"""What the names in an expression stand for, each with its place: the compiler's own resolution, asked name by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from ..compiler.check import Scope, Term
from ..compiler.check.aggregate import AGGREGATES, as_rows, element
from ..compiler.check.builtins import FUNCTIONS
from ..compiler.check.expression import Checker
from ..compiler.check.groups import aliases
from ..compiler.check.term import Needs, Refused, Spoilt
from ..compiler.check.world import World
from ..compiler.syntax import Expression, ast
from ..program.diagnostic import Span
from ..program.types import Rows, Type

What = Literal[
    "field", "definition", "kind", "rows", "row", "function", "builtin", "binder", "argument", "column", "other"
]


@dataclass(frozen=True, slots=True)
class Symbol:
    """What a name stands for.

    owner   of a field the kind ("" for the rulebook's own parameters); of a definition its scope, joined by commas; of
            an argument its function; of a binder the place that binds it
    """

    what: What
    owner: str
    name: str


@dataclass(frozen=True, slots=True)
class Named:
    """A name where it stands. `type` is what it is worth there, `declares` whether it is said here what it is."""

    symbol: Symbol
    span: Span
    type: Type | None = None
    declares: bool = False


def definition_symbol(scope: tuple[str, ...], name: str) -> Symbol:
    return Symbol("definition", ", ".join(sorted(scope)), name)


def own_symbol(world: World, kind: str, name: str) -> Symbol:
    """A name on a kind: its field; for the key of a group what its members have under this name."""
    kinds = world.model.kinds
    for member in kinds[kind].of if name in kinds[kind].by else ():
        if kinds[member].field(name) is not None or name in kinds[member].by:
            return own_symbol(world, member, name)
        if (member,) in world.definitions.get(name, ()):
            return definition_symbol((member,), name)
    return Symbol("field", kind, name)


def names_of(expression: Expression, scope: Scope) -> Iterator[Named]:
    """Every name of an expression that means something, binders among them."""
    yield from Names(expression, Checker(expression)).walk(expression.root, scope)


def term_of(expression: Expression, scope: Scope) -> Term | None:
    """The meaning of a whole expression; None where it has none."""
    return Names(expression, Checker(expression)).term(expression.root, scope)


_EACH = "each row"
"""What an aggregation's short form binds: no name anybody can write."""


@dataclass(frozen=True, slots=True)
class Names:
    """Walks one expression. `bound` are the binders around a node, with the places that bind them."""

    expression: Expression
    checker: Checker
    bound: Mapping[str, Span] = field(default_factory=dict)

    def walk(self, node: ast.Expr, scope: Scope) -> Iterator[Named]:
        match node:
            case ast.Name():
                yield from self._named(node, scope, node.start)
            case ast.Member():
                yield from self._member(node, scope)
            case ast.Call(callee=callee, arguments=arguments):
                yield from self._callee(callee, scope)
                for argument in arguments:
                    yield from self.walk(argument, scope)
            case ast.Aggregate():
                yield from self._aggregate(node, scope)
            case _:
                for child in ast.children(node):
                    yield from self.walk(child, scope)

    def term(self, node: ast.Expr, scope: Scope) -> Term | None:
        try:
            return self.checker.check(node, scope)
        except (Refused, Spoilt, Needs):
            return None

    def _member(self, node: ast.Member, scope: Scope) -> Iterator[Named]:
        imported = scope.behind_prefix(node)
        if imported is not None:
            if imported[0] is not None:
                yield from self.walk(imported[0], scope)
        else:
            yield from self.walk(node.owner, scope)
        yield from self._named(node, scope, node.end - len(node.name))

    def _named(self, node: ast.Name | ast.Member, scope: Scope, start: int) -> Iterator[Named]:
        term = self._of_rows(node, scope) if isinstance(node, ast.Member) else None
        term = term or self.term(node, scope)
        symbol = self._symbol(term, scope) if term is not None else None
        if symbol is not None and term is not None:
            yield Named(symbol, self.expression.span(ast.Node(start, node.end)), term.type)

    def _of_rows(self, node: ast.Member, scope: Scope) -> Term | None:
        """`positions.size` inside of an aggregation: the name is read on each of the rows."""
        if scope.behind_prefix(node) is not None:
            return None
        owner = self.term(node.owner, scope)
        rows = as_rows(owner) if owner is not None else None
        if rows is None or not isinstance(rows.type, Rows):
            return None
        place = self.expression.span(node)
        try:
            row = element(self.checker, rows, node.owner, _EACH)
            one = Term("index", (), (_EACH,), row, place)
            cells = self.checker.cells(one, node.name, place)
            if cells is not None:
                return self.checker.cell(one, node, cells)
            return scope.bind(_EACH, row).member(one, node.name, place)
        except (Refused, Spoilt, Needs):
            return None

    def _callee(self, callee: ast.Expr, scope: Scope) -> Iterator[Named]:
        text = self.expression.slice(callee)
        name = text.rpartition(".")[2]
        place = self.expression.span(ast.Node(callee.end - len(name), callee.end))
        known = scope.here(text)
        if text in FUNCTIONS or text in AGGREGATES:
            yield Named(Symbol("builtin", "", text), place)
        elif known in scope.world.functions:
            yield Named(Symbol("function", "", known), place, scope.world.functions[known].gives)
        elif known in scope.world.model.kinds:
            yield Named(Symbol("kind", "", known), place)
        else:
            yield from self.walk(callee, scope)

    def _aggregate(self, node: ast.Aggregate, scope: Scope) -> Iterator[Named]:
        yield from self._callee(node.function, scope)
        inner, names = scope, self
        for binder in node.binders:
            yield from names.walk(binder.collection, inner)
            start = self.expression.text.index(binder.name, binder.start + len("for"))
            place = self.expression.span(ast.Node(start, start + len(binder.name)))
            names = replace(names, bound={**names.bound, binder.name: place})
            within = names.binding(binder, inner, place)
            if within is None:
                return
            inner = within
            yield Named(_binder_symbol(binder.name, place), place, inner.binders[binder.name], declares=True)
        for part in (node.body, *([node.where] if node.where is not None else [])):
            yield from names.walk(part, inner)

    def binding(self, binder: ast.Binder, scope: Scope, place: Span) -> Scope | None:
        """The scope with a binder bound; None where its collection is none."""
        rows = self.term(binder.collection, scope)
        try:
            rows = as_rows(rows) if rows is not None else None
            if rows is None:
                return None
            row = element(self.checker, rows, binder.collection, binder.name)
            return scope.bind(binder.name, row).aliased(aliases(scope, rows, binder.name, place))
        except (Refused, Spoilt, Needs):
            return None

    def _symbol(self, term: Term, scope: Scope) -> Symbol | None:
        match term.operation, term.attributes:
            case ("index", (str(name),)) if name in self.bound and name in scope.binders:
                return _binder_symbol(name, self.bound[name])
            case ("index", (str(name),)):
                return Symbol("kind", "", name)
            case ("load", (str(kind), str(field))):
                return own_symbol(scope.world, kind, field)
            case ("read", ((tuple(on), str(name)),)):
                return definition_symbol(on, name)
            case (("all" | "members"), (str(kind),)):
                return Symbol("rows", "", kind)
            case ("group", (str(kind),)):
                return Symbol("kind", "", kind)
            case ("keyed", (str(kind), str(key))):
                return Symbol("row", kind, key)
            case ("argument", (int(position),)) if scope.function is not None:
                return Symbol("argument", scope.function.name, scope.function.parameters[position][0])
            case ("cell", (str(name),)):
                return Symbol("column", "", name)
            case (("owner" | "previous" | "as_of" | "entries") as operation, _):
                return Symbol("other", "", {"owner": "account", "entries": "table"}.get(operation, operation))
            case _:
                return None


def _binder_symbol(name: str, place: Span) -> Symbol:
    return Symbol("binder", f"{place.file}:{place.line}:{place.column}", name)
