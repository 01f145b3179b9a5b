"""What an editor is told: findings of unsaved texts and of what builds on them, completion, hover, places."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from editor import Editor, play
from lsprotocol import types as lsp

from marginc.api import shipped_rules
from marginc.compiler.check.aggregate import AGGREGATES
from marginc.compiler.check.builtins import FUNCTIONS
from marginc.language_server.words import BUILTINS

BOOK = """\
rulebook: test/answers
language: 1
numeraire: USD
imports: { rates: lib/rates.yaml }
model:
  assets:
    each: asset
    parameters:
      ltv: ratio = 0%
      tiers: { by: USD, columns: { rate: ratio } }
    observed: { price: USD/unit }
  shocks:
    each: shock
    parameters: { move: ratio }
  account:
    observed: { cash: USD = 0, mode: cross | isolated }
    rows:
      positions:
        each: position
        key: [asset]
        observed: { asset: asset, size: asset.unit, margin: cross | isolated }
      books: { each: book, of: positions, by: [margin] }
parameters:
  trigger: 95%
  assets:
    BTC: { ltv: 65%, tiers: [{ from: 0, rate: 1% }] }
  shocks: { down: { move: -10% } }
functions:
  share:
    of: { part: $d, whole: $d }
    gives: ratio
    about: a part of a whole
    let: if whole == 0 then 0% else part / whole
formulas:
  position:
    value: { let: size * asset.price, about: what it is worth now }
    need: sum(s.width * s.rate for s in slices(asset.tiers, abs(value)))
  position, shock:
    loss: value * shock.move
  book:
    worth: sum(positions.value)
  account:
    equity: cash + sum(p.value for p in positions where p.margin == "cross")
    used: share(sum(positions.need), equity)
    lent: rates.linear(used, 5%)
status:
  - is: liquidatable
    when: used > trigger
    message: "{used:.1%} of {equity} is used"
  - is: healthy
outputs: [used, position.value]
"""
RATES = """\
rulebook: test/rates
language: 1
functions:
  linear: { of: { use: ratio, slope: ratio }, gives: ratio, let: use * slope }
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "lib").mkdir()
    (tmp_path / "answers.yaml").write_text(BOOK, "utf-8")
    (tmp_path / "lib" / "rates.yaml").write_text(RATES, "utf-8")
    return tmp_path


def test_every_function_of_the_language_has_its_words() -> None:
    assert set(BUILTINS) == {*FUNCTIONS, *AGGREGATES}


def test_a_warning_that_a_comment_allows_is_not_told(house: Path) -> None:
    """As on the command line; without its reason the comment allows nothing."""

    async def session(editor: Editor) -> None:
        editor.open("answers.yaml")
        await editor.until(lambda: editor.uri("answers.yaml") in editor.findings)
        line = "    same: sqrt(used) == trigger"
        editor.change("answers.yaml", "status:\n", f"{line}\nstatus:\n")
        await editor.until(lambda: editor.codes("answers.yaml") == ["MC350"])
        editor.change("answers.yaml", line, f"{line}    # marginc: allow MC350 a tie is meant")
        await editor.until(lambda: editor.codes("answers.yaml") == [])
        editor.change("answers.yaml", " a tie is meant", "")
        await editor.until(lambda: editor.codes("answers.yaml") == ["MC350"])

    play(house, session)


