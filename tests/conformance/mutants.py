"""Breaks the implementation in one small way at a time and demands that the conformance data notices.

    python tests/conformance/mutants.py            every mutant, two at a time (`make mutants`)
    python tests/conformance/mutants.py NAME...    those whose names contain one of the words

A mutant is a piece of text that occurs exactly once in a file or folder of the package, and what stands there
instead. It is applied to a copy; the data alone is run against it, in a process of its own, and has to fail.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from compiler_mutants import COMPILER
from runtime_mutants import RUNTIME

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PARTS = ("compiler", "program", "runtime", "schemas", "__init__.py", "api.py", "py.typed")
"""What of the package the data needs."""
TIME_LIMIT = 120.0
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


@contextmanager
def package_with(mutant: Mutant | None, original: Path) -> Iterator[Path]:
    """A folder to import `marginc` from: links to the original, but for the changed file."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "marginc"
        if mutant is None:
            package.symlink_to(original)
        else:
            changed, text = applied(mutant, original)
            package.mkdir()
            here, there = original, package
            for step in changed.relative_to(original).parts:
                for entry in here.iterdir():
                    if entry.name not in (step, "__pycache__"):
                        (there / entry.name).symlink_to(entry)
                here, there = here / step, there / step
                if here.is_dir():
                    there.mkdir()
            there.write_text(text, encoding="utf-8")
        yield Path(folder)


KILLED, SURVIVES, BROKEN = "killed", "SURVIVES", "BROKEN"


def verdict(mutant: Mutant | None, original: Path, data: Path) -> tuple[str, str]:
    """Whether a case fails, and the first that does. Broken: nothing runs, so it is no case that tells."""
    with package_with(mutant, original) as folder:
        environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                [sys.executable, "-W", "ignore", str(data / "suite.py"), "--first"],
                env=environment, capture_output=True, encoding="utf-8", timeout=TIME_LIMIT, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return KILLED, f"still running after {TIME_LIMIT:.0f} s"
    if done.returncode == 0:
        return SURVIVES, ""
    told = done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]
    return KILLED if done.stdout.strip() else BROKEN, told.partition("\n")[0][:150]


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
        shutil.copytree(HERE, data)
        state, said = verdict(None, original, data)
        if state != SURVIVES:
            sys.stderr.write(f"the data fails without any mutant: {said}\n")
            return 2
        with ThreadPoolExecutor(AT_ONCE) as pool:
            verdicts = pool.map(lambda mutant: verdict(mutant, original, data), chosen)
            left = [mutant for mutant, result in zip(chosen, verdicts, strict=True) if _told(mutant, *result)]
    seconds = time.monotonic() - began
    sys.stdout.write(f"\n{len(chosen)} mutants, {len(chosen) - len(left)} killed, {seconds:.0f} s\n")
    sys.stdout.write("".join(f"  {mutant.name} ({mutant.where})\n" for mutant in left))
    return 1 if left else 0


def _told(mutant: Mutant, state: str, said: str) -> bool:
    """Says what became of a mutant; whether it is left."""
    sys.stdout.write(f"{state:8}  {mutant.name}{': ' if said else ''}{said}\n")
    sys.stdout.flush()
    return state != KILLED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
