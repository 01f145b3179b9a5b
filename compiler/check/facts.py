"""What a condition settles: which values cannot be `none` where it holds, or where it does not."""

from __future__ import annotations

from ..syntax import ast

Facts = frozenset[ast.Expr]
NOTHING: Facts = frozenset()


def known_if(condition: ast.Expr, truth: bool) -> Facts:
    """The expressions that cannot be none where `condition` came out as `truth`."""
    match condition:
        case ast.NoneTest(operand=operand, negated=negated):
            return frozenset({operand}) if negated == truth else NOTHING
        case ast.Not(operand=operand):
            return known_if(operand, not truth)
        case ast.Logical(operator=operator, left=left, right=right):
            one, other = known_if(left, truth), known_if(right, truth)
            return one | other if (operator == "and") == truth else one & other
        case _:
            return NOTHING
