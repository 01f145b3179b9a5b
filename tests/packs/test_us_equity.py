"""Every recorded Regulation T and FINRA 4210 case under the shipped rules, and a thousand accounts."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.number import Ratio, multiply, subtract
from marginc.tests.conftest import ROOT, RunCli
from marginc.tests.packs.us_equity import FIGURES, NOT_OF_THE_RULES, expected, settings, snapshot, within

Json = dict[str, Any]

FILES = ("reg-t-4210.json", "option-strategies.json")

WRONG_IN_THE_SOURCE = {
    "reg-t-4210-017": "10,000 x (3.18 + 1.68) = 48,600 by the prices of its own row, which says 48,500",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames:
        return
    paths = [Path(metafunc.config.getoption("--vectors")) / "vectors" / file for file in FILES]
    texts = [path.read_text("utf-8") for path in paths if path.is_file()]
    cases = [case for text in texts for case in json.loads(text, parse_float=Decimal)["cases"]]
    metafunc.parametrize("case", [pytest.param(case, id=case["id"], marks=marks(case)) for case in cases])


def marks(case: Json) -> list[pytest.MarkDecorator]:
    wrong = WRONG_IN_THE_SOURCE.get(case["id"])
    return [pytest.mark.xfail(reason=wrong, strict=True)] if wrong else []


@pytest.fixture(scope="module")
def initial() -> marginc.Rulebook:
    return marginc.compile(Path(__file__).with_name("us_equity.yaml"))


@pytest.fixture(scope="module")
def maintenance() -> marginc.Rulebook:
    return marginc.compile("us-equity/finra-4210")


def test_the_figures_of_the_case_come_out(
    case: Json, initial: marginc.Rulebook, maintenance: marginc.Rulebook
) -> None:
    document = snapshot(case)
    (bought,) = initial.evaluate(document, set=settings(case))
    (held,) = maintenance.evaluate(document)
    assert bought.errors == held.errors == ()
    found = {**bought.outputs, "maintenance": held.outputs["requirement"]}
    if "kind" not in case["expected"]:
        assert case["expected"].keys() <= FIGURES.keys() | NOT_OF_THE_RULES, "a figure that nothing is compared with"
    for name, figure in expected(case).items():
        value = found[name]
        assert isinstance(value, Decimal | Ratio), f"{name} is {value}"
        assert abs(subtract(value, figure)) <= within(case, name), f"{name} is {value}, the source says {figure}"


def test_the_cases_pass(run_cli: RunCli) -> None:
    done = run_cli("test", ROOT / "rules" / "us-equity")
    assert done.returncode == 0, done.stdout + done.stderr
