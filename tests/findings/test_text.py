"""Findings with their source lines: everything under the right characters."""

import pytest

from marginc.cli.findings import render, summary
from marginc.program.diagnostic import Diagnostic, Note, Span

RULES = "rules/hyperliquid/portfolio-margin.yaml"


def lines(numbered: dict[int, str]) -> str:
    return "\n".join(numbered.get(number, "") for number in range(1, max(numbered) + 1)) + "\n"


MISSPELT = Diagnostic(
    "`assets` has no parameter `user_suply_cap`",
    Span(RULES, 34, 28, 34, 42),
    "unknown name",
    notes=(Note(Span(RULES, 26, 28, 26, 43), "without it, HYPE keeps 50_000 from 2026-03-10"),),
    help="did you mean `user_supply_cap`?",
    hint="did you mean `user_supply_cap`?",
    code="MC204",
)
MIXED = Diagnostic(
    "`sum` adds quantities of different assets",
    Span(RULES, 68, 39, 68, 69),
    "HYPE + BTC has no meaning",
    notes=(Note(Span(RULES, 59, 23, 59, 30), "a quantity of the balance's own asset, not money"),),
    help="value it with its price: `counted * asset.price * (1 - asset.maintenance_haircut)`",
    code="MC231",
)
TEXT = lines(
    {
        26: "        HYPE: {            user_supply_cap: 50_000 }",
        34: "        HYPE: { ltv: 65%,  user_suply_cap: 1_000_000 }",
        59: "    collateral_value: counted * (1 - asset.maintenance_haircut)",
        68: "    collateral_value: min(borrow_cap, sum(balances.collateral_value))",
    }
)

# The page that shows what people should see, its first section.
SHOWN = """\
error[MC204]: `assets` has no parameter `user_suply_cap`
  ┌─ rules/hyperliquid/portfolio-margin.yaml:34:28
34│         HYPE: { ltv: 65%,  user_suply_cap: 1_000_000 }
  │                            ^^^^^^^^^^^^^^ unknown name
  ├─ rules/hyperliquid/portfolio-margin.yaml:26:28
26│         HYPE: {            user_supply_cap: 50_000 }
  │                            --------------- without it, HYPE keeps 50_000 from 2026-03-10
  help: did you mean `user_supply_cap`?

error[MC231]: `sum` adds quantities of different assets
  ┌─ rules/hyperliquid/portfolio-margin.yaml:68:39
68│     collateral_value: min(borrow_cap, sum(balances.collateral_value))
  │                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ HYPE + BTC has no meaning
  ├─ rules/hyperliquid/portfolio-margin.yaml:59:23
59│     collateral_value: counted * (1 - asset.maintenance_haircut)
  │                       ------- a quantity of the balance's own asset, not money
  help: value it with its price: `counted * asset.price * (1 - asset.maintenance_haircut)`
"""


def test_two_findings_as_they_are_shown() -> None:
    assert render([MIXED, MISSPELT], {RULES: TEXT}, "text", color=False) == SHOWN


def test_the_closing_sentence() -> None:
    assert summary([MISSPELT, MIXED], 4) == "4 files: 2 errors. `marginc explain MC231` tells more."
    warning = Diagnostic("m", Span("a", 1, 1, 1, 2), code="MC301", severity="warning")
    assert summary([warning], 1) == "1 file: 1 warning. `marginc explain MC301` tells more."
    assert summary([warning, MISSPELT], 1_200) == (
        "1,200 files: 1 error, 1 warning. `marginc explain MC204` tells more."
    )
    assert summary([], 1) == "1 file: no findings."


def picture(source: str, start: int, end: int, label: str = "here") -> list[str]:
    """Source and underline as shown for columns `start` up to `end` of a one-line file."""
    finding = Diagnostic("m", Span("a.yaml", 1, start, 1, end), label, code="MC101")
    return render([finding], {"a.yaml": source}, "text", color=False).splitlines()[2:]