NEXT = [
    (
        "    equity: ¦cash",
        "",
        {"cash", "mode", "positions", "trigger", "share", "rates", "sum", "if"},
        {"size", "worth"},
    ),
    ("    value: { let: ¦size", "", {"size", "need", "asset", "margin", "trigger"}, {"equity", "rate"}),
    ("size * asset.¦price", "", {"ltv", "tiers", "price", "previous"}, {"size", "cash"}),
    ("sum(p.¦value for", "", {"value", "need", "asset", "margin", "loss"}, {"cash", "ltv"}),
    ("for p in ¦positions", "", {"positions", "assets", "shocks", "books"}, {"cash", "value"}),
    ('margin == "¦cross"', "", {"cross", "isolated"}, {"cash"}),
    ("sum(s.width * s.¦rate", "", {"rate", "from", "to", "width"}, {"value"}),
    ("sum(positions.¦need)", "", {"value", "need"}, {"equity"}),
    ("lent: rates.¦linear", "", {"linear"}, {"share"}),
    ("then 0% else ¦part", "", {"part", "whole", "abs"}, {"cash", "positions"}),
    ("when: used > ¦trigger", "", {"trigger", "used", "equity"}, {"size"}),
    ("of {¦equity} is", "", {"equity", "used"}, {"size"}),
    ("else part / whole¦", " + 5 ", {"%", "USD", "bp", "per", "days"}, {"part"}),
    ("else part / whole¦", " * 5% per ", {"year", "day", "h"}, {"part", "USD"}),
    ("    BTC: { ¦ltv: 65%", "", {"ltv", "tiers"}, {"price", "move"}),
    ("    BTC: { ltv: 65%, ¦tiers", "", {"ltv", "tiers"}, {"price"}),
    ("  assets:\n    BTC¦: { l", "", {"BTC"}, {"down"}),
    ("tiers: [{ ¦from: 0", "", {"from", "to", "rate"}, {"ltv"}),
    ("outputs: [¦used", "", {"used", "equity", "position.value"}, {"size"}),
    ("      ltv: ¦ratio = 0%", "", {"ratio", "integer", "USD", "unit", "asset"}, {"cash"}),
    ("status:\n  - is: liquidatable\n    ¦when: used", "", {"when", "message", "about"}, {"let"}),
    ("formulas:\n  ¦position:", "", {"position", "account", "book", "position, shock"}, {"equity"}),
    ("¦status:", "", {"status", "amendments", "haircuts"}, {"ltv"}),
]
"""A place, what is typed there, names that are offered, names that are not."""


def test_what_may_be_written_next(house: Path) -> None:
    async def session(editor: Editor) -> None:
        editor.open("answers.yaml")
        await editor.until(lambda: editor.uri("answers.yaml") in editor.findings)
        assert editor.codes("answers.yaml") == []
        for marked, typed, offered, not_offered in NEXT:
            stretch = marked.replace("¦", "")
            if typed:
                editor.change("answers.yaml", stretch, stretch + typed)
                marked = f"{stretch}{typed}¦"
            found = await editor.complete("answers.yaml", marked)
            assert offered <= found.keys(), marked
            assert not_offered.isdisjoint(found.keys()), marked
            if typed:
                editor.change("answers.yaml", stretch + typed, stretch)

    play(house, session)


def test_completion_knows_a_file_that_is_no_yaml_just_now(house: Path) -> None:
    async def session(editor: Editor) -> None:
        editor.open("answers.yaml")
        await editor.until(lambda: editor.uri("answers.yaml") in editor.findings)
        editor.change("answers.yaml", "outputs: [used, position.value]", "outputs: [used, position.value")
        await editor.until(lambda: editor.codes("answers.yaml") != [])
        assert {"ltv", "price"} <= (await editor.complete("answers.yaml", "size * asset.¦price")).keys()
        assert "asset.price: USD/asset.unit" in await editor.hover("answers.yaml", "size * asset.pr¦ice")
        item = (await editor.complete("answers.yaml", "    BTC: { l¦tv: 65%"))["ltv"]
        assert (item.detail, item.documentation) == ("ratio = 0%", "ratio: a parameter of asset")

    play(house, session)


def test_what_a_name_is(house: Path) -> None:
    async def session(editor: Editor) -> None:
        editor.open("answers.yaml")
        name = "answers.yaml"
        value = await editor.hover(name, "sum(p.val¦ue for")
        assert value.startswith("```\nposition.value: USD\n```\n\nformulas of each position\n\nwhat it is worth now")
        assert "size * asset.price" in value
        assert value.endswith("answers.yaml:36")
        assert "**in force** `95%` · answers.yaml:24" in await editor.hover(name, "used > trig¦ger")
        assert "in force: BTC 65%" in await editor.hover(name, "      lt¦v: ratio")
        assert "part: $d, whole: $d): ratio" in await editor.hover(name, "used: sha¦re(")
        assert "a part of a whole" in await editor.hover(name, "used: sha¦re(")
        assert "rates.linear(use: ratio, slope: ratio): ratio" in await editor.hover(name, "rates.lin¦ear")
        assert "p: position" in await editor.hover(name, "sum(¦p.value for")
        assert "made of other rows" in await editor.hover(name, "  bo¦ok:\n    worth")
        assert "shared by all accounts" in await editor.hover(name, "position, sho¦ck:")
        assert "the parts of x in the ranges" in await editor.hover(name, "in sli¦ces(")
        assert "position, shock.loss: USD" in await editor.hover(name, "    lo¦ss: value")
        assert "used: ratio" in await editor.hover(name, '"{us¦ed:.1%} of')
        assert "position.value" in await editor.hover(name, "position.val¦ue]")
        assert await editor.hover(name, "nume¦raire: USD") == ""

    play(house, session)


