"""Any JSON document, such as a venue's recorded answers: read strictly, and able to say where its values stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...program.diagnostic import SnapshotError, Span
from ..diagnostics.snapshot import too_large
from .findings import Findings
from .json_text import decode_utf8, parse_json
from .positions import JsonPath, Place, locate_all

DOCUMENT_LIMIT = 64 << 20


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed JSON text. Numbers are their text, as strings; no key stands twice in an object."""

    file: str
    text: str
    value: object

    def locate(self, paths: Iterable[JsonPath]) -> dict[JsonPath, Span]:
        """Line and column of the values at these paths, in one pass over the text."""
        found = locate_all(self.text, [Place(path) for path in paths])
        return {
            place.path: Span(self.file, at.line, at.column, at.end_line, at.end_column) for place, at in found.items()
        }


def read_document(data: bytes, file: str) -> Document:
    """The JSON document in UTF-8 bytes of at most 64 MiB; `file` is what people call it. Raises SnapshotError."""
    if len(data) > DOCUMENT_LIMIT:
        raise SnapshotError([too_large(Span(file), "this file", "64 MiB")])
    text = decode_utf8(data, file)
    value = parse_json(text, file)
    findings = Findings()
    _check_repeats(value, findings)
    if findings:
        raise SnapshotError(findings.diagnostics(file, text))
    return Document(file, text, value)


def _check_repeats(document: object, findings: Findings) -> None:
    """Notes every key that stands twice. Iterative: depth is the file's choice."""
    open_values: list[tuple[JsonPath, object]] = [((), document)]
    while open_values:
        path, value = open_values.pop()
        if isinstance(value, dict):
            findings.check_repeats(value, path)
            open_values.extend(((*path, key), inner) for key, inner in value.items())
        elif isinstance(value, list):
            open_values.extend(((*path, index), inner) for index, inner in enumerate(value))
