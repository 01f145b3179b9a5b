"""Every recorded SPAN case under the shipped rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.program.program import Constant, RowKey
from marginc.runtime.results import Result
from marginc.tests.packs.cme_span import expected, snapshot, within

FILE = "cme-span.json"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    path = Path(metafunc.config.getoption("--vectors")) / "vectors" / FILE
    cases = json.loads(path.read_text("utf-8"), parse_float=Decimal)["cases"] if path.is_file() else []
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", cases, ids=[case["id"] for case in cases])


@pytest.fixture(scope="module")
def rulebook() -> marginc.Rulebook:
    return marginc.compile(Path(__file__).with_name("cme_span.yaml"))


def test_the_figures_of_the_case_come_out(case: dict[str, Any], rulebook: marginc.Rulebook) -> None:
    document = snapshot(case)
    if document is None:
        pytest.skip(f"its inputs are not published: {case['inputs']}")
    (result,) = rulebook.evaluate(document)
    assert result.errors == ()
    figures = found(result)
    for name, figure in expected(case).items():
        value = figures[name]
        if isinstance(figure, str):
            assert isinstance(value, RowKey)
            assert value.key == figure, name
        else:
            assert isinstance(value, Decimal), f"{name} is {value}"
            assert abs(value - figure) <= within(case), f"{name} is {value}, the source says {figure}"


def found(result: Result) -> Mapping[str, Constant]:
    """The account's outputs, and those of its book where there is one."""
    books = result.rows["books"]
    return {**result.outputs, **(books[0].outputs if len(books) == 1 else {})}
