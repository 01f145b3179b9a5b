"""The files of a rulebook: the one that was named, what it extends, oldest ancestor first, and what they import."""

from __future__ import annotations

import re
from collections.abc import Mapping as Texts
from dataclasses import dataclass, field
from pathlib import Path

from ...program.diagnostic import Diagnostic, Span
from ..diagnostics import files as findings
from ..diagnostics import imports as import_findings
from ..schema import check_shape
from ..source import Mapping, Scalar, SourceFile, parse_source, read_source

_ROOT_MARKS = ("marginc.toml", ".git", "pyproject.toml")
_LONGEST_CHAIN = 16
_MOST_FILES = 64
_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file of a rulebook, shape-checked.

    prefix   what its names stand behind in the rulebook that was named; empty for that one and what it extends
    asked    where the prefix is said
    """

    path: Path
    source: SourceFile
    root: Mapping
    prefix: str = ""
    asked: Span = field(default_factory=lambda: Span(""))


def tree_root(path: Path) -> Path:
    """The folder a rulebook's references must stay in: the nearest one marked as a project, else the file's own."""
    folder = path.resolve().parent
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in _ROOT_MARKS):
            return candidate
    return folder


def load_files(
    path: Path, name: str, root: Path | None = None, unsaved: Texts[Path, str] | None = None
) -> tuple[list[RuleFile], list[Diagnostic], dict[str, str]]:
    """The files of the rulebook at `path`, in the order in which they count; `name` is how people see the path.

    Third, the texts of all files that could be read, by name: findings are shown in them.

    unsaved   texts that count instead of what the disk holds, by resolved path: standard input, an editor's buffers
    """
    loader = _Loader((root or tree_root(path)).resolve(), unsaved or {})
    files = loader.load(path, name, Span(name), "", {})
    return ([] if loader.found else files), loader.found, loader.texts


class _Loader:
    """Reads a rulebook and all it needs; one a rulebook."""

    def __init__(self, tree: Path, unsaved: Texts[Path, str]):
        self.tree = tree
        self.unsaved = unsaved
        self.found: list[Diagnostic] = []
        self.prefixes: dict[str, tuple[Path, Span]] = {}
        self.texts: dict[str, str] = {}
        self.read = 0

    def load(self, path: Path, name: str, asked: Span, prefix: str, around: dict[Path, Span]) -> list[RuleFile]:
        """A file, before it what it extends, and before each what that imports. `around`: the files on the way here."""
        chain: list[RuleFile] = []
        visited = dict(around)
        here, here_name, wanted = path, name, asked
        while True:
            file = self._file(here, here_name, prefix, asked)
            if file is None:
                return []
            chain.insert(0, file)
            visited[here.resolve()] = wanted
            parent = file.root.get("extends")
            if parent is None or not isinstance(parent.value, Scalar):
                break
            text, wanted = parent.value.text, file.source.span_of(parent.value)
            here, here_name = here.parent / text, _beside(here_name, text)
            problem = self._refuse(here, visited, wanted, text, len(chain))
            if problem is not None:
                self.found.append(problem)
                return []
        files: list[RuleFile] = []
        for file in chain:
            for imported in self._imports(file, visited):
                if all(imported.path != other.path or imported.prefix != other.prefix for other in files):
                    files.append(imported)
            files.append(file)
        return files

    def _file(self, path: Path, name: str, prefix: str, asked: Span) -> RuleFile | None:
        self.read += 1
        if self.read > _MOST_FILES:
            self.found.append(import_findings.too_many_files(asked, _MOST_FILES))
            return None
        text = self.unsaved.get(path.resolve()) if self.unsaved else None
        source, mapping, problems = read_source(path, name) if text is None else parse_source(text, name)
        self.found += problems
        if source is None or mapping is None:
            return None
        self.texts[source.name] = source.text
        shape = check_shape(source, mapping)
        self.found += shape
        return None if shape else RuleFile(path, source, mapping, prefix, asked)

    def _imports(self, file: RuleFile, visited: dict[Path, Span]) -> list[RuleFile]:
        """What a file imports, each under its prefix."""
        entry = file.root.get("imports")
        files: list[RuleFile] = []
        for item in entry.value.entries if entry is not None and isinstance(entry.value, Mapping) else ():
            if not isinstance(item.value, Scalar):
                continue
            place, text, asked = file.source.span_of(item.key), item.value.text, file.source.span_of(item.value)
            if not _PREFIX.match(item.key.text):
                self.found.append(import_findings.no_prefix(place, item.key.text))
                continue
            prefix = f"{file.prefix}.{item.key.text}" if file.prefix else item.key.text
            path = file.path.parent / text
            problem = self._refuse(path, visited, asked, text, 0, "import")
            if problem is None:
                known, first = self.prefixes.setdefault(prefix, (path.resolve(), place))
                if known != path.resolve():
                    problem = import_findings.prefix_twice(place, item.key.text, first)
            if problem is not None:
                self.found.append(problem)
                continue
            files += self.load(path, _beside(file.source.name, text), place, prefix, visited)
        return files

    def _refuse(
        self, path: Path, visited: dict[Path, Span], asked: Span, text: str, length: int, verb: str = "extend"
    ) -> Diagnostic | None:
        try:
            resolved = path.resolve()
            is_file = resolved in self.unsaved or resolved.is_file()
        except (OSError, RuntimeError, ValueError):  # too long a name, links in a circle, a name no file can have
            return findings.no_such_parent(asked, text, [], verb)
        if Path(text).is_absolute() or not resolved.is_relative_to(self.tree):
            return findings.outside_tree(asked, text)
        if resolved in visited:
            return findings.extends_itself(asked, text, verb)
        if length >= _LONGEST_CHAIN:
            return findings.chain_too_long(asked, _LONGEST_CHAIN)
        if not is_file:
            folder = text.rpartition("/")[0]
            siblings = [file.name for file in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
            siblings = [f"{folder}/{name}" if folder else name for name in siblings]
            return findings.no_such_parent(asked, text, siblings, verb)
        return None


def _beside(name: str, relative: str) -> str:
    parts = name.split("/")[:-1]
    for step in relative.split("/"):
        if step == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif step not in (".", ""):
            parts.append(step)
    return "/".join(parts)
