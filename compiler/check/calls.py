"""Calls of the rulebook's own functions and of those it imports: arguments held against what a function takes."""

from __future__ import annotations

from ...program.diagnostic import Diagnostic, Span
from ...program.types import Label, Number, Type, optional
from ...program.variables import Bindings, alone, bindings, bound, variables
from ..diagnostics import functions as findings
from ..syntax import ast
from .expression import Checker, dimension_of, what
from .fitting import fits, inferred
from .scope import Scope
from .term import Refused, Term
from .world import Function


def apply(checker: Checker, function: Function, node: ast.Call, scope: Scope, span: Span) -> Term:
    """A call: its arguments fit, and what it gives is told in their dimensions."""
    names = [name for name, _ in function.parameters]
    if len(node.arguments) != len(names):
        given = len(node.arguments)
        raise Refused(findings.argument_count(span, function.name, names, given, function.span))
    terms = tuple(checker.check(argument, scope) for argument in node.arguments)
    types = [wanted for _, wanted in function.parameters]
    known = bindings(types, (dimension_of(term) for term in terms))
    for term, (name, wanted) in zip(terms, function.parameters, strict=True):
        if not fits(inferred(term), bound(wanted, known)):
            raise Refused(_differs(function, name, wanted, term, known))
    return Term("call", terms, (function.name,), bound(function.gives, known), span)


def _differs(function: Function, name: str, wanted: Type, term: Term, known: Bindings) -> Diagnostic:
    """The finding for an argument that does not fit."""
    type_ = bound(wanted, known)
    described = what(type_)
    if term.type.optional and not type_.optional and fits(optional(term.type, False), type_):
        return findings.argument_differs(
            term.span, function.name, name, f"{described}, never none", "may be none", function.span,
            "settle it first: `default(..., 0)`, or a test that it `is not none`",
        )  # fmt: skip
    variable = alone(wanted)
    if variable is not None and isinstance(type_, Number):
        described += f", like the first argument of `{variable}`"
    advice = f"`{function.name}` takes {', '.join(f'{parameter}: {type_}' for parameter, type_ in function.parameters)}"
    zero = next((name for name in sorted(variables(wanted)) if known.get(name, wanted) is None), None)
    if zero is not None:
        described = f"`0`, because `{zero}` is only `0` here"
        advice = f"a bare `0` is of every dimension: give `{zero}` a value of one, as in `0 USDC`"
    if isinstance(type_, Number) and type_.integer:
        described, advice = "a whole number", "round it: `floor(...)` is one"
    if isinstance(type_, Label) and type_.choices:
        described, advice = "a label", f"it is one of {', '.join(type_.choices)}"
    return findings.argument_differs(term.span, function.name, name, described, f"is {_given(term)}",
                                     function.span, advice)  # fmt: skip


def _given(term: Term) -> str:
    """What an argument is; a label by its word."""
    is_word = isinstance(term.type, Label) and term.operation == "constant"
    return f"`{term.attributes[0]}`" if is_word else what(term.type)
