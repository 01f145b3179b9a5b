"""Numbers that are rounded roots, exponentials and the like, where rules ask for more than they can give.

Two ways to the same number can differ in the 50th digit there: `sqrt(x) ^ 2 == x` may be false. A rounding makes such a
number settled again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from ...program.diagnostic import Diagnostic, Span
from ...program.operations import APPROXIMATE
from ...program.types import Number
from ..diagnostics import approximate as findings
from ..source import SourceFile
from .term import DefinitionKey, Term, parts

if TYPE_CHECKING:
    from .definitions import Checked
    from .functions import CheckedFunction

_SETTLING = frozenset({"round", "floor", "ceil", "trunc"})
_NAMES = {"square_root": "sqrt", "exponential": "exp", "logarithm": "ln", "normal_cdf": "normal_cdf"}
_ROUNDS = 20
"""Times that definitions are gone through; recursion through `previous` needs more than one."""
_READS = 20
"""Definitions within definitions that are looked into."""


def approximate_uses(
    definitions: Mapping[DefinitionKey, Checked], functions: Mapping[str, CheckedFunction]
) -> list[Diagnostic]:
    """A warning for every comparison and every rounding down or up of an approximate number."""
    written: dict[object, Term] = {}
    files: dict[str, SourceFile] = {}
    everything: list[Checked | CheckedFunction] = [*functions.values(), *definitions.values()]
    for key, checked in zip((*functions, *definitions), everything, strict=True):
        if checked.term is not None:
            written[key] = checked.term
            files[checked.text.layer.file.name] = checked.text.layer.file
    loose = _Loose(written)
    for _ in range(_ROUNDS):
        before = len(loose.named)
        for name, term in written.items():
            if loose.function(term):
                loose.named.setdefault(name, loose.function(term))
        loose.known.clear()
        if len(loose.named) == before:
            break
    return [
        finding
        for term in written.values()
        for finding in _uses(term, loose, lambda span: files[span.file].slice(span))
    ]


class _Loose:
    """Which numbers are approximate, each with the function that makes it so."""

    def __init__(self, written: Mapping[object, Term]) -> None:
        self.written = written
        self.named: dict[object, str] = {}
        self.known: dict[int, str] = {}
        self.zeros: dict[tuple[object, int], bool] = {}

    def function(self, term: Term) -> str:
        """The function that makes a number approximate; empty for an exact one."""
        if id(term) not in self.known:
            self.known[id(term)] = self._function(term)
        return self.known[id(term)]

    def _function(self, term: Term) -> str:
        if not isinstance(term.type, Number) or term.operation in _SETTLING:
            return ""
        if term.operation in APPROXIMATE:
            return _NAMES[term.operation]
        if term.operation == "reduce" and term.attributes[0] == "count":
            return ""
        named = self.named.get(term.attributes[0], "") if term.operation in ("read", "call") else ""
        if term.operation == "read":
            return named
        return named or next(filter(None, map(self.function, term.arguments)), "")

    def zero_is_zero(self, term: Term, depth: int = 0) -> bool:
        """Whether a number is 0 exactly where it should be: products and roots are, what sums may leave is not."""
        if not self.function(term) or term.operation in ("exponential", "normal_cdf"):
            return True
        if term.operation in ("multiply", "divide", "negate", "absolute", "power", "square_root"):
            return all(self.zero_is_zero(argument, depth) for argument in term.arguments)
        inner = self.written.get(term.attributes[0]) if term.operation in ("read", "call") else None
        if inner is None or depth == _READS:
            return False
        step = term.attributes[0], depth
        if step not in self.zeros:
            self.zeros[step] = self.zero_is_zero(inner, depth + 1)
        given = term.arguments if term.operation == "call" else ()
        return self.zeros[step] and all(self.zero_is_zero(g, depth) for g in given)


def _uses(root: Term, loose: _Loose, text: Callable[[Span], str]) -> Iterable[Diagnostic]:
    for term in parts(root):
        for left, right in _equalities(term):
            number = left if loose.function(left) else right
            zero = any(side.operation == "constant" and side.attributes[0] == 0 for side in (left, right))
            if loose.function(number) and not (zero and loose.zero_is_zero(number)):
                yield findings.compared(term.span, loose.function(number), text(number.span))
        if term.operation in ("floor", "ceil", "trunc") and loose.function(term.arguments[0]):
            number = term.arguments[0]
            yield findings.rounded(term.span, term.operation, loose.function(number), text(number.span))


def _equalities(term: Term) -> list[tuple[Term, Term]]:
    if term.operation == "equal":
        return [(term.arguments[0], term.arguments[1])]
    if term.operation != "chain" or not isinstance(term.attributes[0], tuple):
        return []
    pairs = zip(term.attributes[0], term.arguments[:-1], term.arguments[1:], strict=True)
    return [(left, right) for operator, left, right in pairs if operator in ("==", "!=")]
