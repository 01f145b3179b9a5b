"""What machine code found of one account, as the exact executor would tell it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from ...program.program import Constant, Kind, Moment, RowKey
from ...program.types import Date, Label, Number, Row, Truth, Type
from ..book import Block
from ..book.columns import NONE_BITS
from ..results import CheckResult, Result, RowResult
from ..snapshot.data import AccountData
from .jobs import Found
from .verdict import NO_RUNG

if TYPE_CHECKING:
    from .run import Kernel


def result_of(kernel: Kernel, block: Block, found: Found, place: int, account: AccountData) -> Result:
    """The result of a decided account, without messages."""
    program = kernel.program
    status = int(found.status[place])
    outputs: dict[str, Constant] = {}
    by_kinds: dict[tuple[str, ...], list[int]] = {}
    for output in program.outputs:
        definition = program.definitions[output.definition]
        if definition.scope == ("account",):
            outputs[definition.name] = value_of(kernel, definition.type, found.outputs[output.definition][place])
        else:
            kinds = tuple(kind for kind in definition.scope if kind != "account")
            by_kinds.setdefault(kinds, []).append(output.definition)
    rows = {
        ", ".join(program.kinds[kind].plural for kind in kinds): tuple(
            RowResult(key, {program.definitions[d].name: value_of(
                kernel, program.definitions[d].type, found.outputs[d][cell]) for d in wanted})
            for key, cell in _cells(kernel, block, found, place, account, kinds)
        )
        for kinds, wanted in by_kinds.items()
    }  # fmt: skip
    checks = tuple(
        CheckResult(program.definitions[check.definition].full_name, not found.failing[check.definition][place],
                    check.severity)
        for check in program.checks
    )  # fmt: skip
    rung = -1 if status == NO_RUNG else status
    name = program.ladder[rung].name if rung >= 0 else None
    return Result(account.account, name, "", checks, outputs, rows, (), account.labels, rung)


def value_of(kernel: Kernel, type_: Type, cell: Any) -> Constant:
    """A cell of an output as a constant; numbers as the shortest decimal of their double."""
    bits = int(np.float64(cell).view(np.int64))
    match type_:
        case Number() | Date():
            if bits == NONE_BITS:
                return None
            number = Decimal(repr(float(cell)))
            return Moment(number) if isinstance(type_, Date) else number
        case Truth():
            return None if bits == 2 else bool(bits)
        case Label():
            return None if bits < 0 or bits == NONE_BITS else kernel.words.texts[bits]
        case Row(kind=kind):
            keys = list(kernel.data.reference[kind]) if kind in kernel.data.reference else []
            return RowKey(kind, keys[bits]) if 0 <= bits < len(keys) else None
        case _:
            return None


def _cells(
    kernel: Kernel,
    block: Block,
    found: Found,
    place: int,
    account: AccountData,
    kinds: tuple[str, ...],
) -> Iterator[tuple[dict[str, Constant], int]]:
    """The key of every combination of rows, and the cell of its outputs, the last kind running fastest."""
    choices = [list(_rows_of(kernel, block, found, place, account, kind)) for kind in kinds]
    for chosen in itertools.product(*choices):
        cell, key = place, dict[str, Constant]()
        for _, own in chosen:
            key |= own
        for kind, (number, _) in zip(kinds, chosen, strict=True):
            if kernel.program.kinds[kind].role != "reference":
                cell = number
        for kind, (number, _) in zip(kinds, chosen, strict=True):
            if kernel.program.kinds[kind].role == "reference":
                cell = cell * kernel.data.count(kind) + number
        yield key, cell


def _rows_of(
    kernel: Kernel, block: Block, found: Found, place: int, account: AccountData, name: str
) -> Iterator[tuple[int, dict[str, Constant]]]:
    """The rows of a kind: the number or cell of each, and its key."""
    kind = kernel.program.kinds[name]
    if kind.role == "reference":
        for number, key in enumerate(kernel.data.reference[name]):
            yield number, {name: RowKey(name, key)}
        return
    first, count = span_of(kernel, block, found, place, kind)
    for number in range(count):
        yield first + number, _key(kernel, found, kind, first + number, account, number)


def span_of(kernel: Kernel, block: Block, found: Found, place: int, kind: Kind) -> tuple[int, int]:
    """The first cell of an account's rows of a kind, and how many there are."""
    if kind.role == "rows":
        first = int(block.offsets[kind.name][place])
        return first, int(block.offsets[kind.name][place + 1]) - first
    return first_cell(kernel, block, place, kind), int(found.groups[kind.name][place])


def first_cell(kernel: Kernel, block: Block, place: int, kind: Kind) -> int:
    """Where the cells of an account's groups begin: members are counted through the block, and groups are no more."""
    if kind.role == "rows":
        return int(block.offsets[kind.name][place])
    return sum(first_cell(kernel, block, place, kernel.program.kinds[member]) for member in kind.of)


def _key(kernel: Kernel, found: Found, kind: Kind, cell: int, account: AccountData, number: int) -> dict[str, Constant]:
    if kind.role == "group":
        return {name: _group_key(kernel, kind, name, found.keys[kind.name, name][cell]) for name in kind.by}
    values = account.rows[kind.plural][number].values
    told: dict[str, Constant] = {}
    for name in kind.told_by:
        field = kind.field(name)
        given = values.get(name, field.default if field is not None and field.has_default else None)
        told[name] = given.seconds if isinstance(given, Moment) else given
    return told


def _group_key(kernel: Kernel, kind: Kind, name: str, cell: Any) -> Constant:
    value = value_of(kernel, key_type(kernel, kind, name), cell)
    return value.seconds if isinstance(value, Moment) else value


def key_type(kernel: Kernel, kind: Kind, name: str) -> Type:
    """The type of a group's key: of a field of its members, or of a definition on them."""
    program = kernel.program
    for member in kind.of:
        field = program.kinds[member].field(name)
        if field is not None:
            return field.type
        number = program.find(name, member)
        if number is not None:
            return program.definitions[number].type
        if program.kinds[member].role == "group":
            return key_type(kernel, program.kinds[member], name)
    raise KeyError(name)
