"""`marginc fmt`: rule files as they should be written."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..api import shown
from ..program.diagnostic import Diagnostic
from .findings import render
from .output import color_on, destination, say, tell
from .refusal import Stopped
from .validate import rulebooks

if TYPE_CHECKING:
    from ..compiler.format import Formatted


@click.command("fmt")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("--check", is_flag=True, help="Write nothing; name the files that would change, and exit with 1.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change, and exit with 1 if anything would.")
@click.option("--stdin-filename", metavar="FILE", help="Which file the text on standard input (`-`) is.")
def command(paths: tuple[str, ...], check: bool, diff: bool, stdin_filename: str | None) -> int:
    """Write rule files as they should be written.

    That is white space, numbers, expressions, and rows of parameters in columns. Comments, blank lines, line breaks and
    texts stay, and what the rules mean. PATHS are rule files, folders or shipped names; without any, the current
    folder. A file that cannot be read is reported as `validate` does and left alone; case files are left alone too.
    `-` formats standard input to standard output.
    """
    if "-" in paths:
        if len(paths) > 1:
            raise Stopped("standard input `-` is formatted alone, without other paths")
        return _stdin(Path(stdin_filename or "standard input"), check, diff)
    if stdin_filename is not None:
        raise Stopped("`--stdin-filename` says what standard input is; write `marginc fmt - --stdin-filename FILE`")
    changed = unread = 0
    files = rulebooks(paths or (".",))
    for path in files:
        text, formatted = _formatted(path)
        if formatted.found:
            say(_reported(formatted, text, shown(path)), end="")
            unread += 1
        elif formatted.text != text:
            changed += 1
            if diff:
                say(_difference(text, formatted.text, shown(path)), end="")
                continue
            say(shown(path))
            if not check:
                rewrite(path, formatted.text)
    tell(_closing(len(files), changed, unread, check or diff))
    return int(bool(unread or (changed and (check or diff))))


def _formatted(path: Path) -> tuple[str, Formatted]:
    """A file's text, and the same formatted; the empty text where its bytes are none. Raises OSError."""
    from ..compiler.format import Formatted, format_rulebook
    from ..compiler.source import BYTE_LIMIT, decode_source

    with path.open("rb") as stream:
        text, found = decode_source(stream.read(BYTE_LIMIT + 1), shown(path))
    if text is None:
        return "", Formatted("", (), tuple(found))
    return text, format_rulebook(text, shown(path), path)


def _stdin(path: Path, check: bool, diff: bool) -> int:
    from ..compiler.format import format_rulebook
    from ..compiler.source import BYTE_LIMIT, decode_source

    text, found = decode_source(sys.stdin.buffer.read(BYTE_LIMIT + 1), shown(path))
    if text is None:
        tell(_text(found, "", shown(path)), end="")
        return 1
    formatted = format_rulebook(text, shown(path), path)
    if formatted.found:
        tell(_reported(formatted, text, shown(path)), end="")
    changed = formatted.text != text
    if diff:
        say(_difference(text, formatted.text, shown(path)), end="")
    elif check:
        say(shown(path) if changed else "", end="\n" if changed else "")
    else:
        with destination(None) as stream:
            stream.write(formatted.text)
    return int(bool(formatted.found) or (changed and (check or diff)))


def rewrite(path: Path, text: str) -> None:
    """Replaces a file once its new text is complete; who may read it stays as it is. Raises OSError."""
    mode = path.stat().st_mode
    with destination(str(path)) as stream:
        stream.write(text)
    path.chmod(mode)


def _reported(formatted: Formatted, text: str, name: str) -> str:
    return _text(list(formatted.found), text, name)


def _text(found: list[Diagnostic], text: str, name: str) -> str:
    return render(found, {name: text}, "text", color_on("stdout"))


def _difference(before: str, after: str, name: str) -> str:
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, f"{name}, formatted")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _closing(files: int, changed: int, unread: int, would: bool) -> str:
    told = [f"{files} {'file' if files == 1 else 'files'}: "]
    told.append(f"{changed} {'would be formatted' if would else 'formatted'}" if changed else "all formatted")
    told.append(f", {unread} left alone" if unread else "")
    return "".join(told)
