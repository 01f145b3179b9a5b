"""`marginc import`: a venue's recorded API answers to a snapshot."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from ..api import shown
from ..importers import IMPORTERS
from ..program.codes import closest
from ..program.diagnostic import SnapshotError
from ..runtime.snapshot.document import read_document
from .findings import render
from .output import color_on, destination, tell
from .refusal import Refusal, Stopped


@click.command("import")
@click.argument("venue")
@click.argument("file")
@click.option("-o", "--output", metavar="FILE", help="Write the snapshot to FILE, which appears once it is complete.")
@click.option("--account", metavar="NAME", help="Name of the account in the snapshot; otherwise that of FILE.")
def command(venue: str, file: str, output: str | None, account: str | None) -> int:
    """Turn a venue's API answers into a snapshot.

    FILE is a recording in JSON, {"captured_at": ..., "responses": {ENDPOINT: ANSWER}}, or `-` for standard input.
    What the venue computed itself (margin used, liquidation prices) is never taken over: the rules compute it.
    """
    importer = IMPORTERS.get(venue)
    if importer is None:
        meant = closest(venue, IMPORTERS)
        hint = f"did you mean `{meant}`?" if meant else f"venues are {', '.join(IMPORTERS)}"
        raise Stopped(f"there is no importer for `{venue}`; {hint}")
    name, data = _read(file)
    text = {name: data.decode("utf-8", "replace")}
    try:
        document = read_document(data, name)
        imported = importer(document.value, name, account=account, locate=document.locate)
    except SnapshotError as error:
        raise Refusal(error.diagnostics, text) from None
    with destination(output) as stream:
        stream.write(json.dumps(imported.snapshot, indent=2, ensure_ascii=False) + "\n")
    if imported.warnings:
        tell(render(imported.warnings, text, "text", color_on("stderr")), end="")
    return 0


def _read(file: str) -> tuple[str, bytes]:
    if file == "-":
        return "standard input", sys.stdin.buffer.read()
    path = Path(file)
    if not path.is_file():
        raise Stopped(f"there is no file `{file}`; `-` reads from standard input")
    return shown(path), path.read_bytes()
