"""One small rulebook a mistake: what people are told, word for word, and whether the offered fix mends it.

The first line of `NAME.yaml` names the codes to expect (`# lint: CODE` those of `marginc lint` too), `NAME.expected`
is the text they are shown. Where `NAME.snapshot.json` is there, the rulebook is fine and the mistake shows when that
snapshot is read or evaluated.
"""

from __future__ import annotations

import functools
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from marginc.cli.findings import render
from marginc.compiler.lint import lint
from marginc.compiler.pipeline import read
from marginc.program.diagnostic import Diagnostic, Fix, SnapshotError, Span, in_order
from marginc.runtime.exact import evaluate
from marginc.runtime.snapshot import open_snapshot, read_snapshot

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CASES = sorted(path.stem for path in HERE.glob("*.yaml"))

ELSEWHERE = {
    "MC101": "a file that is not there: tests/source/test_refusals.py",
    "MC102": "bytes that are not UTF-8: tests/hostile/test_rules.py",
    "MC103": "4 MiB: tests/hostile/test_rules.py",
    "MC105": "200,000 values: tests/hostile/test_rules.py",
    "MC139": "a file of another shape in a way nobody has found yet: tests/schema/test_check.py",
    "MC186": "a schema beside the rulebook: tests/schema/test_publish.py",
    "MC183": "seventeen files: tests/hostile/test_rules.py",
    "MC372": "sixty-five files: tests/hostile/test_rules.py",
    "MC401": "a snapshot that is not there: tests/snapshot/test_findings.py",
    "MC402": "64 MiB in one line: tests/snapshot/test_findings.py",
    "MC262": "150,000 characters of expressions: tests/hostile/test_rules.py",
    "MC420": "a program that observes a table, which no compiler makes: tests/snapshot/test_findings.py",
    "MC421": "a table whose offsets fall: tests/book/test_hostile.py",
    "MC422": "a column of float32: tests/book/test_refusals.py",
    "MC423": "a table with two columns of one name: tests/book/test_refusals.py",
    "MC424": "a book without reference rows: tests/cli/test_books.py",
    "MC425": "a book with two sets of them: tests/cli/test_books.py",
    "MC426": "a list of the wrong length in a table: tests/book/test_columns.py",
    "MC427": "snapshots packed together: tests/cli/test_books.py",
    "MC428": "snapshots packed together: tests/cli/test_books.py",
    "MC429": "snapshots packed together: tests/cli/test_books.py",
    "MC430": "a snapshot that is packed: tests/cli/test_books.py",
    "MC431": "a snapshot that is packed: tests/cli/test_books.py",
    "MC508": "20,000,000 rows: tests/hostile/test_snapshots.py",
    "MC510": "an artifact that no compiler made",
    "MC346": "two hundred cases of twenty alternatives: tests/check/test_decisions.py",
    "MC347": "two hundred and one cases: tests/check/test_decisions.py",
    "MC801": "YAML in a way that `fmt` does not know: tests/format/test_fmt.py",
    "MC525": "an artifact that no compiler made: tests/good/test_previous.py",
    "MC526": "an artifact that no compiler made: tests/good/test_previous.py",
}
"""Codes that no small text can raise, and where they are raised."""


@functools.cache
def findings_of(folder: Path, name: str) -> tuple[list[Diagnostic], Mapping[str, str]]:
    """What is found in a rulebook and, where there is one, in its snapshot; with the texts of the files."""
    path = folder / f"{name}.yaml"
    source, found, sources = read(path, path.name, folder)
    texts = {path.name: path.read_text("utf-8"), **sources}
    if source is not None and texts[path.name].startswith("# lint: "):
        found = found + source.findings() + lint(source, known=found)
    elif source is not None:
        found = found + source.findings()
    snapshot = folder / f"{name}.snapshot.json"
    if not snapshot.is_file():
        return in_order(found), texts
    assert source is not None, found
    assert not found
    texts[snapshot.name] = snapshot.read_text("utf-8")
    try:
        raw = open_snapshot(snapshot, snapshot.name)
        program, problems = source.program_at(int(raw.as_of))
        if program is None:
            return in_order(problems), texts
        errors = [error for result in evaluate(program, read_snapshot(raw, program)) for error in result.errors]
    except SnapshotError as error:
        errors = error.diagnostics
    return in_order(errors), texts


