"""Machine code is kept between runs, and nothing that happens to the folder is ever an error."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from llvmlite import ir

from marginc.runtime.native import cache
from marginc.runtime.native.cache import load_or_compile
from marginc.runtime.native.jit import Code

INTEGER = ir.IntType(64)
NOT_ROOT = pytest.mark.skipif(sys.platform == "win32", reason="no owners and modes")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user who never ran this."""
    monkeypatch.setenv("MARGINC_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "native"


class Builder:
    """Builds a function that gives a number, and counts how often it is asked to."""

    def __init__(self, number: int = 42) -> None:
        self.number = number
        self.times = 0

    def __call__(self) -> ir.Module:
        self.times += 1
        module = ir.Module()
        function = ir.Function(module, ir.FunctionType(INTEGER, []), "number")
        ir.IRBuilder(function.append_basic_block()).ret(ir.Constant(INTEGER, self.number))
        return module


def number(code: Code) -> int:
    return int(code.function("number", ctypes.c_int64)())


def kept(place: Path) -> list[Path]:
    return sorted(place.iterdir()) if place.exists() else []


def test_the_second_time_nothing_is_built(place: Path) -> None:
    build = Builder()
    first = load_or_compile("a", build, ["number"])
    second = load_or_compile("a", build, ["number"])
    assert (number(first), number(second), build.times) == (42, 42, 1)
    assert list(first.seconds) == ["build", "parse", "optimise", "emit", "load"]
    assert list(second.seconds) == ["read", "load"]
    assert first.object_code == second.object_code
    assert [path.suffix for path in kept(place)] == [".object"]


def test_another_key_is_another_entry(place: Path) -> None:
    assert number(load_or_compile("a", Builder(1), ["number"])) == 1
    assert number(load_or_compile("b", Builder(2), ["number"])) == 2
    assert number(load_or_compile("a", Builder(3), ["number"])) == 1
    assert len(kept(place)) == 2


@pytest.mark.parametrize(
    ("home", "name"),
    [(cache, "processor"), (cache, "llvmlite_version"), (cache, "llvm_version_info")],
)
def test_another_processor_or_llvm_is_another_entry(home: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    load_or_compile("a", Builder(1), ["number"])
    other = {"processor": lambda: "another one", "llvm_version_info": (99, 0, 0)}.get(name, "99.0")
    monkeypatch.setattr(home, name, other)
    assert number(load_or_compile("a", Builder(2), ["number"])) == 2


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flip(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def foreign(content: bytes) -> bytes:
    """An entry that is whole, but of something else: renamed by somebody."""
    start = len(b"marginc native object 1\n")
    return content[:start] + hashlib.sha256(b"other").digest() + content[start + 32 :]


def no_object(content: bytes) -> bytes:
    """Digests are right, and what they are of is no object file."""
    start = len(b"marginc native object 1\n") + 32
    return content[:start] + hashlib.sha256(b"nothing").digest() + b"nothing"


@pytest.mark.parametrize("damage", [cut, flip, foreign, no_object, lambda _: b"", lambda content: content + b"x"])
def test_a_damaged_entry_is_built_again(damage: object, place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert callable(damage)
    load_or_compile("a", Builder(1), ["number"])
    (entry,) = kept(place)
    whole = entry.read_bytes()
    entry.write_bytes(damage(whole))
    build = Builder(1)
    assert number(load_or_compile("a", build, ["number"])) == 1
    assert build.times == 1
    assert entry.read_bytes() == whole
    assert capfd.readouterr() == ("", "")


@NOT_ROOT
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_an_entry_that_others_may_write_is_not_run(mode: int, place: Path) -> None:
    load_or_compile("a", Builder(1), ["number"])
    (entry,) = kept(place)
    entry.chmod(mode)
    assert number(load_or_compile("a", Builder(2), ["number"])) == 2
    assert entry.stat().st_mode & 0o777 == 0o600


@NOT_ROOT
def test_a_folder_that_others_may_write_to_is_not_used(place: Path) -> None:
    load_or_compile("a", Builder(1), ["number"])
    (entry,) = kept(place)
    place.chmod(0o777)
    assert number(load_or_compile("a", Builder(2), ["number"])) == 2
    assert number(load_or_compile("b", Builder(3), ["number"])) == 3
    assert kept(place) == [entry]


@NOT_ROOT
def test_another_users_entry_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    load_or_compile("a", Builder(1), ["number"])
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert number(load_or_compile("a", Builder(2), ["number"])) == 2


@NOT_ROOT
def test_a_link_is_not_followed(place: Path, tmp_path: Path) -> None:
    load_or_compile("a", Builder(1), ["number"])
    (entry,) = kept(place)
    elsewhere = tmp_path / "elsewhere"
    entry.rename(elsewhere)
    entry.symlink_to(elsewhere)
    assert number(load_or_compile("a", Builder(2), ["number"])) == 2
    assert not entry.is_symlink()


@NOT_ROOT
def test_it_is_for_the_user_alone(place: Path) -> None:
    load_or_compile("a", Builder(), ["number"])
    assert place.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in kept(place)] == [0o600]


def test_a_place_that_cannot_be_a_folder_is_no_error(place: Path) -> None:
    place.parent.write_text("a file")
    assert number(load_or_compile("a", Builder(), ["number"])) == 42
    place.parent.unlink()
    place.parent.mkdir()
    place.write_text("a file")
    assert number(load_or_compile("a", Builder(), ["number"])) == 42


def test_an_entry_that_cannot_be_written_is_no_error(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert number(load_or_compile("a", Builder(), ["number"])) == 42
    assert kept(place) == []  # nothing half written stays


def test_the_oldest_are_removed_beyond_the_bound(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for key in "abcd":
        load_or_compile(key, Builder(), ["number"])
        for path in kept(place):
            os.utime(path, ns=(path.stat().st_mtime_ns - 10**9,) * 2)
    used = Builder()
    load_or_compile("a", used, ["number"])  # now the one used last
    size = kept(place)[0].stat().st_size
    monkeypatch.setattr(cache, "LARGEST_CACHE", 3 * size + size // 2)
    load_or_compile("e", Builder(), ["number"])
    assert len(kept(place)) == 3
    rebuilt = {key: Builder() for key in "adeb"}
    for key in "ade":
        load_or_compile(key, rebuilt[key], ["number"])
    assert [rebuilt[key].times for key in "ade"] == [0, 0, 0]
    load_or_compile("b", rebuilt["b"], ["number"])
    assert rebuilt["b"].times == 1


def test_what_a_killed_process_left_goes_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_or_compile("a", Builder(), ["number"])
    left = place / "tmpabc.partial"
    left.write_bytes(bytes(10_000))
    os.utime(left, (1, 1))
    monkeypatch.setattr(cache, "LARGEST_CACHE", 9_000)
    load_or_compile("b", Builder(), ["number"])
    assert not left.exists()


def test_the_users_own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MARGINC_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.folder() == tmp_path / "xdg" / "marginc" / "native"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.folder() == tmp_path / "home" / ".cache" / "marginc" / "native"


PROCESS = """
import ctypes, sys, time
from llvmlite import ir, binding
from marginc.runtime.native.cache import load_or_compile
def build():
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(ir.IntType(64), []), "number")
    ir.IRBuilder(function.append_basic_block()).ret(ir.Constant(ir.IntType(64), 42))
    return module
began = time.process_time()
for turn in range(int(sys.argv[1])):
    code = load_or_compile(f"race {turn % 5}", build, ["number"])
    assert ctypes.CFUNCTYPE(ctypes.c_int64)(code.address("number"))() == 42
print(time.process_time() - began, "emit" in code.seconds)
"""


def test_processes_may_race(place: Path) -> None:
    command = [sys.executable, "-c", PROCESS, "20"]
    racing = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for process in racing:
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    assert [path.suffix for path in kept(place)] == [".object"] * 5


def test_a_new_process_loads_at_once() -> None:
    seconds = []
    for _ in range(4):
        run = subprocess.run([sys.executable, "-c", PROCESS, "1"], capture_output=True, text=True, check=True)
        took, compiled = run.stdout.split()
        seconds.append((compiled, float(took)))
    assert [compiled for compiled, _ in seconds] == ["True", "False", "False", "False"]
    assert min(took for _, took in seconds[1:]) < 0.010  # of the processor: other programs may keep it waiting


def test_time_of_use_is_kept(place: Path) -> None:
    load_or_compile("a", Builder(), ["number"])
    (entry,) = kept(place)
    os.utime(entry, (1, 1))
    load_or_compile("a", Builder(), ["number"])
    assert entry.stat().st_mtime > time.time() - 60
