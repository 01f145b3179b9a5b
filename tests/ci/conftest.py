"""Git, and the example repository of rules with a history of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "rules-repo"
IDENTITY = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@northgate.example",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@northgate.example",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Repository:
    """A folder under git, in which programs are run as on a machine of its own."""

    path: Path
    cache: Path

    def run(self, *command: str | Path, env: dict[str, str] | None = None) -> Ended:
        """Runs a program there, with the `marginc` of this tree on its path, and nothing set that is ours."""
        here = {key: value for key, value in os.environ.items() if not key.startswith(("MARGINC", "GIT_", "INPUT_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{here['PATH']}"
        fixed = {"PATH": path, "NO_COLOR": "1", "COLUMNS": "120", "MARGINC_CACHE_DIR": str(self.cache)}
        done = subprocess.run(
            [str(part) for part in command],
            cwd=self.path,
            env={**here, **IDENTITY, **fixed, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def git(self, *arguments: str) -> str:
        done = self.run("git", *arguments)
        assert done.code == 0, f"git {' '.join(arguments)}\n{done.out}{done.err}"
        return done.out

    def commit(self, message: str) -> str:
        """Commits all that there is; gives the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def edit(self, file: str, old: str, new: str) -> None:
        """Replaces what stands once in a file."""
        path = self.path / file
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{file} does not hold this once: {old}"
        path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """The example as a team's own repository, its first commit made."""
    if shutil.which("git") is None:
        pytest.skip("there is no `git` on this machine")
    made = Repository(tmp_path / "rules-repo", tmp_path / "clean")
    shutil.copytree(EXAMPLE, made.path)
    made.git("init", "--quiet", "--initial-branch", "main")
    made.commit("Begin with the terms of the first two notices")
    return made
