"""docs/language.md: every block is run, and nothing of the language is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from page import Page

ROOT = Path(__file__).resolve().parents[2]
LANGUAGE = ROOT / "docs" / "language.md"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Page:
    page = Page(LANGUAGE, tmp_path_factory.mktemp("language"), pytestconfig.getoption("--write-docs", default=False))
    page.run()
    return page


def test_every_block_of_the_reference_is_true(page: Page) -> None:
    assert not page.problems, "\n" + "\n".join(page.problems)
