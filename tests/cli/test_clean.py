"""A clean verdict is remembered, and forgotten as soon as anything it was read from changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from marginc.cli.clean import remember, remembered

PARENT = "rulebook: parent\nlanguage: 1\nnumeraire: USDC\nparameters: { trigger: 95% }\n"
CHILD = "rulebook: child\nlanguage: 1\nextends: parent.yaml\n"


@pytest.fixture
def rulebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MARGINC_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "parent.yaml").write_text(PARENT)
    (tmp_path / "child.yaml").write_text(CHILD)
    return tmp_path / "child.yaml"


def test_nothing_is_known_at_first(rulebook: Path) -> None:
    assert remembered(rulebook) is None


def test_what_was_remembered_is_known(rulebook: Path) -> None:
    remember(rulebook, [rulebook.with_name("parent.yaml")])
    assert remembered(rulebook) == [rulebook, rulebook.with_name("parent.yaml")]


@pytest.mark.parametrize("name", ["child.yaml", "parent.yaml"])
def test_a_changed_file_is_unknown_again(rulebook: Path, name: str) -> None:
    remember(rulebook, [rulebook.with_name("parent.yaml")])
    changed = rulebook.with_name(name)
    changed.write_text(changed.read_text().replace("language: 1", "language: 1 "))
    assert remembered(rulebook) is None


def test_a_file_that_went_away_is_unknown_again(rulebook: Path) -> None:
    remember(rulebook, [rulebook.with_name("parent.yaml")])
    rulebook.with_name("parent.yaml").unlink()
    assert remembered(rulebook) is None


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"checker": 1, "files": 2}', "\x00"])
def test_a_damaged_memory_is_no_memory(rulebook: Path, tmp_path: Path, text: str) -> None:
    remember(rulebook, [])
    (entry,) = (tmp_path / "cache").iterdir()
    entry.write_text(text)
    assert remembered(rulebook) is None


def test_without_a_place_to_remember_nothing_happens(
    rulebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MARGINC_CACHE_DIR", str(tmp_path / "file"))
    remember(rulebook, [])
    assert remembered(rulebook) is None
