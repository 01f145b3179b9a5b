"""Places: ours count characters from 1, an editor's count from 0 in UTF-16, where an emoji is two."""

from __future__ import annotations

from pathlib import Path

import pytest
from editor import Editor, play
from lsprotocol import types as lsp

from marginc.language_server.positions import Lines, moved
from marginc.program.diagnostic import Span

TEXT = "a: ü\r\n🐂: { x: 1 }\nend"
BOOK = """\
rulebook: test/emoji
language: 1
numeraire: USD
model:
  assets: { each: asset, parameters: { ltv: ratio = 0% }, observed: { price: USD/unit } }
  account: { observed: { cash: USD } }
parameters:
  assets:
    🐂₿: { ltv: 10%, lvt: 5% }
formulas:
  account:
    total: cash
status:
  - is: healthy
outputs: [total]
"""


@pytest.mark.parametrize(
    ("encoding", "column"),
    [("utf-16", 6), ("utf-32", 5), ("utf-8", 8)],  # `🐂: { ` is 1 + 4 characters; the emoji 2 units, or 4 bytes
)
def test_an_emoji_counts_what_the_encoding_says(encoding: str, column: int) -> None:
    lines = Lines(TEXT, encoding)
    offset = TEXT.index("x: 1")
    assert lines.place(offset) == (1, column)
    assert lines.offset(1, column) == offset
    assert lines.place_of(2, 6) == (1, column)


def test_every_offset_comes_back() -> None:
    for encoding in ("utf-16", "utf-32", "utf-8"):
        lines = Lines(TEXT, encoding)
        assert [lines.offset(*lines.place(at)) for at in range(len(TEXT) + 1) if TEXT[at - 1 : at + 1] != "\r\n"] == [
            at for at in range(len(TEXT) + 1) if TEXT[at - 1 : at + 1] != "\r\n"
        ]


def test_places_outside_are_the_nearest_inside() -> None:
    lines = Lines("ab\ncd", "utf-16")
    assert (lines.offset(0, 99), lines.offset(7, 0), lines.place_of(9, 9)) == (2, 5, (1, 2))


def test_what_was_typed_moves_what_stands_behind_it() -> None:
    old, new = "a: 1\nb: 2\nc: 3\n", "a: 1\nnew: 0\nb: 22\nc: 3\n"
    assert moved(Span("f", 1, 1, 1, 2), old, new) == Span("f", 1, 1, 1, 2)
    assert moved(Span("f", 3, 1, 3, 2), old, new) == Span("f", 4, 1, 4, 2)
    assert moved(Span("f", 2, 1, 2, 2), old, new) is None  # inside of what changed


@pytest.mark.parametrize("encoding", [None, lsp.PositionEncodingKind.Utf8, lsp.PositionEncodingKind.Utf32])
def test_findings_behind_an_emoji_stand_where_the_client_counts(
    encoding: lsp.PositionEncodingKind | None, tmp_path: Path
) -> None:
    (tmp_path / "emoji.yaml").write_text(BOOK, "utf-8")
    wanted = {None: 21, lsp.PositionEncodingKind.Utf8: 25, lsp.PositionEncodingKind.Utf32: 20}[encoding]

    async def session(editor: Editor) -> None:
        editor.open("emoji.yaml")
        await editor.until(lambda: bool(editor.codes("emoji.yaml")))
        (finding,) = editor.findings[editor.uri("emoji.yaml")]
        assert (finding.range.start.line, finding.range.start.character) == (8, wanted)
        assert finding.range.end.character == wanted + 3

    play(tmp_path, session, encoding)
