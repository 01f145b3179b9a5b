"""The loop over the tables takes what lark takes and builds what lark's trees give, places included."""

from __future__ import annotations

import functools
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest
from lark.exceptions import UnexpectedInput

from marginc.compiler.source import Mapping, Node, Scalar, Sequence, read_source
from marginc.compiler.syntax import parse
from marginc.compiler.syntax.driver import Unparsed

ROOT = Path(__file__).resolve().parents[2]
IN_PYTHON = re.compile(r"^ +[\w, -]+: (?![{\[>|])(\S.*?)(?:\\n)?$", re.MULTILINE)
STARTS = ("expression", "declaration")


def scalars(node: Node) -> list[str]:
    """Every text of a rule file, keys apart: expressions and declarations, and what is neither."""
    if isinstance(node, Scalar):
        return [node.text]
    if isinstance(node, Sequence):
        return [text for item in node.items for text in scalars(item)]
    assert isinstance(node, Mapping)
    return [text for _, value in node.items() for text in scalars(value)]


@functools.cache
def corpus() -> tuple[str, ...]:
    """The texts of all rule files of the tree, and of the rulebooks inside the tests."""
    found: dict[str, None] = {}
    for folder in ("rules", "tests"):
        for path in sorted((ROOT / folder).rglob("*.yaml")):
            _, root, _ = read_source(path, path.name)
            found |= dict.fromkeys(scalars(root) if root is not None else [])
        for path in sorted((ROOT / folder).rglob("*.py")):
            found |= dict.fromkeys(IN_PYTHON.findall(path.read_text("utf-8")))
    return tuple(text for text in found if 0 < len(text) <= 1_000)


def told(text: str, start: str, by_lark: bool) -> str:
    """The tree with every place, or that there is none."""
    try:
        tree: Any = parse._tree_of_lark(text, start) if by_lark else parse._driver().parse(text, start)
    except (UnexpectedInput, Unparsed):
        return "does not parse"
    except parse._Misread as problem:
        return f"misread: {problem}" if by_lark else "misread"
    return repr(tree)


@pytest.mark.parametrize("start", STARTS)
def test_all_texts_of_the_tree_give_the_trees_of_lark(start: str) -> None:
    taken = 0
    for text in corpus():
        expected, got = told(text, start, True), told(text, start, False)
        taken += expected == got != "does not parse"
        assert got == expected or got == "misread", text
    assert taken > 100


@pytest.mark.parametrize("seed", range(4))
def test_damaged_texts_are_taken_or_refused_as_lark_does(seed: int) -> None:
    chance = random.Random(seed)
    texts = chance.sample(corpus(), 150)
    tokens = [token for text in texts for token in re.findall(r"\w+|\S", text)]
    for text in texts:
        parts = re.findall(r"\s+|\w+|\S", text)
        place = chance.randrange(len(parts))
        match chance.randrange(3):
            case 0:
                del parts[place]
            case 1:
                parts[place] = chance.choice(tokens)
            case _:
                parts.insert(place, f" {chance.choice(tokens)} ")
        damaged = "".join(parts)
        expected, got = told(damaged, "expression", True), told(damaged, "expression", False)
        assert got == expected or got == "misread", damaged


def test_what_the_loop_refuses_lark_explains() -> None:
    with pytest.raises(UnexpectedInput):
        parse.parse_text("a + * b")
    with pytest.raises(parse._Misread, match="begins with 0"):
        parse.parse_text("max(0, 1,000)")


def test_blanks_before_what_is_no_token_cost_nothing() -> None:
    """Tried in every way to split them, 24 blanks take ten seconds."""
    begin = time.process_time()
    with pytest.raises(UnexpectedInput):
        parse.parse_text(f"a{' ' * 24}?")
    assert time.process_time() - begin < 5
