"""`marginc validate`: rulebooks checked at every date, without a snapshot."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import click

from ..api import find_rulebook, shipped_rules, shown
from ..program.diagnostic import Diagnostic
from .clean import remember, remembered
from .findings import summary
from .findings.delivery import Delivery, delivered
from .refusal import Stopped
from .rules import no_such_rulebook

SUFFIXES = (".yaml", ".yml")
CASES = "cases"
_GLANCE = 4 * 1024 * 1024
_MARKS = b"\xef\xbb\xbf\xff\xfe"
"""Bytes of byte order marks."""
_RULEBOOK_KEY = re.compile(rb"^[ {]*[\"']?rulebook[\"']?\s*:", re.MULTILINE)


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@delivered
@click.option("--cache/--no-cache", default=True, help="Pass over rulebooks that had no findings and did not change.")
@click.option("--stdin-filename", metavar="FILE", help="Which file the text on standard input (`-`) is.")
def command(delivery: Delivery, paths: tuple[str, ...], cache: bool, stdin_filename: str | None) -> int:
    """Check rulebooks: everything that can be known without a snapshot.

    PATHS are rule files, folders or shipped names; without any, the current folder. In a folder every YAML file with
    a `rulebook:` key is checked, except below folders named `cases`. Each rulebook is checked at all its dates.

    `-` is one rulebook on standard input. `--stdin-filename` says which file it is: the name in findings, and the
    place from which `extends` and `imports` are looked up.
    """
    if "-" in paths:
        if len(paths) > 1:
            raise Stopped("standard input `-` is checked alone, without other paths")
        return _check_stdin(delivery, Path(stdin_filename or "standard input"))
    if stdin_filename is not None:
        raise Stopped(
            "`--stdin-filename` says what standard input is; write `marginc validate - --stdin-filename FILE`"
        )
    found: list[Diagnostic] = []
    texts: dict[str, str] = {}
    files: set[str] = set()
    for path in rulebooks(paths or (".",)):
        known = _clean(path) if cache else None
        if known is not None:
            files |= {shown(file) for file in known if file.suffix in SUFFIXES}
            continue
        problems, sources = _check(path)
        if cache and not problems:
            remember(path, [*(Path(file) for file in sources), *_schema(path)])
        found += problems
        texts.update(sources)
        files |= {shown(path), *sources}
    delivery.send(found, texts, summary(found, len(files)), files=sorted(files))
    return int(any(finding.severity == "error" for finding in found))


def _check_stdin(delivery: Delivery, path: Path) -> int:
    from ..compiler.source import BYTE_LIMIT, decode_source

    name = shown(path)
    text, found = decode_source(sys.stdin.buffer.read(BYTE_LIMIT + 1), name)
    texts: Mapping[str, str] = {}
    if text is not None:
        found, texts = _check(path, {path.resolve(): text})
    delivery.send(found, {name: text or "", **texts}, summary(found, max(1, len(texts))), files=sorted({name, *texts}))
    return int(any(finding.severity == "error" for finding in found))


def _check(path: Path, unsaved: Mapping[Path, str] | None = None) -> tuple[list[Diagnostic], Mapping[str, str]]:
    """The findings of one rulebook at all its dates, and the texts of the files it was read from."""
    from ..compiler.pipeline import read  # here: a rulebook known to be clean needs no compiler
    from ..compiler.schema.publish import stale_schema

    source, problems, sources = read(path, shown(path), unsaved=unsaved)
    if source is not None:
        problems = problems + source.findings()
        if not any(finding.severity == "error" for finding in problems):
            problems += stale_schema(source)
    return _not_allowed(problems, sources), sources


def _not_allowed(found: list[Diagnostic], texts: Mapping[str, str]) -> list[Diagnostic]:
    """Findings without the warnings that a comment in their file allows."""
    if all(finding.severity == "error" for finding in found):
        return found
    from ..compiler.lint import without_allowed  # here: hardly any rulebook has warnings

    return without_allowed(found, texts)


def _clean(path: Path) -> list[Path] | None:
    """The files of a rulebook known to have no findings, its schema too; None where nothing is known."""
    known = remembered(path)
    return known if known is not None and all(schema.resolve() in known for schema in _schema(path)) else None


def _schema(path: Path) -> list[Path]:
    beside = path.with_name(f"{path.stem}.schema.json")
    return [beside] if beside.is_file() else []


def rulebooks(paths: Iterable[str]) -> list[Path]:
    """The files to check, each once, in the order of the arguments and of their names. Raises Stopped."""
    files: dict[Path, Path] = {}
    for text in paths:
        path = Path(text)
        if not path.exists():
            path = shipped_rules() / text if (shipped_rules() / text).is_dir() else find_rulebook(text)[0]
        if path.is_dir():
            here = yaml_files(path, is_rulebook)
            if not here:
                raise Stopped(f"there is no rulebook in `{text}`: no YAML file there has a `rulebook:` key")
        elif path.exists():
            here = [path]
        else:
            raise Stopped(no_such_rulebook(text))
        for file in here:
            files.setdefault(file.resolve(), file)
    return list(files.values())


def yaml_files(folder: Path, wanted: Callable[[Path], bool]) -> list[Path]:
    """The wanted YAML files below a folder by their paths; hidden folders are passed over, links not followed."""
    found: list[Path] = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [path for name in sorted(names) if (path := Path(here, name)).suffix in SUFFIXES and wanted(path)]
    return found


def is_rulebook(path: Path) -> bool:
    """Whether a YAML file is meant as a rulebook. It is only looked at: it may be broken in any way."""
    if CASES in path.parts[:-1] or not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            head = stream.read(_GLANCE)
    except OSError:
        return False
    readable = head.replace(b"\0", b"").lstrip(_MARKS)  # without its zeros, UTF-16 can be seen through
    return bool(_RULEBOOK_KEY.search(readable))
