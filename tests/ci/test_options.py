"""What every verb with findings can be told: where they go, how little is said, and that the text is on stdin."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

GOOD = "rulebook: pm\nlanguage: 1\nnumeraire: USD\nparameters: { trigger: 80% }\n"
BROKEN = GOOD.replace("80%", "80 USC")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "pm.yaml").write_text(BROKEN, "utf-8")
    return tmp_path


def test_findings_in_a_file_are_told_in_the_log_too(folder: Path, run_cli: Any) -> None:
    done = run_cli("validate", "--format", "sarif", "--output", "found.sarif", cwd=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads((folder / "found.sarif").read_text("utf-8"))["version"] == "2.1.0"
    assert done.stderr.startswith("error[MC204]: ")
    assert done.stderr.endswith("\n\n1 file: 1 error. `marginc explain MC204` tells more.\n")


def test_a_file_that_cannot_be_written_is_exit_code_2(folder: Path, run_cli: Any) -> None:
    done = run_cli("validate", "-o", "nowhere/found.json", cwd=folder)
    assert (done.returncode, done.stderr) == (2, "error: nowhere/found.json: no such file or directory\n")


def test_quiet_is_findings_alone(folder: Path, run_cli: Any) -> None:
    loud, quiet = (run_cli("validate", *flags, cwd=folder) for flags in ((), ("--quiet",)))
    assert loud.stdout == quiet.stdout + "\n1 file: 1 error. `marginc explain MC204` tells more.\n"
    (folder / "rules" / "pm.yaml").write_text(GOOD, "utf-8")
    assert run_cli("validate", "-q", cwd=folder) == type(loud)(0, "", "")
    assert run_cli("validate", "-q", "--format", "json", cwd=folder) == type(loud)(0, "[]\n", "")


@pytest.mark.parametrize("verb", ["validate", "lint"])
def test_text_on_stdin_is_the_file_it_is_said_to_be(folder: Path, run_cli: Any, verb: str) -> None:
    """Its parent is looked up beside that name; the text counts, not what the disk holds."""
    (folder / "rules" / "base.yaml").write_text(GOOD.replace("pm", "base"), "utf-8")
    text = "rulebook: pm\nlanguage: 1\nextends: base.yaml\nparameters: { trigger: 80 USC }\n"
    done = run_cli(verb, "-", "--stdin-filename", "rules/pm.yaml", "--format", "concise", cwd=folder, input=text)
    assert done.returncode == 1
    assert "rules/pm.yaml:4:24: MC211 `USC` is no unit\n" in done.stdout
    right = text.replace("80 USC", "90%")
    done = run_cli("validate", "-", "--stdin-filename", "rules/pm.yaml", cwd=folder, input=right)
    assert (done.returncode, done.stdout) == (0, "2 files: no findings.\n")


def test_text_on_stdin_without_a_name(folder: Path, run_cli: Any) -> None:
    done = run_cli("validate", "-", cwd=folder, input=BROKEN)
    assert done.returncode == 1
    assert "  ┌─ standard input:4:15\n 4│ parameters: { trigger: 80 USC }\n" in done.stdout
    assert run_cli("validate", "-", cwd=folder, input="").returncode == 1


@pytest.mark.parametrize("arguments", [("-", "rules"), ("--stdin-filename", "a.yaml")])
def test_stdin_is_checked_alone(folder: Path, run_cli: Any, arguments: tuple[str, ...]) -> None:
    done = run_cli("validate", *arguments, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_colours_on_a_terminal_unless_they_are_refused(folder: Path, no_color: str, coloured: bool) -> None:
    """https://no-color.org: any value that is not empty refuses them."""
    screen, terminal = pty.openpty()
    environment = {**os.environ, "NO_COLOR": no_color, "TERM": "xterm"}
    command = [sys.executable, "-m", "marginc", "validate", "-q", "--no-cache"]
    done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=terminal, check=False)
    os.close(terminal)
    shown = os.read(screen, 1 << 16).decode()
    os.close(screen)
    assert done.returncode == 1
    assert "error" in shown
    assert ("\x1b[" in shown) == coloured
