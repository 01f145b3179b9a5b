"""What an editor has before it: unsaved texts over files, the rulebooks of its folders, and what is known of each."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..compiler.check import Parameters, Structure, read_parameters
from ..compiler.lint import without_allowed
from ..compiler.pipeline import Source, read
from ..compiler.rulebook import effective_at, read_layers
from ..compiler.rulebook.texts import LayerText
from ..compiler.schema.publish import rulebook_schema, stale_schema
from ..compiler.source import Mapping as Block
from ..compiler.source import Scalar, SourceFile, parse_source
from ..program.diagnostic import Diagnostic
from .outline import alone

_RULEBOOK = re.compile(r"^[\"']?rulebook[\"']?[ ]*:", re.MULTILINE)
_CASES = re.compile(r"^[\"']?cases[\"']?[ ]*:", re.MULTILINE)
MOST_FILES = 2_000
"""YAML files of the folders that are looked at."""
LARGEST = 4 << 20


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of one rulebook.

    texts        of its files by path, as they were when it was read
    found        its findings, those in files it extends or imports too
    source       None where a file of it is no YAML or has a wrong shape; so are the others
    structure    its rules at the last date, complete only where they have no errors
    parameters   the values in force today
    schema       its own schema: the keys and plain values that may stand where
    """

    path: Path
    texts: Mapping[Path, str]
    found: tuple[Diagnostic, ...]
    source: Source | None = None
    structure: Structure | None = None
    parameters: Parameters | None = None
    schema: Mapping[str, object] = field(default_factory=dict)

    @property
    def prefixes(self) -> Mapping[Path, str]:
        """What stands before the names of each file in this rulebook."""
        files = self.source.rulebook.files if self.source is not None else ()
        return {file.path.resolve(): file.prefix for file in files}


@dataclass(frozen=True, slots=True)
class Parsed:
    """One text as layers; `root` is None where the text is no YAML."""

    file: SourceFile
    root: Block | None
    layers: tuple[LayerText, ...] = ()


