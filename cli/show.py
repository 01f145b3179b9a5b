"""`marginc show`: the parameters in force at a date, one value or definition, and the history of a value."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

import click

from ..program.codes import closest
from ..program.diagnostic import Span
from ..program.literal import instant_text
from ..program.number import Value
from ..program.program import Constant, Kind, Origin, Program, TableRow, TableValue
from ..program.types import Number, Table, Type
from ..runtime.format import value_text
from .columns import columns
from .findings.screen import one_line
from .output import say
from .refusal import Stopped
from .rules import Rules, moment, open_rules

_ROWS_SHOWN = 40
"""Rows of a table in one line; nobody reads more there."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value the rules decide: its full name, its type, and its story, newest first."""

    name: str
    type: Type
    story: tuple[tuple[Constant, Origin], ...]


@click.command("show")
@click.argument("rulebook")
@click.argument("name", required=False)
@click.option("--as-of", metavar="DATE", help="The rules of this date; otherwise of today.")
@click.option("--history", is_flag=True, help="Every value NAME ever had, oldest first.")
def command(rulebook: str, name: str | None, as_of: str | None, history: bool) -> int:
    """Show the parameters in force, one value, or its history.

    NAME is a parameter (`liquidation_trigger`, `assets.HYPE.ltv`) or a definition (`margin_ratio`,
    `position.maintenance`). Each value comes with the date it holds since, its announcement, and its rule line.
    """
    rules = open_rules(rulebook)
    instant = moment(as_of) if as_of else int(time.time())
    if history:
        if name is None:
            raise Stopped("--history shows one value: name it, for example `assets.HYPE.ltv`")
        return _show_history(rules, name, None if as_of is None else instant)
    program = rules.at(instant)
    if name is None:
        return _show_all(program, instant)
    return _show_one(program, name, instant)


def _show_all(program: Program, instant: int | None) -> int:
    say(f"{program.rulebook}, {_on(instant)}, amounts in {program.numeraire}\n")
    rows = [["parameter", "value", "since", "announcement", "line"]]
    for parameter in parameters(program):
        value, origin = parameter.story[0]
        since = instant_text(origin.effective) if origin.effective is not None else "-"
        rows.append([parameter.name, _text(value, parameter.type), since, origin.about, _place(origin.span)])
    if len(rows) == 1:
        say("no parameters")
        return 0
    say("\n".join(columns(rows, ["left", "left", "left", "left", "left"])))
    return 0


def _show_one(program: Program, name: str, instant: int | None) -> int:
    parameter = next((one for one in parameters(program) if one.name == name), None)
    if parameter is not None:
        value, origin = parameter.story[0]
        facts = [("value", _text(value, parameter.type)), ("type", str(parameter.type)), *_facts(origin)]
        older = [f"{_text(value, parameter.type)} ({_place(origin.span)})" for value, origin in parameter.story[1:]]
        if older:
            facts.insert(1, ("before", ", ".join(older)))
        return _say_facts(f"{name}, {_on(instant)}", facts)
    number = _definition(program, name)
    if number is None:
        default = _default(program, name)
        if default is None:
            raise Stopped(_unknown(program, name))
        return _say_facts(f"{name}, {_on(instant)}", default)
    definition, found = program.definitions[number], program.origins.definitions.get(number)
    facts = [("section", definition.section), ("type", str(definition.type))]
    if found is not None:
        facts = [("text", " ".join(found.text.split())), *facts, *_facts(found)]
    return _say_facts(f"{definition.full_name}, {_on(instant)}", [fact for fact in facts if fact[1]])


def _show_history(rules: Rules, name: str, until: int | None) -> int:
    program = rules.at(until if until is not None else _far_future(rules))
    parameter = next((one for one in parameters(program) if one.name == name), None)
    if parameter is None:
        if _definition(program, name) is not None:
            raise Stopped(
                f"`{name}` is a definition; `marginc show {rules.name} {name} --as-of DATE` shows it at a date"
            )
        raise Stopped(_unknown(program, name))
    rows = [["since", "value", "announcement", "source", "line"]]
    for value, origin in reversed(parameter.story):
        since = instant_text(origin.effective) if origin.effective is not None else "-"
        rows.append([since, _text(value, parameter.type), origin.about, origin.source, _place(origin.span)])
    say(f"{name} in {rules.name}\n")
    say("\n".join(columns(rows, ["left", "right", "left", "left", "left"])))
    return 0


def parameters(program: Program) -> Iterator[Parameter]:
    """Every parameter the rules give a value, by kind and row in the order of the rulebook."""
    for (kind_name, row, name), story in _in_model_order(program):
        kind = program.kinds[kind_name]
        declared = kind.field(name)
        if declared is not None and story:
            yield Parameter(f"{kind.plural}.{row}.{name}" if kind_name else name, declared.type, story)


