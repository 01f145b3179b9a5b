"""The tree of a rule file: mappings, lists and scalars, each with its extent in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Scalar:
    """A piece of text. What it means is decided by where it stands, never by how it looks: `NO`, `12:30` and
    `1_000` are their text, and a value left out (or a plain `null` or `~`) is the empty text.

    start, end   offsets in code points; quotes and a block header are inside, trailing blank lines are not
    style        `''` plain, `'` or `"` quoted, `|` or `>` block
    """

    text: str
    start: int
    end: int
    style: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; `flow` is true where it is written in `[ ]`."""

    items: tuple[Node, ...]
    start: int
    end: int
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value."""

    key: Scalar
    value: Node

    @property
    def start(self) -> int:
        return self.key.start

    @property
    def end(self) -> int:
        return max(self.key.end, self.value.end)


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in the order of the file; no key twice. `flow` is true where it is written in `{ }`."""

    entries: tuple[Entry, ...]
    start: int
    end: int
    flow: bool = False
    _places: dict[str, Entry] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {entry.key.text: entry for entry in self.entries})

    def get(self, key: str) -> Entry | None:
        return self._places.get(key)

    def items(self) -> Iterator[tuple[str, Node]]:
        """Key texts with their values; `entries` has the keys with their places."""
        return ((entry.key.text, entry.value) for entry in self.entries)


Node = Scalar | Sequence | Mapping
