"""Breaks the implementation in one small way at a time and demands that the conformance data notices.

    python tests/conformance/mutants.py            every mutant, two at a time (`make mutants`)
    python tests/conformance/mutants.py NAME...    those whose names contain one of the words

A mutant is a piece of text that occurs exactly once in a file or folder of the package, and what stands there
instead. It is applied to a copy; the data alone is run against it, in a process of its own, and has to fail.
"""

from __future__ import annotations

import contextlib
import functools
import io
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import jsonschema.validators  # noqa: F401  # what every run needs is loaded once; the package itself never here
import lark  # noqa: F401
import yaml  # noqa: F401
from compiler_mutants import COMPILER
from runtime_mutants import RUNTIME

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PARTS = ("compiler", "program", "runtime", "schemas", "__init__.py", "api.py", "py.typed")
"""What of the package the data needs."""
TIME_LIMIT = 180
"""Seconds; a mutant that runs for ever is noticed too."""
AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Mutant:
    """name says what is broken; `where` is a file or a folder of the package; `old` becomes `new`."""

    name: str
    where: str
    old: str
    new: str


MUTANTS = tuple(Mutant(*row) for row in (*COMPILER, *RUNTIME))


def applied(mutant: Mutant, root: Path) -> tuple[Path, str]:
    """The file that a mutant changes, and its text afterwards. Raises ValueError unless its text occurs once."""
    place = root / mutant.where
    files = sorted(path for path in place.rglob("*") if path.suffix in (".py", ".lark")) if place.is_dir() else [place]
    found = [(path, count) for path in files if (count := _text(path).count(mutant.old))]
    if len(found) != 1 or found[0][1] != 1:
        times = sum(count for _, count in found)
        raise ValueError(f"the text of mutant `{mutant.name}` occurs {times} times in {mutant.where}: {mutant.old!r}")
    path = found[0][0]
    return path, _text(path).replace(mutant.old, mutant.new)


@functools.cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def lay_out(mutant: Mutant | None, original: Path, folder: Path) -> None:
    """Makes `folder` one to import `marginc` from: links to the original, but for the changed file."""
    package = folder / "marginc"
    if mutant is None:
        package.symlink_to(original)
        return
    changed, text = applied(mutant, original)
    package.mkdir()
    here, there = original, package
    for step in changed.relative_to(original).parts:
        for entry in here.iterdir():
            if entry.name == "__pycache__":
                (there / entry.name).mkdir()
                for code in entry.glob("*.pyc"):
                    if code.name.partition(".")[0] != step.partition(".")[0]:
                        (there / entry.name / code.name).symlink_to(code)
            elif entry.name != step:
                (there / entry.name).symlink_to(entry)
        here, there = here / step, there / step
        if here.is_dir():
            there.mkdir()
    there.write_text(text, encoding="utf-8")


KILLED, SURVIVES, BROKEN = "killed", "SURVIVES", "BROKEN"
"""Broken: nothing runs, so it is no case that tells."""


@dataclass(frozen=True, slots=True)
class Started:
    """A mutant in a process of its own, and the folder it runs in."""

    mutant: Mutant | None
    folder: Path

    def verdict(self, status: int) -> tuple[str, str]:
        """What became of it, and the first case that failed."""
        told = (self.folder / "said").read_text(encoding="utf-8") if (self.folder / "said").exists() else ""
        shutil.rmtree(self.folder)
        if os.WIFSIGNALED(status):
            return KILLED, f"signal {os.WTERMSIG(status)}, after at most {TIME_LIMIT} s"
        state = {0: SURVIVES, 1: KILLED}.get(os.waitstatus_to_exitcode(status), BROKEN)
        return state, told.partition("\n")[0][:150] if state != SURVIVES else ""


def start(mutant: Mutant | None, original: Path, data: Path, begin: str) -> tuple[int, Started]:
    """Runs the data against a mutant in a new process, the file `begin` first."""
    folder = Path(tempfile.mkdtemp())
    lay_out(mutant, original, folder)
    process = os.fork()
    if process:
        return process, Started(mutant, folder)
    signal.alarm(TIME_LIMIT)
    sys.dont_write_bytecode = True
    sys.path[:0] = [str(folder), str(data)]
    said, code = io.StringIO(), 2
    try:
        with contextlib.redirect_stdout(said):
            import suite  # of the copy, with the mutated package

            code = suite.main(["--first", begin])
    except BaseException as error:  # the process ends here, whatever it is
        said = io.StringIO(f"{type(error).__name__}: {error}")
    (folder / "said").write_text(said.getvalue(), encoding="utf-8")
    os._exit(code)


def main(words: list[str]) -> int:
    """Runs the mutants; 0 where all are killed, 1 where one is left, 2 where the data fails without any."""
    chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant.name for word in words)]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        original, data = Path(folder) / "original", Path(folder) / "data"
        original.mkdir()
        for part in PARTS:  # a copy, so that edits made meanwhile change nothing
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, original / part)
            else:
                shutil.copy(ROOT / part, original / part)
        shutil.copytree(HERE, data, ignore=shutil.ignore_patterns("__pycache__"))
        process, started = start(None, original, data, "")
        state, said = started.verdict(os.waitpid(process, 0)[1])
        if state != SURVIVES:
            sys.stderr.write(f"the data fails without any mutant: {said}\n")
            return 2
        left = run(chosen, original, data)
    seconds = time.monotonic() - began
    sys.stdout.write(f"\n{len(chosen)} mutants, {len(chosen) - len(left)} killed, {seconds:.0f} s\n")
    sys.stdout.write("".join(f"  {mutant.name} ({mutant.where})\n" for mutant in left))
    return 1 if left else 0


def run(chosen: list[Mutant], original: Path, data: Path) -> list[Mutant]:
    """The mutants that are left. Neighbours in the list are often killed by the same file, so it comes first."""
    waiting, running, left, begin = deque(chosen), dict[int, Started](), list[Mutant](), ""
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            process, started = start(waiting.popleft(), original, data, begin)
            running[process] = started
        process, status = os.wait()
        started = running.pop(process)
        state, said = started.verdict(status)
        mutant = started.mutant
        assert mutant is not None
        sys.stdout.write(f"{state:8}  {mutant.name}{': ' if said else ''}{said}\n")
        sys.stdout.flush()
        if state == KILLED:
            begin = said.partition(":")[0]
        else:
            left.append(mutant)
    return left


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
