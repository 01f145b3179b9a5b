"""Books made to be read out of bounds, and books of unusual size: refused or answered."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from marginc.program.diagnostic import SnapshotError
from marginc.runtime.book import Book

Open = Callable[[Any], Book]


def buffer(values: list[int], dtype: str = "<i4") -> Any:
    return pa.py_buffer(np.array(values, dtype).tobytes())


def lists(offsets: list[int], rows: int = 3) -> Any:
    """Fills with hand-made offsets over three rows."""
    child = pa.StructArray.from_arrays([pa.array([float(number) for number in range(rows)])], ["share"])
    type_ = pa.list_(pa.field("item", child.type))
    return pa.Array.from_buffers(type_, len(offsets) - 1, [None, buffer(offsets)], children=[child])


def words(indices: list[int], known: list[str], type_: Any = None) -> Any:
    type_ = pa.dictionary(type_ or pa.int32(), pa.string())
    raw = pa.Array.from_buffers(
        type_.index_type, len(indices), [None, buffer(indices, type_.index_type.to_pandas_dtype())]
    )
    return pa.DictionaryArray.from_arrays(raw, pa.array(known, pa.string()), safe=False)


def text(offsets: list[int], data: bytes) -> Any:
    return pa.Array.from_buffers(pa.string(), len(offsets) - 1, [None, buffer(offsets), pa.py_buffer(data)])


def fills(offsets: list[int]) -> pa.Table:
    return pa.table({"account": [str(n) for n in range(len(offsets) - 1)], "fills": lists(offsets)})


DAMAGED: dict[str, Callable[[], pa.Table]] = {
    "offsets fall": lambda: fills([0, 2, 1, 3]),
    "offsets leave the child": lambda: fills([0, 2, 1_000_000_000, 3]),
    "a word its dictionary lacks": lambda: pa.table({"account": ["a", "b"], "note": words([0, 7], ["x"])}),
    "a word below zero": lambda: pa.table({"account": ["a", "b"], "note": words([0, -1], ["x"])}),
    "a word far away": lambda: pa.table({"account": ["a"], "note": words([(1 << 64) - 1], ["x"], pa.uint64())}),
    "a word of an empty dictionary": lambda: pa.table({"account": ["a"], "mode": words([0], [])}),
    "a name beyond its buffer": lambda: pa.table({"account": text([0, 1, 9_000_000, 3], b"abc")}),
    "names whose offsets fall": lambda: pa.table({"account": text([0, 2, 1, 3], b"abc")}),
    "a label beyond its buffer": lambda: pa.table({"account": ["a", "b"], "note": text([0, 5_000_000, 3], b"abc")}),
    "names of a dictionary far away": lambda: pa.table({"account": words([0, 5], ["a", "b"])}),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_books_are_refused(book: Open, name: str) -> None:
    for use in (lambda one: list(one.blocks()), lambda one: list(one.accounts())):
        with pytest.raises(SnapshotError) as caught:
            use(book(DAMAGED[name]()))
        assert [finding.code for finding in caught.value.diagnostics] == ["MC421"]
        assert caught.value.diagnostics[0].message.startswith("this book is damaged: ")


def i32(*values: int) -> bytes:
    return np.array(values, "<i4").tobytes()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (i32(0, 1, 3, 3), i32(0, 1, 3, 4)),  # the last offset leaves the child
        (i32(0, 1, 3, 3), i32(-1, 1, 3, 3)),
        (i32(0, 1, 3, 3), i32(0, 1 << 30, 3, 3)),
        (i32(0, 1, 3, 3), i32(0, 3, 1, 3)),
        (i32(0, 4, 10), i32(0, 4, 1 << 30)),  # the words of the dictionary
        (i32(0, 4, 10), i32(0, 11, 10)),
        (i32(1, 0, 1), i32(1, 0, 2)),  # the words of the rows
        (i32(1, 0, 1), i32(1, -2, 1)),
        (i32(0, 2, 4, 6), i32(0, 2, 1 << 29, 6)),  # the names
    ],
)
@pytest.mark.parametrize("suffix", [".arrow", ".arrows"])
def test_a_file_with_other_bytes_in_it(book: Open, tmp_path: Path, suffix: str, old: bytes, new: bytes) -> None:
    asset = words([1, 0, 1], ["GOLD", "SILVER"])
    rows = pa.StructArray.from_arrays([asset, pa.array([1.0, 2.0, 3.0])], ["asset", "amount"])
    balances = pa.ListArray.from_arrays(pa.array([0, 1, 3, 3], pa.int32()), rows)
    source = pa.table({"account": ["aa", "bb", "cc"], "balances": balances})
    sink = pa.BufferOutputStream()
    make = pa.ipc.new_file if suffix == ".arrow" else pa.ipc.new_stream
    with make(sink, source.schema) as writer:
        writer.write_table(source)
    whole = sink.getvalue().to_pybytes()
    assert whole.count(old) == 1
    path = tmp_path / f"book{suffix}"
    path.write_bytes(whole)
    assert [len(account.rows["balances"]) for account in book(path).accounts()] == [1, 2, 0]
    path.write_bytes(whole.replace(old, new))
    for use in (
        lambda one: list(one.blocks()),
        lambda one: list(one.accounts()),
        lambda one: [one.account(n) for n in (0, 1, 2)],
    ):
        with pytest.raises(SnapshotError) as caught:
            use(book(path))
        assert [finding.code for finding in caught.value.diagnostics] == ["MC421"]


def test_text_that_is_not_utf8(book: Open) -> None:
    source = pa.table({"account": text([0, 1, 2], b"a\xff"), "note": text([0, 1, 2], b"\xfeb")})
    codes = [[error.code for error in account.errors] for account in book(source).accounts()]
    assert codes == [["MC416"], ["MC416"]]
    assert [block.unreadable.tolist() for block in book(source).blocks()] == [[1, 1]]


def test_no_accounts(book: Open) -> None:
    empty = pa.table({"account": pa.array([], pa.string()), "fills": pa.array([], lists([0]).type)})
    for source in (
        empty,
        empty.to_batches()[0] if empty.to_batches() else empty,
        pa.Table.from_batches([], empty.schema),
    ):
        assert list(book(source).accounts()) == []
        assert sum(block.count for block in book(source).blocks()) == 0
        assert book(source).names(0, 0).to_pylist() == []
        with pytest.raises(IndexError):
            book(source).account(0)


def test_empty_batches_between_others(book: Open) -> None:
    some, none = pa.record_batch({"account": ["a"]}), pa.record_batch({"account": pa.array([], pa.string())})
    one = book(pa.Table.from_batches([none, some, none, some.slice(0, 0), pa.record_batch({"account": ["b"]})]))
    assert [(block.first, block.count) for block in one.blocks() if block.count] == [(0, 1), (1, 1)]
    assert [account.account for account in one.accounts()] == ["a", "b"]


def test_everything_null(book: Open, exactly: Any, laid: Any) -> None:
    row = pa.struct([("asset", pa.string()), ("amount", pa.float64())])
    source = pa.table(
        {
            "account": pa.nulls(3, pa.string()),
            "debt": pa.nulls(3, pa.float64()),
            "note": pa.nulls(3, pa.dictionary(pa.int32(), pa.string())),
            "balances": pa.nulls(3, pa.list_(row)),
        }
    )
    assert [[error.code for error in account.errors] for account in book(source).accounts()] == [["MC418"]] * 3
    assert laid(source) == exactly(source) == [None] * 3


def test_one_account_with_a_million_rows(book: Open) -> None:
    shares = pa.StructArray.from_arrays([pa.array(np.arange(1_000_000) / 4)], ["share"])
    offsets = pa.array([0, 0, 1_000_000, 1_000_000], pa.int32())
    source = pa.table({"account": ["a", "b", "c"], "fills": pa.ListArray.from_arrays(offsets, shares)})
    blocks = list(book(source).blocks())
    assert [(block.count, block.lengths["fill"]) for block in blocks] == [(3, 1_000_000)]
    assert blocks[0].columns["fill", "share"].data[-1] == 249_999.75
    assert len(book(source).account(1).rows["fills"]) == 1_000_000


def test_blocks_are_bounded(book: Open) -> None:
    accounts = 70_000
    source = pa.table({"account": pa.array(np.arange(accounts)).cast(pa.string())})
    assert [(block.first, block.count) for block in book(source).blocks()] == [(0, 65_536), (65_536, 4_464)]
    # 40 accounts of 100,000 rows: no block has more than 2,097,152 rows, so 20 accounts each
    shares = pa.StructArray.from_arrays([pa.array(np.zeros(4_000_000))], ["share"])
    offsets = pa.array(np.arange(41) * 100_000, pa.int32())
    wide = pa.table({"account": [str(n) for n in range(40)], "fills": pa.ListArray.from_arrays(offsets, shares)})
    assert [block.count for block in book(wide).blocks()] == [20, 20]


FUZZ = """\
import sys
import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from pathlib import Path
from marginc.program.diagnostic import SnapshotError
from marginc.program.load import load_program
from marginc.runtime.book import open_book

