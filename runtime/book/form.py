"""Knowing a book when one sees it, before the libraries that read it are loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

SUFFIXES = (".arrow", ".arrows", ".ipc", ".feather", ".parquet")
"""How files of books are called."""
REFERENCE = "marginc.reference"
"""The key of a book's metadata under which a snapshot without accounts gives its instant and reference rows."""
BESIDE = ".reference.json"
"""How the file of that snapshot ends where it stands beside the book: `book.reference.json`, for `book.parquet`."""

Form = Literal["arrow file", "arrow stream", "parquet", ""]


def form_of(path: Path) -> Form:
    """What a file is by its first bytes; an Arrow stream has none of its own and goes by its ending."""
    try:
        with path.open("rb") as stream:
            found = form_of_bytes(stream.read(8))
    except (OSError, ValueError):
        return ""
    return found or ("arrow stream" if path.suffix in SUFFIXES else "")


def form_of_bytes(head: bytes) -> Form:
    """What begins like this, where that can be told."""
    return "arrow file" if head.startswith(b"ARROW1") else "parquet" if head.startswith(b"PAR1") else ""


def beside(path: Path) -> Path:
    """Where the reference rows of a book stand that does not carry them itself."""
    return path.with_name(path.stem + BESIDE)
