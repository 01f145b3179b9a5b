"""The register of diagnostic codes: one function makes each finding, and its docstring is its page."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import ParamSpec

from .diagnostic import Diagnostic, Severity

P = ParamSpec("P")

PAGES: dict[str, str] = {}
"""Code to page text. The first line of a page is the title. Filled as the families are imported."""


def code(number: str, severity: Severity = "error") -> Callable[[Callable[P, Diagnostic]], Callable[P, Diagnostic]]:
    """Marks the one function that makes findings of this code."""

    def mark(build: Callable[P, Diagnostic]) -> Callable[P, Diagnostic]:
        if number in PAGES:
            raise ValueError(f"{number} is taken")
        PAGES[number] = inspect.getdoc(build) or ""

        @functools.wraps(build)
        def make(*arguments: P.args, **options: P.kwargs) -> Diagnostic:
            return replace(build(*arguments, **options), code=number, severity=severity)

        return make

    return mark


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate a person most likely meant by `word`, or None."""
    found = difflib.get_close_matches(word, sorted(candidates), n=1, cutoff=0.6)
    return found[0] if found else None
