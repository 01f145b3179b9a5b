"""Case files: what stands in one, read with the place of every part; bases followed, tables written out."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ...api import shipped_rules
from ...compiler.rulebook import tree_root
from ...compiler.schema.gate import Shape, holds, read_schema
from ...compiler.source import Entry, Mapping, Node, Scalar, Sequence, SourceFile, read_source
from ...program.diagnostic import Diagnostic
from ...runtime.what_if import Setting
from .. import case_findings as findings
from .table import BadTable, rows_of

SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "cases.schema.json"
_SNAPSHOTS = (".json", ".ndjson", ".jsonl")
EMPTY = Mapping((), 0, 0)


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
    """One case, or one row of a table of cases.

    snapshot    a file, or the snapshot itself; that of its base where it has one
    changes     what is changed in it, oldest first: those of its base, then its own
    settings    parameters and definitions with another value
    tolerance   its own or its file's, None where neither says one
    """

    name: str
    place: Scalar
    snapshot: Scalar | Mapping
    account: Scalar | None
    as_of: Scalar | None
    settings: tuple[Setting, ...]
    shock: str
    tolerance: Scalar | None
    expect: Mapping
    changes: tuple[Mapping, ...] = ()


def read_cases(path: Path, name: str) -> tuple[CaseFile | None, list[Diagnostic], str]:
    """The cases of a file shown to people as `name`, None where it cannot be read; findings; its text."""
    source, root, found = read_source(path, name)
    if source is None or root is None:
        return None, found, source.text if source else ""
    if not holds(_shape(), root):
        from ...compiler.schema.explain import explain_refusal

        found = found + explain_refusal(_schema(), source, root)
    if found:
        return None, found, source.text
    rulebook, cases = scalar(root, "rulebook"), value(root, "cases")
    assert rulebook is not None
    assert isinstance(cases, Sequence)
    reader = _Reader(
        source, {entry.key.text: entry.value for entry in entries(root, "bases")}, scalar(root, "tolerance")
    )
    for item in cases.items:
        if isinstance(item, Mapping):
            reader.read(item)
    if reader.found:
        return None, reader.found, source.text
    return CaseFile(path, source, _tree(path), rulebook, tuple(reader.cases)), [], source.text


class _Reader:
    """Reads the cases of a file one after the other; later ones may begin from earlier ones."""

    def __init__(self, source: SourceFile, bases: dict[str, Node], tolerance: Scalar | None):
        self.source = source
        self.bases = bases
        self.tolerance = tolerance
        self.cases: list[Case] = []
        self.found: list[Diagnostic] = []

    def read(self, item: Mapping) -> None:
        name = scalar(item, "name")
        assert name is not None
        try:
            rows = rows_of(item, name.text)
        except BadTable as bad:
            self.found.append(findings.bad_table(self.source.span_of(bad.place), name.text, str(bad), bad.help))
            return
        for called, row in rows:
            case = self._case(row, name, called)
            if case is not None:
                self.cases.append(case)

    def _case(self, item: Mapping, place: Scalar, name: str) -> Case | None:
        expect, base, own = value(item, "expect"), scalar(item, "base"), value(item, "snapshot")
        if not isinstance(expect, Mapping) or not expect.entries:
            self._refuse(place, name, "says nothing to expect", "write `expect:`, or columns `expect...` in its table")
            return None
        begin = self._begin(base, name) if base is not None else None
        if base is not None and begin is None:
            return None
        if base is not None and own is not None:
            self._refuse(base, name, "has a base and a snapshot of its own", "leave one of them out")
            return None
        if begin is None and not isinstance(own, Scalar | Mapping):
            self._refuse(place, name, "has no snapshot", "write `snapshot:`, or `base:` and what to `change:`")
            return None
        snapshot = begin.snapshot if begin is not None else own
        assert isinstance(snapshot, Scalar | Mapping)
        change, shock = value(item, "change"), scalar(item, "shock")
        return Case(
            name,
            place,
            snapshot,
            scalar(item, "account") or (begin.account if begin else None),
            scalar(item, "as_of") or (begin.as_of if begin else None),
            tuple(Setting(e.key.text, e.value.text) for e in entries(item, "set") if isinstance(e.value, Scalar)),
            shock.text if shock else "",
            scalar(item, "tolerance") or self.tolerance,
            expect,
            (*(begin.changes if begin else ()), *((change,) if isinstance(change, Mapping) else ())),
        )

    def _begin(self, base: Scalar, name: str) -> Case | None:
        """What a case begins from: an entry of `bases:`, a case above it, or a file."""
        known = self.bases.get(base.text)
        if isinstance(known, Scalar | Mapping):
            return Case(base.text, base, known, None, None, (), "", None, EMPTY)
        above = next((case for case in self.cases if case.name == base.text), None)
        if above is not None:
            return above
        if base.text.endswith(_SNAPSHOTS):
            return Case(base.text, base, base, None, None, (), "", None, EMPTY)
        known_names = [*self.bases, *(case.name for case in self.cases)]
        self.found.append(findings.unknown_base(self.source.span_of(base), name, base.text, known_names))
        return None

    def _refuse(self, place: Scalar, case: str, reason: str, help_text: str) -> None:
        self.found.append(findings.cannot_run(self.source.span_of(place), case, f"it {reason}", help_text))


def scalar(mapping: Mapping, key: str) -> Scalar | None:
    found = value(mapping, key)
    return found if isinstance(found, Scalar) else None


def entries(mapping: Mapping, key: str) -> tuple[Entry, ...]:
    found = value(mapping, key)
    return found.entries if isinstance(found, Mapping) else ()


def value(mapping: Mapping, key: str) -> Node | None:
    entry = mapping.get(key)
    return entry.value if entry is not None else None


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
