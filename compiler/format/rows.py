"""Rows below each other, `HYPE: { ltv: 50%, user_supply_cap: 200 }`: the same keys in the same columns."""

from __future__ import annotations

from collections.abc import Sequence

Cells = Sequence[tuple[str, str]]
"""The entries of a row: key, and the entry as it is written (`ltv: 50%`)."""
MOST_BLANK = 16
"""Characters that a row of any length may leave blank for keys it does not have."""
SHORT = 100
"""Characters of a row that may have any blanks: a triangle of correlations is one."""


def aligned(rows: Sequence[Cells]) -> list[str]:
    """What stands between the braces of each row, without the spaces beside these."""
    lines: list[str] = []
    group: list[Cells] = []
    for row in rows:
        if group and not _fit([*group, row]):
            lines += _laid_out(group)
            group = []
        group.append(row)
    return lines + _laid_out(group)


def _fit(rows: list[Cells]) -> bool:
    """Whether the last row shares a key with those before it, and no row gets a hole."""
    before = {key for row in rows[:-1] for key, _ in row}
    columns = _columns(rows)
    if columns is None or before.isdisjoint(key for key, _ in rows[-1]):
        return False
    widths = _widths(rows, columns)
    for row, line in zip(rows, _laid_out(rows), strict=True):
        have = {key for key, _ in row}
        before_last = columns[: columns.index(row[-1][0])]
        blank = sum(widths[key] + 1 for key in before_last if key not in have and widths[key])
        if blank > MOST_BLANK and len(line) > SHORT:
            return False
    return True


def _columns(rows: Sequence[Cells]) -> list[str] | None:
    """The keys of all rows in one order that each row keeps, or None."""
    order: list[str] = []
    for row in rows:
        place = 0
        for key, _ in row:
            if key not in order:
                order.insert(place, key)
            elif order.index(key) < place:
                return None
            place = order.index(key) + 1
    return order


def _widths(rows: Sequence[Cells], columns: list[str]) -> dict[str, int]:
    """The width of each column; an entry that ends its row needs none."""
    widths = dict.fromkeys(columns, 0)
    for row in rows:
        for key, text in row[:-1]:
            widths[key] = max(widths[key], len(text) + 1)
    return widths


def _laid_out(rows: Sequence[Cells]) -> list[str]:
    columns = _columns(rows) or []
    widths = _widths(rows, columns)
    lines = []
    for row in rows:
        texts = dict(row)
        last = row[-1][0]
        line = ""
        for key in columns[: columns.index(last)]:
            text = f"{texts[key]}," if key in texts else ""
            line += text.ljust(widths[key]) + (" " if widths[key] else "")
        lines.append(line + texts[last])
    return lines
