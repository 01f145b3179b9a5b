"""What names mean in one place: the scope's rows, binders, fields, definitions, parameters and collections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ...program import program as ir
from ...program.codes import closest
from ...program.diagnostic import Span
from ...program.dimension import Path
from ...program.types import Date, Row, Rows, Type, Vector, optional
from ..diagnostics import functions as function_findings
from ..diagnostics import names as findings
from ..syntax import ast
from . import groups
from .recursion import earlier
from .term import DefinitionKey, Needs, Refused, Term, moved, relocate, roots_of
from .world import Function, World


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: the rows of its scope, the binders around it, and what is known not to be none."""

    world: World
    rows: tuple[str, ...]
    binders: Mapping[str, Row] = field(default_factory=dict)
    known: frozenset[ast.Expr] = frozenset()
    aliases: tuple[groups.Alias, ...] = ()
    """Paths that lead to the same row as another: units of the first are units of the second."""
    prefix: str = ""
    """Of the imported rulebook this expression stands in: its names are its own."""
    function: Function | None = None
    """The function whose expression this is: it sees its parameters only."""

    def here(self, name: str) -> str:
        """A name as the rulebook that was named knows it."""
        return f"{self.prefix}.{name}" if self.prefix else name

    def on(self, kind: str, name: str) -> str:
        """A name on a kind: what is the account's, or the rulebook's own, is told apart by its prefix."""
        return self.here(name) if kind in ("", "account") else name

    def definitions_of(self, name: str, kind: str = "") -> list[DefinitionKey]:
        """The definitions that `name` may mean here; read through a row of `kind`, also those of its own rulebook."""
        scopes = self.world.definitions
        found = [(scope, name) for scope in scopes.get(name, ()) if "account" not in scope]
        whose = kind.rpartition(".")[0]
        for known in dict.fromkeys((self.here(name), f"{whose}.{name}" if whose else self.here(name))):
            found += [(scope, known) for scope in scopes.get(known, ()) if "account" in scope]
        return found

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
        if self.function is not None:
            return self._given(self.function, name, span)
        if name == "as_of":
            return Term("as_of", (), (), Date(), span)
        meanings = self._own(name, span)
        known = "account" if name == "account" else self.here(name)
        if known in self.world.model.kinds and known in self.rows:
            meanings.append((f"the {name} itself", self.row(known, span)))
        parameter = self.world.model.kinds[""].field(known)
        for kind in self.rows:
            group = groups.group_of(self, self.row(kind, span), known, span)
            if group is not None:
                meanings.append((f"the group of {kind}", group))
        if parameter is not None:
            meanings.append(("a parameter", Term("load", (), ("", known), parameter.type, span)))
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

    def _given(self, function: Function, name: str, span: Span) -> Term:
        """A parameter of the function whose expression this is."""
        names = [parameter for parameter, _ in function.parameters]
        if name in names:
            return Term("argument", (), (names.index(name),), dict(function.parameters)[name], span)
        if closest(name, names) is None:
            raise Refused(function_findings.rows_in_function(span, name))
        raise Refused(findings.unknown_name(span, name, names, ""))

    def _own(self, name: str, span: Span) -> list[tuple[str, Term]]:
        found: list[tuple[str, Term]] = []
        for kind in self.rows:
            declared = self.world.model.kinds[kind].field(self.on(kind, name))
            key = groups.key_of(self, self.row(kind, span), name, span)
            if declared is not None:
                found.append((f"a field of {kind}", self.load(self.row(kind, span), declared, span)))
            elif key is not None:
                found.append((f"a key of {kind}", key))
        for scope, known in self.definitions_of(name):
            if set(scope) <= set(self.rows):
                rows = tuple(self.row(kind, span) for kind in scope)
                found.append((f"a definition of {', '.join(scope)}", self.read((scope, known), rows, span)))
        return found

    def _elsewhere(self, name: str) -> str:
        """The row through which a person probably meant to read `name`."""
        for scope, _ in self.definitions_of(name):
            if scope == ("account",) and self.account(Span("")) is not None:
                return f"account.{name}"
        for kind in self.rows:
            for declared in self.world.model.kinds[kind].fields:
                if isinstance(declared.type, Row) and self.world.has_name(declared.type.kind, name):
                    return f"{declared.name}.{name}"
        for binder, row in self.binders.items():
            if row.table is not None:  # a row of a table has cells, and is of no kind
                continue
            if self.world.has_name(row.kind, name) or row.kind == name:
                return f"{binder}.{name}"
        if self.world.model.kinds["account"].field(name) is not None and self.account(Span("")) is not None:
            return f"account.{name}"
        return ""

    def visible(self) -> list[str]:
        """Every bare name that means something here."""
        if self.function is not None:
            return [name for name, _ in self.function.parameters]
        own = [name for kind in self.rows for name in self.world.names_on(kind)]
        plurals = [kind.plural for kind in self.world.model.kinds.values() if kind.plural]
        parameters = [field.name for field in self.world.model.kinds[""].fields]
        return [*own, *self.binders, *plurals, *parameters, *sorted(self.world.prefixes)]

    def sees(self, name: str) -> bool:
        """Whether a bare name means something here, as `visible` lists them."""
        return (
            name in self.binders
            or any(self.world.has_name(kind, self.on(kind, name)) for kind in self.rows)
            or self.world.model.by_plural(self.here(name)) is not None
            or self.world.model.kinds[""].field(self.here(name)) is not None
        )

    def behind_prefix(self, node: ast.Expr) -> tuple[ast.Expr | None, str] | None:
        """Where `node` is `prefix.name`: what stands before it (`account.evm.debt`; None for nothing), and the name."""
        steps: list[str] = []
        found: tuple[ast.Expr | None, str] | None = None
        while isinstance(node, ast.Member):
            steps.insert(0, node.name)
            if found is None and len(steps) > 1 and self.here(".".join(steps[:-1])) in self.world.prefixes:
                found = node.owner, ".".join(steps)
            node = node.owner
        if isinstance(node, ast.Name) and steps and node.name not in self.binders:
            steps.insert(0, node.name)
            if self.here(".".join(steps[:-1])) in self.world.prefixes:
                return None, ".".join(steps)
        return found

    def collection(self, plural: str, span: Span, owner: Term | None = None) -> Term | None:
        """The rows that a plural name means: a whole reference kind, or what an account holds."""
        plural = self.here(plural)
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
                if isinstance(type_, Row):
                    return replace(type_, path=None)  # a row that is read through a chosen one is chosen itself
                raise Refused(findings.chosen_row(span, row.type.kind))
        if inner:
            type_ = moved(type_, replace(self, aliases=tuple(inner)).located)
        type_ = relocate(type_, roots)
        return moved(type_, self.located) if self.aliases else type_

    def read(self, key: DefinitionKey, rows: tuple[Term, ...], span: Span) -> Term:
        """A definition at rows, its type told from where we stand. Raises Needs while it is unchecked."""
        before = any(earlier(row) for row in rows)
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
        declared = kind.field(self.on(kind.name, name))
        if declared is not None:
            return self.load(owner, declared, span)
        defined = self._definition_through(kind.name, name, span)
        if defined is not None:
            return self.read(defined, self._rows_for(defined[0], kind.name, owner, name, span), span)
        vector = self._vector_at(kind.name, name)
        if vector is not None:
            at = self._bound(vector[0].name, name, span)
            type_ = self.told(vector[1].item, (at, owner), span)
            type_ = optional(type_, vector[1].optional)
            return Term("load", (at, owner), (vector[0].name, self.on(vector[0].name, name)), type_, span)
        key = groups.key_of(self, owner, name, span)
        known = self.here(name)
        term = key or groups.members_of(self, owner, known, span) or groups.group_of(self, owner, known, span)
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

    def _definition_through(self, kind: str, name: str, span: Span) -> DefinitionKey | None:
        """The definition that `name` means through a row of a kind: of several the one whose other rows are here."""
        found = [key for key in self.definitions_of(name, kind) if kind in key[0]]
        if len(found) > 1:
            within = [key for key in found if all(other == kind or self._rows_here(other, span) for other in key[0])]
            if len(within) > 1:
                raise Refused(findings.two_meanings(span, name, [f"a definition of {', '.join(s)}" for s, _ in within]))
            found = within or found
        return found[0] if found else None

    def _vector_at(self, kind: str, name: str) -> tuple[ir.Kind, Vector] | None:
        """The kind with a field `name` that has one value for each row of `kind`."""
        for other in self.world.model.kinds.values():
            declared = other.field(self.on(other.name, name))
            if declared is not None and isinstance(declared.type, Vector) and declared.type.kind == kind:
                return other, declared.type
        return None

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
        bound = self._rows_here(kind, span)
        if len(bound) != 1:
            raise Refused(findings.index_not_clear(span, name, kind, len(bound), self._ways_to(kind)))
        return bound[0]

    def _ways_to(self, kind: str) -> list[str]:
        """Paths from the rows at hand that lead to a row of a kind: `market`, `p.market`. For messages only."""
        at_hand = [("", own) for own in self.rows]
        at_hand += [(f"{binder}.", row.kind) for binder, row in self.binders.items() if row.table is None]
        return [
            f"{before}{declared.name}"
            for before, owner in at_hand
            for declared in self.world.model.kinds[owner].fields
            if isinstance(declared.type, Row) and declared.type.kind == kind
        ]

    def _rows_here(self, kind: str, span: Span) -> list[Term]:
        """The rows of a kind that are the scope's or a binder's."""
        bound = [self.row(binder, span) for binder, row in self.binders.items() if row.kind == kind]
        if kind in self.rows:
            bound.append(self.row(kind, span))
        if kind == "account" and not bound:
            account = self.account(span)
            bound = [account] if account is not None else []
        return bound
