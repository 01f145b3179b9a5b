"""The README, run: commands and edits in order in a copy of the tree, outputs compared, sessions of Python repeated.

After a change of what commands print: `pytest tests/readme --write-readme`, then read the difference.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documents import Block, blocks, commands, edit, rewritten, run

from marginc.cli import VERBS

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = {"build", "dist", "tests", "benchmarks", "docs", "__pycache__"}


def environment(tree: Path) -> dict[str, str]:
    """The tree as the package `marginc`, whatever else is installed: shipped names find the copy's rules."""
    own = {"PYTHONPATH": str(tree.parent / "site"), "MARGINC_CACHE_DIR": str(tree.parent / "clean")}
    return {**os.environ, **own, "NO_COLOR": "1", "COLUMNS": "120"}


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
                printed = run(tree, command, environment(tree)).strip("\n")
                if write:
                    rewritten(ROOT / "README.md", command, expected.strip("\n"), printed)
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
