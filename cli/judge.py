"""Snapshots under rules: each opened, shocked, evaluated under the rules of its instant, and counted."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from ..api import shown
from ..program.codes import closest
from ..program.diagnostic import SnapshotError
from ..program.program import Program
from ..runtime.book import form
from ..runtime.exact import evaluate
from ..runtime.results import Result
from ..runtime.shock import Shock, ShockError, apply_shock, parse_shocks
from ..runtime.snapshot import Raw, Snapshot, open_snapshot, read_snapshot
from ..runtime.what_if import Setting, WhatIf, WhatIfError, collection_of, parse_setting, what_if
from .refusal import Refusal, Stopped
from .rules import Rules, moment

if TYPE_CHECKING:
    from ..runtime.book import Book, BookFile

SUFFIXES = (".json", ".ndjson", ".jsonl", *form.SUFFIXES)
NATIVE = "pip install 'marginc[native]'"
"""What installs the libraries that books need."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked besides the rules: values set, prices moved, another date. `*_text` are as the user wrote them."""

    settings: tuple[Setting, ...] = ()
    shocks: tuple[Shock, ...] = ()
    as_of: int | None = None
    shock_text: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A snapshot read under the rules of its instant, shocked, and ready to be evaluated.

    program   as the rules have it; `changed` is what is evaluated
    book      where the snapshot is one
    """

    raw: Raw | BookFile
    as_of: Decimal
    program: Program
    changed: WhatIf
    data: Snapshot
    book: Book | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One account's result, with the instant and the program it was judged under. `snapshot` is the file's name."""

    result: Result
    as_of: Decimal
    program: Program
    snapshot: str


@dataclass(slots=True)
class Tally:
    """What was seen so far: accounts by status, those in error, and in how many snapshots each shock found a price."""

    snapshots: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    accounts: int = 0
    errors: int = 0
    moved: Counter[str] = field(default_factory=Counter)
    rows: set[str] = field(default_factory=set)
    """Keys of reference rows, of the rules and of the snapshots."""
    set_rows: set[str] = field(default_factory=set)
    """Keys of the rows whose parameters `--set` names."""


def ask(settings: Iterable[str], shock: str, as_of: str | None) -> Question:
    """The question as typed. Raises Stopped."""
    try:
        parsed = tuple(parse_setting(text) for text in settings)
        shocks = parse_shocks(shock) if shock.strip() else ()
    except WhatIfError as error:
        raise Stopped(f"--set: {error}") from None
    except ShockError as error:
        raise Stopped(f"--shock: {error}") from None
    return Question(parsed, shocks, moment(as_of), ", ".join(shock.split(",")).replace(",  ", ", ").strip())


def judge(snapshots: Iterable[Prepared], tally: Tally) -> Iterator[Judged]:
    """Every account of every snapshot, in order. Raises Refusal."""
    for one in snapshots:
        with refused(one.raw):
            for result in evaluate(one.changed.program, one.data, one.changed.replaced):
                tally.accounts += 1
                tally.errors += bool(result.errors)
                tally.statuses[result.status or ""] += 1
                yield Judged(result, one.as_of, one.program, one.raw.file)


def prepare(
    rules: Rules, files: Iterable[str], question: Question, tally: Tally, prices: str = ""
) -> Iterator[Prepared]:
    """Every snapshot, ready to be evaluated; `prices` is a file of reference rows for books.

    Raises Refusal, Stopped; at the end also for names nothing bears.
    """
    files = list(files)
    if prices and not any(file != "-" and form.form_of(Path(file)) for file in files):
        raise Stopped("--reference goes with a book of Arrow or Parquet; a snapshot in JSON has its own reference rows")
    reference = open_file(prices) if prices else None
    for file in files:
        raw = open_snapshot_or_book(file, reference)
        tally.snapshots += 1
        with refused(raw):
            one = prepared(rules, raw, question, tally)
        yield one
    _check_names(question, tally)


@contextmanager
def refused(raw: Raw | BookFile) -> Iterator[None]:
    """Turns what is wrong with a snapshot into a Refusal that shows its lines."""
    try:
        yield
    except SnapshotError as error:
        head = raw if isinstance(raw, Raw) else raw.head
        raise Refusal(error.diagnostics, {head.file: head.text} if head.line == 1 else {}) from None


