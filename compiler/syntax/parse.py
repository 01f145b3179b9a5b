"""Text of an expression or a declaration to its tree, built while parsing, with every position kept."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lark import Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken
from lark.tree import Meta

from ...program.diagnostic import Diagnostic, Span
from ...program.number import NumberError, read_number
from ..diagnostics import syntax as findings
from ..source import Scalar, SourceFile, expression_text
from . import ast
from .driver import Driver, Unparsed
from .tables import parser

LONGEST = 20_000
"""Characters of one expression."""
DEEPEST = 120
"""Levels of one expression, chains like `a + b + c` included."""


_LEADING_ZERO = re.compile(r"0[\d_]")


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression and where its text stands; positions of nodes are relative to `base`."""

    file: SourceFile
    root: ast.Expr
    text: str
    base: int | None
    scalar: Scalar

    def span(self, node: ast.Node | None = None) -> Span:
        return _span(self.file, self.scalar, self.base, node or self.root)

    def slice(self, node: ast.Node) -> str:
        """The source text of a part."""
        return " ".join(self.text[node.start : node.end].split())


@dataclass(frozen=True, slots=True)
class Declared:
    """A parsed declaration and where its text stands."""

    file: SourceFile
    root: ast.Declaration
    text: str
    base: int | None
    scalar: Scalar

    @property
    def default(self) -> str | None:
        """The text after `=`, None where there is no default."""
        place = self.root.default
        return None if place is None else self.text[place[0] : place[1]]

    def span(self, node: ast.Node | None = None) -> Span:
        return _span(self.file, self.scalar, self.base, node or self.root)


def parse_expression(file: SourceFile, scalar: Scalar) -> Expression | Diagnostic:
    """The expression a YAML scalar holds, or the one finding that says why it is none."""
    text, base = expression_text(file, scalar) or (scalar.text, None)
    root = _parse(file, scalar, text, base, "expression")
    return root if isinstance(root, Diagnostic) else Expression(file, root, text, base, scalar)


def parse_declaration(file: SourceFile, scalar: Scalar) -> Declared | Diagnostic:
    """The declaration `TYPE [= default]` a YAML scalar holds, or the finding."""
    text, base = expression_text(file, scalar) or (scalar.text, None)
    root = _parse(file, scalar, text, base, "declaration")
    return root if isinstance(root, Diagnostic) else Declared(file, root, text, base, scalar)


def parse_text(text: str) -> ast.Expr:
    """The tree of a text that stands in no file. Raises lark's UnexpectedInput."""
    result: ast.Expr = _tree(text, "expression")
    return result


@functools.lru_cache(maxsize=4_096)
def _tree(text: str, start: str) -> Any:
    """Equal texts share their tree. Raises UnexpectedInput or _Misread."""
    try:
        return _driver().parse(text, start)
    except (Unparsed, _Misread):
        return _tree_of_lark(text, start)  # which tells why


@functools.cache
def _driver() -> Driver:
    build = _Build()
    rules = {rule.origin.name for rule in parser().rules}
    return Driver(parser(), {name: getattr(build, name) for name in rules if not name.startswith("_")})


def _tree_of_lark(text: str, start: str) -> Any:
    """Parses and builds, bottom-up without recursion: nesting costs no stack."""
    build = _Build()
    built: dict[int, Any] = {}
    tree = parser().parse(text, start=start)
    for subtree in tree.iter_subtrees():
        children = [built[id(child)] if isinstance(child, Tree) else child for child in subtree.children]
        built[id(subtree)] = getattr(build, subtree.data)(subtree.meta, *children)
    return built[id(tree)]


def _span(file: SourceFile, scalar: Scalar, base: int | None, node: ast.Node) -> Span:
    if base is None:
        return file.span(scalar.start, scalar.end)
    return file.span(base + node.start, base + node.end)


def _parse(file: SourceFile, scalar: Scalar, text: str, base: int | None, start: str) -> Any:
    def span(begin: int, end: int) -> Span:
        return file.span(scalar.start, scalar.end) if base is None else file.span(base + begin, base + end)

    if not text.strip():
        return findings.empty(file.span(scalar.start, scalar.end))
    if len(text) > LONGEST:
        return findings.too_long(span(0, 1), len(text), LONGEST)
    levels = _brackets(text)
    if levels > DEEPEST:
        return findings.too_deep(span(0, 1), levels, DEEPEST)
    try:
        root = _tree(text, start)
    except UnexpectedInput as error:
        return _explain(error, text, span)
    except _Misread as error:
        return findings.bad_number(span(error.start, error.end), text[error.start : error.end], str(error))
    levels = _depth(root) if start == "expression" else 0
    if levels > DEEPEST:
        return findings.too_deep(span(0, 1), levels, DEEPEST)
    return root


def _brackets(text: str) -> int:
    depth = deepest = 0
    for character in text:
        if character == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif character == ")":
            depth -= 1
    return deepest


def _depth(root: ast.Expr) -> int:
    deepest, level = 0, [root]
    while level:
        deepest += 1
        level = [child for node in level for child in ast.children(node)]
    return deepest


