"""Coverage of rules, counted by hand on one small rulebook: what two cases compute of it, and what a third adds."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from marginc.cli.cases.suite import Asked, run_files
from marginc.cli.coverage import FileCoverage, coverage_of, percent_covered, write_report

ROOT = Path(__file__).resolve().parents[2]
RULES = """\
rulebook: lending
language: 1
numeraire: USD
model:
  assets:
    each: asset
    parameters:
      tiers: { by: USD, columns: { rate: ratio } }
    observed: { price: USD/unit }
  account:
    observed: { debt: USD = 0, kind: retail | desk }
    rows:
      balances: { each: balance, key: [asset], observed: { asset: asset, amount: asset.unit } }
parameters:
  assets:
    GOLD:
      tiers:
        - { from: 0, rate: 50% }
        - { from: 1_000, rate: 40% }
amendments:
  - effective: 2026-06-01
    about: stricter
    parameters:
      assets:
        GOLD:
          tiers:
            - { from: 0, rate: 45% }
            - { from: 500, rate: 30% }
formulas:
  balance:
    worth: amount * asset.price
    lent: sum(s.width * s.rate for s in slices(asset.tiers, worth))
  account:
    lent: sum(balances.lent)
    used: debt / lent
    free: if debt == 0 and lent > 0 then true else false
    fee:
      cases:
        - when: kind == "desk"
          then: 1%
        - when: debt > 1_000 USD
          then: 2%
        - else: 3%
    unread: debt * 2
status:
  - is: call
    when: debt > lent
  - is: fine
outputs: [lent, free, fee]
"""
CASES = """\
rulebook: ../lending.yaml
bases:
  gold:
    as_of: 2026-01-01
    assets: { GOLD: { price: 10 } }
    accounts: [{ kind: retail, balances: [{ asset: GOLD, amount: 20 }] }]
cases:
  - name: nothing owed
    base: gold
    expect: { outputs: { lent: 100, free: true, fee: 3% } }   # 200 x 50 %
  - name: a desk that owes
    base: gold
    change: { debt: 101, kind: desk }
    expect: { status: call, outputs: { free: false, fee: 1% } }
