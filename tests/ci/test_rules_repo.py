"""The example repository lives: commits, a pull request that is broken, its correction, one that amends the rules.

What its CI runs is run here: `ci-templates/github.sh`, which is what action.yml runs.
"""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from marginc import __version__

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = Path(__file__).parent / "golden"
CI = ROOT / "ci-templates" / "github.sh"
LAST = "        SOL: { ltv: 30%, cap: 20_000 }\n"
"""The last line of the last notice."""
NOTICE = """\
  - effective: 2026-09-01
    about: less for bitcoin
    source: https://rules.northgate.example/notices/3
    parameters:
      assets:
        BTC: { ltv: 55%, cap: 300 }
"""
CASE = """\
  - name: the same loan under the third notice
    about: 2 x 60,000 x 55 % = 66,000; 60,000 / 66,000 = 90.9 %
    source: https://rules.northgate.example/notices/3
    snapshot:
      as_of: 2026-09-01
      assets: { BTC: { price: 60_000 } }
      accounts: [{ debt: 60_000, balances: [{ asset: BTC, amount: 2 }] }]
    expect:
      status: call
      outputs: { backing: 66_000 }
"""


BROKEN = LAST, LAST + NOTICE.replace("55%, cap: 300 }", "55%, kap: 300 }\n        ETH: { ltv: 45 USD }")
PAST = "BTC: { ltv: 65% }", "BTC: { ltv: 55% }"
"""Notice 3 as it must not be taken over: the terms of May are overwritten."""


def branch(repository: Any, name: str, old: str = LAST, new: str = LAST + NOTICE) -> None:
    """A pull request that changes the rules; without more, by a new notice."""
    repository.git("switch", "--quiet", "--create", name, "main")
    repository.edit("rules/margin.yaml", old, new)
    repository.commit(f"Take over notice 3 ({name})")


def annotations(out: str) -> list[str]:
    """The workflow commands in a log, without those that shield the text of files."""
    return re.sub(r"::stop-commands::(\w+)\n.*?::\1::\n", "", out, flags=re.DOTALL).splitlines()


def added_lines(repository: Any) -> dict[str, set[int]]:
    """The lines that this branch adds to main, by file."""
    found: dict[str, set[int]] = {}
    file = ""
    for line in repository.git("diff", "--unified=0", "main...HEAD").splitlines():
        if line.startswith("+++ b/"):
            file = line.removeprefix("+++ b/")
        elif hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line):
            begin, count = int(hunk[1]), int(hunk[2] or 1)
            found.setdefault(file, set()).update(range(begin, begin + count))
    return found


def test_the_first_commit_passes_its_own_ci(repository: Any) -> None:
    done = repository.run("bash", CI)
    assert (done.code, annotations(done.out)) == (0, []), done.out + done.err
    assert "2 files: no findings." in done.err
    assert "8 cases in 1 file: 8 passed." in done.err
    assert repository.git("status", "--porcelain") == "", "checking a repository leaves nothing behind"


