"""Calls: the functions of the language, and rows by their key.

To add a function: a row in `program/operations.py`, its rule here, its exact meaning in `runtime/exact/functions.py`.
"""

from __future__ import annotations

from collections.abc import Callable

from ...program.diagnostic import Diagnostic, Span
from ...program.dimension import RATIO, Dimension, Path
from ...program.number import ONE
from ...program.operations import ROUNDING_MODES
from ...program.types import Number, Row, Table, optional
from ..diagnostics import calls as call_findings
from ..diagnostics import functions as function_findings
from ..diagnostics import names as name_findings
from ..diagnostics import types as findings
from ..syntax import ast
from .aggregate import AGGREGATES, short_form
from .calls import apply
from .expression import Checker, dimension_of, what
from .lookups import look_up, of_ranges
from .scope import Scope
from .term import Refused, Spoilt, Term

Rule = Callable[[Checker, str, tuple[ast.Expr, ...], Scope, Span], Term]


def call(checker: Checker, node: ast.Call, scope: Scope, span: Span) -> Term:
    """A function's value, or a row of a reference kind by its key."""
    name = node.callee.name if isinstance(node.callee, ast.Name) else checker.expression.slice(node.callee)
    if len(node.arguments) == 1 and name in AGGREGATES:
        short = short_form(checker, name, node.arguments[0], scope, span)
        if short is not None:
            return short
        raise Refused(call_findings.one_argument(span, name, checker.expression.slice(node.arguments[0])))
    if name in FUNCTIONS:
        least, most, rule = FUNCTIONS[name]
        if not least <= len(node.arguments) <= most:
            raise Refused(call_findings.argument_count(span, name, len(node.arguments), least, most))
        return rule(checker, name, node.arguments, scope, span)
    function = scope.world.functions.get(scope.here(name))
    if function is not None:
        return apply(checker, function, node, scope, span)
    if scope.here(name) in scope.world.refused:
        raise Spoilt
    kind = scope.world.model.kinds.get(scope.here(name))
    if kind is not None and kind.role == "reference":
        if scope.function is not None:
            raise Refused(function_findings.rows_in_function(span, checker.expression.slice(node)))
        return _keyed(checker, node, kind.name, scope, span)
    table = _table(checker, node.callee, scope)
    if table is not None:
        return look_up(checker, node, table, scope, span)
    raise Refused(_unknown(checker, node.callee, name, scope))


def _unknown(checker: Checker, callee: ast.Expr, name: str, scope: Scope) -> Diagnostic:
    """The finding for a call of what is no function, kind or table."""
    begin = f"{scope.prefix}." if scope.prefix else ""
    own = [known.removeprefix(begin) for known in scope.world.functions if known.startswith(begin)]
    if scope.behind_prefix(callee) is not None:
        before = name.rpartition(".")[0]
        known = [function for function in own if function.rpartition(".")[0] == before]
    else:
        kinds = [kind.name for kind in scope.world.model.kinds.values() if kind.role == "reference"]
        known = [*FUNCTIONS, *AGGREGATES, *kinds, *own]
    return name_findings.unknown_function(checker.place(callee), name, sorted(set(known)))


def _table(checker: Checker, callee: ast.Expr, scope: Scope) -> Term | None:
    """The table that is called, None where a name means nothing or something else."""
    if isinstance(callee, ast.Name) and not scope.sees(callee.name):
        return None
    imported = scope.behind_prefix(callee)
    if imported is not None and imported[0] is None and not scope.sees(imported[1]):
        return None
    term = checker.check(callee, scope)
    return checker.never_none(term, callee) if isinstance(term.type, Table) else None


def _keyed(checker: Checker, node: ast.Call, kind: str, scope: Scope, span: Span) -> Term:
    if len(node.arguments) != 1 or not isinstance(node.arguments[0], ast.Word):
        raise Refused(call_findings.key_wanted(span, kind))
    key = node.arguments[0].text
    path = Path(f'{kind}("{key}")')
    return Term("keyed", (), (kind, key), Row(kind, path), span)


def _absolute(checker: Checker, name: str, arguments: tuple[ast.Expr, ...], scope: Scope, span: Span) -> Term:
    term = checker.number(arguments[0], scope)
    return Term("absolute", (term,), (), term.type, span)


