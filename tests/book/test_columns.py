"""Columns of every type: what a block holds is what the account says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

See = Callable[[Any], list[Any]]
NAMES = pa.array(["a", "b", "c"])
WORDS = pa.dictionary(pa.int32(), pa.string())


def table(**columns: Any) -> pa.Table:
    return pa.table({"account": NAMES, **columns})


@pytest.mark.parametrize(
    ("type_", "given", "meant"),
    [
        (pa.float64(), [0.1, -0.0, 1e19], ["0.1", "0", "1e19"]),
        (pa.int8(), [-128, 0, 127], ["-128", "0", "127"]),
        (pa.uint8(), [0, 1, 255], ["0", "1", "255"]),
        (pa.int16(), [-5, 0, 5], ["-5", "0", "5"]),
        (pa.uint32(), [0, 1, 4294967295], ["0", "1", "4294967295"]),
        (pa.int64(), [-9007199254740993, 0, 9223372036854775807], ["-9007199254740993", "0", "9223372036854775807"]),
        (pa.uint64(), [0, 1, 9223372036854775807], ["0", "1", "9223372036854775807"]),
        (pa.decimal32(9, 2), ["-1234567.89", "0", "0.01"], ["-1234567.89", "0", "0.01"]),
        (pa.decimal64(18, 8), ["100.04466674", "-0.00000001", "0"], ["100.04466674", "-0.00000001", "0"]),
        (pa.decimal128(18, 4), ["-99999999999999.9999", "0", "0.5"], ["-99999999999999.9999", "0", "0.5"]),
        (pa.decimal128(38, 20), ["-1.00000000000000000001", "2", "123456789012345678.5"],
         ["-1.00000000000000000001", "2", "123456789012345678.5"]),
        (pa.decimal256(50, 10), ["-1.5", "0", "123456789012345678901234567.0000000001"],
         ["-1.5", "0", "123456789012345678901234567.0000000001"]),
        (pa.decimal128(5, -2), ["1200", "0", "-500"], ["1200", "0", "-500"]),
        (pa.string(), ["84.114", "-1e3", "0.1"], ["84.114", "-1000", "0.1"]),
        (pa.large_string(), ["84.114", "1", "0.1"], ["84.114", "1", "0.1"]),
        (pa.string_view(), ["84.114", "1", "12345678901234.5"], ["84.114", "1", "12345678901234.5"]),
        (WORDS, ["7", "8", "7"], ["7", "8", "7"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_number_is_its_exact_value(laid: See, exactly: See, type_: Any, given: list[Any], meant: list[str]) -> None:
    values = [Decimal(value) for value in given] if pa.types.is_decimal(type_) else given
    column = pa.array(values, pa.string()).dictionary_encode() if type_ == WORDS else pa.array(values, type_)
    source = table(debt=column)
    assert [account["debt"] for account in laid(source)] == [Decimal(text) for text in meant]
    assert laid(source) == exactly(source)


@pytest.mark.parametrize("given", [1e22, -1e40, 1e-30])
def test_doubles_far_out_are_left_to_the_exact_reader(laid: See, exactly: See, given: float) -> None:
    source = table(debt=pa.array([given, 1.0, None]), limit=pa.array([str(given), "1", None]))
    assert [account is None for account in laid(source)] == [True, False, False]
    assert exactly(source)[0]["debt"] == exactly(source)[0]["limit"] == Decimal(repr(given))


def test_null_is_the_default_or_none_or_missing(laid: See, exactly: See) -> None:
    gone = pa.nulls(3, pa.float64())
    source = table(debt=gone, limit=gone, cushion=gone, steps=pa.nulls(3, pa.int64()), vip=pa.nulls(3, pa.bool_()))
    first = laid(source)[0]
    assert first == exactly(source)[0]
    assert first["debt"] == "(missing)"
    assert first["limit"] is None
    assert first["cushion"] == Decimal("2.5")
    assert first["steps"] == 0
    assert first["vip"] is False


@pytest.mark.parametrize(
    "type_", [pa.float64(), pa.decimal64(10, 2), pa.decimal128(30, 2), pa.decimal256(60, 2), pa.string()]
)
def test_null_among_values(laid: See, exactly: See, type_: Any) -> None:
    given = [Decimal(1), None, Decimal(3)] if pa.types.is_decimal(type_) else [1.0, None, 3.0]
    column = pa.array(given, type_) if not pa.types.is_string(type_) else pa.array(["1", None, "3"])
    source = table(debt=column, limit=column, cushion=column)
    assert [account["debt"] for account in laid(source)] == [1, "(missing)", 3]
    assert [account["limit"] for account in laid(source)] == [1, None, 3]
    assert [account["cushion"] for account in laid(source)] == [1, Decimal("2.5"), 3]
    assert laid(source) == exactly(source)


def test_a_default_that_the_column_cannot_hold(laid: See, exactly: See) -> None:
    """2.5 is no integer, so where the column has none the account is read exactly."""
    source = table(cushion=pa.array([1, None, 3]))
    assert [account and account["cushion"] for account in laid(source)] == [1, None, 3]
    assert [account["cushion"] for account in exactly(source)] == [1, Decimal("2.5"), 3]


def test_absent_columns_are_the_same_for_every_account(laid: See, exactly: See) -> None:
    accounts = laid(table())
    assert accounts == exactly(table())
    assert accounts[0] == accounts[2]
    assert accounts[0]["balances"] == accounts[0]["options"] == []
    assert (accounts[0]["mode"], accounts[0]["note"], accounts[0]["opened"]) == ("cash", None, None)
    untyped = table(debt=pa.nulls(3), mode=pa.nulls(3), balances=pa.nulls(3))
    assert laid(untyped) == accounts


@pytest.mark.parametrize(
    ("column", "seconds"),
    [
        (pa.array([0, 1, None], pa.timestamp("s", "UTC")), [0, 1, None]),
        (pa.array([-1500, 1, None], pa.timestamp("ms", "+02:00")), ["-1.5", "0.001", None]),
        (pa.array([1, 2, None], pa.timestamp("us", "UTC")), ["0.000001", "0.000002", None]),
        (pa.array([1, -1, None], pa.timestamp("ns", "UTC")), ["0.000000001", "-0.000000001", None]),
        (pa.array([date(1970, 1, 2), date(1969, 12, 31), None], pa.date32()), [86400, -86400, None]),
        (pa.array([date(1970, 1, 2), date(2026, 8, 17), None], pa.date64()), [86400, 1786924800, None]),
        (pa.array(["1970-01-01T00:01Z", "2026-08-17", None]), [60, 1786924800, None]),
    ],
    ids=lambda value: str(getattr(value, "type", "")),
)
def test_an_instant_is_its_seconds(laid: See, exactly: See, column: Any, seconds: list[Any]) -> None:
    assert datetime(2026, 8, 17, tzinfo=UTC).timestamp() == 1786924800
    source = table(opened=column)
    expected = [None if value is None else Decimal(value) for value in seconds]
    assert [account["opened"] for account in laid(source)] == expected
    assert laid(source) == exactly(source)


def test_labels_and_truths(laid: See, exactly: See) -> None:
    source = table(
        mode=pa.array(["margin", None, "cash"]).dictionary_encode(),
        note=pa.array(["hedge", None, "cash"]),
        vip=pa.array([True, False, None]),
        desk=pa.array(["FX", None, "rates"]),
    )
    accounts = laid(source)
    assert [account["mode"] for account in accounts] == ["margin", "cash", "cash"]
    assert [account["note"] for account in accounts] == ["hedge", None, "cash"]
    assert [account["vip"] for account in accounts] == [True, False, False]
    assert accounts == exactly(source)


def test_labels_are_carried_through(book: Any) -> None:
    one = book(table(desk=pa.array(["FX", None, "rates"])))
    assert [account.labels for account in one.accounts()] == [{"desk": "FX"}, {}, {"desk": "rates"}]
    block = next(one.blocks())
    assert one.label("desk", 1, 2, block).to_pylist() == [None, "rates"]
    assert one.names(1, 2, block).to_pylist() == ["b", "c"]


BALANCE = pa.struct([("asset", pa.string()), ("amount", pa.float64())])
ROWS = [
    [{"asset": "GOLD", "amount": 1.5}, {"asset": "SILVER", "amount": None}],
    [],
    [{"asset": "TIN", "amount": 0.1}],
]


@pytest.mark.parametrize("list_", [pa.list_, pa.large_list])
@pytest.mark.parametrize("asset", [pa.string(), pa.large_string(), pa.string_view(), WORDS])
def test_collections(laid: See, exactly: See, list_: Any, asset: Any) -> None:
    plain = pa.struct([("asset", pa.string()), ("amount", pa.float64())])
    rows = pa.array(ROWS, pa.list_(plain))
    names = rows.values.field(0)
    names = names.dictionary_encode() if asset == WORDS else names.cast(asset)
    struct = pa.StructArray.from_arrays([names, rows.values.field(1)], ["asset", "amount"])
    build = pa.ListArray if list_ is pa.list_ else pa.LargeListArray
    source = table(balances=build.from_arrays(rows.offsets, struct))
    accounts = laid(source)
    assert [account["balances"] for account in accounts] == [
        [{"asset": "GOLD", "amount": Decimal("1.5")}, {"asset": "SILVER", "amount": "(missing)"}],
        [],
        [{"asset": "(unknown)", "amount": Decimal("0.1")}],
    ]
    assert accounts == exactly(source)


def test_a_list_of_fixed_size(laid: See, exactly: See) -> None:
    struct = pa.array([{"share": float(number)} for number in range(6)], pa.struct([("share", pa.float64())]))
    lists = pa.FixedSizeListArray.from_arrays(struct, 2)
    source = table(fills=lists)
    assert [[row["share"] for row in account["fills"]] for account in laid(source)] == [[0, 1], [2, 3], [4, 5]]
    assert laid(source) == exactly(source)
    assert laid(source.slice(1)) == exactly(source)[1:]


def test_a_null_list_is_empty(laid: See, exactly: See, book: Any) -> None:
    rows = pa.array([[{"share": 1.0}], None, [{"share": 2.0}]], pa.list_(pa.struct([("share", pa.float64())])))
    assert laid(table(fills=rows)) == exactly(table(fills=rows))
    hidden = pa.ListArray.from_arrays(
        pa.array([0, 1, 2, 3]), pa.array([{"share": 1.0}] * 3), mask=pa.array([False, True, False])
    )
    source = table(fills=hidden)  # the null list has a row behind it
    assert laid(source)[1] is None
    assert exactly(source)[1]["fills"] == []
    assert not book(source).account(1).errors


def test_a_null_row_is_an_error_of_its_account(laid: See, book: Any) -> None:
    rows = pa.array([[{"share": 1.0}], [None], []], pa.list_(pa.struct([("share", pa.float64())])))
    source = table(fills=rows)
    assert [account is None for account in laid(source)] == [False, True, False]
    assert [[error.code for error in account.errors] for account in book(source).accounts()] == [[], ["MC406"], []]


def options(pnl: Any) -> pa.Table:
    count = len(pnl)
    fields = {
        "strike": pa.array([float(number) for number in range(count)]),
        "expiry": pa.array([0] * count, pa.timestamp("s", "UTC")),
        "right": pa.array(["call"] * count),
        "pnl": pnl,
    }
    struct = pa.StructArray.from_arrays(list(fields.values()), list(fields))
    return pa.table(
        {
            "account": [str(n) for n in range(count)],
            "options": pa.ListArray.from_arrays(pa.array(range(count + 1)), struct),
        }
    )


@pytest.mark.parametrize(
    "pnl",
    [
        pa.array([[0.0, 120.5, -80.0], [1.0, None, 3.0]], pa.list_(pa.float64(), 3)),
        pa.array([[0.0, 120.5, -80.0], [1.0, None, 3.0]], pa.list_(pa.float64())),
        pa.array([[0.0, 120.5, -80.0], [1.0, None, 3.0]], pa.large_list(pa.float64())),
        pa.array([[0, Decimal("120.5"), -80], [1, None, 3]], pa.list_(pa.decimal64(18, 2))),
        pa.array([{"up": 0.0, "down": 120.5, "flat": -80.0, "gone": 7.0}, {"flat": 3.0, "up": 1.0}]),
        pa.array([[("flat", -80.0), ("up", 0.0), ("down", 120.5)], [("up", 1.0), ("flat", 3.0)]],
                 pa.map_(pa.string(), pa.float64())),
    ],
    ids=lambda pnl: str(pnl.type),
)  # fmt: skip
def test_vectors(laid: See, exactly: See, pnl: Any) -> None:
    source = options(pnl)
    rows = [account["options"][0]["pnl"] for account in laid(source)]
    assert rows == [{"up": 0, "down": Decimal("120.5"), "flat": -80}, {"up": 1, "flat": 3}]
    assert laid(source) == exactly(source)
    assert laid(source.slice(1)) == exactly(source)[1:]


def test_a_vector_of_the_wrong_length(laid: See, book: Any) -> None:
    source = options(pa.array([[1.0, 2.0, 3.0], [1.0, 2.0], None], pa.list_(pa.float64())))
    assert [account is None for account in laid(source)] == [False, True, False]
    errors = [account.errors for account in book(source).accounts()]
    assert [[error.code for error in found] for found in errors] == [[], ["MC426"], []]
    assert (
        errors[1][0].message == "`pnl` of option `1.0/1970-01-01T00:00:00Z/call` has 2 values for 3 rows of `scenario`"
    )


def test_a_vector_with_more_digits_than_a_double(laid: See, exactly: See) -> None:
    wide = [[Decimal("123456789012345678"), 0, 0], [1, 2, 3]]
    source = options(pa.array(wide, pa.list_(pa.decimal128(30, 0))))
    assert laid(source)[0] is None
    assert exactly(source)[0]["options"][0]["pnl"]["up"] == Decimal("123456789012345678")


def test_numbers_lie_where_they_lay(book: Any) -> None:
    amounts = pa.array([1.0, 2.0, 3.0])
    assets = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int32()), pa.array(["GOLD", "SILVER", "OIL"]))
    sizes = pa.array([Decimal(1), Decimal(2), Decimal(3)], pa.decimal64(18, 4))
    struct = pa.StructArray.from_arrays([assets, amounts], ["asset", "amount"])
    source = table(debt=sizes, balances=pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), struct))
    block = next(book(source).blocks())
    assert block.columns["balance", "amount"].data.ctypes.data == amounts.buffers()[1].address
    assert block.columns["balance", "asset"].data.ctypes.data == assets.indices.buffers()[1].address
    assert block.columns["account", "debt"].data.ctypes.data == sizes.buffers()[1].address
    assert block.offsets["balance"].ctypes.data == source["balances"].chunk(0).offsets.buffers()[1].address
