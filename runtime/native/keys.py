"""Accounts with one key twice, by machine code: each row leaves its account's number at its key, and finds it there."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir

from ...program.program import Program
from ..book import Block
from ..book.keys import repeated_keys
from .cache import load_or_compile
from .widths import BIT, FALSE, I8, I32, I64, POINTER

_NAME = "repeated"
_SIGNATURE = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, ctypes.c_int64, ctypes.c_int64)
MOST_KEYS = 1 << 20
"""Rows of a reference kind that stamps are kept for."""


def mark_repeats(program: Program, block: Block, counts: dict[str, int]) -> None:
    """Marks accounts of a block as unreadable where two rows of a collection have one key. `counts`: rows by kind."""
    for kind in program.kinds.values():
        if kind.role != "rows" or not kind.key:
            continue
        columns = [block.columns[kind.name, name] for name in kind.key]
        offsets = block.offsets[kind.name]
        over = kind.field(kind.key[0])
        span = counts.get(getattr(over.type, "kind", ""), 0) if over is not None else 0
        if len(columns) == 1 and columns[0].encoding == "id32" and span and span <= MOST_KEYS:
            stamps = np.zeros(span, np.int32)
            call = _function(8 * offsets.dtype.itemsize)[1]
            call(columns[0].data.ctypes.data, offsets.ctypes.data, stamps.ctypes.data, block.unreadable.ctypes.data,
                 block.count, span)  # fmt: skip
            continue
        found = repeated_keys(columns, offsets)
        if found is not None:
            block.unreadable[found] = 1


@cache
def _function(width: int) -> tuple[Any, Any]:
    """The machine code for offsets of so many bits, and its function."""
    code = load_or_compile(f"keys 1 {width}", lambda: _module(width), [_NAME])
    return code, _SIGNATURE(code.address(_NAME))


def _module(width: int) -> ir.Module:
    """repeated(ids, offsets, stamps, marks, count, span): marks[i] = 1 where account i has a key below span twice."""
    module = ir.Module(name="marginc.keys")
    signature = ir.FunctionType(ir.VoidType(), [POINTER] * 4 + [I64, I64])
    function = ir.Function(module, signature, name=_NAME)
    ids, offsets, stamps, marks, count, span = function.args
    entry, accounts, rows, row, done, out = (function.append_basic_block(n) for n in
                                             ("entry", "accounts", "rows", "row", "done", "out"))  # fmt: skip
    b = ir.IRBuilder(entry)
    zero, one = ir.Constant(I64, 0), ir.Constant(I64, 1)
    type_ = ir.IntType(width)

    def offset(place: Any) -> Any:
        raw = b.load(b.gep(offsets, [place], source_etype=type_), typ=type_)
        return raw if width == 64 else b.sext(raw, I64)

    b.cbranch(b.icmp_signed(">", count, zero), accounts, out)
    b.position_at_end(accounts)
    account = b.phi(I64)
    begin, end = offset(account), offset(b.add(account, one))
    stamp = b.trunc(b.add(account, one), I32)
    b.branch(rows)
    b.position_at_end(rows)
    at, twice = b.phi(I64), b.phi(BIT)
    at.add_incoming(begin, accounts)
    twice.add_incoming(FALSE, accounts)
    b.cbranch(b.icmp_signed("<", at, end), row, done)
    b.position_at_end(row)
    key = b.zext(b.load(b.gep(ids, [at], source_etype=I32), typ=I32), I64)
    inside = b.icmp_unsigned("<", key, span)  # keys of rows that are unknown are compared by the exact reader
    place = b.gep(stamps, [b.select(inside, key, zero)], source_etype=I32)
    old = b.load(place, typ=I32)
    again = b.or_(b.not_(inside), b.icmp_signed("==", old, stamp))
    b.store(b.select(inside, stamp, old), place)
    at.add_incoming(b.add(at, one), row)
    twice.add_incoming(b.or_(twice, again), row)
    b.branch(rows)
    b.position_at_end(done)
    mark = b.gep(marks, [account], source_etype=I8)
    b.store(b.or_(b.load(mark, typ=I8), b.zext(twice, I8)), mark)
    following = b.add(account, one)
    account.add_incoming(zero, entry)
    account.add_incoming(following, done)
    b.cbranch(b.icmp_signed("<", following, count), accounts, out)
    b.position_at_end(out)
    b.ret_void()
    return module
