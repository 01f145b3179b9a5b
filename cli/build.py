"""`marginc build`: a rulebook compiled to an artifact, or its operations printed."""

from __future__ import annotations

import time

import click

from .output import destination, tell
from .rules import moment, open_rules


@click.command("build")
@click.argument("rulebook")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE, which appears once it is complete.")
@click.option("--as-of", metavar="DATE", help="The rules of this date; otherwise of today.")
@click.option("--emit", type=click.Choice(["artifact", "ir"]), default="artifact", show_default=True,
              help="The artifact, or its operations, one a line, to read.")  # fmt: skip
def command(rulebook: str, output: str | None, as_of: str | None, emit: str) -> int:
    """Compile a rulebook to an artifact, or print its operations.

    An artifact is one line of JSON that `marginc evaluate` and `marginc.Program.load` take without the compiler and
    the rule files. It holds from one amendment to the next; stderr says from when until when.
    """
    from ..program.codec import dump
    from ..program.literal import instant_text
    from ..program.printer import print_program

    program = open_rules(rulebook).at(moment(as_of) if as_of else int(time.time()))
    with destination(output) as stream:
        stream.write(dump(program) if emit == "artifact" else print_program(program))
    begin, end = program.valid
    since = f"from {instant_text(begin)}" if begin is not None else "from the beginning"
    until = f" until {instant_text(end)}" if end is not None else " on"
    tell(f"{program.rulebook}, valid {since}{until}, {program.hash}")
    return 0
