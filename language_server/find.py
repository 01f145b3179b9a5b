"""The name under the cursor, and the places where it is said what it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..compiler.source import Mapping, Scalar
from ..program.diagnostic import Span
from .names import Named, Symbol
from .places import mentions, named_places, scalar_at
from .positions import moved
from .workspace import Analysis, Workspace, resolved

FILE_KEYS = ("extends", "rulebook")
SUFFIXES = (".yaml", ".yml")


def name_at(workspace: Workspace, analysis: Analysis, path: Path, offset: int) -> Named | None:
    """The innermost name at an offset of a file as it is now, by what was last known of its rulebook."""
    alone = workspace.alone(path, offset)
    if alone is None or analysis.structure is None:
        return None
    layers = workspace.entry(path, offset, analysis.prefixes.get(path, ""))
    here = alone.file.span(offset, offset)
    touching = [
        named
        for named in named_places(layers, analysis.structure, scalar_at(offset))
        if _start(named.span) <= _start(here) <= (named.span.end_line, named.span.end_column)
    ]
    return min(touching, key=lambda named: named.span.end_column - named.span.column, default=None)


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def declarations(workspace: Workspace, analysis: Analysis, symbol: Symbol) -> list[Span]:
    """Where it is said what a name is: the word that counts first, then those it replaced."""
    if analysis.structure is None:
        return []
    if symbol.what == "binder":
        file, line, column = symbol.owner.rsplit(":", 2)
        start = Span(file, int(line), int(column), int(line), int(column) + len(symbol.name))
        return [start]
    found: list[Span] = []
    for path in reversed(list(analysis.prefixes)):  # the files are in order, the oldest ancestor first
        old, new = analysis.texts.get(path, ""), workspace.text(path) or ""
        now = [moved(one.span, old, new) for one in _as_checked(analysis, path, symbol) if one.declares]
        if None in now:  # it was declared where somebody writes now
            names = named_places(workspace.layers(analysis, path), analysis.structure, expressions=False, wanted=symbol)
            now = [one.span for one in names if one.declares]
        found += [span for span in now if span is not None]
    return found


def _as_checked(analysis: Analysis, path: Path, symbol: Symbol) -> Iterator[Named]:
    """The places of a symbol in a file of a rulebook as it was when it was checked, those in expressions left out."""
    assert analysis.source is not None
    assert analysis.structure is not None
    name = path.as_posix()
    layers = (one for one in analysis.source.rulebook.layers if one.layer.file.name == name)
    return named_places(layers, analysis.structure, expressions=False, wanted=symbol)


def occurrences(workspace: Workspace, analysis: Analysis, words: tuple[str, ...]) -> Iterator[Named]:
    """The named places of a rulebook's files as they are now, in texts that mention one of these words."""
    if analysis.structure is None:
        return
    for path in analysis.prefixes:
        yield from named_places(workspace.layers(analysis, path), analysis.structure, mentions(words))


def references(workspace: Workspace, analysis: Analysis, symbol: Symbol) -> list[Named]:
    """The named places of one symbol."""
    words: tuple[str, ...] = (symbol.name.rpartition(".")[2],)
    kind = analysis.structure.model.kinds.get(symbol.name) if analysis.structure is not None else None
    if symbol.what in ("kind", "rows") and kind is not None:
        words = (kind.name.rpartition(".")[2], kind.plural.rpartition(".")[2] or kind.name)
    return [named for named in occurrences(workspace, analysis, words) if named.symbol == symbol]


def file_at(workspace: Workspace, path: Path, offset: int) -> Path | None:
    """The file that an offset names, in `extends:`, `imports:` or the `rulebook:` of a case file."""
    alone = workspace.alone(path, offset)
    if alone is None or alone.root is None:
        return None
    entries = [entry for key in FILE_KEYS if (entry := alone.root.get(key)) is not None]
    imports = alone.root.get("imports")
    if imports is not None and isinstance(imports.value, Mapping):
        entries += imports.value.entries
    for value in (entry.value for entry in entries):
        if isinstance(value, Scalar) and value.start <= offset <= value.end and value.text.endswith(SUFFIXES):
            target = resolved(path.parent / value.text)
            return target if target.is_file() or target in workspace.unsaved else None
    return None
