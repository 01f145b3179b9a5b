"""Tables read whole-amount: an amount at the rate of its range jumps where the next range begins; a warning says so.

What an expression gives at a bound is computed with the rows on both sides of it, other parameters as they are. What
only a snapshot knows stays unknown; then the two rates are told.
"""

from __future__ import annotations

import decimal
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ...program import number as exact
from ...program.diagnostic import Diagnostic, Note
from ...program.number import EXACT, Value
from ...program.program import Constant, Program, RowKey, TableRow, TableValue
from ...program.types import Number, Table, Type
from ..diagnostics import tables as findings
from .constants import Evaluator, Reading

_MARGINS = ("initial", "maintenance")
_PRODUCTS = ("multiply", "divide")
MOST_STEPS = 100_000
"""Operations followed in search of tables, and as many computed at bounds; beyond, nobody is warned."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A range found by `number` in a table, and what one definition makes of it.

    node      the row found
    cells     operations that take a cell of it, by column
    made      amounts it becomes: the whole expression, then each that has the number as a factor beside it
    within    the operations of the definition, those of others it reads on its rows included
    """

    definition: int
    node: int
    number: int
    cells: tuple[tuple[int, str], ...]
    made: tuple[int, ...]
    within: Collection[int]

    @property
    def whole(self) -> bool:
        """Whether the number is charged whole at what it finds."""
        return len(self.made) > 1


@dataclass(frozen=True, slots=True)
class _Bound:
    """Where one range ends and the next begins, in the table of one row."""

    kind: str
    row: str
    field: str
    below: TableRow
    above: TableRow
    at: Value


def jumping_tables(program: Program) -> list[Diagnostic]:
    """A warning for each formula that charges a whole amount at the rate of a range, with the size of a jump."""
    found: list[Diagnostic] = []
    left = MOST_STEPS
    told: set[tuple[int, int]] = set()
    with decimal.localcontext(EXACT):
        for read in sorted(_reads(program), key=lambda read: len(read.within)):
            margin = program.definitions[read.definition].section in _MARGINS
            known = any(node == read.node and definition in read.within for node, definition in told)
            if known or not (read.whole or margin):
                continue
            for bound in _bounds(program, read.node):
                if left < 0:
                    return found
                finding, steps = _jump(program, read, bound)
                left -= steps
                if finding is not None:
                    found.append(finding)
                    told.add((read.node, read.made[0]))
                    break
    return found


# ---- where tables are read


def _reads(program: Program) -> Iterator[_Read]:
    ranged = {
        number
        for number, node in enumerate(program.nodes)
        if node.operation in ("bracket", "lookup") and program.nodes[node.arguments[-1]].shape == "n"
    }
    steps = MOST_STEPS if ranged else 0
    for number, definition in enumerate(program.definitions):
        if steps <= 0:
            return
        reach = _reach(program, number)
        steps -= len(reach)
        for node in ranged & reach.keys():
            found = program.nodes[node]
            needing = _needing(reach, [node])
            at = found.arguments[-1]
            beside = (_needing(reach, [at]) | {at}) - needing - {node}
            products = [
                one
                for one in needing
                if program.nodes[one].operation in _PRODUCTS and not beside.isdisjoint(reach[one])
            ]
            above = _needing(reach, products).union(products)
            made = tuple(one for one in sorted(above, reverse=True) if program.nodes[one].shape == "n")
            cells = tuple((c, str(program.nodes[c].attributes[0])) for c in needing if _is_cell(program, c, node))
            yield _Read(number, node, at, cells, (definition.node, *made), reach.keys())


def _is_cell(program: Program, number: int, row: int) -> bool:
    return program.nodes[number].operation == "cell" and program.nodes[number].arguments[0] == row


def _reach(program: Program, definition: int) -> dict[int, tuple[int, ...]]:
    """The operations of a definition, and of those it reads on its own rows, with what each takes."""
    scope = program.definitions[definition].scope
    found: dict[int, tuple[int, ...]] = {}
    stack = [program.definitions[definition].node]
    while stack:
        number = stack.pop()
        if number in found:
            continue
        node = program.nodes[number]
        parts = node.arguments
        if node.operation == "read":
            other = program.definitions[int(str(node.attributes[0]))]
            rows = [program.nodes[argument] for argument in node.arguments]
            own = [row.operation == "index" and row.attributes[0] == slot for slot, row in enumerate(rows)]
            if other.scope == scope and all(own):
                parts = (other.node,)
        found[number] = parts
        stack += parts
    return found


def _needing(reach: dict[int, tuple[int, ...]], nodes: Iterable[int]) -> set[int]:
    """The operations that need one of these."""
    users: dict[int, list[int]] = {}
    for number, parts in reach.items():
        for part in parts:
            users.setdefault(part, []).append(number)
    needing: set[int] = set()
    stack = [user for node in nodes for user in users.get(node, ())]
    while stack:
        number = stack.pop()
        if number not in needing:
            needing.add(number)
            stack += users.get(number, ())
    return needing


# ---- what they give at a bound


