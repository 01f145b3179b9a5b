"""`marginc pack`, and books of Arrow and Parquet in and out of `marginc evaluate`."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOK = "hyperliquid/portfolio-margin"
EXAMPLES = ("hype-borrow", "hype-carry", "faq")
RULES = """\
rulebook: lending
language: 1
numeraire: USD
model:
  assets:
    each: asset
    parameters: { ltv: ratio = 50% }
    observed: { price: USD/unit }
  account:
    labels: [desk]
    observed: { debt: USD = 0, cap: USD | none }
    rows:
      balances:
        each: balance
        key: [asset]
        observed: { asset: asset, amount: asset.unit }
formulas:
  balance:
    worth: amount * asset.price
  account:
    backing: sum(b.worth * b.asset.ltv for b in balances)
    share: debt / backing
status:
  - is: short
    when: debt > backing
    message: "owes {debt:,.2f} against {backing:,.2f}"
  - is: fine
outputs: [backing, share, balance.worth]
"""


def arrow() -> Any:
    import pyarrow

    return pyarrow


@pytest.fixture
def lending(tmp_path: Path) -> Path:
    path = tmp_path / "lending.yaml"
    path.write_text(RULES, "utf-8")
    return path


def snapshot(path: Path, accounts: list[dict[str, Any]], as_of: str = "2026-02-01", **rows: Any) -> Path:
    assets = {"GOLD": {"price": "100"}, "SILVER": {"price": "2.5"}}
    head: dict[str, Any] = {"as_of": as_of, "assets": assets, **rows}
    if path.suffix == ".ndjson":
        path.write_text("\n".join(json.dumps(one) for one in (head, *accounts)) + "\n", "utf-8")
    else:
        path.write_text(json.dumps({**head, "accounts": accounts}), "utf-8")
    return path


def account(name: str, gold: str, debt: str, **more: Any) -> dict[str, Any]:
    return {"account": name, "debt": debt, "cap": None, "balances": [{"asset": "GOLD", "amount": gold}], **more}


ACCOUNTS = [
    account("a", "2", "100"),
    account("b", "2", "100.01", desk="FX"),
    {"account": "c", "cap": "7", "balances": []},  # 0 / 0 is an error of its own
    account("d", "0.000000000000000000001", "0"),
]


@pytest.mark.parametrize("ending", ["arrow", "parquet"])
@pytest.mark.parametrize("example", EXAMPLES)
def test_a_packed_snapshot_gives_the_same_results(marginc: Any, tmp_path: Path, example: str, ending: str) -> None:
    book = tmp_path / f"book.{ending}"
    done = marginc("pack", BOOK, f"examples/{example}.json", "-o", book)
    assert done.code == 0, done.err
    assert done.err.startswith(f"{book}: 1 account of 2026-")
    for how in (
        ["--format", "json"],
        ["--format", "ndjson"],
        ["--format", "csv"],
        [],
        ["--set", "liquidation_trigger=1%"],
    ):
        expected = marginc("evaluate", BOOK, f"examples/{example}.json", *how)
        assert marginc("evaluate", BOOK, book, *how) == expected
    shocked = ("--shock", "HYPE -30%", "--format", "json", "--fail-on", "liquidatable")
    assert marginc("evaluate", BOOK, book, *shocked) == marginc("evaluate", BOOK, f"examples/{example}.json", *shocked)
    dated = ("--as-of", "2026-04-01", "--format", "json")
    assert marginc("evaluate", BOOK, book, *dated) == marginc("evaluate", BOOK, f"examples/{example}.json", *dated)


def test_several_snapshots_become_one_book(marginc: Any, lending: Path, tmp_path: Path) -> None:
    one = snapshot(tmp_path / "one.ndjson", ACCOUNTS)
    two = snapshot(tmp_path / "two.json", [account("e", "1", "0")], assets={"GOLD": {"price": "100"}, "TIN": {}})
    done = marginc("pack", lending, one, two, "-o", tmp_path / "book.arrow")
    assert done.code == 0, done.err
    told = marginc("evaluate", lending, tmp_path / "book.arrow", "--format", "ndjson")
    assert told == marginc("evaluate", lending, one, two, "--format", "ndjson")
    assert told.code == 1  # account c is in error
    table = arrow().ipc.open_file(tmp_path / "book.arrow").read_all()
    assert json.loads(table.schema.metadata[b"marginc.reference"]) == {
        "as_of": "2026-02-01T00:00:00Z",
        "assets": {"GOLD": {"price": "100"}, "SILVER": {"price": "2.5"}, "TIN": {}},
    }


def columns(marginc: Any, lending: Path, path: Path, values: list[str]) -> Any:
    accounts = [account(str(number), "1", value) for number, value in enumerate(values)]
    done = marginc("pack", lending, snapshot(path.with_suffix(".json"), accounts), "-o", path)
    assert done.code == 0, done.err
    column = arrow().ipc.open_file(path).read_all()["debt"]
    exact = [one["debt"] for one in accounts]
    assert [Decimal(str(value)) for value in column.to_pylist()] == [Decimal(text) for text in exact]
    return column.type


def test_a_column_has_the_narrowest_type_that_keeps_every_value(marginc: Any, lending: Path, tmp_path: Path) -> None:
    pa = arrow()
    kept = [
        (["1", "2.5", "1000"], pa.decimal64(18, 1)),
        (["999999999999999999"], pa.decimal64(18, 0)),
        (["100.04466674", "1e3"], pa.decimal64(18, 8)),
        (["9999999999.999999999"], pa.decimal128(38, 9)),
        (["1e36", "0.1"], pa.decimal128(38, 1)),
        (["1e20", "1e-20", "0.1"], pa.float64()),  # 41 digits together, and every one of them a double
        (["1e20", "1e-20", "0.12345678901234567890"], pa.decimal256(76, 20)),
        (["1e40", "1e-40", "0.12345678901234567890"], pa.string()),
    ]
    for values, type_ in kept:
        assert columns(marginc, lending, tmp_path / "book.arrow", values) == type_


def test_what_cannot_be_packed(marginc: Any, lending: Path, tmp_path: Path) -> None:
    def refused(*snapshots: Path, rules: Path = lending) -> list[str]:
        done = marginc("pack", rules, *snapshots, "-o", tmp_path / "book.arrow")
        assert done.code == 1
        assert sorted(path.name for path in tmp_path.iterdir() if "book" in path.name) == []
        return [line for line in done.err.splitlines() if line.startswith("error")]

    one = snapshot(tmp_path / "one.json", [account("a", "2", "100")])
    later = snapshot(tmp_path / "later.json", [], as_of="2026-02-02")
    assert refused(one, later) == [
        f"error[MC427]: this snapshot is of 2026-02-02T00:00:00Z, and `{one}` of 2026-02-01T00:00:00Z"
    ]
    dearer = snapshot(tmp_path / "dearer.json", [], assets={"GOLD": {"price": "101"}})
    assert refused(one, dearer) == [f"error[MC428]: asset `GOLD` is not what it is in `{one}`"]
    again = snapshot(tmp_path / "again.json", [account("a", "2", "100")])
    assert refused(one, again) == [f"error[MC429]: account `a` is in `{one}` too"]
    gone = snapshot(tmp_path / "gone.json", [{"account": "a"}])
    assert refused(gone) == ["error[MC431]: account `a` has no `cap`, which in a book would be `none`"]
    bad = snapshot(tmp_path / "bad.json", [account("a", "x", "100")])
    assert refused(bad) == ["error[MC410]: `amount` of balance `GOLD` is `x`, which is not a decimal number"]
    rules = tmp_path / "capped.yaml"
    rules.write_text(RULES.replace("cap: USD | none", "cap: USD | none = 5"), "utf-8")
    assert refused(one, rules=rules) == [
        "error[MC430]: `cap` of account `a` is `null`, which in a book would be the field's default"
    ]
    done = marginc("pack", lending, one, "-o", tmp_path / "book.csv")
    assert (done.code, done.err) == (
        2,
        f"error: `{tmp_path}/book.csv` does not say which form the book has; end it in .arrow or .parquet\n",
    )


def packed(marginc: Any, lending: Path, folder: Path, accounts: list[dict[str, Any]] = ACCOUNTS) -> Path:
    book = folder / "book.arrow"
    assert marginc("pack", lending, snapshot(folder / "source.json", accounts), "-o", book).code == 0
    return book


@pytest.mark.parametrize("form", ["arrow", "parquet"])
def test_results_as_columns(marginc: Any, lending: Path, tmp_path: Path, form: str) -> None:
    book, target = packed(marginc, lending, tmp_path), tmp_path / f"results.{form}"
    done = marginc("evaluate", lending, book, "--format", form, "-o", target, "--bound", "--executor", "exact")
    assert done.code == 1
    assert done.out == ""
    assert done.err.endswith("4 accounts: 1 short, 2 fine, 1 error.\n")
    assert "error[MC504]: `share` divides by zero" in done.err
    pa = arrow()
    if form == "arrow":
        table = pa.ipc.open_file(target).read_all()
    else:
        import pyarrow.parquet as parquet

        table = parquet.read_table(target)
    assert [(field.name, str(field.type)) for field in table.schema] == [
        ("account", "string"),
        ("status", "dictionary<values=string, indices=int32, ordered=0>"),
        ("message", "string"),
        ("backing", "double"),
        ("backing_bound", "double"),
        ("share", "double"),
        ("share_bound", "double"),
        ("errors", "list<item: string>" if form == "arrow" else "list<element: string>"),
        ("balances", str(table.schema.field("balances").type)),
        ("desk", "string"),
    ]
    rows = table.to_pylist()
    assert [row["account"] for row in rows] == ["a", "b", "c", "d"]
    assert [row["status"] for row in rows] == ["fine", "short", None, "fine"]
    assert [row["message"] for row in rows] == [None, "owes 100.01 against 100.00", None, None]
    assert [row["backing"] for row in rows] == [100, 100, 0, 5e-20]
    assert [row["share"] for row in rows] == [1, 1.0001, None, 0]
    # 1.0001 is no double; the nearest one is off by less than half a unit in the last of its 53 bits
    assert [row["share_bound"] for row in rows][::3] == [0, 0]
    assert 0 < rows[1]["share_bound"] <= 2**-53
    assert [row["errors"] for row in rows] == [[], [], ["MC504"], []]
    assert [row["balances"] for row in rows][:3] == [[{"asset": "GOLD", "worth": 200}]] * 2 + [[]]
    assert [row["desk"] for row in rows] == [None, "FX", None, None]
    about = json.loads(table.schema.metadata[b"marginc.results"])
    assert about["rulebook"]["name"] == "lending"
    assert about["rulebook"]["as_of"] == "2026-02-01T00:00:00Z"


def test_exact_results_are_those_of_json(marginc: Any, tmp_path: Path) -> None:
    target = tmp_path / "results.arrow"
    assert (
        marginc("evaluate", BOOK, "examples/hype-borrow.json", "--format", "arrow", "--exact", "-o", target).code == 0
    )
    (row,) = arrow().ipc.open_file(target).read_all().to_pylist()
    (told,) = json.loads(marginc("evaluate", BOOK, "examples/hype-borrow.json", "--format", "json").out)["accounts"]
    assert {name: row[name] for name in told["outputs"]} == told["outputs"]
    assert row["positions"] == told["rows"]["positions"]
    assert row["balances"] == told["rows"]["balances"]


def test_an_account_of_a_book_is_explained(marginc: Any, lending: Path, tmp_path: Path) -> None:
    book = packed(marginc, lending, tmp_path)
    for name in ("a", "b", "e"):
        told = marginc("explain", lending, book, "share", "--account", name)
        source = marginc("explain", lending, tmp_path / "source.json", "share", "--account", name)
        assert (told.code, told.out) == (source.code, source.out)
    assert told.err == f"error: {book} has no account `e`; its accounts are a, b, c, d\n"
    assert "share" in marginc("explain", lending, book, "share", "--account", "b").out


@pytest.mark.parametrize("executor", ["exact", "native"])
def test_a_long_book_is_answered_in_short(marginc: Any, lending: Path, tmp_path: Path, executor: str) -> None:
    """Debts of 1 to 150 against 100, shuffled: 101 to 150 are short, 100 is the next, then 99 and so on."""
    debts = {f"n{number}": (number * 67) % 151 for number in range(1, 151)}
    assert sorted(debts.values()) == list(range(1, 151))
    book = packed(marginc, lending, tmp_path, [account(name, "2", str(debt)) for name, debt in debts.items()])
    done = marginc("evaluate", lending, book, "--executor", executor)
    lines = done.out.splitlines()
    assert [debts[line.split()[0]] for line in lines[3:23]] == list(range(150, 130, -1))
    assert lines[-1] == (
        "150 accounts: 50 short, 100 fine, 0 in error. Shown are the 20 nearest to `short`; -o FILE writes all of them."
    )
    assert done.err == "150 accounts: 50 short, 100 fine, 0 errors.\n"
    fine = marginc("evaluate", lending, book, "--set", "assets.GOLD.ltv=100%", "--executor", executor).out.splitlines()
    assert [debts[line.split()[0]] for line in fine[3:23]] == list(range(150, 130, -1))
    assert {line.split()[2] for line in fine[3:23]} == {"fine"}
    assert len(marginc("evaluate", lending, book, "--format", "csv").out.splitlines()) == 151


def test_what_fails_in_a_condition_that_is_not_looked_at_stays_unseen(marginc: Any, tmp_path: Path) -> None:
    """`debt / backing` divides by zero where there is no backing, and is asked only where there is some."""
    rules = tmp_path / "guarded.yaml"
    rules.write_text(
        RULES.replace("when: debt > backing", "when: not (backing == 0) and debt / backing > 1").replace(
            "backing, share, ", "backing, "
        ),
        "utf-8",
    )
    accounts = [{"account": f"n{number}", "cap": None, "debt": str(number)} for number in range(101)]
    book = packed(marginc, rules, tmp_path, [*accounts, account("some", "2", "60"), account("more", "2", "70")])
    for executor in ("exact", "native"):
        done = marginc("evaluate", rules, book, "--executor", executor)
        assert (done.code, done.err) == (0, "103 accounts: 103 fine, 0 errors.\n")
        assert [line.split()[0] for line in done.out.splitlines()[3:6]] == ["more", "some", "n0"]


def test_reference_rows_stand_in_the_book_or_beside_it(marginc: Any, lending: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as parquet

    book = packed(marginc, lending, tmp_path)
    told = marginc("evaluate", lending, book, "--format", "json")
    table = arrow().ipc.open_file(book).read_all()
    bare = tmp_path / "bare.parquet"
    parquet.write_table(table.replace_schema_metadata(None), bare)
    done = marginc("evaluate", lending, bare)
    assert done.code == 1
    assert "error[MC424]: this book does not say its instant and its reference rows" in done.err
    assert "`bare.reference.json`" in done.err
    snapshot(tmp_path / "bare.reference.json", [])
    assert marginc("evaluate", lending, bare, "--format", "json").out == told.out
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("bare.parquet", "bare.reference.json"):
        (folder / name).write_bytes((tmp_path / name).read_bytes())
    assert marginc("evaluate", lending, folder, "--format", "json").out == told.out
    prices = snapshot(tmp_path / "prices.json", [], assets={"GOLD": {"price": "50"}})
    done = marginc("evaluate", lending, bare, "--reference", prices, "--format", "csv", "--allow-errors")
    assert [line.split(",")[2] for line in done.out.splitlines()[1:]] == ["short", "short", "error", "fine"]
    snapshot(tmp_path / "book.reference.json", [])
    done = marginc("evaluate", lending, book)
    assert (done.code, done.out) == (1, "")
    assert "error[MC425]: this book carries its reference rows, and `book.reference.json` gives others" in done.err
    assert marginc("evaluate", lending, book, "--reference", prices, "--allow-errors").code == 0


def test_findings_about_columns(marginc: Any, lending: Path, tmp_path: Path) -> None:
    pa = arrow()
    book = packed(marginc, lending, tmp_path)
    table = pa.ipc.open_file(book).read_all()
    wrong = table.append_column("dept", pa.nulls(4, pa.float32()))
    with pa.OSFile(str(book), "wb") as sink, pa.ipc.new_file(sink, wrong.schema) as writer:
        writer.write_table(wrong)
    done = marginc("evaluate", lending, book)
    assert done.code == 1
    assert done.err.startswith("error[MC408]: the book has no `dept`\n")
    assert "help: did you mean `debt`?" in done.err


def test_nothing_is_left_of_results_that_break_off(marginc: Any, lending: Path, tmp_path: Path) -> None:
    pa = arrow()
    book = packed(marginc, lending, tmp_path, [account(f"n{number}", "2", "1") for number in range(9)])
    whole = book.read_bytes()
    import numpy as np

    offsets = np.arange(10, dtype="<i4").tobytes()
    assert whole.count(offsets) == 1
    book.write_bytes(whole.replace(offsets, np.array([0, 1, 2, 3, 9, 5, 6, 7, 8, 9], "<i4").tobytes()))
    assert pa.ipc.open_file(book).read_all().num_rows == 9
    target = tmp_path / "results.parquet"
    done = marginc("evaluate", lending, book, "--format", "parquet", "-o", target)
    assert done.code == 1
    assert "error[MC421]: this book is damaged" in done.err
    assert [path.name for path in tmp_path.iterdir() if "results" in path.name] == []


def test_usage(marginc: Any, lending: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = packed(marginc, lending, tmp_path)
    done = marginc("evaluate", lending, book, "--exact")
    assert (done.code, done.err) == (2, "error: --exact goes with --format arrow or parquet\n")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    done = marginc("evaluate", lending, book, "--format", "arrow", "-o", book)
    assert (done.code, done.err) == (
        2,
        f"error: `{book}` is an input of this command; name another file for the results\n",
    )
    done = marginc("evaluate", lending, book, book, "--format", "arrow", "-o", tmp_path / "r.arrow")
    assert (done.code, done.err) == (
        2,
        "error: results of a book are a file of their own; evaluate each book by itself\n",
    )
    assert not (tmp_path / "r.arrow").exists()
    source = tmp_path / "source.json"
    done = marginc("evaluate", lending, source, "--reference", source)
    assert (done.code, done.err) == (
        2,
        "error: --reference goes with a book of Arrow or Parquet; a snapshot in JSON has its own reference rows\n",
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(book.read_bytes())))
    done = marginc("evaluate", lending, "-")
    assert (done.code, done.err) == (
        2,
        "error: a book is read from a file, not from standard input; name the file\n",
    )
    done = marginc("evaluate", lending, book, "-v", "--executor", "exact", "--allow-errors")
    assert f"{book}: exact executor\n" in done.err


def test_without_the_libraries_it_says_what_to_install(lending: Path, tmp_path: Path, marginc: Any) -> None:
    book = packed(marginc, lending, tmp_path)
    code = "import sys; sys.modules['pyarrow'] = None; from marginc.cli import main; main(sys.argv[1:])"
    for arguments, told in (
        (["evaluate", str(lending), str(book)], f"error: `{book}` is a book, and reading books needs pyarrow"),
        (["pack", str(lending), str(tmp_path / "source.json"), "-o", str(book)], "error: packing a book needs pyarrow"),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, cwd=ROOT,
            env={**os.environ, "MARGINC_CACHE_DIR": str(tmp_path)},
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"{told}: pip install 'marginc[native]'\n"
    done = subprocess.run(
        [sys.executable, "-c", code, "evaluate", str(lending), str(tmp_path / "source.json"), "--format", "arrow"],
        capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, "MARGINC_CACHE_DIR": str(tmp_path)},
    )  # fmt: skip
    assert done.stderr == "error: --format arrow needs pyarrow: pip install 'marginc[native]'\n"
    done = subprocess.run(
        [sys.executable, "-c", code, "evaluate", str(lending), str(tmp_path / "source.json"), "--allow-errors"],
        capture_output=True, text=True, check=False, cwd=ROOT, env={**os.environ, "MARGINC_CACHE_DIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def long_book(marginc: Any, lending: Path, folder: Path) -> Path:
    """A book that takes the exact executor some seconds: one small batch many times over."""
    pa = arrow()
    small = packed(marginc, lending, folder, [account("a", "2", "1")])
    one = pa.ipc.open_file(small).read_all()
    many = pa.concat_tables([one] * 60_000).combine_chunks()
    names = pa.array([f"n{number}" for number in range(many.num_rows)])
    many = many.set_column(0, "account", names)
    book = folder / "long.arrow"
    with pa.OSFile(str(book), "wb") as sink, pa.ipc.new_file(sink, many.schema) as writer:
        writer.write_table(many)
    return book


def test_an_interrupted_evaluation_leaves_nothing_behind(marginc: Any, lending: Path, tmp_path: Path) -> None:
    book, target = long_book(marginc, lending, tmp_path), tmp_path / "results.arrow"
    arguments = ["evaluate", str(lending), str(book), "--executor", "exact", "--format", "arrow", "-o", str(target)]
    process = subprocess.Popen(
        [sys.executable, "-m", "marginc", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=tmp_path, env={**os.environ, "MARGINC_CACHE_DIR": str(tmp_path)},
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".results.arrow.*.partial")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert [path.name for path in tmp_path.iterdir() if "results" in path.name] == []


def test_a_bar_shows_on_a_terminal_alone(marginc: Any, lending: Path, tmp_path: Path) -> None:
    import pty

    book = packed(marginc, lending, tmp_path, [account(f"n{number}", "2", "1") for number in range(120)])
    above, below = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "marginc", "evaluate", str(lending), str(book), "--executor", "exact"],
        stdout=subprocess.PIPE, stderr=below, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "MARGINC_CACHE_DIR": str(tmp_path), "TERM": "xterm"},
    )  # fmt: skip
    os.close(below)
    shown = os.read(above, 1 << 16).decode()
    os.close(above)
    assert done.returncode == 0
    assert "evaluating" in shown
    assert "100%" in shown
    assert shown.rstrip().endswith("120 accounts: 120 fine, 0 errors.")
    assert marginc("evaluate", lending, book).err == "120 accounts: 120 fine, 0 errors.\n"