@pytest.mark.parametrize(
    ("source", "start", "end", "expected"),
    [
        ("ab: cd", 5, 7, [" 1│ ab: cd", "  │     ^^ here"]),
        ("ab: cd", 7, 7, [" 1│ ab: cd", "  │       ^ here"]),  # nothing there: one caret where it should be
        ("\tx: 1", 2, 3, [" 1│     x: 1", "  │     ^ here"]),
        ("ab\tx: 1", 4, 5, [" 1│ ab  x: 1", "  │     ^ here"]),
        ("日本: x", 5, 6, [" 1│ 日本: x", "  │       ^ here"]),  # two cells each
        ("日本: x", 1, 3, [" 1│ 日本: x", "  │ ^^^^ here"]),
        ("e\u0301: x", 5, 6, [" 1│ e\u0301: x", "  │    ^ here"]),  # an accent of its own takes no cell
        ("a: \x1b[2J", 4, 5, [" 1│ a: \ufffd[2J", "  │    ^ here"]),  # a file cannot clear the screen
        ("a: \u202ex", 5, 6, [" 1│ a: \ufffdx", "  │     ^ here"]),
    ],
)
def test_carets_stand_under_their_characters(source: str, start: int, end: int, expected: list[str]) -> None:
    assert picture(source, start, end) == expected


def test_a_place_of_several_lines_is_underlined_to_the_end_of_the_first() -> None:
    finding = Diagnostic("m", Span("a.yaml", 2, 4, 3, 4), "from here", code="MC101")
    assert render([finding], {"a.yaml": "x: 1\r\na: b +   \r\n   c\r\n"}, "text", color=False).splitlines()[2:] == [
        " 2│ a: b +",
        "  │    ^^^ from here",
    ]


def test_a_long_line_is_shown_around_the_place() -> None:
    source = "x" * 500 + " here: " + "y" * 500
    shown, under = picture(source, 502, 506)
    assert len(shown) <= 4 + 110
    assert shown.startswith(" 1│ …xxx")
    assert shown.endswith("yyy…")
    assert shown[under.index("^") :][:6] == "here: "
    assert under.count("^") == 4


def test_a_long_line_is_not_cut_in_front_of_its_beginning() -> None:
    shown, under = picture("here: " + "y" * 500, 1, 5)
    assert shown.startswith(" 1│ here: yyy")
    assert under == "  │ ^^^^ here"


def test_line_numbers_of_three_digits_move_the_frame() -> None:
    finding = Diagnostic(
        "m", Span("a", 100, 1, 100, 2), "here", (Note(Span("a", 9, 1, 9, 2), "there"),), "do", code="MC101"
    )
    assert render([finding], {"a": lines({9: "b", 100: "c"})}, "text", color=False) == (
        "error[MC101]: m\n   ┌─ a:100:1\n100│ c\n   │ ^ here\n   ├─ a:9:1\n  9│ b\n   │ - there\n   help: do\n"
    )


def test_without_a_line_or_a_text_the_file_stands_alone() -> None:
    whole = Diagnostic("no such file", Span("a.yaml"), code="MC101", help="check the path")
    assert render([whole], {}, "text", color=False) == (
        "error[MC101]: no such file\n  ┌─ a.yaml\n  help: check the path\n"
    )
    unknown = Diagnostic("m", Span("a.yaml", 7, 1, 7, 2), "here", code="MC101")
    beyond = render([unknown], {"a.yaml": "x"}, "text", color=False)
    assert beyond == render([unknown], {}, "text", color=False) == "error[MC101]: m\n  ┌─ a.yaml:7:1\n  │ here\n"


def test_the_first_line_of_a_file_with_a_byte_order_mark() -> None:
    assert picture("\ufeffab: cd", 5, 7) == [" 1│ ab: cd", "  │     ^^ here"]


def test_colours_only_when_asked_for() -> None:
    plain = render([MISSPELT, MIXED], {RULES: TEXT}, "text", color=False)
    coloured = render([MISSPELT, MIXED], {RULES: TEXT}, "text", color=True)
    assert "\x1b" not in plain
    assert coloured.startswith("\x1b[1;31merror[MC204]\x1b[0m: ")
    for style in ("1;31", "1;32", "34", "36", "1", "0"):
        coloured = coloured.replace(f"\x1b[{style}m", "")
    assert coloured == plain


def test_a_message_cannot_move_the_cursor_or_begin_a_line() -> None:
    finding = Diagnostic("unknown `a\nb\x1b[1A`", Span("a\x07", 1, 1, 1, 2), code="MC101")
    assert render([finding], {}, "text", color=False) == "error[MC101]: unknown `a b\ufffd[1A`\n  ┌─ a\ufffd:1:1\n"


def test_nothing_found_is_nothing_printed() -> None:
    assert render([], {}, "text", color=True) == ""
