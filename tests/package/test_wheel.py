"""What people install: the wheel holds the whole package and nothing else, and works from an empty environment."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
NOT_SHIPPED = {"tests", "benchmarks", "docs", "examples", "editors", "ci-templates", "build", "dist"}
RULEBOOK = "rules/hyperliquid/portfolio-margin.yaml"
RECORDED_RATIO = Decimal("0.3661023848")
"""portfolioMarginRatio that the venue returned for the account of examples/hype-borrow.json, 2026-09-08."""


def is_by_product(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__" or name.endswith((".egg-info", ".pyc"))


def package_tree(root: Path) -> set[str]:
    """Every file that belongs to the package: of its root the modules and the marker, of its folders all but notes."""
    found = {path.name for path in root.glob("*.py")} | {"py.typed"}
    for path in root.rglob("*"):
        parts = path.relative_to(root).parts
        inside = len(parts) > 1 and parts[0] not in NOT_SHIPPED and not any(map(is_by_product, parts))
        if inside and path.suffix != ".md" and path.is_file():
            found.add("/".join(parts))
    return found


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree in a folder whose name is no identifier: building leaves nothing in the checkout,
    and nothing an earlier build left there gets in."""
    copy = tmp_path_factory.mktemp("source") / "my-clone"
    shutil.copytree(
        ROOT, copy, ignore=lambda _, names: {name for name in names if is_by_product(name) or name in {"build", "dist"}}
    )
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, source],
        cwd=out,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\n(an old environment? `make clean test` makes it anew)"
    (built,) = out.glob("*.whl")
    return built


def requirements_of(distribution: importlib.metadata.Distribution) -> list[str]:
    """Names of what it needs here, extras left out."""
    needed = [Requirement(text) for text in distribution.requires or []]
    return [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]


def declared_dependencies(names: list[str]) -> dict[str, importlib.metadata.Distribution]:
    """The distributions behind `names`, and behind what they need in turn."""
    found: dict[str, importlib.metadata.Distribution] = {}
    while names:
        name = names.pop()
        if name not in found:
            found[name] = importlib.metadata.distribution(name)
            names += requirements_of(found[name])
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an empty environment with the wheel installed.

    Nothing is downloaded: the wheel goes in with --no-deps, then exactly the libraries its metadata declares, and
    what those declare, are linked in from the environment of the tests. That is honest where a path to all of that
    environment would not be: marginc itself can only come from the wheel, and a library nobody declared is missing.
    What it leaves out is whether an index would resolve the lower bounds; installing for the tests has done that.
    """
    home = tmp_path_factory.mktemp("empty") / "environment"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel],
        check=True,
        env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
    )
    (site,) = home.glob("lib/python*/site-packages")
    (metadata,) = importlib.metadata.distributions(name="marginc", path=[str(site)])
    for distribution in declared_dependencies(requirements_of(metadata)).values():
        for top in {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}:
            (site / top).symlink_to(Path(str(distribution.locate_file(top))))
    return home / "bin"


def run(program: Path, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program of the empty environment, in `cwd`, without the caller's Python settings."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [program, *arguments], cwd=cwd, env=clean, capture_output=True, encoding="utf-8", check=False, timeout=60
    )


def test_the_wheel_is_the_tree(wheel: Path, source: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    tree = {f"marginc/{name}" for name in package_tree(source)}
    assert tree - shipped == set(), (
        "in the tree but not in the wheel: list it in pyproject.toml under [tool.setuptools]"
    )
    assert shipped - tree == set(), "in the wheel but not in the package"


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (folder,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        metadata = archive.read(f"{folder}/METADATA").decode()
        licence = archive.read(f"{folder}/licenses/LICENSE").decode()
        scripts = archive.read(f"{folder}/entry_points.txt").decode()
    assert "\nLicense-Expression: Apache-2.0\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
    assert "END OF TERMS AND CONDITIONS" in licence
    assert "marginc = marginc.cli:main" in scripts


def test_installed_it_comes_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    done = run(installed / "python", "-c", "import marginc; print(marginc.__file__)", cwd=tmp_path)
    assert done.stderr == ""
    assert Path(done.stdout.strip()).is_relative_to(installed.parent)
    done = run(installed / "python", "-c", "import pytest", cwd=tmp_path)
    assert "ModuleNotFoundError" in done.stderr  # the environment really is an empty one


def test_installed_it_shows_help(installed: Path, tmp_path: Path) -> None:
    done = run(installed / "marginc", "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "validate" in done.stdout
    assert "evaluate" in done.stdout


def test_installed_it_evaluates_a_shipped_rulebook(installed: Path, tmp_path: Path) -> None:
    """From an unrelated folder, so rules, schemas and grammar are found in the installed package."""
    if not (ROOT / RULEBOOK).exists():
        pytest.skip(f"{RULEBOOK} is not written yet")
    snapshot = ROOT / "examples" / "hype-borrow.json"
    done = run(
        installed / "marginc", "evaluate", "hyperliquid/portfolio-margin", snapshot, "--format", "json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    (account,) = json.loads(done.stdout)["accounts"]
    assert (account["status"], account["errors"]) == ("healthy", [])
    ratio = Decimal(account["outputs"]["margin_ratio"])
    assert abs(ratio - RECORDED_RATIO) <= RECORDED_RATIO * Decimal("1e-8")
