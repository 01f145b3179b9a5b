"""Groups while an account is evaluated: its rows put together by what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...program.number import Value, canonical
from .failure import Failure
from .rows import Row, Unknown

if TYPE_CHECKING:
    from .closures import Machine


def form_groups(machine: Machine, account: Row, kind: str) -> None:
    """The rows of a group, in the order in which their first members come; a member with a none key has none."""
    group = machine.program.kinds[kind]
    found: dict[tuple[Any, ...], Row] = {}
    joins: list[tuple[Row, Row | None]] = []
    for member_kind in group.of:
        if member_kind not in account.members:
            form_groups(machine, account, member_kind)
        for row in account.members[member_kind]:
            keys = tuple(_key(machine, row, name) for name in group.by)
            if any(key is None for key in keys):
                joins.append((row, None))
                continue
            joined = found.get(keys)
            if joined is None:
                joined = found[keys] = Row(kind, "/".join(_shown(key) for key in keys), account, len(found))
                joined.values = dict(zip(group.by, keys, strict=True))
                joined.members = {of: [] for of in group.of}
            joined.members[member_kind].append(row)
            joins.append((row, joined))
    for row, group_row in joins:  # only now: forming a group can fail, or be begun again
        row.groups[kind] = group_row
    account.members[kind] = list(found.values())


def _key(machine: Machine, row: Row, name: str) -> Any:
    """A member's key: a field of it, or a definition."""
    if machine.program.kinds[row.kind].field(name) is None:
        definition = machine.program.find(name, row.kind)
        return machine.value(definition, row) if definition is not None else None
    value = row.values.get(name)
    if name not in row.values:
        raise Failure("missing", (row.kind, row.key, name), field=(row.kind, name))
    if isinstance(value, Unknown):
        raise Failure("unknown_row", (value.kind, value.key), field=(row.kind, name))
    return value


def _shown(key: Any) -> str:
    if isinstance(key, Row):
        return key.key
    return canonical(key) if isinstance(key, Value) else str(key).lower() if isinstance(key, bool) else str(key)
