"""What `marginc fmt` writes: pairs in `lines.txt` and `blocks.txt`, and what it leaves alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from marginc.compiler.format import Formatted, applied, format_rulebook

HERE = Path(__file__).resolve().parent
HEAD = "rulebook: x\nlanguage: 1\n"
MODEL = """\
numeraire: USDC
model:
  parameters:
    fee: USDC | none = none
    since: date
    name: label
    table: table
    maybe: USDC | none
    rates: { by: USDC, columns: { rate: ratio } }
  tables:
    each: table
  assets:
    each: asset
    parameters:
      ltv: ratio
"""
SECTIONS = {
    "expression": "formulas:\n  account:\n    it: @\n",
    "parameter": MODEL + "parameters:\n  @\n",
    "field": "numeraire: USDC\nmodel:\n  tables: { each: table }\n  kinds:\n    each: kind\n    parameters:\n      @\n",
    "line": "@\n",
}


def lines() -> Iterator[tuple[str, str, str]]:
    section = ""
    for line in (HERE / "lines.txt").read_text("utf-8").splitlines()[1:]:
        if line.startswith("["):
            section = line.strip("[]")
        elif line:
            written, wanted = re.split(r"\s=> ?", line)
            yield section, written, wanted


def blocks() -> Iterator[tuple[str, str, str]]:
    for block in re.split(r"^## ", (HERE / "blocks.txt").read_text("utf-8"), flags=re.MULTILINE)[1:]:
        title, _, body = block.partition("\n")
        written, _, wanted = body.partition("=>\n")
        yield title, written, wanted.rstrip() + "\n"


def formatted(text: str) -> Formatted:
    """The text formatted; edits and a second formatting are held to it."""
    result = format_rulebook(text, "x.yaml")
    assert applied(text.removeprefix("\ufeff"), result.edits) == result.text.removeprefix("\ufeff")
    again = format_rulebook(result.text, "x.yaml")
    assert (again.text, again.edits) == (result.text, ())
    return result


@pytest.mark.parametrize(("section", "written", "wanted"), list(lines()))
def test_a_line_as_it_should_be(section: str, written: str, wanted: str) -> None:
    before, after = (HEAD + SECTIONS[section].replace("@", text) for text in (written, wanted))
    result = formatted(before)
    assert result.text == after
    assert not result.found


@pytest.mark.parametrize(
    ("written", "wanted"), [(w, a) for _, w, a in blocks()], ids=[title for title, _, _ in blocks()]
)
def test_a_block_as_it_should_be(written: str, wanted: str) -> None:
    result = formatted(HEAD + written)
    assert result.text == HEAD + wanted
    assert not result.found


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("rulebook: x\nrulebook: y\n", "MC111"),
        ("rulebook: x\n  language: 1\n", "MC108"),
        ("rulebook: [x\n", "MC108"),
        ("", "MC118"),
        ("rulebook: x\nlanguage: 1\nabout: &a text\n", "MC112"),
        ("rulebook: x\nlanguage: 1\n? formulas\n: account: {}\n", "MC801"),
    ],
)
def test_what_cannot_be_read_is_left_alone(text: str, code: str) -> None:
    result = format_rulebook(text, "x.yaml")
    assert result.text == text
    assert not result.changed
    assert [finding.code for finding in result.found] == [code]


def test_a_file_of_cases_is_left_alone() -> None:
    text = "rulebook: ../x.yaml\ncases:\n- name:   a\n  snapshot: {as_of: 2026-01-01}\n  expect: {outputs: {a:  1}}\n"
    assert formatted(text) == Formatted(text)


def test_line_ends_and_byte_order_mark_stay() -> None:
    text = "\ufeffrulebook:   x\r\nlanguage: 1\r\nformulas:\r\n  account:\r\n    a: >-\r\n        b+1  \r\n        -c"
    wanted = "\ufeffrulebook: x\r\nlanguage: 1\r\nformulas:\r\n  account:\r\n    a: >-\r\n      b + 1\r\n      - c\r\n"
    assert formatted(text).text == wanted


def test_edits_are_small() -> None:
    text = HEAD + "formulas:\n  account:\n    a: b*1000+c\n"
    edits = formatted(text).edits
    assert [(str(edit.span), edit.span.end_column, edit.text) for edit in edits] == [("x.yaml:5:9", 15, " * 1_000 + ")]


def test_a_number_of_an_unknown_type_stays(tmp_path: Path) -> None:
    """`tables: 1000` would be another row as `1_000`; what a parent declares is looked up beside the file."""
    parent, child = tmp_path / "parent.yaml", tmp_path / "child.yaml"
    parent.write_text(HEAD + MODEL, "utf-8")
    text = HEAD + "extends: parent.yaml\nparameters: {fee: 1000, table: 1000}\n"
    child.write_text(text, "utf-8")
    alone = HEAD + "extends: parent.yaml\nparameters: { fee: 1000, table: 1000 }\n"
    known = HEAD + "extends: parent.yaml\nparameters: { fee: 1_000, table: 1000 }\n"
    assert format_rulebook(text, "child.yaml").text == alone
    assert format_rulebook(text, "child.yaml", child).text == known
    unsaved = {parent.resolve(): HEAD + MODEL.replace("fee: USDC | none = none", "fee: label")}
    assert format_rulebook(text, "child.yaml", child, unsaved).text == alone
    assert format_rulebook(text, "child.yaml", tmp_path / "elsewhere" / "child.yaml").text == alone
