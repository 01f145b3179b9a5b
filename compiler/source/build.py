"""From YAML events to the tree, with limits that act while reading.

Events instead of PyYAML's own nodes: its composer calls itself once a level, and 50,000 open brackets end the
process; it also builds everything before anyone can count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from ...program.diagnostic import Diagnostic, Fix
from ..diagnostics import yaml as findings
from .cut import Surroundings, find_cut
from .file import SourceFile
from .problem import explain_problem
from .tree import Entry, Mapping, Node, Scalar, Sequence

DEPTH_LIMIT = 64
NODE_LIMIT = 200_000
FINDING_LIMIT = 100

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"~", "null", "Null", "NULL"})


def build_tree(file: SourceFile) -> tuple[Mapping | None, list[Diagnostic]]:
    """The tree of a file, or None where something had to be left out of it."""
    builder = _Builder(file)
    try:
        for event in _events(file.text):
            builder.take(event)
            if builder.stopped:
                break
    except yaml.MarkedYAMLError as error:
        builder.refuse(explain_problem(file, error))
    except yaml.YAMLError:
        builder.refuse(
            findings.not_yaml(file.span(0, 0), "this is not YAML text", "save the file as `key: value` lines")
        )
    root = builder.root
    if root is None and not builder.found:
        builder.refuse(findings.empty_file(file.span(0, 0)))
    elif root is not None and not isinstance(root, Mapping) and not builder.found:
        builder.refuse(findings.root_not_mapping(file.span_of(root)))
    return root if isinstance(root, Mapping) and not builder.incomplete else None, builder.found


def _events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=_LOADER)


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet. `pairs` keeps every entry; `key` waits for its value."""

    start: int
    flow: bool
    mapping: bool
    key: Scalar | None = None
    items: list[Node] = field(default_factory=list)
    pairs: list[Entry] = field(default_factory=list)

    @property
    def end(self) -> int:
        last = self.pairs[-1].end if self.pairs else self.items[-1].end if self.items else self.start
        return max(last, self.start)


@dataclass(slots=True)
class _Builder:
    """The open collections from the root down, and what was found on the way."""

    file: SourceFile
    root: Node | None = None
    found: list[Diagnostic] = field(default_factory=list)
    incomplete: bool = False
    stopped: bool = False
    open: list[_Open] = field(default_factory=list)
    nodes: int = 0
    documents: int = 0

    def refuse(self, finding: Diagnostic, stop: bool = False) -> None:
        """Reports something that leaves the tree incomplete."""
        self.incomplete = True
        self.stopped = self.stopped or stop
        self.report(finding)

    def report(self, finding: Diagnostic) -> None:
        if len(self.found) < FINDING_LIMIT:
            self.found.append(finding)

    def take(self, event: yaml.Event) -> None:
        start = event.start_mark.index if event.start_mark else 0
        end = event.end_mark.index if event.end_mark else start
        if isinstance(event, yaml.ScalarEvent):
            self._decorated(event, start, end)
            self._count(start)
            self._place(_scalar(self.file.text, event, start, end))
        elif isinstance(event, yaml.AliasEvent):
            self.refuse(findings.alias(self.file.span(start, end), f"*{event.anchor}"))
            self._place(Scalar("", start, end))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._decorated(event, start, end)
            self._count(start)
            self._begin(_Open(start, bool(event.flow_style), isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end(end)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self.refuse(findings.second_document(self.file.span(start, end)), stop=True)

    def _decorated(self, event: yaml.NodeEvent, start: int, end: int) -> None:
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor is not None:
            self.refuse(findings.alias(self.file.span(start, end), f"&{anchor}"))
        if tag is not None:
            self.refuse(findings.tag(self.file.span(start, end), _word(self.file.text, start)))

    def _count(self, start: int) -> None:
        self.nodes += 1
        if self.nodes > NODE_LIMIT:
            self.refuse(findings.too_many_nodes(self.file.span(start, start), NODE_LIMIT), stop=True)

    def _begin(self, collection: _Open) -> None:
        start = collection.start
        above = self.open[-1] if self.open else None
        if above is not None and above.mapping and above.key is None:
            self.refuse(findings.key_not_text(self.file.span(start, start + 1)), stop=True)
        elif len(self.open) >= DEPTH_LIMIT:
            self.refuse(findings.too_deep(self.file.span(start, start + 1), DEPTH_LIMIT), stop=True)
        self.open.append(collection)

    def _end(self, end: int) -> None:
        closed = self.open.pop()
        end = end if closed.flow else closed.end
        if not closed.mapping:
            items = Sequence(tuple(closed.items), closed.start, end, closed.flow)
            self._is_cut(items)
            self._place(items)
            return
        whole = Mapping(tuple(closed.pairs), closed.start, end, closed.flow)
        if not self._is_cut(whole):
            whole = Mapping(self._once_each(closed.pairs), closed.start, end, closed.flow)
        self._place(whole)

    def _is_cut(self, collection: Sequence | Mapping) -> bool:
        """Reports an expression that a comma of this collection cut; true where there is one."""
        cut = find_cut(self.file, collection, self._surroundings()) if collection.flow else None
        if cut is None:
            return False
        span, brackets = self.file.span(cut.start, cut.end), "{ }" if isinstance(collection, Mapping) else "[ ]"
        fixes = (Fix(self.file.span_of(collection), cut.block_style),) if cut.block_style else ()
        self.refuse(findings.cut_expression(span, cut.whole, brackets, fixes))
        return True

    def _surroundings(self) -> Surroundings | None:
        """Where the collection that was just closed stands, if that is in block style."""
        above = self.open[-1] if self.open else None
        if above is None or above.flow:
            return None
        return Surroundings(above.key, above.start)

    def _once_each(self, pairs: list[Entry]) -> tuple[Entry, ...]:
        kept: dict[str, Entry] = {}
        for entry in pairs:
            key = entry.key
            if key.text == "<<" and not key.style:
                self.refuse(findings.merge_key(self.file.span_of(key)))
            elif key.text in kept:
                first = self.file.span_of(kept[key.text].key)
                self.report(findings.duplicate_key(self.file.span_of(key), key.text, first))
            else:
                kept[key.text] = entry
        return tuple(kept.values())

    def _place(self, node: Node) -> None:
        if not self.open:
            if self.root is None:
                self.root = node
            return
        above = self.open[-1]
        if not above.mapping:
            above.items.append(_without_null(node))
        elif above.key is not None:
            above.pairs.append(Entry(above.key, _without_null(node)))
            above.key = None
        elif isinstance(node, Scalar):
            if not node.text and not node.style:
                self.refuse(findings.key_not_text(self.file.span(node.start, node.end)))
            above.key = node


def _scalar(text: str, event: yaml.ScalarEvent, start: int, end: int) -> Scalar:
    style = event.style or ""
    if style in ("|", ">"):  # its end mark lies behind the blank lines that follow
        end = start + len(text[start:end].rstrip())
    return Scalar(event.value, start, end, style)


def _without_null(node: Node) -> Node:
    if isinstance(node, Scalar) and not node.style and node.text in _NULLS:
        return Scalar("", node.start, node.end)
    return node


def _word(text: str, start: int) -> str:
    """The first word at an offset, at most 80 characters of it."""
    return text[start : start + 80].split(maxsplit=1)[0]