@dataclass(slots=True)
class Workspace:
    """Texts and files. Findings call a file by its path; `good` are the last analyses with a structure."""

    folders: list[Path] = field(default_factory=list)
    unsaved: dict[Path, str] = field(default_factory=dict)
    good: dict[Path, Analysis] = field(default_factory=dict)
    latest: dict[Path, Analysis] = field(default_factory=dict)
    _parsed: dict[Path, tuple[str, Parsed]] = field(default_factory=dict)
    _alone: tuple[Path, int, str, Parsed] | None = None
    """The last entry asked for: one question asks for it several times."""

    def text(self, path: Path) -> str | None:
        """The text of a file, unsaved or from the disk; None where there is none."""
        if path in self.unsaved:
            return self.unsaved[path]
        try:
            return path.read_text("utf-8-sig") if path.stat().st_size <= LARGEST else None
        except (OSError, ValueError):
            return None

    def parsed(self, path: Path) -> Parsed | None:
        """A file's text as layers, read anew only when it changed."""
        text = self.text(path)
        if text is None:
            return None
        known = self._parsed.get(path)
        if known is None or known[0] != text:
            file, root, _ = parse_source(text, path.as_posix())
            known = text, Parsed(file, root, tuple(read_layers(file, root)[0]) if root is not None else ())
            self._parsed[path] = known
        return known[1]

    def entry(self, path: Path, offset: int, prefix: str) -> tuple[LayerText, ...]:
        """The one entry of a file that an offset lies in, as layers; cheap, and blind to mistakes elsewhere."""
        one = self.alone(path, offset)
        return tuple(read_layers(one.file, one.root, prefix)[0]) if one is not None and one.root is not None else ()

    def alone(self, path: Path, offset: int) -> Parsed | None:
        """The tree of that entry; None where there is no such file."""
        text = self.text(path)
        if text is None:
            return None
        if self._alone is None or self._alone[:3] != (path, offset, text):
            file, root, _ = parse_source(alone(text, offset), path.as_posix())
            self._alone = path, offset, text, Parsed(file, root)
        return self._alone[3]

    def layers(self, analysis: Analysis, path: Path) -> tuple[LayerText, ...]:
        """A file of a rulebook as it is now, its names behind the prefix it has there."""
        prefix, text = analysis.prefixes.get(path, ""), self.text(path)
        if analysis.source is not None and text is not None and analysis.texts.get(path) == text:
            name = path.as_posix()
            return tuple(one for one in analysis.source.rulebook.layers if one.layer.file.name == name)
        parsed = self.parsed(path)
        if parsed is None or parsed.root is None:
            return ()
        return tuple(read_layers(parsed.file, parsed.root, prefix)[0]) if prefix else parsed.layers

    def analyse(self, path: Path, unsaved: Mapping[Path, str] | None = None) -> Analysis:
        """Reads and checks a rulebook at all its dates. Touches nothing of this workspace."""
        texts = dict(self.unsaved if unsaved is None else unsaved)
        source, found, sources = read(path, path.as_posix(), unsaved=texts)
        named = {Path(name): text for name, text in sources.items()}
        if source is None:
            return Analysis(path, named, tuple(without_allowed(found, sources)))
        found = found + source.findings()
        saved = all(self._as_saved(file, texts) for file in named)
        if saved and not any(finding.severity == "error" for finding in found):
            found += stale_schema(source)
        dates = (None, *source.rulebook.instants)
        structure = source.structure_at(dates[-1])
        today = effective_at(source.rulebook, int(time.time()))
        parameters, _ = read_parameters(structure.model, today)
        found = without_allowed(found, sources)
        return Analysis(path, named, tuple(found), source, structure, parameters, rulebook_schema(source))

    def is_rulebook(self, path: Path) -> bool:
        """Whether an open text is a rulebook's: editors open all YAML there is, case files among it."""
        # A rulebook stays one while its first line is written anew.
        return path in self.latest or _is_rulebook(self.unsaved.get(path, ""))

    def current(self, path: Path) -> Analysis:
        """A rulebook as it is now: the last analysis where no text of it changed since, else a new one."""
        known = self.latest.get(path)
        if known is not None and known.texts and all(self.text(file) == text for file, text in known.texts.items()):
            return known
        return self.analyse(path)

    def keep(self, analysis: Analysis) -> None:
        """What is known of a rulebook from now on."""
        self.latest[analysis.path] = analysis
        if analysis.structure is not None:
            self.good[analysis.path] = analysis

    def known(self, path: Path) -> Analysis | None:
        """The last analysis with a structure for names of this file: its own, else that of a rulebook it belongs to."""
        return self.good.get(path) or next((one for one in self.good.values() if path in one.prefixes), None)

    # ---- which rulebooks there are

    def rulebooks(self) -> list[Path]:
        """The rulebooks of the folders, and the open ones."""
        files = dict.fromkeys([*self._files(), *self.unsaved])
        return [path for path in files if _is_rulebook(self.text(path) or "")]

    def dependents(self, path: Path) -> list[Path]:
        """The rulebooks that extend or import a file, directly or not."""
        needs = {one: self._needs(one) for one in self.rulebooks()}
        found: dict[Path, None] = {path: None}
        growing = True
        while growing:
            more = [one for one, needed in needs.items() if one not in found and needed & found.keys()]
            found.update(dict.fromkeys(more))
            growing = bool(more)
        return [one for one in found if one != path]

    def _needs(self, path: Path) -> set[Path]:
        own = self.parsed(path)
        if own is None or own.root is None:
            return set()
        extends, imports = own.root.get("extends"), own.root.get("imports")
        named = [extends.value] if extends is not None else []
        named += (
            [entry.value for entry in imports.value.entries] if imports and isinstance(imports.value, Block) else []
        )
        return {resolved(path.parent / one.text) for one in named if isinstance(one, Scalar)}

    def _files(self) -> Iterable[Path]:
        count = 0
        for folder in self.folders:
            for here, folders, names in os.walk(folder):
                folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in ("node_modules", "cases"))
                for name in sorted(names):
                    count += name.endswith((".yaml", ".yml"))
                    if count > MOST_FILES:
                        return
                    if name.endswith((".yaml", ".yml")):
                        yield resolved(Path(here, name))

    def _as_saved(self, path: Path, texts: Mapping[Path, str]) -> bool:
        try:
            return path not in texts or path.read_bytes() == texts[path].encode()
        except OSError:
            return False


def _is_rulebook(text: str) -> bool:
    return bool(_RULEBOOK.search(text)) and not _CASES.search(text)


def resolved(path: Path) -> Path:
    """A path as findings and editors both name it."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()
