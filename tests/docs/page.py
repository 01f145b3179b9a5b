"""Runs the blocks of one page in order, in a folder of its own, and says what is not true."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import documents
import suite
from cases import read_file
from documents import Block

_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_EXTENDS = re.compile(r"^extends: (\S+)", re.MULTILINE)


@dataclass(slots=True)
class Page:
    """A page while it is run.

    book      the last whole rulebook; a few lines without a name are laid over it
    snapshots what expressions in each whole rulebook are evaluated with
    current   what expressions stand in: the last rulebook in which nothing is found
    seen      how many blocks of each language were run
    """

    path: Path
    folder: Path
    write: bool = False
    book: str = ""
    current: str = ""
    snapshots: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    shown: int = 0

    def run(self) -> None:
        kinds = {
            "yaml": self._yaml,
            "json": self._json,
            "expressions": self._expressions,
            "diff": self._diff,
            "console": self._console,
        }
        for block in documents.blocks(self.path.read_text("utf-8")):
            if block.language not in kinds:
                self._wrong(block.line, f"a block of `{block.language}` that no test runs")
                continue
            self.seen[block.language] += 1
            kinds[block.language](block)

    def _wrong(self, line: int, problem: str) -> None:
        self.problems.append(f"{self.path.name}:{line}: {problem}")

    def _yaml(self, block: Block) -> None:
        text, whole = block.text, "rulebook:" in block.text
        if not whole:
            parent = _EXTENDS.search(text)
            self.book = parent[1] if parent else self.book
            assert self.book, f"line {block.line}: there is no rulebook before these lines"
            text = documents.HEAD + ("" if parent else f"extends: {self.book}\n") + text
        self.shown += 1
        name = block.name or f"shown_{self.shown}.yaml"
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        if "cases" in file.parts:
            return  # cases are run by `marginc test`
        found, announced = documents.findings(file), documents.marks(text)
        if found != announced:
            before = block.line - text.count("\n") + block.text.count("\n")
            said = [f"{code} in line {before + line}" for line, code in sorted(found - announced)]
            lacking = [f"no {code} in line {before + line}" for line, code in sorted(announced - found)]
            self._wrong(block.line, f"findings: {', '.join(said + lacking)}")
        if not announced:
            self.current = name
            if whole:
                parent = _EXTENDS.search(text)
                self.book = name
                self.snapshots[name] = self.snapshots.get(parent[1] if parent else "", "{}")

    def _json(self, block: Block) -> None:
        data = json.loads(block.text)
        if block.name:
            (self.folder / block.name).write_text(block.text, "utf-8")
        account = {key: value for key, value in data.pop("accounts", [{}])[0].items() if key != "account"}
        self.snapshots[self.book] = json.dumps({**data, "account": account})

    def _expressions(self, block: Block) -> None:
        lines = list(documents.expressions(block))
        snapshot = self.snapshots[self.book]
        file = self.folder / "expressions.conformance"
        file.write_text(documents.conformance(lines, block.name or "account", self.current, snapshot), "utf-8")
        read = read_file(file)
        problems = {
            case.line: problem for case, problem in suite.Run(read, suite.EXECUTORS["exact"], self.folder).verdicts()
        }
        for line, case in zip(lines, read.cases, strict=True):
            if problems[case.line]:
                self._wrong(line.line, f"`{line.expression}` {problems[case.line]}")

    def _diff(self, block: Block) -> None:
        documents.edit(self.folder, block.text)

    def _console(self, block: Block) -> None:
        for command, expected in documents.commands(block.text):
            printed = documents.run(self.folder, command, {"MARGINC_CACHE_DIR": f"{self.folder}-clean"})
            printed = _HASH.sub("sha256:...", printed).strip("\n")
            if self.write:
                documents.rewritten(self.path, command, expected.strip("\n"), printed)
            elif printed != expected.strip("\n"):
                self._wrong(block.line, f"`{command}` prints\n{printed}\n")
