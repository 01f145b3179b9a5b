"""What a person may ask for: `margin_ratio`, `position.maintenance`, `positions.ZEC.liquidation_price`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...program.codes import closest
from ...program.program import Kind, Program
from ..snapshot.data import AccountData

_HIDDEN = ("status", "message")
"""Sections of definitions that nobody wrote under a name."""
_LISTED = 8


@dataclass(frozen=True, slots=True)
class Target:
    """A definition at every row of its scope, or, with a kind and a key, at that row alone."""

    definition: int
    kind: str = ""
    key: str = ""


class UnknownNameError(ValueError):
    """A name that is no definition, or a row that the account does not have; the message teaches."""


def find_target(program: Program, reference: Iterable[tuple[str, str]], account: AccountData, name: str) -> Target:
    """What `name` means; the empty name is the first output.

    reference   kind and key of every reference row

    Raises UnknownNameError; whether a group has the row that is named, `explain` finds out.
    """
    if not name:
        if not program.outputs:
            raise UnknownNameError("this rulebook has no outputs; name a definition to explain")
        return Target(program.outputs[0].definition)
    by_name = _names(program)
    if name in by_name:
        return Target(by_name[name])
    parts = name.split(".")
    kind = program.collection(parts[0])
    if kind is None or len(parts) < 3:
        raise _unknown(name, by_name)
    key, own = ".".join(parts[1:-1]), parts[-1]
    if kind.role == "rows" and not kind.key and key.isdigit():
        key = f"#{key}"  # `orders.2.worst`, of rows that nothing tells apart
    if kind.role != "group":  # whose rows are formed with the values they are grouped by, in `explain`
        known = [key for owner, key in reference if owner == kind.name]
        check_key(kind, key, known if kind.role == "reference" else _keys(kind, account), own)
    return Target(_on(program, kind, own, key), kind.name, key)


def check_key(kind: Kind, key: str, known: list[str], name: str = "") -> None:
    """Raises UnknownNameError where `key` is no row among those known; `name` is what was asked of it."""
    if key in known:
        return
    meant = closest(key, known)
    asked = ".".join(part for part in (kind.plural, meant or "", name) if part)
    hint = f"did you mean `{asked}`?" if meant else _some(kind.plural, known)
    raise UnknownNameError(f"there is no {kind.name} `{key}`; {hint}")


def _names(program: Program) -> dict[str, int]:
    """Every name a definition goes by; what evaluation calls it, and its bare name, only where that is clear."""
    exact: dict[str, int] = {}
    loose: dict[str, list[int]] = {}
    for number, definition in enumerate(program.definitions):
        if definition.section in _HIDDEN:
            continue
        exact[definition.full_name] = number
        exact.setdefault(".".join((*definition.scope, definition.name)), number)
        loose.setdefault(definition.name, []).append(number)
    for output in program.outputs:
        loose.setdefault(output.label, []).append(output.definition)
    clear = {name: numbers[0] for name, numbers in loose.items() if len(set(numbers)) == 1}
    return {**clear, **exact}


def _on(program: Program, kind: Kind, name: str, key: str) -> int:
    found = {
        definition.name: number
        for number, definition in enumerate(program.definitions)
        if kind.name in definition.scope and definition.section not in _HIDDEN
    }
    if name not in found:
        meant = closest(name, found)
        hint = f"did you mean `{kind.plural}.{key}.{meant}`?" if meant else _some("definitions", list(found))
        raise UnknownNameError(f"no definition `{name}` on {kind.name}; {hint}")
    return found[name]


def _keys(kind: Kind, account: AccountData) -> list[str]:
    return [row.name for row in account.rows.get(kind.plural, ())]


def _unknown(name: str, known: dict[str, int]) -> UnknownNameError:
    meant = closest(name, known)
    hint = f"did you mean `{meant}`?" if meant else _some("definitions", list(known))
    return UnknownNameError(f"there is no definition `{name}`; {hint}")


def _some(what: str, known: list[str]) -> str:
    if not known:
        return f"there are no {what}"
    told = ", ".join(known[:_LISTED])
    return f"{what} are {told}" + (f" and {len(known) - _LISTED} more" if len(known) > _LISTED else "")
