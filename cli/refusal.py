"""Why a command cannot go on: findings with their sources, or one sentence about usage, input or output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click

from ..program.diagnostic import Diagnostic
from .output import color_on, tell
from .sources import with_sources


class Refusal(Exception):
    """Ends a command with findings on stderr.

    sources   texts of the files they are about, by `Span.file`
    code      the exit code: 1 for findings; 2 where a file cannot be opened
    """

    def __init__(self, diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] | None = None, code: int = 1):
        super().__init__("findings")
        self.diagnostics = list(diagnostics)
        self.sources = sources or {}
        self.code = code

    def report(self) -> int:
        """Writes the findings to stderr; gives the exit code."""
        from .findings import render

        sources = with_sources(self.diagnostics, self.sources)
        tell(render(self.diagnostics, sources, "text", color_on("stderr")), end="")
        return self.code


class Stopped(click.ClickException):
    """Ends a command with one sentence on stderr and exit code 2."""

    exit_code = 2

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click may name a stream, the door is ours
        tell(f"error: {self.message}")
