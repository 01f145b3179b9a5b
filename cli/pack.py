"""`marginc pack`: snapshots in JSON turned into a book of Arrow or Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..program.diagnostic import Span, in_order
from ..program.program import Constant, Program
from ..runtime.book import form
from ..runtime.diagnostics import book as pages
from ..runtime.diagnostics.snapshot import quoted
from ..runtime.snapshot import Raw, Snapshot
from ..runtime.snapshot.instant import instant_text
from .judge import NATIVE, open_snapshot_or_book, read, refused, snapshot_files
from .output import binary_destination, tell
from .refusal import Refusal, Stopped
from .rules import moment, open_rules

if TYPE_CHECKING:
    from ..runtime.book import BookFile
    from ..runtime.book.pack import Packing


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
    program = rules.at(raws[0].as_of if given is None else Decimal(given))
    joined = _join(raws, program)
    reference, _ = reference_rows(program, joined.rows)
    needs = packing(program, reference)
    count = _look(joined, needs)
    about = {form.REFERENCE: json.dumps(joined.head, ensure_ascii=False, separators=(",", ":"))}
    with binary_destination(output) as stream:
        batches = _batches(joined, needs)
        write_batches(stream, "parquet" if ending == ".parquet" else "arrow", needs.schema, batches, about)
    accounts = f"{count:,} account{'' if count == 1 else 's'}"
    tell(f"{output}: {accounts} of {instant_text(raws[0].as_of)}, {Path(output).stat().st_size:,} bytes.")
    return 0


@dataclass(frozen=True, slots=True)
class Joined:
    """The snapshots, the JSON of all their reference rows, and these rows by kind and key."""

    snapshots: list[tuple[Raw | BookFile, Snapshot]]
    head: dict[str, object]
    rows: dict[str, dict[str, Mapping[str, Constant]]]


def _check_instants(raws: Sequence[Raw | BookFile]) -> None:
    first = raws[0]
    for raw in raws[1:]:
        if raw.as_of != first.as_of:
            told = instant_text(raw.as_of), Span(first.file), instant_text(first.as_of)
            raise Refusal([pages.several_instants(Span(raw.file), *told)])


def _join(raws: Sequence[Raw | BookFile], program: Program) -> Joined:
    """The reference rows of all snapshots together. Raises Refusal where they disagree."""
    joined = Joined([], {"as_of": instant_text(raws[0].as_of)}, {})
    homes: dict[tuple[str, str], str] = {}
    for raw in raws:
        with refused(raw):
            data, _ = read(raw, raw.as_of, program)
        joined.snapshots.append((raw, data))
        for kind, rows in data.reference.items():
            for key, row in rows.items():
                known = joined.rows.setdefault(kind, {}).setdefault(key, row)
                home = homes.setdefault((kind, key), raw.file)
                if known != row:
                    raise Refusal([pages.reference_differs(Span(raw.file), Span(home), f"{kind} {quoted(key)}")])
        for name, value in (raw if isinstance(raw, Raw) else raw.head).head.items():
            if isinstance(value, dict):
                together = joined.head.setdefault(name, {})
                assert isinstance(together, dict)
                together |= {key: row for key, row in value.items() if key not in together}
    return joined


def _look(joined: Joined, needs: Packing) -> int:
    """What the columns need; gives the number of accounts. Raises Refusal with all that cannot be packed."""
    from ..runtime.book.pack import look_at

    count = 0
    for raw, data in joined.snapshots:
        with refused(raw):
            count += look_at(data.accounts, raw.file, needs)
    if needs.findings:
        raise Refusal(in_order(needs.findings))
    return count


def _batches(joined: Joined, needs: Packing) -> Iterator[object]:
    from ..runtime.book.pack import record_batches

    for raw, data in joined.snapshots:
        with refused(raw):
            yield from record_batches(data.accounts, needs)
