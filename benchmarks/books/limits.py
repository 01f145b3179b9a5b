"""The limits that a run is held to: what is compared with what, and whether it is reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .contestants.compiled import CERTIFIED, FILE, FILE_THREADS, PLAIN, TWO
from .measure import Line
from .report import BASE, Report

NUMPY = "NumPy, blocked"
C_OVER_NUMPY = 5.0
"""A C kernel that is not this much faster than blocked NumPy is no measure: the run is void."""
RANDOM = ("continuous", "discontinuous", "hyperliquid")
AGAIN_RANDOM, AGAIN_TIES = 0.001, 0.01
"""Shares of the accounts that may be evaluated again, on random books and beyond the ties of the adversarial one."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One line: what was measured, the limit, and what was seen (None: not measured)."""

    what: str
    limit: float
    seen: float | None
    unit: str = ""
    at_least: bool = False
    also: bool = True

    @property
    def verdict(self) -> str:
        if self.seen is None:
            return "not measured"
        fine = self.seen >= self.limit if self.at_least else self.seen <= self.limit
        return "reached" if fine and self.also else "missed"


def limits(report: Report) -> list[Limit]:
    """All of them, in the order in which they are told."""
    return [*_kernels(report), *_peers(report), *_startup(report), *_single(report), *_memory(report), *_again(report)]


def void(report: Report) -> str:
    """Why the run is void; empty where it is not."""
    ratio = report.ratio("continuous", NUMPY, BASE)
    if ratio is None:
        return "hand-written C or blocked NumPy did not run, so that there is nothing to hold the others to"
    if ratio < C_OVER_NUMPY:
        return f"hand-written C is only {ratio:.2f} times as fast as blocked NumPy, not {C_OVER_NUMPY:g} times"
    return ""


def _kernels(report: Report) -> Iterator[Limit]:
    yield Limit("plain kernel / C, continuous", 1.10, report.ratio("continuous", PLAIN, BASE))
    yield Limit("certified / C, continuous", 1.20, report.ratio("continuous", CERTIFIED, BASE))
    yield Limit("certified / C, discontinuous", 1.50, report.ratio("discontinuous", CERTIFIED, BASE))
    certified = _line(report, "adversarial", CERTIFIED)
    yield Limit(
        "adversarial: certified / plain, no decision wrong", 4, report.ratio("adversarial", CERTIFIED, PLAIN),
        also=certified is not None and certified.wrong == 0,
    )  # fmt: skip
    for mode in (PLAIN, CERTIFIED):
        name = mode.removeprefix("marginc, ")
        yield Limit(f"two threads / one, {name}", 0.60, report.ratio("continuous", mode + TWO, mode))
    kernel = CERTIFIED if FILE_THREADS == 1 else CERTIFIED + TWO
    yield Limit(f"{FILE} / {kernel}", 1.6, report.ratio("continuous", FILE, kernel))


def _peers(report: Report) -> Iterator[Limit]:
    peers = ("Polars, lazy", "Polars, streaming", "Polars, lists", "DuckDB, SQL")
    for peer in peers:
        ratio = report.ratio("continuous", peer, CERTIFIED + TWO)
        yield Limit(f"{peer} / certified, both cores each", 10, ratio, at_least=True)
    for engine in ("CEL, per account", "ZEN, per account"):
        ratio = report.ratio("continuous", engine, CERTIFIED)
        yield Limit(f"{engine} / certified, one account", 1_000, ratio, at_least=True)


def _startup(report: Report) -> Iterator[Limit]:
    for book, limit in (("continuous", 100), ("hyperliquid", 300)):
        told = report.startup.get(book)
        seen = None if told is None or isinstance(told, str) else told
        yield Limit(f"compiled from the file, cold, {book}", limit, seen.total if seen else None, "ms")
        yield Limit(f"loaded from the cache, {book}", 10, seen.kept if seen else None, "ms")


def _single(report: Report) -> Iterator[Limit]:
    told = report.latency.get("continuous")
    native = told.native if told and not isinstance(told.native, str) else None
    yield Limit("one account, bound native", 30, native, "us")
    yield Limit("one account, exact", 2_000, told.exact if told else None, "us")


def _memory(report: Report) -> Iterator[Limit]:
    for mode in (PLAIN, CERTIFIED, CERTIFIED + TWO, FILE):
        told = report.memory.get(mode)
        seen = told if isinstance(told, float | int) else None
        yield Limit(f"memory beyond input and output, {mode}", 64, seen, "MB")


def _again(report: Report) -> Iterator[Limit]:
    for book in (*RANDOM, "adversarial"):
        line, ties = _line(report, book, CERTIFIED), 0.0
        found = report.book(book)
        if found and book == "adversarial":
            ties = found.ties / found.accounts
        allowed = ties + AGAIN_TIES if book == "adversarial" else AGAIN_RANDOM
        seen = line.uncertain / line.accounts if line else None
        yield Limit(f"accounts evaluated again, {book}", allowed * 100, seen * 100 if seen is not None else None, "%")


def _line(report: Report, book: str, contestant: str) -> Line | None:
    found = report.book(book)
    return found.line(contestant) if found else None