def test_where_a_name_is_said(house: Path) -> None:
    async def session(editor: Editor) -> None:
        editor.open("answers.yaml")
        name = "answers.yaml"
        assert await editor.definition(name, "rates.lin¦ear") == ["lib/rates.yaml:4:3"]
        assert await editor.definition(name, "lib/ra¦tes.yaml") == ["lib/rates.yaml:1:1"]
        assert await editor.definition(name, "sum(¦p.value for") == ["answers.yaml:43:36"]
        assert await editor.definition(name, "used > trig¦ger") == ["answers.yaml:24:3"]
        assert await editor.definition(name, "asset.ti¦ers, abs") == ["answers.yaml:10:7"]
        assert await editor.definition(name, "else pa¦rt / whole") == ["answers.yaml:30:11"]
        assert await editor.definition(name, "for p in posi¦tions") == []  # no one place says what rows are
        editor.change(name, "rulebook: test/answers\n", "rulebook: test/answers\n# a line above\n")
        assert await editor.definition(name, "used > trig¦ger") == ["answers.yaml:25:3"]  # before it is checked anew
        assert await editor.references(name, "    us¦ed: share") == [45, 46, 49, 50, 52]

    play(house, session)


def test_an_unsaved_base_is_checked_with_what_extends_it(tmp_path: Path) -> None:
    folder = tmp_path / "hyperliquid"
    shutil.copytree(shipped_rules() / "hyperliquid", folder)
    shutil.copytree(shipped_rules() / "aave-v3", tmp_path / "aave-v3")
    (tmp_path / "marginc.toml").write_text("", "utf-8")

    async def session(editor: Editor) -> None:
        base, child, other = (f"hyperliquid/{name}.yaml" for name in ("base", "portfolio-margin", "standard"))
        editor.open(base)
        await editor.until(lambda: editor.uri(child) in editor.findings and editor.uri(other) in editor.findings)
        assert (editor.codes(base), editor.codes(child)) == ([], [])
        editor.change(base, "      ltv: ratio", "      loan_to_value: ratio")
        await editor.until(lambda: editor.codes(child) != [])
        assert any("`ltv`" in one.message for one in editor.findings[editor.uri(child)])
        editor.change(base, "      loan_to_value: ratio", "      ltv: ratio")
        await editor.until(lambda: editor.codes(child) == [] and editor.codes(base) == [])
        editor.change(base, "      ltv: ratio", "      loan_to_value: ratio")
        await editor.until(lambda: editor.codes(child) != [])
        close = lsp.DidCloseTextDocumentParams(editor.document(base))
        editor.client.text_document_did_close(close)  # without saving: the disk counts again
        await editor.until(lambda: editor.codes(child) == [])

    play(tmp_path, session)


def test_case_files_and_other_yaml_are_left_alone(house: Path) -> None:
    (house / "cases").mkdir()
    (house / "cases" / "one.yaml").write_text("rulebook: ../answers.yaml\ncases: []\n", "utf-8")
    (house / "compose.yaml").write_text("services: { web: { image: nginx } }\n", "utf-8")

    async def session(editor: Editor) -> None:
        editor.open("cases/one.yaml")
        editor.open("compose.yaml")
        editor.open("answers.yaml")
        await editor.until(lambda: editor.uri("answers.yaml") in editor.findings)
        assert not {editor.uri("cases/one.yaml"), editor.uri("compose.yaml")} & editor.findings.keys()
        assert await editor.definition("cases/one.yaml", "../ans¦wers.yaml") == ["answers.yaml:1:1"]

    play(house, session)
