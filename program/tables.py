"""The check of a program's tables: values under their types, and the operations that read them."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from .operations import ABSENT, BOUNDS, TABLE_ROWS
from .program import Constant, Node, Program, TableRow, TableValue
from .types import Label, Row, Table, Truth, Type, Vector, shape

MOST_KEYS = 4
"""Keys of one table."""
ENTRY, SLICE = TABLE_ROWS
Fits = Callable[[Constant, Type], bool]


def is_table(type_: Table) -> bool:
    """Whether a type is a table's: exact keys, a range behind them, and columns of single values."""
    kinds = all(isinstance(key.type, Row | Label | Truth) for key in type_.exact)
    columns = [name for name, _ in type_.columns]
    plain = not any(isinstance(column, Table | Vector) for _, column in type_.columns)
    return 0 < len(type_.keys) <= MOST_KEYS and kinds and plain and len(columns) == len(set(columns)) > 0


def fits_table(value: Constant, type_: Table, fits: Fits) -> bool:
    """Whether a constant is a table of this type: its rows by these keys, ranges in order and without gaps."""
    if not isinstance(value, TableValue):
        return False
    names = [key.name for key in type_.exact]
    seen: set[tuple[str, ...]] = set()
    for exact, group in itertools.groupby(value.rows, key=lambda row: tuple(str(key) for _, key in row.keys)):
        rows = list(group)
        if exact in seen or not _follow(rows, type_):
            return False
        seen.add(exact)
        for row in rows:
            keys = [fits(key, wanted.type) for (_, key), wanted in zip(row.keys, type_.exact, strict=False)]
            if [name for name, _ in row.keys] != names or not all(keys) or not _cells_fit(row, type_, fits):
                return False
    return bool(seen) or bool(names)


def _follow(rows: list[TableRow], type_: Table) -> bool:
    """Whether rows under the same exact keys are one, or ranges that follow one another."""
    if type_.range is None:
        return len(rows) == 1 and rows[0].low is None and rows[0].high is None
    for row, following in itertools.pairwise(rows):
        if row.low is None or row.high is None or following.low is None:
            return False
        if not row.low < following.low or row.high != following.low:
            return False
    low, high = rows[-1].low, rows[-1].high
    if low is None or (high is None) != (type_.beyond == "last"):
        return False
    return high is None or low < high


def _cells_fit(row: TableRow, type_: Table, fits: Fits) -> bool:
    cells = dict(row.cells)
    wanted = [name for name, _ in type_.columns]
    return [name for name, _ in row.cells] == wanted and all(
        fits(cells[name], column) for name, column in type_.columns
    )


def read_table(program: Program, node: Node, shapes: list[str]) -> tuple[str, ...]:
    """The shapes that an operation on a table may give; none where it does not fit the table."""
    table = _table_of(program, node.arguments[0])
    if table is None:
        return ()
    alone = len(table.keys) == 1 and table.range is not None
    match node.operation:
        case "entries":
            return (f"R {ENTRY}",)
        case "slices":
            return (f"R {SLICE}",) if alone else ()
        case "bracket":
            return (f"r {ENTRY}",) if alone and node.attributes[0] in BOUNDS else ()
    return (f"r {ENTRY}",) if _looks_up(table, node, shapes[1:]) else ()


def _looks_up(table: Table, node: Node, keys: list[str]) -> bool:
    closed, absent = node.attributes
    wanted = [shape(key.type) for key in table.keys]
    same = len(keys) == len(wanted) and all(given in (key, "v") for given, key in zip(keys, wanted, strict=True))
    return same and closed in BOUNDS and absent in ABSENT


def read_cell(program: Program, node: Node) -> tuple[str, ...] | None:
    """The shape of a cell where its row comes straight from a table; None where only the executor sees the row."""
    source = program.nodes[node.arguments[0]]
    if source.operation not in ("bracket", "lookup"):
        return None
    table = _table_of(program, source.arguments[0])
    if table is None:
        return ()
    column = str(node.attributes[0])
    types: dict[str, Type] = dict(table.columns)
    types |= {key.name: key.type for key in table.exact}
    if table.range is not None:
        types |= {"from": table.range, "to": table.range}
    return (shape(types[column]),) if column in types else ()


def _table_of(program: Program, number: int) -> Table | None:
    """The type of the table that an operation gives."""
    while True:
        node = program.nodes[number]
        type_: Type | None = None
        match node.operation:
            case "load":
                kind = program.kinds.get(str(node.attributes[0]))
                declared = kind.field(str(node.attributes[1])) if kind is not None else None
                type_ = declared.type if declared is not None else None
            case "read":
                type_ = program.definitions[int(str(node.attributes[0]))].type
            case "select" | "default":
                branches = [argument for argument in node.arguments if program.nodes[argument].shape == "t"]
                if branches:
                    number = branches[0]
                    continue
        return type_ if isinstance(type_, Table) and is_table(type_) else None


def kinds_of(type_: Table) -> list[str]:
    """The kinds whose rows a table's keys and cells are."""
    types = [key.type for key in type_.keys] + [column for _, column in type_.columns]
    return [one.kind for one in types if isinstance(one, Row)]
