"""Hostile books: refused, or answered as the exact executor does; nothing is read or written beside its buffer.

Every buffer of a book, and everything that machine code writes to, lies at a page that may not be touched.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import guarded
import numpy as np
import pyarrow as pa
import pytest
from test_random_rulebooks import compiled

from marginc.program.codec import dump
from marginc.program.diagnostic import SnapshotError
from marginc.program.load import load_program
from marginc.program.program import Program
from marginc.runtime.book import open_book
from marginc.runtime.book.evaluate import evaluate_book as evaluate_exactly
from marginc.runtime.book.options import Options
from marginc.runtime.book.results import result_table
from marginc.runtime.exact import Bound, bind
from marginc.runtime.native import run as native_run
from marginc.runtime.native.evaluate import evaluate_book
from marginc.runtime.native.run import Kernel
from marginc.runtime.snapshot import open_snapshot, read_snapshot

RULES = """\
rulebook: everything
language: 1
numeraire: USD
model:
  scenarios: { each: scenario, parameters: { weight: ratio = 1 } }
  assets:
    each: asset
    parameters:
      haircut: ratio = 10%
      tiers: { by: USD, columns: { rate: ratio } }
    observed: { price: USD/unit, issuer: label = nobody }
  account:
    labels: [desk]
    observed:
      mode: cash | margin = cash
      limit: USD | none = none
      opened: date | none = none
      vip: bool = false
      debt: USD = 0
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit } }
      options:
        each: option
        key: [name]
        observed: { name: label, asset: asset, size: ratio = 1, right: call | put, pnl: USD by scenario }
      holdings: { each: holding, of: [balances, options], by: [asset] }
parameters:
  assets:
    GOLD: { haircut: 20%, tiers: [{ from: 0 USD, rate: 1% }, { from: 1_000 USD, rate: 5% }] }
    SILVER: { haircut: 30%, tiers: [{ from: 0 USD, rate: 2% }] }
  scenarios: { up: { weight: 1 }, down: { weight: 50% } }
formulas:
  balance:
    worth: amount * asset.price * (1 - asset.haircut)
    tier: bracket(asset.tiers, abs(worth)).rate
  option, scenario:
    loss: min(0 USD, size * option.pnl * scenario.weight)
  holding:
    hedge: sum(balances.worth) + sum(o.pnl for o in options for s in scenarios where s == scenario("down"))
  account:
    collateral: sum(balances.worth)
    stress: min(sum(o.loss for o in options) for s in scenarios)
    charge: sum(w.rate * w.width for b in balances for w in slices(b.asset.tiers, abs(b.worth)))
    worst: max(0 USD, max(holdings.hedge))
    since: opened
    room: min(limit, collateral + default(stress, 0 USD)) - debt
checks:
  account:
    not_too_much: { require: debt <= 1_000_000 USD, message: too much debt }
status:
  - { is: short, when: room < 0 }
  - { is: watched, when: vip and mode == "margin" }
  - { is: fine }
