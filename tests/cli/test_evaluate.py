"""`marginc evaluate`: the table, the formats for machines, what-ifs, errors and exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOK = "hyperliquid/portfolio-margin"
EXAMPLES = ("examples/hype-borrow.json", "examples/hype-carry.json", "examples/faq.json")


def snapshot(folder: Path, **given: object) -> Path:
    """A snapshot for the rulebook `cap`: two ounces of gold at 100, lent against at 50 % or 75 %."""
    account = {"account": "one", "debt": "100", "balances": [{"asset": "GOLD", "amount": "2"}]}
    document = {"as_of": "2026-02-01", "assets": {"GOLD": {"price": "100"}}, "accounts": [account], **given}
    path = folder / "snapshot.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


def test_three_accounts_and_a_shock(marginc: Any) -> None:
    """The figures of MOCKUPS section 2: recorded accounts, the venue's FAQ example, and ZEC down by 70 %."""
    done = marginc("evaluate", BOOK, *EXAMPLES, "--shock", "ZEC -70%")
    assert done.code == 0
    title, blank, header, borrow, carry, faq, blank_too, more, blank_three, message = done.out.splitlines()
    assert title.split("  ")[0] == "hyperliquid/portfolio-margin, amounts in USDC"
    assert title.endswith("  shock: ZEC -70%")
    assert (blank, blank_too, blank_three) == ("", "", "")
    assert re.split(r" {2,}", header) == [
        "account", "as of", "status", "margin ratio", "maintenance", "equity", "collateral", "available",
    ]  # fmt: skip
    assert re.split(r" {2,}", borrow) == [
        "hype-borrow", "2026-09-08", "liquidatable", "98.93 %", "289.18", "-6,575.71", "6,942.50", "77.61",
    ]  # fmt: skip
    assert re.split(r" {2,}", carry) == [
        "hype-carry", "2026-09-14", "healthy", "3.89 %", "37,316.26", "342,974.03", "616,127.56", "921,785.32",
    ]  # fmt: skip
    assert re.split(r" {2,}", faq) == [
        "faq", "2026-04-01", "healthy", "0.00 %", "0.00", "0.00", "300,000.00", "300,000.00",
    ]  # fmt: skip
    told = re.fullmatch(r"hype-borrow  margin ratio 98\.93% is above 95% +portfolio-margin\.yaml:(\d+)", message)
    assert told is not None
    rules = (ROOT / "rules" / f"{BOOK}.yaml").read_text("utf-8").splitlines()
    assert rules[int(told[1]) - 1].strip() == "when: required > liquidation_trigger * backing"
    assert more == (
        "more with --format json: borrowed, health factor, borrowing power, auto borrow, shortfall, cap bound"
    )
    assert len({len(line) for line in (title, header, borrow, carry, faq, message)}) == 1  # all flush right
    assert done.err == ("3 accounts: 1 liquidatable, 2 healthy, 0 errors. Shock moved ZEC in 1 of 3 snapshots.\n")


def test_unshocked_it_is_what_the_venue_said(marginc: Any) -> None:
    """portfolioMarginRatio 0.3661023849, crossMaintenanceMarginUsed 534.55234, available 4739.68856499."""
    done = marginc("evaluate", BOOK, EXAMPLES[0])
    cells = re.split(r" {2,}", done.out.splitlines()[3])
    assert cells == [
        "hype-borrow", "2026-09-08", "healthy", "36.61 %", "534.55", "-1,668.26", "6,942.50", "4,739.69",
    ]  # fmt: skip
    outputs = json.loads(marginc("evaluate", BOOK, EXAMPLES[0], "--format", "json").out)["accounts"][0]["outputs"]
    assert outputs["margin_ratio"].startswith("0.366102384781")
    assert outputs["maintenance_margin"] == "534.55234"
    assert outputs["available_after_maintenance"].startswith("4739.68856")
    # -(1,905.14219093 + 1,415.357703 - 4,988.763593) + 534.55234
    assert outputs["borrowed_for_maintenance"] == "2202.81603907"


WIDE = """\
rulebook: wide
language: 1
numeraire: USD
model:
  account: { observed: { debt: USD } }
formulas:
  account:
"""


