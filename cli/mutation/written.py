"""A witness as a case: what is changed in the snapshot of another case, and the figures that tell the mutant."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from ...program.literal import instant_text
from ...program.number import Value, finite_decimal, result_text
from ...program.program import Constant, Kind, Program
from ...runtime.results import Result
from ..cases import Case
from ..cases.compare import row_names
from ..cases.snapshot import Document, account_of, row_name
from ..result_data import value_json
from .bench import Standing
from .mutants import Mutant

_PLAIN = re.compile(r"[A-Za-z0-9_+-](?:[\w .+%/()-]*[\w+%)])?\Z")
_WIDTH = 110
_TOLERANCE = "1e-12"
Change = dict[str, object]


def differences(one: Result, other: Result) -> list[tuple[str, ...]]:
    """What a case can expect and two results have different: `status`, `message`, `errors`, outputs, values of rows."""
    if [f.code for f in one.errors] != [f.code for f in other.errors]:
        return [("errors",)]
    if one.errors:
        return []
    found: list[tuple[str, ...]] = [("status",)] if one.status != other.status else []
    found += [
        ("outputs", name)
        for name, value in one.outputs.items()
        if name in other.outputs and _differ(value, other.outputs[name])
    ]
    for plural, rows in one.rows.items():
        others = row_names(other.rows.get(plural, ()))
        for name, row in row_names(rows).items():
            there = others[name].outputs if name in others else {}
            found += [
                ("rows", plural, name, own)
                for own, value in row.outputs.items()
                if own in there and _differ(value, there[own])
            ]
    if not found and one.message != other.message:
        found.append(("message",))
    return found


def _differ(one: Constant, other: Constant) -> bool:
    return value_json(one) != value_json(other)


# ---- what was changed


def changes_between(before: Document, after: Document, case: Case, program: Program) -> Change | None:
    """The `change:` that makes one snapshot of another; None where a change cannot say it."""
    change: Change = {}
    one, other = account_of(before, case), account_of(after, case)
    for key in {**one, **other}:
        kind = program.collection(key)
        if kind is None:
            if one.get(key) != other.get(key):
                change[key] = other.get(key, _GONE)
            continue
        rows, others = _listed(one.get(key)), _listed(other.get(key))
        if rows != others:
            changed = _rows(rows, others, kind)
            if changed is None:
                return None
            change[key] = changed
    for kind in program.kinds.values():
        if kind.role == "reference" and before.get(kind.plural) != after.get(kind.plural):
            change[kind.plural] = _fields_of_rows(_held(before.get(kind.plural)), _held(after.get(kind.plural)))
    return change


def _listed(rows: object) -> list[Document]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _held(rows: object) -> Document:
    return rows if isinstance(rows, dict) else {}


class _Gone:
    """Left out, `null` in a change."""


_GONE = _Gone()


def _rows(rows: list[Document], others: list[Document], kind: Kind) -> Change | None:
    before, after = ({row_name(row, kind): row for row in some} for some in (rows, others))
    if len(before) < len(rows) or len(after) < len(others):
        before, after = ({f"#{n}": row for n, row in enumerate(some, 1)} for some in (rows, others))
    if not kind.key and before.keys() != after.keys():
        before, after = ({f"#{n}": row for n, row in enumerate(some, 1)} for some in (rows, others))
        if before.keys() != after.keys():
            return None
    changed = _fields_of_rows(before, after)
    for name, fields in changed.items():
        if isinstance(fields, dict):
            changed[name] = {key: value for key, value in fields.items() if key not in kind.key or name in before}
    return changed


def _fields_of_rows(before: Mapping[str, object], after: Mapping[str, object]) -> Change:
    change: Change = {}
    for name in {**before, **after}:
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        if other is None:
            change[name] = _GONE
            continue
        held = one if isinstance(one, dict) else {}
        assert isinstance(other, dict)
        change[name] = {
            key: other.get(key, _GONE) for key in {**held, **other} if held.get(key, _GONE) != other.get(key, _GONE)
        }
    return change


# ---- as text


def written_case(
    mutant: Mutant, standing: Standing, change: Change, as_of: int | None, one: Result, other: Result
) -> str:
    """The case as it stands in a list of cases, with the figures of the rules as they are."""
    case = standing.case
    lines = [f"- name: {_plain(f'{mutant.name} - {mutant.operator} (line {mutant.line})')}"]
    lines.append(f"  base: {_plain(case.name)}")
    if as_of is not None:
        lines.append(f"  as_of: {instant_text(as_of)}")
    if case.settings:
        lines += _block("set", {setting.name: setting.text for setting in case.settings}, 2)
    if case.shock:
        lines.append(f"  shock: {_plain(case.shock)}")
    if change:
        lines += _block("change", change, 2)
    lines.append("  expect:")
    for path in differences(one, other)[:3]:
        lines += _expected(path, one)
    return _merged(lines)


def _expected(path: tuple[str, ...], result: Result) -> list[str]:
    match path:
        case ("errors",):
            codes = ", ".join(dict.fromkeys(finding.code for finding in result.errors))
            return [f"    errors: [{codes}]"] if codes else [f"    status: {_plain(result.status or 'none')}"]
        case ("status",):
            return [f"    status: {_plain(result.status or 'none')}"]
        case ("message",):
            return [f"    message: {json.dumps(result.message, ensure_ascii=False)}"]
        case ("outputs", name):
            return ["    outputs:", f"      {_plain(name)}: {_value(result.outputs[name])}"]
        case (_, plural, row, name):
            value = _value(row_names(result.rows[plural])[row].outputs[name])
            return ["    rows:", f"      {_plain(plural)}:", f"        {_plain(row)}: {{ {_plain(name)}: {value} }}"]
    return []


def _value(value: Constant) -> str:
    if isinstance(value, Value):
        text = result_text(value)
        return (
            text
            if finite_decimal(value) is not None and len(text) < 34
            else f"{{ value: {text}, tolerance: {_TOLERANCE} }}"
        )
    told = value_json(value)
    return "none" if told is None else str(told).lower() if isinstance(told, bool) else _plain(str(told))


def _merged(lines: list[str]) -> str:
    """The lines with equal heads written once: all `outputs:` under one."""
    kept: list[str] = []
    for line in lines:
        if line.strip() in ("outputs:", "rows:") and line in kept:
            continue
        if line.startswith("      ") and line.endswith(":") and line in kept:
            continue
        kept.append(line)
    return "\n".join(kept) + "\n"


def _block(name: str, value: Change, indent: int) -> list[str]:
    lead = " " * indent
    flow = f"{lead}{name}: {_flow(value)}"
    if len(flow) <= _WIDTH:
        return [flow]
    lines = [f"{lead}{name}:"]
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            lines += _block(_plain(key), inner, indent + 2)
        else:
            lines.append(f"{lead}  {_plain(key)}: {_flow(inner)}")
    return lines


def _flow(value: object) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_plain(str(key))}: {_flow(inner)}' for key, inner in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(_flow(item) for item in value)}]"
    if isinstance(value, _Gone):
        return "null"
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else _plain(str(value))


def _plain(text: str) -> str:
    quoted = not _PLAIN.match(text) or text in ("null", "none", "true", "false")
    return json.dumps(text, ensure_ascii=False) if quoted else text
