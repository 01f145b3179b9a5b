"""`marginc new venue`: what it writes checks, passes, is formatted and current, and nothing is ever overwritten."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

FILES = [
    "README.md", "base.schema.json", "base.yaml", "cases/margin.yaml", "margin.schema.json", "margin.yaml",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str


def marginc(folder: Path, *arguments: str) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "marginc", *arguments],
        cwd=folder, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Done]:
    """A folder in which the venue `acme-futures` was begun, and what the command said."""
    folder = tmp_path_factory.mktemp("begun")
    return folder, marginc(folder, "new", "venue", "acme-futures")


def test_it_says_what_it_wrote_and_what_to_do_next(begun: tuple[Path, Done]) -> None:
    folder, done = begun
    assert (done.code, done.err) == (0, "")
    told, _, following = done.out.partition("\n\nNext:\n")
    assert told.splitlines() == [f"acme-futures/{file}" for file in FILES]
    written = [path.relative_to(folder / "acme-futures").as_posix() for path in (folder / "acme-futures").rglob("*.*")]
    assert sorted(written) == FILES
    assert [path.name for path in folder.iterdir()] == ["acme-futures"]  # nothing is left behind
    commands = following.splitlines()
    assert len(commands) == 3
    for command in commands:  # as they stand, one after the other
        assert marginc(folder, *command.split()[1:]).code == 0, command


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["validate", "--no-cache", "acme-futures"], "2 files: no findings."),
        (["test", "acme-futures"], "5 cases in 1 file: 5 passed."),
        (["fmt", "--check", "acme-futures"], ""),
        (["lint", "acme-futures"], "2 files: no findings."),
        (["schema", "--check", "acme-futures"], "all schemas are current"),
    ],
)
def test_what_was_written_is_clean(arguments: list[str], says: str, begun: tuple[Path, Done]) -> None:
    done = marginc(begun[0], *arguments)
    assert done.code == 0, done.out
    assert says in done.out + done.err


def test_the_schema_completes_the_names_of_the_venue(begun: tuple[Path, Done]) -> None:
    folder = begun[0] / "acme-futures"
    assert "$schema=./margin.schema.json\n" in (folder / "margin.yaml").read_text("utf-8")
    schema = json.loads((folder / "margin.schema.json").read_text("utf-8"))
    assert schema["title"] == "acme-futures/margin"
    assert list(schema["$defs"]["row_of_assets"]["properties"]) == ["ltv"]


def test_nothing_is_overwritten(begun: tuple[Path, Done]) -> None:
    folder = begun[0]
    before = {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}
    done = marginc(folder, "new", "venue", "acme-futures")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: `acme-futures` is there already, and nothing is overwritten")
    assert {path: path.read_bytes() for path in folder.rglob("*.*") if path.is_file()} == before


def test_a_file_in_the_way_stays(tmp_path: Path) -> None:
    (tmp_path / "acme").write_text("mine", "utf-8")
    assert marginc(tmp_path, "new", "venue", "acme").code == 2
    assert (tmp_path / "acme").read_text("utf-8") == "mine"


def test_it_goes_where_it_is_sent(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    done = marginc(tmp_path, "new", "venue", "acme", "--folder", "rules")
    assert done.code == 0, done.err
    assert re.search(r"marginc validate rules/acme\n", done.out)
    assert (tmp_path / "rules" / "acme" / "margin.yaml").is_file()
    assert marginc(tmp_path, "new", "venue", "acme", "--folder", "nowhere").code == 2
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", ["Acme", "../acme", "acme/x", "a b", "-x", "x" * 61, ""])
def test_a_name_that_is_no_name(name: str, tmp_path: Path) -> None:
    done = marginc(tmp_path, "new", "venue", "--", name)
    assert done.code == 2
    assert "is no name of a venue" in done.err
    assert list(tmp_path.iterdir()) == []
