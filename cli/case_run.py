"""Runs a case: its snapshot under its rulebook, and what comes out beside what it expects."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from ..api import shown
from ..compiler.source import Entry, Scalar, Sequence
from ..compiler.source import Mapping as Block
from ..program.diagnostic import Diagnostic, MargincError, Note, SnapshotError, Span
from ..program.literal import LiteralError, read_literal
from ..program.number import EXACT, ONE, ZERO, NumberError, Value, multiply, read_number, result_text, subtract
from ..program.program import Constant, Output, Program
from ..program.types import Type
from ..runtime.format import percent
from ..runtime.results import Result
from ..runtime.shock import ShockError, parse_shocks
from ..runtime.snapshot import open_snapshot
from . import case_findings as findings
from .cases import Case, CaseFile, entries, scalar, snapshot_json
from .judge import Judged, Question, Tally, judge_raw, open_file
from .refusal import Refusal, Stopped
from .result_data import value_json
from .rules import Rules, moment

OpenRules = Callable[[Path], Rules]
_SHORT = 15
"""Characters of a difference that is still read without an exponent."""


class Misplaced(Exception):
    """A path of a case that cannot be followed."""

    def __init__(self, path: Scalar, reason: str, help_text: str):
        super().__init__(reason)
        self.path, self.reason, self.help = path, reason, help_text


def run_case(file: CaseFile, case: Case, open_rules: OpenRules) -> list[Diagnostic]:
    """What differs from what the case expects; empty where it passes."""
    try:
        judged = _judge(file, case, open_rules)
    except SnapshotError as error:
        return _errors(file, case, error.diagnostics)
    except Refusal as refusal:
        return _errors(file, case, refusal.diagnostics)
    except MargincError as error:
        return [_cannot_run(file, case, case.place, error.diagnostics[0].message, "build the artifact again")]
    except Misplaced as misplaced:
        return [_cannot_run(file, case, misplaced.path, misplaced.reason, misplaced.help)]
    except Stopped as stopped:
        return [_cannot_run(file, case, case.place, stopped.message, "`marginc test --help` shows a case file")]
    result, program = judged.result, judged.program
    found = _errors(file, case, result.errors)
    if found:
        return found
    found += _words(file, case, result)
    types = {d.name: d.type for d in program.definitions if d.scope == ("account",)}
    for entry in entries(case.expect, "outputs"):
        name = entry.key.text
        if name not in result.outputs:
            found.append(_unknown(file, case, entry, "output", list(result.outputs)))
        else:
            found += _value(file, case, entry, f"`{name}`", result.outputs[name], types[name])
    return found + list(_rows(file, case, result, program))


def _judge(file: CaseFile, case: Case, open_rules: OpenRules) -> Judged:
    rules = open_rules(_inside(file, file.rulebook))
    if isinstance(case.snapshot, Scalar):
        raw = open_file(str(_inside(file, case.snapshot)))
    else:
        raw = open_snapshot(None, f"snapshot of `{case.name}`", snapshot_json(case))
    as_of = moment(case.as_of.text) if case.as_of else None
    try:
        shocks = parse_shocks(case.shock) if case.shock else ()
    except ShockError as error:
        raise Stopped(str(error)) from None
    question = Question(case.settings, shocks, as_of, case.shock)
    judged = list(judge_raw(_with_expected(rules, case), raw, question, Tally()))
    wanted = [one for one in judged if case.account is None or one.result.account == case.account.text]
    if len(wanted) != 1:
        names = ", ".join(f"`{one.result.account}`" for one in judged) or "none"
        raise Stopped(f"a case is about one account, and the snapshot's are {names}; name one with `account:`")
    return wanted[0]


def _with_expected(rules: Rules, case: Case) -> Rules:
    """The same rules, with every definition a case names among their outputs: cases may expect what no table shows."""
    wanted: list[tuple[str, str]] = [("", entry.key.text) for entry in entries(case.expect, "outputs")]
    for collection in entries(case.expect, "rows"):
        for row in collection.value.entries if isinstance(collection.value, Block) else ():
            for entry in row.value.entries if isinstance(row.value, Block) else ():
                wanted.append((collection.key.text, entry.key.text))

    def at(moment: Decimal | int | None) -> Program:
        program = rules.at(moment)
        shown_already = {output.definition for output in program.outputs}
        more = []
        for plural, name in dict.fromkeys(wanted):
            number = _definitions(program, plural).get(name)
            if number is not None and number not in shown_already:
                more.append(Output(number, name))
        return replace(program, outputs=(*program.outputs, *more))

    return replace(rules, at=at)


def _definitions(program: Program, plurals: str) -> dict[str, int]:
    """Definitions by name whose rows stand under plurals, `positions` or `positions, shocks`; "" is the account."""
    kinds = [program.collection(plural.strip()) for plural in plurals.split(",")] if plurals else []
    names = tuple(kind.name for kind in kinds if kind is not None)
    if len(names) < len(kinds):
        return {}
    scopes = (tuple(kind for kind in definition.scope if kind != "account") for definition in program.definitions)
    return {program.definitions[number].name: number for number, scope in enumerate(scopes) if scope == names}


def _inside(file: CaseFile, path: Scalar) -> Path:
    """A file a case names, which has to lie in the rule tree. Raises Misplaced."""
    target = (file.path.parent / path.text).resolve()
    if not target.is_relative_to(file.tree):
        raise Misplaced(path, f"`{path.text}` lies outside the rule tree", "keep the files of a case in the rule tree")
    if not target.is_file():
        raise Misplaced(path, f"there is no file `{path.text}`", "paths are relative to the case file")
    return Path(shown(target))


def _cannot_run(file: CaseFile, case: Case, place: Scalar, reason: str, help_text: str) -> Diagnostic:
    return findings.cannot_run(file.source.span_of(place), case.name, reason, help_text)


def _unknown(file: CaseFile, case: Case, entry: Entry, what: str, known: list[str]) -> Diagnostic:
    return findings.unknown_name(file.source.span_of(entry.key), case.name, what, entry.key.text, known)


def _errors(file: CaseFile, case: Case, errors: list[Diagnostic] | tuple[Diagnostic, ...]) -> list[Diagnostic]:
    entry = case.expect.get("errors")
    listed = entry.value.items if entry is not None and isinstance(entry.value, Sequence) else ()
    expected = sorted({item.text for item in listed if isinstance(item, Scalar)})
    codes = sorted({error.code for error in errors})
    if codes == expected:
        return []
    place = file.source.span_of(entry.value if entry is not None else case.place)
    first = next((error for error in errors if error.code not in expected), None)
    reason = f"{first.code}: {first.message}" if first is not None else ""
    notes: tuple[Note, ...] = ()
    if first is not None and Path(first.span.file).is_file():
        notes, reason = (Note(first.span, reason),), ""
    return [findings.in_error(place, case.name, ", ".join(codes), ", ".join(expected), reason, notes)]


def _words(file: CaseFile, case: Case, result: Result) -> list[Diagnostic]:
    found = []
    for key, actual in (("status", result.status or "none"), ("message", result.message)):
        expected = scalar(case.expect, key)
        if expected is not None and expected.text != actual:
            place = file.source.span_of(expected)
            found.append(findings.differs(place, case.name, key, f"`{expected.text}`", f"`{actual}`", ""))
    return found


def _rows(file: CaseFile, case: Case, result: Result, program: Program) -> Iterator[Diagnostic]:
    for collection in entries(case.expect, "rows"):
        rows = result.rows.get(collection.key.text)
        if rows is None:
            yield _unknown(file, case, collection, "rows of", list(result.rows))
            continue
        numbers = _definitions(program, collection.key.text)
        types = {name: program.definitions[number].type for name, number in numbers.items()}
        what = ", ".join(key for row in rows[:1] for key in row.key)
        by_key = {", ".join(str(value_json(part)) for part in row.key.values()): row.outputs for row in rows}
        for row in collection.value.entries if isinstance(collection.value, Block) else ():
            if row.key.text not in by_key:
                yield _unknown(file, case, row, what or "row", list(by_key))
                continue
            yield from _row(file, case, row, by_key[row.key.text], types)


def _row(
    file: CaseFile, case: Case, row: Entry, outputs: Mapping[str, Constant], types: Mapping[str, Type]
) -> Iterator[Diagnostic]:
    for entry in row.value.entries if isinstance(row.value, Block) else ():
        name = entry.key.text
        if name not in outputs:
            yield _unknown(file, case, entry, "output", list(outputs))
        else:
            yield from _value(file, case, entry, f"`{name}` of {row.key.text}", outputs[name], types[name])


def _value(file: CaseFile, case: Case, entry: Entry, what: str, actual: Constant, type_: Type) -> list[Diagnostic]:
    written, tolerance = entry.value, case.tolerance
    if isinstance(written, Block):
        tolerance = scalar(written, "tolerance") or tolerance
        written = written.entries[0].value if (inner := scalar(written, "value")) is None else inner
    assert isinstance(written, Scalar)
    place = file.source.span_of(written)
    try:
        expected = read_literal(written.text, type_, ())
        share = _share(tolerance)
    except LiteralError as error:
        return [findings.bad_value(place, str(error), error.help or "write it as in a rulebook")]
    except NumberError as error:
        text = tolerance.text if tolerance else ""
        return [findings.bad_value(place, f"the tolerance `{text}` {error}", "write `exactly` or a share like `1e-8`")]
    if isinstance(expected, Value) and isinstance(actual, Value):
        return _number(place, case, what, written.text, expected, actual, share)
    if value_json(expected) == value_json(actual):
        return []
    return [findings.differs(place, case.name, what, written.text, str(value_json(actual) or "none"), "")]


def _number(
    place: Span, case: Case, what: str, written: str, expected: Value, actual: Value, share: Decimal
) -> list[Diagnostic]:
    with decimal.localcontext(EXACT):
        off = subtract(actual, expected)
        if _size(off) <= multiply(share, _size(expected)):
            return []
    shown_as = percent(actual, None) if "%" in written else result_text(actual)
    difference = f"{'higher' if off > ZERO else 'lower'} by {_digits(_size(off))}"
    if expected != ZERO:
        share = abs(Decimal(result_text(off)) / Decimal(result_text(expected)))
        difference += f", {_digits(share * 100)} % of what is expected"
    return [findings.differs(place, case.name, what, written, shown_as, difference)]


def _size(value: Value) -> Value:
    return subtract(ZERO, value) if value < ZERO else value


def _share(tolerance: Scalar | None) -> Decimal:
    if tolerance is None or tolerance.text == "exactly":
        return ZERO
    share = read_number(tolerance.text)
    if not ZERO <= share < ONE:
        raise NumberError("is no share below 1: such a case could not fail")
    return share


def _digits(value: Value) -> str:
    """Three significant digits, without an exponent where it is short."""
    rounded = Decimal(f"{Decimal(result_text(value)):.3g}")
    plain = f"{rounded:f}"
    return plain if len(plain) <= _SHORT else f"{rounded:g}"