def _explain(error: UnexpectedInput, text: str, span: Callable[[int, int], Span]) -> Diagnostic:
    expected = _expected(error)
    token = error.token if isinstance(error, UnexpectedToken) else None
    at_end = isinstance(error, UnexpectedEOF) or (token is not None and token.type == "$END")
    if token is not None and "else" in expected and (at_end or token in (")", ",")):
        end = len(text.rstrip()) if at_end else token.start_pos or 0
        return findings.missing_else(span(_open_if(text, end), end), span(end, end))
    if at_end:
        end = len(text.rstrip())
        if text.count("(") > text.count(")"):
            begin = _open_parenthesis(text)
            return findings.unclosed(span(begin, begin + 1))
        last = text.split()[-1]
        return findings.ends_early(span(end - len(last), end), last)
    found = token.start_pos if token is not None else error.pos_in_stream
    position = int(found or 0)
    return findings.unexpected(text, position, max(1, len(str(token or ""))), span, expected)


def _open_if(text: str, end: int) -> int:
    """Where the `if` stands that still lacks its `else` at `end`."""
    waiting: list[int] = []
    outside: list[list[int]] = []
    for found in _IF_ELSE.finditer(text, 0, end):
        match found.group():
            case "if":
                waiting.append(found.start())
            case "else" if waiting:
                waiting.pop()
            case "(":
                outside.append(waiting)
                waiting = []
            case ")" if outside:
                waiting = outside.pop()
            case _:
                pass
    return waiting[-1] if waiting else 0


def _open_parenthesis(text: str) -> int:
    """Where the innermost `(` stands that is never closed."""
    waiting: list[int] = []
    for found in _IF_ELSE.finditer(text):
        if found.group() == "(":
            waiting.append(found.start())
        elif found.group() == ")" and waiting:
            waiting.pop()
    return waiting[-1] if waiting else text.rindex("(")


_IF_ELSE = re.compile(r'"[^"\n]*"|\bif\b|\belse\b|[()]')
_WORDS = {
    "NAME": "a name", "NUMBER": "a number", "LABEL": 'a "label"', "_THEN": "then", "_ELSE": "else", "RPAR": ")",
    "COMMA": ",", "_IN": "in", "_FOR": "for", "LPAR": "(",
}  # fmt: skip


def _expected(error: UnexpectedInput) -> list[str]:
    if isinstance(error, UnexpectedToken):
        terminals = error.accepts or error.expected
    elif isinstance(error, UnexpectedCharacters):
        terminals = error.allowed or set()
    else:
        terminals = set(getattr(error, "expected", ()))
    return [word for terminal, word in _WORDS.items() if terminal in terminals]


