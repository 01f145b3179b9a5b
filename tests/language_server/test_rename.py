"""Renaming: every place in every rulebook that knows the name, and a refusal wherever the meaning would change."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import Editor, play

from marginc.compiler.pipeline import read

BASE = """\
rulebook: house/base
language: 1
numeraire: USD
model:
  assets:
    each: asset
    parameters: { ltv: ratio = 0% }
    observed: { price: USD/unit }
  account:
    observed: { cash: USD = 0 }
    rows:
      positions:
        each: position
        key: [asset]
        observed: { asset: asset, size: asset.unit, side: long | short }
      books: { each: book, of: positions, by: [side] }
functions:
  share: { of: { part: $d, whole: $d }, gives: ratio, let: if whole == 0 then 0% else part / whole }
formulas:
  position:
    value: size * asset.price
  book:
    worth: sum(positions.value)
  account:
    equity: cash + sum(p.value for p in positions)
"""
CHILD = """\
rulebook: house/loans
language: 1
extends: base.yaml
parameters:
  trigger: 95%
  assets:
    BTC: { ltv: 65% }
amendments:
  - effective: 2026-03-01
    parameters: { assets: { BTC: { ltv: 50% } } }
formulas:
  position:
    value: size * asset.price * asset.ltv
  account:
    value_of_all: sum(positions.value)
    used: share(value_of_all, equity)
status:
  - is: liquidatable
    when: used > trigger
    message: "{used:.1%} above {trigger:.1%}, {equity} left"
  - is: healthy
outputs: [used, position.value, { equity: what is left }]
"""
SIBLING = """\
rulebook: house/other
language: 1
extends: base.yaml
formulas:
  account:
    reserve: 1 USD
    needed: sum(p.value * p.asset.ltv for p in positions) + equity + reserve
status:
  - is: healthy
outputs: [needed]
"""
IMPORTING = """\
rulebook: house/both
language: 1
imports: { loans: loans.yaml }
formulas:
  account:
    total: loans.equity + sum(p.value for p in loans.positions) * loans.trigger
status:
  - is: healthy
outputs: [total]
"""
FILES = {"base": BASE, "loans": CHILD, "other": SIBLING, "both": IMPORTING}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    return tmp_path


def hashes(folder: Path) -> dict[str, tuple[object, ...]]:
    """What each rulebook computes, names apart: operations and tables of its program."""
    found: dict[str, tuple[object, ...]] = {}
    for name in ("loans", "other", "both"):
        source, problems, _ = read(folder / f"{name}.yaml", f"{name}.yaml")
        assert source is not None, problems
        assert source.findings() == []
        program, _ = source.program_at(1_800_000_000)
        assert program is not None
        found[name] = (
            tuple(sorted(node.operation for node in program.nodes)),
            len(program.definitions),
            len(program.outputs),
        )
    return found


NAMES = [
    ("base", "    va¦lue: size * asset.price\n  book", "worth_now", {"base": 3, "loans": 3, "other": 1, "both": 1}),
    ("loans", "    va¦lue: size * asset.price *", "worth_now", {"base": 3, "loans": 3, "other": 1, "both": 1}),
    ("other", "sum(p.va¦lue *", "worth_now", {"base": 3, "loans": 3, "other": 1, "both": 1}),
    ("base", "    equ¦ity: cash", "net", {"base": 1, "loans": 3, "other": 1, "both": 1}),
    ("both", "total: loans.equ¦ity", "net", {"base": 1, "loans": 3, "other": 1, "both": 1}),
    ("base", "parameters: { lt¦v: ratio", "loan_to_value", {"base": 1, "loans": 3, "other": 1}),
    ("loans", "  trig¦ger: 95%", "limit", {"loans": 3, "both": 1}),
    ("loans", "    us¦ed: share", "usage", {"loans": 4}),
    ("base", "  sha¦re: { of", "fraction", {"base": 1, "loans": 1}),
    ("base", "let: if who¦le == 0", "all_of_it", {"base": 3}),
    ("base", "sum(¦p.value for p", "each", {"base": 2}),
]


@pytest.mark.parametrize(("file", "marked", "new", "places"), NAMES)
def test_every_place_of_a_name_changes(file: str, marked: str, new: str, places: dict[str, int], house: Path) -> None:
    before = hashes(house)

    async def session(editor: Editor) -> None:
        editor.open(f"{file}.yaml")
        edit = await editor.rename(f"{file}.yaml", marked, new)
        assert edit is not None
        assert edit.changes is not None
        assert {editor._short(uri): len(edits) for uri, edits in edit.changes.items()} == {
            f"{name}.yaml": count for name, count in places.items()
        }
        editor.apply(edit)
        (house / f"{file}.yaml").write_text(editor.texts[f"{file}.yaml"], "utf-8")

    play(house, session)
    assert hashes(house) == before
    for name in places:
        assert new in (house / f"{name}.yaml").read_text("utf-8")


REFUSED = [
    ("base", "    equ¦ity: cash", "cash", "declared twice"),
    ("base", "    equ¦ity: cash", "reserve", r"`reserve` is taken \(other.yaml:6\)"),  # it would replace it, silently
    ("base", "    equ¦ity: cash", "trigger", "`trigger` will not do"),  # taken in a child only
    ("loans", "    us¦ed: share", "where", "no name"),
    ("loans", "    us¦ed: share", "2nd", "no name"),
    ("loans", "    us¦ed: share", "used", "already"),
    ("base", "observed: { asset: asset, si¦ze", "amount", "snapshots bring it"),
    ("base", "    each: ass¦et", "coin", "a kind"),
    ("loans", "    BT¦C: { ltv: 65%", "XBT", "a row's key"),
    ("base", "equity: cash + su¦m(", "total", "a function of the language"),
    ("base", "sum(¦p.value for p", "cash", "cash"),  # a binder may not hide a name
    ("loans", "language¦: 1", "version", "no name here"),
]


def test_a_name_that_is_taken_or_not_ours_is_refused_with_a_reason(house: Path) -> None:
    async def session(editor: Editor) -> None:
        editor.open("base.yaml")
        editor.open("loans.yaml")
        for file, marked, new, reason in REFUSED:
            with pytest.raises(Exception, match=reason):
                await editor.rename(f"{file}.yaml", marked, new)

    play(house, session)


def test_a_rulebook_with_an_error_is_mended_before_names_change(house: Path) -> None:
    async def session(editor: Editor) -> None:
        editor.open("loans.yaml")
        editor.change("loans.yaml", "    used: share", "    broken: sum(positions.valu)\n    used: share")
        with pytest.raises(Exception, match=r"loans\.yaml:16 has an error"):
            await editor.rename("loans.yaml", "    us¦ed: share", "usage")

    play(house, session)