def _in_model_order(
    program: Program,
) -> list[tuple[tuple[str, str, str], tuple[tuple[Constant, Origin], ...]]]:
    kinds = {name: order for order, name in enumerate(("", *(k for k in program.kinds if k)))}
    rows = {(k, row): order for k, held in program.parameters.items() for order, row in enumerate(held)}
    return sorted(program.origins.parameters.items(), key=lambda item: (kinds[item[0][0]], rows.get(item[0][:2], 0)))


def _definition(program: Program, name: str) -> int | None:
    wanted = {name, name.removeprefix("account.")}
    written = (n for n, d in enumerate(program.definitions) if d.section not in ("status", "message"))
    return next((n for n in written if program.definitions[n].full_name in wanted), None)


def _default(program: Program, name: str) -> list[tuple[str, str]] | None:
    """What is known of a parameter no rule gives a value: its declaration."""
    if name.count(".") < 2:
        return None
    plural, *row, field_name = name.split(".")
    kind: Kind | None = program.collection(plural) if row else None
    declared = kind.field(field_name) if kind is not None else None
    if kind is None or declared is None or declared.origin != "parameter":
        return None
    if ".".join(row) not in program.parameters.get(kind.name, {}):
        return None
    value = f"{_text(declared.default, declared.type)} (the default)" if declared.has_default else "none yet"
    origin = program.origins.fields.get((kind.name, field_name))
    return [("value", value), ("type", str(declared.type)), *([("line", _place(origin.span))] if origin else [])]


def _unknown(program: Program, name: str) -> str:
    names = [one.name for one in parameters(program)]
    names += [d.full_name for d in program.definitions if d.section not in ("status", "message")]
    meant = closest(name, names)
    hint = f"did you mean `{meant}`?" if meant else f"`marginc show {program.rulebook}` lists its parameters"
    return f"{program.rulebook} has no parameter or definition `{name}`; {hint}"


def _facts(origin: Origin) -> list[tuple[str, str]]:
    since = instant_text(origin.effective) if origin.effective is not None else ""
    facts = [("since", since), ("about", origin.about), ("source", origin.source), ("line", str(origin.span))]
    return [(name, text) for name, text in facts if text]


def _say_facts(title: str, facts: list[tuple[str, str]]) -> int:
    say(f"{one_line(title)}\n")
    say("\n".join(f"{name:9}{one_line(text)}" for name, text in facts))
    return 0


def _text(value: Constant, type_: Type) -> str:
    """A value as people read it: groups of three, a table's rows in one line."""
    if isinstance(value, TableValue):
        rows = _once(value.rows) if isinstance(type_, Table) and type_.symmetric else list(value.rows)
        single = isinstance(type_, Table) and type_.single
        shown = "; ".join(_table_row(row, single) for row in rows[:_ROWS_SHOWN])
        more = len(rows) - _ROWS_SHOWN
        return f"{shown}; {more:,} more" if more > 0 else shown or "no rows"
    text = value_text(value, type_)
    whole = isinstance(type_, Number) and text.lstrip("-").isdigit()
    return f"{int(text):,}" if whole else text


def _once(rows: tuple[TableRow, ...]) -> list[TableRow]:
    """Each pair of a symmetric table in the order that comes first."""
    pairs: dict[frozenset[Constant], TableRow] = {}
    for row in rows:
        pairs.setdefault(frozenset(key for _, key in row.keys), row)
    return list(pairs.values())


def _table_row(row: TableRow, single: bool) -> str:
    """`from 0: max_leverage 40`, `T1: sign 1`, `1, 2: 18%`: keys and range, then the cells."""
    keys = [value_text(key, None) for _, key in row.keys]
    if row.low is not None:
        keys.append(f"from {_bound(row.low)}")
    cells = [value_text(cell, None) if single else f"{name} {value_text(cell, None)}" for name, cell in row.cells]
    return f"{', '.join(keys)}: {', '.join(cells)}"


def _bound(value: Value) -> str:
    text = value_text(value, None)
    return f"{int(text):,}" if text.lstrip("-").isdigit() else text


def _place(span: Span) -> str:
    return f"{PurePath(span.file).name}:{span.line}"


def _on(instant: int | None) -> str:
    return "before every date" if instant is None else f"in force on {instant_text(instant)[:10]}"


def _far_future(rules: Rules) -> int | None:
    """An instant after every amendment."""
    begin, end = rules.at(int(time.time())).valid
    while end is not None:
        begin, end = rules.at(end).valid
    return begin
