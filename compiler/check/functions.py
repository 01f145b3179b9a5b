"""Functions of the language itself: what they declare, their expressions, and that none needs itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...program.diagnostic import Diagnostic, Span
from ...program.types import Date, Label, Number, Truth, Type
from ...program.variables import alone, variables
from ..diagnostics import functions as findings
from ..rulebook import Effective, FunctionText
from ..syntax import Expression, parse_declaration
from .aggregate import AGGREGATES
from .builtins import FUNCTIONS
from .expression import what
from .fitting import fits, inferred
from .model import Model
from .scope import Scope
from .term import Needs, Refused, Spoilt, Term, parts
from .world import Function, World


@dataclass(frozen=True, slots=True)
class CheckedFunction:
    """A function that checks."""

    text: FunctionText
    signature: Function
    term: Term
    expression: Expression | None


def declared_functions(model: Model, effective: Effective, found: list[Diagnostic]) -> dict[str, Function]:
    """What every function takes and gives; those whose declaration is wrong are left out."""
    functions: dict[str, Function] = {}
    for name, texts in effective.functions.items():
        text = texts[-1]
        problem = _name_problem(model, name, texts)
        if problem is not None:
            found.append(problem)
        elif (function := _declared(model, name, text, found)) is not None:
            functions[name] = function
    return functions


def check_functions(
    world: World, effective: Effective, checked: Callable[[FunctionText, Scope], tuple[Term, Expression | None] | None]
) -> tuple[dict[str, CheckedFunction], list[Diagnostic]]:
    """Every function against what it says it gives. `checked` checks the expression or the cases of a text."""
    found: list[Diagnostic] = []
    functions: dict[str, CheckedFunction] = {}
    for name, signature in world.functions.items():
        text = effective.functions[name][-1]
        try:
            body = checked(text, Scope(world, (), prefix=text.layer.prefix, function=signature))
            if body is None:
                continue
            if not fits(inferred(body[0]), signature.gives):
                place = text.layer.span(text.gives)
                told = what(body[0].type) if not isinstance(body[0].type, Number) else str(body[0].type)
                raise Refused(findings.gives_differs(place, name, str(signature.gives), told, body[0].span))
        except Refused as refusal:
            found.append(refusal.finding)
        except (Spoilt, Needs):
            continue
        else:
            functions[name] = CheckedFunction(text, signature, *body)
    found += _circles(functions)
    return functions, found


def _name_problem(model: Model, name: str, texts: list[FunctionText]) -> Diagnostic | None:
    text = texts[-1]
    place = text.layer.span(text.name)
    if len(texts) > 1 and texts[-2].layer == text.layer:
        return findings.name_taken(place, name, "a function", text.layer.span(texts[-2].name))
    if text.name.text in FUNCTIONS or text.name.text in AGGREGATES:
        return findings.name_taken(place, text.name.text, "a function of the language", None)
    kind = model.kinds.get(name)
    if kind is not None and name:
        return findings.name_taken(place, name, "a kind", model.spans[name, ""])
    return None


def _declared(model: Model, name: str, text: FunctionText, found: list[Diagnostic]) -> Function | None:
    parameters: list[tuple[str, Type]] = []
    for key, value in text.parameters:
        type_ = _type(model, text, key.text, value, found)
        if type_ is None:
            return None
        parameters.append((key.text, type_))
    gives = _type(model, text, "what it gives", text.gives, found)
    if gives is None:
        return None
    known = {alone(type_) for _, type_ in parameters}
    places = [*(value for _, value in text.parameters), text.gives]
    for value, type_ in zip(places, [*(type_ for _, type_ in parameters), gives], strict=True):
        for variable in sorted(variables(type_) - known):
            found.append(findings.unbound_variable(text.layer.span(value), name, variable))
            return None
    return Function(name, tuple(parameters), gives, text.layer.span(text.name))


def _type(model: Model, text: FunctionText, name: str, value: object, found: list[Diagnostic]) -> Type | None:
    declared = parse_declaration(text.layer.file, value)  # type: ignore[arg-type]  # a scalar: its shape is checked
    if isinstance(declared, Diagnostic):
        found.append(declared)
        return None
    type_, problems = model.given(declared, text.layer)
    found += problems
    if type_ is None or isinstance(type_, Number | Truth | Label | Date):
        return type_
    found.append(findings.no_value_type(declared.span(), text.name.text, name, what(type_)))
    return None


def _circles(functions: Mapping[str, CheckedFunction]) -> list[Diagnostic]:
    """A finding for each function that needs itself."""
    calls = {name: _calls(function.term) for name, function in functions.items()}
    found: list[Diagnostic] = []
    settled: set[str] = set()
    for start in calls:
        path: list[str] = []
        waiting: list[tuple[str, bool]] = [(start, False)]
        while waiting:
            name, done = waiting.pop()
            if done:
                settled.add(path.pop())
            elif name in path:
                circle = path[path.index(name) :]
                first = functions[circle[0]].signature.span
                steps = [
                    (called, calls[caller][called]) for caller, called in zip(circle, [*circle[1:], name], strict=True)
                ]
                found.append(findings.calls_itself(first, circle[0], steps))
                return found
            elif name not in settled:
                path.append(name)
                waiting.append((name, True))
                waiting += [(called, False) for called in calls[name] if called in functions]
    return found


def _calls(term: Term) -> dict[str, Span]:
    """The functions an expression calls, and where it first does."""
    found: dict[str, Span] = {}
    for part in parts(term):
        if part.operation == "call":
            found.setdefault(str(part.attributes[0]), part.span)
    return found
