"""The Language Server Protocol over stdio: each question an editor asks goes to the module that knows the answer."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from lsprotocol import types as lsp
from pygls import uris
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from .. import __version__
from ..compiler.format import format_rulebook
from ..program.diagnostic import Diagnostic, Span
from . import rename as renaming
from .complete import MOST, completions
from .find import declarations, file_at, name_at
from .find import references as references_of
from .hover import hover
from .positions import Lines
from .protocol import completion, diagnostic, edits, location, range_of
from .session import Session
from .workspace import Analysis, Workspace, resolved

SLICE = 0.0005
"""Seconds a check may go on while a question waits: a question changes threads several times on its way, and with
Python's own 5 ms each of these costs as much as the answer."""


class RequestFailed(JsonRpcException):
    """A question answered with a sentence that says why not; an answer, and no error of the server's."""

    CODE = -32803  # LSP 3.17, ErrorCodes.RequestFailed


def _is_error(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], RequestFailed)


class RulesServer(LanguageServer):
    """The server with its session and the names by which the editor knows files."""

    def __init__(self) -> None:
        super().__init__("marginc", __version__)
        self.uris: dict[str, str] = {}
        self.counted: dict[str, Lines] = {}
        self.session = Session(Workspace(), self.publish)

    def path(self, uri: str) -> Path:
        """The file of a URI; a document that is no file is named by its URI and lies nowhere."""
        name = uris.to_fs_path(uri)
        path = resolved(Path(name)) if name else Path("/") / uri.replace("/", "_")
        self.uris[path.as_posix()] = uri
        return path

    def uri(self, file: str) -> str:
        return self.uris.get(file) or uris.from_fs_path(file) or file

    def lines(self, file: str) -> Lines:
        text = (self.session.workspace.text(Path(file)) or "").removeprefix("\ufeff")
        known = self.counted.get(file)
        if known is None or known.text != text:
            known = self.counted[file] = Lines(text, self.encoding)
        return known

    @property
    def encoding(self) -> str:
        return str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding) or "utf-16")

    def publish(self, file: str, found: list[Diagnostic]) -> None:
        told = [diagnostic(finding, self.lines, self.uri) for finding in found]
        self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(self.uri(file), told))

    async def asked(
        self, document: lsp.TextDocumentIdentifier, place: lsp.Position
    ) -> tuple[Analysis | None, Path, Lines, int]:
        """What a question is about: its rulebook, file, lines, and the offset of its place."""
        path = self.path(document.uri)
        lines = self.lines(path.as_posix())
        return await self.session.known(path), path, lines, lines.offset(place.line, place.character)


def build_server() -> RulesServer:
    """A server that answers; `start_io` runs it on stdin and stdout."""
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_is_error)
    sys.setswitchinterval(SLICE)
    server = RulesServer()
    _documents(server)
    _answers(server)
    _changes(server)
    return server


