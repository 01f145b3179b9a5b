"""`marginc evaluate`: a rulebook applied to snapshots."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

import click

from ..program.codes import closest
from ..program.diagnostic import Diagnostic
from ..runtime.book.options import Options
from .book_executors import CHOICES
from .book_results import Run, digest, is_long, tell_executor, write_results
from .judge import Judged, Prepared, Question, Tally, ask, judge, prepare, snapshot_files
from .output import binary_destination, color_on, destination, tell
from .refusal import Stopped
from .rules import Rules, open_rules

Writer = Callable[[TextIO, Rules, Iterable[Judged], Question], None]
_SHOWN_ACCOUNTS = 20
"""Accounts in error whose findings are written out; of the others there is only the number."""


@click.command("evaluate")
@click.argument("rulebook")
@click.argument("snapshots", nargs=-1, required=True, metavar="SNAPSHOT...")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "ndjson", "csv", "arrow", "parquet"]),
    default="table",
    show_default=True,
    help="A table for people; for machines one object, one object a line, comma-separated values, or columns.",
)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="Another value: assets.HYPE.ltv=60%.")
@click.option("--shock", default="", metavar="MOVES", help="Prices moved: 'ZEC -70%' or 'ZEC -70%, HYPE +10%'.")
@click.option("--as-of", metavar="DATE", help="The rules of this date instead of those of each snapshot's own.")
@click.option("--fail-on", multiple=True, metavar="STATUS", help="Exit code 1 where an account has this status.")
@click.option("--allow-errors", is_flag=True, help="Exit code 0 although accounts are in error.")
@click.option("-o", "--output", metavar="FILE", help="Write results to FILE, which appears once it is complete.")
@click.option("--exact", is_flag=True, help="In arrow and parquet: numbers as decimal text instead of float64.")
@click.option("--bound", is_flag=True, help="In arrow and parquet: beside each number how far it is off at most.")
@click.option("--reference", "prices", metavar="FILE", help="Instant and reference rows of a book: a JSON snapshot.")
@click.option("--executor", type=click.Choice(CHOICES), default="auto", show_default=True, help="What runs a book.")
@click.option("-v", "--verbose", is_flag=True, help="Say which executor runs.")
def command(
    rulebook: str,
    snapshots: tuple[str, ...],
    format_: str,
    settings: tuple[str, ...],
    shock: str,
    as_of: str | None,
    fail_on: tuple[str, ...],
    allow_errors: bool,
    output: str | None,
    exact: bool,
    bound: bool,
    prices: str | None,
    executor: str,
    verbose: bool,
) -> int:
    """Apply a rulebook to account snapshots.

    RULEBOOK is a file, a shipped name (`marginc list`) or an artifact of `marginc build`. Each SNAPSHOT is a file of
    JSON or NDJSON, a book of Arrow or Parquet, a folder of them, or `-` for standard input; it is judged by the rules
    in force at its `as_of`.

    In JSON, numbers are decimal text. `set` and `shock` are there when they were given. Where snapshots are of
    several instants, `as_of` and `program` stand in each account instead of in `rulebook`.
    """
    question = ask(settings, shock, as_of)
    rules = open_rules(rulebook)
    _check_statuses(fail_on, rules)
    files = snapshot_files(snapshots)
    _spare_inputs(output, (rulebook, *files, *([prices] if prices else [])))
    _check_columns(format_, output, exact, bound)
    run = Run(rules, question, Tally(), [], executor)
    found = prepare(rules, files, question, run.tally, prices or "")
    _evaluate(run, tell_executor(run, found) if verbose else found, format_, output, Options(exact, bound))
    _tell_failures(run.failures, rules)
    tell(summary(rules, question, run.tally))
    failed = run.tally.errors and not allow_errors
    return int(bool(failed) or any(run.tally.statuses[status] for status in fail_on))


def _evaluate(run: Run, snapshots: Iterator[Prepared], format_: str, output: str | None, options: Options) -> None:
    """Writes the results in their format, where they are wanted."""
    if format_ in ("arrow", "parquet"):
        with binary_destination(output) as binary:
            write_results(binary, "arrow" if format_ == "arrow" else "parquet", snapshots, run, options)
        return
    with destination(output) as stream:
        if format_ == "table" and output is None:
            snapshots = _shortened(stream, run, snapshots)
        judged = _noting(judge(snapshots, run.tally), run.failures)
        first = next(judged, None)
        if first is not None or not run.tally.accounts:
            every = judged if first is None else itertools.chain((first,), judged)
            _writer(format_)(stream, run.rules, every, run.question)


def _shortened(stream: TextIO, run: Run, snapshots: Iterator[Prepared]) -> Iterator[Prepared]:
    """Answers books that are too long for a table in short, and gives the other snapshots."""
    for one in snapshots:
        if is_long(one):
            digest(stream, one, run)
        else:
            yield one


def _check_columns(format_: str, output: str | None, exact: bool, bound: bool) -> None:
    """Raises Stopped where columns are asked for that the format does not have, or would end up on a screen."""
    if format_ not in ("arrow", "parquet"):
        if exact or bound:
            raise Stopped(f"--{'exact' if exact else 'bound'} goes with --format arrow or parquet")
    elif output in (None, "-") and sys.stdout.isatty():
        raise Stopped(f"{format_} is not text; name a file with -o, or send it on to a program")


def _spare_inputs(output: str | None, inputs: tuple[str, ...]) -> None:
    """Results never take the place of what they were made from. Raises Stopped."""
    if output is None or output == "-":
        return
    target = Path(output).resolve()
    if any(Path(name).resolve() == target for name in inputs if name != "-"):
        raise Stopped(f"`{output}` is an input of this command; name another file for the results")


def summary(rules: Rules, question: Question, tally: Tally) -> str:
    """How many accounts have each status, and in how many snapshots each shocked price was found."""
    counts = [f"{tally.statuses[status]:,} {status}" for status in rules.statuses if tally.statuses[status]]
    accounts = f"{tally.accounts:,} account{'' if tally.accounts == 1 else 's'}"
    text = f"{accounts}: {', '.join([*counts, _counted(tally.errors, 'error')])}."
    for shock in question.shocks:
        text += f" Shock moved {shock.key} in {tally.moved[shock.key]:,} of {_counted(tally.snapshots, 'snapshot')}."
    return text


def _writer(format_: str) -> Writer:
    if format_ == "table":
        from .result_table import write_table

        return write_table
    from . import result_data

    writers: dict[str, Writer] = {
        "json": result_data.write_json,
        "ndjson": result_data.write_ndjson,
        "csv": result_data.write_csv,
    }
    return writers[format_]


def _noting(accounts: Iterator[Judged], failures: list[tuple[str, tuple[Diagnostic, ...]]]) -> Iterator[Judged]:
    """The accounts, while the first findings of those in error are kept for stderr."""
    for one in accounts:
        if one.result.errors and len(failures) < _SHOWN_ACCOUNTS:
            failures.append((one.result.account, one.result.errors))
        yield one


def _tell_failures(failures: list[tuple[str, tuple[Diagnostic, ...]]], rules: Rules) -> None:
    from .findings import render
    from .findings.screen import one_line
    from .sources import with_sources

    sources = with_sources([finding for _, findings in failures for finding in findings], rules.texts)
    for account, findings in failures:
        tell(f"account {one_line(account)} is in error:\n{render(findings, sources, 'text', color_on('stderr'))}")


def _check_statuses(wanted: tuple[str, ...], rules: Rules) -> None:
    for status in wanted:
        if status not in rules.statuses:
            meant = closest(status, rules.statuses)
            hint = f"did you mean `{meant}`?" if meant else f"its statuses are {', '.join(rules.statuses) or 'none'}"
            raise Stopped(f"--fail-on: {rules.name} has no status `{status}`; {hint}")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
