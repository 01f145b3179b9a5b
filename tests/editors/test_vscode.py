"""The extension for VS Code: what it names exists, and npm builds and packages it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from marginc.cli import VERBS

EXTENSION = Path(__file__).resolve().parents[2] / "editors" / "vscode"
PACKAGED = ("package.json", "package-lock.json", "extension.js", "README.md", ".vscodeignore")
SLOW = 300
"""Seconds a registry has to answer."""


def manifest() -> dict[str, object]:
    read: dict[str, object] = json.loads((EXTENSION / "package.json").read_text("utf-8"))
    return read


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=SLOW)


def test_it_starts_a_verb_that_there_is() -> None:
    code = (EXTENSION / "extension.js").read_text("utf-8")
    (verb,) = re.findall(r'args: \["(\w+)"\]', code)
    assert verb in VERBS
    for setting in re.findall(r'affectsConfiguration\("([\w.]+)"\)', code):
        assert setting in json.dumps(manifest())
    for command in re.findall(r'registerCommand\("([\w.]+)"', code):
        assert f'"command": "{command}"' in json.dumps(manifest())


def test_its_lock_names_no_host_and_agrees_with_its_manifest() -> None:
    lock = json.loads((EXTENSION / "package-lock.json").read_text("utf-8"))
    assert "://" not in json.dumps(lock)
    assert lock["packages"][""]["dependencies"] == manifest()["dependencies"]
    assert all(one.get("integrity", "").startswith("sha512-") for name, one in lock["packages"].items() if name)


def test_npm_builds_and_packages_it(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: the extension is built with it")
    for name in PACKAGED:
        shutil.copy(EXTENSION / name, tmp_path)
    try:
        asked = run(tmp_path, npm, "view", "vscode-languageclient@9.0.1", "version")
        if asked.returncode != 0:
            pytest.skip(f"the npm registry does not answer: {asked.stderr.strip().splitlines()[-1:]}")
        built = run(tmp_path, npm, "ci", "--no-audit", "--no-fund")
        assert built.returncode == 0, built.stderr
        checked = run(tmp_path, npm, "run", "check")
        assert checked.returncode == 0, checked.stderr
        packaged = run(tmp_path, npm, "run", "package")
        assert packaged.returncode == 0, packaged.stdout + packaged.stderr
    except subprocess.TimeoutExpired as slow:
        pytest.skip(f"the npm registry takes longer than {SLOW} s: {slow.cmd}")
    with zipfile.ZipFile(tmp_path / "marginc.vsix") as vsix:
        names = set(vsix.namelist())
        assert {"extension/package.json", "extension/extension.js", "extension.vsixmanifest"} <= names
        assert any(name.startswith("extension/node_modules/vscode-languageclient/") for name in names)
        assert json.loads(vsix.read("extension/package.json"))["name"] == "marginc"


def test_its_code_loads_beside_an_editor_that_is_only_named(tmp_path: Path) -> None:
    """`activate` starts a client with the command of the settings; node runs it against a stand-in of VS Code's API."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: the extension runs in it")
    modules = tmp_path / "node_modules"
    (modules / "vscode-languageclient").mkdir(parents=True)
    (modules / "vscode").mkdir()
    (modules / "vscode-languageclient" / "node.js").write_text(
        "exports.LanguageClient = class { constructor(id, name, server, options) { this.server = server;"
        " this.options = options; } async start() { console.log(JSON.stringify([this.server, this.options]));"
        " } async stop() { console.log('stopped'); } };"
    )
    (modules / "vscode" / "index.js").write_text(
        "module.exports = { workspace: { getConfiguration: () => ({ get: () => './.venv/bin/marginc' }),"
        " workspaceFolders: [{ uri: { fsPath: '/rules' } }], createFileSystemWatcher: (glob) => glob,"
        " onDidChangeConfiguration: () => ({}) }, commands: { registerCommand: () => ({}) }, window: {} };"
    )
    shutil.copy(EXTENSION / "extension.js", tmp_path)
    play = "const e = require('./extension.js'); e.activate({ subscriptions: [] }).then(() => e.deactivate());"
    done = run(tmp_path, node, "-e", play)
    assert done.returncode == 0, done.stderr
    started, stopped = done.stdout.splitlines()
    server, options = json.loads(started)
    assert server == {"command": "/rules/.venv/bin/marginc", "args": ["lsp"]}
    assert options["documentSelector"] == [{"scheme": "file", "language": "yaml"}]
    assert stopped == "stopped"
