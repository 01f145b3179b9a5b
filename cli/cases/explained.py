"""Where a value of a case comes from, as `marginc explain` draws it, cut to what fits below a failing case."""

from __future__ import annotations

from ...runtime.explain import UnknownNameError, explain, find_target
from ..tree_text import drawn
from .prepare import Prepared

_LINES = 12
"""Lines of the tree that are shown."""
_LEVELS = 3


def explained(prepared: Prepared, name: str) -> str:
    """The tree behind a value of the case's account, without what lies deep in it; empty where it has no tree."""
    program, data = prepared.program, prepared.snapshot
    keys = [
        (kind.name, key)
        for kind in program.kinds.values()
        if kind.role == "reference"
        for key in dict.fromkeys((*program.parameters.get(kind.name, ()), *data.reference.get(kind.name, ())))
    ]
    try:
        target = find_target(program, keys, prepared.account, name)
        explanation = explain(
            program, data.as_of, data.reference, prepared.account, target, prepared.replaced, depth=_LEVELS
        )
    except UnknownNameError:
        return ""
    lines = drawn(explanation).rstrip().split("\n")[2:]  # its header says what the case says already
    body = lines[: lines.index("")] if "" in lines else lines
    rest = len(body) - _LINES
    return "\n".join([*body[:_LINES], *([f"... {rest} more lines"] if rest > 0 else [])])
