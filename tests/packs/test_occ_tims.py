"""Every recorded portfolio margin case under the shipped rules."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import marginc
from marginc.tests.packs.occ_tims import expected, priced, snapshot, within

FILE = "occ-tims.json"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    path = Path(metafunc.config.getoption("--vectors")) / "vectors" / FILE
    cases = json.loads(path.read_text("utf-8"), parse_float=Decimal)["cases"] if path.is_file() else []
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", cases, ids=[case["id"] for case in cases])


@pytest.fixture(scope="module")
def core() -> marginc.Rulebook:
    return marginc.compile("occ-tims/core")


@pytest.fixture(scope="module")
def pricing() -> marginc.Rulebook:
    return marginc.compile("occ-tims/priced")


def test_the_margin_of_the_case_comes_out(case: dict[str, Any], core: marginc.Rulebook) -> None:
    document = snapshot(case)
    if document is None:
        pytest.skip("its options come without what they make at the ten prices")
    compare(case, core, document)


def test_the_margin_comes_out_of_prices_alone(case: dict[str, Any], pricing: marginc.Rulebook) -> None:
    document = priced(case)
    if document is None:
        pytest.skip("no options, or on an underlying whose price is not stated")
    compare(case, pricing, document)


def compare(case: dict[str, Any], rulebook: marginc.Rulebook, document: dict[str, Any]) -> None:
    (result,) = rulebook.evaluate(document)
    assert result.errors == ()
    for name, figure in expected(case).items():
        value = result.outputs[name]
        assert isinstance(value, Decimal), f"{name} is {value}"
        assert abs(value - figure) <= within(case) * figure, f"{name} is {value}, the source says {figure}"
