"""docs/tutorial.md: ten steps from an empty folder, each run, with two mistakes and an amendment at the end."""

from __future__ import annotations

import re
from pathlib import Path

import documents
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


def test_every_step_is_true_and_the_rulebook_that_is_left_has_no_findings(page: Page) -> None:
    assert not page.problems, "\n" + "\n".join(page.problems)
    made = {path.name for path in page.folder.rglob("*") if path.is_file()}
    assert made == {"pm.yaml", "june.json", "july.json"}  # cases/pm.yaml, too
    assert documents.findings(page.folder / "pm.yaml") == set()


def test_ten_steps_two_mistakes_and_an_amendment() -> None:
    assert [step.partition(".")[0] for step in STEPS] == [str(number) for number in range(1, 11)]
    mistaken = [number for number, step in enumerate(STEPS, 1) if "error[MC" in step]
    assert mistaken == [2, 5]
    said = [command for step in STEPS for command in re.findall(r"^\$ marginc (\w+)", step, re.MULTILINE)]
    assert set(said) >= {"validate", "evaluate", "explain", "test", "show"}
    assert all("$ marginc" in step for step in STEPS)
    last = STEPS[-1]
    assert "amendments:" in last
    assert re.search(r"^ann +2026-06-01 +healthy", last, re.MULTILINE)
    assert re.search(r"^ann +2026-07-01 +liquidatable", last, re.MULTILINE)
