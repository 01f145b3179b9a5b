"""The package is imported once, under one name, and the command line starts without its heavy libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import marginc

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("yaml", "lark", "jsonschema", "rich", "numpy")
PROBE = """
import json, runpy, sys
sys.argv = ["marginc", *sys.argv[1:]]
try:
    runpy.run_module("marginc", run_name="__main__", alter_sys=True)
except SystemExit as end:
    code = end.code
print(json.dumps({"code": code, "loaded": sorted(name for name in sys.modules if "." not in name)}))
"""


def loaded_by(*arguments: str, cwd: Path) -> tuple[int, set[str]]:
    """Exit code and top-level modules after `python -m marginc ARGUMENTS`."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments], cwd=cwd, capture_output=True, encoding="utf-8", check=True
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    return answer["code"], set(answer["loaded"])


def test_help_starts_without_heavy_libraries(tmp_path: Path) -> None:
    code, loaded = loaded_by("--help", cwd=tmp_path)
    assert code == 0
    assert {"marginc", "click"} <= loaded  # the probe sees what was imported
    assert loaded.isdisjoint(HEAVY)


def test_importing_the_package_takes_no_library(tmp_path: Path) -> None:
    text = "import json, sys, marginc; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", text], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    loaded = set(json.loads(done.stdout))
    assert "marginc" in loaded
    assert loaded.isdisjoint({*HEAVY, "click"})


def test_validate_loads_the_compiler_s_libraries(tmp_path: Path) -> None:
    rulebook = ROOT / "rules" / "hyperliquid" / "portfolio-margin.yaml"
    code, loaded = loaded_by("validate", "--no-cache", str(rulebook), cwd=tmp_path)
    assert code == 0
    assert {"yaml", "lark"} <= loaded  # so their absence after --help means something
    assert "numpy" not in loaded


def test_a_rulebook_known_to_be_clean_needs_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARGINC_CACHE_DIR", str(tmp_path / "clean"))
    rulebook = tmp_path / "book.yaml"
    rulebook.write_text("rulebook: book\nlanguage: 1\nnumeraire: USD\nparameters: { trigger: 80% }\n", "utf-8")
    first = loaded_by("validate", str(rulebook), cwd=tmp_path)
    assert first[0] == 0
    assert "yaml" in first[1]
    code, loaded = loaded_by("validate", str(rulebook), cwd=tmp_path)
    assert code == 0
    assert loaded.isdisjoint(HEAVY)
    rulebook.write_text(rulebook.read_text("utf-8").replace("80%", "90%"), "utf-8")
    assert "yaml" in loaded_by("validate", str(rulebook), cwd=tmp_path)[1]


def test_the_package_is_this_tree() -> None:
    assert Path(marginc.__file__).resolve() == ROOT / "__init__.py"


def test_no_file_of_the_package_is_imported_twice() -> None:
    """Two names for one file would mean two `Diagnostic` classes and two code registers."""
    names = defaultdict(set)
    for name, module in sys.modules.copy().items():
        file = getattr(module, "__file__", None)
        if file and (path := Path(file).resolve()).is_relative_to(ROOT) and not {".venv", "tests"} & set(path.parts):
            names[path.relative_to(ROOT).as_posix()].add(name)
    assert names["__init__.py"] == {"marginc"}
    assert {file: found for file, found in names.items() if len(found) > 1} == {}
