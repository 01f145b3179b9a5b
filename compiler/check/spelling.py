"""Names that no expression could read, and parameters of the rulebook that nothing reads under their spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...program.codes import closest
from ...program.diagnostic import Diagnostic
from ..diagnostics import spelling as findings
from ..rulebook import Effective, Layer
from ..source import Scalar
from .model import Model
from .term import Term

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*\Z")
RESERVED = frozenset(
    {"if", "then", "else", "or", "and", "not", "for", "in", "is", "where", "per", "true", "false", "none"}
    | {"as_of", "previous", "unit", "account"}
)
"""Words of the language: a name like one of them would never be read as a name."""


def unreadable_names(effective: Effective) -> list[Diagnostic]:
    """A finding for each declared name that is no name, or is a word of the language."""
    return [
        findings.unreadable(layer.span(name), name.text, name.text in RESERVED)
        for layer, name in _declared(effective)
        if not _NAME.match(name.text) or name.text in RESERVED
    ]


def _declared(effective: Effective) -> Iterator[tuple[Layer, Scalar]]:
    for texts in effective.kinds.values():
        for kind in texts:
            if kind.each is not None:
                yield kind.layer, kind.each
            yield from ((field.layer, field.name) for field in kind.fields)
    for definitions in effective.definitions.values():
        yield from ((text.layer, text.name) for text in definitions)
    for functions in effective.functions.values():
        for function in functions:
            yield function.layer, function.name
            yield from ((function.layer, name) for name, _ in function.parameters)


def misspelt_parameters(model: Model, effective: Effective, terms: Iterable[Term]) -> list[Diagnostic]:
    """A warning for each parameter of the rulebook that no model declares, nothing reads, and is spelt like another."""
    own = {field.name for field in model.kinds[""].fields}
    written = {text.name: text for text in effective.parameters if text.name in own and not text.layer.prefix}
    inferred = {name for name in written if ("", name) not in model.spans}
    read = _read(terms) if inferred else set()
    found: list[Diagnostic] = []
    for name in sorted(inferred - read):
        meant = closest(name, sorted(read | (own - inferred)))
        if meant is not None:
            text = written[name]
            found.append(findings.misspelt_parameter(text.layer.span(text.key), text.key.text, meant))
    return found


def _read(terms: Iterable[Term]) -> set[str]:
    """The parameters of the rulebook that expressions read."""
    found: set[str] = set()
    waiting = list(terms)
    while waiting:
        term = waiting.pop()
        if term.operation == "load" and term.attributes[0] == "":
            found.add(str(term.attributes[1]))
        waiting += term.arguments
    return found