def _extreme(checker: Checker, name: str, arguments: tuple[ast.Expr, ...], scope: Scope, span: Span) -> Term:
    terms = tuple(_bound(checker, argument, scope) for argument in arguments)
    dimension = _common(checker, terms)
    operation = "minimum" if name == "min" else "maximum"
    return Term(operation, terms, (), Number(dimension, optional=all(t.type.optional for t in terms)), span)


def _clamp(checker: Checker, name: str, arguments: tuple[ast.Expr, ...], scope: Scope, span: Span) -> Term:
    value = checker.number(arguments[0], scope)
    low, high = (_bound(checker, argument, scope) for argument in arguments[1:])
    return Term("clamp", (value, low, high), (), Number(_common(checker, (value, low, high))), span)


def _bound(checker: Checker, argument: ast.Expr, scope: Scope) -> Term:
    """A number that may be none: then it bounds nothing."""
    term = checker.check(argument, scope)
    if not isinstance(term.type, Number) and not (term.operation == "constant" and term.attributes[0] is None):
        raise Refused(findings.number_wanted(term.span, checker.expression.slice(argument), what(term.type)))
    return term


def _common(checker: Checker, terms: tuple[Term, ...]) -> Dimension | None:
    first = next((term for term in terms if dimension_of(term) is not None), terms[0])
    for term in terms:
        if isinstance(term.type, Number):
            checker.same_dimension(first, term)
    return dimension_of(first)


def _default(checker: Checker, name: str, arguments: tuple[ast.Expr, ...], scope: Scope, span: Span) -> Term:
    value, otherwise = (checker.check(argument, scope) for argument in arguments)
    type_ = optional(checker.join(value, otherwise), otherwise.type.optional)
    return Term("default", (value, otherwise), (), type_, span)


_OF_RATIOS = {"exp": "exponential", "ln": "logarithm", "normal_cdf": "normal_cdf"}


def _transcendental(checker: Checker, name: str, arguments: tuple[ast.Expr, ...], scope: Scope, span: Span) -> Term:
    term = checker.number(arguments[0], scope)
    dimension = dimension_of(term)
    if name == "sqrt":
        root = dimension.root() if dimension is not None else RATIO
        if root is None:
            raise Refused(call_findings.odd_root(span, str(dimension)))
        return Term("square_root", (term,), (), Number(root), span)
    if dimension not in (RATIO, None):
        raise Refused(call_findings.ratio_wanted(term.span, name, str(dimension)))
    return Term(_OF_RATIOS[name], (term,), (), Number(RATIO), span)


def _rounding(checker: Checker, name: str, arguments: tuple[ast.Expr, ...], scope: Scope, span: Span) -> Term:
    value = checker.number(arguments[0], scope)
    if len(arguments) > 1:
        step = checker.number(arguments[1], scope)
        checker.same_dimension(value, step)
    else:
        if dimension_of(value) not in (RATIO, None):
            raise Refused(call_findings.step_wanted(span, name, str(dimension_of(value))))
        step = Term("constant", (), (ONE,), Number(RATIO), span)
    attributes: tuple[str, ...] = ()
    if name == "round":
        mode = arguments[2] if len(arguments) > 2 else None
        text = mode.text if isinstance(mode, ast.Word) else "half_even" if mode is None else ""
        if text not in ROUNDING_MODES:
            raise Refused(findings.unknown_choice(checker.place(mode or arguments[0]), text, list(ROUNDING_MODES)))
        attributes = (text,)
    return Term(name, (value, step), attributes, Number(dimension_of(value)), span)


FUNCTIONS: dict[str, tuple[int, int, Rule]] = {
    "abs": (1, 1, _absolute),
    "min": (2, 99, _extreme),
    "max": (2, 99, _extreme),
    "clamp": (3, 3, _clamp),
    "default": (2, 2, _default),
    "sqrt": (1, 1, _transcendental),
    "exp": (1, 1, _transcendental),
    "ln": (1, 1, _transcendental),
    "normal_cdf": (1, 1, _transcendental),
    "floor": (1, 2, _rounding),
    "ceil": (1, 2, _rounding),
    "trunc": (1, 2, _rounding),
    "round": (1, 3, _rounding),
    "slices": (2, 2, of_ranges),
    "bracket": (2, 2, of_ranges),
}
"""Fewest and most arguments, and the rule."""
