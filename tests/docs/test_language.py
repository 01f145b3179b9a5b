"""docs/language.md: every block is run, and nothing of the language is left out.

After a change of what commands print: `pytest -n0 tests/docs --write-docs`, then read the difference.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import documents
import pytest
from page import Page

from marginc.cli import explain
from marginc.compiler.check import builtins, definitions, parameters, written
from marginc.compiler.check.aggregate import AGGREGATES
from marginc.compiler.check.decisions.analysis import LONGEST_TABLE
from marginc.compiler.rulebook import load
from marginc.compiler.rulebook.layers import SECTIONS
from marginc.compiler.source import build, read
from marginc.compiler.syntax import parse
from marginc.program import degree, functions, number, operations, tables
from marginc.program.codes import PAGES
from marginc.program.literal import RATIO_SUFFIXES, TIME_UNITS
from marginc.runtime.exact import closures
from marginc.runtime.exact import functions as exact
from marginc.runtime.snapshot import document, source, values

ROOT = Path(__file__).resolve().parents[2]
LANGUAGE = ROOT / "docs" / "language.md"
TEXT = LANGUAGE.read_text("utf-8")
BLOCKS = list(documents.blocks(TEXT))
EXPRESSIONS = [line for block in BLOCKS if block.language == "expressions" for line in documents.expressions(block)]
RULES = "\n".join(block.text for block in BLOCKS if block.language == "yaml")
LIMITS = TEXT.partition("| of | limit | beyond |")[2].partition("\n\n")[0]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Page:
    page = Page(LANGUAGE, tmp_path_factory.mktemp("language"), pytestconfig.getoption("--write-docs", default=False))
    page.run()
    return page


def test_every_block_of_the_reference_is_true(page: Page) -> None:
    assert not page.problems, "\n" + "\n".join(page.problems)
    assert page.seen.total() == len(BLOCKS)


@pytest.mark.parametrize("name", [*builtins.FUNCTIONS, *AGGREGATES])
def test_every_function_is_explained_and_shown(name: str) -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("|") and re.search(rf"`{name}[(`]", line)]
    assert rows, "no table has it"
    shown = [line for line in EXPRESSIONS if re.search(rf"\b{name}\(", line.expression)]
    assert any(not line.expected.startswith("MC") for line in shown), "no expression shows a value of it"


@pytest.mark.parametrize("mode", operations.ROUNDING_MODES)
def test_every_rounding_mode_is_shown(mode: str) -> None:
    assert any(f'"{mode}"' in line.expression for line in EXPRESSIONS)
    assert f'| `"{mode}"`' in TEXT


@pytest.mark.parametrize("suffix", [*(s for s in RATIO_SUFFIXES if s), *TIME_UNITS])
def test_every_suffix_of_a_number_is_there(suffix: str) -> None:
    used = any(re.search(rf"\d ?{suffix}(?!\w)", line.expression) for line in EXPRESSIONS)
    assert used or f"`{suffix}`" in TEXT.partition("## Literals")[2].partition("## Operators")[0]


@pytest.mark.parametrize("name", ["rulebook", "cases"])
def test_every_key_of_a_file_stands_in_an_example(name: str) -> None:
    """All keys that the schemas know, not only those at the top."""
    schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text("utf-8"))
    blocks = [schema, *schema["$defs"].values()]
    keys = {key for block in blocks for key in block.get("properties", {})}
    assert len(keys) > 10
    missing = sorted(key for key in keys if not re.search(rf"(^|[ {{-]){key}: ?", RULES, re.MULTILINE))
    assert not missing


def test_every_section_and_every_key_at_the_top_is_told() -> None:
    for section in SECTIONS:
        assert f"| `{section}`" in TEXT or f"`{section}`" in TEXT.partition("## Sections")[2].partition("\n\n## ")[0]
    schema = json.loads((ROOT / "schemas" / "rulebook.schema.json").read_text("utf-8"))
    table = TEXT.partition("| key | holds |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", table)) >= set(schema["properties"])


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (number.INPUT_DIGITS, "60 digits"),
        (number.INPUT_LARGEST, "up to 1e40"),
        (number.INPUT_SMALLEST, "from 1e-40"),
        (number.VALUE_LIMIT, "below 1e100"),
        (degree.LIMIT, "| 64 | MC260"),
        (read.BYTE_LIMIT >> 20, "4 MiB"),
        (build.NODE_LIMIT, "200,000 values"),
        (build.DEPTH_LIMIT, "64 levels"),
        (parse.LONGEST, "20,000 characters"),
        (parse.DEEPEST, "120 levels"),
        (written.LONGEST_RULES, "150,000 characters"),
        (load._MOST_FILES, "| 64; 16 | MC372"),
        (load._LONGEST_CHAIN, "64; 16 | MC372"),
        (functions.MOST_OPERATIONS, "20,000 operations"),
        (functions.MOST_CALLS, "100 deep"),
        (LONGEST_TABLE, "200 cases"),
        (tables.MOST_KEYS, "| keys of a table | 4 |"),
        (parameters.MOST_ROWS, "| 10,000 | MC287"),
        (document.DOCUMENT_LIMIT >> 20, "64 MiB as JSON"),
        (source.FILE_LIMIT >> 30, "1 GiB as NDJSON"),
        (values.LONGEST_TEXT, "1,000 characters"),
        (closures.ROW_LIMIT, "| 20,000,000 | MC508"),
        (definitions.FINDING_LIMIT, "| findings that are told | 100 |"),
    ],
)
def test_every_limit_is_the_implementations(limit: object, said: str) -> None:
    assert said in LIMITS
    written = f"{limit:,}" if isinstance(limit, int) else f"1e{limit.adjusted()}"  # type: ignore[attr-defined]
    assert written in said, "the page says another number than the code"


def test_digits_of_approximate_functions() -> None:
    paragraph = TEXT.partition("## Numbers and limits")[2].partition("\n\n| of")[0]
    assert f"rounded to {exact.ARGUMENT_DIGITS} digits" in " ".join(paragraph.split())
    assert f"rounded to {exact.RESULT_DIGITS}," in " ".join(paragraph.split())
    assert f"at most {number.RESULT_DIGITS} digits" in TEXT


def test_every_code_has_a_page_and_every_link_a_heading() -> None:
    explain.load_families()
    mentioned = set(re.findall(r"\bMC\d{3}\b", TEXT))
    assert len(mentioned) > 100
    assert mentioned - {"MC100", "MC399"} <= set(PAGES)  # ends of a range
    headings = {heading.strip().lower() for heading in re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)}
    anchors = {re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= anchors


LIES = """\
```yaml desk.yaml
rulebook: desk
language: 1
model: { account: { observed: { x: ratio = 1 } } }
formulas:
  account:
    y: x + 1
    z: x + q                          # MC203
outputs: [y]
```
"""


def lies(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "lies.md"
    path.write_text(text, "utf-8")
    page = Page(path, tmp_path)
    page.run()
    return [problem.partition(": ")[2] for problem in page.problems]


def test_a_page_that_lies_fails(tmp_path: Path) -> None:
    """Each kind of block, one off."""
    assert lies(tmp_path, LIES) == []
    assert lies(tmp_path, LIES.replace("# MC203", "")) == ["findings: MC203 in line 8"]
    assert lies(tmp_path, LIES.replace("# MC203", "# MC204")) == ["findings: MC203 in line 8, no MC204 in line 8"]
    true = LIES.replace("    z: x + q                          # MC203\n", "")
    assert lies(tmp_path, true + "```expressions\ny | 2\ny | x: 4 | 5\nx + q | MC203\n```\n") == []
    wrong = lies(tmp_path, true + "```expressions\ny | 3\ny | MC504\nx + q | 5\n```\n")
    assert len(wrong) == 3
    assert lies(tmp_path, true + "```console\n$ marginc validate desk.yaml\n1 file: no findings.\n```\n") == []
    assert len(lies(tmp_path, true + "```console\n$ marginc validate desk.yaml\n1 file: 1 error.\n```\n")) == 1
    assert lies(tmp_path, "```text\nhello\n```\n") == ["a block of `text` that no test runs"]
    with pytest.raises(AssertionError, match="fences"):
        lies(tmp_path, true + "```\n")
