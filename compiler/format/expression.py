"""White space and numbers of one expression or declaration; its words, brackets and line breaks stay as they are."""

from __future__ import annotations

import functools
import re

from ...program.diagnostic import Diagnostic
from ..source import Scalar, SourceFile
from ..syntax import parse_declaration, parse_expression
from .numbers import SHORT_UNITS, canonical_number

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<label>"[^"\n]*")
    |(?P<date>\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?Z?)?(?!\w))
    |(?P<number>\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*|\$[a-z][a-z0-9_]*)
    |(?P<sign>==|!=|<=|>=|<|>|[-+*/^().,%{}|=])""",
    re.VERBOSE | re.ASCII,
)
_VALUES = frozenset(("none", "true", "false"))
"""Keywords that are values: a minus behind them takes away."""
_KEYWORDS = _VALUES | {"if", "then", "else", "or", "and", "not", "for", "in", "is", "where", "per", "by"}
_OPERATORS = frozenset(("==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "^", "|", "="))
_BINDING = frozenset(("*", "/", "^", "."))
_LINE_BREAK = re.compile(r"[\r\n]")


@functools.lru_cache(maxsize=4_096)
def spaced_expression(text: str) -> str:
    """An expression with one space around each operator and canonical numbers; text that is none as it is."""
    new = _spaced(text, declares=False, numbers=True)
    if new == text:
        return text
    before, after = (parse_expression(SourceFile("", t), Scalar(t, 0, len(t))) for t in (text, new))
    same = not isinstance(before, Diagnostic) and not isinstance(after, Diagnostic) and before.root == after.root
    return new if same else text


@functools.lru_cache(maxsize=4_096)
def spaced_declaration(text: str, numbers: bool) -> str:
    """A field's declaration, likewise; `numbers` where its default is a number and not the key of a row.

    Products of units keep their form: `USDC/unit` and `$q * $p` are both read well.
    """
    new = _spaced(text, declares=True, numbers=numbers)
    if new == text:
        return text
    before, after = (parse_declaration(SourceFile("", t), Scalar(t, 0, len(t))) for t in (text, new))
    same = not isinstance(before, Diagnostic) and not isinstance(after, Diagnostic) and before.root == after.root
    return new if same else text


def _spaced(text: str, declares: bool, numbers: bool) -> str:
    """The tokens of a text with canonical gaps between them; all of it as it is where some is no token."""
    out: list[str] = []
    gap = ""
    before = around = ("", "")
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return text
        kind, word = match.lastgroup or "", match.group()
        position = match.end()
        if kind == "space":
            gap = word
            continue
        if kind == "number" and numbers:
            word = canonical_number(word)
        if _LINE_BREAK.search(gap) or not out:
            out.append(gap)
        elif declares and (word in _BINDING or before[1] in _BINDING):
            out.append(" " if gap else "")
        else:
            out.append(_gap(around, before, (kind, word), gap))
        out.append(word)
        around, before, gap = before, (kind, word), ""
    return "".join(out) + gap


def _gap(around: tuple[str, str], before: tuple[str, str], here: tuple[str, str], written: str) -> str:
    """What stands between two tokens; `around` is the token before them."""
    last, word = before[1], here[1]
    if word in (")", ",", "%", "}", ".") or last in ("(", "{", "."):
        return ""
    if word == "(":
        called = (before[0] == "word" and last not in _KEYWORDS) or last == ")"
        return "" if called else _gap_of_sign(around, last)
    if before[0] == "number" and word in SHORT_UNITS | {"bp"}:
        return "" if word == "bp" or not written else " "
    return _gap_of_sign(around, last)


def _gap_of_sign(around: tuple[str, str], last: str) -> str:
    """None behind the minus of a negative number, one space behind all else."""
    if last != "-":
        return " "
    kind, word = around
    signs = (
        not kind or word in _OPERATORS or word in ("(", ",", "{") or (kind == "word" and word in _KEYWORDS - _VALUES)
    )
    return "" if signs else " "
