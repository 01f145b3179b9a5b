"""docs/tutorial.md: ten steps from an empty folder, each run, with two mistakes and an amendment at the end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from page import Page

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
TEXT = TUTORIAL.read_text("utf-8")
STEPS = re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Page:
    folder = tmp_path_factory.mktemp("tutorial")
    assert not list(folder.iterdir()), "it begins with an empty folder"
    page = Page(TUTORIAL, folder, pytestconfig.getoption("--write-docs", default=False))
    page.run()
    return page


def test_every_step_is_true(page: Page) -> None:
    assert not page.problems, "\n" + "\n".join(page.problems)
