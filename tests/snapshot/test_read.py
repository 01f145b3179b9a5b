"""What a snapshot gives an executor: typed values, exact, nothing added."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marginc.program.diagnostic import SnapshotError
from marginc.program.number import plain
from marginc.program.program import Moment, Program, RowKey
from marginc.runtime.snapshot import Snapshot, open_snapshot, read_snapshot

Read = Callable[..., Snapshot]

DEMO = """
{"as_of": "2026-09-08T04:25:36Z",
 "assets":  {"USDC": {"price": "1"}, "HYPE": {"price": 84.114, "utilization": "0.10"}},
 "markets": {"SOL": {"mark": "103.03", "margin_table": 54, "expiry": "2026-12-25"}, "GMX": {"margin_table": null}},
 "accounts": [{"account": "demo", "mode": "portfolio", "enabled": false, "desk": "rates",
   "balances":  [{"asset": "HYPE", "amount": "100.04466674"}],
   "positions": [{"market": "SOL", "size": "-29.72", "leverage": 10.0, "margin": "cross"}],
   "orders": [{"size": 1e2}, {}]}]}
"""


def test_every_type_is_read_and_absent_fields_stay_absent(read: Read) -> None:
    snapshot = read(DEMO)
    # 20704 days to 2026-09-08 (date -d 2026-09-08 +%s = 1788825600), and 4 h 25 min 36 s = 15936 s
    assert snapshot.as_of == Decimal(1788825600 + 15936)
    assert snapshot.reference == {
        "asset": {
            "USDC": {"price": Decimal(1)},
            "HYPE": {"price": Decimal("84.114"), "utilization": Decimal("0.1")},
        },
        "market": {
            "SOL": {
                "mark": Decimal("103.03"),
                "margin_table": RowKey("margin_table", "54"),
                "expiry": Moment(Decimal(1798156800)),  # date -u -d 2026-12-25 +%s
            },
            "GMX": {"margin_table": None},
        },
        "margin_table": {},
    }
    (account,) = snapshot.accounts
    assert account.account == "demo"
    assert account.errors == ()
    assert account.labels == {"desk": "rates"}
    assert account.values == {"mode": "portfolio", "enabled": False}
    assert [row.name for row in account.rows["balances"]] == ["HYPE"]
    assert account.rows["balances"][0].values["amount"] == Decimal("100.04466674")
    assert account.rows["positions"][0].name == "SOL/cross"
    assert account.rows["positions"][0].values["leverage"] == 10
    assert [(row.name, dict(row.values)) for row in account.rows["orders"]] == [("#1", {"size": 100}), ("#2", {})]


def test_an_absent_collection_is_empty(read: Read) -> None:
    (account,) = read('{"as_of": "2026-09-08", "accounts": [{"account": 17}]}').accounts
    assert (account.account, account.rows, account.errors) == ("17", {}, ())


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("1970-01-01", "0"),
        ("1970-01-02T00:00:00Z", "86400"),
        ("1970-01-01T01:30:00+01:00", "1800"),
        ("1969-12-31T23:59:59.75Z", "-0.25"),
        ("2026-09-08T04:25:36.336710+00:00", "1788841536.33671"),
        ("2026-09-07T23:55:36-0430", "1788841536"),
    ],
)
def test_as_of_is_exact(read: Read, written: str, seconds: str) -> None:
    assert read({"as_of": written}).as_of == Decimal(seconds)


@given(
    st.decimals(min_value=-(10**20), max_value=10**20, allow_nan=False, allow_infinity=False, places=18),
    st.booleans(),
)
def test_a_number_is_read_back_exactly(program_of_prices: Program, number: Decimal, quoted: bool) -> None:
    text = plain(number)
    written = f'"{text}"' if quoted else text
    snapshot = f'{{"as_of": "2026-09-08", "assets": {{"X": {{"price": {written}}}}}}}'
    read = read_snapshot(open_snapshot(None, "x.json", snapshot.encode()), program_of_prices)
    price = read.reference["asset"]["X"]["price"]
    assert isinstance(price, Decimal)
    assert plain(price) == text


@pytest.fixture(scope="module")
def program_of_prices() -> Program:
    from marginc.program.dimension import RATIO
    from marginc.program.program import Field, Kind
    from marginc.program.types import Number

    asset = Kind("asset", "assets", "reference", (Field("price", Number(RATIO), "observed"),))
    return Program("x", "USDC", (None, None), {"asset": asset}, {}, (), (), (), (), ())


def test_one_account_in_error_does_not_stop_the_others(read: Read) -> None:
    text = """{"as_of": "2026-09-08", "accounts": [
      {"account": "a", "balances": [{"asset": "HYPE", "amount": "1"}]},
      {"account": "b", "balances": [{"asset": "HYPE", "amount": "x"}, {"asset": "HYPE", "amont": "1"}]},
      {"account": "c"}]}"""
    accounts = list(read(text).accounts)
    assert [(a.account, len(a.errors)) for a in accounts] == [("a", 0), ("b", 2), ("c", 0)]
    # line 3; column: 6 blanks, then the value "x" and the key "amont" counted by hand from the text
    lines = text.split("\n")
    assert [(e.span.line, e.span.column) for e in accounts[1].errors] == [
        (3, lines[2].index('"x"') + 1),
        (3, lines[2].index('"amont"') + 1),
    ]


def test_accounts_may_be_iterated_again(read: Read) -> None:
    snapshot = read('{"as_of": "2026-09-08", "accounts": [{"account": "a"}, {"account": "b"}]}')
    assert [a.account for a in snapshot.accounts] == [a.account for a in snapshot.accounts] == ["a", "b"]
    assert all(not a.errors for a in snapshot.accounts)


def test_one_opened_snapshot_is_read_against_several_programs(program: Program, program_of_prices: Program) -> None:
    raw = open_snapshot(None, "x.json", b'{"as_of": "2026-09-08", "assets": {"X": {"price": "2"}}}')
    for each in (program, program_of_prices, program):
        assert read_snapshot(raw, each).reference["asset"] == {"X": {"price": 2}}


def test_head_findings_come_all_at_once(read: Read) -> None:
    with pytest.raises(SnapshotError) as caught:
        read('{"as_of": "2026-09-08",\n "assets": {"A": {"price": "x"}, "B": {"prise": "1"}},\n "asets": {}}')
    assert [(d.code, d.span.line) for d in caught.value.diagnostics] == [("MC410", 2), ("MC408", 2), ("MC408", 3)]


class TestNdjson:
    HEAD = '{"as_of": "2026-09-08", "assets": {"HYPE": {"price": "84.114"}}}\n'

    def test_each_line_is_an_account(self, write: Callable[[str, str], Path], program: Program) -> None:
        lines = '{"account": "a"}\n\n{"account": "b", "mode": "gold"}\nnot json\n{"account": "a"}\n'
        path = write("book.json", self.HEAD + lines)  # known by its text, whatever its ending
        raw = open_snapshot(path, "book.json")
        for _ in range(2):
            accounts = list(read_snapshot(raw, program).accounts)
            assert [a.account for a in accounts] == ["a", "b", "line 5", "a"]
            found = [[(e.code, str(e.span)) for e in a.errors] for a in accounts]
            assert found == [
                [],
                [("MC413", "book.json:4:26")],
                [("MC403", "book.json:5:1")],
                [("MC419", "book.json:6:13")],
            ]

    def test_the_file_is_streamed(self, tmp_path: Path, program: Program) -> None:
        """The second account is handed out before the rest of the file is looked at."""
        path = tmp_path / "book.ndjson"
        path.write_text(self.HEAD + '{"account": "a"}\n' + '{"account": "b"}\n')
        snapshot = read_snapshot(open_snapshot(path, "book.ndjson"), program)
        with path.open("a") as book:
            book.write('{"account": "later"}\n')
        stream = iter(snapshot.accounts)
        assert next(stream).account == "a"
        assert [a.account for a in stream] == ["b", "later"]

    def test_memory_stays_with_one_line(self, tmp_path: Path, program: Program) -> None:
        import tracemalloc

        path = tmp_path / "book.ndjson"
        note = "x" * 900
        with path.open("w") as book:
            book.write(self.HEAD)
            for number in range(10_000):
                book.write(f'{{"account": "{number}", "note": "{note}"}}\n')
        snapshot = read_snapshot(open_snapshot(path, "book.ndjson"), program)
        tracemalloc.start()
        count = sum(1 for _ in snapshot.accounts)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == 10_000
        assert peak < path.stat().st_size / 3  # names are kept to find copies; 9 MB of accounts are not

    def test_accounts_may_not_stand_in_the_first_line(self, read: Read) -> None:
        with pytest.raises(SnapshotError) as caught:
            read('{"as_of": "2026-09-08", "accounts": []}\n{"account": "a"}\n')
        assert [d.code for d in caught.value.diagnostics] == ["MC406"]

    def test_a_file_that_is_gone_later_is_an_error_with_its_name(self, tmp_path: Path, program: Program) -> None:
        path = tmp_path / "book.ndjson"
        path.write_text(self.HEAD + '{"account": "a"}\n')
        snapshot = read_snapshot(open_snapshot(path, "book.ndjson"), program)
        path.unlink()
        with pytest.raises(SnapshotError, match="MC401"):
            list(snapshot.accounts)


def test_a_pipe_is_read_once_and_kept(tmp_path: Path, program: Program) -> None:
    import os
    import threading

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = TestNdjson.HEAD + '{"account": "a"}\n'
    writer = threading.Thread(target=pipe.write_text, args=(text,))
    writer.start()
    raw = open_snapshot(pipe, "-")
    writer.join()
    assert [a.account for _ in range(2) for a in read_snapshot(raw, program).accounts] == ["a", "a"]
