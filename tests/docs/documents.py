"""Pages that are true: the fenced blocks of a Markdown file are its files, its edits, its commands and its arithmetic.

```yaml pm.yaml         a rulebook that is written to that file; `# MC111` in a line: this finding is about it
```yaml                 lines laid over the rulebook before it, or the one they extend; findings marked likewise
```json snapshot.json   a file of its own; what expressions are evaluated with
```expressions SCOPE    `EXPRESSION | INPUTS | VALUE or CODE` a line, in the rulebook before it; INPUTS if any
```diff                 `--- FILE`, then lines that stay, go (`-`) and come (`+`), pieces parted by `@@`
```console              `$ marginc ...`, and below it what is printed
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from marginc.compiler.pipeline import read

_BLOCK = re.compile(r"^```(\w*)(?: +([^\n`]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^ *(```|~~~)", re.MULTILINE)
_CODE = re.compile(r"\bMC\d{3}\b")
HEAD = "rulebook: shown\nlanguage: 1\n"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, what is said behind it, its text, and the line it begins on."""

    language: str
    name: str
    text: str
    line: int


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page in order; a fence that opens or closes no block is a mistake of the page."""
    found = list(_BLOCK.finditer(page))
    fences = len(_FENCE.findall(page))
    assert fences == 2 * len(found), f"{fences} fences make {len(found)} blocks"
    for match in found:
        yield Block(match[1], (match[2] or "").strip(), match[3], page.count("\n", 0, match.start()) + 1)


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block (behind `$ `) with the output that is shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def edit(folder: Path, diff: str) -> None:
    """Applies a block `--- FILE`, lines that stay (` `), go (`-`) and come (`+`), pieces parted by `@@`.

    What is replaced stands in the file once.
    """
    head, _, changes = diff.partition("\n")
    file = folder / head.removeprefix("--- ")
    for piece in changes.split("@@\n"):
        lines = piece.splitlines()
        assert all(line[:1] in (" ", "+", "-") for line in lines), piece
        old = "".join(f"{line[1:]}\n" for line in lines if line[0] != "+")
        new = "".join(f"{line[1:]}\n" for line in lines if line[0] != "-")
        text = file.read_text("utf-8")
        assert old
        assert new != old
        assert text.count(old) == 1, f"{file.name} does not hold this once:\n{old}"
        file.write_text(text.replace(old, new), "utf-8")


def run(folder: Path, command: str, environment: Mapping[str, str]) -> str:
    """What a person sees of a command: stdout and stderr in the order in which they come."""
    program, *arguments = shlex.split(command)
    assert program == "marginc", command
    done = subprocess.run(
        [sys.executable, "-m", "marginc", *arguments],
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return done.stdout


def rewritten(page: Path, command: str, old: str, new: str) -> None:
    """Writes what a command prints now in the place of what it printed."""
    text = page.read_text("utf-8")
    assert f"$ {command}\n{old}\n" in text
    page.write_text(text.replace(f"$ {command}\n{old}\n", f"$ {command}\n{new}\n", 1), "utf-8")


# ---- rulebooks and what is found in them


def marks(text: str) -> set[tuple[int, str]]:
    """The findings that a rulebook announces: line and code of each `# MC111`."""
    lines = ((number, line.partition("#")[2]) for number, line in enumerate(text.splitlines(), 1))
    return {(number, found) for number, comment in lines for found in _CODE.findall(comment)}


def findings(path: Path) -> set[tuple[int, str]]:
    """The findings there are in a rulebook: line and code."""
    source, found, _ = read(path, path.name, path.parent)
    found = found + source.findings() if source is not None else found
    return {(finding.span.line if finding.span.file == path.name else 0, finding.code) for finding in found}


# ---- expressions


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a block of expressions; `line` is that of the page."""

    expression: str
    inputs: str
    expected: str
    line: int


def expressions(block: Block) -> Iterator[Line]:
    for number, text in enumerate(block.text.splitlines(), block.line + 1):
        said = re.split(r"\s{2,}#", text)[0].strip()
        if not said:
            continue
        cells = [cell.strip() for cell in re.split(r" \| ", said)]
        assert len(cells) in (2, 3), f"line {number}: EXPRESSION | INPUTS | VALUE, not `{text}`"
        yield Line(cells[0], cells[1] if len(cells) == 3 else "", cells[-1], number)


def conformance(lines: Iterable[Line], scope: str, base: str, snapshot: str) -> str:
    """The lines as a file of the conformance suite, which evaluates and compares them: see docs/conformance.md."""
    text = f"rulebook: |\n  rulebook: model\n  language: 1\n  extends: {base}\n"
    text += f"snapshot: {snapshot}\ncases:\n  {scope}:\n"
    for line in lines:
        quoted = line.expression.replace("'", "''")
        inputs = f", {{ {line.inputs} }}" if line.inputs else ""
        expected = line.expected if line.expected.startswith("{") else "'" + line.expected.replace("'", "''") + "'"
        text += f"    - ['{quoted}'{inputs}, {expected}]\n"
    return text