"""
MORE = """\
  - name: a large account in summer
    base: gold
    as_of: 2026-06-01
    change: { debt: 2_000, balances: { GOLD: { amount: 200 } } }
    expect: { status: call, outputs: { lent: 675, fee: 2% } }   # 500 x 45 % + 1,500 x 30 %
  - name: what is used
    base: gold
    change: { balances: { GOLD: null } }
    expect: { errors: [MC504] }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "marginc.toml").touch()
    (tmp_path / "lending.yaml").write_text(RULES, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def covered(folder: Path, cases: str, rules: str = RULES) -> FileCoverage:
    (folder / "lending.yaml").write_text(rules, "utf-8")
    (folder / "cases" / "lending.yaml").write_text(cases, "utf-8")
    runs = list(run_files([Path("cases/lending.yaml")], Asked(seen=True)))
    assert [finding for case in runs[0].cases for finding in case.found] == []
    (file,) = coverage_of(runs)
    return file


def line_of(text: str, rules: str = RULES) -> int:
    return rules.split("\n").index(text) + 1


def test_what_two_cases_compute(folder: Path) -> None:
    file = covered(folder, CASES)
    # worth, lent of a balance, lent, free, fee; `used` and `unread` are asked for by nobody
    assert file.count("definition") == (5, 7)
    # `and`: left holds, left does not; `if`: likewise; desk: both; debt > 1_000: never
    assert file.count("branch") == (7, 8)
    assert file.count("row") == (2, 3)
    assert file.count("rung") == (2, 2)
    # an account of 200 reads the first tier of the first table; from June another table of two is in force
    assert file.count("tier") == (1, 4)
    assert file.count("amendment") == (0, 1)
    missing = [(item.place.what, item.place.span.line) for item in file.uncovered()]
    assert missing == [
        ("tier", line_of("        - { from: 1_000, rate: 40% }")),
        ("amendment", line_of("  - effective: 2026-06-01")),
        ("tier", line_of("            - { from: 0, rate: 45% }")),
        ("tier", line_of("            - { from: 500, rate: 30% }")),
        ("definition", line_of("    used: debt / lent")),
        ("branch", line_of("          then: 2%")),
        ("row", line_of("          then: 2%")),
        ("definition", line_of("    unread: debt * 2")),
    ]


def test_what_two_more_add(folder: Path) -> None:
    cases = CASES + MORE.partition("  - name: what is used")[0]
    file = covered(folder, cases)
    assert file.count("branch") == (8, 8)
    assert file.count("row") == (3, 3)
    assert file.count("tier") == (3, 4)
    assert file.count("amendment") == (1, 1)


def test_an_operation_that_fails_is_an_error_path_that_was_seen(folder: Path) -> None:
    rules = RULES.replace("outputs: [lent, free, fee]", "outputs: [lent, free, fee, used]")
    cases = CASES.partition("cases:\n")[0] + "cases:\n" + MORE.partition("  - name: what is used")[2]
    cases = cases.replace("cases:\n", "cases:\n  - name: what is used", 1)
    assert "MC504" in cases
    file = covered(folder, cases, rules)
    seen = [item for item in file.items.values() if item.place.what == "error path" and item.hits]
    assert [(item.name, item.place.way, item.place.span.line) for item in seen] == [
        ("used", "divide", line_of("    used: debt / lent"))
    ]


def test_what_need_not_be_covered_has_a_reason(folder: Path) -> None:
    rules = RULES.replace("          then: 2%", "          then: 2%            # uncovered: no such account is left")
    file = covered(folder, CASES, rules)
    assert file.count("branch") == (7, 7)
    assert file.count("row") == (2, 2)
    text = io.StringIO()
    write_report(text, [file], "text")
    assert "lending.yaml:42: not counted, no such account is left: fee: this case decided no case\n" in text.getvalue()
    bare = RULES.replace("          then: 2%", "          then: 2%            # uncovered:")
    assert covered(folder, CASES, bare).count("branch") == (7, 8)


def test_lcov_is_what_genhtml_reads(folder: Path) -> None:
    """Records in the order of geninfo(1); LF, LH, BRF and BRH are the sums of the lines they close."""
    file = covered(folder, CASES)
    stream = io.StringIO()
    write_report(stream, [file], "lcov")
    text = stream.getvalue()
    lines = text.splitlines()
    assert lines[:2] == ["TN:", "SF:lending.yaml"]
    assert lines[-1] == "end_of_record"
    for line in lines[2:-1]:
        assert re.fullmatch(
            r"(FN:\d+,.+|FNDA:\d+,.+|FN[FH]:\d+|BRDA:\d+,\d+,[01],(\d+|-)|BR[FH]:\d+|DA:\d+,\d+|L[FH]:\d+)", line
        ), line
    branches = [line.rpartition(",")[2] for line in lines if line.startswith("BRDA:")]
    assert f"BRF:{len(branches)}" in lines
    assert f"BRH:{sum(taken not in ('-', '0') for taken in branches)}" in lines
    hits = [line.rpartition(",")[2] for line in lines if line.startswith("DA:")]
    assert f"LF:{len(hits)}" in lines
    assert f"LH:{sum(hit != '0' for hit in hits)}" in lines
    assert "FNDA:0,used" in lines
    assert f"DA:{line_of('    lent: sum(balances.lent)')},2" in lines
    assert f"DA:{line_of('    unread: debt * 2')},0" in lines


def test_json_says_the_same(folder: Path) -> None:
    file = covered(folder, CASES)
    stream = io.StringIO()
    write_report(stream, [file], "json")
    document = json.loads(stream.getvalue())
    assert document["covered_percent"] == round(percent_covered([file]), 2)
    (told,) = document["files"]
    assert told["branches"] == {"covered": 7, "all": 8}
    assert [one["line"] for one in told["uncovered"]] == [item.place.span.line for item in file.uncovered()]


def test_the_page_shows_each_line_once_and_escapes_it(folder: Path) -> None:
    rules = RULES.replace("    about: stricter", "    about: stricter <b>&amp; more</b>")
    file = covered(folder, CASES, rules)
    stream = io.StringIO()
    write_report(stream, [file], "html")
    page = stream.getvalue()
    assert page.startswith("<!DOCTYPE html>")
    assert "<b>" not in page
    assert "stricter &lt;b&gt;&amp;amp; more&lt;/b&gt;" in page
    assert not re.search("<script|http", page)
    assert page.count('<span class="number">') == len(rules.splitlines())
    lines = re.findall(r'<span class="line (\w*)"><span class="number">(\d+)', page)
    shown = {int(line): colour for colour, line in lines}
    assert shown[line_of("    lent: sum(balances.lent)", rules)] == "full"
    assert shown[line_of("    used: debt / lent", rules)] == "none"
    assert shown[line_of("          then: 2%", rules)] == "none"
    assert shown[line_of("  account:", rules)] == ""


# ---- the rulebooks in the box


def test_the_cases_in_the_box_cover_every_rulebook() -> None:
    """95 % of the branches of each rule file, and every definition."""
    files = sorted((ROOT / "rules").glob("*/cases/*.yaml"))
    runs = list(run_files(files, Asked(seen=True)))
    short = []
    for file in coverage_of(runs):
        branches, there = file.count("branch")
        definitions, all_definitions = file.count("definition")
        if branches < 0.95 * there or definitions < all_definitions:
            short.append((file.file, branches, there, definitions, all_definitions))
    assert short == []


def test_the_verb_writes_where_it_is_told_and_fails_below_a_share(folder: Path, run_cli: Any) -> None:
    covered(folder, CASES)
    done = run_cli("test", ".", "--coverage=lcov", "-o", "rules.info", "--cov-fail-under", "99", cwd=folder)
    assert done.returncode == 1
    assert done.stdout == "2 cases in 1 file: 2 passed.\n"
    assert re.fullmatch(r"[\d.]+ % is covered, less than 99 %\n", done.stderr)
    assert (folder / "rules.info").read_text("utf-8").startswith("TN:\nSF:lending.yaml\n")
    alone = run_cli("test", "--coverage=json", ".", cwd=folder)  # the report has stdout for itself
    assert json.loads(alone.stdout)["files"][0]["file"] == "lending.yaml"
    assert alone.stderr == "2 cases in 1 file: 2 passed.\n"
    told = run_cli("test", "--coverage", ".", cwd=folder)  # `.` is a path, not a format
    assert told.returncode == 0
    assert "lending.yaml:44:5: unread: computed by no case\n" in told.stdout
