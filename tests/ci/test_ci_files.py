"""What is copied into other repositories: the action, the template, the hooks; each is what its platform reads."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "rules-repo"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
TEMPLATE = yaml.safe_load((ROOT / "ci-templates/gitlab.yml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("github-actions", ROOT / "action.yml"),
        ("github-workflows", EXAMPLE / ".github/workflows/rules.yml"),
        ("gitlab-ci", ROOT / "ci-templates/gitlab.yml"),
        ("gitlab-ci", EXAMPLE / ".gitlab-ci.yml"),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_a_file_is_of_its_platform_s_schema(schema: str, file: Path) -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    done = subprocess.run(check, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hooks_are_a_manifest_of_pre_commit() -> None:
    program = Path(sys.executable).parent / "pre-commit"
    for arguments in (
        ("validate-manifest", ".pre-commit-hooks.yaml"),
        ("validate-config", EXAMPLE / ".pre-commit-config.yaml"),
    ):
        done = subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
        assert (done.returncode, done.stdout) == (0, "")


def steps() -> list[dict[str, Any]]:
    return [step for step in ACTION["runs"]["steps"] if "run" in step]


def test_no_input_of_the_action_is_part_of_a_script() -> None:
    for step in steps():
        assert "${{" not in step["run"], "an input in a script could be a command"
    used = {
        name
        for step in steps()
        for value in step.get("env", {}).values()
        for name in re.findall(r"inputs\.(\S+)", value)
    }
    assert used | {"python-version"} == set(ACTION["inputs"])


def test_the_action_s_last_step_runs_with_its_inputs(repository: Any) -> None:
    """As GitHub runs it: inputs put into the environment, bash without a profile, the action's own folder known."""
    repository.edit("rules/margin.yaml", "SOL: { ltv: 30%, cap: 20_000 }", "SOL: { ltv: 30%, kap: 20_000 }")
    inputs = {name: one.get("default", "") for name, one in ACTION["inputs"].items()}
    inputs |= {"sarif": "out.sarif", "paths": "rules/base.yaml rules/margin.yaml", "checks": "validate lint"}
    step = steps()[-1]
    environment = {
        key: re.sub(r"\$\{\{ inputs\.(\S+) \}\}", lambda found: inputs[found[1]], value)
        for key, value in step["env"].items()
    }
    environment["GITHUB_ACTION_PATH"] = str(ROOT)
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
    done = repository.run(*command, env=environment)
    assert done.code == 1
    assert done.out.count("title=MC204") == 2, "validate and lint both say so"
    assert '"ruleId": "MC204"' in (repository.path / "out.sarif").read_text("utf-8")


def test_every_job_of_the_template_runs_on_the_example(repository: Any) -> None:
    jobs = {name: job for name, job in TEMPLATE.items() if "script" in job}
    assert list(jobs) == ["marginc-validate", "marginc-fmt", "marginc-lint", "marginc-test"]
    for name, job in jobs.items():
        for line in job["script"]:
            done = repository.run("bash", "-c", line, env={"RULES": ""})
            assert done.code == 0, f"{name}: {line}\n{done.out}{done.err}"
        for report in job.get("artifacts", {}).get("reports", {}).values():
            assert (repository.path / report).stat().st_size > 0, f"{name} does not write {report}"
