"""What a book may not have, and what its accounts may not say: the same codes as for JSON, and some of its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from marginc.program.diagnostic import SnapshotError
from marginc.runtime.book import Book

Open = Callable[[Any], Book]
NAMES = pa.array(["a", "b", "c"])


def table(**columns: Any) -> pa.Table:
    return pa.table({"account": NAMES, **columns})


def refused(book: Open, source: Any) -> list[str]:
    with pytest.raises(SnapshotError) as caught:
        book(source)
    return [f"{finding.code} {finding.message} | {finding.help}" for finding in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (
            {"debt": pa.array([1, 2, 3], pa.float32())},
            "MC422 `debt` is a column of `float`, but it takes decimals, integers or float64"
            " | write the values as they were before they were narrowed: decimals, or float64",
        ),
        (
            {"opened": pa.array([1, 2, 3], pa.timestamp("us"))},
            "MC422 `opened` is a column of `timestamp[us]`, but it takes timestamps with a zone, or dates"
            ' | say the zone: `column.cast(pa.timestamp("us", "UTC"))`',
        ),
        (
            {"note": pa.array([b"a", b"b", b"c"])},
            "MC422 `note` is a column of `binary`, but it takes text or a dictionary of text"
            " | write it as text in UTF-8",
        ),
        (
            {"vip": pa.array([0, 1, 0])},
            "MC422 `vip` is a column of `int64`, but it takes booleans | write booleans",
        ),
        (
            {"debt": pa.array([[1.0], [2.0], [3.0]])},
            "MC422 `debt` is a column of `list<item: double>`, but it takes decimals, integers or float64"
            " | write decimals, integers or float64",
        ),
        (
            {"balances": pa.array([1, 2, 3])},
            "MC422 `balances` is a column of `int64`, but it takes a list of structs, one for each balance"
            " | write a list of structs, one for each balance",
        ),
        ({"debts": NAMES}, "MC408 the book has no `debts` | did you mean `debt`?"),
        (
            {"balances": pa.array([[{"asset": "GOLD", "ammount": 1.0}]] * 3)},
            "MC408 `balances` of the book has no `ammount` | did you mean `amount`?",
        ),
        (
            {"worth": pa.array([1.0, 2.0, 3.0])},
            "MC409 a snapshot cannot overrule `worth`, which the rulebook computes"
            " | delete it here; `--set` tries another value",
        ),
    ],
)
def test_a_column_that_may_not_be_there(book: Open, column: dict[str, Any], told: str) -> None:
    assert refused(book, table(**column)) == [told]


def test_every_finding_at_once(book: Open) -> None:
    found = refused(book, pa.table({"debt": pa.array([1], pa.float16()), "amont": ["x"]}))
    assert [text.split()[0] for text in found] == ["MC408", "MC418", "MC422"]


def test_two_columns_of_one_name(book: Open) -> None:
    source = pa.Table.from_arrays([NAMES, NAMES, NAMES], ["account", "note", "note"])
    assert refused(book, source) == ["MC423 the book has two columns `note` | drop or rename one of the two"]


def test_a_vector_of_another_fixed_size(book: Open) -> None:
    pnl = pa.array([[1.0, 2.0]], pa.list_(pa.float64(), 2))
    struct = pa.StructArray.from_arrays([pa.array([1.0]), pnl], ["strike", "pnl"])
    source = pa.table({"account": ["a"], "options": pa.ListArray.from_arrays(pa.array([0, 1]), struct)})
    told = "MC426 each `pnl` has 2 values for 3 rows of `scenario`"
    assert refused(book, source)[0].startswith(told)


ERRORS: list[tuple[str, Any, list[list[str]]]] = [
    ("debt", pa.array([math.nan, math.inf, 1.0]), [["MC410"], ["MC410"], []]),
    ("debt", pa.array([1e41, -1e-41, 1e40]), [["MC410"], ["MC410"], []]),
    ("debt", pa.array([0.0, 5e-324, 1e-40]), [[], ["MC410"], []]),
    ("debt", pa.array(["1", "1,5", "1e41"]), [[], ["MC410"], ["MC410"]]),
    ("debt", pa.array([Decimal("1e-41"), Decimal("1e-40"), None], pa.decimal128(38, 45)), [["MC410"], [], []]),
    ("steps", pa.array([1.0, 1.5, None]), [[], ["MC411"], []]),
    ("steps", pa.array([Decimal("1.0"), Decimal("0.5"), None], pa.decimal64(18, 1)), [[], ["MC411"], []]),
    ("steps", pa.array([Decimal("1.0"), Decimal("0.5"), None], pa.decimal128(30, 1)), [[], ["MC411"], []]),
    ("mode", pa.array(["cash", "Cash", None]), [[], ["MC413"], []]),
    ("note", pa.array(["", "x\x1b[2J", "fine"]), [["MC416"], ["MC416"], []]),
    ("opened", pa.array([0, 1 << 62, -(1 << 62)], pa.timestamp("s", "UTC")), [[], ["MC414"], ["MC414"]]),
    ("opened", pa.array(["2026-02-29", "2026-02-28", "now"]), [["MC414"], [], ["MC414"]]),
    ("desk", pa.array(["", "x" * 1001, "fine"]), [["MC416"], ["MC416"], []]),
]


@pytest.mark.parametrize(
    ("name", "column", "codes"), ERRORS, ids=lambda value: getattr(value, "type", None) and str(value.type)
)
def test_an_error_of_one_account(book: Open, name: str, column: Any, codes: list[list[str]]) -> None:
    one = book(table(**{name: column}))
    assert [[error.code for error in account.errors] for account in one.accounts()] == codes
    flagged = [bool(flag) for block in one.blocks() for flag in block.unreadable]
    assert all(flag for flag, found in zip(flagged, codes, strict=True) if found)


def test_names(book: Open) -> None:
    names = pa.array(["a", None, "", "a", "\x07", "é", "x" * 1001, "a"])
    one = book(pa.table({"account": names}))
    codes = [[error.code for error in account.errors] for account in one.accounts()]
    assert codes == [[], ["MC418"], ["MC416"], ["MC419"], ["MC416"], [], ["MC416"], ["MC419"]]
    assert [bool(flag) for block in one.blocks() for flag in block.unreadable] == [bool(found) for found in codes]
    assert [account.account for account in one.accounts()][:4] == ["a", "#2", "#3", "a"]
    assert one.names(0, 4).to_pylist() == ["a", "#2", "", "a"]
    for number, found in enumerate(codes):
        assert [error.code for error in one.account(number).errors] == found
    assert one.account(7).errors[0].message == "account `a` stands twice; the first is account 1 of the snapshot"
    assert dict(one.repeated_names()) == {3: 0, 7: 0}


def test_a_name_that_comes_again_in_another_batch(book: Open) -> None:
    batches = [pa.record_batch({"account": ["a", "b"]}), pa.record_batch({"account": ["c", "b"]})]
    source = pa.Table.from_batches(batches)
    flagged = [block.unreadable.tolist() for block in book(source).blocks()]
    assert flagged == [[0, 0], [0, 1]]
    reader = pa.RecordBatchReader.from_batches(source.schema, batches)
    once = book(reader)
    assert [
        (block.unreadable.tolist(), once.account(block.first + 1, block).errors != ()) for block in once.blocks()
    ] == [
        ([0, 0], False),
        ([0, 1], True),
    ]


def keyed(rows: list[list[dict[str, Any]]], struct: Any) -> pa.Table:
    return pa.table({"account": [str(n) for n in range(len(rows))], "balances": pa.array(rows, pa.list_(struct))})


def test_one_key_twice(book: Open) -> None:
    struct = pa.struct([("asset", pa.string()), ("amount", pa.float64())])
    of = lambda *assets: [{"asset": asset, "amount": 1.0} for asset in assets]  # noqa: E731
    rows = [of("GOLD", "SILVER"), of("SILVER", "GOLD", "SILVER"), of("OIL"), [], of("GOLD", "GOLD"), of("TIN", "ZINC")]
    one = book(keyed(rows, struct))
    codes = [[error.code for error in account.errors] for account in one.accounts()]
    assert codes == [[], ["MC417"], [], [], ["MC417"], []]
    # two rows that nobody knows look alike in a block, so the exact reader has the last word
    assert [block.unreadable.tolist() for block in one.blocks()] == [[0, 1, 0, 0, 1, 1]]
    assert [block.unreadable.tolist() for block in one.blocks(leave=("keys",))] == [[0] * 6]


def test_a_row_without_its_key(book: Open) -> None:
    struct = pa.struct([("asset", pa.string()), ("amount", pa.float64())])
    one = book(keyed([[{"asset": None, "amount": 1.0}], [{"asset": "OIL", "amount": 1.0}]], struct))
    assert [[error.code for error in account.errors] for account in one.accounts()] == [["MC418"], []]
    assert [block.unreadable.tolist() for block in one.blocks()] == [[1, 0]]
    absent = book(keyed([[{"amount": 1.0}], []], pa.struct([("amount", pa.float64())])))
    assert [[error.code for error in account.errors] for account in absent.accounts()] == [["MC418"], []]
    assert [block.unreadable.tolist() for block in absent.blocks()] == [[1, 0]]


def test_keys_of_several_fields(book: Open) -> None:
    def option(strike: float, right: str) -> dict[str, Any]:
        return {"strike": strike, "expiry": 0, "right": right}

    rows = [
        [option(1.0, "call"), option(1.0, "put"), option(2.0, "call")],
        [option(2.0, "call"), option(1.0, "put"), option(2.0, "call")],
        [option(0.0, "put"), option(-0.0, "put")],
    ]
    struct = pa.struct([("strike", pa.float64()), ("expiry", pa.timestamp("s", "UTC")), ("right", pa.string())])
    one = book(pa.table({"account": NAMES, "options": pa.array(rows, pa.list_(struct))}))
    assert [[error.code for error in account.errors] for account in one.accounts()] == [[], ["MC417"], ["MC417"]]
    assert [block.unreadable.tolist() for block in one.blocks()] == [[0, 1, 1]]


def test_the_word_none_beside_no_word(book: Open) -> None:
    """In a key both are shown as `none`, so the second of them repeats the first."""
    rows = [[{"tag": "none"}, {"tag": None}], [{"tag": "x"}, {"tag": None}], [{"tag": None}, {"tag": None}]]
    one = book(pa.table({"account": NAMES, "notes": pa.array(rows, pa.list_(pa.struct([("tag", pa.string())])))}))
    assert [[error.code for error in account.errors] for account in one.accounts()] == [["MC417"], [], ["MC417"]]
    assert [block.unreadable.tolist() for block in one.blocks()] == [[1, 0, 1]]
