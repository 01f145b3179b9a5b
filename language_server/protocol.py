"""Our findings, names and edits as the Language Server Protocol writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from lsprotocol import types as lsp

from ..program.diagnostic import Diagnostic, Span
from .complete import Item
from .positions import Lines

LinesOf = Callable[[str], Lines]
"""The lines of a file by its name in spans."""
UriOf = Callable[[str], str]

_KINDS = {
    "key": lsp.CompletionItemKind.Property,
    "value": lsp.CompletionItemKind.Value,
    "field": lsp.CompletionItemKind.Field,
    "definition": lsp.CompletionItemKind.Variable,
    "function": lsp.CompletionItemKind.Function,
    "rows": lsp.CompletionItemKind.Class,
    "binder": lsp.CompletionItemKind.Variable,
    "keyword": lsp.CompletionItemKind.Keyword,
    "unit": lsp.CompletionItemKind.Unit,
    "type": lsp.CompletionItemKind.TypeParameter,
}


def range_of(span: Span, lines: Lines) -> lsp.Range:
    """A span as an editor counts it; one that knows no place is the first line."""
    if not span.line:
        return lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
    start, end = lines.place_of(span.line, span.column), lines.place_of(span.end_line, span.end_column)
    return lsp.Range(lsp.Position(*start), lsp.Position(*end))


def location(span: Span, lines_of: LinesOf, uri_of: UriOf) -> lsp.Location:
    return lsp.Location(uri_of(span.file), range_of(span, lines_of(span.file)))


def diagnostic(finding: Diagnostic, lines_of: LinesOf, uri_of: UriOf) -> lsp.Diagnostic:
    """A finding with its help below the sentence, and the places that explain it."""
    severity = lsp.DiagnosticSeverity.Error if finding.severity == "error" else lsp.DiagnosticSeverity.Warning
    first = f"{finding.message}: {finding.label}" if finding.label else finding.message
    return lsp.Diagnostic(
        range=range_of(finding.span, lines_of(finding.span.file)),
        message=f"{first}\nhelp: {finding.help}" if finding.help else first,
        severity=severity,
        code=finding.code,
        source="marginc",
        related_information=[
            lsp.DiagnosticRelatedInformation(location(note.span, lines_of, uri_of), note.text) for note in finding.notes
        ],
    )


def edits(replacements: Iterable[tuple[Span, str]], lines_of: LinesOf, uri_of: UriOf) -> lsp.WorkspaceEdit:
    """Texts instead of what stands at spans, in all the files they name."""
    changes: dict[str, list[lsp.TextEdit]] = {}
    for span, text in replacements:
        changes.setdefault(uri_of(span.file), []).append(lsp.TextEdit(range_of(span, lines_of(span.file)), text))
    return lsp.WorkspaceEdit(changes=changes)


def completion(item: Item, lines: Lines, offset: int, order: int) -> lsp.CompletionItem:
    """An item that replaces what is typed of it before the cursor."""
    start, end = lines.place(max(offset - item.replaces, 0)), lines.place(offset)
    plain = item.text.isidentifier() and start == end  # what an editor inserts anyway
    return lsp.CompletionItem(
        label=item.label,
        kind=_KINDS[item.what],
        detail=item.detail or None,
        documentation=item.about or None,
        sort_text=f"{order:04}",
        text_edit=None if plain else lsp.TextEdit(lsp.Range(lsp.Position(*start), lsp.Position(*end)), item.text),
    )


def by_file(found: Iterable[Diagnostic], files: Iterable[Path]) -> Mapping[str, list[Diagnostic]]:
    """Findings by the file they are about; files without findings have an empty list."""
    result: dict[str, list[Diagnostic]] = {path.as_posix(): [] for path in files}
    for finding in found:
        result.setdefault(finding.span.file, []).append(finding)
    return result