def test_outputs_beyond_a_hundred_cells_are_named_below(rules: Path, marginc: Any) -> None:
    """Twelve outputs of 13 cells and a gap of 2: five fit beside account, date and status, seven are named."""
    names = [f"output_number_{letter}" for letter in "abcdefghijkl"]
    formulas = "".join(f"    {name}: debt\n" for name in names)
    (rules / "wide.yaml").write_text(f"{WIDE}{formulas}outputs: [{', '.join(names)}]\n", "utf-8")
    path = rules / "wide.json"
    path.write_text('{"as_of": "2026-01-01", "accounts": [{"account": "one", "debt": "1"}]}', "utf-8")
    done = marginc("evaluate", rules / "wide.yaml", path)
    assert done.code == 0
    lines = done.out.splitlines()
    assert max(len(line) for line in lines[:4]) <= 100
    shown = [cell for cell in re.split(r" {2,}", lines[2]) if cell.startswith("output")]
    labels = [name.replace("_", " ") for name in names]
    assert 1 < len(shown) < 12
    assert shown == labels[: len(shown)]
    assert lines[5] == f"more with --format json: {', '.join(labels[len(shown) :])}"
    assert len(f"{lines[2]}  {labels[len(shown)]}") > 100  # the next one would not have fitted
    every = marginc("evaluate", rules / "wide.yaml", path, "--format", "csv").out
    assert every.splitlines()[0] == f"account,as_of,status,message,{','.join(names)},errors"


def test_an_account_without_outputs_of_its_own_says_where_they_are(shared: Path, tmp_path: Path, marginc: Any) -> None:
    snapshot = recorded(shared, tmp_path, marginc, "standard-cross-partial-2026-09-14")
    lines = marginc("evaluate", "hyperliquid/standard", snapshot).out.splitlines()
    assert lines[2].split() == ["account", "as", "of", "status"]
    assert lines[-1] == "more with --format json: dex accounts, positions"


def test_rows_of_groups_stand_in_json(shared: Path, tmp_path: Path, marginc: Any) -> None:
    """25.2336347336755 / 243.8086111433 of the one token; the venue's available after maintenance is 218.574976."""
    snapshot = recorded(shared, tmp_path, marginc, "unified-hip3-2026-09-14")
    (account,) = json.loads(marginc("evaluate", "hyperliquid/unified", snapshot, "--format", "json").out)["accounts"]
    assert account["outputs"]["margin_ratio"].startswith("0.103497717391303")
    assert list(account["rows"]) == ["holdings", "positions"]
    assert account["rows"]["holdings"] == [
        {
            "token": "USDC",
            "equity": "243.8086111433",
            "maintenance_margin": "25.2336347336755",
            "available_after_maintenance": "218.5749764096245",
        }
    ]
    assert [row["market"] for row in account["rows"]["positions"]] == ["BTC", "ETH", "SOL", "BNB", "HYPE", "io:ANTH"]
    snapshot = recorded(shared, tmp_path, marginc, "standard-cross-partial-2026-09-14")
    (account,) = json.loads(marginc("evaluate", "hyperliquid/standard", snapshot, "--format", "json").out)["accounts"]
    assert [row["dex"] for row in account["rows"]["dex_accounts"]] == ["main"]
    assert account["rows"]["dex_accounts"][0]["value"].startswith("1081542.842757")


def recorded(shared: Path, folder: Path, marginc: Any, name: str) -> Path:
    """A recording as a snapshot."""
    out = folder / f"{name}.json"
    source = shared / "vectors" / "hyperliquid" / f"{name}.json"
    assert marginc("import", "hyperliquid", source, "-o", out).code == 0
    return out


def test_json_is_the_documented_form(rules: Path, marginc: Any) -> None:
    """2 x 100 x 50 % = 100; a debt of 100 is above 80 % of it."""
    done = marginc("evaluate", rules / "cap.yaml", snapshot(rules), "--format", "json")
    document = json.loads(done.out)
    program = document["rulebook"].pop("program")
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", program)
    assert document == {
        "rulebook": {"name": "cap", "as_of": "2026-02-01T00:00:00Z"},
        "accounts": [
            {
                "account": "one",
                "status": "call",
                "message": "owes 100.00 against 100.00",
                "checks": [],
                "outputs": {"lent": "100"},
                "rows": {"balances": [{"asset": "GOLD", "lent": "100"}]},
                "errors": [],
            }
        ],
    }
    again = marginc("evaluate", rules / "cap.yaml", rules / "snapshot.json", "--format", "json")
    assert again.out == done.out


