"""Findings about artifacts: files that are none, are of another format, or were changed."""

from __future__ import annotations

from .codes import code
from .diagnostic import Diagnostic, Span

_AGAIN = "build it again from its rulebook with `marginc build`"


@code("MC601")
def not_an_artifact(place: Span, why: str) -> Diagnostic:
    """a file that is no artifact

    `marginc build RULEBOOK -o FILE` writes artifacts: one JSON object with the program, its story and their hashes.
    """
    return Diagnostic(f"`{place.file}` {why}", place, help="build one with `marginc build RULEBOOK -o FILE`")


@code("MC602")
def other_format(place: Span, found: str, ours: int, newer: bool) -> Diagnostic:
    """an artifact of another format

    Artifacts are cheap to make, so there are no migrations: each version of marginc reads its own format.
    """
    age = "newer" if newer else "other"
    way_out = "update marginc, or " + _AGAIN if newer else _AGAIN
    return Diagnostic(
        f"`{place.file}` has the {age} format {found}, and this marginc reads {ours}", place, help=way_out
    )


@code("MC603")
def changed(place: Span, part: str) -> Diagnostic:
    """an artifact that was changed after it was built

    Its hash is not that of its content: an accident in transport, or a hand that edited it. Rules are changed in the
    rulebook, where the change is checked.
    """
    return Diagnostic(f"the {part} of `{place.file}` was changed after it was built", place, help=_AGAIN)


@code("MC604")
def inconsistent(place: Span, why: str) -> Diagnostic:
    """an artifact whose operations do not fit together

    Every node is checked again on loading: a file that no compiler made is refused.
    """
    return Diagnostic(f"the program in `{place.file}` {why}", place, help=_AGAIN)
