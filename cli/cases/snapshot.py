"""The snapshot of a case: a file or a block, with what the case changes in it merged by the keys of rows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ...api import shown
from ...compiler.source import Entry, Mapping, Node, Scalar, Sequence
from ...program.program import Kind, Program
from ...runtime.snapshot import Raw, open_snapshot
from ..judge import open_file
from .read import Case, CaseFile

Document = dict[str, object]
_GROUPED = re.compile(r"[+-]?\d+(_\d+)+(\.\d+)?\Z", re.ASCII)


class Misplaced(Exception):
    """A path of a case that cannot be followed."""

    def __init__(self, path: Scalar, reason: str, help_text: str):
        super().__init__(reason)
        self.path, self.reason, self.help = path, reason, help_text


def open_case(file: CaseFile, case: Case, program: Program | None = None) -> Raw:
    """The snapshot of a case; as its base has it where no `program` tells the keys of rows.

    Raises Misplaced, SnapshotError, Refusal.
    """
    if isinstance(case.snapshot, Scalar):
        raw = open_file(str(inside(file, case.snapshot)))
    else:
        raw = open_snapshot(None, f"snapshot of `{case.name}`", snapshot_json(case))
    if program is None or not case.changes:
        return raw
    document = changed(raw, case, program)
    return replace(open_document(document, case.name), file=raw.file)


def open_document(document: Document, name: str) -> Raw:
    return open_snapshot(None, f"snapshot of `{name}`", json.dumps(document).encode())


def snapshot_json(case: Case) -> bytes:
    """An inline snapshot as JSON: the instant of the case and a name for its account where it does not say them."""
    document = json_of(case.snapshot)
    assert isinstance(document, dict)
    if case.as_of is not None:
        document.setdefault("as_of", case.as_of.text)
    accounts = document.get("accounts")
    for account in accounts if isinstance(accounts, list) else ():
        if isinstance(account, dict):
            account.setdefault("account", "account")
    return json.dumps(document).encode()


def inside(file: CaseFile, path: Scalar) -> Path:
    """A file a case names, which has to lie in the rule tree. Raises Misplaced."""
    target = (file.path.parent / path.text).resolve()
    if not target.is_relative_to(file.tree):
        raise Misplaced(path, f"`{path.text}` lies outside the rule tree", "keep the files of a case in the rule tree")
    if not target.is_file():
        raise Misplaced(path, f"there is no file `{path.text}`", "paths are relative to the case file")
    return Path(shown(target))


def changed(raw: Raw, case: Case, program: Program) -> Document:
    """The snapshot as JSON with the changes of its case. Raises Misplaced."""
    if raw.lines is not None:
        raise Misplaced(case.place, "a snapshot of lines cannot be changed", "begin from a JSON file or a block")
    document: Document = json.loads(json.dumps(raw.head))
    for change in case.changes:
        account = account_of(document, case)
        for entry in change.entries:
            _change(document, account, entry, program)
    return document


def account_of(document: Document, case: Case) -> Document:
    """The account a case is about. Raises Misplaced."""
    listed = document.get("accounts")
    accounts = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if case.account is not None:
        accounts = [one for one in accounts if one.get("account") == case.account.text]
    if len(accounts) != 1:
        raise Misplaced(
            case.account or case.place, f"the base has {len(accounts)} such accounts", "name one with `account:`"
        )
    return accounts[0]


def _change(document: Document, account: Document, entry: Entry, program: Program) -> None:
    name, kind = entry.key.text, program.collection(entry.key.text)
    if name == "as_of" and isinstance(entry.value, Scalar):
        document["as_of"] = entry.value.text
    elif kind is None:
        own = program.kinds["account"]
        known = [field.name for field in own.fields] + list(own.labels)
        if name not in known:
            plurals = [k.plural for k in program.kinds.values() if k.plural and k.role in ("rows", "reference")]
            listed = ", ".join(f"`{one}`" for one in [*plurals, *known])
            raise Misplaced(entry.key, f"the snapshot has no `{name}` to change", f"it can have {listed}")
        _put(account, entry)
    elif isinstance(entry.value, Mapping) and kind.role == "reference":
        rows_by_key = reference_rows(document, kind, entry.key)
        for row in entry.value.entries:
            if _is_gone(row.value):
                rows_by_key.pop(row.key.text, None)
            else:
                _merge(rows_by_key.setdefault(row.key.text, {}), row)
    elif isinstance(entry.value, Mapping) and kind.role == "rows":
        rows = account_rows(account, kind, entry.key)
        for row in entry.value.entries:
            _change_row(rows, kind, row)
    else:
        raise Misplaced(entry.key, f"`{name}` is not made of rows of the snapshot", "change the rows it is made of")


def reference_rows(document: Document, kind: Kind, place: Scalar) -> Document:
    """The rows of a reference kind by key, made where there are none. Raises Misplaced."""
    rows = document.setdefault(kind.plural, {})
    if not isinstance(rows, dict):
        raise Misplaced(place, f"`{kind.plural}` of the base is no block of rows", "correct the base")
    return rows


def account_rows(account: Document, kind: Kind, place: Scalar) -> list[Document]:
    """The rows of an account's collection, made where there are none. Raises Misplaced."""
    rows = account.setdefault(kind.plural, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Misplaced(place, f"`{kind.plural}` of the base is no list of rows", "correct the base")
    return rows


def _change_row(rows: list[Document], kind: Kind, entry: Entry) -> None:
    row = find_row(rows, kind, entry.key.text)
    if row is None:
        if _is_gone(entry.value):
            raise Misplaced(entry.key, f"`{kind.plural}` has no row `{entry.key.text}` to leave out", _has(rows, kind))
        parts = entry.key.text.split(", ")
        if not kind.key or len(parts) != len(kind.key):
            raise Misplaced(entry.key, f"`{kind.plural}` has no row `{entry.key.text}`", _has(rows, kind))
        row = dict(zip(kind.key, parts, strict=True))
        rows.append(row)
    if _is_gone(entry.value):
        rows.remove(row)
    else:
        _merge(row, entry)


def find_row(rows: Iterable[Document], kind: Kind, key: str) -> Document | None:
    """The row of this name: the values of its key, of its first field where nothing tells rows apart, or `#2`."""
    for number, row in enumerate(rows, 1):
        if key in (row_name(row, kind), f"#{number}"):
            return row
    return None


def row_name(row: Document, kind: Kind) -> str:
    defaults = {field.name: field.default for field in kind.fields if field.has_default}
    return ", ".join(str(row.get(name, defaults.get(name))) for name in kind.told_by)


def _has(rows: Iterable[Document], kind: Kind) -> str:
    names = [f"`{row_name(row, kind)}`" for row in rows]
    return f"it has {', '.join(names)}" if names else "it has none"


def _merge(row: object, entry: Entry) -> None:
    if not isinstance(entry.value, Mapping) or not isinstance(row, dict):
        raise Misplaced(entry.key, f"`{entry.key.text}` is a row", "write its fields: `{ amount: 5 }`, or `null`")
    for field in entry.value.entries:
        _put(row, field)


def _put(row: Document, entry: Entry) -> None:
    if _is_gone(entry.value):
        row.pop(entry.key.text, None)
    else:
        row[entry.key.text] = json_of(entry.value)


def _is_gone(node: Node) -> bool:
    """`null`, or nothing at all: what stood there is left out. `none` is a value."""
    return isinstance(node, Scalar) and not node.style and node.text == ""


def json_of(node: Node) -> object:
    """Plain words mean what they mean in YAML: `true`, `false`, nothing; numbers stay their text."""
    if isinstance(node, Mapping):
        return {key: json_of(inner) for key, inner in node.items()}
    if isinstance(node, Sequence):
        return [json_of(item) for item in node.items]
    if node.style:
        return node.text
    if node.text in ("true", "false"):
        return node.text == "true"
    if _GROUPED.match(node.text):
        return node.text.replace("_", "")
    return None if node.text in ("", "none") else node.text
