"""The command line's own door: what goes to stdout, to stderr or to a file, and whether in colours."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, TextIO


def prepare_streams() -> None:
    """A terminal that cannot show a character gets an escape, never an exception."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace", newline="\n")


def say(text: str, end: str = "\n") -> None:
    """Writes to stdout."""
    sys.stdout.write(text + end)


def tell(text: str, end: str = "\n") -> None:
    """Writes to stderr, behind whatever stdout holds already."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    sys.stderr.write(text + end)
    sys.stderr.flush()


def color_on(stream: Literal["stdout", "stderr"]) -> bool:
    """Whether this stream is a terminal that wants colours (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty() if stream == "stdout" else sys.stderr.isatty()


def pipe_is_closed() -> None:
    """The reader went away: what Python still wants to flush goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(nowhere, stream.fileno())


@contextlib.contextmanager
def destination(path: str | None) -> Iterator[TextIO]:
    """Where results go: stdout in UTF-8, or a file that bears its name only once it is complete.

    A device or a pipe is written to directly. Raises OSError.
    """
    if path is None or path == "-":
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", newline="\n")
        yield sys.stdout
        return
    with binary_destination(path) as binary:
        stream = io.TextIOWrapper(binary, encoding="utf-8", newline="\n", write_through=True)
        yield stream
        stream.flush()
        stream.detach()


@contextlib.contextmanager
def binary_destination(path: str | None) -> Iterator[BinaryIO]:
    """Where results go that are no text: stdout, or a file that bears its name only once it is complete.

    A device or a pipe is written to directly. Raises OSError.
    """
    if path is None or path == "-":
        yield sys.stdout.buffer
        return
    target = Path(path).resolve()  # a link keeps pointing where it points
    if target.exists() and not target.is_file():
        with target.open("wb") as stream:
            yield stream
        return
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        try:
            stream = partial.open("xb")
        except OSError as error:
            error.filename = path  # people know the name they gave
            raise
        with stream:
            yield stream
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
