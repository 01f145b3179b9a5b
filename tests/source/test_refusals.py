"""What is not a rule file, and what people are told about it."""

from pathlib import Path

import pytest

from marginc.compiler.source import build, parse_source, read_source
from marginc.program.diagnostic import Diagnostic, Span


def findings(text: str) -> list[Diagnostic]:
    _, _, found = parse_source(text, "demo.yaml")
    return found


def only(text: str) -> Diagnostic:
    _, root, found = parse_source(text, "demo.yaml")
    assert root is None
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "code", "place", "message"),
    [
        ("a:\n\tb: 1\n", "MC107", "2:1", "a tab cannot indent a line"),
        ("a:\n  b: 1\n  \tc: 2\n", "MC107", "3:3", "a tab cannot indent a line"),
        ("a: b: c", "MC108", "1:5", "a colon makes a key here, where no key can be"),
        ('x: "cross" == y', "MC108", "1:12", "the text goes on behind its closing quote"),
        ("x: * 2", "MC108", "1:4", "a value cannot begin with `*`"),
        ("x: %a", "MC108", "1:4", "a value cannot begin with `%`"),
        ("x: `a`", "MC108", "1:4", "a value cannot begin with a backtick"),
        ("x: [a", "MC108", "1:4", "this `[` is not closed where it should be"),
        ('a: {x: p in {"a", "b"}}', "MC108", "1:4", "this `{` is not closed where it should be"),
        ("x: [a]]", "MC108", "1:7", "nothing can stand here, behind the end of the value"),
        ("a: 'x", "MC108", "1:4", "this quote is never closed"),
        ('x: "a\\qb"', "MC108", "1:6", "a backslash begins an escape that does not exist"),
        ("a: 1\nbar\nc: 1", "MC108", "2:1", "this line has no colon behind its key"),
        ("a:\n  b: 1\n c: 2", "MC108", "3:2", "this line is indented like none of the lines it could belong to"),
        ("a: 1\n---\nb: 2", "MC109", "2:1", "a second document begins here, a rulebook is one"),
        ("- a\n", "MC110", "1:1", "a rule file is made of keys, this is something else"),
        ("a: *x", "MC112", "1:4", "`*x` would copy a part of the file, which rule files do not do"),
        ("a: &x {b: 1}", "MC112", "1:4", "`&x` would copy a part of the file, which rule files do not do"),
        ("<<: {a: 1}", "MC113", "1:1", "`<<` would merge another block into this one, which rule files do not do"),
        ("a: !x 1", "MC114", "1:4", "`!x` names a type, which only the model may do"),
        (
            "a: !!python/object/apply:os.system [ls]",
            "MC114",
            "1:4",
            "`!!python/object/apply:os.system` names a type, which only the model may do",
        ),
        ("? [a]\n: 3", "MC115", "1:3", "a key must be a name"),
        ("a: {?}", "MC115", "1:6", "a key must be a name"),
        ("a: {: 3}", "MC108", "1:5", "a name or value is missing here"),
        ("a: - b", "MC108", "1:4", "a list cannot begin behind a key on its line"),
        ("a: |x\n  b", "MC108", "1:5", "this is not YAML: did not find expected comment or line break"),
        ("%YAML 1.1\n---\na: NO", "MC117", "1:1", "a line cannot begin with `%`, an order to the YAML reader"),
        ("", "MC118", "1:1", "this file has no rules in it"),
        ("# nothing\n", "MC118", "1:1", "this file has no rules in it"),
        ("a: x\u2028b: 1", "MC106", "1:5", "the character U+2028 cannot stand in a rule file"),
        ("# \u202e%56", "MC106", "1:3", "the character U+202E cannot stand in a rule file"),
        ("a: \x1b[2J", "MC106", "1:4", "the character U+001B cannot stand in a rule file"),
        ("a: \ud800", "MC106", "1:4", "the character U+D800 cannot stand in a rule file"),
    ],
)
def test_refused(text: str, code: str, place: str, message: str) -> None:
    finding = only(text)
    line, column = map(int, place.split(":"))
    assert (finding.code, finding.span.line, finding.span.column, finding.message) == (code, line, column, message)
    assert finding.help


