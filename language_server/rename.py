"""Renaming: every place of a name in all rulebooks that know it, and proof by checking that nothing else changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..compiler.check.spelling import RESERVED
from ..program.diagnostic import Diagnostic, Span
from .find import declarations, name_at, occurrences
from .names import Named
from .positions import Lines
from .workspace import Analysis, Workspace

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RENAMED = ("definition", "field", "function", "binder", "argument")


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """Why a name cannot be changed, in a sentence for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class Renaming:
    """The places to change, by file, and the new name."""

    places: Mapping[Path, tuple[Span, ...]]
    name: str


def renamable(workspace: Workspace, analysis: Analysis, path: Path, offset: int) -> Named:
    """The name at an offset. Raises Refused where it is none, or one that rules alone cannot change."""
    named = name_at(workspace, analysis, path, offset)
    if named is None or analysis.structure is None:
        raise Refused("there is no name here that rules give")
    symbol = named.symbol
    if symbol.what not in _RENAMED:
        what = {"kind": "a kind", "rows": "a kind", "row": "a row's key", "builtin": "a function of the language",
                "column": "a table's column", "other": "a word of the language"}[symbol.what]  # fmt: skip
        raise Refused(f"`{symbol.name}` is {what}; parameters, definitions, functions and binders can be renamed")
    if symbol.what == "field":
        field = analysis.structure.model.kinds[symbol.owner].field(symbol.name)
        if field is not None and field.origin == "observed":
            raise Refused(f"`{symbol.name}` is observed: snapshots bring it under this name")
    return named


def rename(workspace: Workspace, analysis: Analysis, path: Path, offset: int, name: str) -> Renaming:
    """Every place to change for a new name. Raises Refused where the name is taken, or would mean something else."""
    named = renamable(workspace, analysis, path, offset)
    if not _NAME.match(name) or name in RESERVED:
        raise Refused(f"`{name}` is no name: letters, digits and `_`, not a word of the language")
    old = named.symbol.name.rpartition(".")[2]
    if old == name:
        raise Refused(f"it is called `{name}` already")
    before = _analyses(workspace, analysis, named)
    for one in before:
        if any(finding.severity == "error" for finding in one.found):
            where = next(f for f in one.found if f.severity == "error").span
            raise Refused(
                f"{Path(where.file).name}:{where.line} has an error: mend it first, then every place is known"
            )
    known = [list(occurrences(workspace, one, (old, name))) for one in before]
    spans = _spans(known, named)
    for names in known:
        _refuse_taken(names, spans, name)
    places: dict[Path, list[Span]] = {}
    for span in sorted(spans):
        places.setdefault(Path(span.file), []).append(_last_step(workspace, span))
    changed = {file: _applied(workspace, file, spans, name) for file, spans in places.items()}
    _prove(workspace, before, changed, old, name)
    return Renaming({file: tuple(spans) for file, spans in places.items()}, name)


def _analyses(workspace: Workspace, analysis: Analysis, named: Named) -> list[Analysis]:
    """Every rulebook that may know the name, as it is now: those with a file that says what it is."""
    declared = declarations(workspace, analysis, named.symbol)
    files = dict.fromkeys(Path(span.file) for span in (*declared, named.span))
    paths = dict.fromkeys([analysis.path, *files, *(one for file in files for one in workspace.dependents(file))])
    return [one for one in map(workspace.current, paths) if one.structure is not None]


def _spans(known: list[list[Named]], named: Named) -> set[Span]:
    """All places of a name: what one rulebook knows as one name is one name for the others too."""
    found: set[Span] = {named.span}
    growing = True
    while growing:
        size = len(found)
        for names in known:
            symbols = {one.symbol for one in names if one.span in found}
            found |= {one.span for one in names if one.symbol in symbols}
        growing = len(found) > size
    return found


def _refuse_taken(names: list[Named], spans: set[Span], new: str) -> None:
    """Refuses a name that stands for something else there already: the two would become one, and nothing would tell."""
    renamed = {one.symbol for one in names if one.span in spans}
    wanted = {replace(symbol, name=symbol.name[: symbol.name.rfind(".") + 1] + new) for symbol in renamed}
    for one in names:
        if one.symbol in wanted and one.span not in spans:
            raise Refused(f"`{new}` is taken ({Path(one.span.file).name}:{one.span.line})")


def _last_step(workspace: Workspace, span: Span) -> Span:
    """A key like `evm.debt` is a name behind a prefix: only the name changes."""
    lines = Lines(workspace.text(Path(span.file)) or "", "utf-32")
    text = lines.text[lines.at(span.line, span.column) : lines.at(span.end_line, span.end_column)]
    return replace(span, column=span.column + text.rfind(".") + 1)


def _applied(workspace: Workspace, file: Path, spans: list[Span], name: str) -> str:
    lines = Lines(workspace.text(file) or "", "utf-32")
    text = lines.text
    for span in sorted(spans, reverse=True):
        text = text[: lines.at(span.line, span.column)] + name + text[lines.at(span.end_line, span.end_column) :]
    return text


def _prove(workspace: Workspace, before: list[Analysis], changed: Mapping[Path, str], old: str, name: str) -> None:
    """The rulebooks check as before, and the new name has every place the old one had and no more."""
    copy = Workspace(workspace.folders, {**workspace.unsaved, **changed})
    for one in before:
        after = copy.analyse(one.path, copy.unsaved)
        news = Counter(map(_told, after.found)) - Counter(_told(finding) for finding in one.found)
        for finding in after.found:
            if news[_told(finding)]:
                raise Refused(
                    f"`{name}` will not do: {finding.message} ({Path(finding.span.file).name}:{finding.span.line})"
                )
        if _shapes(workspace, one, old, name) != _shapes(copy, after, old, name):
            raise Refused(
                f"`{name}` means something else in {one.path.name}: another name there would change its meaning"
            )


def _told(finding: Diagnostic) -> tuple[str, str]:
    return finding.code, finding.span.file


def _shapes(workspace: Workspace, analysis: Analysis, old: str, new: str) -> Counter[tuple[str, int, str, str, str]]:
    """The names of a rulebook by line and by what they stand for, the old name and the new made one."""

    def one(name: str) -> str:
        before, dot, last = name.rpartition(".")
        return before + dot + new if last == old else name

    return Counter(
        (
            named.span.file,
            named.span.line,
            named.symbol.what,
            "" if named.symbol.what == "binder" else one(named.symbol.owner),
            one(named.symbol.name),
        )
        for named in occurrences(workspace, analysis, (old, new))
    )