def _documents(server: RulesServer) -> None:
    session = server.session

    @server.feature(lsp.INITIALIZED)
    def initialized(_: lsp.InitializedParams) -> None:
        folders = [uris.to_fs_path(folder.uri) for folder in server.workspace.folders.values()]
        folders = folders or [server.workspace.root_path]
        session.workspace.folders = [resolved(Path(folder)) for folder in folders if folder]

    def take(uri: str, pause: float | None = None) -> None:
        path = server.path(uri)
        session.workspace.unsaved[path] = server.workspace.get_text_document(uri).source
        if session.workspace.is_rulebook(path):
            session.changed(path, *([] if pause is None else [pause]))

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        take(params.text_document.uri, 0)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        take(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        take(params.text_document.uri, 0)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    async def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        session.closed(server.path(params.text_document.uri))

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(params: lsp.DidChangeWatchedFilesParams) -> None:
        for change in params.changes:
            path = server.path(change.uri)
            if path in session.workspace.latest or session.workspace.known(path) is not None:
                session.changed(path)

    @server.feature(lsp.SHUTDOWN)
    def stopped(_: None) -> None:
        session.stop()


def _answers(server: RulesServer) -> None:
    workspace = server.session.workspace

    @server.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[".", '"', " ", "{", "%"]))
    async def complete(params: lsp.CompletionParams) -> lsp.CompletionList:
        analysis, path, lines, offset = await server.asked(params.text_document, params.position)
        found = completions(analysis, path, lines.text, offset) if analysis is not None else []
        items = [completion(item, lines, offset, order) for order, item in enumerate(found[:MOST])]
        return lsp.CompletionList(is_incomplete=len(found) > MOST, items=items)

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def told(params: lsp.HoverParams) -> lsp.Hover | None:
        analysis, path, lines, offset = await server.asked(params.text_document, params.position)
        found = hover(workspace, analysis, path, offset) if analysis is not None else None
        if found is None:
            return None
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, found[0]), range_of(found[1], lines))

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    async def declared(params: lsp.DefinitionParams) -> list[lsp.Location]:
        analysis, path, _, offset = await server.asked(params.text_document, params.position)
        file = file_at(workspace, path, offset)
        if file is not None:
            return [location(Span(file.as_posix()), server.lines, server.uri)]
        named = name_at(workspace, analysis, path, offset) if analysis is not None else None
        if named is None or analysis is None:
            return []
        spans = declarations(workspace, analysis, named.symbol)
        others = [span for span in spans if span != named.span]  # on a declaration: the word it replaces
        return [location(span, server.lines, server.uri) for span in (others or spans)[:1]]

    @server.feature(lsp.TEXT_DOCUMENT_REFERENCES)
    async def references(params: lsp.ReferenceParams) -> list[lsp.Location]:
        analysis, path, _, offset = await server.asked(params.text_document, params.position)
        named = name_at(workspace, analysis, path, offset) if analysis is not None else None
        if named is None or analysis is None:
            return []
        found = await server.session.beside(references_of, workspace, analysis, named.symbol)
        return [location(one.span, server.lines, server.uri) for one in found]


def _changes(server: RulesServer) -> None:
    workspace = server.session.workspace

    @server.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
    async def prepare(params: lsp.PrepareRenameParams) -> lsp.Range:
        analysis, path, lines, offset = await server.asked(params.text_document, params.position)
        if analysis is None:
            raise RequestFailed("this file is no rulebook that can be read yet")
        try:
            return range_of(renaming.renamable(workspace, analysis, path, offset).span, lines)
        except renaming.Refused as refused:
            raise RequestFailed(refused.reason) from None

    @server.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
    async def rename(params: lsp.RenameParams) -> lsp.WorkspaceEdit:
        analysis, path, _, offset = await server.asked(params.text_document, params.position)
        if analysis is None:
            raise RequestFailed("this file is no rulebook that can be read yet")
        try:
            found = await server.session.beside(renaming.rename, workspace, analysis, path, offset, params.new_name)
        except renaming.Refused as refused:
            raise RequestFailed(refused.reason) from None
        return edits(
            ((span, found.name) for spans in found.places.values() for span in spans), server.lines, server.uri
        )

    @server.feature(lsp.TEXT_DOCUMENT_FORMATTING)
    def formatted(params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit]:
        path = server.path(params.text_document.uri)
        lines = server.lines(path.as_posix())
        result = format_rulebook(lines.text, path.as_posix(), path)
        return [lsp.TextEdit(range_of(fix.span, lines), fix.text) for fix in result.edits]

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])
    )
    async def actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        path = server.path(params.text_document.uri)
        await server.session.checked(path)  # a fix is for the text as it is now
        lines = server.lines(path.as_posix())
        found = [one for one in server.session.findings(path) if one.fixes and _touches(one, lines, params.range)]
        return [_action(server, finding) for finding in found]


def _touches(finding: Diagnostic, lines: Lines, wanted: lsp.Range) -> bool:
    place = range_of(finding.span, lines)
    return place.start <= wanted.end and wanted.start <= place.end


def _action(server: RulesServer, finding: Diagnostic) -> lsp.CodeAction:
    """All the replacements that together make a finding go away, as one step."""
    changed = edits(((fix.span, fix.text) for fix in finding.fixes), server.lines, server.uri)
    written = finding.fixes[0].text.strip() or "nothing"
    return lsp.CodeAction(
        title=f"write `{written}`" if len(finding.fixes) == 1 and len(written) <= 60 else finding.hint or finding.help,
        kind=lsp.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(finding, server.lines, server.uri)],
        is_preferred=True,
        edit=changed,
    )
