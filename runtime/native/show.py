"""A program's machine code as text, to be read."""

from __future__ import annotations

from decimal import Decimal

from ...program.program import Program
from . import jit
from .accounts import block_of
from .evaluate import BEYOND
from .kernel import write_kernel
from .layout import Layout
from .run import Kernel


def kernel_text(program: Program, instant: int, assembly: bool) -> str:
    """The certified kernel in LLVM's language, or in this computer's assembly, both after all optimisation.

    Over the reference rows that the rulebook lists, and accounts whose numbers are doubles. Where the program cannot be
    machine code, the reason behind an exclamation mark.
    """
    kernel = Kernel(program, {}, Decimal(instant))
    try:
        plan = kernel.plan(block_of(kernel, []), "certified", False, True)
        module = write_kernel(program, Layout(kernel.data.apart()), plan).module
    except BEYOND as reason:
        return f"!{reason}"
    return jit.assembly(module) if assembly else jit.optimised_text(module)
