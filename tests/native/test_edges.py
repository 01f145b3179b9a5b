"""Small books that machine code once got wrong, or easily could: each is answered as the exact executor answers it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from test_hostile import answers, evaluate_exactly, hold
from test_random_rulebooks import compiled

from marginc.program.program import Program
from marginc.runtime.exact import Bound, bind
from marginc.runtime.native.evaluate import evaluate_book
from marginc.runtime.snapshot import open_snapshot, read_snapshot

HEAD = "rulebook: edge\nlanguage: 1\nnumeraire: USD\n"
NUMBERS = (
    HEAD
    + """\
model: { account: { observed: { x: ratio = 0, y: ratio = 0, z: ratio = 0 } } }
formulas:
  account:
    doubled: x + x
    product: x * y * z
    maybe: if x + y > z then none else 5
    kept: default(maybe, 0)
    is_large: x == 1_152_921_504_606_846_976
    is_small: x < 0.000000000931322574615478515625
outputs: [doubled, product, maybe, kept, is_large, is_small]
"""
)


def bound_to(program: Program, reference: dict[str, Any] | None = None) -> Bound:
    document = {"as_of": "2026-01-01", **(reference or {}), "accounts": []}
    data = read_snapshot(open_snapshot(None, "snapshot", json.dumps(document).encode()), program)
    return bind(program, data.as_of, data.reference)


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Bound:
    return bound_to(compiled(tmp_path_factory.mktemp("rules"), NUMBERS))


SCALED = [
    ("128 bits below nought", ["-1.5", "-0.00000001", "-79228162514264337593.54395033"], pa.decimal128(38, 8)),
    ("128 bits around two words", ["184467440737.09551615", "-184467440737.09551616"], pa.decimal128(38, 8)),
    ("a scale below nought", ["1200", "-99900"], pa.decimal128(5, -2)),
    ("a long one", ["123456789012345678901234500", "-10"], pa.decimal128(30, -1)),
    ("more places than a double has", ["0.0000000000000000000000000001", "-3"], pa.decimal128(38, 28)),
    ("64 bits", ["-92233720368547758.07", "0.01"], pa.decimal128(19, 2)),
]


@pytest.mark.parametrize(("values", "type_"), [one[1:] for one in SCALED], ids=[one[0] for one in SCALED])
def test_decimals_are_what_they_are(numbers: Bound, values: list[str], type_: Any) -> None:
    column = pa.array([Decimal(value) for value in values], type_)
    hold(numbers, pa.table({"account": [str(n) for n in range(len(values))], "x": column}))


def test_a_product_beyond_the_largest_value_is_an_error(numbers: Bound) -> None:
    """1e40 is an input; 1e120 is no value."""
    found = hold(numbers, pa.table({"account": ["a"], "x": [1e40], "y": [1e40], "z": [1e40]}))
    assert len(found.column("errors").to_pylist()[0]) == 1


def test_none_on_a_tie_is_decided_exactly(numbers: Bound) -> None:
    """0.1 + 0.2 is no more than 0.3; among doubles it is."""
    found = hold(numbers, pa.table({"account": ["a"], "x": [0.1], "y": [0.2], "z": [0.3]}))
    assert found.column("maybe").to_pylist() == [5.0]
    assert found.column("kept").to_pylist() == [5.0]


def test_a_double_is_its_shortest_decimal_beside_a_longer_constant(numbers: Bound) -> None:
    """2^60 is 1152921504606846976; the double means 1152921504606847000. 2^-30 is longer than its double says, too."""
    found = hold(numbers, pa.table({"account": ["a", "b"], "x": [2.0**60, 2.0**-30]}))
    assert found.column("is_large").to_pylist() == [False, False]
    assert found.column("is_small").to_pylist() == [False, True]


@pytest.mark.parametrize("word", ["aaa", "zzz"])
def test_words_of_parameters_are_told_apart_in_cached_code(tmp_path: Path, word: str) -> None:
    """Parameters are no part of what code depends on, but their words are numbered among those it names."""
    text = (
        HEAD
        + """\
model:
  assets: { each: asset, parameters: { class: label = vip } }
  account: { observed: { note: label | none = none } }
parameters: { assets: { A: { class: WORD } } }
formulas:
  account:
    is_vip: note == "vip"
    is_class: note == asset("A").class
outputs: [is_vip, is_class]
"""
    )
    for other in ("aaa", "zzz", word):  # code of the one stands in the cache when the other is asked
        bound = bound_to(compiled(tmp_path, text.replace("WORD", other)))
        found = hold(bound, pa.table({"account": ["a", "b", "c"], "note": ["vip", "aaa", "zzz"]}))
        assert found.column("is_vip").to_pylist() == [True, False, False]
        assert found.column("is_class").to_pylist() == [False, other == "aaa", other == "zzz"]


GROUPS = (
    HEAD
    + """\