outputs: [collateral, stress, charge, worst, room, since, balance.worth, balance.tier, holding.hedge]
"""
REFERENCE = {
    "as_of": "2026-01-01",
    "assets": {"GOLD": {"price": "2000"}, "SILVER": {"price": "25.5"}, "NEW": {"price": "3"}},
}
PLAIN = Options()
BALANCE = pa.struct([("asset", pa.string()), ("amount", pa.float64())])
OPTION = pa.struct([
    ("name", pa.string()), ("asset", pa.string()), ("size", pa.float64()), ("right", pa.string()),
    ("pnl", pa.list_(pa.float64())),
])  # fmt: skip


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return compiled(tmp_path_factory.mktemp("rules"), RULES)


@pytest.fixture(scope="module")
def bound(rules: Program) -> Bound:
    data = read_snapshot(open_snapshot(None, "snapshot", json.dumps({**REFERENCE, "accounts": []}).encode()), rules)
    return bind(rules, data.as_of, data.reference)


def books(count: int, seed: int = 1) -> dict[str, Any]:
    """The columns of a sound book."""
    chance = random.Random(seed)
    balances, options = [], []
    for _ in range(count):
        held = chance.sample(("GOLD", "SILVER", "NEW"), chance.randrange(3)) if chance.random() < 0.9 else ["NOWHERE"]
        balances.append([{"asset": key, "amount": chance.choice((1.0, -0.5, 0.1, 12.25, 0.0, 1e7))} for key in held])
        options.append([
            {"name": f"o{n}", "asset": chance.choice(("GOLD", "SILVER")), "size": chance.choice((1.0, -2.0, None)),
             "right": chance.choice(("call", "put")), "pnl": [chance.gauss(0, 500), -3.5]}
            for n in range(chance.randrange(3))
        ])  # fmt: skip
    return {
        "account": pa.array([f"a{n}" for n in range(count)]),
        "mode": pa.array([chance.choice(("cash", "margin")) for _ in range(count)]).dictionary_encode(),
        "limit": pa.array([chance.choice((None, 100.0, 1e6)) for _ in range(count)], pa.float64()),
        "opened": pa.array([chance.choice((None, 1_700_000_000)) for _ in range(count)], pa.timestamp("s", "UTC")),
        "vip": pa.array([chance.random() < 0.5 for _ in range(count)]),
        "debt": pa.array([chance.choice((0.0, 25.5, 2e6)) for _ in range(count)]),
        "balances": pa.array(balances, pa.list_(BALANCE)),
        "options": pa.array(options, pa.list_(OPTION)),
        "desk": pa.array(["x"] * count),
    }


def answers(bound: Bound, source: Any, run: Callable[..., Iterator[Any]], options: Options = PLAIN) -> Any:
    """The results of a book as one table; a text where it is refused."""
    keys = {kind: list(rows) for kind, rows in bound.reference.items()}
    try:
        book = open_book(source, bound.program, keys)
        table = result_table(bound.program, keys, book.labels, options, book.words)
        return pa.Table.from_batches(list(run(book, bound, table)), schema=table.schema)
    except SnapshotError as refused:
        return "; ".join(f"{finding.code} {finding.message}" for finding in refused.diagnostics)


def hold(bound: Bound, source: Any) -> Any:
    """Both executors give the same answers, or refuse with the same words."""
    exact, native = answers(bound, source, evaluate_exactly), answers(bound, source, evaluate_book)
    if isinstance(exact, str) or isinstance(native, str):
        assert native == exact
        return exact
    assert native.num_rows == exact.num_rows
    for name in exact.schema.names:
        if name != "message":
            same(name, exact.column(name).to_pylist(), native.column(name).to_pylist(), exact.column("errors"))
    return exact


def same(name: str, exact: list[Any], native: list[Any], errors: Any) -> None:
    for place, (one, other, wrong) in enumerate(zip(exact, native, errors.to_pylist(), strict=True)):
        assert close(one, other), f"{name} of account {place} (errors {wrong}): {other}, exactly {one}"


def close(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1e-9 * max(1.0, abs(one))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    return bool(one == other)


@pytest.fixture(params=["behind", "before"])
def guard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Everything that machine code writes to is guarded, on this side."""
    behind = request.param == "behind"
    monkeypatch.setattr(native_run, "np", guarded.GuardedNumpy(behind))
    original = Kernel._frame

    def frame(self: Kernel, written: Any, block: Any, *given: Any) -> Any:
        from dataclasses import replace

        columns = {key: replace(c, data=guarded.numpy_of(c.data, behind)) for key, c in block.columns.items()}
        offsets = {kind: guarded.numpy_of(one, behind) for kind, one in block.offsets.items()}
        block = replace(block, columns=columns, offsets=offsets, unreadable=guarded.numpy_of(block.unreadable, behind))
        return original(self, written, block, *given)

    monkeypatch.setattr(Kernel, "_frame", frame)
    return behind


# ---- nothing beside the buffers


def raw(type_: Any, offsets: list[int], child: Any, count: int) -> Any:
    """A list array with any offsets."""
    return pa.Array.from_buffers(type_, count, [None, pa.py_buffer(np.array(offsets, np.int32))], 0, children=[child])


def damaged() -> dict[str, Callable[[dict[str, Any]], Any]]:
    """Books by what is wrong with them, each from the columns of a sound one."""

    def indices(numbers: list[int]) -> Callable[[dict[str, Any]], Any]:
        def make(columns: dict[str, Any]) -> Any:
            codes = pa.array(numbers + [0] * (len(columns["account"]) - len(numbers)), pa.int32())
            words = pa.array(["cash", "margin"])
            return {**columns, "mode": pa.DictionaryArray.from_arrays(codes, words, safe=False)}

        return make

    def value(name: str, worst: list[Any], type_: Any = None) -> Callable[[dict[str, Any]], Any]:
        def make(columns: dict[str, Any]) -> Any:
            return {**columns, name: pa.array(worst + [worst[0]] * (len(columns["account"]) - len(worst)), type_)}

        return make

    return {
        "an index behind the dictionary": indices([2]),
        "an index far behind": indices([2**31 - 1]),
        "a negative index": indices([0, -1]),
        "no number": value("debt", [float("nan"), float("inf"), -float("inf"), 1.0]),
        "the bits of none": value("debt", [np.array([0x7FF8_0000_0000_0E00], np.uint64).view(np.float64)[0]]),
        "too large and too small": value("debt", [1e41, 1e-41, 1e40, 1e-40, 1e21, 1e-21, 1e308, 5e-324]),
        "all the digits": value("debt", [Decimal("-" + "9" * 38), Decimal("9" * 38)], pa.decimal128(38, 0)),
        "tiny decimals": value("debt", [Decimal("1e-38"), Decimal("-1e-38")], pa.decimal128(38, 38)),
        "a negative scale": value("debt", [Decimal("1200"), Decimal("-99900")], pa.decimal128(5, -2)),
        "no word": value("mode", ["crypto", "", "x" * 10_000], pa.string()),
        "no instant": value("opened", [2**62, -(2**62), 0], pa.timestamp("s", "UTC")),
        "one name for all": value("account", ["same"], pa.string()),
    }


