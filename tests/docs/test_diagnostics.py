"""Every code has a page that is current, is raised by a file or a test, and says where."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import diagnostic_pages
import pytest
from diagnostic_pages import BAD, Family

from marginc.program.codes import PAGES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "diagnostics"

NOT_IN_A_RULEBOOK = {
    "MC42": ["tests/book", "tests/native"],
    "MC43": ["tests/cli/test_books.py"],
    "MC45": ["tests/importers/test_hyperliquid_modes.py", "tests/importers/test_hyperliquid_damaged.py"],
    "MC455": ["tests/importers/test_hyperliquid.py"],
    "MC46": ["tests/importers/test_hyperliquid_modes.py", "tests/importers/test_drift.py"],
    "MC60": ["tests/program/test_load.py"],
    "MC7": ["tests/cli", "tests/cases", "tests/coverage", "tests/mutation"],
    "MC79": ["tests/ci/test_configuration.py"],
}
"""What is found in a venue's answers, artifacts, cases and configurations: the tests that raise it."""

BY_NOTHING = {"MC709": "two executors that disagree, which is a defect of ours and no mistake of a user"}


@pytest.fixture(scope="module")
def families() -> list[Family]:
    return diagnostic_pages.families()


def test_the_documents_are_current(families: list[Family], write_docs: bool) -> None:
    documents = diagnostic_pages.documents(families)
    if write_docs:
        FOLDER.mkdir(exist_ok=True)
        for old in FOLDER.glob("*.md"):
            old.unlink()
        for name, text in documents.items():
            (FOLDER / name).write_text(text, "utf-8")
    assert {path.name for path in FOLDER.iterdir()} == set(documents)
    stale = [name for name, text in documents.items() if (FOLDER / name).read_text("utf-8") != text]
    assert stale == [], "write them with --write-docs"


def test_every_code_stands_in_one_family(families: list[Family]) -> None:
    listed = [code.number for family in families for code in family.codes]
    assert sorted(listed) == sorted(PAGES)
    assert len({family.name for family in families}) == len(families)


def test_every_page_says_what_it_means_and_the_way_out(families: list[Family]) -> None:
    for code in (code for family in families for code in family.codes):
        paragraphs = code.text.split("\n\n")
        assert len(paragraphs) >= 2, f"the page of {code.number} is a title only"
        assert "\n" not in paragraphs[0], f"{code.number}: its title is one line"
        assert not code.title.endswith("."), code.number
        assert len(code.text.splitlines()) <= 40, code.number


def elsewhere() -> dict[str, str]:
    """The table ELSEWHERE of tests/bad/test_bad.py: codes that no small text can raise, with the reason."""
    tree = ast.parse((BAD / "test_bad.py").read_text("utf-8"))
    (table,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "ELSEWHERE"
    ]
    found = ast.literal_eval(table)
    assert isinstance(found, dict)
    return found


def texts_below(places: list[str]) -> str:
    files = [
        file for place in places for file in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*"))
    ]
    return "\n".join(file.read_text("utf-8") for file in files if file.suffix in (".py", ".yaml") and file.is_file())


def test_every_code_is_raised(families: list[Family]) -> None:
    """By a file of tests/bad, else by a test; where it is nothing of a rulebook, by one that names the code."""
    first_lines = [file.read_text("utf-8").split("\n")[0] for file in BAD.glob("*.yaml")]
    raised = set(re.findall(r"MC\d{3}", "\n".join(first_lines))) | set(elsewhere()) | set(BY_NOTHING)
    missing = []
    for code in (code.number for family in families for code in family.codes):
        named = next(
            (NOT_IN_A_RULEBOOK[code[:length]] for length in (5, 4, 3) if code[:length] in NOT_IN_A_RULEBOOK), []
        )
        if code not in raised and code not in texts_below(named):
            missing.append(code)
    assert missing == []


def test_an_exception_has_a_reason_and_a_test_that_is_there() -> None:
    for code, reason in elsewhere().items():
        files = re.findall(r"tests/\S+\.py", reason)
        assert reason.partition(":")[0], code
        assert all((ROOT / file).is_file() for file in files), code


def test_every_finding_of_a_rulebook_has_its_line() -> None:
    """In all that tests/bad shows: below each head a place with line and column, and the line itself."""
    heads = 0
    for file in sorted(BAD.glob("*.expected")):
        lines = file.read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            if re.match(r"(error|warning)\[MC\d{3}\]: ", line):
                heads += 1
                assert re.match(r" +┌─ [^:]+:\d+:\d+\Z", lines[number + 1]), f"{file.name}: {line}"
                assert re.match(r" *\d+│", lines[number + 2]), f"{file.name}: {line}"
    assert heads > 250


def test_no_builder_of_a_finding_leaves_its_place_out() -> None:
    """`Diagnostic` has no default place; a builder either takes one, or makes it of the file it is about."""
    for folder in ("compiler", "runtime", "program", "importers", "cli"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for function in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(function, ast.FunctionDef) and any(
                    isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "code"
                    for mark in function.decorator_list
                ):
                    taken = [ast.unparse(argument.annotation) for argument in function.args.args if argument.annotation]
                    assert any(kind in ("Span", "Scalar", "Place", "Where") for kind in taken), (
                        f"{file.name}: {function.name}"
                    )
