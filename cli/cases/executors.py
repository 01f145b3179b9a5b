"""Executors for `marginc test --executor`: the exact one, machine code, or both beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib import import_module
from typing import cast

from ...program.number import NumberError, Value
from ...program.program import Constant
from ...runtime.results import Result, RowResult
from .. import case_findings as findings
from ..refusal import Stopped
from ..result_data import value_json
from .compare import Difference, Looking, share_of, within
from .prepare import Evaluate

ROUNDING = Decimal("1e-9")
"""The share by which numbers of machine code may differ; statuses and every decision are exact."""


def native() -> Evaluate:
    """The native executor. Raises Stopped where what it needs is not installed."""
    try:
        module = import_module("marginc.runtime.native")
        import_module("llvmlite")
    except ImportError:
        raise Stopped("the native executor needs more packages: pip install 'marginc[native]'") from None
    run = getattr(module, "evaluate_snapshot", None)
    if run is None:
        raise Stopped("this build of marginc has no native executor; leave out --executor")
    return cast(Evaluate, run)


def disagreements(looking: Looking, exact: Result, other: Result) -> Iterator[Difference]:
    """Where a second executor says something else: status, errors and words alike, numbers up to the tolerance."""
    try:
        share = max(share_of(looking.case.tolerance), ROUNDING)
    except NumberError:
        share = ROUNDING
    for what, one, two in _pairs(exact, other):
        same = (
            within(two, one, share) if isinstance(one, Value) and isinstance(two, Value) else _word(one) == _word(two)
        )
        if not same:
            place = looking.span(looking.case.place)
            yield Difference(findings.executors_disagree(place, looking.case.name, what, _word(one), _word(two)))


def _pairs(exact: Result, other: Result) -> Iterator[tuple[str, Constant, Constant]]:
    yield "the status", exact.status, other.status
    yield "the errors", _codes(exact), _codes(other)
    if exact.errors:
        return
    yield from _values("", exact.outputs, other.outputs)
    for plural in {**exact.rows, **other.rows}:
        rows, others = exact.rows.get(plural, ()), other.rows.get(plural, ())
        yield f"the number of `{plural}`", Decimal(len(rows)), Decimal(len(others))
        for one, two in zip(rows, others, strict=False):
            yield f"a key in `{plural}`", _key(one), _key(two)
            yield from _values(f" of {_key(one)}", one.outputs, two.outputs)


def _values(
    where: str, values: Mapping[str, Constant], others: Mapping[str, Constant]
) -> Iterator[tuple[str, Constant, Constant]]:
    for name in {**values, **others}:
        yield f"`{name}`{where}", values.get(name, "absent"), others.get(name, "absent")


def _key(row: RowResult) -> str:
    return ", ".join(str(value_json(part)) for part in row.key.values())


def _codes(result: Result) -> str:
    return ", ".join(sorted({finding.code for finding in result.errors})) or "none"


def _word(value: Constant) -> str:
    told = value_json(value)
    return str(told).lower() if isinstance(told, bool) else "none" if told is None else str(told)
