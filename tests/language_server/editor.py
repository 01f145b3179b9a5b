"""An editor for tests: a real client of the Language Server Protocol, talking to `marginc lsp` over its stdio."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TypeVar

import pytest

pytest.importorskip("pygls", reason="the language server is an extra: pip install 'marginc[lsp]'")

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

Answer = TypeVar("Answer")
PATIENCE = 60.0
OPTIONS = lsp.FormattingOptions(tab_size=2, insert_spaces=True)


class Editor:
    """Opens files of a folder, edits them without saving, and asks the server about what it shows."""

    def __init__(self, folder: Path):
        self.folder = folder.resolve()
        self.client = LanguageClient("editor", "1")
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.findings: dict[str, list[lsp.Diagnostic]] = {}
        self.told = asyncio.Condition()
        self.milliseconds: dict[str, list[float]] = {}

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        async def published(params: lsp.PublishDiagnosticsParams) -> None:
            async with self.told:
                self.findings[params.uri] = list(params.diagnostics)
                self.told.notify_all()

    async def start(self, encoding: lsp.PositionEncodingKind | None = None) -> lsp.InitializeResult:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        await self.client.start_io(sys.executable, "-m", "marginc", "lsp", cwd=self.folder, env=environment)
        general = lsp.GeneralClientCapabilities(position_encodings=[encoding]) if encoding else None
        folders = [lsp.WorkspaceFolder(self.folder.as_uri(), self.folder.name)]
        result = await self.client.initialize_async(
            lsp.InitializeParams(
                capabilities=lsp.ClientCapabilities(general=general),
                root_uri=self.folder.as_uri(),
                workspace_folders=folders,
            )
        )
        self.client.initialized(lsp.InitializedParams())
        return result

    async def quit(self) -> int:
        """Leaves as editors do; the exit code of the server."""
        await self.client.shutdown_async(None)
        self.client.exit(None)
        assert self.process.returncode is None or self.process.returncode == 0
        return await asyncio.wait_for(self.process.wait(), 20)

    @property
    def process(self) -> asyncio.subprocess.Process:
        process = self.client._server
        assert process is not None
        return process

    # ---- documents

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def document(self, name: str) -> lsp.TextDocumentIdentifier:
        return lsp.TextDocumentIdentifier(self.uri(name))

    def open(self, name: str, text: str | None = None) -> None:
        self.texts[name] = (self.folder / name).read_text("utf-8") if text is None else text
        self.versions[name] = 1
        item = lsp.TextDocumentItem(self.uri(name), "yaml", 1, self.texts[name])
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    def change(self, name: str, old: str, new: str) -> None:
        """Types `new` over the one place of `old`, without saving."""
        assert self.texts[name].count(old) == 1, f"{old!r} stands {self.texts[name].count(old)} times in {name}"
        start = self.texts[name].index(old)
        self.replace(name, start, start + len(old), new)

    def replace(self, name: str, start: int, end: int, new: str) -> None:
        where = lsp.Range(self.place(name, start), self.place(name, end))
        self.texts[name] = self.texts[name][:start] + new + self.texts[name][end:]
        self.versions[name] += 1
        changed = lsp.TextDocumentContentChangePartial(range=where, text=new)
        document = lsp.VersionedTextDocumentIdentifier(self.versions[name], self.uri(name))
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [changed]))

    def apply(self, edit: lsp.WorkspaceEdit | None) -> None:
        """What an editor does with an edit: open files change, the others on the disk."""
        assert edit is not None
        assert edit.changes is not None
        for uri, edits in edit.changes.items():
            name = next(name for name in self._names() if self.uri(name) == uri)
            if name not in self.texts:
                self.texts[name] = (self.folder / name).read_text("utf-8")
                (self.folder / name).write_text(self.edited(name, edits), "utf-8")
                self.texts.pop(name)
                continue
            for one in sorted(edits, key=lambda one: one.range.start, reverse=True):
                self.replace(name, self.offset(name, one.range.start), self.offset(name, one.range.end), one.new_text)

    def edited(self, name: str, edits: list[lsp.TextEdit]) -> str:
        text = self.texts[name]
        for one in sorted(edits, key=lambda one: one.range.start, reverse=True):
            text = text[: self.offset(name, one.range.start)] + one.new_text + text[self.offset(name, one.range.end) :]
        return text

    def _names(self) -> list[str]:
        return [path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.yaml")] + list(self.texts)

    # ---- places, in UTF-16 as the protocol counts by default

    def place(self, name: str, offset: int) -> lsp.Position:
        before = self.texts[name][:offset]
        row = before.rpartition("\n")[2]
        return lsp.Position(before.count("\n"), len(row.encode("utf-16-le")) // 2)

    def offset(self, name: str, place: lsp.Position) -> int:
        lines = self.texts[name].split("\n")
        row = lines[place.line].encode("utf-16-le")[: 2 * place.character].decode("utf-16-le")
        return sum(len(line) + 1 for line in lines[: place.line]) + len(row)

    def at(self, name: str, marked: str) -> lsp.Position:
        """The place of `¦` in the one stretch of the text that reads so without it."""
        text = marked.replace("¦", "")
        assert self.texts[name].count(text) == 1, f"{text!r} stands {self.texts[name].count(text)} times in {name}"
        return self.place(name, self.texts[name].index(text) + marked.index("¦"))

    def shown(self, name: str, where: lsp.Range) -> str:
        """The text at a range."""
        return self.texts[name][self.offset(name, where.start) : self.offset(name, where.end)]

    # ---- questions

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for findings until something holds."""
        async with self.told:
            await asyncio.wait_for(self.told.wait_for(holds), PATIENCE)

    def codes(self, name: str) -> list[str]:
        return [str(one.code) for one in self.findings.get(self.uri(name), [])]

    def blamed(self, name: str) -> dict[str, lsp.Diagnostic]:
        """The findings of a file by the text they are about."""
        return {self.shown(name, one.range): one for one in self.findings[self.uri(name)]}

    async def timed(self, what: str, question: Coroutine[object, object, Answer]) -> Answer:
        begin = time.perf_counter()
        answer = await asyncio.wait_for(question, PATIENCE)
        self.milliseconds.setdefault(what, []).append((time.perf_counter() - begin) * 1000)
        return answer

    async def hover(self, name: str, marked: str) -> str:
        asked = lsp.HoverParams(self.document(name), self.at(name, marked))
        answer = await self.timed("hover", self.client.text_document_hover_async(asked))
        contents = answer.contents if answer is not None else None
        return contents.value if isinstance(contents, lsp.MarkupContent) else ""

    async def complete(self, name: str, marked: str) -> dict[str, lsp.CompletionItem]:
        asked = lsp.CompletionParams(self.document(name), self.at(name, marked))
        answer = await self.timed("completion", self.client.text_document_completion_async(asked))
        assert isinstance(answer, lsp.CompletionList)
        return {item.label: item for item in answer.items}

    async def definition(self, name: str, marked: str) -> list[str]:
        """`file:line:column` of each place, counted from 1."""
        asked = lsp.DefinitionParams(self.document(name), self.at(name, marked))
        answer = await self.timed("definition", self.client.text_document_definition_async(asked))
        assert isinstance(answer, list)
        found = [one for one in answer if isinstance(one, lsp.Location)]
        assert len(found) == len(answer)
        return [f"{self._short(one.uri)}:{one.range.start.line + 1}:{one.range.start.character + 1}" for one in found]

    def _short(self, uri: str) -> str:
        return uri.removeprefix(f"{self.folder.as_uri()}/")

    async def references(self, name: str, marked: str) -> list[int]:
        """The lines of the places, counted from 1."""
        where, context = self.at(name, marked), lsp.ReferenceContext(include_declaration=True)
        asked = lsp.ReferenceParams(context=context, text_document=self.document(name), position=where)
        answer = await self.timed("references", self.client.text_document_references_async(asked))
        return [one.range.start.line + 1 for one in answer or []]

    async def rename(self, name: str, marked: str, new: str) -> lsp.WorkspaceEdit | None:
        asked = lsp.RenameParams(self.document(name), self.at(name, marked), new)
        return await self.timed("rename", self.client.text_document_rename_async(asked))

    async def actions(self, name: str, finding: lsp.Diagnostic) -> list[lsp.CodeAction]:
        asked = lsp.CodeActionParams(self.document(name), finding.range, lsp.CodeActionContext([finding]))
        answer = await self.timed("code action", self.client.text_document_code_action_async(asked))
        return [one for one in answer or [] if isinstance(one, lsp.CodeAction)]

    async def format(self, name: str) -> None:
        asked = lsp.DocumentFormattingParams(self.document(name), OPTIONS)
        edits = await self.timed("format", self.client.text_document_formatting_async(asked))
        self.apply(lsp.WorkspaceEdit(changes={self.uri(name): list(edits or [])}))


def play(
    folder: Path, session: Callable[[Editor], Awaitable[None]], encoding: lsp.PositionEncodingKind | None = None
) -> Editor:
    """One session from start to quit; afterwards no process is left, and nothing was said on stderr."""

    async def whole() -> Editor:
        editor = Editor(folder)
        await editor.start(encoding)
        try:
            await session(editor)
            assert await editor.quit() == 0
            stderr = editor.process.stderr
            assert stderr is not None
            said = (await stderr.read()).decode()
            assert said == "", said
        finally:
            if editor.process.returncode is None:
                editor.process.kill()
                await editor.process.wait()
        return editor

    return asyncio.run(whole())
