"""Results as Arrow or Parquet, and the short answer to a book that is too long for a table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import click

from ..program.diagnostic import Diagnostic
from ..runtime.book.options import Options
from ..runtime.exact import bind, evaluate
from .book_executors import choose
from .judge import NATIVE, Judged, Prepared, Question, Tally, read, refused
from .output import tell
from .refusal import Stopped
from .rules import Rules

if TYPE_CHECKING:
    from ..runtime.book.results import Table
    from ..runtime.book.write import Form
    from ..runtime.nearness import Near

LONG = 100
"""Accounts of a book that a table still shows one by one."""
Failures = list[tuple[str, tuple[Diagnostic, ...]]]
SHOWN = 20
"""Accounts of a long book that the table shows; accounts in error whose findings are written out."""


@dataclass(slots=True)
class Run:
    """One evaluation on its way: what was asked, what was seen, and the first accounts in error.

    executor   the choice of it, for books
    """

    rules: Rules
    question: Question
    tally: Tally
    failures: Failures
    executor: str


def write_results(stream: BinaryIO, form: Form, snapshots: Iterator[Prepared], run: Run, options: Options) -> None:
    """The results of one book, or of any number of other snapshots, as one file. Raises Stopped, Refusal."""
    try:
        from ..runtime.book.write import write_batches
    except ImportError as error:
        raise Stopped(f"--format {form} needs {error.name}: {NATIVE}") from None
    first = next(snapshots, None)
    assert first is not None  # the command line demands a snapshot
    table = table_of(first, options)
    write_batches(stream, form, table.schema, _every_batch(first, snapshots, run, table), about(first, run))


def about(one: Prepared, run: Run) -> dict[str, str]:
    """What the results are of, for the metadata of their file."""
    import json

    from ..runtime.snapshot.instant import instant_text
    from .result_data import changes

    circumstances = {"name": run.rules.name, "as_of": instant_text(one.as_of), "program": one.program.hash}
    return {"marginc.results": json.dumps({"rulebook": circumstances, **changes(run.question)}, ensure_ascii=False)}


def table_of(one: Prepared, options: Options) -> Table:
    """The columns of the results of a snapshot."""
    from ..runtime.book.results import result_table
    from ..runtime.exact.rows import reference_rows

    program = one.changed.program
    account = program.kinds.get("account")
    if one.book is not None:
        return result_table(program, one.book.orders, one.book.labels, options, one.book.words)
    reference, _ = reference_rows(program, one.data.reference)
    return result_table(program, reference, account.labels if account else (), options)


def batches(one: Prepared, run: Run, table: Table) -> Iterator[Any]:
    """The results of one snapshot as record batches, counted; the executor only matters to books. Raises Refusal."""
    from ..runtime.book.evaluate import batches_of_results
    from ..runtime.book.results import counts_of

    with refused(one.raw):
        bound = bind(one.changed.program, one.data.as_of, one.data.reference, one.changed.replaced)
        if one.book is None:
            results = evaluate(one.changed.program, one.data, one.changed.replaced)
            found = batches_of_results((_noted(result, run) for result in results), table, one.as_of)
        else:
            found = choose(run.executor).evaluate(one.book, bound, table)
        book, seen = one.book, 0
        for batch in found:
            counts = counts_of(batch)
            run.tally.accounts += batch.num_rows
            run.tally.errors += len(counts.failed)
            run.tally.statuses.update(counts.statuses)
            if book is not None:
                for row in counts.failed[: SHOWN - len(run.failures)]:
                    _noted(bound.evaluate(book.account(seen + row)), run)
            seen += batch.num_rows
            yield batch


def _noted(result: Any, run: Run) -> Any:
    """The result, its findings kept for stderr where it is among the first in error."""
    if result.errors and len(run.failures) < SHOWN:
        run.failures.append((result.account, result.errors))
    return result


def _every_batch(first: Prepared, others: Iterator[Prepared], run: Run, table: Table) -> Iterator[Any]:
    with progress(first) as step:
        for batch in batches(first, run, table):
            step(batch.num_rows)
            yield batch
    for one in others:
        if first.book is not None or one.book is not None:
            raise Stopped("results of a book are a file of their own; evaluate each book by itself")
        if table_of(one, table.options).schema != table.schema:
            raise Stopped(
                f"`{one.raw.file}` is judged by rules with other outputs than `{first.raw.file}`;"
                " evaluate them one by one"
            )
        yield from batches(one, run, table)


def is_long(one: Prepared) -> bool:
    """Whether this is a book that nobody wants on a screen."""
    return one.book is not None and (one.book.count is None or one.book.count > LONG)


def digest(stream: TextIO, one: Prepared, run: Run) -> None:
    """Of a book too long for a table: the accounts nearest to the worst status, then how many have each."""
    from ..runtime.book.distances import nearest
    from .result_table import write_table

    measured, near = _with_nearness(one)
    table = table_of(measured, Options())
    found: list[tuple[int, float, int]] = []
    seen = 0
    with progress(one) as step:
        for batch in batches(measured, run, table):
            found = sorted([*found, *nearest(batch, table, near, seen, SHOWN)])[:SHOWN]
            seen += batch.num_rows
            step(batch.num_rows)
    assert one.book is not None
    bound = bind(one.changed.program, one.data.as_of, one.data.reference, one.changed.replaced)
    results = [bound.evaluate(one.book.account(number)) for _, _, number in found]
    write_table(
        stream, run.rules, [Judged(result, one.as_of, one.program, one.raw.file) for result in results], run.question
    )
    counts = [f"{run.tally.statuses[status]:,} {status}" for status in run.rules.statuses if run.tally.statuses[status]]
    worst = one.program.ladder[0].name if one.program.ladder else ""
    shown = f"Shown are the {len(found)} nearest to `{worst}`" if worst else f"Shown are the first {len(found)}"
    stream.write(
        f"\n{seen:,} accounts: {', '.join([*counts, f'{run.tally.errors:,} in error'])}. {shown};"
        " -o FILE writes all of them.\n"
    )


def _with_nearness(one: Prepared) -> tuple[Prepared, Near | None]:
    """The snapshot under a program that also tells how far each account is from the worst status."""
    from ..runtime.nearness import with_nearness

    found = with_nearness(one.changed.program)
    if found is None:
        return one, None
    program, near = found
    _, book = read(one.raw, one.as_of, program)
    return replace(one, changed=replace(one.changed, program=program), book=book), near


@contextmanager
def progress(one: Prepared) -> Iterator[Callable[[int], None]]:
    """A function to call with the number of accounts just evaluated; draws a bar where stderr is a terminal."""
    count = one.book.count if one.book is not None else None
    if not count or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=count, label="evaluating", file=sys.stderr) as bar:
        yield bar.update


def tell_executor(run: Run, snapshots: Iterable[Prepared]) -> Iterator[Prepared]:
    """Says on stderr which executor runs each snapshot."""
    for one in snapshots:
        executor = choose(run.executor) if one.book is not None else None
        tell(
            f"{one.raw.file}: {executor.name} executor{executor.why}" if executor else f"{one.raw.file}: exact executor"
        )
        yield one
