"""Expressions: the grammar, the tree, and the way back to text."""

from . import ast
from .parse import LONGEST, Declared, Expression, parse_declaration, parse_expression, parse_text
from .print import print_expression

__all__ = [
    "LONGEST",
    "Declared",
    "Expression",
    "ast",
    "parse_declaration",
    "parse_expression",
    "parse_text",
    "print_expression",
]
