"""Kernels from the cache: not only their machine code, but what was asked for while they were written.

With that, a kernel over other prices is made without writing it again: the same values are asked for, and where the
same holds of them, the same code is right. A replay of a year of ticks so compiles once.
"""

from __future__ import annotations

import hashlib
import json

from .cache import load_or_compile, read_entry, write_entry
from .jit import Code
from .kernel import FUNCTION, Written
from .layout import Layout, replay
from .reference import ReferenceData


class _Gone(Exception):
    """The machine code of a kernel is not in the cache any more."""


def kept_kernel(data: ReferenceData, identity: str) -> tuple[Written, Layout, Code] | None:
    """The kernel that was written for this identity, where it is right for these rows too."""
    content = read_entry(_digest(identity))
    if content is None:
        return None
    try:
        told = json.loads(content)
        layout = replay(data.apart(), told["asked"])
        if layout is None:
            return None
        written = Written(
            None,
            tuple(tuple(name) for name in told["frame"]),
            {name: tuple(kinds) for name, kinds in told["scratch"].items()},
            told["strides"],
        )
        return written, layout, load_or_compile(_object(identity, told["asked"]), _gone, [FUNCTION])
    except (_Gone, KeyError, TypeError, ValueError):
        return None


def keep_kernel(identity: str, written: Written, layout: Layout) -> Code:
    """Compiles a kernel and keeps it for the next time."""
    asked = layout.assumptions()
    code = load_or_compile(_object(identity, asked), lambda: written.module, [FUNCTION])
    told = {
        "asked": asked,
        "frame": written.frame,
        "scratch": dict(written.scratch),
        "strides": dict(written.strides),
    }
    write_entry(_digest(identity), json.dumps(told).encode())
    return code


def _gone() -> None:
    raise _Gone


def _object(identity: str, asked: str) -> str:
    return f"{identity} {asked}"


def _digest(identity: str) -> bytes:
    return hashlib.sha256(f"kernel {identity}".encode()).digest()
