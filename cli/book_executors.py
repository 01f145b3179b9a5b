"""Which executor evaluates a book: machine code where it is installed, the exact one otherwise or on request."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .judge import NATIVE
from .refusal import Stopped

if TYPE_CHECKING:
    from ..runtime.book import Book
    from ..runtime.book.results import Table
    from ..runtime.exact.evaluate import Bound

CHOICES = ("auto", "exact", "native")
Evaluate = Callable[["Book", "Bound", "Table"], Iterator[Any]]
"""Every account of a book in its order, as record batches of the table's schema."""


@dataclass(frozen=True, slots=True)
class Executor:
    """What evaluates a book, and what to say about it."""

    name: str
    evaluate: Evaluate
    why: str = ""


@functools.cache
def choose(choice: str) -> Executor:
    """The executor asked for; `auto` is machine code where that is installed. Raises Stopped.

    Asked only where there is a book: its libraries take a while to load.
    """
    if choice != "exact":
        native, missing = _native()
        if native is not None:
            return Executor("native", native)
        if choice == "native":
            raise Stopped(f"--executor native needs {missing}: {NATIVE}")
        return Executor("exact", _exact(), f"; machine code is faster and needs {missing}: {NATIVE}")
    return Executor("exact", _exact())


def _exact() -> Evaluate:
    from ..runtime.book.evaluate import evaluate_book

    return evaluate_book


def _native() -> tuple[Evaluate | None, str]:
    """The native executor, or the name of the library that is missing."""
    try:
        module = import_module("..runtime.native", __package__)
    except ImportError as error:
        return None, error.name or "more"
    return getattr(module, "evaluate_book", None), "a later version"