def test_results_list_what_was_set_and_shocked(rules: Path, marginc: Any) -> None:
    """2 x (100 x 1.5) x 90 % = 270."""
    changes = ("--set", "assets.GOLD.ltv=90%", "--shock", "GOLD +50%")
    done = marginc("evaluate", rules / "cap.yaml", snapshot(rules), *changes, "--format", "json")
    document = json.loads(done.out)
    assert document["set"] == {"assets.GOLD.ltv": "90%"}
    assert document["shock"] == "GOLD +50%"
    assert document["accounts"][0]["outputs"] == {"lent": "270"}
    table = marginc("evaluate", rules / "cap.yaml", rules / "snapshot.json", *changes).out
    assert "shock: GOLD +50%" in table
    assert "set: assets.GOLD.ltv = 90%" in table


def test_each_snapshot_has_the_rules_of_its_instant(rules: Path, marginc: Any) -> None:
    """2 x 100 x 50 % before June, x 75 % from June on; --as-of decides for all."""
    book = rules / "cap.yaml"
    early = snapshot(rules).rename(rules / "a.json")
    late = snapshot(rules, as_of="2026-06-01").rename(rules / "b.json")
    document = json.loads(marginc("evaluate", book, early, late, "--format", "json").out)
    assert document["rulebook"] == {"name": "cap", "as_of": None, "program": None}
    assert [(a["as_of"], a["outputs"]["lent"]) for a in document["accounts"]] == [
        ("2026-02-01T00:00:00Z", "100"),
        ("2026-06-01T00:00:00Z", "150"),
    ]
    assert document["accounts"][0]["program"] != document["accounts"][1]["program"]
    document = json.loads(marginc("evaluate", book, early, late, "--as-of", "2026-07-01", "--format", "json").out)
    assert document["rulebook"]["as_of"] == "2026-07-01T00:00:00Z"
    assert [a["outputs"]["lent"] for a in document["accounts"]] == ["150", "150"]


def test_ndjson_and_csv(rules: Path, marginc: Any) -> None:
    accounts = [{"account": "plain"}, {"account": 'with "quotes", comma', "debt": "0.10", "desk": "A"}]
    path = snapshot(rules, accounts=accounts)
    lines = marginc("evaluate", rules / "cap.yaml", path, "--format", "ndjson").out.splitlines()
    assert [json.loads(line)["account"] for line in lines] == ["plain", 'with "quotes", comma']
    assert json.loads(lines[1])["labels"] == {"desk": "A"}
    assert json.loads(lines[1])["rulebook"]["as_of"] == "2026-02-01T00:00:00Z"
    assert marginc("evaluate", rules / "cap.yaml", path, "--format", "csv").out == (
        "account,as_of,status,message,lent,errors\n"
        "plain,2026-02-01T00:00:00Z,fine,,0,\n"
        '"with ""quotes"", comma",2026-02-01T00:00:00Z,call,owes 0.10 against 0.00,0,\n'
    )


def test_an_account_in_error_does_not_stop_the_others(rules: Path, marginc: Any) -> None:
    """The second account holds silver, of which the snapshot brings no price."""
    accounts = [
        {"account": "good", "balances": [{"asset": "GOLD", "amount": "1"}]},
        {"account": "bad", "balances": [{"asset": "SILVER", "amount": "1"}]},
    ]
    path = snapshot(rules, accounts=accounts, assets={"GOLD": {"price": "100"}, "SILVER": {}})
    done = marginc("evaluate", rules / "cap.yaml", path)
    assert done.code == 1
    assert [re.split(r" {2,}", line) for line in done.out.splitlines()[3:5]] == [
        ["good", "2026-02-01", "fine", "50.00"],
        ["bad", "2026-02-01", "error", "-"],
    ]
    assert "account bad is in error:\nerror[MC501]" in done.err
    assert "lent: amount * asset.price * asset.ltv" in done.err  # the rule line is shown
    assert done.err.endswith("2 accounts: 1 fine, 1 error.\n")
    assert marginc("evaluate", rules / "cap.yaml", path, "--allow-errors").code == 0
    document = json.loads(marginc("evaluate", rules / "cap.yaml", path, "--format", "json").out)
    assert [(a["status"], [e["code"] for e in a["errors"]]) for a in document["accounts"]] == [
        ("fine", []),
        (None, ["MC501"]),
    ]


def test_before_the_first_amendment_the_value_is_missing(rules: Path, marginc: Any) -> None:
    done = marginc("evaluate", rules / "cap.yaml", snapshot(rules, as_of="2025-12-31"))
    assert done.code == 1
    assert "MC502" in done.err
    assert "2026-01-01" in done.err


