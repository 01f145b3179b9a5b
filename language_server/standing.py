"""In which scope a place of a rule file stands: the rows that names are read on there."""

from __future__ import annotations

import re

from ..compiler.check import Scope, Structure
from ..compiler.check.expression import Checker
from ..compiler.schema.publish import SECTIONS
from ..compiler.source import Scalar, SourceFile
from ..compiler.syntax import LONGEST, Expression, ast, parse_expression
from .names import Names, term_of

_FOR = re.compile(r"\bfor\s+([A-Za-z_]\w*)\s+in\s+((?:[\w.]|\((?:[^()]|\([^()]*\))*\))+)")
_QUOTED = re.compile(r'"[^"\n]*"')


def undated(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys of a place in an amendment as those of the same place outside."""
    return keys[2:] if keys[:2] == ("amendments", "-") else keys


def scope_at(structure: Structure, keys: tuple[str, ...], prefix: str = "") -> Scope | None:
    """The scope of the expression that stands as the value under these keys; None where no expression does."""
    world = structure.definitions.world
    match undated(keys):
        case (section, on, _, *inner) if section in SECTIONS and _is_expression(inner):
            rows = tuple(part.strip() for part in on.split(","))
            known = tuple(part if part == "account" or not prefix else f"{prefix}.{part}" for part in rows)
            return Scope(world, known, prefix=prefix) if all(row in world.model.kinds for row in known) else None
        case ("status", "-", "when" | "message"):
            return Scope(world, ("account",), prefix=prefix)
        case ("functions", name, *inner) if inner and _is_expression(inner):
            function = world.functions.get(f"{prefix}.{name}" if prefix else name)
            return Scope(world, (), prefix=prefix, function=function) if function is not None else None
        case _:
            return None


def _is_expression(inner: list[str]) -> bool:
    return inner in ([], ["let"], ["require"], ["message"]) or (
        inner[:1] == ["cases"] and inner[-1] in ("when", "then", "else")
    )


def within_binders(scope: Scope, text: str, at: int) -> Scope:
    """The scope at an offset of an expression that may be half written, inside of the `for x in xs` around it."""
    if len(text) > LONGEST:
        return scope  # which no rulebook may have
    around = set(_open_brackets(text, at))
    for found in _FOR.finditer(text):
        if found.end() != at and set(_open_brackets(text, found.start())[-1:]) <= around:
            collection = expression_of(found[2])
            if collection is None:
                continue
            names = Names(collection, Checker(collection))
            binder = ast.Binder(0, 0, found[1], collection.root)
            scope = names.binding(binder, scope, collection.span()) or scope
    return scope


def _open_brackets(text: str, at: int) -> list[int]:
    """Where the brackets begin that are open at an offset."""
    waiting: list[int] = []
    masked = _QUOTED.sub(lambda found: " " * len(found.group()), text)
    for position, character in enumerate(masked[:at]):
        if character == "(":
            waiting.append(position)
        elif character == ")" and waiting:
            waiting.pop()
    return waiting


def expression_of(text: str) -> Expression | None:
    """A piece of an expression by itself."""
    parsed = parse_expression(SourceFile("", text), Scalar(text, 0, len(text)))
    return parsed if isinstance(parsed, Expression) else None


def chain_before(text: str) -> str:
    """The path that ends where `text` ends: `market.table`, `asset("BTC")`, `p.asset`."""
    end = position = len(text)
    while position > 0:
        if text[position - 1] == ")":
            depth = 1
            position -= 1
            while position > 0 and depth:
                position -= 1
                depth += {")": 1, "(": -1}.get(text[position], 0)
        while position > 0 and (text[position - 1].isalnum() or text[position - 1] == "_"):
            position -= 1
        if position == 0 or text[position - 1] != ".":
            break
        position -= 1
    return text[position:end]


__all__ = ["chain_before", "expression_of", "scope_at", "term_of", "undated", "within_binders"]
