"""Findings for machines."""

import json

from marginc.cli.findings import render
from marginc.program.diagnostic import Diagnostic, Fix, Note, Span

FIRST = Diagnostic(
    "`assets` has no parameter `user_suply_cap`",
    Span("rules/pm.yaml", 34, 28, 34, 42),
    "unknown name",
    (Note(Span("rules/pm.yaml", 26, 28, 26, 43), "without it 50% holds"),),
    "did you mean `user_supply_cap`?",
    (Fix(Span("rules/pm.yaml", 34, 28, 34, 42), "user_supply_cap"),),
    "did you mean `user_supply_cap`?",
    "MC204",
)
SECOND = Diagnostic("50%: no\nsuch file", Span("a,b:c.yaml"), code="MC101", severity="warning")


def test_one_line_each_in_stable_order() -> None:
    assert render([FIRST, SECOND, FIRST], {}, "concise", color=True) == (
        "a,b:c.yaml: MC101 50%: no such file\n"
        "rules/pm.yaml:34:28: MC204 `assets` has no parameter `user_suply_cap`, did you mean `user_supply_cap`?\n"
    )


def test_workflow_commands_are_escaped() -> None:
    assert render([SECOND, FIRST], {}, "github", color=False) == (
        "::warning file=a%2Cb%3Ac.yaml,title=MC101::50%25: no%0Asuch file\n"
        "::error file=rules/pm.yaml,line=34,col=28,endLine=34,endColumn=42,title=MC204"
        "::`assets` has no parameter `user_suply_cap`%0Ahelp: did you mean `user_supply_cap`?\n"
    )


def test_json_has_every_field_of_a_finding() -> None:
    assert json.loads(render([FIRST], {}, "json", color=False)) == [
        {
            "code": "MC204",
            "severity": "error",
            "message": "`assets` has no parameter `user_suply_cap`",
            "file": "rules/pm.yaml",
            "line": 34,
            "column": 28,
            "end_line": 34,
            "end_column": 42,
            "label": "unknown name",
            "help": "did you mean `user_supply_cap`?",
            "hint": "did you mean `user_supply_cap`?",
            "notes": [
                {
                    "file": "rules/pm.yaml",
                    "line": 26,
                    "column": 28,
                    "end_line": 26,
                    "end_column": 43,
                    "text": "without it 50% holds",
                }
            ],
            "fixes": [
                {
                    "file": "rules/pm.yaml",
                    "line": 34,
                    "column": 28,
                    "end_line": 34,
                    "end_column": 42,
                    "text": "user_supply_cap",
                }
            ],
        }
    ]


def test_json_of_nothing_is_an_empty_list() -> None:
    assert render([], {}, "json", color=False) == "[]\n"


def test_a_file_name_that_is_no_text_still_gives_json() -> None:
    finding = Diagnostic("m", Span("a\udcff.yaml"), code="MC101")
    assert render([finding], {}, "json", color=False).isascii()
    assert render([finding], {}, "concise", color=False) == "a\ufffd.yaml: MC101 m\n"
    assert "\udcff" not in render([finding], {}, "github", color=False)
