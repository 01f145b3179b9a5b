"""Tables of cases: one case with a header of places and rows of values."""

from __future__ import annotations

from typing import Any

import pytest

TABLE = """\
  - name: gold
    base: two ounces
    table:
      header: [change.balances.GOLD.amount, set.assets.GOLD.ltv, expect.lent, expect.status]
      rows:
        - [1, 50%, 50, call]             # 1 x 100 x 50 %; 100 > 40
        - [4, 60%, 240, fine]            # 100 <= 192
        - [2, 62.5%, 125, fine]          # 100 is 80 % of it
"""


def test_every_row_is_a_case(bench: Any) -> None:
    done = bench.test(TABLE)
    assert (done.code, done.out) == (0, "3 cases in 1 file: 3 passed.\n"), done.out


def test_a_row_that_fails_shows_its_own_cell(bench: Any) -> None:
    done = bench.test(TABLE.replace("60%, 240, fine", "60%, 241, fine"))
    assert done.code == 1
    assert done.out == (
        "error[MC701]: case `gold, row 2`: `lent` is 240, not 241\n"
        "  ┌─ cases/cap.yaml:16:20\n"
        "16│         - [4, 60%, 241, fine]            # 100 <= 192\n"
        "  │                    ^^^ lower by 1, 0.415 % of what is expected\n"
        "  help: correct the rules, or the case if its source says so\n"
        "\n"
        "    lent       240.00000000 USD  20  1 balance\n"
        "    └─ GOLD    240.00000000 USD  18  4 x 100 x 60 %\n"
        "       └─ ltv   60 %                 set for this question; 50 % in force\n"
        "\n"
        "3 cases in 1 file: 2 passed, 1 failed.\n"
    )


def test_rows_have_names_rows_of_results_and_what_they_share(bench: Any) -> None:
    done = bench.test(
        """\
  - name: gold
    base: two ounces
    table:
      header: [name, shock, expect.rows.balances.GOLD.lent, expect.balances.GOLD.lent, as_of]
      rows:
        - [falls, GOLD -10%, 90, 90, 2026-03-01]
        - [rises, GOLD +10%, 110, 111, 2026-03-01]
    expect: { outputs: { room: 10 } }
"""
    )
    assert "case `gold, rises`: `lent` of GOLD is 110, not 111" in done.out
    assert "case `gold, falls`: `room` is -10, not 10" in done.out
    assert done.out.endswith("2 cases in 1 file: 0 passed, 2 failed.\n")


def test_an_empty_cell_expects_nothing(bench: Any) -> None:
    table = TABLE.replace("[1, 50%, 50, call]", "[1, 50%, null, call]")
    assert bench.test(table).code == 0


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("[4, 60%, 240, fine]", "[4, 60%, 240]", "row 2 has 3 values under 4 names"),
        ("[4, 60%, 240, fine]", "[4, [60%], 240, fine]", "`set.assets.GOLD.ltv` takes a single value"),
        ("expect.lent", "lent", "`lent` is no place of a case"),
        ("expect.lent", "expected.lent", "`expected.lent` is no place of a case"),
    ],
)
def test_a_table_that_cannot_be_written_out(old: str, new: str, says: str, bench: Any) -> None:
    done = bench.test(TABLE.replace(old, new))
    assert done.code == 1
    assert done.out.startswith("error[MC707]: case `gold`: ")
    assert says in done.out
