"""docs/hyperliquid.md: its commands answer what the page shows, and the lines of the rules it names exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from marginc.compiler.pipeline import read

CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
READING = re.compile(r"^\| `([\w.]+)`(?:, `([\w.]+)`)* \|", re.MULTILINE)


def commands(page: str) -> Iterator[tuple[str, str]]:
    """Each command behind `$ ` with the output below it, in the order of the page."""
    for block in CONSOLE.findall(page):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def test_the_commands_of_the_page_answer_what_it_shows(root: Path, run_cli: Callable[..., Any]) -> None:
    shown = list(commands((root / "docs" / "hyperliquid.md").read_text("utf-8")))
    assert len(shown) >= 4
    for command, expected in shown:
        program, *arguments = shlex.split(command)
        assert program == "marginc", command
        done = run_cli(*arguments)
        assert (done.stdout + done.stderr).strip("\n") == expected.strip("\n"), command


def test_the_readings_are_of_lines_that_exist(root: Path) -> None:
    """The first column of a table of readings: a definition or parameter of portfolio margin, by name."""
    page = (root / "docs" / "hyperliquid.md").read_text("utf-8")
    table = page.partition("## Which reading each rule takes")[2].partition("\n## ")[0]
    named = {name for row in READING.finditer(table) for name in re.findall(r"`(\w+)`", row[0])}
    source, _, _ = read(root / "rules" / "hyperliquid" / "portfolio-margin.yaml", "portfolio-margin.yaml")
    assert source is not None
    program, _ = source.program_at(max(source.rulebook.instants))
    assert program is not None
    known = {definition.name for definition in program.definitions}
    known |= {field.name for kind in program.kinds.values() for field in kind.fields}
    assert len(named) >= 20
    assert named <= known
