"""Checks a file's tree against the schema of rulebooks."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import cast

from ...program.diagnostic import Diagnostic, in_order
from ...schemas import RULEBOOK
from ..diagnostics import schema as findings
from ..source import Entry, Mapping, Sequence, SourceFile
from .gate import Shape, holds, read_schema

_SECTIONS = ("eligibility", "haircuts", "borrow_caps", "initial", "maintenance", "formulas")


def check_shape(file: SourceFile, root: Mapping) -> list[Diagnostic]:
    """What in a rulebook file stands where it cannot: unknown and missing keys, values of the wrong kind.

    Empty for a file whose shape is right; what its names and expressions mean is not looked at.
    """
    if holds(_rulebook_shape(), root):
        return in_order(list(_misplaced_else(file, root)))
    from .explain import explain_refusal  # jsonschema is 65 ms that a good file need not wait for

    return in_order(explain_refusal(_rulebook_schema(), file, root))


@functools.cache
def _rulebook_schema() -> dict[str, object]:
    return cast("dict[str, object]", json.loads(RULEBOOK.read_text("utf-8")))


@functools.cache
def _rulebook_shape() -> Shape:
    return read_schema(_rulebook_schema())


def _misplaced_else(file: SourceFile, root: Mapping) -> Iterator[Diagnostic]:
    """JSON Schema cannot say that an item is the last: where a list of cases has an `else`, it ends with it."""
    for entry in _lists_of_cases(root):
        items = cast("Sequence", entry.value).items
        otherwise = [item.get("else") if isinstance(item, Mapping) else None for item in items]
        for early in filter(None, otherwise[:-1]):
            yield findings.else_not_last(file.span_of(early.key))


def _lists_of_cases(root: Mapping) -> Iterator[Entry]:
    amendments = root.get("amendments")
    layers = amendments.value.items if amendments and isinstance(amendments.value, Sequence) else ()
    for layer in (root, *(item for item in layers if isinstance(item, Mapping))):
        functions = layer.get("functions")
        named = [functions.value] if functions is not None and isinstance(functions.value, Mapping) else []
        blocks = [value for block in named for _, value in block.items() if isinstance(value, Mapping)]
        for definition in (*_definitions(layer), *blocks):
            cases = definition.get("cases")
            if cases is not None and isinstance(cases.value, Sequence):
                yield cases


def _definitions(layer: Mapping) -> Iterator[Mapping]:
    sections = [entry.value for entry in layer.entries if entry.key.text in _SECTIONS]
    scopes = [scope for section in sections if isinstance(section, Mapping) for _, scope in section.items()]
    for scope in scopes:
        if isinstance(scope, Mapping):
            yield from (value for _, value in scope.items() if isinstance(value, Mapping))
