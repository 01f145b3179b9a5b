"""Tables of cases: one case with a header of places and rows of values, written out as a case a row."""

from __future__ import annotations

from collections.abc import Iterator

from ...compiler.source import Entry, Mapping, Node, Scalar, Sequence

_PLAIN = ("name", "account", "as_of", "shock", "tolerance")
_BLOCKS = ("set", "change", "expect")
_WORDS = ("status", "message", "errors", "outputs", "rows", "relations")


class BadTable(Exception):
    """A table that cannot be written out."""

    def __init__(self, place: Node, reason: str, help_text: str):
        super().__init__(reason)
        self.place, self.help = place, help_text


def rows_of(item: Mapping, name: str) -> list[tuple[str, Mapping]]:
    """The cases of an entry with their names: itself, or one for each row of its table. Raises BadTable."""
    entry = item.get("table")
    if entry is None or not isinstance(entry.value, Mapping):
        return [(name, item)]
    header, rows = (entry.value.get(key) for key in ("header", "rows"))
    assert header is not None and isinstance(header.value, Sequence)
    assert rows is not None and isinstance(rows.value, Sequence)
    columns = [column for column in header.value.items if isinstance(column, Scalar)]
    places = [_place(column) for column in columns]
    found: list[tuple[str, Mapping]] = []
    for number, row in enumerate(rows.value.items, 1):
        cells = row.items if isinstance(row, Sequence) else ()
        if len(cells) != len(columns):
            many = f"{len(cells)} value{'' if len(cells) == 1 else 's'}"
            raise BadTable(row, f"row {number} has {many} under {len(columns)} names", "give every row a value a name")
        filled = item
        for column, steps, cell in zip(columns, places, cells, strict=True):
            if not isinstance(cell, Scalar) and steps[0] not in ("change", "expect"):
                raise BadTable(cell, f"`{column.text}` takes a single value", "write a text or a number")
            if not (isinstance(cell, Scalar) and cell.text == "" and steps[0] == "expect"):  # expects nothing of it
                filled = _filled(filled, column, steps, cell)
        called = filled.get("name") if "name" in (steps[0] for steps in places) else None
        label = called.value.text if called is not None and isinstance(called.value, Scalar) else f"row {number}"
        found.append((f"{name}, {label}", filled))
    return found


def _place(column: Scalar) -> tuple[str, ...]:
    """Where the values of a column stand in a case. Raises BadTable."""
    first, _, rest = column.text.partition(".")
    if first in _PLAIN and not rest:
        return (first,)
    if first == "set" and rest:
        return ("set", rest)
    if first == "change" and rest:
        return ("change", *row_path(rest))
    if first == "expect" and rest:
        head, _, tail = rest.partition(".")
        if head in ("status", "message", "errors") and not tail:
            return ("expect", head)
        if head == "outputs" and tail:
            return ("expect", "outputs", tail)
        path = row_path(tail if head == "rows" else rest)
        return ("expect", "rows", *path) if len(path) == 3 else ("expect", "outputs", *path)
    raise BadTable(
        column,
        f"`{column.text}` is no place of a case",
        "begin a name with `set.`, `change.` or `expect.`, like `change.positions.SOL.size` or `expect.equity`",
    )


def row_path(text: str) -> tuple[str, ...]:
    """`positions.SOL.size` as collection, row and field, whatever dots the row has; a single name as itself."""
    first, _, rest = text.partition(".")
    row, dot, field = rest.rpartition(".")
    return (first, row, field) if dot else (text,)


def _filled(block: Mapping, column: Scalar, steps: tuple[str, ...], cell: Node) -> Mapping:
    """The block with a value at the end of these steps; what stands around it stays."""
    first, *rest = steps
    there = block.get(first)
    inner = there.value if there is not None and isinstance(there.value, Mapping) else Mapping((), cell.start, cell.end)
    new: Node = _filled(inner, column, tuple(rest), cell) if rest else cell
    key = there.key if there is not None else Scalar(first, column.start, column.end)
    return Mapping(tuple(_replaced(block, Entry(key, new))), block.start, block.end)


def _replaced(block: Mapping, entry: Entry) -> Iterator[Entry]:
    """The entries of a block with one in the place of that with its key, or behind them."""
    known = False
    for other in block.entries:
        same = other.key.text == entry.key.text
        known = known or same
        yield entry if same else other
    if not known:
        yield entry
