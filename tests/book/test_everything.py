"""Books drawn at random: the blocks and the exact reader tell of the same accounts, however the table is cut."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as draw

See = Callable[[Any], list[Any]]
SETTINGS = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

WORDS = draw.sampled_from(["GOLD", "SILVER", "OIL", "TIN", "cash", "margin", "call", "put", "", "none"])
DOUBLES = draw.one_of(
    draw.floats(-1e6, 1e6), draw.sampled_from([0.0, -0.0, 0.1, 1e40, 1e41, 1e-40, 1e-41, float("nan"), float("inf")])
)
WHOLE = draw.one_of(draw.integers(-1000, 1000), draw.sampled_from([-(1 << 63), (1 << 63) - 1, -(1 << 63) + 1]))


def decimals(digits: int, scale: int) -> Any:
    return draw.integers(-(10**digits) + 1, 10**digits - 1).map(lambda whole: Decimal(f"{whole}e{-scale}"))


NUMBERS = [
    (pa.float64(), DOUBLES),
    (pa.int64(), WHOLE),
    (pa.uint64(), draw.integers(0, (1 << 64) - 1)),
    (pa.int16(), draw.integers(-(1 << 15), (1 << 15) - 1)),
    (pa.decimal32(9, 4), decimals(9, 4)),
    (pa.decimal64(18, 8), decimals(18, 8)),
    (pa.decimal128(12, 2), decimals(12, 2)),
    (pa.decimal128(38, 18), decimals(38, 18)),
    (pa.decimal256(70, 20), decimals(70, 20)),
    (pa.string(), draw.one_of(DOUBLES.map(str), decimals(30, 12).map(str), draw.just("x"))),
]
TEXTS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
DATES = [
    (pa.timestamp("s", "UTC"), draw.integers(-(10**12), 10**12)),
    (pa.timestamp("ns", "UTC"), draw.integers(-(1 << 63), (1 << 63) - 1)),
    (pa.date32(), draw.integers(-(10**6), 10**7)),
    (pa.string(), draw.sampled_from(["2026-01-01", "2026-01-01T00:00:00.5Z", "then"])),
]


@draw.composite
def column(drawn: Any, count: int, choices: list[Any]) -> Any:
    """A column of one of these types, with nulls, sometimes the end of a longer one."""
    type_, values = drawn(draw.sampled_from(choices))
    before = drawn(draw.integers(0, 3))
    items = [drawn(draw.one_of(draw.none(), values)) for _ in range(count + before)]
    if pa.types.is_dictionary(type_):
        return pa.array(items, pa.string()).dictionary_encode().cast(type_)[before:]
    if pa.types.is_timestamp(type_):
        return pa.array(items, pa.int64()).view(type_)[before:]
    if pa.types.is_date32(type_):
        return pa.array(items, pa.int32()).view(type_)[before:]
    return pa.array(items, type_)[before:]


def words() -> list[Any]:
    return [(type_, WORDS) for type_ in TEXTS]


@draw.composite
def collection(drawn: Any, count: int, fields: dict[str, Any]) -> Any:
    """A list of structs for each account, some of them null, over a child that may begin before the first."""
    lengths = [drawn(draw.integers(0, 4)) for _ in range(count)]
    lead = drawn(draw.integers(0, 2))
    ends = [lead]
    for length in lengths:
        ends.append(ends[-1] + length)
    kept = {name: choices for name, choices in fields.items() if drawn(draw.booleans())} or dict(
        [next(iter(fields.items()))]
    )
    arrays = [drawn(column(ends[-1] + 1, choices)) for choices in kept.values()]
    gone = [drawn(draw.integers(0, 30)) == 0 for _ in range(ends[-1] + 1)]
    child = pa.StructArray.from_arrays(arrays, list(kept), mask=pa.array(gone))
    mask = pa.array([drawn(draw.integers(0, 9)) == 0 for _ in range(count)], pa.bool_())
    large = drawn(draw.booleans())
    build, type_ = (pa.LargeListArray, pa.int64()) if large else (pa.ListArray, pa.int32())
    return build.from_arrays(pa.array(ends, type_), child, mask=mask)


@draw.composite
def tables(drawn: Any) -> pa.Table:
    count = drawn(draw.integers(0, 6))
    names = draw.one_of(draw.integers(0, 20).map(str), draw.sampled_from(["", "é", "\n", "a name of some length"]))
    columns = {"account": drawn(column(count, [(type_, names) for type_ in TEXTS]))}
    own: dict[str, list[Any]] = {
        "mode": words(), "note": words(), "desk": words(), "limit": NUMBERS, "cushion": NUMBERS, "debt": NUMBERS,
        "steps": NUMBERS, "opened": DATES, "vip": [(pa.bool_(), draw.booleans())],
    }  # fmt: skip
    for name, choices in own.items():
        if drawn(draw.booleans()):
            columns[name] = drawn(column(count, choices))
    if drawn(draw.booleans()):
        columns["balances"] = drawn(collection(count, {"asset": words(), "amount": NUMBERS}))
    if drawn(draw.booleans()):
        columns["fills"] = drawn(collection(count, {"share": NUMBERS}))
    if drawn(draw.booleans()):
        cells = draw.dictionaries(draw.sampled_from(["up", "down", "far"]), DOUBLES).map(
            lambda given: list(given.items())
        )
        vectors = [
            (pa.list_(pa.float64(), 3), draw.lists(DOUBLES, min_size=3, max_size=3)),
            (pa.list_(pa.decimal128(20, 2)), draw.lists(decimals(20, 2), min_size=2, max_size=4)),
            (pa.map_(pa.string(), pa.float64()), cells),
        ]
        fields = {"strike": NUMBERS, "right": words(), "expiry": DATES, "pnl": vectors}
        columns["options"] = drawn(collection(count, fields))
    table = pa.table(columns)
    cuts = sorted(drawn(draw.lists(draw.integers(0, count), max_size=2)))
    return pa.concat_tables(
        [table.slice(low, high - low) for low, high in zip([0, *cuts], [*cuts, count], strict=True)]
    )


@SETTINGS
@given(tables())
def test_blocks_say_what_the_exact_reader_says(laid: See, exactly: See, book: Any, table: pa.Table) -> None:
    blocks, accounts = laid(table), exactly(table)
    assert len(blocks) == len(accounts) == table.num_rows
    for seen, told in zip(blocks, accounts, strict=True):
        assert seen is None or seen == told  # whatever a block cannot hold it leaves to the exact reader
    one = book(table)
    for number, account in enumerate(one.accounts()):
        assert one.account(number) == account
    for block in book(table).blocks():
        for place in range(block.count):
            assert one.account(block.first + place, block) == one.account(block.first + place)
