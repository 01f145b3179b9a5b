"""`marginc build`: a rulebook compiled to an artifact, or its operations printed."""

from __future__ import annotations

import time

import click

from ..program.program import Program
from .output import destination, tell
from .refusal import Stopped
from .rules import moment, open_rules


@click.command("build")
@click.argument("rulebook")
@click.option("-o", "--output", metavar="FILE", help="Write to FILE, which appears once it is complete.")
@click.option("--as-of", metavar="DATE", help="The rules of this date; otherwise of today.")
@click.option(
    "--emit",
    type=click.Choice(["artifact", "ir", "llvm", "asm"]),
    default="artifact",
    show_default=True,
    help="The artifact; its operations, one a line; or the machine code for books, as LLVM or as assembly.",
)
def command(rulebook: str, output: str | None, as_of: str | None, emit: str) -> int:
    """Compile a rulebook to an artifact, or print its operations.

    An artifact is one line of JSON that `marginc evaluate` and `marginc.Program.load` take without the compiler and
    the rule files. It holds from one amendment to the next; stderr says from when until when.
    """
    from ..program.codec import dump
    from ..program.literal import instant_text
    from ..program.printer import print_program

    instant = moment(as_of) if as_of else int(time.time())
    program = open_rules(rulebook).at(instant)
    if emit in ("llvm", "asm"):
        text = _machine_code(program, instant or 0, emit)
    else:
        text = dump(program) if emit == "artifact" else print_program(program)
    with destination(output) as stream:
        stream.write(text)
    begin, end = program.valid
    since = f"from {instant_text(begin)}" if begin is not None else "from the beginning"
    until = f" until {instant_text(end)}" if end is not None else " on"
    tell(f"{program.rulebook}, valid {since}{until}, {program.hash}")
    return 0


def _machine_code(program: Program, instant: int, emit: str) -> str:
    """The certified kernel for accounts whose columns are doubles, over the rows that the rulebook lists itself."""
    try:
        from ..runtime.native.show import kernel_text
    except ImportError as error:
        raise Stopped(f"--emit {emit} needs {error.name or 'more packages'}: pip install 'marginc[native]'") from None
    text = kernel_text(program, instant, assembly=emit == "asm")
    if text.startswith("!"):
        raise Stopped(f"`{program.rulebook}` cannot be machine code: {text[1:]}; books of it are evaluated exactly")
    return text