class _Build:
    """One method a rule: the node of its place and of its children, already built."""

    def expression(self, meta: Meta, root: ast.Expr) -> ast.Expr:
        return root

    def parenthesis(self, meta: Meta, inner: ast.Expr) -> ast.Expr:
        return inner

    def conditional(self, meta: Meta, condition: ast.Expr, then: ast.Expr, otherwise: ast.Expr) -> ast.Expr:
        return ast.Conditional(meta.start_pos, meta.end_pos, condition, then, otherwise)

    def either(self, meta: Meta, left: ast.Expr, right: ast.Expr) -> ast.Expr:
        return ast.Logical(meta.start_pos, meta.end_pos, "or", left, right)

    def both(self, meta: Meta, left: ast.Expr, right: ast.Expr) -> ast.Expr:
        return ast.Logical(meta.start_pos, meta.end_pos, "and", left, right)

    def inverse(self, meta: Meta, operand: ast.Expr) -> ast.Expr:
        return ast.Not(meta.start_pos, meta.end_pos, operand)

    def comparison(self, meta: Meta, *parts: Any) -> ast.Expr:
        operators = tuple(str(operator) for operator in parts[1::2])
        return ast.Comparison(meta.start_pos, meta.end_pos, operators, tuple(parts[::2]))

    def membership(self, meta: Meta, operand: ast.Expr, *labels: Token) -> ast.Expr:
        return ast.Membership(meta.start_pos, meta.end_pos, operand, tuple(str(label)[1:-1] for label in labels))

    def none_test(self, meta: Meta, operand: ast.Expr, negated: Token | None) -> ast.Expr:
        return ast.NoneTest(meta.start_pos, meta.end_pos, operand, negated is not None)

    def add(self, meta: Meta, left: ast.Expr, operator: Token, right: ast.Expr) -> ast.Expr:
        return ast.Arithmetic(meta.start_pos, meta.end_pos, str(operator), left, right)

    multiply = add

    def negate(self, meta: Meta, minus: Token, operand: ast.Expr) -> ast.Expr:
        return ast.Negate(meta.start_pos, meta.end_pos, operand)

    def power(self, meta: Meta, base: ast.Expr, exponent: int) -> ast.Expr:
        return ast.Power(meta.start_pos, meta.end_pos, base, exponent)

    def exponent(self, meta: Meta, minus: Token | None, number: Token) -> int:
        value = _number(number)
        if value != value.to_integral_value() or value > 16:
            raise _Misread("is no exponent: whole numbers from -16 to 16 are", number)
        return -int(value) if minus else int(value)

    def member(self, meta: Meta, owner: ast.Expr, name: Token) -> ast.Expr:
        return ast.Member(meta.start_pos, meta.end_pos, owner, str(name))

    def call(self, meta: Meta, callee: ast.Expr, first: Any, *rest: Any) -> ast.Expr:
        if rest and isinstance(rest[0], _Binders):
            return ast.Aggregate(meta.start_pos, meta.end_pos, callee, first, rest[0].binders, rest[0].where)
        arguments = tuple(part for part in (first, *rest) if part is not None)
        return ast.Call(meta.start_pos, meta.end_pos, callee, arguments)

    def binders(self, meta: Meta, *parts: Any) -> _Binders:
        binders = tuple(part for part in parts if isinstance(part, ast.Binder))
        return _Binders(binders, next((p for p in parts if p is not None and not isinstance(p, ast.Binder)), None))

    def binder(self, meta: Meta, name: Token, collection: ast.Expr) -> ast.Binder:
        return ast.Binder(meta.start_pos, meta.end_pos, str(name), collection)

    def suffix(self, meta: Meta, token: Token) -> str:
        return str(token)

    def quantity(self, meta: Meta, number: Token, suffix: str | None, per: Token | None) -> ast.Expr:
        return ast.Quantity(meta.start_pos, meta.end_pos, _number(number), suffix or "", str(per or ""))

    def label(self, meta: Meta, token: Token) -> ast.Expr:
        return ast.Word(meta.start_pos, meta.end_pos, str(token)[1:-1])

    def date(self, meta: Meta, token: Token) -> ast.Expr:
        return ast.Day(meta.start_pos, meta.end_pos, str(token))

    def truth(self, meta: Meta, token: Token) -> ast.Expr:
        return ast.Truth(meta.start_pos, meta.end_pos, token.type == "TRUE")

    def nothing(self, meta: Meta) -> ast.Expr:
        return ast.Nothing(meta.start_pos, meta.end_pos)

    def name(self, meta: Meta, token: Token) -> ast.Expr:
        return ast.Name(meta.start_pos, meta.end_pos, str(token))

    # declarations

    def path(self, meta: Meta, *names: Token) -> tuple[str, ...]:
        return tuple(str(name) for name in names)

    def factor(self, meta: Meta, path: tuple[str, ...], exponent: int | None) -> ast.Factor:
        return ast.Factor(meta.start_pos, meta.end_pos, path, 1 if exponent is None else exponent)

    def product_operator(self, meta: Meta, token: Token) -> str:
        return str(token)

    def product(self, meta: Meta, first: ast.Factor, *rest: Any) -> tuple[ast.Factor, ...]:
        factors = [first]
        for operator, factor in zip(rest[::2], rest[1::2], strict=True):
            sign = -1 if operator == "/" else 1
            factors.append(ast.Factor(factor.start, factor.end, factor.path, sign * factor.exponent))
        return tuple(factors)

    def none_type(self, meta: Meta) -> tuple[ast.Factor, ...]:
        return ()

    def alternative(self, meta: Meta, factors: tuple[ast.Factor, ...]) -> ast.Alternative:
        return ast.Alternative(meta.start_pos, meta.end_pos, factors)

    def kind(self, meta: Meta, *names: Token) -> str:
        return ".".join(names)

    def type(self, meta: Meta, *parts: ast.Alternative | str | None) -> _Type:
        *alternatives, by = parts
        given = tuple(part for part in alternatives if isinstance(part, ast.Alternative))
        return _Type(given, by if isinstance(by, str) else "")

    def default(self, meta: Meta, *parts: Any) -> tuple[int, int]:
        return meta.start_pos, meta.end_pos

    def declaration(self, meta: Meta, type_: _Type, default: tuple[int, int] | None) -> ast.Declaration:
        return ast.Declaration(meta.start_pos, meta.end_pos, type_.alternatives, type_.by, default)


@dataclass(frozen=True, slots=True)
class _Binders:
    binders: tuple[ast.Binder, ...]
    where: ast.Expr | None


@dataclass(frozen=True, slots=True)
class _Type:
    alternatives: tuple[ast.Alternative, ...]
    by: str


class _Misread(NumberError):
    """A number the grammar takes and the language does not, with its place."""

    def __init__(self, why: str, token: Token):
        super().__init__(why)
        self.start, self.end = token.start_pos or 0, token.end_pos or 0


def _number(token: Token) -> Decimal:
    if _LEADING_ZERO.match(token):  # `max(0, 1,000)` would be three arguments, one of them `000`
        raise _Misread("begins with 0 and is no number", token)
    try:
        return read_number(str(token).replace("_", ""))
    except NumberError as error:
        raise _Misread(str(error), token) from None
