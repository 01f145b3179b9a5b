"""The README, run: commands and edits in order in a copy of the tree, outputs compared, sessions of Python repeated.

After a change of what commands print: `pytest tests/readme --write-readme`, then read the difference.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from marginc.cli import VERBS

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = {"build", "dist", "tests", "benchmarks", "docs", "__pycache__"}
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of the README: its language, its text, and the line it begins on."""

    language: str
    text: str
    line: int


def blocks(readme: str) -> Iterator[Block]:
    for match in _BLOCK.finditer(readme):
        yield Block(match[1], match[2], readme.count("\n", 0, match.start()) + 1)


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block (behind `$ `) with the output that is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def edit(tree: Path, diff: str) -> None:
    """Applies a block `--- FILE`, lines that go (`-`), lines that come (`+`); the lines that go stand there once."""
    head, *lines = diff.splitlines()
    file = tree / head.removeprefix("--- ")
    old = "".join(f"{line[1:]}\n" for line in lines if line.startswith("-"))
    new = "".join(f"{line[1:]}\n" for line in lines if line.startswith("+"))
    text = file.read_text("utf-8")
    assert old
    assert new
    assert text.count(old) == 1, f"{file.name} does not hold this once:\n{old}"
    file.write_text(text.replace(old, new), "utf-8")


def environment(tree: Path) -> dict[str, str]:
    """The tree as the package `marginc`, whatever else is installed: shipped names find the copy's rules."""
    own = {"PYTHONPATH": str(tree.parent / "site"), "MARGINC_CACHE_DIR": str(tree.parent / "clean")}
    return {**os.environ, **own, "NO_COLOR": "1", "COLUMNS": "120"}


def run(tree: Path, command: str) -> str:
    """What a person sees of a command: stdout and stderr in the order in which they come."""
    program, *arguments = shlex.split(command)
    assert program == "marginc", command
    done = subprocess.run(
        [sys.executable, "-m", "marginc", *arguments],
        cwd=tree,
        env=environment(tree),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.stdout


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the package that can be edited."""
    copy = tmp_path / "marginc"
    shutil.copytree(
        ROOT, copy, ignore=lambda _, names: {name for name in names if name.startswith(".") or name in LEFT_OUT}
    )
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "marginc").symlink_to(copy)
    return copy


def test_every_block_of_the_readme_is_true(tree: Path, request: pytest.FixtureRequest) -> None:
    seen: list[str] = []
    write = request.config.getoption("--write-readme", default=False)
    for block in blocks((ROOT / "README.md").read_text("utf-8")):
        if block.language == "console":
            for command, expected in commands(block.text):
                printed = run(tree, command).strip("\n")
                if write:
                    replace(command, expected.strip("\n"), printed)
                else:
                    assert printed == expected.strip("\n"), f"README.md:{block.line}: {command}"
                seen.append(command.split()[1])
        elif block.language == "diff":
            edit(tree, block.text)
            seen.append("edit")
        elif block.language == "pycon":
            session(tree, block)
            seen.append("python")
        else:
            pytest.fail(f"README.md:{block.line}: a block of `{block.language}` that no test runs")
    # the edit, the mistake and the fix are there, in this order
    assert " ".join(seen).startswith("evaluate explain evaluate edit evaluate edit validate edit validate test")
    assert "python" in seen
    unchanged = (tree / "rules/hyperliquid/portfolio-margin.yaml").read_bytes()
    assert unchanged == (ROOT / "rules/hyperliquid/portfolio-margin.yaml").read_bytes()


def replace(command: str, old: str, new: str) -> None:
    """Writes what a command prints now in the place of what it printed."""
    readme = ROOT / "README.md"
    text = readme.read_text("utf-8")
    assert f"$ {command}\n{old}\n" in text
    readme.write_text(text.replace(f"$ {command}\n{old}\n", f"$ {command}\n{new}\n", 1), "utf-8")


def session(tree: Path, block: Block) -> None:
    """Runs a Python session as a doctest."""
    script = tree.parent / "session.txt"
    script.write_text(block.text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "doctest", script],
        cwd=tree,
        env=environment(tree),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"README.md:{block.line}\n{done.stdout}{done.stderr}"


def test_the_tree_under_test_is_the_copy(tree: Path) -> None:
    """Otherwise an edit of the README would change nothing, and its blocks would test the checkout."""
    done = subprocess.run(
        [sys.executable, "-c", "import marginc; print(marginc.__file__)"],
        cwd=tree,
        env=environment(tree),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert Path(done.stdout.strip()).resolve() == tree / "__init__.py"


def test_the_readme_names_each_rulebook_and_only_files_that_are_there() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    shipped = sorted(file.relative_to(ROOT / "rules") for file in (ROOT / "rules").glob("*/*.yaml"))
    assert len(shipped) >= 4
    for file in shipped:
        assert f"`{file.with_suffix('').as_posix()}`" in readme, file
    linked = re.findall(r"\]\((?!https?:)([^)#]+)", readme)
    assert {"docs/hyperliquid.md", "docs/architecture.md", "CONTRIBUTING.md"} <= set(linked)
    for target in linked:
        assert (ROOT / target).exists(), target


def test_the_readme_names_each_verb() -> None:
    table = (ROOT / "README.md").read_text("utf-8").partition("| verb | does |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)", table)) >= set(VERBS)


def test_the_readme_opens_with_its_promise() -> None:
    """What a newcomer sees first: the sentence, two commands, a real account."""
    first = (ROOT / "README.md").read_text("utf-8").splitlines()[:25]
    assert first[0] == "# marginc"
    assert first[2].startswith("Margin rules written in YAML, checked like a program")
    assert any("make demo" in line for line in first)
    assert any("hype-borrow" in line and "36.61 %" in line and "4,739.69" in line for line in first)
