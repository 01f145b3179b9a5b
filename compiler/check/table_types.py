"""Tables as the model declares them: keys, columns, and what a look-up finds at their ends."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Literal

from ...program.diagnostic import Diagnostic
from ...program.literal import LiteralError, read_literal
from ...program.program import Constant
from ...program.tables import MOST_KEYS
from ...program.types import Label, Number, Row, Table, TableKey, Truth, Type, Vector
from ..diagnostics import model as model_findings
from ..diagnostics import tables as findings
from ..rulebook import Layer
from ..source import Mapping, Node, Scalar, Sequence

ENDS = ("from", "to", "width")
"""What a range gives by name, its part of an amount included."""


@dataclass(frozen=True, slots=True)
class Declaring:
    """What a table's declaration is read with: `type` reads a type, None where it is none and the finding is made."""

    layer: Layer
    type: Callable[[Scalar], Type | None]
    shared: Container[str]
    """Kinds whose rows all accounts share."""
    currencies: Container[str]
    found: list[Diagnostic]


def table_type(declaring: Declaring, body: Mapping) -> Table | None:
    """The type that `{ by: ..., columns: ... }` declares; None where it declares none."""
    keys = _keys(declaring, body)
    columns = _columns(declaring, body)
    if keys is None or columns is None or not _names_differ(declaring, body, keys, columns):
        return None
    table = Table(keys, columns, single=body.get("value") is not None)
    return _with_options(declaring, body, table)


# ---- keys


def _keys(declaring: Declaring, body: Mapping) -> tuple[TableKey, ...] | None:
    entry = body.get("by")
    if entry is None:
        return None
    written = _written(entry.value)
    if not 0 < len(written) <= MOST_KEYS:
        place = declaring.layer.span(entry.key)
        declaring.found.append(findings.too_many_keys(place, len(written), MOST_KEYS))
        return None
    keys: list[TableKey] = []
    for name, scalar in written:
        type_ = declaring.type(scalar)
        if type_ is None:
            return None
        place = declaring.layer.span(scalar)
        plain = Row(type_.kind) if isinstance(type_, Row) and type_.kind in declaring.shared else type_
        known = plain is not type_ or isinstance(type_, Number | Truth) or (isinstance(type_, Label) and type_.choices)
        if not known or type_.optional or not isinstance(plain, Number | Row | Label | Truth):
            declaring.found.append(model_findings.table_key(place, str(type_)))
            return None
        if isinstance(plain, Number) and len(keys) + 1 < len(written):
            declaring.found.append(findings.number_stands_last(place, str(type_)))
            return None
        own = (
            plain.kind.rpartition(".")[2] if isinstance(plain, Row) else "from" if isinstance(plain, Number) else "key"
        )
        keys.append(TableKey(own if isinstance(plain, Number) else name or own, plain))
    return tuple(keys)


def _written(node: Node) -> list[tuple[str, Scalar]]:
    """Keys in order, each with its name where it has one."""
    if isinstance(node, Scalar):
        return [("", node)]
    if isinstance(node, Sequence):
        return [("", item) for item in node.items if isinstance(item, Scalar)]
    return [(entry.key.text, entry.value) for entry in node.entries if isinstance(entry.value, Scalar)]


# ---- columns


def _columns(declaring: Declaring, body: Mapping) -> tuple[tuple[str, Type], ...] | None:
    single = body.get("value")
    if single is not None:
        written = [("value", single.value)]
    else:
        entry = body.get("columns")
        listed = entry.value.entries if entry is not None and isinstance(entry.value, Mapping) else ()
        written = [(column.key.text, column.value) for column in listed]
    columns: list[tuple[str, Type]] = []
    for name, scalar in written:
        type_ = declaring.type(scalar) if isinstance(scalar, Scalar) else None
        if type_ is None:
            return None
        if isinstance(type_, Vector) or (isinstance(type_, Row) and type_.kind not in declaring.shared):
            what = "a number for each row" if isinstance(type_, Vector) else f"a row of {type_.kind}"
            declaring.found.append(findings.column_type(declaring.layer.span(scalar), name, what))
            return None
        columns.append((name, Row(type_.kind, optional=type_.optional) if isinstance(type_, Row) else type_))
    return tuple(columns)


