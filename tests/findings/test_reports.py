"""Findings as reports of CI servers: each is read by what reads such files, whatever text stands in the findings."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from marginc.cli.findings import FORMATS, Format, render
from marginc.cli.findings.check import Check
from marginc.cli.findings.screen import shown
from marginc.program.diagnostic import Diagnostic, Fix, Note, Span, in_order

SCHEMA = Draft7Validator(json.loads((Path(__file__).parent / "sarif-schema-2.1.0.json").read_text("utf-8")))

BOOK = "rules/pm.yaml"
TEXT = "rulebook: pm\nparameters:\n  assets:\n    HYPE: { cap: 50_000 }\n    HYPE: { cpa: 60_000 }\n"
MISSPELT = Diagnostic(
    "`assets` has no parameter `cpa`",
    Span(BOOK, 5, 13, 5, 16),
    "unknown name",
    (Note(Span(BOOK, 4, 13, 4, 16), "without it, HYPE keeps 50_000"),),
    "did you mean `cap`?",
    (Fix(Span(BOOK, 5, 13, 5, 16), "cap"),),
    "did you mean `cap`?",
    "MC204",
)
STALE = Diagnostic("`{x}` is [old](1)", Span("base 2.yaml"), code="MC101", severity="warning")
SOURCES = {BOOK: TEXT}


def sarif(*findings: Diagnostic, sources: dict[str, str] = SOURCES) -> dict:  # type: ignore[type-arg]
    log = json.loads(render(list(findings), sources, "sarif", False))
    assert [error.message for error in SCHEMA.iter_errors(log)] == []
    (run,) = log["runs"]
    return run


def test_the_schema_refuses_what_is_no_log() -> None:
    log = json.loads(render([MISSPELT], SOURCES, "sarif", False))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    assert [error.message for error in SCHEMA.iter_errors(log)] == ["0 is less than the minimum of 1"]


def test_sarif_has_the_place_the_fix_and_what_explains_it() -> None:
    (result,) = sarif(MISSPELT)["results"]
    region = {"startLine": 5, "startColumn": 13, "endLine": 5, "endColumn": 16}
    artifact = {"uri": BOOK, "uriBaseId": "%SRCROOT%"}
    assert result["message"]["text"] == "`assets` has no parameter `cpa`. Did you mean `cap`?"
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]
    (related,) = result["relatedLocations"]
    assert related["physicalLocation"]["region"]["startLine"] == 4
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["replacements"] == [{"deletedRegion": region, "insertedContent": {"text": "cap"}}]


def test_sarif_rules_are_the_pages_of_the_codes() -> None:
    import marginc.compiler.diagnostics.parameters  # noqa: F401 - registers MC204

    rules = sarif(MISSPELT, STALE)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["MC101", "MC204"]
    assert rules[1]["shortDescription"]["text"] == "a parameter the model does not have"
    assert rules[1]["help"]["markdown"].startswith("**MC204: a parameter the model does not have**\n\nA misspelt")
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == ["warning", "error"]


def test_sarif_messages_are_neither_links_nor_placeholders() -> None:
    (result,) = sarif(STALE)["results"]
    assert result["message"]["text"] == "`{{x}}` is [old] (1)"
    assert result["level"] == "warning"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "base%202.yaml"


def test_sarif_names_files_elsewhere_by_their_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in (f"{tmp_path}/a b.yaml", "../a b.yaml"):
        (result,) = sarif(replace(STALE, span=Span(name)))["results"]
        address = {"uri": f"file://{tmp_path}/a%20b.yaml"}
        assert result["locations"][0]["physicalLocation"]["artifactLocation"] == address


def test_a_code_quality_report_of_gitlab() -> None:
    issues = json.loads(render([STALE, MISSPELT], SOURCES, "gitlab", False))
    assert [(one["check_name"], one["severity"], one["location"]) for one in issues] == [
        ("MC101", "minor", {"path": "base 2.yaml", "lines": {"begin": 1, "end": 1}}),
        ("MC204", "major", {"path": BOOK, "lines": {"begin": 5, "end": 5}}),
    ]
    assert issues[1]["description"] == "MC204: `assets` has no parameter `cpa` (help: did you mean `cap`?)"


def names(text: str, *findings: Diagnostic) -> list[str]:
    issues = json.loads(render(list(findings), {BOOK: text}, "gitlab", False))
    results = sarif(*findings, sources={BOOK: text})["results"]
    found = [issue["fingerprint"] for issue in issues]
    assert [result["partialFingerprints"]["margincFinding/v1"] for result in results] == found
    return found


def test_a_finding_keeps_its_fingerprint_when_its_line_moves() -> None:
    moved = replace(MISSPELT, span=Span(BOOK, 7, 17, 7, 20))
    below = "# a comment\n# another\n" + TEXT.replace("    HYPE: { cpa", "        HYPE: { cpa")
    assert names(TEXT, MISSPELT) == names(below, moved)
    assert names(TEXT, MISSPELT) != names(TEXT.replace("60_000", "70_000"), MISSPELT)


def test_two_findings_never_share_a_fingerprint() -> None:
    twice = [replace(MISSPELT, span=Span(BOOK, 5, column, 5, 16)) for column in (13, 14)]
    assert len(set(names(TEXT, *twice))) == 2
    assert names(TEXT, *twice) == names(TEXT, *reversed(twice))


def test_junit_has_a_test_for_each_finding_and_each_clean_file() -> None:
    text = render([MISSPELT, STALE], SOURCES, "junit", False, files=[BOOK, "clean.yaml"])
    root = ET.fromstring(text)
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    suites = [(suite.get("name"), suite.get("failures")) for suite in root]
    assert suites == [("base 2.yaml", "0"), ("clean.yaml", "0"), (BOOK, "1")]
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert list(cases) == ["MC101 at 0:0", "no findings", "MC204 at 5:13"]
    failure = cases["MC204 at 5:13"].find("failure")
    assert failure is not None
    assert failure.get("message") == "`assets` has no parameter `cpa`"
    assert (failure.text or "").startswith("error[MC204]: `assets` has no parameter `cpa`\n")
    assert "5│     HYPE: { cpa: 60_000 }\n" in (failure.text or "")
    assert cases["MC101 at 0:0"].find("failure") is None  # a warning fails no build


def test_junit_of_cases_has_those_that_passed() -> None:
    checks = [Check("a loan", "cases/pm.yaml", 3), Check("a short", "cases/pm.yaml", 9, (MISSPELT,))]
    root = ET.fromstring(render([MISSPELT], SOURCES, "junit", False, checks=checks))
    (suite,) = root
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("cases/pm.yaml", "2", "1")
    assert [(case.get("name"), case.get("line"), len(case)) for case in suite] == [
        ("a loan", "3", 0),
        ("a short", "9", 1),
    ]


def test_nothing_found_is_still_a_report() -> None:
    assert sarif()["results"] == []
    assert json.loads(render([], {}, "gitlab", False)) == []
    assert [case.get("name") for case in ET.fromstring(render([], {}, "junit", False, files=["a"])).iter("testcase")]
    assert ET.fromstring(render([], {}, "junit", False)).get("tests") == "0"
    for format in ("text", "concise", "jsonl", "github"):
        assert render([], {}, format, False) == ""


# ---- text that wants to be something else

SPECIAL = [
    "\n::error::x",
    "]]>",
    "<!--",
    "\x1b[2J",
    "\x00",
    "\r",
    "\u2028",
    "\u202e",
    "\udcff",
    "\ufffe",
    "%0A",
    '","',
    "](1)",
]
texts = st.lists(st.sampled_from(SPECIAL) | st.text(max_size=5), max_size=4).map("".join)
spans = st.builds(
    lambda file, line, column, ends: Span(file, *((line, column, line, column + 2)[:ends] if line else ())),
    texts.map(lambda text: f"f{text}"),
    st.integers(0, 3),
    st.integers(1, 5),
    st.integers(1, 4),
)
findings = st.builds(
    Diagnostic,
    message=texts.map(lambda text: f"m{text}"),
    span=spans,
    label=texts,
    notes=st.lists(st.builds(Note, spans, texts), max_size=2).map(tuple),
    help=texts,
    fixes=st.lists(st.builds(Fix, spans, texts), max_size=2).map(tuple),
    hint=texts,
    code=st.sampled_from(["MC101", "MC204"]),
    severity=st.sampled_from(["error", "warning"]),
)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def shown_lines(text: str) -> str:
    """Text as a terminal gets it, its line breaks kept."""
    return "\n".join("\r".join(map(shown, line.split("\r"))) for line in text.split("\n"))


@given(st.lists(findings, max_size=4), st.lists(texts, min_size=4, max_size=4).map("\n".join))
def test_no_text_breaks_a_format(found: list[Diagnostic], source: str) -> None:
    ordered = in_order(found)
    sources = {span.file: source for one in found for span in (one.span, *(note.span for note in one.notes))}
    out: dict[Format, str] = {format: render(found, sources, format, False) for format in FORMATS}
    for format, text in out.items():
        assert not _FORBIDDEN.search(text), format
        assert "\r" not in text, format
    lines = out["github"].split("\n")
    assert lines.pop() == ""
    assert [line.split(" ")[0] for line in lines] == [f"::{one.severity}" for one in ordered]
    for line, one in zip(lines, ordered, strict=True):
        head = line.removeprefix("::").partition("::")[0].partition(" ")[2]
        properties = dict(part.split("=", 1) for part in head.split(","))
        assert set(properties) <= {"file", "line", "col", "endLine", "endColumn", "title"}
        file = properties["file"].replace("%3A", ":").replace("%2C", ",")
        assert file.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%") == shown_lines(one.span.file)
        assert properties["title"] == one.code
    concise = out["concise"].split("\n")
    assert (len(concise) - 1, concise[-1]) == (len(ordered), "")
    assert json.loads(out["json"]) == [json.loads(line) for line in out["jsonl"].splitlines()]
    assert [one["message"] for one in json.loads(out["json"])] == [one.message for one in ordered]
    issues = json.loads(out["gitlab"])
    assert len({issue["fingerprint"] for issue in issues}) == len(ordered)
    cases = list(ET.fromstring(out["junit"].encode()).iter("testcase"))
    assert sum(case.find("failure") is not None for case in cases) == sum(one.severity == "error" for one in ordered)
    assert len(cases) == len(ordered)
    results = sarif(*found, sources=sources)["results"]
    for result, one in zip(results, ordered, strict=True):
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert unquote(uri, errors="surrogateescape") == one.span.file


def test_what_github_shows_is_what_was_said() -> None:
    finding = replace(STALE, message="100% of\n::error::this, and: that")
    line = render([finding], {}, "github", False).rstrip("\n")
    assert line == "::warning file=base 2.yaml,title=MC101::100%25 of%0A::error::this, and: that"
