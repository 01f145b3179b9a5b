"""Tables in artifacts: each form survives, and a table that no compiler wrote is refused."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.codec import dump
from marginc.program.load import read_program
from marginc.program.types import Table

RULES = """\
rulebook: demo
language: 1
numeraire: USDC
model:
  buckets: { each: bucket, parameters: { weight: ratio = 1 } }
  parameters:
    tiers: { by: USDC, columns: { rate: ratio, cap: USDC | none }, closed: upper, beyond: error }
    gamma: { by: [bucket, bucket], value: ratio, symmetric: true, diagonal: 100% }
    psi: { by: { one: bucket, other: bucket }, value: ratio, missing: 5% }
    legs: { by: front | back, columns: { bucket: bucket, sign: ratio }, missing: none }
    rates: { by: [bucket, bool, USDC], value: ratio }
  account: { observed: { x: USDC, bucket: bucket } }
parameters:
  buckets: { 1: {}, 2: {} }
  tiers: [{from: 0, rate: 1%, cap: none}, {from: 100, to: 200, rate: 2%, cap: 7}]
  gamma: { 1: { 2: 18% } }
  psi: { 1: { 2: 3% } }
  legs: { front: { bucket: 1, sign: 1 }, back: { bucket: 2, sign: -1 } }
  rates: { 1: { true: [{from: 0, value: 4%}, {from: 50, value: 6%}] } }
formulas:
  account:
    rate: bracket(tiers, x).rate
    cap: bracket(tiers, x).cap
    parts: sum(s.width * s.rate for s in slices(tiers, x))
    pairs: sum(gamma(a, b) * psi(a, b) for a in buckets for b in buckets)
    leg: legs("back").bucket.weight
    legs_of: count(l for l in legs where l.bucket == bucket)
    deep: rates(bucket, true, x)
