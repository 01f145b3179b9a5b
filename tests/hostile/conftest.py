"""Runs a command on a hostile file in a process of its own, and measures that process."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

SECONDS = 5.0
MEGABYTES = 500
_STOP_AFTER = 10.0
_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss


@dataclass(frozen=True, slots=True)
class Measured:
    """How a command ended, and what it took. `seconds` are those of the processor: other work does not count."""

    code: int
    output: str
    seconds: float
    megabytes: float


def _run(arguments: list[str], folder: Path) -> Measured:
    log = folder / "output.log"
    begun = time.monotonic()
    with log.open("wb") as stream:
        child = subprocess.Popen(
            [sys.executable, "-m", "marginc", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
            preexec_fn=_limit,  # noqa: PLW1509  # no threads here
        )
    while True:
        process, status, usage = os.wait4(child.pid, os.WNOHANG)
        if process:
            break
        if time.monotonic() - begun > _STOP_AFTER:
            child.kill()
            os.waitpid(child.pid, 0)
            child.returncode = -9
            pytest.fail(f"still running after {_STOP_AFTER:.0f} s")
        time.sleep(0.01)
    child.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text("utf-8", errors="replace")
    return Measured(child.returncode, text, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _UNIT / 1e6)


def _limit() -> None:
    """Should a limit of ours fail, the machine's holds: 4 GB of addresses, 10 s of work."""
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (int(_STOP_AFTER), int(_STOP_AFTER)))


Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path) -> Refused:
    """Runs a command that has to refuse, in time and memory, naming `file`; gives what it said."""

    def run(*arguments: str, file: str, code: str = "", folder: Path = tmp_path) -> str:
        done = _run(list(arguments), folder)
        shown = done.output[:2000]
        assert done.code in (1, 2), f"exit {done.code}: {shown}"
        assert "Traceback" not in done.output, done.output[-3000:]
        assert "internal error" not in done.output, shown
        assert file in done.output, shown
        assert code in done.output, shown
        assert len(done.output) < 1_000_000, "nobody reads that"
        assert done.seconds < SECONDS, f"{done.seconds:.1f} s"
        assert done.megabytes < MEGABYTES, f"{done.megabytes:.0f} MB"
        return done.output

    return run


@pytest.fixture
def accepted(tmp_path: Path) -> Refused:
    """Runs a command on a large but honest file: fine, in time and memory."""

    def run(*arguments: str) -> str:
        done = _run(list(arguments), tmp_path)
        assert done.code == 0, done.output[:2000]
        assert done.seconds < SECONDS, f"{done.seconds:.1f} s"
        assert done.megabytes < MEGABYTES, f"{done.megabytes:.0f} MB"
        return done.output

    return run
