"""The frame: one array of pointers and numbers through which machine code is handed everything it reads and writes."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from .layout import Name
from .widths import I64, POINTER


class Frame:
    """Names for the places of the frame, given out while code is written, and loaded once at its beginning."""

    def __init__(self) -> None:
        self.names: dict[Name, int] = {}
        self._loaded: dict[Name, Any] = {}
        self._builder: ir.IRBuilder | None = None
        self._argument: Any = None

    def begin(self, function: ir.Function, argument: Any) -> ir.IRBuilder:
        """Loads will stand in a first block of `function`; gives the builder of the block behind it."""
        self._loaded = {}
        entry = function.append_basic_block("frame")
        self._builder = ir.IRBuilder(entry)
        self._argument = argument
        start = function.append_basic_block("start")
        self._builder.branch(start)
        return ir.IRBuilder(start)

    def pointer(self, *name: str) -> Any:
        return self._load(name, POINTER)

    def number(self, *name: str) -> Any:
        return self._load(name, I64)

    def local(self, type_: Any) -> Any:
        """A variable of the function; registers hold it after optimisation."""
        builder = self._front()
        return builder.alloca(type_)

    def _load(self, name: Name, type_: Any) -> Any:
        if name not in self._loaded:
            place = self.names.setdefault(name, len(self.names))
            builder = self._front()
            at = builder.gep(self._argument, [ir.Constant(I64, place)], source_etype=I64)
            self._loaded[name] = builder.load(at, typ=type_)
        return self._loaded[name]

    def _front(self) -> ir.IRBuilder:
        builder = self._builder
        assert builder is not None
        builder.position_before(builder.block.terminator)
        return builder
