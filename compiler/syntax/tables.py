"""The parser's tables, built once and kept beside the grammar: reading them is several times faster than building.

`python -m marginc.compiler.syntax.tables` writes them anew after a change of the grammar; a test compares the two.
The tables count only for the version of lark that wrote them. Another version builds from the grammar.
"""

from __future__ import annotations

import functools
import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

STARTS = ["expression", "declaration"]
_TABLES = "expression.tables.json"


@functools.cache
def parser() -> Lark:
    """The parser of expressions and declarations."""
    grammar = _read("expression.lark")
    try:
        kept = json.loads(_read(_TABLES))
    except (OSError, ValueError):
        return build(grammar)
    if kept["lark"] != lark.__version__ or kept["grammar"] != _digest(grammar):
        return build(grammar)
    tables = _with_numbers(kept["tables"])
    loaded: Lark = Lark._load_from_dict(tables["data"], tables["memo"])  # type: ignore[no-untyped-call]  # lark has no types there
    return loaded


def build(grammar: str, strict: bool = False) -> Lark:
    """The parser from the grammar's text; `strict` refuses every ambiguity and needs `interegular`."""
    return Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=True,
        start=STARTS,
        strict=strict,
    )


def tables_text(grammar: str) -> str:
    """The file of tables for a grammar, with this version of lark."""
    data, memo = build(grammar).memo_serialize([TerminalDef, Rule])
    kept = {"lark": lark.__version__, "grammar": _digest(grammar), "tables": {"data": data, "memo": memo}}
    return json.dumps(kept, sort_keys=True, separators=(",", ":")) + "\n"


def _digest(grammar: str) -> str:
    return hashlib.sha256(grammar.encode()).hexdigest()


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _with_numbers(value: Any) -> Any:
    """JSON turns the numbers that are keys into text; this turns them back."""
    if isinstance(value, dict):
        return {int(key) if key.isdigit() else key: _with_numbers(inner) for key, inner in value.items()}
    return [_with_numbers(inner) for inner in value] if isinstance(value, list) else value


if __name__ == "__main__":
    Path(__file__).with_name(_TABLES).write_text(tables_text(_read("expression.lark")), encoding="utf-8")
