"""Groups in scopes: keys and members of a group, the group of a member, and which units are the same there.

Members of one row of a group share its keys, so the unit of `position.market` is the unit of `unit_book.market`
for all of them: adding their quantities has a meaning again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...program import program as ir
from ...program.diagnostic import Span
from ...program.dimension import Path
from ...program.types import Date, Label, Number, Row, Rows, Truth, Type, optional
from ..diagnostics import model as findings
from .term import Needs, Refused, Term

if TYPE_CHECKING:
    from .scope import Scope

Alias = tuple[Path, Path]
"""A path, and the path of the same row by which it is known here."""


def key_of(scope: Scope, owner: Term, name: str, span: Span) -> Term | None:
    """A key of a group's row, None where the row is no group's or has no such key."""
    group = _group(scope, owner)
    if group is None or name not in group.by or not group.of:
        return None
    assert isinstance(owner.type, Row)
    type_ = key_type(scope, group, name, span)
    if isinstance(type_, Row):
        path = dict(through_group(scope, owner, span)).get(Path(group.name, (name,)))
        if path is None and owner.type.path is not None:
            path = owner.type.path.then(name)
        type_ = Row(type_.kind, path)
    return Term("load", (owner,), (group.name, name), type_, span)


def key_type(scope: Scope, group: ir.Kind, name: str, span: Span) -> Type:
    """The type that all members give a key. Raises Refused where they do not agree."""
    place = scope.world.model.spans[group.name, ""]
    types = [_member_type(scope, kind, group, name, span) for kind in group.of]
    first = types[0]
    if isinstance(first, Rows) or not isinstance(first, Row | Label | Date | Truth | Number):
        raise Refused(findings.group_key_differs(place, group.name, name, "it is no single value"))
    for kind, type_ in zip(group.of, types, strict=True):
        if not _alike(first, type_):
            raise Refused(findings.group_key_differs(place, group.name, name, f"`{kind}` has it of another type"))
        computed = scope.world.model.kinds[kind].field(name) is None and not _shared(scope, kind, name)
        if isinstance(type_, Number) and computed:
            raise Refused(findings.group_key_differs(place, group.name, name, "it is a computed number"))
        if isinstance(type_, Number) and type_.dimension is not None and type_.dimension.units():
            raise Refused(findings.group_key_differs(place, group.name, name, "it counts units of a row"))
    if isinstance(first, Label):
        choices = [type_.choices for type_ in types if isinstance(type_, Label)]
        known = [label for labels in choices for label in labels or ()]
        first = Label(None if None in choices else tuple(dict.fromkeys(known)))
    return optional(first, False)


def _alike(one: Type, other: Type) -> bool:
    """Whether two kinds of members can share a key of these types."""
    if isinstance(one, Number) and isinstance(other, Number):
        return one.dimension == other.dimension
    return type(one) is type(other) and getattr(one, "kind", "") == getattr(other, "kind", "")


def _shared(scope: Scope, kind: str, name: str) -> bool:
    """Whether a kind is a group that has this name as a key of its own."""
    return name in scope.world.model.kinds[kind].by


def _member_type(scope: Scope, kind: str, group: ir.Kind, name: str, span: Span) -> Type:
    """The type of a key on one kind of members, its paths beginning at the member."""
    declared = scope.world.model.kinds[kind].field(name)
    if declared is not None:
        return declared.type
    if _shared(scope, kind, name):
        type_ = key_type(scope, scope.world.model.kinds[kind], name, span)
        return Row(type_.kind, Path(kind, (name,))) if isinstance(type_, Row) else type_
    if (kind,) in scope.world.definitions.get(name, ()):
        signature = scope.world.signature(((kind,), name))
        if signature is None:
            raise Needs(((kind,), name), span)
        return signature
    place = scope.world.model.spans[group.name, ""]
    raise Refused(findings.group_key_differs(place, group.name, name, f"`{kind}` has no such value"))


def members_of(scope: Scope, owner: Term, plural: str, span: Span) -> Term | None:
    """The members of one kind in a group's row, None where the plural names none of its kinds."""
    group, kind = _group(scope, owner), scope.world.model.by_plural(plural)
    if group is None or kind is None or kind.name not in group.of:
        return None
    return Term("members", (owner,), (kind.name,), Rows(kind.name), span)


def group_of(scope: Scope, member: Term, name: str, span: Span) -> Term | None:
    """The row of the group `name` that a member belongs to; none where one of its keys may be none."""
    group = scope.world.model.kinds.get(name)
    if group is None or not isinstance(member.type, Row) or member.type.kind not in group.of:
        return None
    path = member.type.path.then(name) if member.type.path is not None else None
    keys = [_member_type(scope, member.type.kind, group, key, span) for key in group.by]
    may_be_none = any(key.optional for key in keys)
    return Term("group", (member,), (group.name,), Row(group.name, path, may_be_none), span)


def through_group(scope: Scope, row: Term, span: Span) -> list[Alias]:
    """Where a group's row was reached from a member: the group's keys are the member's own."""
    group = _group(scope, row)
    if row.operation != "group" or group is None:
        return []
    return [(Path(group.name, (key,)), path) for key, path in _paths(scope, row.arguments[0], group, span)]


def aliases(scope: Scope, rows: Term, binder: str, span: Span) -> tuple[Alias, ...]:
    """For a binder over a group's members: their keys are the group's."""
    owner = rows.arguments[0] if rows.operation == "members" else None
    group = _group(scope, owner) if owner is not None else None
    if owner is None or group is None or not isinstance(owner.type, Row) or owner.type.path is None:
        return ()
    assert isinstance(rows.type, Rows)
    member = Term("index", (), (binder,), Row(rows.type.kind, Path(binder)), span)
    outer, own = owner.type.path, dict(through_group(scope, owner, span))
    keys = _paths(scope, member, group, span)
    return tuple((path, own.get(Path(group.name, (key,)), outer.then(key))) for key, path in keys)


def _paths(scope: Scope, member: Term, group: ir.Kind, span: Span) -> list[tuple[str, Path]]:
    """The path of each key that is a row, told from a member."""
    assert isinstance(member.type, Row)
    found: list[tuple[str, Path]] = []
    for key in group.by:
        type_ = scope.told(_member_type(scope, member.type.kind, group, key, span), (member,), span)
        if isinstance(type_, Row) and type_.path is not None:
            found.append((key, type_.path))
    return found


def _group(scope: Scope, row: Term) -> ir.Kind | None:
    kind = scope.world.model.kinds.get(row.type.kind) if isinstance(row.type, Row) else None
    return kind if kind is not None and kind.role == "group" else None
