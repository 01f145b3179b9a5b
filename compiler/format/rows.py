"""Rows below each other, `HYPE: { ltv: 50%, user_supply_cap: 200 }`: the same keys in the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Cells = Sequence[tuple[str, str]]
"""The entries of a row: key, and the entry as it is written (`ltv: 50%`)."""
MOST_BLANK = 16
"""Characters that a row may leave blank for a key it does not have, and a long row for all of them."""
SHORT = 100
"""Characters of a row that may have several blanks: a triangle of correlations is made of such."""
MOST_KEYS = 64
"""Keys of a row that is laid out with others, and different lists of keys among these; more are no table."""


@dataclass(slots=True)
class _Group:
    """Rows that are laid out together.

    columns   the keys of all rows, in one order that each row keeps
    widths    of each column; an entry that ends its row needs none
    shapes    the keys of rows, with the length of the longest last entry
    """

    rows: list[Cells] = field(default_factory=list)
    columns: tuple[str, ...] = ()
    widths: dict[str, int] = field(default_factory=dict)
    shapes: dict[tuple[str, ...], int] = field(default_factory=dict)

    def with_row(self, row: Cells) -> _Group | None:
        """The group with one more row; None where that shares no key with it, or would make a hole somewhere."""
        keys = tuple(key for key, _ in row)
        if self.rows and set(self.columns).isdisjoint(keys):
            return None
        columns = self.columns if keys in self.shapes else _merged(self.columns, keys)
        if columns is None:
            return None
        widths = dict(self.widths)
        for key, text in row[:-1]:
            widths[key] = max(widths.get(key, 0), len(text) + 1)
        shapes = {**self.shapes, keys: max(self.shapes.get(keys, 0), len(row[-1][1]))}
        group = _Group(self.rows, columns, widths, shapes)  # the list is shared: it only ever grows
        if self.rows and (len(shapes) > MOST_KEYS or any(group.has_hole(shape) for shape in shapes)):
            return None
        group.rows.append(row)
        return group

    def has_hole(self, shape: tuple[str, ...]) -> bool:
        """Whether rows of these keys would leave more blank than a reader bridges."""
        before = self.columns[: self.columns.index(shape[-1])]
        blanks = [self._room(key) for key in before if key not in shape]
        length = sum(self._room(key) for key in before) + self.shapes[shape]
        return max(blanks, default=0) > MOST_BLANK or (sum(blanks) > MOST_BLANK and length > SHORT)

    def lines(self) -> list[str]:
        lines = []
        for row in self.rows:
            texts = dict(row)
            last = row[-1][0]
            before = self.columns[: self.columns.index(last)]
            cells = (f"{texts[key]}," if key in texts else "" for key in before)
            line = "".join(cell.ljust(self._room(key)) for key, cell in zip(before, cells, strict=True))
            lines.append(line + texts[last])
        return lines

    def _room(self, key: str) -> int:
        """The width of a column with the space behind it; a column of last entries alone takes no room."""
        return self.widths[key] + 1 if key in self.widths else 0


def aligned(rows: Sequence[Cells]) -> list[str]:
    """What stands between the braces of each row, without the spaces beside these."""
    lines: list[str] = []
    group = _Group()
    for row in rows:
        larger = group.with_row(row)
        if larger is None:
            lines += group.lines()
            larger = _Group().with_row(row)
            assert larger is not None  # a row alone has no hole
        group = larger
    return lines + group.lines()


def _merged(columns: tuple[str, ...], keys: tuple[str, ...]) -> tuple[str, ...] | None:
    """The columns with those of one more row among them, or None where no order suits both."""
    order = list(columns)
    place = 0
    for key in keys:
        if key not in order:
            order.insert(place, key)
        elif order.index(key) < place:
            return None
        place = order.index(key) + 1
    return tuple(order)
