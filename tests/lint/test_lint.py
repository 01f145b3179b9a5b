"""What lints find and leave alone; each code's own mistake stands in tests/bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from marginc.compiler.lint import lint, mended, without_allowed
from marginc.compiler.pipeline import Source, read
from marginc.program.diagnostic import Diagnostic

ROOT = Path(__file__).resolve().parents[2]
RULEBOOKS = sorted(
    path
    for folder in ("rules", "examples")
    for path in (ROOT / folder).rglob("*.yaml")
    if "cases" not in path.parts and not path.name.startswith(".") and "\nlanguage:" in path.read_text("utf-8")
)
HEAD = "rulebook: test\nlanguage: 1\nnumeraire: USD\nsource: the manual\n"
TIERS = """\
model:
  parameters:
    tiers: { by: USD, columns: { rate: ratio } }
  account:
    observed: { debt: USD }
"""
ACCOUNT = "model:\n  account:\n    observed: { debt: USD, backing: USD }\n"


def rulebook(tmp_path: Path, text: str, head: str = HEAD) -> Source:
    path = tmp_path / "test.yaml"
    path.write_text(head + text, "utf-8")
    source, found, _ = read(path, "test.yaml", tmp_path)
    assert source is not None, found
    return source


def codes(found: list[Diagnostic]) -> list[str]:
    return [f"{finding.code}:{finding.span.line}" for finding in found]


@pytest.mark.parametrize("path", RULEBOOKS, ids=[path.relative_to(ROOT).as_posix() for path in RULEBOOKS])
def test_shipped_rulebooks_are_clean(path: Path) -> None:
    source, found, _ = read(path, path.name)
    assert source is not None, found
    assert lint(source, known=found) == []


# ---- sources


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ("parameters: { a: 1% }", ["`parameters` sets `a` without a source"]),
        ("parameters: { a: { value: 1%, source: page 2 } }", []),
        ("parameters: { a: { value: 1%, about: so it is } }", ["`parameters` sets `a` without a source"]),
        ("parameters: { rows: { X: , Y: } }", []),
        (
            "parameters: { rows: { X: { f: 2%, g: 1 }, Y: { f: 3% } } }",
            ["`parameters` set `rows.X.f` and 2 more without a source"],
        ),
        ("source: the manual\nparameters: { a: 1% }", []),
        (
            "source: the manual\namendments:\n  - effective: 2026-01-01\n    parameters: { a: 2% }",
            ["the amendment of 2026-01-01 sets `a` without a source"],
        ),
        ("amendments:\n  - effective: 2026-01-01\n    source: notice 1\n    parameters: { a: 2% }", []),
        ("amendments:\n  - effective: 2026-01-01\n    about: the formula\n    formulas: { account: { m: 1 USD } }", []),
    ],
)
def test_values_need_a_source(tmp_path: Path, parameters: str, wanted: list[str]) -> None:
    model = "model:\n  rows: { each: row, parameters: { f: ratio, g: ratio = 0 } }\n"
    source = rulebook(tmp_path, model + parameters + "\n", "rulebook: test\nlanguage: 1\n")
    assert [finding.message for finding in lint(source, select=["MC802"])] == wanted


# ---- numbers


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("debt * 0.95", ["0.95"]),
        ("debt * 95%", ["95%"]),
        ("debt * 9_500bp", ["9_500bp"]),
        ("debt * trigger", []),
        ("max(debt, 25 USD) + 25 * backing", ["25 USD"]),
        ("debt * (7 + 3 + 10 + 100 + 1 + 100%)", []),
        ("debt * (if as_of > 2026-01-01 then 8h / 1y else 12.5%)", ["8h"]),
        ("debt * (5% per year * 1y)", ["5% per year"]),
        ("debt * 10 * 0.5", ["0.5"]),
        ("debt * 1%", ["1%"]),
        ("debt * (0% + 1 USD / 1 USD + 1h / 1y) + 0 USD", []),
    ],
)
def test_numbers_that_are_a_parameters(tmp_path: Path, expression: str, found: list[str]) -> None:
    text = (
        ACCOUNT + "parameters: { trigger: 95%, least: 25 USD, count: 7, one: 1, all: 100%, many: 100,"
        " funding: 8h, half: 1/2, small: 1%, hour: 1h, dollar: 1 USD, nothing: 0 USD }\n"
        "amendments:\n  - effective: 2026-01-01\n    source: n\n    parameters: { rate: 5% per year }\n"
        f"formulas:\n  account:\n    it: {expression}\n"
    )
    source = rulebook(tmp_path, text)
    assert not [f for f in source.findings() if f.severity == "error"]
    said = [finding.message.split("`")[1] for finding in lint(source, select=["MC803"])]
    assert said == found


# ---- order


def test_sections_are_sorted_with_their_comments(tmp_path: Path) -> None:
    text = (
        "status:\n  - is: fine\n\n\n# of the model\n# in two lines\n"
        + ACCOUNT
        + "\n# apart\n\nparameters:   # the numbers\n  a: 1%\n"
        "formulas:\n  account:\n    it: debt\noutputs: [it]"
    )
    source = rulebook(tmp_path, text)
    (finding,) = lint(source)
    assert (finding.code, finding.span.line) == ("MC804", 11)
    assert mended(HEAD + text, [finding]) == HEAD + (
        "# of the model\n# in two lines\n"
        + ACCOUNT.rstrip()
        + "\n\n# apart\n\n\nparameters:   # the numbers\n  a: 1%\n\n"
        "formulas:\n  account:\n    it: debt\nstatus:\n  - is: fine\noutputs: [it]"
    )


# ---- tiers


@pytest.mark.parametrize(
    ("rates", "tolerance", "found"),
    [
        (("1%", "5%", "25%"), 5, []),
        (("1%", "5.01%", "25%"), 5, ["5.0"]),
        (("1%", "5%", "25%"), 4, ["5", "5"]),
        (("0%", "50%", "50%"), 5, []),
        (("50", "20", "3"), 5, ["6.6"]),
        (("1/3", "2", "10"), 5, ["6"]),
    ],
)
def test_tiers_that_leap(tmp_path: Path, rates: tuple[str, ...], tolerance: int, found: list[str]) -> None:
    rows = ", ".join(f"{{ from: {place}, rate: {rate} }}" for place, rate in enumerate(rates))
    text = (
        TIERS + f"parameters:\n  tiers: [{rows}]\nformulas:\n  account:\n"
        "    it: sum(s.width * s.rate for s in slices(tiers, debt))\n"
    )
    source = rulebook(tmp_path, text)
    times = [finding.label.split()[0] for finding in lint(source, select=["MC805"], tier_tolerance=tolerance)]
    assert times == found


def test_a_jump_that_is_told_is_not_told_twice(tmp_path: Path) -> None:
    text = (
        TIERS + "parameters:\n  tiers: [{ from: 0, rate: 1% }, { from: 10, rate: 20% }]\n"
        "maintenance:\n  account:\n    it: debt * bracket(tiers, debt).rate\n"
    )
    source = rulebook(tmp_path, text)
    assert [finding.code for finding in source.findings()] == ["MC339"]
    assert lint(source) == []


# ---- amendments


@pytest.mark.parametrize(
    ("amendments", "found"),
    [
        ("  - { effective: 2026-01-01, source: n, parameters: { a: 1% } }\n", ["2026-01-01"]),
        ("  - { effective: 2026-01-01, source: n, parameters: { a: 2%, b: 3% } }\n", []),
        (
            "  - { effective: 2026-01-01, source: n, parameters: { a: 2% } }\n"
            "  - { effective: 2026-02-01, source: n, parameters: { a: 1% } }\n"
            "  - { effective: 2026-03-01, source: n, parameters: { a: 1% } }\n",
            ["2026-03-01"],
        ),
        (
            "  - effective: 2026-01-01\n    source: n\n    parameters: { b: 3% }\n"
            "    formulas: { account: { it: debt * (a + b) + 0 USD } }\n",
            [],
        ),
        ("  - effective: 2026-01-01\n    formulas: { account: { it: (debt * (a + b)) } }\n", ["2026-01-01"]),
        ("  - effective: 2026-01-01\n    status: [{ is: fine }]\n", ["2026-01-01"]),
        ("  - effective: 2026-01-01\n    status: [{ is: well }]\n", []),
    ],
)
def test_amendments_that_change_nothing(tmp_path: Path, amendments: str, found: list[str]) -> None:
    text = (
        ACCOUNT + f"parameters: {{ a: 1%, b: 3% }}\namendments:\n{amendments}"
        "formulas:\n  account:\n    it: debt * (a + b)\nstatus: [{ is: fine }]\n"
    )
    source = rulebook(tmp_path, text)
    assert [finding.message.split()[3] for finding in lint(source, select=["MC806"])] == found


def test_an_amendment_that_holds_a_value_against_a_later_one_changes_something(tmp_path: Path) -> None:
    """The child's 1 % of January stands above the parent's 2 % of February."""
    (tmp_path / "parent.yaml").write_text(
        HEAD + ACCOUNT + "parameters: { a: 1% }\n"
        "amendments:\n  - { effective: 2026-02-01, source: n, parameters: { a: 2% } }\n"
        "formulas: { account: { it: debt * a } }\n",
        "utf-8",
    )
    text = "extends: parent.yaml\namendments:\n  - { effective: 2026-01-01, source: n, parameters: { a: 1% } }\n"
    assert lint(rulebook(tmp_path, text, "rulebook: child\nlanguage: 1\n")) == []


# ---- definitions


@pytest.mark.parametrize(
    ("ends", "found"),
    [
        ("outputs: [a]\n", ["c"]),
        ("outputs: [a, c]\n", []),
        ("outputs: [a]\nstatus:\n  - { is: bad, when: 'c > b' }\n  - is: fine\n", []),
        ("outputs: [a]\nstatus:\n  - { is: bad, when: 'a > b', message: '{c} is owed' }\n  - is: fine\n", []),
        ("checks: { account: { ok: { require: 'c > b', message: '{a}' } } }\noutputs: [a]\n", []),
        ("", []),
        ("status: [{ is: fine }]\n", []),
    ],
)
def test_definitions_nothing_needs(tmp_path: Path, ends: str, found: list[str]) -> None:
    """c needs b. Without `outputs` all values of the account are shown."""
    text = ACCOUNT + "formulas:\n  account:\n    a: debt\n    b: 2 * debt\n    c: b + backing\n" + ends
    assert [finding.message.split("`")[1] for finding in lint(rulebook(tmp_path, text), select=["MC807"])] == found


def test_a_definition_left_to_a_child_and_one_that_replaces_are_no_leftovers(tmp_path: Path) -> None:
    parent = HEAD + ACCOUNT + "formulas: { account: { a: debt, b: { type: USD }, c: b } }\noutputs: [a]\n"
    (tmp_path / "parent.yaml").write_text(parent, "utf-8")
    source, _, _ = read(tmp_path / "parent.yaml", "parent.yaml", tmp_path)
    assert source is not None
    assert lint(source) == []
    child = "extends: parent.yaml\nformulas: { account: { b: backing, c: b + debt, d: b } }\n"
    found = lint(rulebook(tmp_path, child, "rulebook: child\nlanguage: 1\n"))
    assert [finding.message.split("`")[1] for finding in found] == ["d"]


# ---- comments that allow


def test_a_comment_allows_on_its_line_and_on_the_next(tmp_path: Path) -> None:
    text = ACCOUNT + (
        "formulas:\n  account:\n    a: debt\n    b: debt  # marginc: allow MC807 on its line\n"
        "    # marginc: allow MC807 above it\n    # and more\n\n    c: debt\n    d: debt\n"
        "    e: >-  # marginc: allow MC807: behind a header\n      # marginc: allow MC999 is text\n"
        "outputs: [a]\n"
    )
    source = rulebook(tmp_path, text.replace("      # marginc: allow MC999 is text\n", "      debt\n"))
    assert codes(lint(source)) == ["MC807:16"]


def test_a_warning_of_validate_is_allowed_and_an_error_never(tmp_path: Path) -> None:
    text = (
        TIERS + "parameters:\n  tiers: [{ from: 0, rate: 1% }, { from: 10, rate: 2% }]\n"
        "maintenance:\n  account:\n    # marginc: allow MC339 the venue charges the whole\n"
        "    it: debt * bracket(tiers, debt).rate\n"
    )
    source = rulebook(tmp_path, text)
    texts = {"test.yaml": HEAD + text}
    assert [finding.code for finding in source.findings()] == ["MC339"]
    assert without_allowed(source.findings(), texts) == []
    assert lint(source) == []
    other = rulebook(tmp_path, text.replace("debt * bracket", "debtt * bracket").replace("MC339", "MC203"))
    errors = other.findings()
    assert [finding.code for finding in errors] == ["MC203"]
    assert without_allowed(errors, {"test.yaml": HEAD + text.replace("MC339", "MC203")}) == errors


def test_a_comment_of_a_lint_that_is_not_asked_for_is_not_idle(tmp_path: Path) -> None:
    text = ACCOUNT + "formulas:\n  account:\n    a: debt\n    b: debt  # marginc: allow MC807 kept\noutputs: [a]\n"
    source = rulebook(tmp_path, text)
    assert lint(source, ignore=["MC807"]) == []
    assert lint(source, select=["MC803", "MC808"]) == []


# ---- the verb

OUT_OF_ORDER = (
    "rulebook: test\nlanguage: 1\nnumeraire: USD\noutputs: [a]\n"
    "parameters: { t: 95% }\nmodel: { account: { observed: { debt: USD } } }\n"
    "formulas:\n  account:\n    a: debt * t    # marginc: allow MC807 it was unused\n"
)


def test_fix_mends_what_is_safe_and_leaves_the_rest(tmp_path: Path, run_cli: Any) -> None:
    path = tmp_path / "test.yaml"
    path.write_text(OUT_OF_ORDER, "utf-8")
    before = run_cli("lint", "--format", "concise", cwd=tmp_path)
    assert before.returncode == 1
    assert [line.split()[1] for line in before.stdout.splitlines()] == [
        "MC802",
        "MC804",
        "MC808",
    ]
    done = run_cli("lint", "--fix", "--format", "concise", cwd=tmp_path)
    assert done.returncode == 1
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["MC802"]
    assert done.stderr.endswith("2 findings mended\n")
    assert path.read_text("utf-8") == (
        "rulebook: test\nlanguage: 1\nnumeraire: USD\nmodel: { account: { observed: { debt: USD } } }\n"
        "parameters: { t: 95% }\nformulas:\n  account:\n    a: debt * t\noutputs: [a]\n"
    )


def test_selection_by_flags_and_configuration(tmp_path: Path, run_cli: Any) -> None:
    (tmp_path / "test.yaml").write_text(OUT_OF_ORDER, "utf-8")
    done = run_cli("lint", "--select", "MC804,MC802", "--ignore", "MC802", "--format", "concise", cwd=tmp_path)
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["MC804"]
    (tmp_path / "marginc.toml").write_text('[lint]\nignore = ["MC80"]\n', "utf-8")
    done = run_cli("lint", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "1 file: no findings.\n")


def test_errors_are_told_as_validate_tells_them(tmp_path: Path, run_cli: Any) -> None:
    (tmp_path / "test.yaml").write_text(OUT_OF_ORDER.replace("debt * t", "debtt * t"), "utf-8")
    done = run_cli("lint", "--format", "concise", cwd=tmp_path)
    assert done.returncode == 1
    assert "MC203" in done.stdout
    assert "MC804" in done.stdout
    broken = run_cli("lint", "-", "--format", "concise", cwd=tmp_path, input="rulebook: x\nlanguage: [\n")
    assert broken.returncode == 1
    assert "MC108" in broken.stdout


def test_standard_input(tmp_path: Path, run_cli: Any) -> None:
    done = run_cli("lint", "-", "--stdin-filename", "new.yaml", "--format", "concise", cwd=tmp_path, input=OUT_OF_ORDER)
    assert done.returncode == 1
    assert done.stdout.startswith("new.yaml:5:1: ")
    assert run_cli("lint", "-", "--fix", cwd=tmp_path, input=OUT_OF_ORDER).returncode == 2


def test_validate_passes_over_what_a_comment_allows(tmp_path: Path, run_cli: Any) -> None:
    text = (
        HEAD
        + TIERS
        + (
            "parameters:\n  tiers: [{ from: 0, rate: 1% }, { from: 10, rate: 2% }]\n"
            "maintenance:\n  account:\n    it: debt * bracket(tiers, debt).rate\n"
        )
    )
    path = tmp_path / "test.yaml"
    path.write_text(text, "utf-8")
    assert "MC339" in run_cli("validate", cwd=tmp_path).stdout
    path.write_text(text.replace("    it:", "    # marginc: allow MC339 as the venue does\n    it:"), "utf-8")
    assert run_cli("validate", cwd=tmp_path).stdout == "1 file: no findings.\n"
