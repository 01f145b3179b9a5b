"""From a venue's own API answers to a snapshot: one module a venue, loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from ..program.diagnostic import Diagnostic, Span

JsonPath = tuple[str | int, ...]
"""Keys and array indices from the top of a JSON document to a value."""

Locate = Callable[[Iterable[JsonPath]], Mapping[JsonPath, Span]]
"""Where the values at these paths stand in the document's text."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """A snapshot as JSON-ready data, every number a decimal in text, and what a reader of it should know.

    ltvs        loan-to-value ratios as the venue answered them, by asset: not part of a snapshot, for they are the
                rulebook's, but a rulebook that differs may be out of date
    ltv_spans   where each stands
    """

    snapshot: dict[str, object]
    warnings: list[Diagnostic]
    ltvs: dict[str, str] = field(default_factory=dict)
    ltv_spans: dict[str, Span] = field(default_factory=dict)


class Importer(Protocol):
    """Reads a venue's answers. Raises SnapshotError where they cannot be a snapshot."""

    def __call__(
        self, document: object, file: str, *, account: str | None = None, locate: Locate | None = None
    ) -> ImportResult:
        """`document` is the parsed JSON, `file` its name for people; with `locate`, findings say their line."""


def _hyperliquid(
    document: object, file: str, *, account: str | None = None, locate: Locate | None = None
) -> ImportResult:
    from .hyperliquid import import_payload

    return import_payload(document, file, account=account, locate=locate)


IMPORTERS: Mapping[str, Importer] = MappingProxyType({"hyperliquid": _hyperliquid})
"""By the venue's name on the command line."""

RULEBOOKS: Mapping[str, str] = MappingProxyType({"hyperliquid": "hyperliquid/portfolio-margin"})
"""By the same name: the shipped rulebook that states the loan-to-value ratios of the venue."""
