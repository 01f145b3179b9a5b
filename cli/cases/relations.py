"""Relations of a case: which way a value goes when something of the snapshot or of the rules changes."""

from __future__ import annotations

import decimal
import json
import re
from collections.abc import Iterator
from decimal import Decimal

from ...compiler.source import Entry, Mapping, Node, Scalar, Sequence
from ...program.number import EXACT, ONE, NumberError, Value, add, canonical, finite_decimal, multiply, read_number
from ...program.program import Constant, Program
from ...runtime.exact import evaluate
from ...runtime.results import Result
from ...runtime.what_if import Setting, collection_of
from .. import case_findings as findings
from ..result_data import value_json
from .compare import Difference, Looking, compare_errors, row_names
from .prepare import Evaluate, Prepared, ready
from .read import entries
from .snapshot import Document, Misplaced, account_of, account_rows, find_row, open_document, reference_rows

RISES, FALLS, UNCHANGED = "rises when", "falls when", "unchanged when"
_SHARE = re.compile(r"([+-])\s*(.+?)\s*%\Z")
_Move = tuple[str, ...]


def compare_relations(
    looking: Looking, base: Prepared, result: Result, run: Evaluate = evaluate
) -> Iterator[Difference]:
    """The relations of a case that do not hold. Raises Misplaced, and what reading the changed snapshot raises."""
    for entry in entries(looking.case.expect, "relations"):
        before = _named(result, entry.key.text)
        if before is None:
            known = [*result.outputs, "status"]
            finding = findings.unknown_name(looking.span(entry.key), looking.case.name, "output", entry.key.text, known)
            yield Difference(finding)
            continue
        for one in entry.value.entries if isinstance(entry.value, Mapping) else ():
            moves = one.value.items if isinstance(one.value, Sequence) else (one.value,)
            for move in moves:
                if isinstance(move, Mapping):
                    yield from _compare(looking, base, entry, one.key.text, move, before, run)


def _compare(
    looking: Looking, base: Prepared, entry: Entry, way: str, move: Mapping, before: tuple[Constant], run: Evaluate
) -> Iterator[Difference]:
    moved = _moved(looking, base, move).result(run)
    wrong = compare_errors(looking, moved.errors)
    if wrong:
        yield from wrong
        return
    after = _named(moved, entry.key.text)
    went = _way(before[0], after[0]) if after is not None else "is gone"
    if went == way.removesuffix(" when"):
        return
    said = ", ".join(f"{part.key.text}: {part.value.text}" for part in move.entries if isinstance(part.value, Scalar))
    told = f"from {_told(before[0])} to {_told(after[0])}" if after is not None else "it is not in the result"
    span = looking.span(move)
    yield Difference(
        findings.relation(span, looking.case.name, entry.key.text, way, said, went, told), target=entry.key.text
    )


def _named(result: Result, name: str) -> tuple[Constant] | None:
    """An output by its name, `status`, or `positions.SOL.maintenance`; None where the result has no such."""
    if name == "status":
        return (result.status,)
    if name in result.outputs:
        return (result.outputs[name],)
    plural, _, rest = name.partition(".")
    row, _, own = rest.rpartition(".")
    found = row_names(result.rows.get(plural, ())).get(row)
    return (found.outputs[own],) if found is not None and own in found.outputs else None


def _way(before: Constant, after: Constant) -> str:
    with decimal.localcontext(EXACT):
        if isinstance(before, Value | bool) and isinstance(after, Value | bool):
            one, other = (Decimal(v) if isinstance(v, bool) else v for v in (before, after))
            return "rises" if other > one else "falls" if other < one else "unchanged"
    return "unchanged" if value_json(before) == value_json(after) else "changes"


def _told(value: Constant) -> str:
    told = value_json(value)
    return str(told).lower() if isinstance(told, bool) else "none" if told is None else str(told)


# ---- what is changed


def _moved(looking: Looking, base: Prepared, move: Mapping) -> Prepared:
    """The case with some values changed, of its snapshot or of its rules."""
    document: Document = json.loads(json.dumps(base.raw.head))
    settings: list[Setting] = []
    for part in move.entries:
        assert isinstance(part.value, Scalar)
        setting = _parameter(base.program, part.key, part.value)
        if setting is not None:
            settings.append(setting)
            continue
        row, field, default = _owner(looking, document, base.program, part.key)
        row[field] = _value(part, row.get(field, None if default is None else _told(default)))
    raw = open_document(document, looking.case.name)
    raw = type(raw)(base.raw.file, base.raw.as_of, raw.head, raw.text)
    return ready(base.rules, raw, looking.case, settings)


def _parameter(program: Program, path: Scalar, move: Scalar) -> Setting | None:
    """A parameter that is moved, as a setting; None where the path is none."""
    kind, steps = program.kinds[""], ["", path.text]
    if kind.field(path.text) is None:
        found, steps = collection_of(program, path.text)
        if found is None or found.role != "reference":
            return None
        kind = found
    field = kind.field(steps[-1])
    if field is None or field.origin != "parameter":
        return None
    row = ".".join(steps[1:-1])
    current = program.parameters.get(kind.name, {}).get(row, {}).get(field.name, field.default)
    moved = _value(Entry(path, move), canonical(current) if isinstance(current, Value) else None)
    return Setting(path.text, "none" if moved is None else str(moved))


def _owner(looking: Looking, document: Document, program: Program, path: Scalar) -> tuple[Document, str, Constant]:
    """The row that a path ends in, its field, and the value where the snapshot gives none. Raises Misplaced."""
    kind, steps = collection_of(program, path.text)
    account = account_of(document, looking.case)
    row: Document | None = account
    if kind is None:
        kind = program.kinds["account"]
    elif kind.role == "reference":
        held = reference_rows(document, kind, path).setdefault(".".join(steps[1:-1]), {})
        row = held if isinstance(held, dict) else None
    else:
        row = find_row(account_rows(account, kind, path), kind, ".".join(steps[1:-1]))
    declared = kind.field(steps[-1])
    if row is None or declared is None or declared.origin != "observed":
        raise Misplaced(path, f"there is nothing `{path.text}` to change", "write `positions.SOL.size` or `debt`")
    return row, declared.name, declared.default if declared.has_default else None


def _value(part: Entry, current: object) -> object:
    """`+10%` of what is there, `-5` less than it, or another value. Raises Misplaced."""
    move: Node = part.value
    assert isinstance(move, Scalar)
    text = move.text.strip()
    if text[:1] not in ("+", "-"):
        return {"true": True, "false": False, "none": None}.get(text, text.replace("_", ""))
    share = _SHARE.match(text)
    try:
        with decimal.localcontext(EXACT):
            now = read_number(str(current))
            if share is not None:
                factor = read_number(share[2]).scaleb(-2)
                new: Value = multiply(now, add(ONE, factor if share[1] == "+" else -factor))
            else:
                new = add(now, read_number(text))
    except NumberError:
        told = "there is none" if current is None else f"`{current}` is there"
        raise Misplaced(
            part.key, f"`{text}` moves a number, and {told} at `{part.key.text}`", "write the new value without a sign"
        ) from None
    exact = finite_decimal(new)
    assert exact is not None  # products and sums of decimals
    return canonical(exact)
