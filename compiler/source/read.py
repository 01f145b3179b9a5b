"""Reading a rule file: bytes, encoding and characters are checked before anything is made of them."""

from __future__ import annotations

import re
from pathlib import Path

from ...program.diagnostic import Diagnostic, Span
from ..diagnostics import yaml as findings
from .build import build_tree
from .file import SourceFile
from .tree import Mapping

BYTE_LIMIT = 4 * 1024 * 1024

# Not printable in YAML, or able to make a reviewer read something else than what stands there: controls, the
# line breaks that only some readers break at, the marks that turn the direction of writing, halves of pairs.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
# libyaml compares each %TAG with all before it: 200,000 of them in 4 MB take three minutes.
_DIRECTIVE = re.compile(r"^%.*", re.MULTILINE)


def read_source(path: Path, name: str) -> tuple[SourceFile | None, Mapping | None, list[Diagnostic]]:
    """The file at `path`, shown to users as `name`, as `parse_source` gives it; no file where it cannot be read."""
    whole = Span(name)
    try:
        if path.is_dir():
            return None, None, [findings.unreadable(whole, "it is a folder")]
        if path.stat().st_size > BYTE_LIMIT:
            return None, None, [findings.too_large(whole, BYTE_LIMIT)]
        with path.open("rb") as stream:
            data = stream.read(BYTE_LIMIT + 1)
    except FileNotFoundError:
        return None, None, [findings.unreadable(whole, "there is no such file")]
    except OSError as error:
        return None, None, [findings.unreadable(whole, (error.strerror or "the system refuses it").lower())]
    except ValueError:
        return None, None, [findings.unreadable(whole, "its name is not a file name")]
    text, found = decode_source(data, name)
    return (None, None, found) if text is None else parse_source(text, name)


def decode_source(data: bytes, name: str) -> tuple[str | None, list[Diagnostic]]:
    """The text of a rule file's bytes, or why it is none. A reader need not take more than `BYTE_LIMIT` and one."""
    if len(data) > BYTE_LIMIT:  # a stream has no size, and a file may grow
        return None, [findings.too_large(Span(name), BYTE_LIMIT)]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, [findings.not_utf8(Span(name), error.start, data[error.start], line)]


def parse_source(text: str, name: str) -> tuple[SourceFile, Mapping | None, list[Diagnostic]]:
    """The tree of a rule file's text.

    There is no tree where something had to be left out of it; a key that stands twice is a finding, and the
    tree keeps the first.
    """
    file = SourceFile(name, text.removeprefix("\ufeff"))
    if len(text) > BYTE_LIMIT:
        return file, None, [findings.too_large(Span(name), BYTE_LIMIT)]
    bad = _FORBIDDEN.search(file.text)
    if bad:
        return file, None, [findings.forbidden_character(file.span(*bad.span()), ord(bad.group()))]
    directive = _DIRECTIVE.search(file.text)
    if directive:
        return file, None, [findings.directive(file.span(*directive.span()))]
    root, found = build_tree(file)
    return file, root, found
