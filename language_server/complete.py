"""What may be written next: names that mean something there, keys and values of the rulebook's schema, units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..compiler.check import Scope, Structure
from ..compiler.check.aggregate import AGGREGATES
from ..compiler.check.builtins import FUNCTIONS
from ..compiler.check.expression import Checker
from ..program.literal import RATIO_SUFFIXES, TIME_UNITS
from ..program.types import Label, Row, Rows, Table
from .outline import Cursor, cursor_at
from .schema_walk import Offered, keys_at, values_at
from .standing import chain_before, expression_of, scope_at, term_of, undated, within_binders
from .words import BUILTINS
from .workspace import Analysis

KEYWORDS = ("if", "then", "else", "and", "or", "not", "is none", "is not none", "true", "false", "none", "as_of")
PLAIN_TYPES = ("ratio", "integer", "time", "bool", "date", "label")
_WORD = re.compile(r"[A-Za-z_]\w*\Z")
_NUMBER = re.compile(r"(?<![\w.])\d[\d_]*(\.[\d_]+)?\s*\Z")
_LONGEST_NAME = 200
"""Characters before the cursor in which the beginning of a name, a number or a comparison is looked for."""
_CHOICE = re.compile(r"(?P<chain>[\w.()]+)\s*(==|!=|in\s*\{[^}]*)\s*\Z")
MOST = 200
"""Items of one answer; an editor asks again with the next letter where there are more."""


@dataclass(frozen=True, slots=True)
class Item:
    """what     key, value, field, definition, function, rows, binder, keyword, unit, type
    text     what is written; `replaces` characters before the cursor go
    """

    what: str
    label: str
    text: str
    replaces: int
    detail: str = ""
    about: str = ""


def completions(analysis: Analysis, path: Path, text: str, offset: int) -> list[Item]:
    """What may be written at an offset of a rule file, by what was last known of the rulebook it belongs to.

    Items that begin as what is typed come first; where there are more than `MOST`, those that do not contain its
    letters in order are left out, and definitions come last.
    """
    items = _offered(analysis, path, text, offset)
    typed = text[offset - items[0].replaces : offset].lower() if items else ""
    many = len(items) > MOST
    letters = re.compile(".*".join(map(re.escape, typed)) if many else "")
    found = [item for item in items if letters.search(item.label.lower())]
    return sorted(found, key=lambda one: (not one.label.lower().startswith(typed), many and one.what == "definition"))


def _offered(analysis: Analysis, path: Path, text: str, offset: int) -> list[Item]:
    structure = analysis.structure
    if structure is None:
        return []
    cursor = cursor_at(text, offset)
    prefix = analysis.prefixes.get(path, "")
    scope = scope_at(structure, cursor.keys, prefix) if cursor.in_value else None
    if scope is not None:
        return _in_expression(structure, scope, cursor)
    if cursor.in_value and _is_type(undated(cursor.keys)):
        return _types(structure, cursor.before)
    return _of_schema(analysis, cursor)


def _of_schema(analysis: Analysis, cursor: Cursor) -> list[Item]:
    typed = cursor.before
    items: list[Item] = []
    if not cursor.in_value:
        ended = cursor.after.lstrip().startswith(":")
        for key in keys_at(analysis.schema, cursor.keys):
            items.append(
                Item("key", key.text, key.text if ended else f"{key.text}: ", len(typed), _told(key), key.about)
            )
        if cursor.keys[-1:] == ("-",) or not cursor.flow:
            items += [_value(one, typed) for one in values_at(analysis.schema, cursor.keys)]
        return items
    return [_value(one, typed) for one in values_at(analysis.schema, cursor.keys)]


def _value(value: Offered, typed: str) -> Item:
    return Item("value", value.text, value.text, len(typed), value.about)


def _told(key: Offered) -> str:
    kind = key.about.partition(":")[0] if ": a parameter" in key.about else ""
    return f"{kind} = {key.default}" if key.default and kind else kind


# ---- types


def _is_type(keys: tuple[str, ...]) -> bool:
    match keys:
        case ("model", *_, "parameters" | "observed", _):
            return True
        case ("functions", _, "of", _) | ("functions", _, "gives"):
            return True
        case (*_, "unit" | "type"):
            return True
        case _:
            return False


def _types(structure: Structure, before: str) -> list[Item]:
    word = _word(before)
    rows = [name for name, kind in structure.model.kinds.items() if kind.role == "reference"]
    offered = [*PLAIN_TYPES, "unit", "none", *sorted(structure.model.currencies), *rows]
    return [Item("type", name, name, len(word)) for name in offered]


# ---- expressions


def _in_expression(structure: Structure, scope: Scope, cursor: Cursor) -> list[Item]:
    before, after = cursor.before, cursor.after
    if cursor.keys[-1] == "message":
        if before.rfind("{") <= before.rfind("}"):
            return []
        before, after = before[before.rfind("{") + 1 :], ""
    word = _word(before)
    head = before[: len(before) - len(word)]
    inner = within_binders(scope, f"{before}{after}", len(before))
    return [
        Item(item.what, item.label, item.text, len(word), item.detail, item.about)
        for item in _after(structure, inner, head, before)
    ]


def _after(structure: Structure, scope: Scope, head: str, before: str) -> Iterator[Item]:
    stripped = head[-_LONGEST_NAME:].rstrip()
    if head.endswith("."):
        yield from _members(structure, scope, chain_before(head[:-1]))
    elif re.search(r"\bfor\Z", stripped):
        return
    elif re.search(r"\bfor\s+\w+\s+in\Z", stripped):
        yield from _collections(structure, scope)
        yield from (item for item in _names(structure, scope) if item.what == "binder")
    elif stripped.endswith('"') or before.count('"') % 2:
        yield from _labels(scope, stripped[: stripped.rfind('"')])
    elif re.search(r"\bper\Z", stripped):
        yield from (Item("unit", name, name, 0) for name in TIME_UNITS)
    elif _NUMBER.search(head[-_LONGEST_NAME:]):
        yield from _units(structure)
    else:
        yield from _names(structure, scope)


def _units(structure: Structure) -> Iterator[Item]:
    for name in (*(name for name in RATIO_SUFFIXES if name), *sorted(structure.model.currencies)):
        yield Item("unit", name, name, 0)
    yield Item("unit", "per", "per ", 0)
    yield from (Item("unit", name, name, 0, "of time") for name in TIME_UNITS)


def _labels(scope: Scope, before: str) -> Iterator[Item]:
    """The labels of what a text is compared with."""
    found = _CHOICE.search(before[-_LONGEST_NAME:].rstrip().removesuffix(",").rstrip())
    expression = expression_of(chain_before(found["chain"])) if found else None
    term = term_of(expression, scope) if expression is not None else None
    if term is not None and isinstance(term.type, Label):
        yield from (Item("value", choice, choice, 0) for choice in term.type.choices or ())


def _collections(structure: Structure, scope: Scope) -> Iterator[Item]:
    for kind in structure.model.kinds.values():
        if kind.plural and _has_prefix(kind.plural, scope.prefix):
            name = _own(kind.plural, scope.prefix)
            yield Item("rows", name, name, 0, f"rows of {kind.name}")


def _members(structure: Structure, scope: Scope, chain: str) -> Iterator[Item]:
    """What can be read through a path."""
    if scope.here(chain) in scope.world.prefixes:
        yield from _imported(structure, scope.here(chain))
        return
    expression = expression_of(chain) if chain else None
    term = term_of(expression, scope) if expression is not None else None
    type_ = term.type if term is not None else None
    if isinstance(type_, Table):
        type_ = Rows("", type_)
    if expression is None or term is None or not isinstance(type_, Row | Rows):
        return
    if type_.table is not None:
        cells = Checker(expression).cells(term.typed(Row(type_.kind, table=type_.table))) or {}
        yield from (Item("field", name, name, 0, str(cell)) for name, cell in cells.items())
        return
    yield from _on_kind(structure, type_.kind, scope.prefix)
    kind = structure.model.kinds[type_.kind]
    if kind.role == "reference" and isinstance(type_, Row):
        yield Item("keyword", "previous", "previous", 0, f"the {kind.name} before, or none")
    if kind.role == "account":
        yield from _collections(structure, scope)


def _imported(structure: Structure, prefix: str) -> Iterator[Item]:
    world = structure.definitions.world
    begin = f"{prefix}."
    for name, function in world.functions.items():
        if name.startswith(begin) and "." not in name.removeprefix(begin):
            own = name.removeprefix(begin)
            yield Item(
                "function", own, own, 0, _signature(own, [p for p, _ in function.parameters], str(function.gives))
            )
    for name in world.definitions:
        if name.startswith(begin):
            yield Item("definition", name.removeprefix(begin), name.removeprefix(begin), 0)
    for kind in world.model.kinds.values():
        if kind.plural.startswith(begin):
            yield Item("rows", kind.plural.removeprefix(begin), kind.plural.removeprefix(begin), 0)


def _names(structure: Structure, scope: Scope) -> Iterator[Item]:
    """What a bare name may be."""
    if scope.function is not None:
        for name, type_ in scope.function.parameters:
            yield Item("binder", name, name, 0, str(type_))
    else:
        for name, row in scope.binders.items():
            yield Item("binder", name, name, 0, row.kind)
        for kind in scope.rows:
            yield from _on_kind(structure, kind, scope.prefix)
        for field in structure.model.kinds[""].fields:
            if _has_prefix(field.name, scope.prefix):
                name = _own(field.name, scope.prefix)
                yield Item("field", name, name, 0, str(field.type), "a parameter of the rulebook")
        yield from _collections(structure, scope)
    for prefix in sorted(scope.world.prefixes):
        if _has_prefix(prefix, scope.prefix):
            yield Item("keyword", _own(prefix, scope.prefix), _own(prefix, scope.prefix), 0, "an import")
    for name, function in scope.world.functions.items():
        if _has_prefix(name, scope.prefix) and "." not in _own(name, scope.prefix):
            own = _own(name, scope.prefix)
            yield Item(
                "function", own, own, 0, _signature(own, [p for p, _ in function.parameters], str(function.gives))
            )
    for name in (*FUNCTIONS, *AGGREGATES):
        yield Item("function", name, name, 0, BUILTINS[name][0], BUILTINS[name][1])
    yield from (Item("keyword", word, word, 0) for word in KEYWORDS)


def _on_kind(structure: Structure, kind: str, prefix: str) -> Iterator[Item]:
    """The fields and definitions of a row."""
    for field in structure.model.kinds[kind].fields:
        name = _own(field.name, prefix) if kind == "account" else field.name
        yield Item("field", name, name, 0, str(field.type), f"{field.origin}, of {kind}")
    for name in structure.model.kinds[kind].by:
        yield Item("field", name, name, 0, "", f"key of {kind}")
    for key, checked in structure.definitions.checked.items():
        if kind in key[0]:
            name = _own(key[1], prefix) if "account" in key[0] else key[1]
            yield Item("definition", name, name, 0, str(checked.type), checked.text.about or f"of {', '.join(key[0])}")


def _signature(name: str, parameters: list[str], gives: str) -> str:
    return f"{name}({', '.join(parameters)}): {gives}"


def _has_prefix(name: str, prefix: str) -> bool:
    return name.startswith(f"{prefix}.") if prefix else True


def _own(name: str, prefix: str) -> str:
    return name.removeprefix(f"{prefix}.") if prefix else name


def _word(text: str) -> str:
    found = _WORD.search(text[-_LONGEST_NAME:])
    return found.group() if found else ""
