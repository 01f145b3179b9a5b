"""The native executor: a program as machine code for books of accounts, every decision that of the exact executor."""

from .evaluate import evaluate_book, evaluate_snapshot
from .run import Kernel

prepare = Kernel
"""A program over one snapshot's reference rows, as machine code."""

__all__ = ["Kernel", "evaluate_book", "evaluate_snapshot", "prepare"]
