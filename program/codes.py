"""The register of diagnostic codes: one function makes each finding, and its docstring is its page."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import ParamSpec

from .diagnostic import Diagnostic, Severity

P = ParamSpec("P")

PAGES: dict[str, str] = {}
"""Code to docstring, filled as the families are imported; `page` gives its text."""
SEVERITIES: dict[str, Severity] = {}
"""Code to severity, filled likewise."""


def page(number: str) -> str:
    """The page of a code, its title on the first line. Raises KeyError."""
    import inspect

    return inspect.cleandoc(PAGES[number])


def code(number: str, severity: Severity = "error") -> Callable[[Callable[P, Diagnostic]], Callable[P, Diagnostic]]:
    """Marks the one function that makes findings of this code."""

    def mark(build: Callable[P, Diagnostic]) -> Callable[P, Diagnostic]:
        if number in PAGES:
            raise ValueError(f"{number} is taken")
        PAGES[number] = build.__doc__ or ""
        SEVERITIES[number] = severity

        @functools.wraps(build)
        def make(*arguments: P.args, **options: P.kwargs) -> Diagnostic:
            return replace(build(*arguments, **options), code=number, severity=severity)

        return make

    return mark


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate a person most likely meant by `word`, or None."""
    import difflib  # here: only a mistake needs it

    found = difflib.get_close_matches(word, sorted(candidates), n=1, cutoff=0.6)
    return found[0] if found else None
