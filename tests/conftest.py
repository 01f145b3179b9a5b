"""What every test may ask for: the recorded vectors, and the command line in a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import settings

settings.register_profile("soak", max_examples=2_000)  # pytest --hypothesis-profile soak tests/laws

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("MARGINC_CACHE_DIR", str(ROOT / "build" / "cache"))  # not the cache of who runs the tests
WRITES = {
    "--update-bad": "rewrite tests/bad/*.expected; read every line of the difference",
    "--write-docs": "write what a run finds, and what commands print, into docs/*.md",
    "--write-readme": "write what its commands print into README.md (pytest tests/readme --write-readme)",
    "--explain-all": "explain every definition of every account of every case: minutes",
}
"""Options of single folders; here, because two folders may not add one option both."""
TIME_LIMIT = 60.0
"""Seconds after which a command is stopped; no command of a test should come near it."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended: its exit code and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


class RunCli(Protocol):
    def __call__(
        self,
        *arguments: str | Path,
        cwd: Path = ...,
        input: str | None = ...,
        env: Mapping[str, str] | None = ...,
    ) -> Finished: ...


class RootIsNoTestPackage:
    """Keeps pytest from importing the root's `__init__.py` a second time, under the name of the checkout's folder.

    pytest imports every package on the way to a test for its `setup_module`; the root is one, but not of tests.
    """

    @staticmethod
    def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        return pytest.Dir.from_parent(parent, path=path) if path == ROOT else None


def pytest_configure(config: pytest.Config) -> None:
    # Registered by hand: a hook of this file itself is asked only about what lies below tests/.
    config.pluginmanager.register(RootIsNoTestPackage())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--vectors",
        metavar="DIR",
        type=Path,
        default=ROOT.parent / "shared",
        help="the folder that holds vectors/ and facts/ (default: `shared` beside the project)",
    )
    for flag, what in WRITES.items():
        parser.addoption(flag, action="store_true", help=what)


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's root, which is the package itself."""
    return ROOT


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> Path:
    """The folder of recorded answers; tests that need it are skipped where it is absent."""
    folder: Path = pytestconfig.getoption("--vectors")
    if not (folder / "vectors").is_dir():
        pytest.skip(f"no recorded vectors: `{folder}` has no folder `vectors`; name one with --vectors DIR")
    return folder.resolve()


@pytest.fixture(scope="session")
def write_docs(pytestconfig: pytest.Config) -> bool:
    """Whether pages are to be written anew."""
    return bool(pytestconfig.getoption("--write-docs"))


@pytest.fixture(scope="session")
def marked(write_docs: bool) -> Callable[[Path, str, str], None]:
    """Holds what stands between `<!-- NAME: ... -->` and `<!-- end of NAME -->` of a page to a text, or writes it."""

    def hold(page: Path, name: str, text: str) -> None:
        parts = re.fullmatch(
            f"(.*<!-- {name}: [^\\n]* -->\\n)(.*)(<!-- end of {name} -->.*)", page.read_text("utf-8"), re.DOTALL
        )
        assert parts is not None, f"{page.name} has no part `{name}`"
        if write_docs:
            page.write_text(f"{parts[1]}\n{text}\n\n{parts[3]}", "utf-8")
        else:
            assert parts[2].strip() == text, f"{page.name} says something else; write it with --write-docs"

    return hold


@pytest.fixture(scope="session")
def run_cli(tmp_path_factory: pytest.TempPathFactory) -> RunCli:
    """Runs `python -m marginc ARGUMENTS`; `env` is added to an environment without colours and of fixed width."""
    cache = str(tmp_path_factory.mktemp("clean"))
    fixed = {"MARGINC_CACHE_DIR": cache, "NO_COLOR": "1", "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"}

    def run(
        *arguments: str | Path,
        cwd: Path = ROOT,
        input: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Finished:
        done = subprocess.run(
            [sys.executable, "-m", "marginc", *map(str, arguments)],
            cwd=cwd,
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            env={**os.environ, **fixed, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            timeout=TIME_LIMIT,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    return run
