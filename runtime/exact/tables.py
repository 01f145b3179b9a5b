"""Tables while they are read: rows made once for a snapshot, found by their keys in a dictionary and by bisection."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

from ...program.number import Value, canonical, subtract
from ...program.program import Constant, Moment, Node, RowKey, TableRow, TableValue
from .failure import Failure

Closure = Callable[[list[Any]], Any]
Find = Callable[[RowKey], Any]
"""The row of a kind under a key."""


class Entry:
    """A row of a table: its cells by name, keys and ends of its range among them; with the width of a number in it
    where `slices` made it."""

    __slots__ = ("cells", "key")

    def __init__(self, key: str, cells: dict[str, Any]):
        self.key = key
        self.cells = cells

    def __repr__(self) -> str:
        return self.key


class Ranges:
    """The rows under the same exact keys, ascending; one row where the table has no ranges."""

    __slots__ = ("entries", "high", "low", "lows")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.lows: list[Value] = []
        self.low: Value | None = None
        self.high: Value | None = None
        """Where the first begins and the last ends; None without end, and in a table without ranges."""

    def at(self, x: Value, closed: str, number: int) -> Entry:
        """The row that x falls in. Raises Failure, at the operation `number`, below the first and beyond the last."""
        lows = self.lows
        if closed == "upper":  # a bound belongs to the range below it; the first row has its own `from` too
            place = bisect_left(lows, x) - 1
            if place < 0 and x == lows[0]:
                place = 0
            beyond = self.high is not None and x > self.high
        else:
            place = bisect_right(lows, x) - 1
            beyond = self.high is not None and x >= self.high
        if place < 0:
            raise Failure("below_table", (x, self.low), number)
        if beyond:
            raise Failure("beyond_table", (x, self.high), number)
        return self.entries[place]


class BoundTable:
    """A table's rows, bound to the rows of kinds that its keys and cells name."""

    __slots__ = ("entries", "found")

    def __init__(self, table: TableValue, find: Find):
        self.entries: list[Entry] = []
        self.found: dict[Any, Ranges] = {}
        for row in table.rows:
            entry, keys = _entry(row, find), tuple(_cell(key, find) for _, key in row.keys)
            self.entries.append(entry)
            ranges = self.found.setdefault(keys[0] if len(keys) == 1 else keys, Ranges())
            ranges.entries.append(entry)
            if row.low is not None:
                ranges.low = row.low if ranges.low is None else ranges.low
                ranges.lows.append(row.low)
                ranges.high = row.high

    def __repr__(self) -> str:
        return f"{len(self.entries)} rows"

    @property
    def ranges(self) -> Ranges:
        """Those of a table by a number alone."""
        return self.found[()]


def _entry(row: TableRow, find: Find) -> Entry:
    cells = {name: _cell(value, find) for name, value in (*row.keys, *row.cells)}
    told = [_told(key) for _, key in row.keys]
    if row.low is not None:
        cells["from"], cells["to"] = row.low, row.high
        told.append(f"from {canonical(row.low)}")
    return Entry(", ".join(told), cells)


def _cell(value: Constant, find: Find) -> Any:
    if isinstance(value, RowKey):
        return find(value)
    return value.seconds if isinstance(value, Moment) else value


def _told(key: Constant) -> str:
    if isinstance(key, RowKey):
        return key.key
    return str(key).lower() if isinstance(key, bool) else str(key)


# ---- operations


def entries(table: BoundTable) -> list[Entry]:
    return table.entries


def slices(number: int, table: Closure, at: Closure) -> Closure:
    """Each row with the width of [0, x] that falls in it; rows that begin beyond x have none and are left out."""

    def sliced(rows: list[Any]) -> Any:
        ranges, x = table(rows).ranges, at(rows)
        if ranges.high is not None and x > ranges.high:
            raise Failure("beyond_table", (x, ranges.high), number)
        found = []
        for entry in ranges.entries[: bisect_left(ranges.lows, x)]:
            cells = entry.cells
            end = x if cells["to"] is None or x < cells["to"] else cells["to"]
            found.append(Entry(entry.key, {**cells, "width": subtract(end, cells["from"])}))
        return found

    return sliced


def bracket(number: int, node: Node, table: Closure, at: Closure) -> Closure:
    closed = str(node.attributes[0])
    return lambda rows: table(rows).ranges.at(at(rows), closed, number)


def lookup(number: int, node: Node, ranged: bool, table: Closure, *keys: Closure) -> Closure:
    """The row under these keys; by the range the last one falls in where the table has ranges (`ranged`)."""
    closed, absent = (str(attribute) for attribute in node.attributes)
    exact, at = (keys[:-1], keys[-1]) if ranged else (keys, None)
    alone = exact[0] if len(exact) == 1 else None

    def found(rows: list[Any]) -> Any:
        wanted: Any = alone(rows) if alone is not None else tuple([key(rows) for key in exact])
        ranges = table(rows).found.get(wanted)
        if ranges is None:
            if absent == "none":
                return None
            told = wanted if alone is None else (wanted,)
            raise Failure("absent_row", (", ".join(_shown(key) for key in told),), number)
        return ranges.entries[0] if at is None else ranges.at(at(rows), closed, number)

    return found


def _shown(key: Any) -> str:
    told = key.key if hasattr(key, "key") else key
    return str(told).lower() if isinstance(told, bool) else str(told)
