"""The operations of the IR, one row each: what they take and what they give.

Every executor and the loader's validator read this table, so an operation exists in all of them or in none.
Shapes are one letter: n number, b bool, l label, d date, r row, R rows, t table, v any value, i index.
A question mark marks an argument that may be `none`; `*` repeats the last one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operation:
    """takes: shapes of the arguments; gives: shape of the result; attributes: how many static values follow."""

    takes: str
    gives: str
    attributes: int = 0


OPERATIONS: dict[str, Operation] = {
    # leaves
    "constant": Operation("", "v", 1),  # value
    "index": Operation("", "r", 1),  # slot: the row bound there
    "as_of": Operation("", "d"),
    "keyed": Operation("", "r", 2),  # kind, key: a row of a reference kind by its key
    # reads
    "load": Operation("r*", "v", 2),  # kind ("" for a global parameter), field
    "read": Operation("r*", "v", 1),  # definition number
    "cell": Operation("r?", "v", 1),  # column of a table's row; none where there is no row
    "argument": Operation("", "v", 1),  # position: what a function was given there
    "call": Operation("v?*", "v", 1),  # function number; arguments are computed where the function needs them
    "owner": Operation("r", "r"),  # the account a row belongs to
    "group": Operation("r", "r", 1),  # the row of a group that this member belongs to; none where its key is none
    "previous": Operation("r", "r"),
    # collections
    "all": Operation("", "R", 1),  # kind: every row of a reference kind
    "members": Operation("r", "R", 1),  # kind: the rows or groups of that kind an account or a group holds
    "entries": Operation("t", "R"),  # a table's rows
    "slices": Operation("tn", "R"),  # a table's rows with the width of x in each
    "bracket": Operation("tn", "r", 1),  # the table's row x falls in; lower | upper
    "lookup": Operation("tv?*", "r", 2),  # the table's row under these keys; lower | upper, and error | none if absent
    # arithmetic
    "add": Operation("nn", "n"),
    "subtract": Operation("nn", "n"),
    "multiply": Operation("nn", "n"),
    "divide": Operation("nn", "n"),
    "negate": Operation("n", "n"),
    "power": Operation("n", "n", 1),  # literal exponent
    "absolute": Operation("n", "n"),
    "minimum": Operation("n?*", "n"),
    "maximum": Operation("n?*", "n"),
    "clamp": Operation("n?n?n?", "n"),  # value, low, high
    "square_root": Operation("n", "n"),
    "exponential": Operation("n", "n"),
    "logarithm": Operation("n", "n"),
    "normal_cdf": Operation("n", "n"),
    "floor": Operation("nn", "n"),  # value, step
    "ceil": Operation("nn", "n"),
    "trunc": Operation("nn", "n"),
    "round": Operation("nn", "n", 1),  # value, step; mode
    # truth
    "less": Operation("vv", "b"),
    "less_equal": Operation("vv", "b"),
    "chain": Operation("v*", "b", 1),  # operators between the arguments; stops at the first that does not hold
    "equal": Operation("v?v?", "b"),
    "not": Operation("b", "b"),
    "is_none": Operation("v?", "b"),
    "member": Operation("l", "b", 1),  # labels
    # choice; `and`, `or`, `if` and decision tables are all `select`
    "select": Operation("bv?v?", "v"),
    "default": Operation("v?v?", "v"),
    # aggregation over rows: collection, body, and where (a constant true where there is none)
    "reduce": Operation("Rv?b", "v", 2),  # sum|min|max|count|any|all|argmin|argmax, slot
    # contracts
    "require": Operation("n?", "n", 1),  # share (0..1) | nonnegative
}

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
TABLE_ROWS = ("table entry", "table slice")
"""Kinds of the rows of a table; no kind of a model can be called so."""
BOUNDS = ("lower", "upper")
"""Where a bound between two ranges belongs: to the range that begins there, or to the one below."""
ABSENT = ("error", "none")
"""What a look-up gives where the table has no such row."""
REDUCTIONS = ("sum", "min", "max", "count", "any", "all", "argmin", "argmax")
APPROXIMATE = ("square_root", "exponential", "logarithm", "normal_cdf")
"""Functions whose results are rounded to 50 digits: what depends on them is approximate."""
CONTRACTS = ("share", "nonnegative")
ROUNDING_MODES = ("up", "down", "ceil", "floor", "half_even", "half_up")
