"""What the text of a rule file becomes: texts, with their places."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from marginc.compiler.source import Entry, Mapping, Node, Scalar, Sequence, SourceFile, build, parse_source, read_source
from marginc.program.diagnostic import Span


def parse(text: str) -> tuple[SourceFile, Mapping]:
    file, root, found = parse_source(text, "demo.yaml")
    assert found == []
    assert root is not None
    return file, root


def plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.items()}


def at(root: Mapping, *path: str | int) -> Node:
    node: Node = root
    for step in path:
        if isinstance(node, Mapping):
            entry = node.get(str(step))
            assert isinstance(entry, Entry)
            node = entry.value
        else:
            assert isinstance(node, Sequence)
            node = node.items[int(step)]
    return node


def test_scalars_are_their_text_and_never_yaml_1_1_types() -> None:
    # Under YAML 1.1 these are false, 750, 56, 1000, 0.1, true and a date.
    _, root = parse("NO: 12:30\n56: 1_000\nshare: 0.10\nyes: on\nsince: 2026-08-17\nexponent: 1e3\n")
    assert plain(root) == {
        "NO": "12:30",
        "56": "1_000",
        "share": "0.10",
        "yes": "on",
        "since": "2026-08-17",
        "exponent": "1e3",
    }


def test_a_value_left_out_is_the_empty_text_and_a_quoted_null_is_not() -> None:
    _, root = parse("a:\nb: null\nc: ~\nd: 'null'\ne: ''\nnull: 1\nf: [~, x]\n")
    assert plain(root) == {"a": "", "b": "", "c": "", "d": "null", "e": "", "null": "1", "f": ["", "x"]}
    assert at(root, "b") == Scalar("", 6, 10)
    assert at(root, "e") == Scalar("", 29, 31, "'")


def test_spans_count_code_points_from_one() -> None:
    file, root = parse("€😀: ü\nlist: [c, dé]\n")
    assert file.span_of(root.entries[0].key) == Span("demo.yaml", 1, 1, 1, 3)
    assert file.span_of(at(root, "€😀")) == Span("demo.yaml", 1, 5, 1, 6)
    assert file.span_of(at(root, "list", 1)) == Span("demo.yaml", 2, 11, 2, 13)
    assert file.span_of(root.entries[1]) == Span("demo.yaml", 2, 1, 2, 14)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_every_line_break_counts_once(line_break: str) -> None:
    file, root = parse(line_break.join(["a: 1", "", "b:", "  c: 2", ""]))
    assert file.span_of(at(root, "b", "c")) == Span("demo.yaml", 4, 6, 4, 7)


def test_a_byte_order_mark_moves_nothing() -> None:
    file, root = parse("\ufeffrulebook: demo\n")
    assert file.text == "rulebook: demo\n"
    assert file.span_of(at(root, "rulebook")) == Span("demo.yaml", 1, 11, 1, 15)


def test_blocks_end_where_their_last_value_ends() -> None:
    text = "a:\n  b: 1\n  c: >-\n    x +\n    y\n\n# about d\nd:\n- 1\n- 2\n\n# end\n"
    file, root = parse(text)
    assert [file.text[e.value.start : e.value.end] for e in root.entries] == [
        "b: 1\n  c: >-\n    x +\n    y",
        "- 1\n- 2",
    ]
    assert file.text[root.start : root.end].endswith("- 2")


def test_flow_style_and_quotes_are_known() -> None:
    _, root = parse("a: {x: 'q', y: [1]}\nb:\n  - \"d\"\n")
    a, b = at(root, "a"), at(root, "b")
    assert isinstance(a, Mapping)
    assert isinstance(b, Sequence)
    assert (a.flow, root.flow, b.flow) == (True, False, False)
    assert (at(root, "a", "x"), at(root, "b", 0)) == (Scalar("q", 7, 10, "'"), Scalar("d", 27, 30, '"'))


def test_a_missing_key_is_none() -> None:
    _, root = parse("a: 1\n")
    assert root.get("b") is None


RULES = """
rulebook: demo
parameters:
  assets:
    USDC: { cash: true, cap: 1_000 }
    "HYPE": { ltv: 50%, tiers: [{ from: 0, rate: 2 }, { from: 10, rate: 3 }] }
formulas:
  account, asset:
    value: >-
      sum(balances.value)
      + 1
    other: |
      a

    plain: a *
      b
empty:
last: [a, 'b''c', "d\\n"]
"""


def test_without_the_c_loader_the_tree_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    _, fast = parse(RULES)
    monkeypatch.setattr(build, "_LOADER", yaml.SafeLoader)
    _, slow = parse(RULES)
    assert slow == fast


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=8)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, st.lists(NAMES, max_size=3), max_size=3), max_size=4))
def test_what_another_program_writes_is_read_back(document: dict[str, dict[str, list[str]]]) -> None:
    """A dump by PyYAML, read here: same keys, same texts; every scalar stands where its span says."""
    file, root, found = parse_source(yaml.safe_dump(document, allow_unicode=True, default_style="'"), "dump.yaml")
    assert found == []
    assert root is not None
    assert plain(root) == document
    for entry in root.entries:
        quoted = file.text[entry.key.start : entry.key.end]
        assert quoted[0] == quoted[-1]
        assert quoted[0] in "'\""


def test_a_file_on_disk_is_read_whole(tmp_path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_bytes("\ufeffrulebook: démo\r\n".encode())
    file, root, found = read_source(path, "rules/demo.yaml")
    assert found == []
    assert root is not None
    assert file is not None
    assert plain(root) == {"rulebook": "démo"}
    assert file.span_of(root) == Span("rules/demo.yaml", 1, 1, 1, 15)
