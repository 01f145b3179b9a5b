"""Settings: which of flag, variable, file and default counts, and what people are told of a file that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from marginc.cli import VERBS, group
from marginc.cli.configuration import known_verbs, variable
from marginc.cli.configuration_file import find_configuration

BROKEN = "rulebook: pm\nlanguage: 1\nnumeraire: USD\nparameters: { trigger: 80 USC }\n"
"""A rulebook with one finding."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of rules; what lies above it is no concern of its configuration."""
    (tmp_path / "marginc.toml").write_text('[validate]\nformat = "sarif"\n', "utf-8")
    folder = tmp_path / "repository"
    (folder / ".git").mkdir(parents=True)
    (folder / "rules").mkdir()
    (folder / "rules" / "pm.yaml").write_text(BROKEN, "utf-8")
    return folder


def format_of(text: str) -> str:
    if text.startswith("error["):
        return "text"
    if text.startswith("::error"):
        return "github"
    return "json" if text.startswith("[") else "concise"


@pytest.mark.parametrize(
    ("file", "environment", "arguments", "expected"),
    [
        ("", {}, (), "text"),
        ('format = "json"', {}, (), "json"),
        ('format = "json"', {"MARGINC_VALIDATE_FORMAT": "github"}, (), "github"),
        ('format = "json"', {"MARGINC_VALIDATE_FORMAT": "github"}, ("--format", "concise"), "concise"),
        ('format = "json"', {}, ("--format", "text"), "text"),
        ('format = "json"', {"MARGINC_VALIDATE_FORMAT": ""}, (), "json"),
    ],
)
def test_a_flag_counts_then_the_environment_then_the_file(
    repository: Path, run_cli: Any, file: str, environment: dict[str, str], arguments: tuple[str, ...], expected: str
) -> None:
    (repository / "marginc.toml").write_text(f"[validate]\n{file}\n", "utf-8")
    done = run_cli("validate", *arguments, cwd=repository, env=environment)
    assert done.returncode == 1
    assert format_of(done.stdout) == expected


def test_pyproject_counts_from_a_folder_below_it(repository: Path, run_cli: Any) -> None:
    text = '[project]\nname = "rules"\n\n[tool.marginc.validate]\nformat = "concise"\npaths = ["rules"]\nquiet = true\n'
    (repository / "pyproject.toml").write_text(text, "utf-8")
    (repository / "deep" / "er").mkdir(parents=True)
    done = run_cli("validate", cwd=repository / "deep" / "er")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith(f"{repository}/rules/pm.yaml:4:")  # paths are those of the file, not of the folder
    assert done.stdout.count("\n") == 1


def test_the_search_ends_at_the_repository(repository: Path) -> None:
    assert find_configuration(repository / "rules") == (None, [])
    above, _ = find_configuration(repository.parent)
    assert above is not None
    assert above.tables == {"validate": {"format": "sarif"}}


def test_of_two_in_one_folder_one_counts_and_says_so(repository: Path, run_cli: Any) -> None:
    (repository / "marginc.toml").write_text('[validate]\nformat = "concise"\n', "utf-8")
    (repository / "pyproject.toml").write_text('[tool.marginc.validate]\nformat = "json"\n', "utf-8")
    done = run_cli("validate", cwd=repository)
    assert format_of(done.stdout) == "concise"
    assert done.stderr.startswith(
        "warning[MC794]: `pyproject.toml` has settings of marginc that do not count\n  ┌─ pyproject.toml:1:7\n"
    )
    assert "  ├─ marginc.toml\n" in done.stderr


@pytest.mark.parametrize(
    ("text", "concise"),
    [
        ('[validate]\nfromat = "json"\n', "marginc.toml:2:1: MC791 `validate` has no setting `fromat`"),
        ('[validat]\nformat = "json"\n', "marginc.toml:1:2: MC791 there is no verb `validat`"),
        (
            'validate = { quiet = true, fromat = "json" }\n',
            "marginc.toml:1:28: MC791 `validate` has no setting `fromat`",
        ),
        ('validate.fromat = "json"\n', "marginc.toml:1:10: MC791 `validate` has no setting `fromat`"),
        ('[validate]\n  format = "xml"  # x\n', 'marginc.toml:2:12: MC792 `format` of `validate` cannot be `"xml"`'),
        ("[validate]\nformat = 3\n", "marginc.toml:2:10: MC792 `format` of `validate` cannot be `3`"),
        ('[validate]\ncache = "no"\n', "marginc.toml:2:9: MC792 `cache` of `validate` is a switch"),
        ('[validate]\npaths = "rules"\n', "marginc.toml:2:9: MC792 `paths` of `validate` is a list of texts"),
        ("validate = 3\n", "marginc.toml:1:12: MC792 `validate` is no table"),
        ("paths = [3]\n", "marginc.toml:1:9: MC792 `paths` is a list of texts"),
        ("[validate\n", "marginc.toml:1:10: MC793 the configuration cannot be read: "),
    ],
)
def test_a_mistake_is_a_finding_at_its_place(repository: Path, run_cli: Any, text: str, concise: str) -> None:
    (repository / "marginc.toml").write_text(text, "utf-8")
    done = run_cli("validate", cwd=repository)
    assert (done.returncode, done.stdout) == (2, "")
    place, _, rest = concise.partition(" ")
    code, _, message = rest.partition(" ")
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"error[{code}]: {message}")
    assert lines[1].strip() == f"┌─ {place.removesuffix(':')}"
    assert any(line.strip().startswith("help: ") for line in lines)


