"""Results for machines: JSON, NDJSON and CSV. Numbers are decimal text, order is that of the input."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from typing import TextIO

from ..program.diagnostic import Diagnostic
from ..program.number import result_text
from ..program.program import Constant, Moment, RowKey, TableValue, VectorValue
from ..runtime.format import value_text
from ..runtime.results import Result, RowResult
from ..runtime.snapshot.instant import instant_text
from .findings import render
from .judge import Judged, Question
from .rules import Rules

Json = None | bool | str | list["Json"] | dict[str, "Json"]


def write_json(stream: TextIO, rules: Rules, accounts: Iterable[Judged], question: Question) -> None:
    """One object: the rulebook, what was changed, the accounts.

    Where the snapshots are of several instants, `as_of` and `program` are null above and stand in each account.
    """
    judged = list(accounts)
    instants = {(one.as_of, one.program.hash) for one in judged}
    mixed = len(instants) > 1
    as_of, program = (None, None) if len(instants) != 1 else _circumstances(judged[0])
    document: dict[str, Json] = {"rulebook": {"name": rules.name, "as_of": as_of, "program": program}}
    document |= changes(question)
    document["accounts"] = [account_json(one, with_circumstances=mixed) for one in judged]
    stream.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def write_ndjson(stream: TextIO, rules: Rules, accounts: Iterable[Judged], question: Question) -> None:
    """One account a line, each with the rulebook and what was changed."""
    for one in accounts:
        as_of, program = _circumstances(one)
        line: dict[str, Json] = {"rulebook": {"name": rules.name, "as_of": as_of, "program": program}}
        line |= changes(question) | account_json(one)
        stream.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def write_csv(stream: TextIO, _rules: Rules, accounts: Iterable[Judged], _question: Question) -> None:
    """One account a row: name, instant, status, message, the outputs of the account, codes of its errors."""
    writer = csv.writer(stream, lineterminator="\n")
    names: list[str] | None = None
    for one in accounts:
        if names is None:
            names = csv_outputs(one)
            writer.writerow(["account", "as_of", "status", "message", *names, "errors"])
        outputs = [_cell(one.result.outputs.get(name)) for name in names]
        status = "error" if one.result.errors else one.result.status or ""
        codes = " ".join(dict.fromkeys(finding.code for finding in one.result.errors))
        writer.writerow([one.result.account, instant_text(one.as_of), status, one.result.message, *outputs, codes])
    if names is None:
        writer.writerow(["account", "as_of", "status", "message", "errors"])


def csv_outputs(one: Judged) -> list[str]:
    """Names of the outputs of the account, in the order of the rulebook."""
    definitions = [one.program.definitions[output.definition] for output in one.program.outputs]
    return [definition.name for definition in definitions if definition.scope == ("account",)]


def account_json(one: Judged, with_circumstances: bool = False) -> dict[str, Json]:
    """One account as JSON."""
    result = one.result
    document: dict[str, Json] = {"account": result.account}
    if with_circumstances:
        document["as_of"], document["program"] = _circumstances(one)
    document["status"] = result.status
    document["message"] = result.message
    document["checks"] = _checks(result)
    document["outputs"] = _values(result.outputs)
    document["rows"] = {plural: [_row(row) for row in rows] for plural, rows in result.rows.items()}
    document["errors"] = findings_json(result.errors)
    if result.labels:
        document["labels"] = dict(result.labels)
    return document


def changes(question: Question) -> dict[str, Json]:
    """What `--set` replaced and `--shock` moved; empty where neither was given."""
    document: dict[str, Json] = {}
    if question.settings:
        document["set"] = {setting.name: setting.text for setting in question.settings}
    if question.shock_text:
        document["shock"] = question.shock_text
    return document


def findings_json(findings: Iterable[Diagnostic]) -> list[Json]:
    """Findings in the form of `--format json`."""
    found: list[Json] = json.loads(render(list(findings), {}, "json", False))
    return found


def value_json(value: Constant) -> Json:
    """A number as decimal text, truth and none as themselves, dates, rows and labels as text."""
    match value:
        case None | bool() | str():
            return value
        case Moment(seconds=seconds):
            return value_text(Moment(seconds), None)
        case RowKey(key=key):
            return key
        case TableValue() | VectorValue():
            return value_text(value, None)
        case _:
            return result_text(value)


def _circumstances(one: Judged) -> tuple[str, str]:
    return instant_text(one.as_of), one.program.hash


def _values(values: Mapping[str, Constant]) -> dict[str, Json]:
    return {name: value_json(value) for name, value in values.items()}


def _row(row: RowResult) -> Json:
    return _values(row.key) | _values(row.outputs)


def _checks(result: Result) -> list[Json]:
    return [
        {
            "name": check.name,
            "holds": check.holds,
            "severity": check.severity,
            "message": check.message,
            "rows": list(check.rows),
        }
        for check in result.checks
    ]


def _cell(value: Constant) -> str:
    data = value_json(value)
    return ("true" if data else "false") if isinstance(data, bool) else "" if data is None else str(data)