status: [{ is: healthy }]
outputs: [rate, cap, parts, pairs, leg, legs_of, deep]
"""
SNAPSHOT: dict[str, Any] = {"as_of": "2026-01-01", "accounts": [{"account": "a", "x": "150", "bucket": "1"}]}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> marginc.Program:
    path = tmp_path_factory.mktemp("tables") / "demo.yaml"
    path.write_text(RULES)
    return marginc.compile(path).at("2026-01-01")


@pytest.fixture(scope="module")
def artifact(program: marginc.Program, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("tables") / "program.json"
    program.save(path)
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def hashed(document: dict[str, Any]) -> bytes:
    for part, name in (("body", "hash"), ("origins", "origins_hash")):
        text = json.dumps(document[part], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        document[name] = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_every_form_of_table_survives(artifact: dict[str, Any], program: marginc.Program, tmp_path: Path) -> None:
    loaded = read_program(hashed(copy.deepcopy(artifact)), "program.json")
    assert dump(loaded) == json.dumps(artifact, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
    tables = {field.name: field.type for field in loaded.kinds[""].fields if isinstance(field.type, Table)}
    assert {name: (t.closed, t.beyond, t.missing, t.symmetric) for name, t in tables.items()} == {
        "tiers": ("upper", "error", "error", False),
        "gamma": ("lower", "last", "error", True),
        "psi": ("lower", "last", "value", False),
        "legs": ("lower", "last", "none", False),
        "rates": ("lower", "last", "error", False),
    }  # fmt: skip
    path = tmp_path / "program.json"
    path.write_bytes(hashed(copy.deepcopy(artifact)))
    (before,), (after,) = program.evaluate(SNAPSHOT), marginc.Program.load(path).evaluate(SNAPSHOT)
    assert before.errors == ()
    assert before.outputs == after.outputs
    # gamma x psi: 1 x 5 % on the diagonal twice, 18 % x 3 % and 18 % x 5 %
    assert {name: str(value) for name, value in before.outputs.items()} == {
        "rate": "0.02", "cap": "7", "parts": "2.00", "pairs": "0.1144", "leg": "1", "legs_of": "1", "deep": "0.06",
    }  # fmt: skip


Change = Callable[[dict[str, Any]], None]


def value(document: dict[str, Any], name: str) -> list[Any]:
    rows: list[Any] = dict(document["body"]["parameters"])[""][0][1][name][1]
    return rows


def declared(document: dict[str, Any], name: str) -> list[Any]:
    (own,) = (kind for kind in document["body"]["kinds"] if kind[0] == "")
    (type_,) = (field[1] for field in own[3] if field[0] == name)
    found: list[Any] = type_
    return found


def node(document: dict[str, Any], operation: str) -> list[Any]:
    return next(node for node in document["body"]["nodes"] if node[0] == operation)


def low(document: dict[str, Any]) -> None:
    value(document, "tiers")[1][0] = "50"


def no_end(document: dict[str, Any]) -> None:
    value(document, "tiers")[1][1] = None


def ends_first(document: dict[str, Any]) -> None:
    value(document, "tiers")[1][1] = "100"


def twice(document: dict[str, Any]) -> None:
    rows = value(document, "legs")
    rows.append(rows[0])


def range_in_exact(document: dict[str, Any]) -> None:
    value(document, "legs")[0][0] = "0"


def key_of_another_kind(document: dict[str, Any]) -> None:
    value(document, "psi")[0][3][0][1] = ["r", "account", "1"]


def key_missing(document: dict[str, Any]) -> None:
    value(document, "psi")[0][3].pop()


def label_of_none(document: dict[str, Any]) -> None:
    value(document, "legs")[0][3][0][1] = ["l", "middle"]


def cell_missing(document: dict[str, Any]) -> None:
    value(document, "legs")[0][2].pop()


def no_rows(document: dict[str, Any]) -> None:
    value(document, "tiers").clear()


def table_in_table(document: dict[str, Any]) -> None:
    value(document, "legs")[0][2][0][1] = ["t", []]


def number_first(document: dict[str, Any]) -> None:
    declared(document, "rates")[1].reverse()


def no_keys(document: dict[str, Any]) -> None:
    declared(document, "tiers")[1].clear()


def unknown_kind(document: dict[str, Any]) -> None:
    declared(document, "legs")[2][0][1][1] = "nobody"


def closed_nowhere(document: dict[str, Any]) -> None:
    node(document, "bracket")[3][0] = "sideways"


def absent_maybe(document: dict[str, Any]) -> None:
    node(document, "lookup")[3][1] = "perhaps"


def one_key_less(document: dict[str, Any]) -> None:
    node(document, "lookup")[2].pop()


def slices_of_exact(document: dict[str, Any]) -> None:
    nodes = document["body"]["nodes"]
    node(document, "slices")[2][0] = next(
        n for n, found in enumerate(nodes) if found[0] == "load" and "legs" in found[3]
    )


def cell_of_no_column(document: dict[str, Any]) -> None:
    nodes = document["body"]["nodes"]
    next(n for n in nodes if n[0] == "cell" and nodes[n[2][0]][0] == "bracket")[3][0] = "nobody"


@pytest.mark.parametrize(
    "change",
    [
        low, no_end, ends_first, twice, range_in_exact, key_of_another_kind, key_missing, label_of_none, cell_missing,
        no_rows, table_in_table, number_first, no_keys, unknown_kind, closed_nowhere, absent_maybe, one_key_less,
        slices_of_exact, cell_of_no_column,
    ],
)  # fmt: skip
def test_a_table_no_compiler_wrote_is_refused(change: Change, artifact: dict[str, Any]) -> None:
    document = copy.deepcopy(artifact)
    change(document)
    with pytest.raises(marginc.ProgramError) as caught:
        read_program(hashed(document), "program.json")
    (finding,) = caught.value.diagnostics
    assert finding.code == "MC604", finding