@pytest.mark.parametrize("what", damaged())
def test_a_damaged_book_is_refused_or_answered(bound: Bound, guard: bool, what: str) -> None:
    columns = damaged()[what](books(8))
    hold(bound, guarded.table_of(pa.table(columns), guard))


OFFSETS = {
    "beyond the child": [0, 1, 2, 900, 900, 900, 900, 900, 900],
    "far beyond": [0, 1, 2, *[2**31 - 1] * 6],
    "beyond in the middle": [0, 1, 2, 900, 4, 4, 4, 4, 5],
    "negative": [-5, 0, 1, 1, 1, 1, 1, 1, 1],
    "far below": [-(2**31), 0, 1, 1, 1, 1, 1, 1, 1],
    "falling": [0, 3, 1, 3, 1, 3, 1, 3, 3],
}


@pytest.mark.parametrize("what", OFFSETS)
def test_offsets_that_are_none_are_refused(bound: Bound, guard: bool, what: str) -> None:
    """Written into the buffer when the table is made: pyarrow refuses them before."""
    table = guarded.table_of(pa.table(books(8)), guard)
    offsets = table.column("balances").chunk(0).buffers()[1]
    wrong = np.array(OFFSETS[what], np.int32)
    ctypes.memmove(offsets.address, wrong.ctypes.data, wrong.nbytes)
    assert isinstance(hold(bound, table), str)


def test_a_sound_book_is_answered_within_its_buffers(bound: Bound, guard: bool) -> None:
    found = hold(bound, guarded.table_of(pa.table(books(300)), guard))
    assert set(found.column("status").to_pylist()) == {"short", "watched", "fine", None}


@pytest.mark.parametrize("part", [(0, 0), (1, 7), (3, 50), (64, 1), (99, 1)], ids=str)
def test_a_slice_is_answered_as_its_accounts_are(bound: Bound, guard: bool, part: tuple[int, int]) -> None:
    """Slices begin inside bytes of validity, and their lists inside the children."""
    hold(bound, guarded.table_of(pa.table(books(100)), guard).slice(*part))


def test_children_that_are_slices_themselves(bound: Bound, guard: bool) -> None:
    columns = books(40)
    lists = columns["balances"]
    longer = pa.concat_arrays([lists.values.slice(0, 5), lists.values, lists.values.slice(0, 3)])
    shifted = raw(pa.list_(BALANCE), lists.offsets.to_pylist(), longer.slice(5, len(lists.values)), 40)
    assert hold(bound, pa.table({**columns, "balances": shifted})).equals(hold(bound, pa.table(columns)))
    hold(bound, guarded.table_of(pa.table({**columns, "balances": shifted}), guard))


@pytest.mark.parametrize("name", list(books(1)))
def test_nulls_everywhere(bound: Bound, guard: bool, name: str) -> None:
    columns = books(20)
    hold(bound, guarded.table_of(pa.table({**columns, name: pa.nulls(20, columns[name].type)}), guard))


@pytest.mark.usefixtures("guard")
def test_no_accounts_and_empty_batches(bound: Bound) -> None:
    table = pa.table(books(9))
    empty = table.slice(0, 0)
    assert hold(bound, empty).num_rows == 0
    assert hold(bound, pa.concat_tables([empty, table.slice(0, 4), empty, empty, table.slice(4), empty])).num_rows == 9


def test_one_account_with_a_million_rows(bound: Bound) -> None:
    """Larger than the working memory that machine code may have: the exact executor takes it, or both do."""
    count = 1_000_000
    rows = pa.StructArray.from_arrays(
        [pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), ["GOLD"]), pa.array(np.full(count, 0.5))],
        ["asset", "amount"],
    )
    lists = pa.ListArray.from_arrays(pa.array([0, 0, count, count], pa.int32()), rows)
    columns = {"account": ["before", "large", "behind"], "balances": lists}
    found = answers(bound, pa.table(columns), evaluate_book)
    assert found.column("status").to_pylist() == ["fine", None, "fine"]
    assert len(found.column("errors").to_pylist()[1]) == 1  # a million rows of one key