@pytest.mark.parametrize(
    ("verb", "line", "problem"),
    [
        ("lint", "tier-tolerance = 3", ""),
        ("lint", "tier-tolerance = true", "`tier-tolerance` of `lint` cannot be `true`"),
        ("lint", "tier-tolerance = 0.5", "`tier-tolerance` of `lint` cannot be `0.5`"),
        ("lint", 'ignore = ["MC802"]', ""),
        ("test", "cov-fail-under = 90", ""),
        ("test", "cov-fail-under = 101", "`cov-fail-under` of `test` cannot be `101`"),
        ("mutate", "sample = 2.5", "`sample` of `mutate` cannot be `2.5`"),
        ("mutate", "sample = 20", ""),
        ("validate", "stdin-filename = 3", "`stdin-filename` of `validate` cannot be `3`"),
    ],
)
def test_a_value_is_what_its_flag_takes(repository: Path, run_cli: Any, verb: str, line: str, problem: str) -> None:
    (repository / "marginc.toml").write_text(f"[{verb}]\n{line}\n", "utf-8")
    done = run_cli("settings", verb, cwd=repository)
    assert done.returncode == (2 if problem else 0)
    assert done.stderr.startswith(f"error[MC792]: {problem}" if problem else "")


def test_ten_thousand_mistakes_are_no_wait(repository: Path, run_cli: Any) -> None:
    lines = "".join(f"a{number} = 1\n" for number in range(10_000))
    (repository / "marginc.toml").write_text(f"[validate]\n{lines}", "utf-8")
    done = run_cli("validate", cwd=repository)
    assert done.returncode == 2
    assert done.stderr.count("error[MC791]") == 20


def test_a_misspelt_setting_names_the_one_that_was_meant(repository: Path, run_cli: Any) -> None:
    (repository / "marginc.toml").write_text('[validate]\nfromat = "json"\n', "utf-8")
    done = run_cli("validate", cwd=repository)
    assert '2│ fromat = "json"\n  │ ^^^^^^ not read\n  help: did you mean `format`?\n' in done.stderr


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a = [" + b"[" * 100_000, b"#" * (1 << 20) + b"\n"])
def test_no_file_is_too_strange(repository: Path, run_cli: Any, data: bytes) -> None:
    (repository / "marginc.toml").write_bytes(data)
    done = run_cli("validate", cwd=repository)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error[MC793]: the configuration cannot be read: ")


def test_a_wrong_variable_is_named(repository: Path, run_cli: Any) -> None:
    done = run_cli("validate", cwd=repository, env={"MARGINC_VALIDATE_FORMAT": "xml"})
    assert done.returncode == 2
    assert "'--format' (env var: 'MARGINC_VALIDATE_FORMAT')" in done.stderr


def test_what_holds_and_from_where(repository: Path, run_cli: Any) -> None:
    (repository / "marginc.toml").write_text('[validate]\nformat = "json"\nquiet = true\n', "utf-8")
    environment = {"MARGINC_VALIDATE_FORMAT": "github", "MARGINC_VALIDATE_FROMAT": "x"}
    done = run_cli("settings", "validate", cwd=repository, env=environment)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert (done.returncode, lines[0]) == (0, ["configuration:", "marginc.toml"])
    assert ["validate", "format", "github", "MARGINC_VALIDATE_FORMAT"] in lines
    assert ["validate", "quiet", "true", "marginc.toml:3"] in lines
    assert ["validate", "cache", "true", "default"] in lines
    assert done.stderr == "no flag reads MARGINC_VALIDATE_FROMAT; did you mean MARGINC_VALIDATE_FORMAT?\n"


def test_without_a_verb_what_is_set_anywhere_is_shown(repository: Path, run_cli: Any) -> None:
    (repository / "marginc.toml").write_text('[validate]\nquiet = true\n[evaluate]\nformat = "json"\n', "utf-8")
    lines = run_cli("settings", cwd=repository).stdout.splitlines()
    assert [line.split() for line in lines[3:]] == [
        ["validate", "quiet", "true", "marginc.toml:2"],
        ["evaluate", "format", "json", "marginc.toml:4"],
    ]


def test_every_flag_has_a_variable_and_no_two_share_one() -> None:
    names = [
        variable(verb, option.opts[-1].removeprefix("--"))
        for verb in known_verbs()
        for option in group.load(verb).params
        if isinstance(option, click.Option)
    ]
    assert set(known_verbs()) == set(VERBS) - {"settings"}
    assert len(names) == len(set(names)) > 40


def test_a_switch_can_be_turned_off_by_a_variable(repository: Path, run_cli: Any) -> None:
    (repository / "marginc.toml").write_text("[validate]\nquiet = true\n", "utf-8")
    (repository / "rules" / "pm.yaml").write_text(BROKEN.replace(" USC", "%"), "utf-8")
    assert run_cli("validate", cwd=repository).stdout == ""
    loud = run_cli("validate", cwd=repository, env={"MARGINC_VALIDATE_QUIET": "false"})
    assert (loud.returncode, loud.stdout) == (0, "1 file: no findings.\n")


def test_settings_of_other_verbs_are_left_alone(repository: Path, run_cli: Any) -> None:
    (repository / "marginc.toml").write_text('[evaluate]\nformat = "json"\n', "utf-8")
    done = run_cli("validate", "--format", "json", cwd=repository)
    assert [one["code"] for one in json.loads(done.stdout)] == ["MC204"]
