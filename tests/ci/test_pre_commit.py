"""pre-commit itself, on a scratch repository: it installs marginc from this tree and refuses a broken commit."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PRE_COMMIT = Path(sys.executable).parent / "pre-commit"
HOOKS = ["marginc-validate", "marginc-fmt", "marginc-lint", "marginc-test"]
UNREACHABLE = re.compile(
    r"Could not find a version|No matching distribution|ConnectionError|Max retries|Name or service"
)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This tree as it stands, as a repository of its own: what `repo:` names in a configuration of pre-commit."""
    if shutil.which("git") is None or not PRE_COMMIT.is_file():
        pytest.skip("`git` and pre-commit have to be installed: pip install pre-commit")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this tree is no git checkout, so its files are not known")
    copy = tmp_path_factory.mktemp("hooks") / "marginc"
    for name in listed.stdout.decode().split("\0"):
        # tests, documents and benchmarks are no part of what is installed
        if name and name.split("/")[0] not in ("tests", "docs", "benchmarks", "examples") and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    return copy


def pre_commit(repository: Any, *arguments: str) -> Any:
    """Runs pre-commit, with what it builds beside the repository and not in the home of whoever tests."""
    home = {"PRE_COMMIT_HOME": str(repository.path.parent / "pre-commit"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return repository.run(PRE_COMMIT, *arguments, env=home)


@pytest.fixture
def installed(repository: Any, hooks: Path) -> Any:
    """The example repository with its hooks installed, as `.pre-commit-config.yaml` lists them."""
    source = type(repository)(hooks, repository.cache)
    if not (hooks / ".git").exists():
        source.git("init", "--quiet", "--initial-branch", "main")
        source.commit("As it stands")
    file = repository.path / ".pre-commit-config.yaml"
    text = file.read_text("utf-8").replace("https://github.com/OWNER/marginc", str(hooks))
    file.write_text(text.replace("v0.1.0", source.git("rev-parse", "HEAD").strip()), "utf-8")
    repository.commit("Name the hooks")
    done = pre_commit(repository, "install", "--install-hooks")
    if done.code and UNREACHABLE.search(done.out + done.err):
        pytest.skip("pre-commit installs marginc's libraries with pip, and pip reaches no package index here")
    assert done.code == 0, done.out + done.err
    return repository


def test_the_hooks_are_those_the_example_names() -> None:
    manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in manifest] == HOOKS
    configuration = yaml.safe_load((ROOT / "examples/rules-repo/.pre-commit-config.yaml").read_text("utf-8"))
    assert [hook["id"] for hook in configuration["repos"][0]["hooks"]] == HOOKS


def test_a_broken_commit_is_refused_and_a_correct_one_is_made(installed: Any) -> None:
    home = {"PRE_COMMIT_HOME": str(installed.path.parent / "pre-commit")}
    done = pre_commit(installed, "run", "--all-files")
    assert (done.code, done.out.count("Passed")) == (0, len(HOOKS)), done.out + done.err

    installed.edit("rules/margin.yaml", "SOL: { ltv: 30%, cap: 20_000 }", "SOL: { ltv: 30%, kap: 20_000 }")
    installed.git("add", "--all")
    refused = installed.run("git", "commit", "--message", "Take SOL", env=home)
    assert refused.code == 1
    assert re.search(r"marginc validate\.+Failed", refused.err), refused.err
    assert "error[MC204]: `assets` has no parameter `kap`" in refused.err
    assert "did you mean `cap`?" in refused.err

    installed.edit("rules/margin.yaml", "SOL: { ltv: 30%, kap: 20_000 }", "SOL: { ltv: 30%, cap:    25_000 }")
    installed.git("add", "--all")
    formatted = installed.run("git", "commit", "--message", "Take SOL", env=home)
    assert formatted.code == 1
    assert re.search(r"marginc fmt\.+Failed", formatted.err)
    assert "files were modified by this hook" in formatted.err

    installed.git("add", "--all")
    made = installed.run("git", "commit", "--message", "Take SOL", env=home)
    assert made.code == 0, made.out + made.err
    assert "SOL: { ltv: 30%, cap: 25_000 }" in installed.git("show", "HEAD:rules/margin.yaml")
