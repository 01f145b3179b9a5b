"""`layer: tighten-only` and `loosen: REASON` as files say them; what they promise is held against programs later."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Many

from ...program.diagnostic import Diagnostic
from ...program.literal import instant
from ..diagnostics import layers as findings
from ..source import Entry, Mapping, Node, Scalar, Sequence
from .load import RuleFile
from .texts import LayerText

_WORD = "tighten-only"
_SECTIONS = ("eligibility", "haircuts", "borrow_caps", "initial", "maintenance", "formulas")


def is_tighten_only(file: RuleFile) -> bool:
    """Whether a file promises that what it replaces only tightens."""
    entry = file.root.get("layer")
    return entry is not None and isinstance(entry.value, Scalar) and entry.value.text == _WORD


def check_layers(files: Many[RuleFile]) -> list[Diagnostic]:
    """Findings about the words themselves: another layer, nothing that is extended, reasons without use or text."""
    found: list[Diagnostic] = []
    for file in files:
        entry = file.root.get("layer")
        if entry is not None and isinstance(entry.value, Scalar):
            if entry.value.text != _WORD:
                found.append(findings.unknown_layer(file.source.span_of(entry.value), entry.value.text))
            elif file.root.get("extends") is None:
                found.append(findings.nothing_extended(file.source.span_of(entry.value)))
        if "loosen" not in file.source.text:
            continue
        for reason in _reasons(file.root):
            if not reason.text.strip():
                found.append(findings.no_reason(file.source.span_of(reason)))
            elif entry is None:
                found.append(findings.nothing_promised(file.source.span_of(reason)))
    return found


def reason_of_amendment(root: Mapping, layer: LayerText) -> Scalar | None:
    """The reason an amendment gives for all it says."""
    for amendment in _items(root, "amendments") if layer.layer.effective is not None else ():
        date = amendment.get("effective")
        if date is not None and isinstance(date.value, Scalar) and instant(date.value.text) == layer.layer.effective:
            return _reason(amendment)
    return None


def reasons_of_values(layer: LayerText) -> Iterator[tuple[tuple[str, str, str], Scalar]]:
    """The reasons beside values: under the plural (or ""), row and field that parameters write."""
    for text in layer.parameters:
        own = _reason_of_value(text.value)
        if own is not None:
            yield ("", "", text.name), own
        elif isinstance(text.value, Mapping):
            for row, field in _fields(text.value):
                reason = _reason_of_value(field.value)
                if reason is not None:
                    yield (text.name, row, field.key.text), reason


def reason_of_block(root: Mapping, name: Scalar) -> Scalar | None:
    """The reason in the block of the definition, function or rung that is called so at this place."""
    for block in _blocks(root):
        if block[0].start == name.start and block[0].end == name.end:
            return _reason(block[1])
    return None


def _reasons(root: Mapping) -> Iterator[Scalar]:
    layers = [root, *(item for item in _items(root, "amendments"))]
    for layer in layers:
        reason = _reason(layer) if layer is not root else None
        if reason is not None:
            yield reason
        parameters = layer.get("parameters")
        for entry in _entries(parameters):
            own = _reason_of_value(entry.value)
            fields = _fields(entry.value) if own is None and isinstance(entry.value, Mapping) else ()
            for reason in (own, *(_reason_of_value(field.value) for _, field in fields)):
                if reason is not None:
                    yield reason
    for _, block in _blocks(root):
        reason = _reason(block)
        if reason is not None:
            yield reason


def _blocks(root: Mapping) -> Iterator[tuple[Scalar, Mapping]]:
    """Definitions, functions and rungs that are blocks, each with its name."""
    for layer in (root, *_items(root, "amendments")):
        for section in _SECTIONS:
            for scope in _entries(layer.get(section)):
                for entry in scope.value.entries if isinstance(scope.value, Mapping) else ():
                    if isinstance(entry.value, Mapping):
                        yield entry.key, entry.value
        for entry in _entries(layer.get("functions")):
            if isinstance(entry.value, Mapping):
                yield entry.key, entry.value
        for rung in _items(layer, "status"):
            name = rung.get("is")
            if name is not None and isinstance(name.value, Scalar):
                yield name.value, rung


def _fields(rows: Mapping) -> Iterator[tuple[str, Entry]]:
    for row in rows.entries:
        for field in row.value.entries if isinstance(row.value, Mapping) else ():
            yield row.key.text, field


def _reason_of_value(node: Node) -> Scalar | None:
    """The reason in a value's long form."""
    return _reason(node) if isinstance(node, Mapping) and node.get("value") is not None else None


def _reason(block: Mapping) -> Scalar | None:
    entry = block.get("loosen")
    return entry.value if entry is not None and isinstance(entry.value, Scalar) else None


def _entries(entry: Entry | None) -> tuple[Entry, ...]:
    return entry.value.entries if entry is not None and isinstance(entry.value, Mapping) else ()


def _items(root: Mapping, key: str) -> Iterator[Mapping]:
    entry = root.get(key)
    if entry is not None and isinstance(entry.value, Sequence):
        yield from (item for item in entry.value.items if isinstance(item, Mapping))
