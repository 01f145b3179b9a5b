"""A rulebook of 1,000 definitions: after it was read once, every question is answered within a tenth of a second.

Questions come while the rulebook is being checked again after an edit, as they do while somebody types.
"""

from __future__ import annotations

import statistics
from pathlib import Path

from editor import Editor, play

from marginc.benchmarks.compile_cost import rulebook

LIMIT = 100.0
"""Milliseconds: a person does not feel it."""
ROUNDS = 5


def report(editor: Editor) -> str:
    return "\n".join(
        f"{what}: median {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms of {len(times)}"
        for what, times in editor.milliseconds.items()
    )


def test_questions_about_a_thousand_definitions(tmp_path: Path) -> None:
    text = rulebook(1_000, 100)
    assert text.count("\n    ") > 1_000
    (tmp_path / "large.yaml").write_text(text, "utf-8")

    async def typing(editor: Editor) -> None:
        editor.open("large.yaml")
        await editor.hover("large.yaml", "    weight¦_3: clamp")  # waits for the first check
        editor.milliseconds["first answer"] = editor.milliseconds.pop("hover")
        for number in range(ROUNDS):
            editor.change("large.yaml", f"    weight_{number}: clamp(1 - ", f"    weight_{number}: clamp(2 - ")
            assert "each asset" in await editor.hover("large.yaml", f"    weigh¦t_{number}: clamp")
            assert "position.need_3: USD" in await editor.hover("large.yaml", "max(ne¦ed_3, abs(size)")
            offered = await editor.complete("large.yaml", f"asset.price * asset.¦weight_{number}\n")
            assert {"ltv", "floor", "price", "weight_76"} <= offered.keys()
            offered = await editor.complete("large.yaml", "part_3: max(¦need_3")
            assert {"need_3", "size", "abs", "sum"} <= offered.keys()
            offered = await editor.complete("large.yaml", "    A7: { ¦ltv: 7%")
            assert {"ltv", "floor", "cap", "tiers"} <= offered.keys()
            (place,) = await editor.definition("large.yaml", "max(ne¦ed_3, abs(size)")
            assert place.startswith("large.yaml:")
        await editor.until(lambda: editor.codes("large.yaml") == [])

    editor = play(tmp_path, typing)
    first = editor.milliseconds.pop("first answer")
    assert max(first) < 30_000
    assert all(statistics.median(times) < LIMIT for times in editor.milliseconds.values()), report(editor)
