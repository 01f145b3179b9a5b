"""Accounts as Arrow tables, every column in one of the types that can hold its values."""

from __future__ import annotations

import decimal
import random
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from marginc.program.number import EXACT
from marginc.program.program import Constant, Field, Moment, Program, RowKey, VectorValue
from marginc.program.types import Date, Number, Truth, Vector
from marginc.runtime.snapshot.data import AccountData


def table_of(program: Program, accounts: Sequence[AccountData], keys: Mapping[str, Sequence[str]], seed: int) -> Any:
    """The accounts as a book; what is left out is null, and so becomes what stands in for it."""
    chance = random.Random(seed)
    columns: dict[str, Any] = {"account": pa.array([account.account for account in accounts])}
    for declared in program.kinds["account"].fields:
        if declared.origin == "observed":
            columns[declared.name] = _column(declared, [a.values.get(declared.name) for a in accounts], keys, chance)
    for kind in program.kinds.values():
        if kind.role == "rows":
            rows = [account.rows.get(kind.plural, ()) for account in accounts]
            every = [row.values for some in rows for row in some]
            fields = [declared for declared in kind.fields if declared.origin == "observed"]
            arrays = [_column(declared, [row.get(declared.name) for row in every], keys, chance) for declared in fields]
            if not fields:
                continue
            struct = pa.StructArray.from_arrays(arrays, [declared.name for declared in fields])
            ends = [0]
            for some in rows:
                ends.append(ends[-1] + len(some))
            wide = chance.random() < 0.3
            maker = pa.LargeListArray if wide else pa.ListArray
            columns[kind.plural] = maker.from_arrays(pa.array(ends, pa.int64() if wide else pa.int32()), struct)
    return pa.table(columns)


def _column(
    declared: Field, values: Sequence[Constant], keys: Mapping[str, Sequence[str]], chance: random.Random
) -> Any:
    match declared.type:
        case Number():
            return _numbers([value if isinstance(value, Decimal) else None for value in values], chance)
        case Truth():
            return pa.array(values, pa.bool_())
        case Date():
            micros = [int(v.seconds * 10**6) if isinstance(v, Moment) else None for v in values]  # type: ignore[arg-type]
            return pa.array(micros, pa.timestamp("us", "UTC"))
        case Vector(kind=kind):
            cells = [dict(value.cells) if isinstance(value, VectorValue) else None for value in values]
            columns = [_numbers([one and one.get(key) for one in cells], chance) for key in keys[kind]]  # type: ignore[misc]
            missing = pa.array([one is None for one in cells], pa.bool_())
            return pa.StructArray.from_arrays(columns, list(keys[kind]), mask=missing)
    words = pa.array([value.key if isinstance(value, RowKey) else value for value in values], pa.string())
    return words.dictionary_encode() if chance.random() < 0.5 else words


def _numbers(values: Sequence[Decimal | None], chance: random.Random) -> Any:
    """Numbers in one of the types that hold all of them."""
    with decimal.localcontext(EXACT):  # digits without zeros at their end, and all of them
        values = [None if value is None else value.normalize() if value else Decimal(0) for value in values]
    there = [value for value in values if value is not None]
    places = max((-int(value.as_tuple().exponent) for value in there), default=0)
    whole = max([1, *(value.adjusted() + 1 for value in there if value)])
    types: list[Any] = [pa.string()]
    if all(Decimal(repr(float(value))) == value for value in there):
        types += [pa.float64()] * 3
    scale = max(0, places)
    if whole + scale <= 18:
        types += [pa.decimal64(18, scale)] * 2
    if whole + scale <= 38:
        types += [pa.decimal128(38, scale)] * 2
    if not scale and whole <= 18:
        types.append(pa.int64())
    type_ = chance.choice(types)
    if pa.types.is_float64(type_):
        return pa.array([None if value is None else float(value) for value in values], type_)
    if pa.types.is_string(type_):
        return pa.array([None if value is None else f"{value:f}" for value in values], type_)
    if pa.types.is_int64(type_):
        return pa.array([None if value is None else int(value) for value in values], type_)
    return pa.array([None if value is None else Decimal(f"{value:f}") for value in values], type_)
