"""Every recorded Aave v3 case, every line of the rulebooks, and a thousand accounts."""

from __future__ import annotations

import json
import random
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.cli.cases import read_cases
from marginc.compiler.pipeline import read
from marginc.tests.conftest import ROOT, RunCli
from marginc.tests.hyperliquid.test_every_rule_counts import Bench, changes, deletions, text_of
from marginc.tests.packs.aave_v3 import agrees, expected, snapshot

Json = dict[str, Any]

FILE = "aave-v3.json"
RULES = ROOT / "rules"
SAME = {"with-hyperevm-loan.yaml": "portfolio-margin.yaml"}
"""An account without a loan is what it is under this rulebook, whose cases count as the other's too."""

RULEBOOKS = ("aave-v3/core", "aave-v3/hyperlend-testnet", "hyperliquid/with-hyperevm-loan")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        path = Path(metafunc.config.getoption("--vectors")) / "vectors" / FILE
        cases = json.loads(path.read_text("utf-8"), parse_float=Decimal)["cases"] if path.is_file() else []
        metafunc.parametrize("case", cases, ids=[case["id"] for case in cases])


@pytest.fixture(scope="module")
def core() -> marginc.Rulebook:
    return marginc.compile("aave-v3/core")


def test_the_figures_of_the_case_come_out(case: Json, core: marginc.Rulebook) -> None:
    (result,) = core.evaluate(snapshot(case))
    assert result.errors == ()
    figures = expected(case)
    assert figures
    requests = [row.outputs for row in result.rows.get("requests", ())]
    for name, figure in figures.items():
        value = result.outputs[name] if name in result.outputs else requests[0][name]
        assert agrees(case, value, figure), f"{name} is {value}, the source says {figure}"


# --- the rulebooks' own cases ----------------------------------------------------------------------------------------


def test_the_cases_of_the_pack_pass(run_cli: RunCli) -> None:
    done = run_cli("test", RULES / "aave-v3")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module", params=RULEBOOKS)
def bench(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A rulebook with its cases; edited copies of it stand beside copies of what it extends and imports."""
    rulebook: str = request.param
    own = RULES / f"{rulebook}.yaml"
    source, found, _ = read(own, own.name)
    assert source is not None
    assert not found + source.findings()
    folder = tmp_path_factory.mktemp("rules")
    for pack in ("aave-v3", "hyperliquid"):
        shutil.copytree(RULES / pack, folder / pack, ignore=shutil.ignore_patterns("cases"))
    cases = []
    for path in sorted((own.parent / "cases").glob("*.yaml")):
        file, problems, _ = read_cases(path, path.name)
        assert file is not None, problems
        if file.rulebook.text in (f"../{own.name}", f"../{SAME.get(own.name)}"):
            cases += [(file, case, text_of(file, case)) for case in file.cases]
    return Bench(own.read_text("utf-8"), folder / f"{rulebook}.yaml", source, tuple(cases))


def test_a_deleted_line_is_noticed(bench: Bench) -> None:
    assert bench.failing(bench.source) == ""
    unseen = [edit.name for edit in deletions(bench.text) if not bench.notices(edit)]
    assert not unseen, "nothing notices:\n" + "\n".join(unseen)


def test_a_changed_line_fails_a_case(bench: Bench) -> None:
    program, _ = bench.source.program_at(max(bench.source.rulebook.instants, default=None))
    assert program is not None
    edits = changes(bench.text, program)
    unseen = [f"{edit.name} {by}" for edit in edits if (by := bench.notices(edit)) in ("", "check")]
    assert not unseen, "no case fails:\n" + "\n".join(unseen)