def test_a_broken_pull_request_is_shown_on_the_lines_it_adds(repository: Any) -> None:
    branch(repository, "broken", LAST, LAST + NOTICE.replace("cap: 300", "kap: 300"))
    done = repository.run("bash", CI, env={"INPUT_CHECKS": "validate", "INPUT_SARIF": "marginc.sarif"})
    assert done.code == 1
    (annotation,) = annotations(done.out)
    place = re.match(r"::error file=([^,]+),line=(\d+),", annotation)
    assert place is not None
    assert int(place[2]) in added_lines(repository)[place[1]]
    (run,) = json.loads((repository.path / "marginc.sarif").read_text("utf-8"))["runs"]
    (result,) = run["results"]
    location = result["locations"][0]["physicalLocation"]
    assert (location["artifactLocation"]["uri"], location["region"]["startLine"]) == (place[1], int(place[2]))
    (fix,) = result["fixes"]
    (replacement,) = fix["artifactChanges"][0]["replacements"]
    region, text = replacement["deletedRegion"], replacement["insertedContent"]["text"]
    # the fix as a platform applies it: the finding is gone, and CI with it
    file = repository.path / place[1]
    lines = file.read_text("utf-8").split("\n")
    line = lines[region["startLine"] - 1]
    lines[region["startLine"] - 1] = line[: region["startColumn"] - 1] + text + line[region["endColumn"] - 1 :]
    file.write_text("\n".join(lines), "utf-8")
    (repository.path / "marginc.sarif").unlink()
    repository.commit("Correct the name")
    assert repository.run("bash", CI).code == 0
    assert NOTICE in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "verb", "change"),
    [
        ("validate.sarif", "validate", BROKEN),
        ("validate.junit.xml", "validate", BROKEN),
        ("validate.github.txt", "validate", BROKEN),
        ("validate.gitlab.json", "validate", BROKEN),
        ("test.junit.xml", "test", PAST),
        ("test.github.txt", "test", PAST),
    ],
)
def test_what_platforms_get_of_a_broken_pull_request(
    repository: Any, name: str, verb: str, change: tuple[str, str], write_docs: bool
) -> None:
    branch(repository, "broken", *change)
    format = name.split(".")[1]
    done = repository.run("marginc", verb, "--format", format)
    assert done.code == 1, done.err
    shown = done.out.replace(f'"semanticVersion": "{__version__}"', '"semanticVersion": "VERSION"')
    if write_docs:
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / name).write_text(shown, "utf-8")
    assert shown == (GOLDEN / name).read_text("utf-8"), "write it with --write-docs, and read the difference"


def test_a_pull_request_that_changes_the_past_fails_its_cases(repository: Any) -> None:
    branch(repository, "past", *PAST)
    done = repository.run("bash", CI, env={"INPUT_CHECKS": "validate test"})
    assert done.code == 1
    root = ET.fromstring(repository.run("marginc", "test", "--format", "junit").out)
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert failed == ["the same loan after the second notice"]


def test_an_amendment_goes_in_with_its_case(repository: Any) -> None:
    branch(repository, "notice-3")
    cases = repository.path / "rules/cases/margin.yaml"
    cases.write_text(cases.read_text("utf-8").rstrip("\n") + "\n\n" + CASE, "utf-8")
    repository.commit("Say what notice 3 means for a loan")
    done = repository.run("bash", CI)
    assert (done.code, annotations(done.out)) == (0, []), done.out + done.err
    assert "9 cases in 1 file: 9 passed." in done.err
    repository.git("switch", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--message", "Merge notice 3", "notice-3")
    assert repository.run("bash", CI).code == 0
    shown = repository.run("marginc", "show", "rules/margin.yaml", "assets.BTC.ltv", "--history").out.splitlines()
    assert [line.split()[:2] for line in shown[3:]] == [
        ["2026-01-05", "60%"],
        ["2026-05-04", "65%"],
        ["2026-09-01", "55%"],
    ]
    assert len(repository.git("log", "--oneline", "--first-parent").splitlines()) == 2


def test_a_line_of_a_file_is_no_command(repository: Any) -> None:
    """What `fmt` shows of a file stands between the words that stop commands; GitHub trims blanks before `::`."""
    about = "about: |\n      less\n      ::error::x\n    source:   https"
    branch(repository, "hostile", LAST, LAST + NOTICE.replace("about: less for bitcoin\n    source: https", about))
    done = repository.run("bash", CI, env={"INPUT_CHECKS": "fmt"})
    assert done.code == 1
    assert "::error::x" in done.out
    assert annotations(done.out) == []


def test_a_path_that_is_not_there_is_no_finding(repository: Any) -> None:
    assert repository.run("bash", CI, env={"INPUT_PATHS": "rules/nothing.yaml", "INPUT_CHECKS": "validate"}).code == 2