WRONG = (pa.float32(), pa.float16(), pa.binary(), pa.date64(), pa.time64("us"), pa.duration("s"), pa.bool_(), pa.int8(),
         pa.list_(pa.int32()), pa.struct([("a", pa.int32())]), pa.timestamp("us"), pa.null(), pa.string())  # fmt: skip


@pytest.mark.parametrize("type_", WRONG, ids=str)
def test_every_wrong_type_is_refused_or_null(bound: Bound, type_: Any) -> None:
    columns = books(5)
    for name in columns:
        hold(bound, pa.table({**columns, name: pa.nulls(5, type_)}))


# ---- the same, however it is cut


def bits(found: Any) -> list[bytes]:
    """What machine code wrote; behind the last group of an account stands anything."""
    arrays = {**found.outputs, **{f"b{n}": one for n, one in found.bounds.items()}, **found.failing, "s": found.status}
    return [arrays[key].tobytes() for key in sorted(arrays, key=str)]


@pytest.mark.parametrize("threads", [2, 3, 5])
def test_any_number_of_threads_gives_the_same_bits(rules: Program, bound: Bound, threads: int) -> None:
    kernel = Kernel(rules, bound.observed, bound.as_of)
    book = open_book(pa.table(books(3_000)), rules, kernel.data.keys(), words=kernel.words)
    (block,) = book.blocks()
    with ThreadPoolExecutor(threads) as pool:
        one = kernel.run_block(block, pool, 1, "certified", True, True)
        many = kernel.run_block(block, pool, threads, "certified", True, True)
        assert bits(one) == bits(many)
        kernel.decide(block, one, pool, 1, True, True)
        kernel.decide(block, many, pool, threads, True, True)
        assert bits(one) == bits(many)


@pytest.mark.parametrize("size", [1, 7, 64])
def test_blocks_of_any_size_give_the_same_answers(bound: Bound, size: int) -> None:
    table = pa.table(books(60))
    whole = answers(bound, table, evaluate_book, Options(bound=True))
    parts = pa.Table.from_batches(table.to_batches(max_chunksize=size))
    assert answers(bound, parts, evaluate_book, Options(bound=True)).to_pylist() == whole.to_pylist()
    reader = pa.RecordBatchReader.from_batches(table.schema, parts.to_batches())
    assert answers(bound, reader, evaluate_book, Options(bound=True)).to_pylist() == whole.to_pylist()


def test_a_book_that_passes_once_loses_no_account_where_there_is_no_machine_code(
    bound: Bound, monkeypatch: pytest.MonkeyPatch
) -> None:
    from marginc.runtime.native.writing import Unsupported

    def refuse(*_: object) -> None:
        raise Unsupported("everything")

    table = pa.table(books(10))
    exact = answers(bound, table, evaluate_exactly)
    monkeypatch.setattr(Kernel, "ready", refuse)
    reader = pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=3))
    assert answers(bound, reader, evaluate_book).to_pylist() == exact.to_pylist()


def test_a_program_that_was_saved_gives_the_same_bits(rules: Program, bound: Bound, tmp_path: Path) -> None:
    path = tmp_path / "program.json"
    path.write_text(dump(rules))
    loaded = load_program(path, "program.json")
    again = bind(loaded, bound.as_of, bound.observed)
    table = pa.table(books(200))
    options = Options(bound=True)
    assert answers(again, table, evaluate_book, options).equals(answers(bound, table, evaluate_book, options))


RACE = """
import json, sys
from pathlib import Path
sys.path[:0] = {paths!r}
from test_hostile import *
from test_random_rulebooks import compiled
rules = load_program(Path(sys.argv[1]), "program.json")
data = read_snapshot(open_snapshot(None, "snapshot", json.dumps({{**REFERENCE, "accounts": []}}).encode()), rules)
found = answers(bind(rules, data.as_of, data.reference), pa.table(books(50)), evaluate_book, Options(bound=True))
print(found.to_pylist())
"""


def test_two_processes_that_race_for_the_cache_say_the_same(rules: Program, tmp_path: Path) -> None:
    (tmp_path / "program.json").write_text(dump(rules))
    paths = [entry for entry in sys.path if "tests" in entry]
    script = RACE.format(paths=paths)
    environment = {**os.environ, "MARGINC_CACHE_DIR": str(tmp_path / "cache")}
    command = [sys.executable, "-c", script, str(tmp_path / "program.json")]
    racing = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[0] for process in racing]
    assert [process.returncode for process in racing] == [0, 0]
    assert told[0] == told[1] != ""
    after = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    assert after.stdout == told[0]
