"""Expressions: the grammar, the tree, and the way back to text."""

from . import ast
from .parse import Declared, Expression, parse_declaration, parse_expression, parse_text

__all__ = ["Declared", "Expression", "ast", "parse_declaration", "parse_expression", "parse_text"]
