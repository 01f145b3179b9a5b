"""From jsonschema's errors to findings at the key or value a person would change."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from jsonschema import Draft202012Validator, ValidationError

from ...program.codes import closest
from ...program.diagnostic import Diagnostic, Span
from ..diagnostics import schema as findings
from ..source import Entry, Mapping, Node, Scalar, Sequence, SourceFile

FINDING_LIMIT = 100

_COUNTS = frozenset({"minItems", "minProperties", "maxProperties"})

Plain = str | list["Plain"] | dict[str, "Plain"]


def plain(node: Node) -> Plain:
    """The node as JSON: texts, lists and objects. Nests at most as deep as files may."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.items()}


def explain_refusal(schema: dict[str, object], file: SourceFile, root: Mapping) -> list[Diagnostic]:
    """Why jsonschema refuses this tree, at most 100 findings; a general one should it not refuse at all."""
    errors = Draft202012Validator(schema).iter_errors(plain(root))
    found = list(itertools.islice(_findings(file, root, errors), FINDING_LIMIT))
    return found or [findings.other_shape(file.span_of(root.entries[0].key) if root.entries else file.span_of(root))]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an error stands: the node, the entry or list it is reached by, and how people would name it."""

    file: SourceFile
    node: Node
    entry: Entry | None
    name: str

    @property
    def key_span(self) -> Span:
        """The key above the node; for items of a list and the file itself, where the node begins."""
        if self.entry is not None:
            return self.file.span_of(self.entry.key)
        if isinstance(self.node, Mapping) and self.node.entries:
            return self.file.span_of(self.node.entries[0].key)
        return self.file.span_of(self.node)

    @property
    def value_span(self) -> Span:
        return self.key_span if self.node.start == self.node.end else self.file.span_of(self.node)


def _findings(file: SourceFile, root: Mapping, errors: Iterable[ValidationError]) -> Iterator[Diagnostic]:
    misspelt: set[tuple[object, ...]] = set()
    missing: list[ValidationError] = []
    for error in errors:
        place = _find(file, root, error)
        if error.validator == "required":
            missing.append(error)
        elif error.validator == "additionalProperties":
            for finding in _unknown_keys(place, error):
                if finding.fixes:
                    misspelt.add(tuple(error.absolute_path))
                yield finding
        else:
            yield _finding(place, error)
    # One slip, one finding: a key that is only misspelt is not missing too.
    for error in missing:
        if tuple(error.absolute_path) not in misspelt:
            yield from _missing_keys(_find(file, root, error), error)


def _finding(place: _Place, error: ValidationError) -> Diagnostic:
    message, wanted = _annotation(error, "errorMessage"), _annotation(error, "description")
    if error.validator == "not":
        return findings.excluded(place.key_span, message)
    if error.validator == "enum":
        words = list(dict.fromkeys(str(word) for word in cast("list[object]", error.validator_value)))
        text = place.node.text if isinstance(place.node, Scalar) else ""
        return findings.not_one_of(place.value_span, text, place.name, words, closest(text, words), message)
    if error.validator == "type":
        return findings.wrong_shape(place.value_span, place.name, _what(place.node), wanted)
    if error.validator == "minLength":
        return findings.wrong_shape(place.value_span, place.name, "empty", wanted)
    if error.validator in _COUNTS:
        return findings.wrong_count(place.value_span, place.name, wanted)
    return findings.other_shape(place.value_span)


def _unknown_keys(place: _Place, error: ValidationError) -> Iterator[Diagnostic]:
    """Only met where `additionalProperties` is false: elsewhere the errors are those of the values."""
    node = place.node
    if not isinstance(node, Mapping):
        return
    allowed = list(cast("dict[str, object]", _schema(error).get("properties", {})))
    unused = [key for key in allowed if node.get(key) is None]
    for entry in itertools.islice((e for e in node.entries if e.key.text not in allowed), FINDING_LIMIT):
        key = entry.key.text
        meant = closest(key, unused) if len(key) <= 80 else None
        span = place.file.span_of(entry.key)
        yield findings.unknown_key(span, key, _annotation(error, "title"), allowed, meant)


def _missing_keys(place: _Place, error: ValidationError) -> Iterator[Diagnostic]:
    node = place.node
    if not isinstance(node, Mapping):
        return
    for key in cast("list[str]", error.validator_value):
        if node.get(key) is None:
            message = _annotation(error, "errorMessage")
            yield findings.missing_key(place.key_span, key, _annotation(error, "title"), message)


def _find(file: SourceFile, root: Mapping, error: ValidationError) -> _Place:
    node: Node = root
    entry: Entry | None = None
    name = ""
    for step in error.absolute_path:
        if isinstance(node, Mapping):
            entry = node.get(str(step))
            if entry is None:
                break
            node, name = entry.value, entry.key.text
        elif isinstance(node, Sequence):
            node, entry, name = node.items[int(step)], None, ""
    return _Place(file, node, entry, name)


def _what(node: Node) -> str:
    if isinstance(node, Scalar):
        return "a single text" if node.text else "empty"
    return "a list" if isinstance(node, Sequence) else "a block of keys"


def _schema(error: ValidationError) -> dict[str, object]:
    return error.schema if isinstance(error.schema, dict) else {}


def _annotation(error: ValidationError, word: str) -> str:
    return str(_schema(error).get(word, ""))
