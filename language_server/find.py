"""The name under the cursor, and the places where it is said what it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..compiler.source import SourceFile
from ..program.diagnostic import Span
from .names import Named, Symbol
from .places import named_places, scalar_at
from .workspace import Analysis, Workspace, resolved

FILE_KEYS = ("extends", "rulebook")


def name_at(workspace: Workspace, analysis: Analysis, path: Path, offset: int) -> Named | None:
    """The innermost name at an offset of a file as it is now, by what was last known of its rulebook."""
    text = workspace.text(path)
    if text is None or analysis.structure is None:
        return None
    layers = workspace.entry(path, offset, analysis.prefixes.get(path, ""))
    here = SourceFile(path.as_posix(), text).span(offset, offset)
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
    if symbol.what == "binder":
        file, line, column = symbol.owner.rsplit(":", 2)
        start = Span(file, int(line), int(column), int(line), int(column) + len(symbol.name))
        return [start]
    names = occurrences(workspace, analysis, symbol, expressions=False)
    found = [named.span for named in names if named.declares]
    order = [path.as_posix() for path in analysis.prefixes]  # oldest ancestor first
    return sorted(found, key=lambda span: (-order.index(span.file) if span.file in order else 1, span.line))


def occurrences(
    workspace: Workspace, analysis: Analysis, symbol: Symbol | None = None, expressions: bool = True
) -> Iterator[Named]:
    """Every named place of a rulebook's files as they are now; those of one symbol where it is given."""
    if analysis.structure is None:
        return
    for path in analysis.prefixes:
        layers = workspace.layers(analysis, path)
        yield from named_places(layers, analysis.structure, expressions=expressions, wanted=symbol)


def file_at(workspace: Workspace, path: Path, offset: int) -> Path | None:
    """The file that an offset names, in `extends:`, `imports:` or the `rulebook:` of a case file."""
    parsed = workspace.parsed(path)
    if parsed is None or parsed.root is None:
        return None
    imports = parsed.root.get("imports")
    entries = [entry for key in FILE_KEYS if (entry := parsed.root.get(key)) is not None]
    entries += list(getattr(imports.value, "entries", ())) if imports is not None else []
    for entry in entries:
        text = getattr(entry.value, "text", "")
        if entry.value.start <= offset <= entry.value.end and text.endswith((".yaml", ".yml")):
            target = resolved(path.parent / text)
            return target if target.is_file() or target in workspace.unsaved else None
    return None
