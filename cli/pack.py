"""`marginc pack`: snapshots in JSON turned into a book of Arrow or Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..program.diagnostic import Diagnostic, Span
from ..program.program import Program
from ..runtime.book import form
from ..runtime.snapshot import Raw, Snapshot
from ..runtime.snapshot.instant import instant_text
from .judge import NATIVE, open_snapshot_or_book, read, refused, snapshot_files
from .output import binary_destination, tell
from .refusal import Refusal, Stopped
from .rules import moment, open_rules

if TYPE_CHECKING:
    from ..runtime.book import BookFile
    from ..runtime.book.pack import Packing

Opened = list[tuple["Raw | BookFile", Snapshot]]


@click.command("pack")
@click.argument("rulebook")
@click.argument("snapshots", nargs=-1, required=True, metavar="SNAPSHOT...")
@click.option("-o", "--output", required=True, metavar="FILE", help="The book: FILE.arrow or FILE.parquet.")
@click.option("--as-of", metavar="DATE", help="The model of this date instead of that of the snapshots' own.")
def command(rulebook: str, snapshots: tuple[str, ...], output: str, as_of: str | None) -> int:
    """Turn snapshots into a book of Arrow or Parquet.

    A book holds the accounts in columns and is read many times faster than JSON; `marginc evaluate` gives the same
    results for it. Every number is kept as it is: as decimals where they have room, in double precision only where
    every value survives it, else as text. The snapshots have one instant, and agree about their reference rows.
    """
    ending = Path(output).suffix
    if ending not in (".arrow", ".parquet"):
        raise Stopped(f"`{output}` does not say which form the book has; end it in .arrow or .parquet")
    rules = open_rules(rulebook)
    files = snapshot_files(snapshots)
    if any(Path(name).resolve() == Path(output).resolve() for name in files):
        raise Stopped(f"`{output}` is an input of this command; name another file for the book")
    try:
        from ..runtime.book.pack import packing
        from ..runtime.book.write import write_batches
    except ImportError as error:
        raise Stopped(f"packing a book needs {error.name}: {NATIVE}") from None
    from ..runtime.exact.rows import reference_rows

    raws = [open_snapshot_or_book(file) for file in files]
    _check_instants(raws)
    given = moment(as_of)
    instant = raws[0].as_of if given is None else Decimal(given)
    program = rules.at(instant)
    opened, head = _read(raws, program)
    reference, _ = reference_rows(program, {kind: rows for kind, rows in head[1].items()})
    needs = packing(program, reference)
    count = _look(opened, needs)
    about = {form.REFERENCE: json.dumps(head[0], ensure_ascii=False, separators=(",", ":"))}
    with binary_destination(output) as stream:
        write_batches(stream, "parquet" if ending == ".parquet" else "arrow", needs.schema, _batches(opened, needs), about)
    accounts = f"{count:,} account{'' if count == 1 else 's'}"
    tell(f"{output}: {accounts} of {instant_text(raws[0].as_of)}, {Path(output).stat().st_size:,} bytes")
    return 0