def test_a_key_that_stands_twice_is_shown_at_both_places_and_the_first_stays() -> None:
    _, root, found = parse_source('HYPE: 50%\nBTC: 1\n"HYPE": 65%\n', "demo.yaml")
    assert [(f.code, f.span, f.notes[0].span) for f in found] == [
        ("MC111", Span("demo.yaml", 3, 1, 3, 7), Span("demo.yaml", 1, 1, 1, 5))
    ]
    assert root is not None
    assert [(key, value.text) for key, value in root.items()] == [("HYPE", "50%"), ("BTC", "1")]  # type: ignore[union-attr]


def test_several_refusals_are_all_reported() -> None:
    assert [f.code for f in findings("a: &x 1\nb: *x\nc: !!int 3\nd: 1\nd: 2\n")] == [
        "MC112",
        "MC112",
        "MC114",
        "MC111",
    ]


def test_depth_64_is_read_and_65_is_not() -> None:
    def nested(depth: int) -> str:  # the outer mapping is a level too
        return f"a: {'[' * (depth - 1)}{']' * (depth - 1)}\n"

    assert findings(nested(64)) == []
    finding = only(nested(65))
    assert (finding.code, finding.span.column) == ("MC104", 4 + 63)


@pytest.mark.parametrize("text", ["[" * 50_000, "a: " + "{" * 50_000, "- " * 50_000, "? " * 50_000])
def test_a_bomb_of_brackets_is_a_finding(text: str) -> None:
    assert findings(text)[0].code in ("MC104", "MC115")


def test_the_number_of_values_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "NODE_LIMIT", 6)
    assert findings("a: [b, c, d]\n") == []  # the mapping, its key, the list, three items
    assert only("a: [b, c, d, e]\n").code == "MC105"


def test_hundreds_of_thousands_of_values_are_a_finding() -> None:
    assert only("a: [" + "b," * 200_000 + "]").code == "MC105"


def test_findings_are_limited() -> None:
    assert len(findings("a: 1\n" * 1_000)) == build.FINDING_LIMIT


def test_orders_to_the_reader_are_refused_before_it_compares_them() -> None:
    # libyaml takes three minutes for this file
    text = "".join(f"%TAG !a{i}! b\n" for i in range(200_000)) + "---\na: 1\n"
    assert only(text).code == "MC117"


def read(path: Path) -> Diagnostic:
    file, root, found = read_source(path, "demo.yaml")
    assert (file, root) == (None, None)
    assert len(found) == 1
    assert found[0].span == Span("demo.yaml")
    return found[0]


def test_a_missing_file(tmp_path: Path) -> None:
    finding = read(tmp_path / "none.yaml")
    assert (finding.code, finding.message) == ("MC101", "`demo.yaml` cannot be read: there is no such file")


def test_a_folder(tmp_path: Path) -> None:
    assert read(tmp_path).message == "`demo.yaml` cannot be read: it is a folder"


def test_a_name_no_file_can_have(tmp_path: Path) -> None:
    assert read(tmp_path / "a\0b").code == "MC101"


def test_another_encoding_is_named_with_its_byte(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("a: 1\nb: é\n".encode("latin-1"))  # 5 bytes of the first line, then `b`, `:`, a space
    finding = read(path)
    assert (finding.code, finding.message) == ("MC102", "`demo.yaml` is not UTF-8: byte 8, on line 2, is 0xe9")


def test_a_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(4 * 1024 * 1024 + 1)
    finding = read(path)
    assert (finding.code, finding.message) == ("MC103", "`demo.yaml` is larger than 4 MiB")


def test_a_stream_without_a_size_is_read_up_to_the_limit() -> None:
    assert read(Path("/dev/zero")).code == "MC103"
