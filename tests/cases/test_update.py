"""`--update` writes what came out where something else was expected, and nothing else."""

from __future__ import annotations

from typing import Any

CASES = """\
  - name: one
    about: 1 x 100 x 50 %   # stays
    base: two ounces
    change: { balances: { GOLD: { amount: 1 } } }
    expect:
      status: fine          # a comment stays
      message: "owes 1.00 against 1.00"
      outputs: { lent: 51, room: { value: 7, tolerance: exactly } }
      rows: { balances: { GOLD: { lent: 50 } } }
  - name: in error
    base: two ounces
    change: { assets: { GOLD: null } }
    expect: { errors: [MC504] }
  - name: of rows
    base: two ounces
    table:
      header: [change.debt, expect.room, expect.status]
      rows:
        - [10, 90, fine]
        - [90, 11, fine]
    expect: { outputs: { lent: 101 } }
"""


def test_only_what_differs_is_written(bench: Any) -> None:
    before = bench.test(CASES).file
    done = bench.test(CASES, "--update")
    changed = [(old, new) for old, new in zip(before.split("\n"), done.file.split("\n"), strict=True) if old != new]
    assert changed == [
        ("      status: fine          # a comment stays", "      status: call          # a comment stays"),
        ('      message: "owes 1.00 against 1.00"', '      message: "owes 100.00 against 50.00"'),
        (
            "      outputs: { lent: 51, room: { value: 7, tolerance: exactly } }",
            "      outputs: { lent: 50, room: { value: -50, tolerance: exactly } }",
        ),
        ("    expect: { errors: [MC504] }", "    expect: { errors: [MC501] }"),
        ("        - [90, 11, fine]", "        - [90, 10, call]"),
        ("    expect: { outputs: { lent: 101 } }", "    expect: { outputs: { lent: 100 } }"),
    ]
    assert "cases/cap.yaml:17: `one`: 51 is now 50\n" in done.out
    assert done.code == 0
    assert done.out.endswith("4 cases in 1 file: 4 passed.\n")
    assert "updated; read every line of the difference" in done.err
    assert bench.run("test", ".", "--update").file == done.file


def test_rows_that_disagree_on_what_they_share_are_left(bench: Any) -> None:
    cases = CASES.replace("expect: { outputs: { lent: 101 } }", "expect: { outputs: { room: 90 } }").replace(
        "expect.room", "expect.lent"
    )
    done = bench.test(cases, "--update", "-k", "of rows")
    assert done.code == 1
    assert "expect: { outputs: { room: 90 } }" in done.file  # right for the first row, wrong for the second
    assert "stays; other cases of the table need another value" in done.out


def test_a_per_cent_stays_one(bench: Any) -> None:
    rules = bench.folder / "cap.yaml"
    rules.write_text(rules.read_text().replace("room: lent - debt", "room: debt / lent"), "utf-8")
    done = bench.test("  - name: a\n    base: two ounces\n    expect: { outputs: { room: 99% } }\n", "--update")
    assert "outputs: { room: 100% }" in done.file
    assert done.code == 0
