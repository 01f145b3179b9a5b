"""A tree back to text, with the fewest parentheses. Parsing what is printed gives the same tree."""

from __future__ import annotations

from ...program.number import canonical
from . import ast

_IF, _OR, _AND, _NOT, _COMPARE, _SUM, _TERM, _SIGN, _POWER, _ATOM = range(10)


def print_expression(node: ast.Expr) -> str:
    """The canonical text of an expression."""
    return _text(node)[0]


def _text(node: ast.Expr) -> tuple[str, int]:
    """Text and how tightly it binds."""
    match node:
        case ast.Quantity():
            return _quantity(node), _ATOM
        case ast.Word(text=text):
            return f'"{text}"', _ATOM
        case ast.Day(text=text):
            return text, _ATOM
        case ast.Truth(value=value):
            return ("true" if value else "false"), _ATOM
        case ast.Nothing():
            return "none", _ATOM
        case ast.Name(name=name):
            return name, _ATOM
        case ast.Member(owner=owner, name=name):
            return f"{_at(owner, _ATOM)}.{name}", _ATOM
        case ast.Call(callee=callee, arguments=arguments):
            return f"{_at(callee, _ATOM)}({', '.join(_at(argument, _IF) for argument in arguments)})", _ATOM
        case ast.Aggregate():
            return _aggregate(node), _ATOM
        case ast.Negate(operand=operand):
            return f"-{_at(operand, _SIGN)}", _SIGN
        case ast.Arithmetic(operator=operator, left=left, right=right):
            level = _SUM if operator in "+-" else _TERM
            return f"{_at(left, level)} {operator} {_at(right, level + 1)}", level
        case ast.Power(base=base, exponent=exponent):
            return f"{_at(base, _ATOM)} ^ {exponent}", _POWER
        case _:
            return _truth(node)


def _truth(node: ast.Expr) -> tuple[str, int]:
    match node:
        case ast.Not(operand=operand):
            return f"not {_at(operand, _NOT)}", _NOT
        case ast.Comparison(operators=operators, operands=operands):
            first, *rest = (_at(operand, _SUM) for operand in operands)
            return first + "".join(f" {o} {text}" for o, text in zip(operators, rest, strict=True)), _COMPARE
        case ast.Membership(operand=operand, labels=labels):
            words = ", ".join(f'"{label}"' for label in labels)
            return f"{_at(operand, _SUM)} in {{{words}}}", _COMPARE
        case ast.NoneTest(operand=operand, negated=negated):
            return f"{_at(operand, _SUM)} is {'not ' if negated else ''}none", _COMPARE
        case ast.Logical(operator=operator, left=left, right=right):
            level = _OR if operator == "or" else _AND
            return f"{_at(left, level)} {operator} {_at(right, level + 1)}", level
        case ast.Conditional(condition=condition, then=then, otherwise=otherwise):
            return f"if {_at(condition, _IF)} then {_at(then, _IF)} else {_at(otherwise, _IF)}", _IF
        case _:
            raise AssertionError(node)


def _at(node: ast.Expr, level: int) -> str:
    """The text of an operand that has to bind at least as tightly as `level`."""
    text, binds = _text(node)
    return text if binds >= level else f"({text})"


def _quantity(node: ast.Quantity) -> str:
    number = _grouped(canonical(node.value))
    suffix = node.suffix if node.suffix in ("", "%", "bp") else f" {node.suffix}"
    return f"{number}{suffix}" + (f" per {node.per}" if node.per else "")


def _grouped(number: str) -> str:
    whole, point, rest = number.partition(".")
    return f"{int(whole):_}{point}{rest}"


def _aggregate(node: ast.Aggregate) -> str:
    binders = "".join(f" for {binder.name} in {_at(binder.collection, _ATOM)}" for binder in node.binders)
    where = f" where {_at(node.where, _IF)}" if node.where is not None else ""
    return f"{_at(node.function, _ATOM)}({_at(node.body, _IF)}{binders}{where})"
