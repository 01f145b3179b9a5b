"""The files of a rulebook: the one that was named and what it extends, oldest ancestor first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...program.diagnostic import Diagnostic, Span
from ..diagnostics import files as findings
from ..schema import check_shape
from ..source import Mapping, Scalar, SourceFile, read_source

_ROOT_MARKS = ("marginc.toml", ".git", "pyproject.toml")
_LONGEST_CHAIN = 16


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file of a rulebook, shape-checked."""

    path: Path
    source: SourceFile
    root: Mapping


def tree_root(path: Path) -> Path:
    """The folder a rulebook's references must stay in: the nearest one marked as a project, else the file's own."""
    folder = path.resolve().parent
    for candidate in (folder, *folder.parents):
        if any((candidate / mark).exists() for mark in _ROOT_MARKS):
            return candidate
    return folder


def load_files(path: Path, name: str, root: Path | None = None) -> tuple[list[RuleFile], list[Diagnostic]]:
    """The rulebook at `path` and its ancestors, oldest first; `name` is how people see the path."""
    tree = (root or tree_root(path)).resolve()
    chain: list[RuleFile] = []
    found: list[Diagnostic] = []
    visited: dict[Path, Span] = {}
    here, here_name, asked = path, name, Span(name)
    while True:
        source, mapping, problems = read_source(here, here_name)
        found += problems
        if source is None or mapping is None:
            return [], found
        shape = check_shape(source, mapping)
        found += shape
        chain.insert(0, RuleFile(here, source, mapping))
        parent = mapping.get("extends")
        if parent is None or not isinstance(parent.value, Scalar) or shape:
            return ([] if found else chain), found
        visited[here.resolve()] = asked
        asked = source.span_of(parent.value)
        here, here_name = here.parent / parent.value.text, _beside(here_name, parent.value.text)
        problem = _refuse(here, tree, visited, asked, parent.value.text, len(chain))
        if problem is not None:
            return [], [*found, problem]


def _refuse(
    path: Path, tree: Path, visited: dict[Path, Span], asked: Span, text: str, length: int
) -> Diagnostic | None:
    try:
        resolved = path.resolve()
        is_file = resolved.is_file()
    except (OSError, RuntimeError, ValueError):  # too long a name, links in a circle, a name no file can have
        return findings.no_such_parent(asked, text, [])
    if Path(text).is_absolute() or not resolved.is_relative_to(tree):
        return findings.outside_tree(asked, text)
    if resolved in visited:
        return findings.extends_itself(asked, text)
    if length >= _LONGEST_CHAIN:
        return findings.chain_too_long(asked, _LONGEST_CHAIN)
    if not is_file:
        folder = text.rpartition("/")[0]
        siblings = [file.name for file in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        siblings = [f"{folder}/{name}" if folder else name for name in siblings]
        return findings.no_such_parent(asked, text, siblings)
    return None


def _beside(name: str, relative: str) -> str:
    parts = name.split("/")[:-1]
    for step in relative.split("/"):
        if step == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif step not in (".", ""):
            parts.append(step)
    return "/".join(parts)