def prepared(rules: Rules, raw: Raw | BookFile, question: Question, tally: Tally) -> Prepared:
    """One snapshot, read under the rules of its instant. Raises SnapshotError, Refusal, Stopped."""
    as_of = raw.as_of if question.as_of is None else Decimal(question.as_of)
    program = rules.at(as_of)
    changed = changed_program(program, question)
    data, book = read(raw, as_of, changed.program)
    tally.rows.update(*program.parameters.values(), *data.reference.values())
    for setting in question.settings:
        kind, steps = collection_of(program, setting.name)
        if kind is not None:
            tally.set_rows.add(".".join(steps[1:-1]))
    data = _shocked(data, changed.program, question, tally)
    return Prepared(raw, as_of, program, changed, data, book)


def read(raw: Raw | BookFile, as_of: Decimal, program: Program) -> tuple[Snapshot, Book | None]:
    """A snapshot against a program, as if it were of another instant. Raises SnapshotError."""
    if isinstance(raw, Raw):
        return read_snapshot(replace(raw, as_of=as_of), program), None
    from ..runtime.book import read_book

    return read_book(raw.at(as_of), program)


def changed_program(program: Program, question: Question) -> WhatIf:
    """The program under the values of `--set`. Raises Stopped."""
    try:
        return what_if(program, question.settings)
    except WhatIfError as error:
        raise Stopped(f"--set: {error}") from None


def _shocked(data: Snapshot, program: Program, question: Question, tally: Tally) -> Snapshot:
    if not question.shocks:
        return data
    data, found = apply_shock(data, program, question.shocks)
    tally.moved.update(found)
    return data


def _check_names(question: Question, tally: Tally) -> None:
    """A shock or a set row that no snapshot and no rule knows is a slip of the pen, not an answer."""
    for shock in question.shocks:
        if not tally.moved[shock.key] and tally.snapshots:
            meant = closest(shock.key, tally.rows - {shock.key})
            hint = f"; did you mean `{meant}`?" if meant else ""
            raise Stopped(f"--shock: no snapshot has a price of `{shock.key}`{hint}")
    for row in sorted(tally.set_rows - tally.rows):
        meant = closest(row, tally.rows)
        hint = f"; did you mean `{meant}`?" if meant else ""
        raise Stopped(f"--set: neither the rules nor a snapshot have a row `{row}`{hint}")


def open_snapshot_or_book(file: str, reference: Raw | None = None) -> Raw | BookFile:
    """A snapshot of any form; `reference` has the reference rows of books. Raises Refusal, Stopped."""
    if file == "-" or not form.form_of(Path(file)):
        return open_file(file)
    try:
        from ..runtime.book import open_book_file
    except ImportError as error:
        raise Stopped(f"`{file}` is a book, and reading books needs {error.name}: {NATIVE}") from None
    try:
        return open_book_file(Path(file), shown(Path(file)), reference)
    except SnapshotError as error:
        raise _cannot_open(error) from None


def open_file(file: str) -> Raw:
    """The snapshot in a file, or on standard input for `-`. Raises Refusal."""
    try:
        if file == "-":
            given = sys.stdin.buffer.read()
            if form.form_of_bytes(given):
                raise Stopped("a book is read from a file, not from standard input; name the file")
            return open_snapshot(None, "standard input", given)
        return open_snapshot(Path(file), shown(Path(file)))
    except SnapshotError as error:
        raise _cannot_open(error) from None


def _cannot_open(error: SnapshotError) -> Refusal:
    unreadable = any(finding.code == "MC401" for finding in error.diagnostics)
    return Refusal(error.diagnostics, code=2 if unreadable else 1)


def snapshot_files(arguments: Iterable[str]) -> list[str]:
    """Files as named, a folder's snapshots in the order of their paths. Raises Stopped."""
    files: list[str] = []
    for text in arguments:
        if text == "-" and "-" in files:
            raise Stopped("standard input `-` can be read only once")
        if text == "-" or not Path(text).is_dir():
            files.append(text)
            continue
        here = _below(Path(text))
        if not here:
            raise Stopped(f"there is no snapshot in `{text}`: no file there ends in {', '.join(SUFFIXES)}")
        files += here
    return files


def _below(folder: Path) -> list[str]:
    found: list[str] = []
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [str(Path(here, name)) for name in sorted(names) if name.endswith(SUFFIXES) and name[0] != "."]
    return [name for name in found if not name.endswith(form.BESIDE)]
