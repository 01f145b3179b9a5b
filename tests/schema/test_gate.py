"""The gate and jsonschema give the same verdict: on right files, on nearly right ones, on nonsense."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from marginc.compiler.schema.explain import plain
from marginc.compiler.schema.gate import holds, read_schema
from marginc.compiler.source import Entry, Mapping, Node, Scalar, Sequence
from marginc.schemas import RULEBOOK

Document = str | list["Document"] | dict[str, "Document"]

SCHEMA = json.loads(RULEBOOK.read_text("utf-8"))
SHAPE = read_schema(SCHEMA)
JUDGE = Draft202012Validator(SCHEMA)

RIGHT: Document = {
    "rulebook": "demo",
    "language": "1",
    "extends": "base.yaml",
    "numeraire": "USDC",
    "currencies": ["USDC", "USDT"],
    "about": "",
    "model": {
        "parameters": {"trigger": "ratio"},
        "assets": {"each": "asset", "parameters": {"ltv": "ratio = 0%"}, "observed": {"price": "USDC/unit"}},
        "tables": {"each": "table", "parameters": {"tiers": {"by": "USDC", "columns": {"rate": "ratio"}}}},
        "account": {
            "observed": {"mode": "a | b"},
            "labels": ["desk"],
            "rows": {"balances": {"each": "balance", "key": ["asset"], "observed": {"asset": "asset"}}},
        },
    },
    "parameters": {
        "trigger": {"value": "95%", "source": "x"},
        "tables": {"54": {"tiers": {"value": [{"from": "0", "rate": "2"}], "about": "x"}}},
    },
    "amendments": [
        {"effective": "2026-08-17", "parameters": {"assets": {"HYPE": {"ltv": "65%"}}}, "status": [{"is": "x"}]},
    ],
    "formulas": {
        "asset": {"a": "1 - ltv", "b": {"let": "a", "unit": "USDC"}, "c": {"type": "USDC"}},
        "account, asset": {"d": {"cases": [{"when": "a", "then": "b"}, {"else": "c"}], "about": "x"}},
    },
    "checks": {"account": {"solvent": {"require": "a", "severity": "warning", "message": "m"}}},
    "status": [{"is": "liquidatable", "when": "a", "message": "m"}, {"is": "healthy"}],
    "outputs": ["margin_ratio", {"equity": "Equity"}],
}


def words(schema: object) -> set[str]:
    """Every key a rulebook may have, from the schema itself."""
    if isinstance(schema, list):
        return set().union(*map(words, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", {})).union(*map(words, schema.values()))


def tree(document: Document) -> Node:
    if isinstance(document, str):
        return Scalar(document, 0, 0)
    if isinstance(document, list):
        return Sequence(tuple(tree(item) for item in document), 0, 0)
    return Mapping(tuple(Entry(Scalar(key, 0, 0), tree(value)) for key, value in document.items()), 0, 0)


KEYS = st.sampled_from([*sorted(words(SCHEMA)), "x", "asset"])
TEXTS = st.sampled_from(["", "1", "error", "x", "formulas"])
DOCUMENTS: st.SearchStrategy[Document] = st.recursive(
    TEXTS, lambda part: st.lists(part, max_size=3) | st.dictionaries(KEYS, part, max_size=3), max_leaves=8
)


def places(document: Document) -> list[tuple[Document, str | int]]:
    """Every value as the collection it stands in and its key there."""
    if isinstance(document, str):
        return []
    steps: list[str | int] = list(document) if isinstance(document, dict) else list(range(len(document)))
    return [(document, step) for step in steps] + [
        place
        for step in steps
        for place in places(document[step])  # type: ignore[index]
    ]


@st.composite
def nearly_right(draw: st.DrawFn) -> Document:
    """The right document with one to three things deleted, renamed, added or replaced by something else."""
    document = copy.deepcopy(RIGHT)
    for _ in range(draw(st.integers(1, 3))):
        where, step = draw(st.sampled_from(places(document)))
        change = draw(st.sampled_from(["delete", "rename", "add", "replace", "deepen"]))
        if change == "delete":
            del where[step]  # type: ignore[arg-type]
        elif change in ("rename", "add") and isinstance(where, dict):
            value = where.pop(str(step)) if change == "rename" else draw(DOCUMENTS)
            where[draw(KEYS)] = value
        elif change == "deepen":
            where[step] = {draw(KEYS): where[step]}  # type: ignore[index]
        else:
            where[step] = draw(DOCUMENTS)  # type: ignore[index]
        if not places(document):
            break
    return document


def test_the_right_document_is_right() -> None:
    assert holds(SHAPE, tree(RIGHT))
    assert JUDGE.is_valid(RIGHT)


@settings(max_examples=300, deadline=None)
@given(nearly_right() | DOCUMENTS)
def test_the_gate_judges_as_jsonschema_does(document: Document) -> None:
    assert plain(tree(document)) == document
    assert holds(SHAPE, tree(document)) == JUDGE.is_valid(document)


EVERY_KEYWORD = {
    "$defs": {"short": {"type": ["string", "array"], "minLength": 1, "items": {"enum": ["a", 1, "b"]}}},
    "if": {"type": "object", "required": ["a"]},
    "then": {"properties": {"b": False, "c": {"not": {"type": "string"}}}},
    "else": {"minItems": 2, "minProperties": 1, "maxProperties": 2},
    "additionalProperties": {"$ref": "#/$defs/short", "minItems": 1},
    "properties": {"d": True, "e": {"enum": ["x"]}},
}
SMALL: st.SearchStrategy[Document] = st.recursive(
    st.sampled_from(["", "a", "b", "x"]),
    lambda part: st.lists(part, max_size=2) | st.dictionaries(st.sampled_from("abcde"), part, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(SMALL)
def test_each_keyword_means_the_same(document: Document) -> None:
    assert holds(read_schema(EVERY_KEYWORD), tree(document)) == Draft202012Validator(EVERY_KEYWORD).is_valid(document)


def test_the_schema_is_one_and_every_place_in_it_says_what_belongs_there() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    for name, part in {"": SCHEMA, **SCHEMA["$defs"]}.items():
        assert "description" in part or set(part["type"]) >= {"string", "array", "object"}, name
        assert "title" in part or part.get("additionalProperties") is not False, name


def test_a_keyword_the_gate_does_not_know_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="does not know the keyword pattern"):
        read_schema({"properties": {"a": {"pattern": "x"}}})


def test_a_schema_within_itself_is_not_read() -> None:
    with pytest.raises(ValueError, match="contain themselves"):
        read_schema({"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}})