program = load_program(Path(sys.argv[1]), "program")
folder, seed = Path(sys.argv[2]), int(sys.argv[3])
random = np.random.default_rng(seed)
orders = {"asset": ("GOLD", "SILVER", "OIL"), "scenario": ("up", "down", "flat")}
answered = refused = 0
for file in ("book.arrow", "stream.arrows", "book.parquet"):
    whole = bytearray((folder / file).read_bytes())
    for turn in range(int(sys.argv[4])):
        bent = bytearray(whole)
        for _ in range(int(random.integers(1, 6))):
            bent[int(random.integers(8, len(bent) - 8))] = int(random.integers(0, 256))
        if turn % 10 == 0:
            bent = bent[: int(random.integers(1, len(bent)))]
        target = folder / f"bent{seed}{Path(file).suffix}"
        target.write_bytes(bytes(bent))
        try:
            book = open_book(target, program, orders)
            for block in book.blocks():
                for column in block.columns.values():
                    column.data.sum() if column.data.dtype != np.bool_ else None
                for kind, offsets in block.offsets.items():
                    assert 0 <= offsets[0] and offsets[-1] <= block.lengths[kind]
                    assert (np.diff(offsets) >= 0).all()
            list(book.accounts())
            answered += 1
        except SnapshotError:
            refused += 1