def _bounds(program: Program, node: int) -> Iterator[_Bound]:
    """The bounds of every table that could be read here."""
    load = program.nodes[program.nodes[node].arguments[0]]
    if load.operation != "load":
        return
    kind, name = str(load.attributes[0]), str(load.attributes[1])
    for row, values in program.parameters.get(kind, {}).items():
        table = values.get(name)
        if not isinstance(table, TableValue):
            continue
        for below, above in zip(table.rows, table.rows[1:], strict=False):
            if below.keys == above.keys and below.high is not None:
                yield _Bound(kind, row, name, below, above, below.high)


def _jump(program: Program, read: _Read, bound: _Bound) -> tuple[Diagnostic | None, int]:
    """The warning, where the amount is another on the other side of the bound; and how many operations that took."""
    scope = program.definitions[read.definition].scope
    reading = Reading(tuple(RowKey(kind, bound.row if kind == bound.kind else "") for kind in scope))
    below, above = (_at(program, read, reading, row, bound.at) for row in (bound.below, bound.above))
    finding = _finding(program, read, -1, bound, None, None) if _changed(read, bound) else None
    for node in read.made:
        before, after = below.value(node, reading), above.value(node, reading)
        if isinstance(before, Value) and isinstance(after, Value):
            finding = _finding(program, read, node, bound, before, after) if before != after else None
            break
    return finding, below.effort + above.effort


def _changed(read: _Read, bound: _Bound) -> list[str]:
    """The columns that the formula takes and that differ at the bound."""
    below, above = dict(bound.below.cells), dict(bound.above.cells)
    return [column for _, column in read.cells if column in below and below[column] != above[column]]


def _at(program: Program, read: _Read, reading: Reading, row: TableRow, at: Value) -> Evaluator:
    """Computes where the number is at a bound and finds this row; unknown stays what only a snapshot knows."""
    evaluator = Evaluator(program)
    cells: dict[str, Constant] = {**dict(row.keys), **dict(row.cells), "from": row.low, "to": row.high}
    for number, column in read.cells:
        evaluator.memo[number, reading.rows] = cells[column]
    evaluator.memo[read.number, reading.rows] = at
    return evaluator


# ---- the warning


def _finding(
    program: Program, read: _Read, node: int, bound: _Bound, before: Value | None, after: Value | None
) -> Diagnostic:
    definition = program.definitions[read.definition]
    origin = program.origins.definitions[read.definition]
    declared = program.kinds[bound.kind].field(bound.field)
    table = declared.type if declared is not None and isinstance(declared.type, Table) else None
    number = table.range if table is not None else None
    what = "the requirement" if definition.section in _MARGINS else f"`{definition.name}`"
    place = program.origins.nodes.get((read.definition, read.node), origin.span)
    at = _amount(bound.at, number)
    if before is not None and after is not None:
        unit = _unit(program, read, node, table)
        size = _amount(exact.subtract(max(before, after), min(before, after)), unit)
        way = "jumps" if after > before else "falls"
        low, high = _amount(before, None), _amount(after, None)
        sentence = f"at {at} {what} {way} by {size}, from {low} to {high}"
        upper = table is not None and table.closed == "upper"
        label = f"{low} up to there, {high} beyond" if upper else f"{low} just below, {high} from there on"
    else:
        column = _changed(read, bound)[0]
        both = dict(bound.below.cells)[column], dict(bound.above.cells)[column]
        rates = [exact.result_text(value) if isinstance(value, Value) else str(value) for value in both]
        sentence = (
            f"at {at} the whole of {what} is charged at another rate: `{column}` {rates[1]} instead of {rates[0]}"
        )
        label = f"{rates[0]} below, {rates[1]} above"
    story = program.origins.parameters.get((bound.kind, bound.row, bound.field), ())
    of_row = f" of `{bound.row}`" if bound.row else ""
    notes = (Note(story[0][1].span, f"with these rows{of_row}"),) if story else ()
    alone = table is None or not table.exact
    parts = (
        f"`slices({bound.field}, x)`" if alone else "for each range `clamp(x, r.from, r.to) - r.from`, times its rate,"
    )
    return findings.jumps(place, sentence, label, notes, parts)


def _unit(program: Program, read: _Read, node: int, table: Table | None) -> Type | None:
    """The type of what jumps, where it is the whole definition or the number times a cell; None where nobody says."""
    definition, found = program.definitions[read.definition], program.nodes[node]
    root = program.nodes[definition.node]
    if node in (definition.node, *(root.arguments if root.operation == "require" else ())):
        return definition.type
    cells = dict(read.cells)
    other = next((argument for argument in found.arguments if argument in cells), None)
    if found.operation not in _PRODUCTS or table is None or other is None or read.number not in found.arguments:
        return None
    number, column = table.range, dict(table.columns).get(cells[other])
    if number is None or number.dimension is None or not isinstance(column, Number) or column.dimension is None:
        return None
    times = found.operation == "multiply"
    return Number(number.dimension * column.dimension if times else number.dimension / column.dimension)


def _amount(value: Value, type_: Type | None) -> str:
    """`10,000 USDC`; a ratio as it is."""
    text = exact.result_text(value)
    whole, point, rest = text.partition(".")
    shown = f"{int(whole):,}{point}{rest}" if whole.lstrip("-").isdigit() else text
    if isinstance(type_, Number) and type_.dimension is not None and not type_.dimension.is_ratio:
        return f"{shown} {type_.dimension}"
    return shown
