"""`marginc test`: choosing cases, processes, formats, executors."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from marginc.cli.cases import read_cases
from marginc.cli.cases.run import Executors, outcome_of
from marginc.cli.rules import open_rules
from marginc.program.number import Value
from marginc.program.program import Program
from marginc.runtime.exact import evaluate
from marginc.runtime.results import Result
from marginc.runtime.snapshot import Snapshot

TWO = """\
  - name: fine
    base: two ounces
    change: { debt: 80 }
    expect: { status: fine }
  - name: called
    base: two ounces
    expect: { status: call, outputs: { lent: 101 } }
"""


def test_k_chooses_by_name_or_file(bench: Any) -> None:
    assert bench.test(TWO, "-k", "FINE").out == "1 case in 1 file: 1 passed.\n"
    assert bench.test(TWO, "-k", "cap.yaml").out.endswith("2 cases in 1 file: 1 passed, 1 failed.\n")
    done = bench.test(TWO, "-k", "nothing like it")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: no case has `nothing like it` in its name or file\n"


def test_processes_give_the_same_text(bench: Any) -> None:
    bench.test(TWO)
    (bench.folder / "cases" / "more.yaml").write_text((bench.folder / "cases" / "cap.yaml").read_text(), "utf-8")
    alone, together = (bench.run("test", ".", "-j", number, "--coverage") for number in ("1", "2"))
    assert (alone.code, alone.out) == (together.code, together.out)
    assert "4 cases in 2 files: 2 passed, 2 failed.\n" in alone.out


def test_junit_has_every_case(bench: Any) -> None:
    done = bench.test(TWO, "--format", "junit")
    cases = ET.fromstring(done.out).findall(".//testcase")
    assert [(case.get("name"), case.find("failure") is not None) for case in cases] == [
        ("fine", False),
        ("called", True),
    ]
    failure = cases[1].find("failure")
    assert failure is not None
    assert "`lent` is 100, not 101" in (failure.get("message") or "")


def test_json_and_github_have_what_failed(bench: Any) -> None:
    found = json.loads(bench.test(TWO, "--format", "json").out)
    assert [(one["code"], one["line"]) for one in found] == [("MC701", 16)]
    assert bench.test(TWO, "--format", "github").out.startswith("::error file=cases/cap.yaml,line=16,")


def test_a_case_that_fails_is_explained_down_to_the_rules(bench: Any) -> None:
    assert bench.test(TWO).out == (
        "error[MC701]: case `called`: `lent` is 100, not 101\n"
        "  ┌─ cases/cap.yaml:16:46\n"
        "16│     expect: { status: call, outputs: { lent: 101 } }\n"
        "  │                                              ^^^ lower by 1, 0.990 % of what is expected\n"
        "  help: correct the rules, or the case if its source says so\n"
        "\n"
        "    lent       100.00000000 USD  20  1 balance\n"
        "    └─ GOLD    100.00000000 USD  18  2 x 100 x 50 %\n"
        "       └─ ltv   50 %             15\n"
        "\n"
        "2 cases in 1 file: 1 passed, 1 failed.\n"
    )


# ---- executors


def test_an_executor_beside_the_exact_one_has_to_agree(bench: Any) -> None:
    """Numbers within 1e-9, statuses alike; here one that is off by a share, and one that says `fine` to everybody."""
    bench.test(TWO)
    file, _, _ = read_cases(bench.folder / "cases" / "cap.yaml", "cap.yaml")
    assert file is not None
    rules = open_rules(str(bench.folder / "cap.yaml"))

    def off(share: str, status: str | None = None) -> Any:
        def run(program: Program, snapshot: Snapshot, replaced: Mapping[int, Value]) -> Iterator[Result]:
            for result in evaluate(program, snapshot, replaced):
                lent = result.outputs["lent"]
                assert isinstance(lent, Decimal)
                outputs = {**result.outputs, "lent": lent * Decimal(share)}
                yield replace(result, outputs=outputs, status=status or result.status)

        found = outcome_of(file, file.cases[0], lambda _: rules, Executors(beside=run)).differences
        return [one.finding.message for one in found]

    assert off("1.0000000009") == []
    assert off("1.000000002") == ["case `fine`: `lent` is 100 exactly, and 100.0000002 in machine code"]
    assert off("1", "call") == ["case `fine`: the status is fine exactly, and call in machine code"]


@pytest.mark.parametrize("executor", ["native", "both"])
def test_machine_code_agrees_or_is_said_to_be_missing(executor: str, bench: Any) -> None:
    done = bench.test(TWO.replace("101", "100"), "--executor", executor)
    if done.code == 2:
        assert "native executor" in done.err
    else:
        assert (done.code, done.out) == (0, "2 cases in 1 file: 2 passed.\n"), done.out
