"""Texts of the files that findings are about, so that their lines can be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ..program.diagnostic import Diagnostic

LARGEST = 16 << 20
"""Bytes of a file whose lines are shown; of a larger one, findings name the place alone."""


def with_sources(diagnostics: Iterable[Diagnostic], known: Mapping[str, str]) -> dict[str, str]:
    """The known texts and those of the other files that findings point into, as far as they can be read."""
    texts = dict(known)
    for diagnostic in diagnostics:
        for span in (diagnostic.span, *(note.span for note in diagnostic.notes)):
            if span.line and span.file not in texts:
                texts[span.file] = _text(Path(span.file))
    return texts


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8") if path.is_file() and path.stat().st_size <= LARGEST else ""
    except (OSError, ValueError):
        return ""
