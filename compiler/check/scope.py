"""What names mean in one place: the scope's rows, binders, fields, definitions, parameters and collections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ...program import program as ir
from ...program.diagnostic import Span
from ...program.dimension import Path
from ...program.types import Date, Row, Rows, Type, Vector, optional
from ..diagnostics import names as findings
from ..syntax import Expression, ast
from . import groups
from .model import Model
from .term import DefinitionKey, Needs, Refused, Term, moved, relocate, roots_of

Signature = Callable[[DefinitionKey], Type | None]
"""The type of a checked definition, None while it is unchecked. Raises Spoilt for one that failed."""


@dataclass(frozen=True, slots=True)
class World:
    """The same for every expression of a rulebook: kinds, and which definitions exist on which scope."""

    model: Model
    definitions: Mapping[str, tuple[tuple[str, ...], ...]]
    """Scopes by name."""
    signature: Signature
    assumed: Callable[[DefinitionKey], Type]
    """The type of a definition read on the row before, which may be the one being checked."""
    expressions: Mapping[DefinitionKey, Expression]
    """What each definition says, for advice in findings; a decision table has none."""
    rows: Mapping[str, tuple[str, ...]]
    """Keys of the rows the rulebook lists, by kind."""
    filled: frozenset[str] = frozenset()
    """Reference kinds that have a row at every date, whatever a snapshot brings."""

    def expression(self, key: DefinitionKey) -> Expression | None:
        return self.expressions.get(key)

    def examples(self, kind: str) -> str:
        """Two rows of a kind that nobody can add, for a message."""
        keys = [key for key in self.rows.get(kind, ()) if key != self.model.numeraire][:2]
        return " + ".join(keys) if len(keys) == 2 else f"one {kind} + another"

    def names_on(self, kind: str) -> list[str]:
        own = self.model.kinds[kind]
        fields = [f.name for f in own.fields] + [*own.by]
        fields += [k.plural for k in self.model.kinds.values() if k.name in own.of]
        fields += [k.name for k in self.model.kinds.values() if kind in k.of]
        return fields + [name for name, scopes in self.definitions.items() if any(kind in scope for scope in scopes)]


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: the rows of its scope, the binders around it, and what is known not to be none."""

    world: World
    rows: tuple[str, ...]
    binders: Mapping[str, Row] = field(default_factory=dict)
    known: frozenset[ast.Expr] = frozenset()
    aliases: tuple[groups.Alias, ...] = ()
    """Paths that lead to the same row as another: units of the first are units of the second."""

    def aliased(self, more: tuple[groups.Alias, ...]) -> Scope:
        return replace(self, aliases=(*self.aliases, *more)) if more else self

    def located(self, path: Path) -> Path:
        """The path by which its row is known here."""
        for _ in self.aliases:  # each alias at most once: they may lead around in a circle
            for prefix, target in self.aliases:
                if path.root == prefix.root and path.steps[: len(prefix.steps)] == prefix.steps:
                    path = target.join(path.steps[len(prefix.steps) :])
                    break
        return path

    def bind(self, name: str, row: Row) -> Scope:
        return replace(self, binders={**self.binders, name: row})

    def knowing(self, facts: frozenset[ast.Expr]) -> Scope:
        return replace(self, known=self.known | facts) if facts else self

    def row(self, name: str, span: Span) -> Term:
        """The row of the scope or of a binder, by its name."""
        type_ = self.binders.get(name) or Row(name, Path(name))
        return Term("index", (), (name,), type_, span)

    def account(self, span: Span) -> Term | None:
        """The account's row, reached from whichever row of the scope belongs to it."""
        kinds = self.world.model.kinds
        if "account" in self.rows:
            return self.row("account", span)
        for name in self.rows:
            if kinds[name].role in ("rows", "group"):
                return Term("owner", (self.row(name, span),), (), Row("account", Path("account")), span)
        return None

    def name(self, name: str, span: Span) -> Term:
        """What a bare name means. Raises Refused where it means nothing, or two things."""
        if name in self.binders:
            return self.row(name, span)
        if name == "as_of":
            return Term("as_of", (), (), Date(), span)
        meanings = self._own(name, span)
        if name in self.world.model.kinds and name in self.rows:
            meanings.append((f"the {name} itself", self.row(name, span)))
        parameter = self.world.model.kinds[""].field(name)
        for kind in self.rows:
            group = groups.group_of(self, self.row(kind, span), name, span)
            if group is not None:
                meanings.append((f"the group of {kind}", group))
        if parameter is not None:
            meanings.append(("a parameter", Term("load", (), ("", name), parameter.type, span)))
        collection = self.collection(name, span)
        if collection is not None:
            meanings.append(("a collection", collection))
        if name == "account" and not meanings:
            account = self.account(span)
            if account is not None:
                return account
        if not meanings:
            raise Refused(findings.unknown_name(span, name, self.visible(), self._elsewhere(name)))
        if len(meanings) > 1:
            raise Refused(findings.two_meanings(span, name, [what for what, _ in meanings]))
        return meanings[0][1]

    def _own(self, name: str, span: Span) -> list[tuple[str, Term]]:
        found: list[tuple[str, Term]] = []
        for kind in self.rows:
            declared = self.world.model.kinds[kind].field(name)
            key = groups.key_of(self, self.row(kind, span), name, span)
            if declared is not None:
                found.append((f"a field of {kind}", self.load(self.row(kind, span), declared, span)))
            elif key is not None:
                found.append((f"a key of {kind}", key))
        for scope in self.world.definitions.get(name, ()):
            if set(scope) <= set(self.rows):
                rows = tuple(self.row(kind, span) for kind in scope)
                found.append((f"a definition of {', '.join(scope)}", self.read((scope, name), rows, span)))
        return found

    def _elsewhere(self, name: str) -> str:
        """The row through which a person probably meant to read `name`."""
        for scope in self.world.definitions.get(name, ()):
            if scope == ("account",) and self.account(Span("")) is not None:
                return f"account.{name}"
        for kind in self.rows:
            for declared in self.world.model.kinds[kind].fields:
                if isinstance(declared.type, Row) and name in self.world.names_on(declared.type.kind):
                    return f"{declared.name}.{name}"
        for binder, row in self.binders.items():
            if name in self.world.names_on(row.kind) or row.kind == name:
                return f"{binder}.{name}"
        if self.world.model.kinds["account"].field(name) is not None and self.account(Span("")) is not None:
            return f"account.{name}"
        return ""

    def visible(self) -> list[str]:
        """Every bare name that means something here."""
        own = [name for kind in self.rows for name in self.world.names_on(kind)]
        plurals = [kind.plural for kind in self.world.model.kinds.values() if kind.plural]
        return [*own, *self.binders, *plurals, *(f.name for f in self.world.model.kinds[""].fields)]

    def collection(self, plural: str, span: Span, owner: Term | None = None) -> Term | None:
        """The rows that a plural name means: a whole reference kind, or what an account holds."""
        kind = self.world.model.by_plural(plural)
        if kind is None:
            return None
        if kind.role == "reference":
            return Term("all", (), (kind.name,), Rows(kind.name), span)
        for key in kind.by if kind.of else ():
            groups.key_type(self, kind, key, span)  # a key that needs its own group is a circle
        for row in (self.row(name, span) for name in self.rows):
            members = groups.members_of(self, row, plural, span)
            if members is not None and owner is None:
                return members
        account = owner or self.account(span)
        if account is None:
            raise Refused(findings.no_account_here(span, plural, ", ".join(self.rows)))
        return Term("members", (account,), (kind.name,), Rows(kind.name), span)

    def load(self, row: Term, declared: ir.Field, span: Span) -> Term:
        """A field of a row, its type told from where we stand."""
        assert isinstance(row.type, Row)
        type_ = self.told(declared.type, (row,), span)
        attributes = (row.type.kind, declared.name)
        if isinstance(type_, Vector):
            at = self._bound(type_.kind, declared.name, span)
            return Term("load", (row, at), attributes, optional(type_.item, type_.optional), span)
        return Term("load", (row,), attributes, type_, span)

    def told(self, type_: Type, rows: tuple[Term, ...], span: Span) -> Type:
        """A type told from where we stand, when it is read through these rows, one of each of its kinds."""
        roots: dict[str, Path] = {}
        inner: list[groups.Alias] = []
        for row in rows:
            if isinstance(row.type, Row) and row.type.path is not None:
                roots[row.type.kind] = row.type.path
                inner += groups.through_group(self, row, span)
            elif isinstance(row.type, Row) and row.type.kind in roots_of(type_):
                raise Refused(findings.chosen_row(span, row.type.kind))
        if inner:
            type_ = moved(type_, replace(self, aliases=tuple(inner)).located)
        type_ = relocate(type_, roots)
        return moved(type_, self.located) if self.aliases else type_

    def read(self, key: DefinitionKey, rows: tuple[Term, ...], span: Span) -> Term:
        """A definition at rows, its type told from where we stand. Raises Needs while it is unchecked."""
        before = any(row.operation == "previous" for row in rows)
        type_ = self.world.assumed(key) if before else self.world.signature(key)
        if type_ is None:
            raise Needs(key, span)
        told = self.told(type_, rows, span)
        if isinstance(told, Row) and told.path is None and told.table is None and len(rows) == 1:
            owner = rows[0].type  # a row that a definition chose is known by the definition's name
            if isinstance(owner, Row) and owner.path is not None:
                told = replace(told, path=owner.path.then(key[1]))
        return Term("read", rows, (key,), told, span)

    def member(self, owner: Term, name: str, span: Span, place: Span | None = None) -> Term:
        """`owner.name` for a row: a field, a definition, or a collection; `place` is that of the name alone."""
        assert isinstance(owner.type, Row)
        kind = self.world.model.kinds[owner.type.kind]
        declared = kind.field(name)
        if declared is not None:
            return self.load(owner, declared, span)
        for scope in self.world.definitions.get(name, ()):
            if kind.name in scope:
                return self.read((scope, name), self._rows_for(scope, kind.name, owner, name, span), span)
        for found in (groups.key_of, groups.members_of, groups.group_of):
            term = found(self, owner, name, span)
            if term is not None:
                return term
        if name == "previous" and kind.role == "reference":
            path = owner.type.path.then(name) if owner.type.path is not None else None
            return Term("previous", (owner,), (), Row(kind.name, path, optional=True), span)
        if kind.role == "account":
            collection = self.collection(name, span, owner)
            if collection is not None:
                return collection
        raise Refused(findings.unknown_member(place or span, kind.name, name, self.world.names_on(kind.name)))

    def _rows_for(self, scope: tuple[str, ...], kind: str, owner: Term, name: str, span: Span) -> tuple[Term, ...]:
        """Rows for a definition on several kinds: `owner` for its own, for the others what is bound here."""
        rows: list[Term] = []
        for wanted in scope:
            if wanted == kind:
                rows.append(owner)
                continue
            rows.append(self._bound(wanted, name, span))
        return tuple(rows)

    def _bound(self, kind: str, name: str, span: Span) -> Term:
        """The one row of a kind that is the scope's or a binder's, for `name`, which has a value for each."""
        bound = [self.row(binder, span) for binder, row in self.binders.items() if row.kind == kind]
        if kind in self.rows:
            bound.append(self.row(kind, span))
        if kind == "account" and not bound:
            account = self.account(span)
            bound = [account] if account is not None else []
        if len(bound) != 1:
            raise Refused(findings.index_not_clear(span, name, kind, len(bound)))
        return bound[0]
