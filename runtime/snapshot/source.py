"""Opening a snapshot: JSON or NDJSON, its instant, and its accounts as a stream that can be read again."""

from __future__ import annotations

import io
import json
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from ...program.diagnostic import Diagnostic, SnapshotError, Span
from ..diagnostics import snapshot as pages
from .findings import Findings
from .instant import InstantError, read_instant
from .json_text import Numeral, decode_utf8, parse_json, shape_of
from .positions import Anchor

FILE_LIMIT = 1 << 30
LINE_LIMIT = 64 << 20
_LINE_SUFFIXES = (".ndjson", ".jsonl")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Lines:
    """The account lines of NDJSON: (line number, bytes), or None for the bytes of a line that is too long.

    `source` is a file, opened anew each time, or the bytes themselves; `head` is the number of the first line.
    """

    file: str
    source: Path | bytes
    head: int

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        try:
            with _open(self.source) as stream:
                for number, line in _lines(stream):
                    if number > self.head:
                        yield number, line
        except OSError as error:
            raise _unreadable(self.file, error) from None


@dataclass(frozen=True, slots=True)
class Raw:
    """A snapshot that is open but not yet understood: which program to read it with depends on `as_of`.

    as_of   seconds since 1970 UTC
    head    the JSON object, or the first line's; `text` is the text it was read from, from line `line` on
    lines   the accounts where each has a line; None where they stand in `head`
    """

    file: str
    as_of: Decimal
    head: Mapping[str, object]
    text: str
    line: int = 1
    lines: Lines | None = None


def open_snapshot(path: Path | None, name: str, text: bytes | None = None) -> Raw:
    """Opens the snapshot at `path`, or in `text` (standard input); `name` is what people call it.

    NDJSON is known by its ending (`.ndjson`, `.jsonl`), or by a first line that is a whole JSON object with more
    lines behind it. Raises SnapshotError.
    """
    source = _source(path, name, text)
    try:
        with _open(source) as stream:
            lines = _lines(stream)
            number, first = next(lines, (1, b""))
            more = first is not None and next(lines, None) is not None
    except OSError as error:
        raise _unreadable(name, error) from None
    if name.endswith(_LINE_SUFFIXES) or (first is not None and more and _is_object(first)):
        return _open_lines(source, name, number, first)
    return _open_json(source, name)


def _open_json(source: Path | bytes, name: str) -> Raw:
    try:
        with _open(source) as stream:
            size = stream.seek(0, io.SEEK_END)  # a file far too large is refused without reading it
            stream.seek(0)
            data = stream.read(FILE_LIMIT + 1) if size <= FILE_LIMIT else b""
    except OSError as error:
        raise _unreadable(name, error) from None
    if max(size, len(data)) > FILE_LIMIT:
        raise SnapshotError([pages.too_large(Span(name), "this JSON file", "1 GiB")])
    return _raw(name, decode_utf8(data, name), 1, None)


def _open_lines(source: Path | bytes, name: str, number: int, first: bytes | None) -> Raw:
    if first is None:
        raise SnapshotError([line_too_long(name, number)])
    return _raw(name, decode_utf8(first, name, number), number, Lines(name, source, number))


def _raw(name: str, text: str, line: int, lines: Lines | None) -> Raw:
    head = parse_json(text, name, line)
    findings = Findings()
    as_of = _as_of(head, findings)
    if not isinstance(head, dict) or as_of is None:
        raise SnapshotError(findings.diagnostics(name, text, Anchor(line=line)))
    return Raw(name, as_of, head, text, line, lines)


def _as_of(head: object, findings: Findings) -> Decimal | None:
    if not isinstance(head, dict):
        found = shape_of(head)
        findings.add(lambda span: pages.wrong_shape(span, "a snapshot", "an object", found), ())
        return None
    if "as_of" not in head:
        findings.add(lambda span: pages.no_instant(span, "is missing: a snapshot says its instant"), ())
        return None
    written = head["as_of"]
    if not isinstance(written, str) or isinstance(written, Numeral):
        findings.add(lambda span: pages.no_instant(span, f"must be text, not {shape_of(written)}"), ("as_of",))
        return None
    try:
        return read_instant(written)
    except InstantError as error:
        reason = f"is {pages.quoted(written)}, which {error}"
        findings.add(lambda span: pages.no_instant(span, reason), ("as_of",))
        return None


def line_too_long(name: str, number: int) -> Diagnostic:
    """The finding that a line of NDJSON is longer than is read."""
    return pages.too_large(Span(name, number, 1, number, 1), f"line {number}", "64 MiB")


def _source(path: Path | None, name: str, text: bytes | None) -> Path | bytes:
    """Where the bytes come from each time they are read; what can be read only once (a pipe) is read now."""
    if text is not None:
        return text
    if path is None:
        raise SnapshotError([pages.cannot_be_read(Span(name), "neither a file nor text was given")])
    try:
        if stat.S_ISREG(path.stat().st_mode):
            return path
        with path.open("rb") as stream:
            return stream.read(FILE_LIMIT + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None


def _open(source: Path | bytes) -> BinaryIO:
    return source.open("rb") if isinstance(source, Path) else io.BytesIO(source)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines that are not blank. Of a line that is too long only the number is kept."""
    number = 0
    while line := stream.readline(LINE_LIMIT + 1):
        number += 1
        if len(line) > LINE_LIMIT and not line.endswith(b"\n"):
            yield number, None
            while line and not line.endswith(b"\n"):
                line = stream.readline(_CHUNK)
        elif line.strip():
            yield number, line


def _is_object(line: bytes) -> bool:
    if not line.rstrip().endswith(b"}"):
        return False
    try:
        return isinstance(json.loads(line, parse_int=str, parse_float=str), dict)
    except (ValueError, RecursionError):
        return False


def _unreadable(name: str, error: Exception) -> SnapshotError:
    reason = (error.strerror if isinstance(error, OSError) else None) or "its name is not one a file can have"
    return SnapshotError([pages.cannot_be_read(Span(name), reason[:1].lower() + reason[1:])])
