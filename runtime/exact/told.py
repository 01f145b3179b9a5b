"""Values and failures as people are told them: rows by their key, dates as moments, a failure with its rule line."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from ...program.diagnostic import Diagnostic, Note, Span
from ...program.literal import instant_text
from ...program.number import Ratio
from ...program.program import Constant, Definition, Moment, Program, RowKey
from ...program.types import Date, Table
from ..diagnostics import evaluation as findings
from ..format import value_text
from .failure import Failure
from .rows import Row, Unknown


def outward(value: Any, definition: Definition | None) -> Constant:
    """A computed value as results carry it: rows by their key, dates as moments."""
    if isinstance(value, Row | Unknown):
        return RowKey(value.kind, value.key)
    if definition is not None and isinstance(definition.type, Date) and isinstance(value, Decimal | Ratio):
        return Moment(value)
    if value is None or isinstance(value, bool | str | Decimal | Ratio):
        return value
    return str(value)  # a row of a table, by where it begins


def explain_failure(program: Program, failure: Failure) -> Diagnostic:
    """The finding for a failure: definition, row, and the rule line; one in a function says where it is called."""
    place, called = _places(program, failure)
    finding = _finding(program, failure, place)
    notes = (*finding.notes, Note(called, "called here")) if called is not None else finding.notes
    return replace(finding, notes=notes)


def _places(program: Program, failure: Failure) -> tuple[Span, Span | None]:
    """Where the operation stands that failed, and, where that is in a function, the call."""
    origins = program.origins
    origin = origins.definitions.get(failure.definition)
    own = origin.span if origin is not None else Span(program.rulebook)
    if failure.field is not None and failure.definition < 0:
        declared = origins.fields.get(failure.field)
        return declared.span if declared is not None else own, None
    if failure.function < 0:
        return origins.nodes.get((failure.definition, failure.node), own), None
    function = origins.functions.get(failure.function)
    place = origins.nodes.get((-1 - failure.function, failure.node), function.span if function is not None else own)
    return place, origins.nodes.get((failure.definition, failure.call), own)


def _finding(program: Program, failure: Failure, place: Span) -> Diagnostic:
    reader = "the account"
    if failure.definition >= 0:
        definition = program.definitions[failure.definition]
        written = definition.section not in ("status", "message")
        reader = f"`{definition.full_name}`" if written else f"the {definition.section}"
        reader += f" of `{failure.row}`" if failure.row else ""
    elif failure.field is not None:
        reader = f"`{'.'.join(failure.field)}`"
    match failure.reason, failure.details:
        case "missing", (kind, key, name):
            return _missing(program, place, reader, kind, key, name)
        case "missing_cell", (kind, key, name, at, cell):
            return findings.missing_cell(place, reader, name, kind, key, at, cell)
        case "unknown_row", (kind, key):
            return findings.unknown_row(place, reader, kind, key)
        case "division_by_zero", _:
            return findings.division_by_zero(place, reader)
        case "contract", (contract, value):
            type_ = program.definitions[failure.definition].type
            return findings.contract_broken(place, reader, contract, value_text(value, type_))
        case "domain", (why,):
            return findings.outside_domain(place, reader, why)
        case "too_many_rows", (limit,):
            return findings.too_many_rows(place, reader, limit)
        case "too_deep", _:
            return findings.too_deep(place, reader)
        case "endless", _:
            return findings.endless(place, reader)
        case "below_table" | "beyond_table" | "absent_row", _:
            return _table(program, failure, place, reader)
        case _:
            return findings.too_large(place, reader)


def _table(program: Program, failure: Failure, place: Span, reader: str) -> Diagnostic:
    """What a table has no row for: its name, and the number or keys it was asked."""
    load = program.nodes[program.nodes[failure.node].arguments[0]]
    name = str(load.attributes[1]) if load.operation == "load" else "the table"
    kind = program.kinds[str(load.attributes[0])] if load.operation == "load" else None
    declared = kind.field(name) if kind is not None else None
    table = declared.type if declared is not None and isinstance(declared.type, Table) else None
    if failure.reason == "absent_row":
        return findings.absent_row(place, reader, name, str(failure.details[0]))
    asked, end = (value_text(value, table.range if table is not None else None) for value in failure.details)
    if failure.reason == "below_table":
        return findings.below_table(place, reader, name, asked, end)
    return findings.beyond_table(place, reader, name, asked, end)


def _missing(program: Program, place: Span, reader: str, kind: str, key: str, name: str) -> Diagnostic:
    declared = program.kinds[kind].field(name)
    if declared is None or declared.origin == "observed":
        return findings.missing_observation(place, reader, name, kind, key)
    later = program.origins.later.get((kind, key, name))
    origin = program.origins.fields.get((kind, name))
    first = instant_text(later) if later is not None else ""
    listed = not key or key in program.parameters.get(kind, {})
    note = origin.span if origin else None
    return findings.missing_parameter(place, reader, name, kind, key, first, listed, note)
