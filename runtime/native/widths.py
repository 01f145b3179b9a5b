"""The types of LLVM that machine code is written in, and its two truths."""

from __future__ import annotations

from llvmlite import ir

DOUBLE = ir.DoubleType()
BIT = ir.IntType(1)
I8 = ir.IntType(8)
I32 = ir.IntType(32)
I64 = ir.IntType(64)
I128 = ir.IntType(128)
POINTER = ir.PointerType()
TRUE, FALSE = ir.Constant(BIT, 1), ir.Constant(BIT, 0)
