"""Machine code kept between runs: one file an object, named by all that it was made from and for.

What is kept is run as it is, so who may write here may run code as the user. The folder is made for the user alone
(0700). It is not used where another user owns it or may write to it, and neither is an entry of that kind, or a link.
The digest in an entry finds damage and files that are no entries; it does not protect from who owns the folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from llvmlite import __version__ as llvmlite_version
from llvmlite import ir
from llvmlite.binding import llvm_version_info

from .jit import Clock, Code, compile_object, load_object, processor

LARGEST_CACHE = 200 << 20
"""Bytes of all entries together; beyond it those that were not used for longest are removed."""
LARGEST_ENTRY = 64 << 20
_HEADER = b"marginc native object 1\n"
_DIGEST = hashlib.sha256().digest_size
_SUFFIX = ".object"
_PARTIAL = ".partial"
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def load_or_compile(key: str, build: Callable[[], ir.Module], names: Sequence[str]) -> Code:
    """The code that `build` describes: from the cache, else compiled and kept there.

    `key` names everything that the module depends on, what writes it included; the processor and the versions of LLVM
    are added here. `names` are the functions to be called. A folder that cannot be used and an entry that is damaged
    cost time only.
    """
    identity = _identity(key, names)
    clock = Clock()
    object_code = read_entry(identity)
    if object_code is not None:
        clock.lap("read")
        with contextlib.suppress(RuntimeError, KeyError):
            return load_object(object_code, names, clock.seconds)
    clock = Clock()
    module = build()
    clock.lap("build")
    object_code, seconds = compile_object(module)
    code = load_object(object_code, names, clock.seconds | seconds)
    write_entry(identity, object_code)
    return code


def folder() -> Path:
    """`native` in `MARGINC_CACHE_DIR`, else in the user's cache folder."""
    chosen = os.environ.get("MARGINC_CACHE_DIR")
    if chosen:
        return Path(chosen) / "native"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "marginc" / "native"


def read_entry(identity: bytes) -> bytes | None:
    """The object file kept under this digest; None where there is none that may be used."""
    try:
        place = folder()
        path = place / (identity.hex() + _SUFFIX)
        if not _is_ours(place.lstat(), stat.S_ISDIR):
            return None
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not _is_ours(status, stat.S_ISREG) or status.st_size > LARGEST_ENTRY:
                return None
            content = stream.read()
        start = _HEADER + identity
        object_code = content[len(start) + _DIGEST :]
        if content != start + hashlib.sha256(object_code).digest() + object_code:
            return None
        os.utime(path)  # the cache is bounded by when entries were last used
        return object_code
    except (OSError, RuntimeError):  # RuntimeError: a user without a home
        return None


def write_entry(identity: bytes, object_code: bytes) -> None:
    """Keeps an object file; it appears under its name only when complete. Does nothing where it cannot."""
    content = b"".join((_HEADER, identity, hashlib.sha256(object_code).digest(), object_code))
    if len(content) > LARGEST_ENTRY:
        return
    with contextlib.suppress(OSError, RuntimeError):
        place = folder()
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir(mode=0o700, exist_ok=True)
        if not _is_ours(place.lstat(), stat.S_ISDIR):
            return
        descriptor, partial = tempfile.mkstemp(_PARTIAL, dir=place)  # for this user alone: 0600
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
            Path(partial).replace(place / (identity.hex() + _SUFFIX))
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
        _remove_oldest(place)


def _identity(key: str, names: Sequence[str]) -> bytes:
    """The digest of all that machine code depends on."""
    versions = [str(llvmlite_version), ".".join(map(str, llvm_version_info))]
    return hashlib.sha256(json.dumps([key, sorted(names), processor(), *versions]).encode()).digest()


def _is_ours(status: os.stat_result, kind: Callable[[int], bool]) -> bool:
    """Whether something is of this kind, this user's, and nobody else may write to it."""
    if sys.platform == "win32":  # no such bits: a user's folders are the user's by default
        return kind(status.st_mode)
    return kind(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_MAY_WRITE


def _remove_oldest(place: Path) -> None:
    """Keeps all entries together, what a killed process left half written among them, below LARGEST_CACHE."""
    entries = []
    with os.scandir(place) as listed:
        for entry in listed:
            if entry.name.endswith((_SUFFIX, _PARTIAL)):
                with contextlib.suppress(OSError):  # another process may have removed it
                    status = entry.stat(follow_symlinks=False)
                    entries.append((status.st_mtime_ns, status.st_size, entry.path))
    total = sum(size for _, size, _ in entries)
    if total <= LARGEST_CACHE:
        return
    for _, size, name in sorted(entries):
        if total <= LARGEST_CACHE:
            return
        with contextlib.suppress(OSError):
            Path(name).unlink()
            total -= size
