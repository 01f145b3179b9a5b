"""Case files: what stands in one, read with the place of every part."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ..api import shipped_rules
from ..compiler.rulebook import tree_root
from ..compiler.schema.gate import Shape, holds, read_schema
from ..compiler.source import Entry, Mapping, Node, Scalar, Sequence, SourceFile, read_source
from ..program.diagnostic import Diagnostic
from ..runtime.what_if import Setting

SCHEMA = Path(__file__).resolve().parents[1] / "schemas" / "cases.schema.json"
_GROUPED = re.compile(r"[+-]?\d+(_\d+)+(\.\d+)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case file: its path, its text, the folder its paths stay in, and its cases."""

    path: Path
    source: SourceFile
    tree: Path
    rulebook: Scalar
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One case. `tolerance` is its own or its file's, None where neither says one."""

    name: str
    place: Scalar
    snapshot: Scalar | Mapping
    account: Scalar | None
    as_of: Scalar | None
    settings: tuple[Setting, ...]
    shock: str
    tolerance: Scalar | None
    expect: Mapping


def read_cases(path: Path, name: str) -> tuple[CaseFile | None, list[Diagnostic], str]:
    """The cases of a file shown to people as `name`, None where it cannot be read; findings; its text."""
    source, root, found = read_source(path, name)
    if source is None or root is None:
        return None, found, source.text if source else ""
    if not holds(_shape(), root):
        from ..compiler.schema.explain import explain_refusal

        found = found + explain_refusal(_schema(), source, root)
    if found:
        return None, found, source.text
    cases = _value(root, "cases")
    assert isinstance(cases, Sequence)
    tolerance = scalar(root, "tolerance")
    read = tuple(_case(item, tolerance) for item in cases.items if isinstance(item, Mapping))
    rulebook = scalar(root, "rulebook")
    assert rulebook is not None
    return CaseFile(path, source, _tree(path), rulebook, read), [], source.text


def snapshot_json(case: Case) -> bytes:
    """An inline snapshot as JSON: the instant of the case and a name for its account where it does not say them."""
    document = _json(case.snapshot)
    assert isinstance(document, dict)
    if case.as_of is not None:
        document.setdefault("as_of", case.as_of.text)
    accounts = document.get("accounts")
    for account in accounts if isinstance(accounts, list) else ():
        if isinstance(account, dict):
            account.setdefault("account", "account")
    return json.dumps(document).encode()


def scalar(mapping: Mapping, key: str) -> Scalar | None:
    value = _value(mapping, key)
    return value if isinstance(value, Scalar) else None


def entries(mapping: Mapping, key: str) -> tuple[Entry, ...]:
    value = _value(mapping, key)
    return value.entries if isinstance(value, Mapping) else ()


def _value(mapping: Mapping, key: str) -> Node | None:
    entry = mapping.get(key)
    return entry.value if entry is not None else None


def _case(item: Mapping, tolerance: Scalar | None) -> Case:
    name, snapshot, expect = scalar(item, "name"), _value(item, "snapshot"), _value(item, "expect")
    assert name is not None
    assert isinstance(snapshot, Scalar | Mapping)
    assert isinstance(expect, Mapping)
    shock = scalar(item, "shock")
    return Case(
        name.text, name, snapshot, scalar(item, "account"), scalar(item, "as_of"),
        tuple(Setting(e.key.text, e.value.text) for e in entries(item, "set") if isinstance(e.value, Scalar)),
        shock.text if shock else "", scalar(item, "tolerance") or tolerance, expect,
    )  # fmt: skip


def _json(node: Node) -> object:
    """Plain words mean what they mean in YAML: `true`, `false`, nothing; numbers stay their text."""
    if isinstance(node, Mapping):
        return {key: _json(value) for key, value in node.items()}
    if isinstance(node, Sequence):
        return [_json(item) for item in node.items]
    if node.style:
        return node.text
    if node.text in ("true", "false"):
        return node.text == "true"
    if _GROUPED.match(node.text):
        return node.text.replace("_", "")
    return None if node.text in ("", "none") else node.text


def _tree(path: Path) -> Path:
    """The folder that the paths of a case file stay in."""
    root, own = tree_root(path), path.resolve().parent
    if root != own:
        return root
    if own.is_relative_to(shipped_rules()):
        return shipped_rules()
    return own.parent if own.name == "cases" else own


@functools.cache
def _schema() -> dict[str, object]:
    return cast("dict[str, object]", json.loads(SCHEMA.read_text("utf-8")))


@functools.cache
def _shape() -> Shape:
    return read_schema(_schema())
