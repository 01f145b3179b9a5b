"""Results for people: a table of the accounts, then why each is where it is."""

from __future__ import annotations

import decimal
from collections.abc import Iterable
from pathlib import PurePath
from typing import TextIO

from ..program.diagnostic import Span
from ..program.number import EXACT, Value
from ..program.program import Constant, Program
from ..program.types import Number, Type
from ..runtime.format import fixed, percent, value_text
from ..runtime.snapshot.instant import instant_text
from .columns import Side, columns, padded, spread
from .findings.screen import cells
from .judge import Judged, Question
from .rules import Rules

_WIDEST = 100
"""Cells of a table; outputs beyond are named below it."""
_DAY = 10
"""Characters of `2026-09-08`."""


def write_table(stream: TextIO, rules: Rules, accounts: Iterable[Judged], question: Question) -> None:
    """Rulebook and shock, one line an account, and one for each message, with the line of the rule behind it."""
    rows: list[list[str]] = []
    remarks: list[tuple[str, str, str]] = []
    labels: dict[str, str] = {}
    kinds: dict[str, Side] = {}
    shown: list[tuple[list[str], dict[str, str]]] = []
    numeraire = ""
    collections: list[str] = []
    for one in accounts:
        numeraire = one.program.numeraire
        collections = row_collections(one.program)
        outputs = account_outputs(one.program)
        for name, (label, type_, _) in outputs.items():
            labels[name], kinds[name] = label, "right" if isinstance(type_, Number) else "left"
        values = {
            name: readable(one.result.outputs[name], type_, form)
            for name, (_, type_, form) in outputs.items()
            if name in one.result.outputs
        }
        status = "error" if one.result.errors else one.result.status or "-"
        shown.append(([one.result.account, instant_text(one.as_of)[:_DAY], status], values))
        remarks += _remarks(one)
    names = list(labels)
    while True:
        rows = [["account", "as of", "status", *(labels[name] for name in names)]]
        rows += [[*head, *(values.get(name, "-") for name in names)] for head, values in shown]
        lines = columns(rows, ["left", "left", "left", *(kinds[name] for name in names)])
        if len(names) <= 1 or max(cells(line) for line in lines) <= _WIDEST:
            break
        names.pop()
    rest = [label for name, label in labels.items() if name not in names] if labels else collections
    if rest:
        lines += ["", f"more with --format json: {', '.join(rest)}"]
    _write(stream, _title(rules, numeraire), _changes(question), lines, remarks)


def account_outputs(program: Program) -> dict[str, tuple[str, Type, str]]:
    """Label, type and format of each output of the account, by name."""
    found: dict[str, tuple[str, Type, str]] = {}
    for output in program.outputs:
        definition = program.definitions[output.definition]
        if definition.scope == ("account",):
            found[definition.name] = output.label, definition.type, output.format
    return found


def row_collections(program: Program) -> list[str]:
    """The collections whose rows have outputs, as a person says them: `dex accounts`."""
    scopes = [program.definitions[output.definition].scope for output in program.outputs]
    kinds = [[kind for kind in scope if kind != "account"] for scope in scopes if scope != ("account",)]
    names = [" by ".join(program.kinds[kind].plural for kind in some) for some in kinds]
    return [name.replace("_", " ") for name in dict.fromkeys(names)]


def readable(value: Constant, type_: Type, form: str = "") -> str:
    """`36.61 %` for a ratio, `-1,668.26` for money, and what fits for the rest; or as the rulebook formats it."""
    if form:
        return value_text(value, type_, form)
    if value is None or isinstance(value, bool | str) or not isinstance(value, Value):
        return value_text(value, type_)
    if isinstance(type_, Number) and type_.dimension is not None and type_.dimension.is_ratio:
        with decimal.localcontext(EXACT):
            return percent(value, 2).removesuffix("%") + " %"
    return fixed(value, 2)


def place(span: Span) -> str:
    """`portfolio-margin.yaml:77`."""
    return f"{PurePath(span.file).name}:{span.line}" if span.line else PurePath(span.file).name


def _remarks(one: Judged) -> list[tuple[str, str, str]]:
    """Account, sentence and rule line: of its status, then of the checks that fail."""
    found = []
    origins = one.program.origins
    if one.result.message and one.result.status is not None:
        rung = origins.rungs.get(one.result.rung)
        found.append((one.result.account, one.result.message, place(rung.span) if rung else ""))
    for check in one.result.checks:
        if not check.holds:
            number = next((n for n, d in enumerate(one.program.definitions) if d.full_name == check.name), -1)
            origin = origins.definitions.get(number)
            rows = f" ({', '.join(check.rows)})" if check.rows else ""
            text = f"{check.severity}: {check.message or f'`{check.name}` does not hold'}{rows}"
            found.append((one.result.account, text, place(origin.span) if origin else ""))
    return found


def _title(rules: Rules, numeraire: str) -> str:
    return f"{rules.name}, amounts in {numeraire}" if numeraire else rules.name


def _changes(question: Question) -> list[str]:
    changes = [f"shock: {question.shock_text}"] if question.shock_text else []
    return changes + [f"set: {setting.name} = {setting.text}" for setting in question.settings]


def _write(
    stream: TextIO, title: str, changes: list[str], lines: list[str], remarks: list[tuple[str, str, str]]
) -> None:
    name_width = max((cells(account) for account, _, _ in remarks), default=0)
    told = [(f"{padded(account, name_width)}  {text}", where) for account, text, where in remarks]
    width = max(cells(line) for line in lines)
    first, *others = changes or [""]
    stream.write(spread(title, first, width) + "\n")
    for change in others:
        stream.write(padded(change, width, "right") + "\n")
    stream.write("\n" + "".join(f"{line}\n" for line in lines))
    if told:
        stream.write("\n" + "".join(f"{spread(text, where, width)}\n" for text, where in told))
