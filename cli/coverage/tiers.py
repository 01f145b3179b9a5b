"""The rows of parameter tables, each where it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...compiler.rulebook import RuleFile
from ...compiler.source import Mapping, Node, Scalar
from ...compiler.source import Sequence as Items
from ...program.diagnostic import Span
from ...program.program import Program, TableRow, TableValue
from ...program.types import Table


def tier_places(program: Program, files: Sequence[RuleFile]) -> Iterator[tuple[tuple[str, str, str], int, Span]]:
    """Parameter, place of the row in its table, and where the row in force is written."""
    known: dict[str, dict[tuple[int, int], Node]] = {}
    for kind, rows in program.parameters.items():
        for key, values in rows.items():
            for name, value in values.items():
                story = program.origins.parameters.get((kind, key, name))
                field = program.kinds[kind].field(name)
                if not isinstance(value, TableValue) or not story or field is None or not isinstance(field.type, Table):
                    continue
                place = story[0][1].span
                file = next((file for file in files if file.source.name == place.file), None)
                if file is None:
                    continue
                if place.file not in known:
                    known[place.file] = _nodes(file)
                node = known[place.file].get((place.line, place.column))
                for number, span in enumerate(_written(file, node, value, field.type) if node is not None else ()):
                    if span is not None:
                        yield (kind, key, name), number, span


def _written(file: RuleFile, node: Node, value: TableValue, type_: Table) -> list[Span | None]:
    """Where each row of a table stands."""
    ranged = type_.range is not None
    spans: list[Span | None] = [file.source.span_of(row) for row in _rows(node, len(type_.exact), ranged)]
    pairs = {_keys(row): span for row, span in zip(value.rows, spans, strict=False)}
    mirrored = value.rows[len(spans) :]  # the other order of a symmetric pair is written once
    return [*spans[: len(value.rows)], *(pairs.get(_keys(row)[::-1]) for row in mirrored)]


def _keys(row: TableRow) -> tuple[str, ...]:
    return tuple(str(key) for _, key in row.keys)


def _rows(node: Node, exact: int, ranged: bool) -> Iterator[Node]:
    if exact and isinstance(node, Mapping):
        for entry in node.entries:
            yield from _rows(entry.value, exact - 1, ranged)
    elif ranged and isinstance(node, Items):
        yield from node.items
    else:
        yield node


def _nodes(file: RuleFile) -> dict[tuple[int, int], Node]:
    """Blocks and lists of a file by where they begin."""
    found: dict[tuple[int, int], Node] = {}
    waiting: list[Node] = [file.root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            continue
        span = file.source.span_of(node)
        found.setdefault((span.line, span.column), node)
        waiting += [e.value for e in node.entries] if isinstance(node, Mapping) else list(node.items)
    return found
