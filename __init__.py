"""marginc: margin rules written in YAML, checked like a program, and shown in money before they liquidate anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .api import Program, Rulebook, compile, evaluate_table
    from .program.diagnostic import Diagnostic, MargincError, ProgramError, RulebookError, SnapshotError, Span
    from .runtime.results import Result

_HOMES = {
    "api": ("compile", "evaluate_table", "Program", "Rulebook"),
    "program.diagnostic": ("Diagnostic", "MargincError", "ProgramError", "RulebookError", "SnapshotError", "Span"),
    "runtime.results": ("Result",),
}

__all__ = [
    "Diagnostic",
    "MargincError",
    "Program",
    "ProgramError",
    "Result",
    "Rulebook",
    "RulebookError",
    "SnapshotError",
    "Span",
    "compile",
    "evaluate_table",
]


def __getattr__(name: str) -> object:
    """Loads a public name when it is first used: importing the package costs nothing."""
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".{module}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
