"""`marginc import`: a venue's recorded API answers to a snapshot."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path

import click

from ..api import compile, open_document, shown
from ..importers import IMPORTERS, RULEBOOKS, ImportResult
from ..importers.diagnostics import ltv_drifted
from ..program.codes import closest
from ..program.diagnostic import Diagnostic, SnapshotError
from ..program.number import Ratio
from ..runtime.format import percent
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
    A loan-to-value ratio that is not the shipped rulebook's at that date is warned of.
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
    warnings = imported.warnings + _drift(venue, imported)
    if warnings:
        tell(render(warnings, text, "text", color_on("stderr")), end="")
    return 0


def _drift(venue: str, imported: ImportResult) -> list[Diagnostic]:
    """A warning for each loan-to-value ratio that the venue answered and the shipped rulebook does not have then."""
    name = RULEBOOKS.get(venue)
    if name is None or not imported.ltvs:
        return []
    program = compile(name).at(open_document(imported.snapshot).as_of).compiled
    asset = program.kinds["asset"].field("ltv")
    found: list[Diagnostic] = []
    for coin, answered in imported.ltvs.items():
        stated = program.parameters.get("asset", {}).get(coin, {}).get("ltv", asset.default if asset else None)
        if isinstance(stated, Decimal | Ratio) and stated != Decimal(answered):
            shares = percent(Decimal(answered), None), percent(stated, None)
            found.append(ltv_drifted(imported.ltv_spans[coin], coin, *shares, name))
    return found


def _read(file: str) -> tuple[str, bytes]:
    if file == "-":
        return "standard input", sys.stdin.buffer.read()
    path = Path(file)
    if not path.is_file():
        raise Stopped(f"there is no file `{file}`; `-` reads from standard input")
    return shown(path), path.read_bytes()