def expected_codes(name: str) -> list[str]:
    first = (HERE / f"{name}.yaml").read_text("utf-8").splitlines()[0]
    label, _, codes = first.partition(": ")
    assert label in ("# error", "# lint"), f"{name}.yaml begins with `# error: CODE` or `# lint: CODE`"
    return codes.split()


@pytest.mark.parametrize("name", CASES)
def test_what_people_are_told(name: str, request: pytest.FixtureRequest) -> None:
    found, texts = findings_of(HERE, name)
    shown = render(found, texts, "text", False)
    file = HERE / f"{name}.expected"
    if request.config.getoption("--update-bad", default=False):
        file.write_text(shown, "utf-8")
    assert [finding.code for finding in found] == expected_codes(name), shown
    assert shown == file.read_text("utf-8")


@pytest.mark.parametrize("name", CASES)
def test_every_place_is_in_its_file(name: str) -> None:
    found, texts = findings_of(HERE, name)
    for finding in found:
        for span in (finding.span, *(note.span for note in finding.notes), *(fix.span for fix in finding.fixes)):
            lines = texts[span.file].split("\n")
            assert 1 <= span.line <= span.end_line <= len(lines), finding
            assert 1 <= span.column <= len(lines[span.line - 1]) + 1, finding
            assert 1 <= span.end_column <= len(lines[span.end_line - 1]) + 1, finding


@pytest.mark.parametrize("name", CASES)
def test_every_finding_teaches(name: str) -> None:
    for finding in findings_of(HERE, name)[0]:
        assert finding.help, f"{finding.code} says no way out"
        first = finding.message.lstrip("`")[0]
        assert not finding.message.endswith("."), finding.message
        assert finding.message.startswith("`") or not first.isupper(), finding.message
        words = f"{finding.message} {finding.label} {finding.help} {' '.join(note.text for note in finding.notes)}"
        assert ("did you mean" not in words) or finding.fixes, "a replacement that help offers is a fix"
        for jargon in ("NoneType", "Decimal(", "Ratio(", " dict", " str ", " int ", "Traceback", "object at 0x"):
            assert jargon not in words


WITH_FIXES = [name for name in CASES if any(finding.fixes for finding in findings_of(HERE, name)[0])]


@pytest.mark.parametrize("name", WITH_FIXES)
def test_an_offered_fix_mends(name: str, tmp_path: Path) -> None:
    before, _ = findings_of(HERE, name)
    for number, finding in enumerate(before):
        if not finding.fixes:
            continue
        copy = tmp_path / str(number)
        shutil.copytree(HERE / "parents", copy / "parents")
        for file in HERE.glob(f"{name}.*"):
            shutil.copy(file, copy)
        for file in {fix.span.file for fix in finding.fixes}:
            text = (copy / file).read_text("utf-8")
            (copy / file).write_text(applied(text, [f for f in finding.fixes if f.span.file == file]), "utf-8")
        after, _ = findings_of(copy, name)
        assert (finding.code, place(finding.span)) not in [(other.code, place(other.span)) for other in after]
        others = Counter(other.code for other in before if other is not finding)
        assert Counter(other.code for other in after) <= others, "the fix puts another mistake in its place"


def place(span: Span) -> tuple[str, int, int]:
    return span.file, span.line, span.column


def applied(text: str, fixes: list[Fix]) -> str:
    """The text after replacements, the last first so that places stay true."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:number]) for number in range(len(lines))]
    for fix in sorted(fixes, key=lambda fix: fix.span, reverse=True):
        begin = starts[fix.span.line - 1] + fix.span.column - 1
        end = starts[fix.span.end_line - 1] + fix.span.end_column - 1
        text = text[:begin] + fix.text + text[end:]
    return text


def registered() -> set[str]:
    """Every code of the compiler and of what reads and evaluates snapshots."""
    files = [file for folder in ("compiler", "runtime") for file in (ROOT / folder).rglob("*.py")]
    return {code for file in files for code in re.findall(r'^@code\("(MC\d+)"', file.read_text("utf-8"), re.MULTILINE)}


def test_every_code_is_raised_by_a_file() -> None:
    raised = {code for name in CASES for code in expected_codes(name)}
    codes = registered()
    assert len(codes) > 100
    assert codes - raised == set(ELSEWHERE)
    assert raised <= codes


def test_every_expected_text_has_its_rulebook() -> None:
    assert {path.stem for path in HERE.glob("*.expected")} == set(CASES)
    assert {path.name.removesuffix(".snapshot.json") for path in HERE.glob("*.snapshot.json")} <= set(CASES)