model:
  regions: { each: region, parameters: { name: label = one } }
  assets: { each: asset, observed: { region: region | none = none, price: USD/unit = 1 } }
  account:
    rows:
      lots: { each: lot, key: [name], observed: { name: label, asset: asset | none = none, size: ratio } }
      legs: { each: leg, key: [name], observed: { name: label, asset: asset, size: ratio } }
      holdings: { each: holding, of: [lots, legs], by: [asset] }
      areas: { each: area, of: holdings, by: [region] }
      sizes: { each: size_group, of: [lots, legs], by: [size] }
parameters: { regions: { R: { name: one }, S: { name: two } } }
formulas:
  holding:
    region: asset.region
    total: sum(lots.size) + sum(legs.size)
  area:
    total: sum(holdings.total)
  size_group:
    tenfold: size * 10
  account:
    most: max(areas.total)
    tens: sum(sizes.tenfold)
outputs: [most, tens, holding.total, area.total, size_group.tenfold]
"""
)


def test_groups_by_keys_that_are_none_or_nowhere(tmp_path: Path) -> None:
    """Such rows join no group, whatever accounts came before them."""
    reference = {"assets": {"A": {"region": "R"}, "B": {"region": "S"}, "C": {}, "D": {"region": "NOWHERE"}}}
    bound = bound_to(compiled(tmp_path, GROUPS), reference)
    keys = [["A", "B"], ["A", None, "A"], ["NOWHERE"], ["D", "A"], [None], ["C", None, "C", "B"], [], ["B", "A", None]]
    size = {"lots": (0.1, 3.0, 0.1, -0.0), "legs": (1, 2, 3)}
    rows = pa.struct([("name", pa.string()), ("asset", pa.string()), ("size", pa.float64())])
    other = pa.struct([("name", pa.string()), ("asset", pa.string()), ("size", pa.int64())])
    lots = [[{"name": f"n{n}", "asset": k, "size": size["lots"][n]} for n, k in enumerate(some)] for some in keys]
    legs = [
        [{"name": f"n{n}", "asset": k, "size": size["legs"][n % 3]} for n, k in enumerate(some) if k is not None]
        for some in reversed(keys)
    ]
    columns = {
        "account": [str(n) for n in range(len(keys))],
        "lots": pa.array(lots, pa.list_(rows)),
        "legs": pa.array(legs, pa.list_(other)),
    }
    for _ in range(3):
        hold(bound, pa.table(columns))


def test_instants_and_keys_are_told_as_exactly(tmp_path: Path) -> None:
    text = (
        HEAD
        + """\
model:
  account:
    observed: { opened: date = 2026-01-01 }
    rows: { lots: { each: lot, key: [strike], observed: { strike: ratio, size: ratio } } }
formulas:
  account: { since: opened }
  lot: { own: strike * size }
outputs: [since, lot.own]
"""
    )
    bound = bound_to(compiled(tmp_path, text))
    micros = [1_767_225_600_123_456 + 7 * n for n in range(200)]
    for type_ in (pa.decimal128(38, 2), pa.decimal64(10, 2), pa.decimal128(25, -1), pa.int64(), pa.float64()):
        strike = [[10, 20, -30], [], [50]] * 66 + [[10], [20]]
        rows = pa.struct([("strike", type_), ("size", pa.float64())])
        exact = pa.types.is_decimal(type_)
        lots = [[{"strike": Decimal(s) if exact else s, "size": 0.5} for s in some] for some in strike]
        columns = {
            "account": [str(n) for n in range(200)],
            "opened": pa.array(micros, pa.timestamp("us", "UTC")),
            "lots": pa.array(lots, pa.list_(rows)),
        }
        table = pa.table(columns)
        one, other = (answers(bound, table, run).drop(["message"]) for run in (evaluate_exactly, evaluate_book))
        assert other.to_pylist() == one.to_pylist()


UNDESCRIBED = """\
rulebook: undescribed
language: 1
numeraire: USD
model:
  assets: { each: asset, observed: { price: USD/unit } }
  account: { rows: { balances: { each: balance, observed: { asset: asset, amount: asset.unit = 0 } } } }
formulas:
  balance: { held: amount != 0 }
outputs: [balance.held]
"""


def test_a_row_that_nobody_describes_keeps_its_name(tmp_path: Path) -> None:
    """No rule needs the asset, so the account is in order; its name stands in the book and nowhere else."""
    bound = bound_to(compiled(tmp_path, UNDESCRIBED), {"assets": {"GOLD": {"price": "2000"}}})
    balances = [[("GOLD", 1.0)], [("NOWHERE", 2.0), ("GOLD", 0.0)], [], [("SILVER", 0.0)]]
    struct = pa.struct([("asset", pa.string()), ("amount", pa.float64())])
    rows = [[{"asset": asset, "amount": amount} for asset, amount in some] for some in balances]
    found = hold(bound, pa.table({"account": list("abcd"), "balances": pa.array(rows, pa.list_(struct))}))
    told = [[(row["asset"], row["held"]) for row in some] for some in found.column("balances").to_pylist()]
    assert told == [[(asset, amount != 0) for asset, amount in some] for some in balances]
