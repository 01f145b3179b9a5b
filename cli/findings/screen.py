"""How wide text is on a terminal, and how text that came from a file is made safe to print there."""

from __future__ import annotations

import unicodedata

TAB_STOP = 4

_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"


def shown(text: str) -> str:
    """Text a terminal may get: tabs stay, what could move the cursor or turn the writing becomes U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if _is_unsafe(character) else character for character in text)


def one_line(text: str) -> str:
    """Text for a format of one finding a line: line breaks and tabs become spaces."""
    return shown(" ".join(text.split()) if any(c in text for c in "\n\r\t") else text)


def cells(text: str, begin: int = 0) -> int:
    """How many cells `text` takes on a terminal when it starts in cell `begin`; tabs go to the next stop of four."""
    if text.isascii() and "\t" not in text:
        return len(text)
    width = begin
    for character in text:
        width += TAB_STOP - width % TAB_STOP if character == "\t" else _cells_of(character)
    return width - begin


def without_tabs(text: str) -> str:
    """The same picture with spaces for tabs, so that it stays the same behind a line number."""
    if "\t" not in text:
        return text
    pieces: list[str] = []
    width = 0
    for character in text:
        step = cells(character, width)
        pieces.append(" " * step if character == "\t" else character)
        width += step
    return "".join(pieces)


def _cells_of(character: str) -> int:
    if character in (_JOINER, _EMOJI_STYLE) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def _is_unsafe(character: str) -> bool:
    if character == "\t":
        return False
    if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        return True
    return unicodedata.bidirectional(character) in ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
