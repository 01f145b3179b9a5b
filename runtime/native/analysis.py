"""What the operations of a program depend on: which are the same for all accounts, and on which one row they hang.

An operation that hangs on nothing is computed once a snapshot, one that hangs on a single reference row (its *anchor*)
once for each row of that kind, by the exact executor; machine code reads the results from columns. Hoisting is so a
property of an operation, found here, and no transformation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...program.operations import TABLE_ROWS
from ...program.program import Node, Program
from ...program.types import Vector

ACCOUNT = -1
"""Stands among anchors for a dependence on the account itself."""
Anchors = frozenset[int]
_NOTHING: Anchors = frozenset()
_OF_ACCOUNT: Anchors = frozenset({ACCOUNT})


@dataclass(frozen=True, slots=True)
class Analysis:
    """By node number.

    anchors   the reference rows and table rows (numbers of the operations that give them) that a value hangs on, with
              ACCOUNT where it hangs on the account otherwise
    rows      the slots an operation reads, does not bind itself, and needs for more than the way to the account
    """

    anchors: tuple[Anchors, ...]
    rows: tuple[frozenset[int], ...]


def analyse(program: Program) -> Analysis:
    """One pass over the operations, which come after what they use."""
    anchors: list[Anchors] = []
    slots: list[frozenset[int]] = []
    rows: list[frozenset[int]] = []
    for number, node in enumerate(program.nodes):
        slots.append(_slots(node, slots))
        rows.append(_rows(node, rows))
        anchors.append(_anchors(program, number, node, anchors, slots))
    return Analysis(tuple(anchors), tuple(rows))


def is_reference(program: Program, definition: int) -> bool:
    """Whether a definition is the same for all accounts: it is where its rows are."""
    return all(program.kinds[kind].role == "reference" for kind in program.definitions[definition].scope)


def is_reference_row(program: Program, shape: str) -> bool:
    """Whether this is the shape of a row that accounts share: of a reference kind, or of a table."""
    if not shape.startswith("r "):
        return False
    kind = program.kinds.get(shape[2:])
    return shape[2:] in TABLE_ROWS or (kind is not None and kind.role == "reference")


def _slots(node: Node, known: list[frozenset[int]]) -> frozenset[int]:
    """The slots that an operation reads and does not bind itself."""
    if node.operation == "index":
        return frozenset({int(str(node.attributes[0]))})
    return _unbound(node, known)


def _rows(node: Node, known: list[frozenset[int]]) -> frozenset[int]:
    if node.operation == "index":
        return _NOTHING if node.shape == "r account" else frozenset({int(str(node.attributes[0]))})
    return _NOTHING if node.operation == "owner" else _unbound(node, known)


def _unbound(node: Node, known: list[frozenset[int]]) -> frozenset[int]:
    """The slots of what an operation is made of, without the one that it binds itself."""
    if node.operation == "reduce":
        rows, body, where = node.arguments
        return known[rows] | ((known[body] | known[where]) - {int(str(node.attributes[1]))})
    return _union(known[argument] for argument in node.arguments)


def _anchors(program: Program, number: int, node: Node, known: list[Anchors], slots: list[frozenset[int]]) -> Anchors:
    match node.operation:
        case "index":
            return frozenset({number}) if is_reference_row(program, node.shape) else _OF_ACCOUNT
        case "members" | "owner" | "group" | "argument":
            return _OF_ACCOUNT
        case "load" if not _from_reference(program, node):
            return _OF_ACCOUNT
        case "read" if not is_reference(program, int(str(node.attributes[0]))):
            return _OF_ACCOUNT
        case "cell" if node.attributes[0] == "width":
            return _OF_ACCOUNT  # of how much of a number falls into a slice
    found = _union(_through(program, argument, known) for argument in node.arguments)
    if node.operation == "reduce":
        return _closed(program, node, found, slots)
    return found


def _from_reference(program: Program, node: Node) -> bool:
    kind = program.kinds[str(node.attributes[0])]
    if kind.role not in ("reference", "globals"):
        return False
    field = kind.field(str(node.attributes[1]))
    return field is not None and not (isinstance(field.type, Vector) and len(node.arguments) != 2)


def _through(program: Program, argument: int, known: list[Anchors]) -> Anchors:
    """What a user of an operation hangs on: an operation that finds a shared row for the account is an anchor."""
    own = known[argument]
    if ACCOUNT in own and is_reference_row(program, program.nodes[argument].shape):
        return frozenset({argument})
    return own


def _closed(program: Program, node: Node, found: Anchors, slots: list[frozenset[int]]) -> Anchors:
    """Without the rows that an aggregation binds itself."""
    slot = int(str(node.attributes[1]))
    left: set[int] = set()
    for anchor in found:
        if anchor != ACCOUNT and slot in slots[anchor]:
            if program.nodes[anchor].operation != "index":
                left.add(ACCOUNT)
        else:
            left.add(anchor)
    return frozenset(left)


def _union(sets: Iterable[frozenset[int]]) -> frozenset[int]:
    result: frozenset[int] = _NOTHING
    for one in sets:
        if one is not result:
            result = result | one if result else one
    return result
