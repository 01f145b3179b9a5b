"""Findings as values: a code, one sentence, where it is, what explains it, and a way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of one file.

    `line` and `column` count from 1 in code points; `end_line`/`end_column` name the first position after it.
    A span that knows its file but no place in it has line 0.
    """

    file: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that explains the first, with the few words written under it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A replacement a person would make: `text` instead of what stands at `span`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    message   one sentence, lower case, the user's own text in backticks
    span      the place to change
    label     the few words under the caret
    notes     places that explain it (declared here, would otherwise hold)
    help      a way out, one sentence
    fixes     replacements that make this finding go away, if help offers one
    hint      the way out in a few words for one-line formats ("did you mean `x`?"); empty: none
    code      stable, `MC` and three digits; set by the function of `codes.code` that makes this finding
    """

    message: str
    span: Span
    label: str = ""
    notes: tuple[Note, ...] = ()
    help: str = ""
    fixes: tuple[Fix, ...] = ()
    hint: str = ""
    code: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.span}: {self.severity}[{self.code}]: {self.message}"


def in_order(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """Stable order for people and machines: file, line, column, code, message; each finding once."""
    unique = {(d.span, d.code, d.message): d for d in diagnostics}
    return [unique[key] for key in sorted(unique)]


class MargincError(Exception):
    """The root of every error this package raises on purpose; `diagnostics` says what and where."""

    def __init__(self, diagnostics: list[Diagnostic]):
        self.diagnostics = in_order(diagnostics)
        super().__init__("\n".join(str(d) for d in self.diagnostics))


class RulebookError(MargincError):
    """A rulebook that does not compile."""


class SnapshotError(MargincError):
    """A snapshot that cannot be read."""


class ProgramError(MargincError):
    """An artifact that is not a valid program."""
