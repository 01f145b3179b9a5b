"""Where the cursor stands in a file that may be half written, and the one entry that stands there alone."""

from __future__ import annotations

import re
import time

import pytest

from marginc.api import shipped_names, shipped_rules
from marginc.compiler.source import parse_source
from marginc.language_server.outline import alone, cursor_at

BOOK = """\
rulebook: test/outline
parameters:
  assets:
    HYPE: { ltv: 50%, cap: 1_000 }
amendments:
  - about: first
    effective: 2026-01-01
    parameters:
      assets:
        HYPE: { ltv: 60% }
formulas:
  account:
    equity: >-
      sum(p.value for p in positions)
      + cash
    rate:
      cases:
        - when: used > 80%
          then: 5%
        - else: 1%
status:
- is: closed
  when: equity < 0
- is: open
outputs: [equity, rate]
"""


@pytest.mark.parametrize(
    ("marked", "keys", "in_value", "before"),
    [
        ("par¦", (), False, "par"),
        ("parameters:\n  ¦", ("parameters",), False, ""),
        ("parameters:\n  assets:\n    A: { ltv: 50%, us¦ }", ("parameters", "assets", "A"), False, "us"),
        ("parameters:\n  assets:\n    A: { ltv: 5¦0% }", ("parameters", "assets", "A", "ltv"), True, "5"),
        ("parameters:\n  assets:\n    A: {\n      ltv: 1%,\n      ca¦", ("parameters", "assets", "A"), False, "ca"),
        ("formulas:\n  account:\n    x: sum(p.¦ for p in ps)", ("formulas", "account", "x"), True, "sum(p."),
        ("formulas:\n  account:\n    x: a +\n      b¦\n    y: 1", ("formulas", "account", "x"), True, "a +\n      b"),
        ("formulas:\n  a:\n    x: 1\n    ¦", ("formulas", "a"), False, ""),
        ("formulas:\n  a:\n    x: 1\n  ac¦", ("formulas",), False, "ac"),
        ("status:\n  - is: x\n    when: re¦q > 1", ("status", "-", "when"), True, "re"),
        ("status:\n- is: x\n  when: re¦q > 1", ("status", "-", "when"), True, "re"),
        ("outputs: [a, b¦]", ("outputs", "-"), True, "b"),
        ("outputs:\n  - a\n  - ¦", ("outputs", "-"), False, ""),
        ("a: [unclosed\nb: {\nformulas:\n  account:\n    x: c¦", ("formulas", "account", "x"), True, "c"),
        ("amendments:\n  - effective: 2026-01-01\n    par¦", ("amendments", "-"), False, "par"),
    ],
)
def test_where_the_cursor_stands(marked: str, keys: tuple[str, ...], in_value: bool, before: str) -> None:
    cursor = cursor_at(marked.replace("¦", ""), marked.index("¦"))
    assert (cursor.keys, cursor.in_value, cursor.before) == (keys, in_value, before)


@pytest.mark.parametrize(
    "line",
    [
        "a" + " " * 200_000,
        "a" * 200_000,
        "- " * 100_000,
        "{" * 200_000,
        '"' * 200_001,
        " " * 200_000 + "x",
        "a: " * 70_000,
    ],
)
def test_a_line_nobody_wrote_costs_no_time(line: str) -> None:
    text = f"formulas:\n  account:\n{line}\n    x: 1\n"
    begin = time.process_time()
    for at in (len(text) - 2, text.index(line) + len(line)):
        cursor_at(text, at)
        alone(text, at)
    assert time.process_time() - begin < 2


def left(text: str, at: str) -> list[str]:
    """The lines that stand alone at a stretch of a text."""
    return [line.strip() for line in alone(text, text.index(at)).split("\n") if line.strip()]


def test_an_entry_stands_alone_with_the_keys_above_it() -> None:
    assert left(BOOK, "ltv: 50%") == ["parameters:", "assets:", "HYPE: { ltv: 50%, cap: 1_000 }"]
    assert left(BOOK, "cash") == [
        "formulas:", "account:", "equity: >-", "sum(p.value for p in positions)", "+ cash",
    ]  # fmt: skip
    assert left(BOOK, "then: 5%")[-3:] == ["cases:", "- when: used > 80%", "then: 5%"]
    assert left(BOOK, "when: equity") == ["status:", "- is: closed", "when: equity < 0"]


def test_an_amendment_keeps_its_date() -> None:
    assert left(BOOK, "ltv: 60%") == [
        "amendments:", "- about: first", "effective: 2026-01-01", "parameters:", "assets:", "HYPE: { ltv: 60% }",
    ]  # fmt: skip


@pytest.mark.parametrize("name", shipped_names())
def test_every_entry_of_the_shipped_rulebooks_reads_alone(name: str) -> None:
    text = (shipped_rules() / f"{name}.yaml").read_text("utf-8")
    whole, _, _ = parse_source(text, name)
    for found in re.finditer(r"^ *(?!#)(?:- )?[\w.]+:", text, re.MULTILINE):
        one = alone(text, found.end() - 1)
        assert len(one) == len(text)
        assert [a for a, b in zip(one, text, strict=True) if a not in (b, " ")] == []
        _, root, problems = parse_source(one, name)
        assert root is not None, (whole.span(found.start(), found.end()), problems)