print(answered, refused)
"""


def test_bent_files_are_refused_or_answered(tmp_path: Path, program: Any) -> None:
    """Bytes changed at random, in a process of its own, so that reading out of bounds would be seen to end it."""
    import pyarrow.parquet as parquet

    from marginc.program.codec import dump

    rows = [
        [{"asset": "GOLD", "amount": 1.5}, {"asset": "OIL", "amount": None}],
        [],
        None,
        [{"asset": "TIN", "amount": 2.0}],
    ]
    source = pa.table(
        {
            "account": ["a", "b", "c", "d"],
            "debt": pa.array([1, 2, None, 3]).cast(pa.decimal64(19 - 1, 0))
            if False
            else pa.array([1.0, 2.0, None, 3.0]),
            "note": pa.array(["x", "y", None, "x"]).dictionary_encode(),
            "opened": pa.array([0, 1, 2, None], pa.timestamp("us", "UTC")),
            "balances": pa.array(rows, pa.list_(pa.struct([("asset", pa.string()), ("amount", pa.float64())]))),
        }
    )
    with pa.OSFile(str(tmp_path / "book.arrow"), "wb") as sink, pa.ipc.new_file(sink, source.schema) as writer:
        writer.write_table(source)
    with pa.OSFile(str(tmp_path / "stream.arrows"), "wb") as sink, pa.ipc.new_stream(sink, source.schema) as writer:
        writer.write_table(source)
    parquet.write_table(source, tmp_path / "book.parquet")
    (tmp_path / "program.json").write_text(dump(program), "utf-8")
    script = tmp_path / "fuzz.py"
    script.write_text(textwrap.dedent(FUZZ), "utf-8")
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(script), str(tmp_path / "program.json"), str(tmp_path), "7", "60"],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    answered, refused = map(int, done.stdout.split())
    assert answered + refused == 180
    assert answered > 10
    assert refused > 50
