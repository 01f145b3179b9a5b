"""What may stand in an expression instead of one of its parts: slips that an author makes and a review misses.

Each operator takes a part and gives texts that check and mean something else nearly as often as they are made.
Slips that the compiler refuses (another unit, another name) are tried on the compiler itself, in tests/laws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from ...compiler.syntax import Expression, ast, print_expression
from ...program.number import ONE, ZERO, Value, multiply

Operator = Callable[[ast.Expr], Iterator[ast.Expr]]
PERCENT = Decimal("1.01")
"""A number is off by one per cent: less than most tolerances forgive would go unnoticed in money."""
_BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_REVERSED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "!=", "!=": "=="}
_EXTREME = {"min": "max", "max": "min", "argmin": "argmax", "argmax": "argmin", "any": "all", "all": "any",
            "floor": "ceil", "ceil": "floor"}  # fmt: skip


def _number(node: ast.Expr) -> Iterator[ast.Expr]:
    if isinstance(node, ast.Quantity):
        yield from (replace(node, value=value) for value in other_numbers(node.value, bool(node.suffix)))


def other_numbers(value: Value, has_suffix: bool) -> Iterator[Value]:
    """One per cent more; 0 has no per cent, and becomes 1 of whatever it is counted in."""
    if value != ZERO:
        yield multiply(value, PERCENT)
    elif has_suffix:
        yield ONE


def _boundary(node: ast.Expr) -> Iterator[ast.Expr]:
    yield from _other_comparisons(node, _BOUNDARY)


def _reversed(node: ast.Expr) -> Iterator[ast.Expr]:
    yield from _other_comparisons(node, _REVERSED)


def _other_comparisons(node: ast.Expr, others: dict[str, str]) -> Iterator[ast.Expr]:
    if isinstance(node, ast.Comparison):
        for place, operator in enumerate(node.operators):
            if operator in others:
                changed = (*node.operators[:place], others[operator], *node.operators[place + 1 :])
                yield replace(node, operators=changed)


def _extreme(node: ast.Expr) -> Iterator[ast.Expr]:
    if isinstance(node, ast.Call) and isinstance(node.callee, ast.Name) and node.callee.name in _EXTREME:
        yield replace(node, callee=replace(node.callee, name=_EXTREME[node.callee.name]))
    if isinstance(node, ast.Aggregate) and isinstance(node.function, ast.Name) and node.function.name in _EXTREME:
        yield replace(node, function=replace(node.function, name=_EXTREME[node.function.name]))


def _bound(node: ast.Expr) -> Iterator[ast.Expr]:
    """A floor or a cap that is forgotten."""
    if isinstance(node, ast.Call) and isinstance(node.callee, ast.Name):
        if node.callee.name in ("min", "max") and len(node.arguments) == 2:
            yield from node.arguments
        elif node.callee.name == "clamp" and len(node.arguments) == 3:
            yield node.arguments[0]


def _logic(node: ast.Expr) -> Iterator[ast.Expr]:
    if isinstance(node, ast.Logical):
        yield replace(node, operator="or" if node.operator == "and" else "and")


def _denied(node: ast.Expr) -> Iterator[ast.Expr]:
    if isinstance(node, ast.Not):
        yield node.operand
    if isinstance(node, ast.Name | ast.Member | ast.Membership):
        return
    if isinstance(node, ast.NoneTest):
        yield replace(node, negated=not node.negated)


def _sign(node: ast.Expr) -> Iterator[ast.Expr]:
    if isinstance(node, ast.Arithmetic) and node.operator in "+-":
        yield replace(node, operator="-" if node.operator == "+" else "+")
    if isinstance(node, ast.Negate):
        yield node.operand


def _haircut(node: ast.Expr) -> Iterator[ast.Expr]:
    """`value * (1 - haircut)` without the haircut."""
    if isinstance(node, ast.Arithmetic) and node.operator == "*":
        if _is_rest_of_one(node.right):
            yield node.left
        if _is_rest_of_one(node.left):
            yield node.right


def _is_rest_of_one(node: ast.Expr) -> bool:
    return (
        isinstance(node, ast.Arithmetic)
        and node.operator == "-"
        and isinstance(node.left, ast.Quantity)
        and (node.left.value, node.left.suffix) in ((ONE, ""), (Decimal(100), "%"))
    )


def _filter(node: ast.Expr) -> Iterator[ast.Expr]:
    if isinstance(node, ast.Aggregate) and node.where is not None:
        yield replace(node, where=None)


def _truth(node: ast.Expr) -> Iterator[ast.Expr]:
    if isinstance(node, ast.Truth):
        yield replace(node, value=not node.value)


OPERATORS: dict[str, Operator] = {
    "a number one per cent off": _number,
    "a boundary on the other side": _boundary,
    "a comparison reversed": _reversed,
    "min for max": _extreme,
    "a floor or cap left out": _bound,
    "and for or": _logic,
    "a test denied": _denied,
    "a sign turned": _sign,
    "a haircut left out": _haircut,
    "a filter left out": _filter,
    "a truth turned": _truth,
}


def slips(expression: Expression) -> Iterator[tuple[str, ast.Expr, str]]:
    """Operator, the part of the expression, and what stands there instead."""
    waiting: list[ast.Expr] = [expression.root]
    while waiting:
        node = waiting.pop(0)
        waiting += ast.children(node)
        for name, change in OPERATORS.items():
            for other in change(node):
                text = print_expression(other)
                yield name, node, f"({text})" if needs_brackets(node, other) else text


def needs_brackets(node: ast.Expr, other: ast.Expr) -> bool:
    """Whether what takes a part's place may bind less tightly than the part did."""
    loose = (ast.Arithmetic, ast.Comparison, ast.Logical, ast.Not, ast.Negate, ast.Conditional, ast.NoneTest)
    return isinstance(other, ast.Logical) or (isinstance(other, loose) and type(node) is not type(other))
