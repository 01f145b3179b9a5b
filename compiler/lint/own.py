"""The file a rulebook was named by: lints speak of it alone, its parents are linted as rulebooks of their own."""

from __future__ import annotations

from collections.abc import Iterator

from ..pipeline import Source
from ..rulebook import RuleFile
from ..rulebook.texts import LayerText
from ..source import Mapping, Scalar, Sequence


def own_file(source: Source) -> RuleFile:
    return source.rulebook.files[-1]


def own_layers(source: Source) -> list[LayerText]:
    """What the file says, undated first."""
    file = own_file(source).source
    return [text for text in source.rulebook.layers if text.layer.file is file]


def amendments(root: Mapping) -> Iterator[Mapping]:
    """The amendments of a file, in the order they are written."""
    entry = root.get("amendments")
    for item in entry.value.items if entry is not None and isinstance(entry.value, Sequence) else ():
        if isinstance(item, Mapping):
            yield item


def text_of(mapping: Mapping, key: str) -> str:
    entry = mapping.get(key)
    return entry.value.text if entry is not None and isinstance(entry.value, Scalar) else ""
