"""What an account came to beside what its case expects: words, values, rows and codes of errors."""

from __future__ import annotations

import decimal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ...compiler.source import Entry, Node, Scalar
from ...compiler.source import Mapping as Block
from ...compiler.source import Sequence as Items
from ...program.diagnostic import Diagnostic, Note, Span
from ...program.literal import LiteralError, read_literal
from ...program.number import EXACT, ONE, ZERO, NumberError, Value, multiply, read_number, result_text, subtract
from ...program.program import Constant, Program
from ...program.types import Type
from ...runtime.format import percent
from ...runtime.results import Result, RowResult
from .. import case_findings as findings
from ..result_data import value_json
from .prepare import definitions_on
from .read import Case, CaseFile, entries, scalar

_SHORT = 15
"""Characters of a difference that is still read without an exponent."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected.

    place    what stands in the case file, None where nothing stands there that another text would mend
    actual   what would have to stand there
    target   the value's name as `marginc explain` takes it, empty where it has none
    """

    finding: Diagnostic
    place: Node | None = None
    actual: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Looking:
    """A case in its file, and the least share by which numbers may differ."""

    file: CaseFile
    case: Case
    at_least: Decimal = ZERO

    def span(self, node: Node) -> Span:
        return self.file.source.span_of(node)


def compare(looking: Looking, result: Result, program: Program) -> Iterator[Difference]:
    """Everything in which a result is not what its case expects, in the order of the case."""
    found = compare_errors(looking, result.errors)
    if found:
        yield from found
        return
    yield from _words(looking, result)
    types = {d.name: d.type for d in program.definitions if d.scope == ("account",)}
    for entry in entries(looking.case.expect, "outputs"):
        name = entry.key.text
        if name not in result.outputs:
            yield _unknown(looking, entry, "output", list(result.outputs))
        else:
            yield from _value(looking, entry, f"`{name}`", name, result.outputs[name], types[name])
    yield from _rows(looking, result, program)


def compare_errors(looking: Looking, errors: Sequence[Diagnostic]) -> list[Difference]:
    """The codes of an account's errors, where they are others than expected."""
    entry = looking.case.expect.get("errors")
    listed: Sequence[Node] = ()
    if entry is not None:
        listed = entry.value.items if isinstance(entry.value, Items) else (entry.value,)
    expected = sorted({item.text for item in listed if isinstance(item, Scalar) and item.text})
    codes = sorted({error.code for error in errors})
    if codes == expected:
        return []
    place = looking.span(entry.value if entry is not None else looking.case.place)
    first = next((error for error in errors if error.code not in expected), None)
    reason = f"{first.code}: {first.message}" if first is not None else ""
    notes: tuple[Note, ...] = ()
    if first is not None and Path(first.span.file).is_file():
        notes, reason = (Note(first.span, reason),), ""
    finding = findings.in_error(place, looking.case.name, ", ".join(codes), ", ".join(expected), reason, notes)
    mends = entry is not None and bool(codes) and isinstance(entry.value, Items)
    return [Difference(finding, entry.value if entry is not None and mends else None, f"[{', '.join(codes)}]")]


def _words(looking: Looking, result: Result) -> Iterator[Difference]:
    for key, actual in (("status", result.status or "none"), ("message", result.message)):
        expected = scalar(looking.case.expect, key)
        if expected is not None and expected.text != actual:
            place = looking.span(expected)
            finding = findings.differs(place, looking.case.name, key, f"`{expected.text}`", f"`{actual}`", "")
            yield Difference(finding, expected, actual)


def row_names(rows: Sequence[RowResult]) -> dict[str, RowResult]:
    """Rows of a result by what people call them: the values of their keys."""
    return {", ".join(str(value_json(part)) for part in row.key.values()): row for row in rows}


