"""Values without a source."""

from __future__ import annotations

from collections.abc import Iterator

from ...program.diagnostic import Diagnostic
from ..diagnostics import lint as findings
from ..pipeline import Source
from ..source import Mapping, Node, Scalar
from .own import amendments, own_file, text_of

_FILE = "write `source:` near the top of the file, or one beside the value: `{ value: ..., source: ... }`"
_AMENDMENT = "write `source:` below `effective:`, the address of the announcement or the title of the document"


def values_without_source(source: Source) -> list[Diagnostic]:
    """A finding for the undated values of a file that has no source, and one for each such amendment."""
    file = own_file(source)
    found: list[Diagnostic] = []
    for block in (file.root, *amendments(file.root)):
        entry = block.get("parameters")
        if entry is None or text_of(block, "source"):
            continue
        names = list(_without(entry.value, ()))
        effective = block.get("effective")
        if not names:
            continue
        if effective is None:
            place = file.source.span_of(entry.key)
            found.append(findings.without_source(place, "`parameters`", names, _FILE))
        else:
            place, date = file.source.span_of(effective.value), text_of(block, "effective")
            found.append(findings.without_source(place, f"the amendment of {date}", names, _AMENDMENT))
    return found


def _without(node: Node, path: tuple[str, ...]) -> Iterator[str]:
    """The names of the values below a node that name no source; a table is one value."""
    if not isinstance(node, Mapping):
        if not (isinstance(node, Scalar) and not node.text and not node.style):  # a row listed without values
            yield ".".join(path)
    elif not text_of(node, "source"):
        for key, value in node.items():
            if key not in ("about", "loosen"):
                yield from _without(value, path if key == "value" else (*path, key))
