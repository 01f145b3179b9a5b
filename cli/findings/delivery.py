"""Where findings go: the options that every verb with findings has, and what it does with them at the end."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import click

from ...program.diagnostic import Diagnostic
from ..output import color_on, destination, say, tell
from ..sources import with_sources
from . import FORMATS, Format, render
from .check import Check


@dataclass(frozen=True, slots=True)
class Delivery:
    """How findings are asked for.

    format   one of `FORMATS`
    output   a file for them; None is stdout
    quiet    whether findings stand alone: no closing sentence, and nothing of what has none
    """

    format: Format = "text"
    output: str | None = None
    quiet: bool = False

    def send(
        self,
        findings: Sequence[Diagnostic],
        sources: Mapping[str, str],
        closing: str,
        *,
        files: Sequence[str] = (),
        checks: Sequence[Check] | None = None,
    ) -> None:
        """Writes what was found, and `closing`; see `render` for the rest.

        What a machine reads stands alone: its closing sentence goes to stderr. Findings that go to a file are
        told on stderr as text, so that the log of a pipeline has them too. Raises OSError.
        """
        texts = with_sources(findings, sources)
        if self.output is not None and self.output != "-":
            with destination(self.output) as stream:
                stream.write(render(findings, texts, self.format, False, files=files, checks=checks))
            tell(render(findings, texts, "text", color_on("stderr")), end="")
            self._close(tell, closing, bool(findings))
            return
        color = color_on("stdout")
        say(render(findings, texts, self.format, color, files=files, checks=checks), end="")
        is_text = self.format == "text"
        self._close(say if is_text else tell, closing, bool(findings) and is_text)

    def _close(self, to: Callable[[str], None], closing: str, apart: bool) -> None:
        if not self.quiet:
            to(f"\n{closing}" if apart else closing)


def delivered(command: Callable[..., int]) -> Callable[..., int]:
    """Gives a command `--format`, `--output` and `--quiet`, and hands it the `Delivery` they make as `delivery`."""

    @click.option(
        "--format",
        "format_",
        type=click.Choice(list(FORMATS)),
        default="text",
        show_default=True,
        help="Findings with their lines; one a line; JSON, whole or an object a line; annotations of a GitHub pull "
        "request; a Code Quality report of GitLab; JUnit XML; SARIF 2.1.0.",
    )
    @click.option("-o", "--output", metavar="FILE", help="Write them to FILE, and as text to stderr.")
    @click.option("-q", "--quiet", is_flag=True, help="Findings alone: no closing sentence.")
    @functools.wraps(command)
    def run(format_: Format, output: str | None, quiet: bool, **options: object) -> int:
        return command(delivery=Delivery(format_, output, quiet), **options)

    return run
