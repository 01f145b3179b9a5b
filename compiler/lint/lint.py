"""All lints of one rulebook: those that are selected, without what comments allow."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ...program.codes import SEVERITIES
from ...program.diagnostic import Diagnostic, Fix, in_order
from ..format import applied
from ..pipeline import Source
from .amendments import idle_amendments
from .numbers import repeated_parameters
from .order import sections_out_of_order
from .own import own_file
from .reach import unreached_definitions
from .sources import values_without_source
from .suppressions import allowances, idle_allowances, is_allowed
from .tiers import TOLERANCE, leaping_tiers
from .values import values_in_force

_SAFE = ("MC804", "MC808")
"""Lints whose fixes change nothing of what the rules mean."""
_FAMILY = "MC8"


def lint(
    source: Source,
    *,
    select: Collection[str] = (),
    ignore: Collection[str] = (),
    known: Sequence[Diagnostic] = (),
    tier_tolerance: int = TOLERANCE,
) -> list[Diagnostic]:
    """What could be better in the file that a rulebook was read from, in order.

    select           codes, or what they begin with (`MC80`); empty: all
    ignore           likewise, and stronger
    known            findings of reading it (`pipeline.read`): comments may allow the warnings among them
    tier_tolerance   times its neighbour that a tier may be

    While the rules have errors, only what does not need their meaning is found.
    """
    file = own_file(source)
    others = in_order([*known, *source.findings()])
    broken = any(finding.severity == "error" for finding in others)
    found = [*values_without_source(source), *sections_out_of_order(source)]
    if not broken:
        values = values_in_force(source)
        found += [*repeated_parameters(source, values), *idle_amendments(source, values)]
        found += [*unreached_definitions(source), *leaping_tiers(source, tier_tolerance)]
    found = [finding for finding in found if _is_selected(finding.code, select, ignore)]
    comments = allowances(file.source, file.root)
    judged = [code for code in SEVERITIES if not code.startswith(_FAMILY) or _is_selected(code, select, ignore)]
    problems = idle_allowances(comments, [*others, *found], frozenset(() if broken else judged))
    found += [finding for finding in problems if _is_selected(finding.code, select, ignore)]
    return in_order([f for f in found if not any(is_allowed(f, comment) for comment in comments)])


def mended(text: str, found: Sequence[Diagnostic]) -> str:
    """The text of a file after the fixes of its lints that are safe; the others are for people to decide."""
    fixes: list[Fix] = [fix for finding in found if finding.code in _SAFE for fix in finding.fixes]
    return applied(text, fixes)


def _is_selected(code: str, select: Collection[str], ignore: Collection[str]) -> bool:
    return (not select or code.startswith(tuple(select))) and not code.startswith(tuple(ignore))
