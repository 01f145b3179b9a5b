"""docs/faults.md is what the measurement wrote: of the listed faults, with a sample of them measured again."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).resolve().parent
PAGE = (HERE.parents[1] / "docs" / "faults.md").read_text("utf-8")
HEADINGS = {"faults": "Slips that read well", "slips": "Slips of the pen"}


@pytest.fixture(scope="module")
def faults() -> ModuleType:
    """The script beside this file; tests/ is no package."""
    spec = importlib.util.spec_from_file_location("faults", HERE / "faults.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["faults"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def part(name: str) -> str:
    return PAGE.partition(f"## {HEADINGS[name]}\n")[2].partition("\n## ")[0]


def bullets(name: str, heading: str) -> list[str]:
    """The faults under a heading of a part of the page; the heading says how many they are."""
    (found,) = re.findall(rf"^### {heading}: (\d+)\n\n(.*?)(?=^###|\Z)", part(name), re.MULTILINE | re.DOTALL)
    lines = [line for line in found[1].splitlines() if line]
    assert len(lines) == int(found[0])
    return lines


@pytest.mark.parametrize("name", HEADINGS)
def test_the_listed_faults_are_those_of_the_rules_as_they_stand(faults: ModuleType, name: str) -> None:
    mutants, listed = faults.listed(name)
    assert len(listed) == faults.COUNT == 30
    assert f" {mutants:,} mutants of " in part(name)
    for fault in listed:
        text = (faults.EXAMPLE / fault.file).read_text("utf-8")
        assert fault.applied(text) != text


@pytest.mark.parametrize("name", HEADINGS)
def test_the_page_has_each_fault_once(faults: ModuleType, name: str) -> None:
    _, listed = faults.listed(name)
    missed, noticed = bullets(name, "Missed"), bullets(name, "Noticed")
    places = sorted(line.split("`")[1] for line in missed + noticed)
    assert places == sorted(f"{fault.file}:{fault.line}" for fault in listed)
    assert f"| together | {len(noticed)} of {len(listed)} | |" in part(name)
    assert all(not line.rstrip().endswith(":") for line in missed), "a miss without a reason"


@pytest.mark.parametrize(("name", "sample"), [("faults", (0, 3)), ("slips", (2, 8, 17))])
def test_a_sample_measured_again_ends_as_the_page_says(faults: ModuleType, name: str, sample: tuple[int, ...]) -> None:
    _, listed = faults.listed(name)
    measured = faults.measure([listed[place] for place in sample])
    assert {bool(one.caught) for one in measured} == {True, False}, "the sample has both kinds"
    for one in measured:
        assert faults._bullet(one) in bullets(name, "Noticed" if one.caught else "Missed")