def _names_differ(
    declaring: Declaring, body: Mapping, keys: tuple[TableKey, ...], columns: tuple[tuple[str, Type], ...]
) -> bool:
    """Whether each column can be read by its name."""
    entry = body.get("columns")
    names = {key.name for key in keys if not isinstance(key.type, Number)}
    ranged = isinstance(keys[-1].type, Number)
    for name, _ in columns if entry is not None else ():
        if name in names or (ranged and name in ENDS):  # a row could not tell them apart
            assert entry is not None and isinstance(entry.value, Mapping)
            column = entry.value.get(name)
            place = declaring.layer.span(column.key if column is not None else entry.key)
            what = (
                "a key of its table" if name in names else "an end of a range" if name != "width" else "a slice's part"
            )
            declaring.found.append(findings.column_taken(place, name, what))
            return False
    taken = dict.fromkeys(ENDS, "an end of a range") if ranged else {}
    taken |= {"value": "the table's one value"} if entry is None else {}
    for key in keys:
        if key.name in taken and not isinstance(key.type, Number):
            by = body.get("by")
            place = declaring.layer.span(by.value if by is not None else body)
            declaring.found.append(findings.column_taken(place, key.name, taken[key.name], "key"))
            return False
    return True


# ---- options


def _with_options(declaring: Declaring, body: Mapping, table: Table) -> Table | None:
    """The table with what it says of its ends, of absent rows and of its diagonal."""
    before = len(declaring.found)
    closed: Literal["lower", "upper"] = "upper" if _said(body, "closed") == "upper" else "lower"
    beyond: Literal["last", "error"] = "error" if _said(body, "beyond") == "error" else "last"
    for option in ("closed", "beyond"):
        if body.get(option) is not None and table.range is None:
            why = "no key of this table is a number"
            _refuse(declaring, body, option, why, "leave it out: exact keys are found or not")
    mirrored = len(table.keys) == 2 == len(table.exact) and table.keys[0].type == table.keys[1].type
    symmetric = _said(body, "symmetric") == "true"
    for option in ("symmetric", "diagonal"):
        entry = body.get(option)
        if entry is not None and not mirrored:
            declaring.found.append(findings.not_mirrored(declaring.layer.span(entry.key), option))
    for option in ("diagonal", "missing"):
        value = _said(body, option)
        if value not in ("", "none", "error") and not table.single:
            why = "the table has columns, and this is one value"
            _refuse(declaring, body, option, why, "declare the table with `value: TYPE`, or write `missing: none`")
    if body.get("missing") is not None and not table.exact:
        why = "ranges have no key that could be absent"
        _refuse(declaring, body, "missing", why, "let the first range begin low enough; `beyond: error` ends the last")
    if len(declaring.found) > before:
        return None
    missing: Literal["error", "none", "value"]
    missing = "none" if _said(body, "missing") == "none" else "value" if _is_value(body, "missing") else "error"
    default = _value(declaring, body, table, "missing") if missing == "value" else None
    diagonal = _value(declaring, body, table, "diagonal") if body.get("diagonal") is not None else None
    if len(declaring.found) > before:
        return None
    return Table(table.keys, table.columns, table.single, closed, beyond, missing, default, symmetric, diagonal)


def _said(body: Mapping, option: str) -> str:
    entry = body.get(option)
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else ""


def _is_value(body: Mapping, option: str) -> bool:
    return body.get(option) is not None and _said(body, option) != "error"


def _value(declaring: Declaring, body: Mapping, table: Table, option: str) -> Constant:
    """The one value that an option gives, read under the table's type."""
    entry = body.get(option)
    assert entry is not None and isinstance(entry.value, Scalar)
    try:
        value = read_literal(entry.value.text, table.columns[0][1], declaring.currencies)
    except LiteralError as error:
        declaring.found.append(model_findings.bad_default(declaring.layer.span(entry.value), str(error), error.help))
        return None
    if value is None:  # none on the diagonal would be no value at all
        place = declaring.layer.span(entry.value)
        declaring.found.append(model_findings.bad_default(place, f"`{option}` is a value", "write a value"))
    return value


def _refuse(declaring: Declaring, body: Mapping, option: str, why: str, way_out: str) -> None:
    entry = body.get(option)
    assert entry is not None
    declaring.found.append(findings.idle_option(declaring.layer.span(entry.key), option, why, way_out))