def test_fail_on_a_status(rules: Path, marginc: Any) -> None:
    path = snapshot(rules)
    assert marginc("evaluate", rules / "cap.yaml", path, "--fail-on", "call").code == 1
    assert marginc("evaluate", rules / "cap.yaml", path, "--fail-on", "fine").code == 0
    done = marginc("evaluate", rules / "cap.yaml", path, "--fail-on", "cal")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: --fail-on: cap has no status `cal`; did you mean `call`?\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--shock", "GLOD -70%"), "--shock: no snapshot has a price of `GLOD`; did you mean `GOLD`?"),
        (("--shock", "GOLD 70%"), "does not say up or down"),
        (("--set", "assets.GLOD.ltv=1%"), "--set: neither the rules nor a snapshot have a row `GLOD`"),
        (("--set", "assets.GOLD.ltw=1%"), "did you mean `ltv`?"),
        (("--set", "trigger"), "write `NAME=VALUE`"),
        (("--as-of", "tomorrow"), "`tomorrow` is no date"),
        (("--format", "xml"), "'xml' is not one of 'table', 'json', 'ndjson', 'csv'"),
    ],
)
def test_slips_of_the_pen_are_usage_errors(
    arguments: tuple[str, str], sentence: str, rules: Path, marginc: Any
) -> None:
    done = marginc("evaluate", rules / "cap.yaml", snapshot(rules), *arguments)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err


def test_results_go_to_a_file_only_when_complete(rules: Path, marginc: Any) -> None:
    out = rules / "out.json"
    path = snapshot(rules)
    done = marginc("evaluate", rules / "cap.yaml", path, "--format", "json", "-o", out)
    assert (done.code, done.out) == (0, "")
    assert json.loads(out.read_text("utf-8"))["accounts"][0]["outputs"] == {"lent": "100"}
    before = out.read_bytes()
    done = marginc("evaluate", rules / "cap.yaml", path, rules / "gone.json", "--format", "ndjson", "-o", out)
    assert done.code == 2
    assert out.read_bytes() == before
    assert sorted(file.name for file in rules.iterdir()) == ["cap.yaml", "out.json", "snapshot.json"]
    done = marginc("evaluate", rules / "cap.yaml", path, "-o", rules / "no" / "such.json")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert str(rules / "no" / "such.json") in done.err


def test_an_artifact_evaluates_like_its_rulebook(rules: Path, marginc: Any) -> None:
    path = snapshot(rules)
    artifact = rules / "cap.json"
    assert marginc("build", rules / "cap.yaml", "--as-of", "2026-02-01", "-o", artifact).code == 0
    from_rules = marginc("evaluate", rules / "cap.yaml", path, "--format", "json").out
    assert marginc("evaluate", artifact, path, "--format", "json").out == from_rules
    late = snapshot(rules, as_of="2026-06-01")
    done = marginc("evaluate", artifact, late)
    assert (done.code, done.out) == (2, "")
    assert "holds from 2026-01-01 until 2026-06-01, not at 2026-06-01" in done.err
    artifact.write_text(artifact.read_text("utf-8").replace("0.8", "0.9"), "utf-8")
    done = marginc("evaluate", artifact, path)
    assert done.code == 1
    assert "MC603" in done.err


def test_a_folder_is_its_snapshots(rules: Path, marginc: Any) -> None:
    book = rules / "cap.yaml"
    snapshot(rules).rename(rules / "b.json")
    snapshot(rules, accounts=[{"account": "first"}]).rename(rules / "a.json")
    done = marginc("evaluate", book, rules, "--format", "csv")
    assert [line.partition(",")[0] for line in done.out.splitlines()] == ["account", "first", "one"]
    (rules / "none").mkdir()
    assert "there is no snapshot in" in marginc("evaluate", book, rules / "none").err


def test_a_rulebook_that_does_not_check_is_not_evaluated(rules: Path, marginc: Any) -> None:
    book = rules / "cap.yaml"
    book.write_text(book.read_text("utf-8").replace("amount * asset.price", "amount * asset.prise"), "utf-8")
    done = marginc("evaluate", book, snapshot(rules))
    assert (done.code, done.out) == (1, "")
    assert "asset.prise" in done.err
    assert "did you mean `price`?" in done.err


def test_results_never_take_the_place_of_an_input(tmp_path: Path, marginc: Any) -> None:
    snapshot = tmp_path / "one.json"
    snapshot.write_bytes((ROOT / "examples" / "faq.json").read_bytes())
    before = snapshot.read_bytes()
    done = marginc("evaluate", "hyperliquid/portfolio-margin", snapshot, "-o", snapshot)
    assert done.code == 2
    assert "is an input of this command" in done.err
    assert snapshot.read_bytes() == before
