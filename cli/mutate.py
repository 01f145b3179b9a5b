"""`marginc mutate`: whether the cases of a rulebook notice one slip after the other."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import click

from .output import say, tell
from .refusal import Stopped

if TYPE_CHECKING:
    from .mutation import Bench, Mutant
    from .mutation.report import Judgement

_FOUND = 1


@click.command("mutate")
@click.argument("rulebook")
@click.option("--sample", type=click.IntRange(1), metavar="N", help="Try N mutants drawn at random, not all.")
@click.option("--seed", type=int, default=1, show_default=True, metavar="S", help="What the draw begins from.")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="N", help="Fail where less than N per cent die.")
@click.option("-j", "processes", type=click.IntRange(1), default=1, metavar="N", help="Try mutants in N processes.")
@click.option("--no-search", is_flag=True, help="Do not look for snapshots that would kill the survivors.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Survivors with a case that would kill each, or all mutants as JSON.",
)
def command(
    rulebook: str,
    sample: int | None,
    seed: int,
    fail_under: float | None,
    processes: int,
    no_search: bool,
    format_: str,
) -> int:
    """Make slips in RULEBOOK one at a time, and run its cases on each.

    A number one per cent off, `<` for `<=`, a comparison reversed, `min` for `max`, `and` for `or`, a sign turned, a
    haircut, floor, filter, tier, case, status or amendment left out. A mutant is killed where a case fails. Survivors
    are listed with their line and a case, ready to be added, whose figures tell the mutant from the rules; where no
    such case is found, with what was tried. Mutants that the check refuses, and those that compile to the same
    program, count for nothing.

    The cases are those beside the rulebook, of every rulebook that extends or imports it too.
    """
    from .mutation import mutants_of, open_bench
    from .mutation.report import killed_percent, text_of, write_json

    bench = open_bench(rulebook)
    mutants = mutants_of(bench.file)
    if not mutants:
        raise Stopped(f"`{rulebook}` has nothing to change")
    if sample is not None and sample < len(mutants):
        places = sorted(random.Random(seed).sample(range(len(mutants)), sample))
        mutants = [mutants[place] for place in places]
    judged = list(_judged(rulebook, bench, mutants, processes, not no_search))
    if format_ == "json":
        say(write_json(bench, judged), end="")
    else:
        say(text_of(bench, judged), end="")
    percent = killed_percent([one.verdict for one in judged])
    if fail_under is not None and percent < fail_under:
        tell(f"{percent:.1f} % of the mutants are killed, less than {fail_under:g} %")
        return _FOUND
    return 0


def _judged(
    rulebook: str, bench: Bench, mutants: Sequence[Mutant], processes: int, search: bool
) -> Iterator[Judgement]:
    from .mutation.report import begin, judge, judge_in_process

    if processes < 2 or len(mutants) < 2 * processes:
        yield from (judge(bench, mutant, search) for mutant in mutants)
        return
    with ProcessPoolExecutor(processes, initializer=begin, initargs=(rulebook, search)) as pool:
        yield from pool.map(judge_in_process, mutants, chunksize=8)
