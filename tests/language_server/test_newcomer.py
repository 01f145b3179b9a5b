"""The session of a newcomer fixing three mistakes: open, read, mend one by one, look around, rename, format, leave."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from editor import Editor, play
from lsprotocol import types as lsp

from marginc.cli import main

BASE = """\
rulebook: house/base
language: 1
numeraire: USD
model:
  assets:
    each: asset
    parameters:
      ltv: ratio = 0%
    observed: { price: USD/unit }
  account:
    observed: { debt: USD = 0 }
    rows:
      balances:
        each: balance
        key: [asset]
        observed: { asset: asset, amount: asset.unit }
"""
BOOK = """\
rulebook: house/loans
language: 1
extends: base.yaml
about: Loans against what an account holds. 🏦
parameters:
  trigger: 95%
  assets:
    BTC: { lvt: 70% }   # ₿ 🐂 the first mistake: a parameter misspelt
    ETH: { ltv: 60% }
amendments:
  - effective: 2026-03-01
    about: ether is riskier
    source: https://example.org/announcements/3
    parameters: { assets: { ETH: { ltv: 50% } } }
formulas:
  balance:
    value: amount * asset.price
  account:
    # 🐂 the second: money and an amount of an asset are added
    collateral: sum(b.value * b.asset.ltv + b.amount for b in balances)
    # the third: `=` where `==` is meant
    usage: if collateral = 0 then 0% else debt / collateral
status:
  - is: liquidatable
    when: debt > trigger * collateral
  - is: healthy
outputs: [usage, collateral]
"""
MENDED = (
    BOOK.replace("lvt", "ltv")
    .replace("collateral = 0", "collateral == 0")
    .replace("* b.asset.ltv + b.amount for", "* b.asset.ltv for")
)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE, "utf-8")
    (tmp_path / "loans.yaml").write_text(BOOK, "utf-8")
    return tmp_path


async def newcomer(editor: Editor) -> None:
    editor.open("loans.yaml")
    await editor.until(lambda: len(editor.codes("loans.yaml")) >= 2)
    places = editor.blamed("loans.yaml")
    assert "lvt" in places  # columns count an emoji's two halves
    assert "did you mean `ltv`?" in places["lvt"].message
    assert places["lvt"].severity == lsp.DiagnosticSeverity.Error

    # The first mistake: the editor offers what the finding says.
    (action,) = await editor.actions("loans.yaml", places["lvt"])
    assert (action.title, action.kind, action.is_preferred) == ("write `ltv`", lsp.CodeActionKind.QuickFix, True)
    editor.apply(action.edit)
    assert "BTC: { ltv: 70% }   # ₿ 🐂" in editor.texts["loans.yaml"]
    await editor.until(lambda: places["lvt"].code not in editor.codes("loans.yaml"))

    # The third: likewise.
    await editor.until(lambda: "=" in editor.blamed("loans.yaml"))
    (action,) = await editor.actions("loans.yaml", editor.blamed("loans.yaml")["="])
    editor.apply(action.edit)
    assert "if collateral == 0 then" in editor.texts["loans.yaml"]
    await editor.until(lambda: len(editor.codes("loans.yaml")) == 1)

    # The second has no fix to offer: it is read, and typed away.
    (units,) = editor.findings[editor.uri("loans.yaml")]
    assert editor.shown("loans.yaml", units.range) == "b.amount"
    assert "USD" in units.message
    assert await editor.actions("loans.yaml", units) == []
    offered = await editor.complete("loans.yaml", "ltv + b.¦amount for")
    assert {"value", "amount", "asset"} <= offered.keys()
    assert offered["amount"].detail == "balance.asset.unit"
    editor.change("loans.yaml", " + b.amount for", " for")
    await editor.until(lambda: editor.codes("loans.yaml") == [])
    assert editor.texts["loans.yaml"] == MENDED

    # Looking around.
    told = await editor.hover("loans.yaml", "ETH: { l¦tv: 60% }")
    assert "asset.ltv: ratio" in told
    assert "**in force** `50%` since 2026-03-01 (ether is riskier) · loans.yaml:14" in told
    assert "before `60%` · loans.yaml:9" in told
    assert "https://example.org/announcements/3" in told
    assert "balance.value: USD" in await editor.hover("loans.yaml", "sum(b.va¦lue *")
    assert await editor.definition("loans.yaml", "b.asset.l¦tv") == ["base.yaml:8:7"]
    assert await editor.definition("loans.yaml", "sum(b.va¦lue") == ["loans.yaml:17:5"]
    assert await editor.definition("loans.yaml", "extends: ba¦se.yaml") == ["base.yaml:1:1"]

    # A better name, everywhere at once; one that is taken is refused with a reason.
    with pytest.raises(Exception, match=r"`debt` will not do: .*loans.yaml:"):
        await editor.rename("loans.yaml", "    coll¦ateral: sum", "debt")
    editor.apply(await editor.rename("loans.yaml", "    coll¦ateral: sum", "lendable"))
    assert editor.texts["loans.yaml"] == MENDED.replace("collateral", "lendable")
    await editor.format("loans.yaml")
    await editor.until(lambda: editor.codes("loans.yaml") == [])


def test_a_newcomer_fixes_three_mistakes(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    editor = play(house, newcomer)
    assert (house / "loans.yaml").read_text("utf-8") == BOOK  # nothing was saved behind the person's back
    (house / "loans.yaml").write_text(editor.texts["loans.yaml"], "utf-8")
    with pytest.raises(SystemExit) as end:
        main(["validate", "--no-cache", str(house)])
    assert end.value.code == 0, capsys.readouterr().out


def test_a_session_that_ends_leaves_no_process(house: Path) -> None:
    async def glance(editor: Editor) -> None:
        editor.open("loans.yaml")
        await editor.until(lambda: bool(editor.codes("loans.yaml")))

    editor = play(house, glance)
    assert editor.process.returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(editor.process.pid, 0)


def test_an_editor_that_dies_leaves_no_process(house: Path) -> None:
    async def crash() -> int:
        editor = Editor(house)
        await editor.start()
        editor.open("loans.yaml")
        await editor.until(lambda: bool(editor.codes("loans.yaml")))
        stdin = editor.process.stdin
        assert stdin is not None
        stdin.close()
        return await asyncio.wait_for(editor.process.wait(), 20)

    assert asyncio.run(crash()) == 0
