"""`marginc lint`: what is right in rulebooks and could be better."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from ..api import shown
from ..program.diagnostic import Diagnostic
from .findings import summary
from .findings.delivery import Delivery, delivered
from .fmt import rewrite
from .output import tell
from .refusal import Stopped
from .validate import rulebooks

_MOST_ROUNDS = 8
"""Times a file is mended: a fix may make room for another."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which lints: codes or what they begin with, and how many times its neighbour a tier may be."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    tier_tolerance: int


@click.command("lint")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@delivered
@click.option("--fix", is_flag=True, help="Mend what can be mended without changing what the rules mean.")
@click.option("--select", multiple=True, metavar="CODE", help="These lints alone; `MC80` is all that begin so.")
@click.option("--ignore", multiple=True, metavar="CODE", help="Without these lints.")
@click.option(
    "--tier-tolerance",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    help="Times its neighbour that a tier may be (MC805).",
)
@click.option("--stdin-filename", metavar="FILE", help="Which file the text on standard input (`-`) is.")
def command(
    delivery: Delivery,
    paths: tuple[str, ...],
    fix: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    tier_tolerance: int,
    stdin_filename: str | None,
) -> int:
    """Find what is right in rulebooks and could be better.

    Values without a source, numbers written twice, sections out of order, tiers that leap, amendments and definitions
    that do nothing. PATHS are rule files, folders or shipped names; without any, the current folder. Each file is
    looked at as a rulebook of its own. A comment `# marginc: allow MC803 WHY`, on the line or the one above it, allows
    a finding there. Exit code 1 where anything is found.
    """
    choice = _Choice(_codes(select), _codes(ignore), tier_tolerance)
    if "-" in paths:
        if len(paths) > 1 or fix:
            raise Stopped("standard input `-` is linted alone, without other paths and without --fix")
        return _stdin(delivery, Path(stdin_filename or "standard input"), choice)
    if stdin_filename is not None:
        raise Stopped("`--stdin-filename` says what standard input is; write `marginc lint - --stdin-filename FILE`")
    found: list[Diagnostic] = []
    texts: dict[str, str] = {}
    files = rulebooks(paths or (".",))
    mended = 0
    for path in files:
        mended += _mend(path, choice) if fix else 0
        problems, sources = _lint(path, choice)
        found += problems
        texts.update(sources)
    delivery.send(found, texts, summary(found, len(files)), files=[shown(path) for path in files])
    if mended:
        tell(f"{mended} {'finding' if mended == 1 else 'findings'} mended")
    return int(bool(found))


def _codes(codes: Sequence[str]) -> tuple[str, ...]:
    """Codes as they were given, one an option or several behind commas."""
    return tuple(code.strip().upper() for text in codes for code in text.split(",") if code.strip())


def _stdin(delivery: Delivery, path: Path, choice: _Choice) -> int:
    from ..compiler.source import BYTE_LIMIT, decode_source

    name = shown(path)
    text, found = decode_source(sys.stdin.buffer.read(BYTE_LIMIT + 1), name)
    texts: Mapping[str, str] = {}
    if text is not None:
        found, texts = _lint(path, choice, {path.resolve(): text})
    delivery.send(found, {name: text or "", **texts}, summary(found, 1), files=[name])
    return int(bool(found))


def _lint(
    path: Path, choice: _Choice, unsaved: Mapping[Path, str] | None = None
) -> tuple[list[Diagnostic], Mapping[str, str]]:
    """The lints of one rulebook, with the errors that stand in their way; and the texts of its files."""
    from ..compiler.lint import lint
    from ..compiler.pipeline import read

    source, problems, sources = read(path, shown(path), unsaved=unsaved)
    if source is None:
        return problems, sources
    lints = lint(
        source, select=choice.select, ignore=choice.ignore, known=problems, tier_tolerance=choice.tier_tolerance
    )
    errors = [finding for finding in (*problems, *source.findings()) if finding.severity == "error"]
    return [*errors, *lints], sources


def _mend(path: Path, choice: _Choice) -> int:
    """Applies the safe fixes of a file until there is none left; how many findings are gone. Raises OSError."""
    from ..compiler.lint import mended

    before: int | None = None
    after = 0
    for _ in range(_MOST_ROUNDS):
        found, sources = _lint(path, choice)
        after = len(found)
        before = after if before is None else before
        text = sources.get(shown(path), "")
        new = mended(text, found)
        if new == text:
            break
        rewrite(path, new)
    return max(0, (before or 0) - after)
