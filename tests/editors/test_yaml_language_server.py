"""Editors without our server: the YAML language server of most editors completes and checks names by our schemas."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="its client asks the questions: pip install 'marginc[lsp]'")

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from marginc.api import shipped_rules

SERVER = "yaml-language-server@1.18.0"
SLOW = 300
"""Seconds a registry has to answer."""
SETTINGS = {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("server")
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: it brings the YAML language server")
    try:
        done = subprocess.run(
            [npm, "install", SERVER, "--no-audit", "--no-fund"],
            cwd=folder, capture_output=True, text=True, check=False, timeout=SLOW,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip(f"the npm registry takes longer than {SLOW} s")
    if done.returncode != 0:
        pytest.skip(f"the npm registry does not answer: {done.stderr.strip().splitlines()[-1:]}")
    return folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


def test_it_completes_and_checks_the_names_of_a_shipped_rulebook(server: Path, tmp_path: Path) -> None:
    shutil.copytree(shipped_rules() / "hyperliquid", tmp_path / "rules")
    path = tmp_path / "rules" / "portfolio-margin.yaml"
    text = path.read_text("utf-8")
    assert text.startswith("# yaml-language-server: $schema=./portfolio-margin.schema.json\n")
    row = "  assets:\n    HYPE:\n      \n"
    broken = text.replace("  assets:\n", row, 1).replace("ltv: 65%", "lvt: 65%", 1)
    assert broken.count("lvt") == 1

    async def session() -> None:
        client = LanguageClient("editor", "1")
        told: asyncio.Queue[list[lsp.Diagnostic]] = asyncio.Queue()

        @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            told.put_nowait(list(params.diagnostics))

        @client.feature(lsp.WORKSPACE_CONFIGURATION)
        def configured(params: lsp.ConfigurationParams) -> list[object]:
            return [SETTINGS if item.section == "yaml" else None for item in params.items]

        @client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
        def registered(_: lsp.RegistrationParams) -> None:
            return None

        await client.start_io("node", str(server), "--stdio")
        try:
            wanted = lsp.ClientCapabilities(workspace=lsp.WorkspaceClientCapabilities(configuration=True))
            await client.initialize_async(lsp.InitializeParams(capabilities=wanted, root_uri=tmp_path.as_uri()))
            client.initialized(lsp.InitializedParams())
            document = lsp.TextDocumentIdentifier(path.as_uri())
            item = lsp.TextDocumentItem(path.as_uri(), "yaml", 1, text)
            client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
            assert await asyncio.wait_for(told.get(), 60) == []

            where = place(text, "ltv: 65%")
            hover = await client.text_document_hover_async(lsp.HoverParams(document, where))
            assert hover is not None
            assert isinstance(hover.contents, lsp.MarkupContent)
            assert "\n\nratio: a parameter of asset\n\n" in hover.contents.value

            whole = lsp.TextDocumentContentChangeWholeDocument(broken)
            changed = lsp.VersionedTextDocumentIdentifier(2, path.as_uri())
            client.text_document_did_change(lsp.DidChangeTextDocumentParams(changed, [whole]))
            (finding,) = await asyncio.wait_for(told.get(), 60)
            assert finding.message == "Property lvt is not allowed."
            assert finding.range.start == place(broken, "lvt")

            at = lsp.CompletionParams(document, place(broken, row, len(row) - 1))
            offered = await client.text_document_completion_async(at)
            items = offered.items if isinstance(offered, lsp.CompletionList) else offered or []
            assert {item.label: item.insert_text for item in items}["ltv"] == "ltv: ${1:0%}"
            assert "price" not in {item.label for item in items}  # snapshots bring it
        finally:
            process = client._server
            assert process is not None
            process.kill()
            await process.wait()

    asyncio.run(session())


def place(text: str, stretch: str, behind: int = 0) -> lsp.Position:
    before = text[: text.index(stretch) + behind]
    return lsp.Position(before.count("\n"), len(before.rpartition("\n")[2]))
