"""Expressions as they stand in the file, and those that a comma of YAML cut."""

import pytest

from marginc.compiler.source import Scalar, expression_text, parse_source
from marginc.program.diagnostic import Diagnostic


def expression(text: str) -> tuple[str, int] | None:
    file, root, found = parse_source(text, "demo.yaml")
    assert found == []
    assert root is not None
    value = root.entries[0].value
    assert isinstance(value, Scalar)
    raw = expression_text(file, value)
    if raw is not None:
        assert file.text[raw[1] :].startswith(raw[0])
    return raw


@pytest.mark.parametrize(
    ("text", "raw", "offset"),
    [
        ("x: a + b   # why\n", "a + b", 3),
        ("x: a +\n   b\n", "a +\n   b", 3),
        ("x: >-\n  a +\n  b\n\n# why\ny: 1\n", "  a +\n  b", 6),
        ("x: |2-  # why\n    a\n\n    + b\n", "    a\n\n    + b", 14),
        ("x: >-\r\n  a +\r\n  b\r\n", "  a +\r\n  b", 7),
        ("x: >\n\ny: 1\n", "", 4),
        ('x: "a + b"\n', "a + b", 4),
        ("x: 'm == \"cross\"'\n", 'm == "cross"', 4),
        ("x:\n", "", 2),
        ("é: 😀\n", "😀", 3),
    ],
)
def test_the_raw_text_and_where_it_begins(text: str, raw: str, offset: int) -> None:
    found = expression(text)
    assert found is not None
    # A block without content ends with its header: there is nothing to point at behind it.
    assert found == (raw, offset)


@pytest.mark.parametrize("text", ["x: 'it''s'\n", 'x: "a\\tb"\n', 'x: "m == \\"cross\\""\n'])
def test_escapes_have_no_raw_text(text: str) -> None:
    assert expression(text) is None


def cuts(text: str) -> list[Diagnostic]:
    _, root, found = parse_source(text, "demo.yaml")
    assert root is None
    assert {finding.code for finding in found} == {"MC116"}
    return found


@pytest.mark.parametrize(
    ("text", "place", "whole", "mended"),
    [
        (
            "cases:\n  - {when: a, then: max(a, b)}\n  - else: 0\n",
            "2:21-2:30",
            "max(a, b)",
            "cases:\n  - when: a\n    then: max(a, b)\n  - else: 0\n",
        ),
        (
            "x: {f: max(a, min(b, c)), g: 'q', h: f(1)}  # why\n",
            "1:8-1:25",
            "max(a, min(b, c))",
            "x: \n  f: max(a, min(b, c))\n  g: 'q'\n  h: f(1)  # why\n",
        ),
        ("x:\n  y: [max(a, b), c]\n", "2:7-2:16", "max(a, b)", "x:\n  y: \n    - max(a, b)\n    - c\n"),
        (
            'x: {f: max(a,\n   b), g: if m == "(" then 1 else 2}\n',
            "1:8-2:6",
            "max(a, b)",
            'x: \n  f: max(a, b)\n  g: if m == "(" then 1 else 2\n',
        ),
        (
            "x: {f: max(a, b), g: max(a, b)}\n",
            "1:8-1:17",
            "max(a, b)",
            "x: \n  f: max(a, b)\n  g: max(a, b)\n",
        ),
    ],
)
def test_a_cut_expression_is_put_together_again(text: str, place: str, whole: str, mended: str) -> None:
    (finding,) = cuts(text)
    span = finding.span
    assert f"{span.line}:{span.column}-{span.end_line}:{span.end_column}" == place
    assert f"`{whole}`" in finding.message
    assert apply(text, finding) == mended
    _, root, found = parse_source(mended, "demo.yaml")
    assert found == []
    assert root is not None


def apply(text: str, finding: Diagnostic) -> str:
    (fix,) = finding.fixes
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    begin = starts[fix.span.line - 1] + fix.span.column - 1
    end = starts[fix.span.end_line - 1] + fix.span.end_column - 1
    return text[:begin] + fix.text + text[end:]


@pytest.mark.parametrize(
    "text",
    [
        "x: {a: (2}\n",  # never closed
        "x: {a: 2)}\n",
        "x: {a: max(b, c: d)}\n",  # a colon on the way: nobody can tell what was meant
        "x: {a: max(b, 'c', d)}\n",
        "x: {y: {a: max(b, c)}}\n",  # the collection around is in flow style too
        "x: {a: max(b, c), d: {e: 1}}\n",
        "x: {a: max(b, # why\n  c)}\n",
    ],
)
def test_where_the_pieces_do_not_fit_there_is_no_fix(text: str) -> None:
    (finding,) = cuts(text)
    assert finding.fixes == ()
    assert finding.help == "write each entry on its own line, without `{ }`"


@pytest.mark.parametrize(
    "text",
    [
        "x: {a: f(b), c: (d)}\n",
        "x: {message: 'below (two thirds', b: \"(\"}\n",
        'x: {a: if m == "(" then 1 else 2}\n',
        "x: max(a, b)\n",
        "x: [a, b(c)]\n",
    ],
)
def test_whole_expressions_in_flow_style_are_not_cut(text: str) -> None:
    assert parse_source(text, "demo.yaml")[2] == []
