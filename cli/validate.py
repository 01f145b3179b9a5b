"""`marginc validate`: rulebooks checked at every date, without a snapshot."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import click

from ..api import find_rulebook, shipped_rules, shown
from ..program.diagnostic import Diagnostic
from .clean import remember, remembered
from .findings import Format, render, summary
from .output import color_on, say, tell
from .refusal import Stopped
from .rules import no_such_rulebook
from .sources import with_sources

SUFFIXES = (".yaml", ".yml")
CASES = "cases"
_GLANCE = 4 * 1024 * 1024
_MARKS = b"\xef\xbb\xbf\xff\xfe"
"""Bytes of byte order marks."""
_RULEBOOK_KEY = re.compile(rb"^[ {]*[\"']?rulebook[\"']?\s*:", re.MULTILINE)


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "concise", "json", "github"]),
    default="text",
    show_default=True,
    help="Findings with their lines, one a line, a JSON list, or annotations of a pull request.",
)
@click.option("--cache/--no-cache", default=True, help="Pass over rulebooks that had no findings and did not change.")
def command(paths: tuple[str, ...], format_: Format, cache: bool) -> int:
    """Check rulebooks: everything that can be known without a snapshot.

    PATHS are rule files, folders or shipped names; without any, the current folder. In a folder every YAML file with
    a `rulebook:` key is checked, except below folders named `cases`. Each rulebook is checked at all its dates.
    """
    found: list[Diagnostic] = []
    texts: dict[str, str] = {}
    files: set[str] = set()
    for path in _rulebooks(paths or (".",)):
        known = remembered(path) if cache else None
        if known is not None:
            files |= {shown(file) for file in known}
            continue
        problems, sources = _check(path)
        if cache and not problems:
            remember(path, [Path(file) for file in sources])
        found += problems
        texts.update(sources)
        files |= {shown(path), *sources}
    say(render(found, with_sources(found, texts), format_, color_on("stdout")), end="")
    closing = summary(found, len(files))
    if format_ == "text":
        say(f"\n{closing}" if found else closing)
    else:
        tell(closing)
    return int(any(finding.severity == "error" for finding in found))


def _check(path: Path) -> tuple[list[Diagnostic], Mapping[str, str]]:
    """The findings of one rulebook at all its dates, and the texts of the files it was read from."""
    from ..compiler.pipeline import read  # here: a rulebook known to be clean needs no compiler

    source, problems, sources = read(path, shown(path))
    return (problems + source.findings() if source is not None else problems), sources


def _rulebooks(paths: Iterable[str]) -> list[Path]:
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
