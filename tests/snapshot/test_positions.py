"""`locate` against positions counted by hand, and against every value of random documents."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginc.runtime.snapshot.positions import Anchor, JsonPath, Place, element_anchors, locate, locate_all, too_deep

TEXT = """{"a": [1, {"b\\"c": null}],
  "é" : {"x": "],{", "y": [ ]},
"z":
   true}"""


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        ((), False, (1, 1)),
        (("a",), True, (1, 2)),
        (("a",), False, (1, 7)),
        (("a", 0), False, (1, 8)),
        (("a", 1, 'b"c'), True, (1, 12)),
        (("a", 1, 'b"c'), False, (1, 20)),
        (("é",), True, (2, 3)),
        (("é", "x"), False, (2, 15)),
        (("é", "y"), True, (2, 22)),
        (("z",), False, (4, 4)),
        (("é", "missing", 3), False, (2, 9)),  # the nearest value around it
        (("missing",), False, (1, 1)),
    ],
)
def test_line_and_column(path: JsonPath, key: bool, place: tuple[int, int]) -> None:
    assert locate(TEXT, path, key=key) == place


def test_a_key_that_stands_twice() -> None:
    text = '{"a": {"k": 1},\n "a": {"k": 2}}'
    places = [Place(("a",), "key"), Place(("a",), "second key"), Place(("a", "k"), "second key")]
    found = locate_all(text, places)
    assert [(found[p].line, found[p].column) for p in places[:2]] == [(1, 2), (2, 2)]


def test_elements_anchor_what_stands_inside_them() -> None:
    text = '{"n": [0],\n "accounts": [{"v": 1},\n   {"w":\n 2}]}'
    anchors = element_anchors(text, ("accounts",))
    assert [(a.line, a.column) for a in anchors] == [(2, 15), (3, 4)]
    found = locate_all(text, [Place(("w",)), Place(("w",), "key")], anchors[1])
    assert [(s.line, s.column) for s in found.values()] == [(4, 2), (3, 5)]
    assert locate_all('{"w": 2}', [Place(("w",))], Anchor(0, 7, 1))[Place(("w",))].line == 7


def test_depth_is_counted_outside_strings_only() -> None:
    assert too_deep('["[[[[", "\\"[[[["]', 2) is None
    assert too_deep("[\n[[", 2) == (2, 2)
    assert too_deep('["' + '\\"' * 200_000, 2) is None  # a string without end takes one pass


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(JSON_VALUES, st.sampled_from([None, 1]), st.booleans())
def test_what_stands_at_the_place_is_the_value(document: object, indent: int | None, escaped: bool) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=escaped)
    lines = text.split("\n")
    for path, value in every_value(document, ()):
        line, column = locate(text, path)
        rest = "\n".join(lines[line - 1 :])[column - 1 :]
        assert json.JSONDecoder().raw_decode(rest)[0] == value
        if path and isinstance(path[-1], str):
            line, column = locate(text, path, key=True)
            assert json.JSONDecoder().raw_decode("\n".join(lines[line - 1 :])[column - 1 :])[0] == path[-1]


def every_value(value: object, path: JsonPath) -> list[tuple[JsonPath, object]]:
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [(path, value), *(found for step, child in inner for found in every_value(child, (*path, step)))]
