"""`marginc fmt`: which files it writes, what it says, and which exit code says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

MESS = "rulebook:   x\nlanguage: 1\nformulas:\n    account:\n        a: 1+1   # two\n"
CLEAN = "rulebook: x\nlanguage: 1\nformulas:\n  account:\n    a: 1 + 1     # two\n"
BROKEN = "rulebook: x\nlanguage: 1\nformulas: [\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "marginc.toml").touch()
    (tmp_path / "rules" / "cases").mkdir(parents=True)
    (tmp_path / "rules" / "mess.yaml").write_text(MESS, "utf-8")
    (tmp_path / "rules" / "clean.yaml").write_text(CLEAN, "utf-8")
    (tmp_path / "rules" / "cases" / "x.yaml").write_text("rulebook:   ../mess.yaml\ncases: []\n", "utf-8")
    (tmp_path / "other.yaml").write_text("a:   1\n", "utf-8")
    return tmp_path


def test_files_are_written_and_named(folder: Path, run_cli: Any) -> None:
    (folder / "rules" / "mess.yaml").chmod(0o640)
    done = run_cli("fmt", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "rules/mess.yaml\n", "2 files: 1 formatted\n")
    assert (folder / "rules" / "mess.yaml").read_text("utf-8") == CLEAN
    assert (folder / "rules" / "mess.yaml").stat().st_mode & 0o777 == 0o640
    assert (folder / "other.yaml").read_text("utf-8") == "a:   1\n"
    assert (folder / "rules" / "cases" / "x.yaml").read_text("utf-8").startswith("rulebook:   ")
    again = run_cli("fmt", cwd=folder)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "2 files: all formatted\n")
    assert sorted(path.name for path in (folder / "rules").iterdir()) == ["cases", "clean.yaml", "mess.yaml"]


def test_check_and_diff_write_nothing(folder: Path, run_cli: Any) -> None:
    done = run_cli("fmt", "--check", "rules", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (1, "rules/mess.yaml\n", "2 files: 1 would be formatted\n")
    done = run_cli("fmt", "--diff", "rules", cwd=folder)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "--- rules/mess.yaml",
        "+++ rules/mess.yaml, formatted",
        "@@ -1,5 +1,5 @@",
        "-rulebook:   x",
        "+rulebook: x",
        " language: 1",
        " formulas:",
        "-    account:",
        "-        a: 1+1   # two",
        "+  account:",
        "+    a: 1 + 1     # two",
    ]
    assert (folder / "rules" / "mess.yaml").read_text("utf-8") == MESS
    assert run_cli("fmt", "--check", "rules/clean.yaml", cwd=folder).returncode == 0


def test_a_file_that_cannot_be_read_is_reported_and_the_others_written(folder: Path, run_cli: Any) -> None:
    (folder / "rules" / "broken.yaml").write_text(BROKEN, "utf-8")
    done = run_cli("fmt", cwd=folder)
    validated = run_cli("validate", "rules/broken.yaml", cwd=folder)
    assert done.returncode == 1
    assert "MC108" in validated.stdout
    assert done.stdout == validated.stdout.rpartition("\n\n")[0] + "\nrules/mess.yaml\n"
    assert done.stderr == "3 files: 1 formatted, 1 left alone\n"
    assert (folder / "rules" / "broken.yaml").read_text("utf-8") == BROKEN
    assert (folder / "rules" / "mess.yaml").read_text("utf-8") == CLEAN


def test_what_is_no_rulebook_is_left_alone(folder: Path, run_cli: Any) -> None:
    done = run_cli("fmt", "other.yaml", "rules/cases/x.yaml", cwd=folder)
    assert done.returncode == 1
    assert "`rulebook`" in done.stdout
    assert (folder / "other.yaml").read_text("utf-8") == "a:   1\n"
    assert run_cli("fmt", "rules/nothing.yaml", cwd=folder).returncode == 2


def test_bytes_that_are_no_text_are_left_alone(folder: Path, run_cli: Any) -> None:
    (folder / "rules" / "mess.yaml").write_bytes(b"rulebook: \xff\nlanguage: 1\n")
    done = run_cli("fmt", "rules/mess.yaml", cwd=folder)
    assert done.returncode == 1
    assert "MC102" in done.stdout
    assert (folder / "rules" / "mess.yaml").read_bytes() == b"rulebook: \xff\nlanguage: 1\n"


def test_standard_input(folder: Path, run_cli: Any) -> None:
    done = run_cli("fmt", "-", cwd=folder, input=MESS)
    assert (done.returncode, done.stdout, done.stderr) == (0, CLEAN, "")
    done = run_cli("fmt", "-", "--check", "--stdin-filename", "rules/new.yaml", cwd=folder, input=MESS)
    assert (done.returncode, done.stdout) == (1, "rules/new.yaml\n")
    done = run_cli("fmt", "-", cwd=folder, input=BROKEN)
    assert (done.returncode, done.stdout) == (1, BROKEN)
    assert "MC108" in done.stderr
    assert run_cli("fmt", "-", "rules", cwd=folder, input=MESS).returncode == 2
    assert run_cli("fmt", "--stdin-filename", "x", cwd=folder).returncode == 2
