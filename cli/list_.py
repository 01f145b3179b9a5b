"""`marginc list`: the rulebooks in the box."""

from __future__ import annotations

import re

import click

from ..api import shipped_names, shipped_rules, shown
from .columns import columns
from .output import say


@click.command("list")
def command() -> int:
    """List the rulebooks in the box, with the dates of their amendments.

    Every verb that takes a RULEBOOK takes these names.
    """
    from ..compiler.source import Mapping, Scalar, Sequence, read_source

    rows = [["rulebook", "amendments", "about"]]
    for name in shipped_names():
        path = shipped_rules() / f"{name}.yaml"
        _, root, _ = read_source(path, shown(path))
        about = root.get("about") if root else None
        amendments = root.get("amendments") if root else None
        dates = [
            entry.value.text
            for item in (amendments.value.items if amendments and isinstance(amendments.value, Sequence) else ())
            if isinstance(item, Mapping) and (entry := item.get("effective")) and isinstance(entry.value, Scalar)
        ]
        text = about.value.text if about and isinstance(about.value, Scalar) else ""
        rows.append([name, dates[0] if dates else "-", _first_sentence(text)])
        rows += [["", date, ""] for date in dates[1:]]
    say("\n".join(columns(rows, ["left", "left", "left"])))
    return 0


def _first_sentence(text: str) -> str:
    """What a rulebook is about, up to the first full stop, colon or semicolon."""
    return re.split(r"[.:;](?:\s|$)", text, maxsplit=1)[0]
