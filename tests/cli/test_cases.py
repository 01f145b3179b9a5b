"""`marginc test`: cases pass, fail with what was expected, cannot be run, and never leave their tree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CASES = """\
rulebook: ../cap.yaml
cases:
  - name: two ounces
    about: 2 x 100 x 50 % = 100; 100 > 80 % of 100
    as_of: 2026-02-01
    snapshot:
      assets: { GOLD: { price: 100 } }
      accounts:
        - debt: 100
          balances: [{ asset: GOLD, amount: 2 }]
    expect:
      status: call
      message: owes 100.00 against 100.00
      outputs: { lent: 100 }
      rows: { balances: { GOLD: { lent: 100 } } }
"""


def run(rules: Path, marginc: Any, text: str = CASES, *arguments: str) -> Any:
    (rules / "cases").mkdir(exist_ok=True)
    (rules / "cases" / "cap.yaml").write_text(text, "utf-8")
    return marginc("test", ".", *arguments, cwd=rules)


def count(cases: list[Any]) -> int:
    """How many cases stand in a file; each row of a table is one."""
    return sum(len(case["table"]["rows"]) if "table" in case else 1 for case in cases)


def changed(old: str, new: str) -> str:
    assert CASES.count(old) == 1
    return CASES.replace(old, new)


def test_the_cases_in_the_box_pass(marginc: Any) -> None:
    files = sorted((ROOT / "rules").glob("*/cases/*.yaml"))
    written = {file: count(yaml.safe_load(file.read_text("utf-8"))["cases"]) for file in files}
    assert len(files) >= 20
    assert sum(written.values()) >= 300
    done = marginc("test", "rules")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{sum(written.values())} cases in {len(files)} files: {sum(written.values())} passed.\n"
    one = written[files[-1]]
    done = marginc("test", files[-1])
    assert (done.code, done.out) == (0, f"{one} cases in 1 file: {one} passed.\n")


def test_a_case_that_holds(rules: Path, marginc: Any) -> None:
    done = run(rules, marginc)
    assert (done.code, done.out, done.err) == (0, "1 case in 1 file: 1 passed.\n", "")


def test_a_case_that_fails_shows_expected_actual_difference_and_line(rules: Path, marginc: Any) -> None:
    done = run(rules, marginc, changed("outputs: { lent: 100 }", "outputs: { lent: 80 }"))
    assert done.code == 1
    assert done.out == (
        "error[MC701]: case `two ounces`: `lent` is 100, not 80\n"
        "  ┌─ cases/cap.yaml:14:24\n"
        "14│       outputs: { lent: 80 }\n"
        "  │                        ^^ higher by 20, 25 % of what is expected\n"
        "  help: correct the rules, or the case if its source says so\n"
        "\n"
        "    lent       100.00000000 USD  28  1 balance\n"
        "    └─ GOLD    100.00000000 USD  26  2 x 100 x 50 %\n"
        "       └─ ltv   50 %             20  the first, since 2026-01-01\n"
        "\n"
        "1 case in 1 file: 0 passed, 1 failed.\n"
    )
    done = run(rules, marginc, changed("outputs: { lent: 100 }", "outputs: { lent: 80 }"), "--format", "json")
    assert [one["code"] for one in json.loads(done.out)] == ["MC701"]
    assert done.err == "1 case in 1 file: 0 passed, 1 failed.\n"


@pytest.mark.parametrize(
    ("old", "new", "passes"),
    [
        ("outputs: { lent: 100 }", "outputs: { lent: { value: 99, tolerance: 0.0102 } }", True),  # 1 / 99 = 0.0101
        ("outputs: { lent: 100 }", "outputs: { lent: { value: 99, tolerance: 0.0101 } }", False),
        ("outputs: { lent: 100 }", "outputs: { lent: { value: 100.000001, tolerance: 1e-8 } }", True),
        ("outputs: { lent: 100 }", "outputs: { lent: { value: 100.000002, tolerance: 1e-8 } }", False),
        ("outputs: { lent: 100 }", "outputs: { lent: { value: 100.0000001, tolerance: exactly } }", False),
        ("outputs: { lent: 100 }", "outputs: { lent: 100.0 }", True),
        ("    as_of: 2026-02-01", "    as_of: 2026-02-01\n    tolerance: 1%", False),  # not a number
        ("lent: 100 }\n      rows", "lent: 0 }\n      rows", False),
        ("status: call", "status: fine", False),
        ("message: owes 100.00 against 100.00", "message: owes 100 against 100", False),
        ("GOLD: { lent: 100 }", "GOLD: { lent: 101 }", False),
        ("    as_of: 2026-02-01", "    as_of: 2026-02-01\n    set: { assets.GOLD.ltv: 100% }", False),
        ("    as_of: 2026-02-01", "    as_of: 2026-02-01\n    shock: GOLD +1%", False),
        ("    as_of: 2026-02-01", "    as_of: 2026-07-01", False),
        ("      status: call", "      errors: [MC501]\n      status: call", False),
    ],
)
def test_what_passes_and_what_does_not(old: str, new: str, passes: bool, rules: Path, marginc: Any) -> None:
    done = run(rules, marginc, changed(old, new))
    assert done.code == int(not passes), done.out


def test_expected_errors(rules: Path, marginc: Any) -> None:
    """Without its price, gold cannot be valued; the case says so by its code."""
    missing = changed("GOLD: { price: 100 }", "GOLD: {}")
    head, _, _ = missing.partition("      status: call")
    assert run(rules, marginc, head + "      errors: [MC501]\n").code == 0
    done = run(rules, marginc, head + "      errors: [MC504]\n")
    assert done.code == 1
    assert "errors are MC501, not MC504" in done.out
    assert "cap.yaml:26" in done.out  # the rule line that needs it
    assert "errors are MC501, not none" in run(rules, marginc, missing).out


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("outputs: { lent: 100 }", "outputs: { lend: 100 }", "MC703", "did you mean `lent`?"),
        ("balances: { GOLD: { lent", "balances: { GOLF: { lent", "MC703", "did you mean `GOLD`?"),
        ("rows: { balances:", "rows: { balance:", "MC703", "did you mean `balances`?"),
        ("outputs: { lent: 100 }", "outputs: { lent: '1.000,5' }", "MC704", "`1.000,5` is not a number"),
        ("      status: call", "      state: call", "MC131", "`state` is not a key of an expectation"),
        ("    expect:", "    expects:", "MC131", "did you mean `expect`?"),
        ("../cap.yaml", "../cup.yaml", "MC705", "there is no file `../cup.yaml`"),
        ("../cap.yaml", "../../../../../../../etc/passwd", "MC705", "lies outside the rule tree"),
        ("    as_of: 2026-02-01", "    as_of: 2026-02-01\n    set: { assets.GOLD.ltw: 1% }", "MC705", "`ltv`"),
        ("    as_of: 2026-02-01", "    as_of: 2026-02-01\n    shock: GOLD", "MC705", "is not a shock"),
        ("    as_of: 2026-02-01", "    as_of: 2026-02-01\n    account: other", "MC705", "name one with `account:`"),
        ("amount: 2 }]", "amunt: 2 }]", "MC702", "MC408"),
    ],
)
def test_a_case_that_cannot_be_run_says_why(
    old: str, new: str, code: str, says: str, rules: Path, marginc: Any
) -> None:
    done = run(rules, marginc, changed(old, new))
    assert done.code == 1
    assert done.out.startswith(f"error[{code}]")
    assert says in done.out


def test_a_case_reads_no_file_outside_its_tree(rules: Path, marginc: Any) -> None:
    """Neither by a path nor by a link: what a case file of a stranger points at stays unread."""
    secret = rules.parent / "secret.json"
    secret.write_text('{"as_of": "2026-01-01", "hunter2": {}}', "utf-8")
    (rules / "cases").mkdir()
    (rules / "cases" / "link.json").symlink_to(secret)
    head, _, rest = CASES.partition("    snapshot:\n")
    for path in ("../../secret.json", str(secret), "link.json"):
        text = f"{head}    snapshot: {path}\n    expect:{rest.partition('    expect:')[2]}"
        done = run(rules, marginc, text)
        assert done.code == 1
        assert "lies outside the rule tree" in done.out
        assert "hunter2" not in done.out + done.err


def test_a_rulebook_that_does_not_compile_fails_its_cases(rules: Path, marginc: Any) -> None:
    book = rules / "cap.yaml"
    book.write_text(book.read_text("utf-8").replace("debt > trigger", "debts > trigger"), "utf-8")
    done = run(rules, marginc)
    assert done.code == 1
    assert "MC702" in done.out
    assert "did you mean" in done.out or "`debts`" in done.out


def test_no_cases_is_a_usage_error(rules: Path, marginc: Any) -> None:
    done = marginc("test", ".", cwd=rules)
    assert (done.code, done.out) == (2, "")
    assert "there are no cases in `.`" in done.err