def _rows(looking: Looking, result: Result, program: Program) -> Iterator[Difference]:
    for collection in entries(looking.case.expect, "rows"):
        plural = collection.key.text
        rows = result.rows.get(plural)
        if rows is None:
            yield _unknown(looking, collection, "rows of", list(result.rows))
            continue
        types = {name: program.definitions[n].type for name, n in definitions_on(program, plural).items()}
        what = ", ".join(key for row in rows[:1] for key in row.key)
        by_key = row_names(rows)
        for row in collection.value.entries if isinstance(collection.value, Block) else ():
            if row.key.text not in by_key:
                yield _unknown(looking, row, what or "row", list(by_key))
                continue
            yield from _row(looking, plural, row, by_key[row.key.text].outputs, types)


def _row(
    looking: Looking, plural: str, row: Entry, outputs: Mapping[str, Constant], types: Mapping[str, Type]
) -> Iterator[Difference]:
    for entry in row.value.entries if isinstance(row.value, Block) else ():
        name = entry.key.text
        if name not in outputs:
            yield _unknown(looking, entry, "output", list(outputs))
        else:
            target = f"{plural}.{row.key.text}.{name}"
            yield from _value(looking, entry, f"`{name}` of {row.key.text}", target, outputs[name], types[name])


def _unknown(looking: Looking, entry: Entry, what: str, known: list[str]) -> Difference:
    place = looking.span(entry.key)
    return Difference(findings.unknown_name(place, looking.case.name, what, entry.key.text, known))


def _value(
    looking: Looking, entry: Entry, what: str, target: str, actual: Constant, type_: Type
) -> Iterator[Difference]:
    written, tolerance = entry.value, looking.case.tolerance
    if isinstance(written, Block):
        tolerance = scalar(written, "tolerance") or tolerance
        written = written.entries[0].value if (inner := scalar(written, "value")) is None else inner
    assert isinstance(written, Scalar)
    place = looking.span(written)
    try:
        expected = read_literal(written.text, type_, ())
        share = max(share_of(tolerance), looking.at_least)
    except LiteralError as error:
        yield Difference(findings.bad_value(place, str(error), error.help or "write it as in a rulebook"))
        return
    except NumberError as error:
        text = tolerance.text if tolerance else ""
        told = f"the tolerance `{text}` {error}"
        yield Difference(findings.bad_value(place, told, "write `exactly` or a share like `1e-8`"))
        return
    if isinstance(expected, Value) and isinstance(actual, Value):
        if within(actual, expected, share):
            return
        shown = percent(actual, None) if "%" in written.text else result_text(actual)
        finding = findings.differs(place, looking.case.name, what, written.text, shown, _how_far(actual, expected))
    else:
        if value_json(expected) == value_json(actual):
            return
        shown = _word(actual)
        finding = findings.differs(place, looking.case.name, what, written.text, shown, "")
    yield Difference(finding, written, shown.replace(" ", "") if isinstance(actual, Value) else shown, target)


def _word(actual: Constant) -> str:
    told = value_json(actual)
    return str(told).lower() if isinstance(told, bool) else "none" if told is None else str(told)


def within(actual: Value, expected: Value, share: Decimal) -> bool:
    """Whether a number is the expected one up to a share of it."""
    with decimal.localcontext(EXACT):
        return size(subtract(actual, expected)) <= multiply(share, size(expected))


def _how_far(actual: Value, expected: Value) -> str:
    with decimal.localcontext(EXACT):
        off = subtract(actual, expected)
    difference = f"{'higher' if off > ZERO else 'lower'} by {digits(size(off))}"
    if expected != ZERO:
        share = abs(Decimal(result_text(off)) / Decimal(result_text(expected)))
        difference += f", {digits(share * 100)} % of what is expected"
    return difference


def size(value: Value) -> Value:
    return subtract(ZERO, value) if value < ZERO else value


def share_of(tolerance: Scalar | None) -> Decimal:
    """A tolerance as a share. Raises NumberError."""
    if tolerance is None or tolerance.text == "exactly":
        return ZERO
    share = read_number(tolerance.text)
    if not ZERO <= share < ONE:
        raise NumberError("is no share below 1: such a case could not fail")
    return share


def digits(value: Value) -> str:
    """Three significant digits, without an exponent where it is short."""
    rounded = Decimal(f"{Decimal(result_text(value)):.3g}")
    plain = f"{rounded:f}"
    return plain if len(plain) <= _SHORT else f"{rounded:g}"
