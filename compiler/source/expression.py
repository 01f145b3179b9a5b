"""The text of an expression as it stands in the file, so that places in it are places in the file."""

from __future__ import annotations

import re

from .file import SourceFile
from .tree import Scalar

_BLOCK_HEADER = re.compile(r"[|>][^\r\n]*(\r\n|\n|\r|\Z)")


def expression_text(file: SourceFile, scalar: Scalar) -> tuple[str, int] | None:
    """The raw text of `scalar` and the offset in the file at which it begins.

    Line breaks and indentation are left in: white space means nothing in an expression. None where quotes
    hold escapes (`\\n`, `''`), whose text is not that of the file: read `scalar.text` and blame all of it.
    """
    raw = file.text[scalar.start : scalar.end]
    if scalar.style in ("|", ">"):
        header = _BLOCK_HEADER.match(raw)
        skipped = header.end() if header else 0
        return raw[skipped:], scalar.start + skipped
    if scalar.style in ("'", '"'):
        inside = raw[1:-1]
        escape = "''" if scalar.style == "'" else "\\"
        return None if escape in inside else (inside, scalar.start + 1)
    return raw, scalar.start
